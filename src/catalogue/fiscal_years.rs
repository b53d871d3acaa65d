//! Fiscal years.

use super::params::{ID, changes, choice, date, text};
use super::{Answer, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Param, Toolset};

const CHANGES: &[Param] =
    &[text("name"), date("start_date"), date("end_date"), choice("status", &["open", "closed"])];

pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        tool: "list_fiscal_years",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "List fiscal years and whether they are closed.",
        method: Method::Get,
        path: "/v1/fiscal-years",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[],
        answer: Answer::List(ListOf {
            resource: "fiscal_years",
            date: None,
            sums: &[],
            short: true,
            columns: &["name", "start_date", "end_date", "status"],
        }),
        computed: &[],
        evidence: Evidence::Capability,
    },
    Endpoint {
        tool: "get_fiscal_year",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Get one fiscal year.",
        method: Method::Get,
        path: "/v1/fiscal-years/{id}",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[ID],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Capability,
    },
    Endpoint {
        tool: "create_fiscal_year",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Create a fiscal year.",
        method: Method::Post,
        path: "/v1/fiscal-years",
        effect: Effect::Creates,
        confirms: Confirms::Never,
        params: &[text("name"), date("start_date").required(), date("end_date").required()],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Capability,
    },
    Endpoint {
        tool: "update_fiscal_year",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Change, close or reopen a fiscal year. Closing locks its bookings.",
        method: Method::Put,
        path: "/v1/fiscal-years/{id}",
        effect: Effect::Updates,
        confirms: Confirms::When(&["status"]),
        params: &[ID, changes(CHANGES)],
        answer: Answer::Record,
        computed: &["id", "created_at", "updated_at"],
        evidence: Evidence::Capability,
    },
];
