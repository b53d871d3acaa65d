//! Recurring invoices: series that create draft invoices.

use super::params::{
    BY_CLIENT, CLIENT_ID, CLIENT_NAME, CURRENCY, ID, LINES, changes, choice, date, id, text,
};
use super::{Answer, Check, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Param, Toolset};

const INTERVAL: Param = choice("interval", &["weekly", "monthly", "quarterly", "semi_annually", "annually"]);
const STATUS: Param = choice("status", &["active", "paused", "ended"]);

const CHANGES: &[Param] = &[
    id("client_id"),
    INTERVAL,
    date("start_date"),
    date("end_date"),
    LINES,
    CURRENCY,
    text("title"),
    text("notes"),
    STATUS,
];

pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        tool: "list_recurring_invoices",
        toolset: Toolset::Invoicing,
        default: true,
        about: "List recurring invoices (subscriptions, retainers) with their next run.",
        method: Method::Get,
        path: "/v1/recurring-invoices",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[STATUS.query(Check::Equals("status")), BY_CLIENT],
        answer: Answer::List(ListOf { resource: "recurring_invoices", date: None, sums: &[] }),
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "get_recurring_invoice",
        toolset: Toolset::Invoicing,
        default: true,
        about: "Get one recurring invoice.",
        method: Method::Get,
        path: "/v1/recurring-invoices/{id}",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[ID],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "create_recurring_invoice",
        toolset: Toolset::Invoicing,
        default: false,
        about: "Create a recurring invoice (subscription). Each run makes a draft; nothing is sent.",
        method: Method::Post,
        path: "/v1/recurring-invoices",
        effect: Effect::Creates,
        confirms: Confirms::Never,
        params: &[
            CLIENT_ID,
            CLIENT_NAME,
            INTERVAL.required(),
            date("start_date").required(),
            date("end_date"),
            LINES,
            CURRENCY,
            text("title"),
            text("notes"),
        ],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "update_recurring_invoice",
        toolset: Toolset::Invoicing,
        default: false,
        about: "Change, pause, resume or end a recurring invoice. Invoices already made stay.",
        method: Method::Put,
        path: "/v1/recurring-invoices/{id}",
        effect: Effect::Updates,
        confirms: Confirms::Never,
        params: &[ID, changes(CHANGES)],
        answer: Answer::Record,
        computed: &["id", "next_run", "last_run", "invoice_count", "created_at", "updated_at"],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "delete_recurring_invoice",
        toolset: Toolset::Invoicing,
        default: false,
        about: "Delete a recurring invoice for good; to stop it, set status ended instead.",
        method: Method::Delete,
        path: "/v1/recurring-invoices/{id}",
        effect: Effect::Deletes,
        confirms: Confirms::Always,
        params: &[ID],
        answer: Answer::Nothing,
        computed: &[],
        evidence: Evidence::Table,
    },
];
