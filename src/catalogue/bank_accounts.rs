//! Bank accounts of the profile.

use super::params::{CURRENCY, ID, boolean, changes, iban, text};
use super::{Answer, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Param, Toolset};

const CHANGES: &[Param] = &[
    text("name"),
    iban("iban"),
    text("bic"),
    text("bank_name"),
    CURRENCY,
    text("account"),
    boolean("is_qr_iban"),
];

/// What decides where clients pay.
const PAID_TO: &[&str] = &["iban", "bic", "is_qr_iban"];

pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        tool: "list_bank_accounts",
        toolset: Toolset::Banking,
        default: false,
        about: "List own bank accounts.",
        method: Method::Get,
        path: "/v1/bank-accounts",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[],
        answer: Answer::List(ListOf {
            resource: "bank_accounts",
            date: None,
            sums: &[],
            short: true,
            columns: &["name", "iban", "bank_name", "account", "balance", "balance_date", "currency"],
        }),
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "get_bank_account",
        toolset: Toolset::Banking,
        default: false,
        about: "Get one own bank account.",
        method: Method::Get,
        path: "/v1/bank-accounts/{id}",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[ID],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "create_bank_account",
        toolset: Toolset::Banking,
        default: false,
        about: "Add an own bank account.",
        method: Method::Post,
        path: "/v1/bank-accounts",
        effect: Effect::Creates,
        // No page says which account an invoice names where a profile has several, so a new one may redirect
        // what clients pay. It is rare: to ask costs nothing.
        confirms: Confirms::When(PAID_TO),
        params: &[
            text("name").required(),
            iban("iban").required(),
            text("bic"),
            text("bank_name"),
            CURRENCY,
            text("account").about("ledger account"),
            boolean("is_qr_iban"),
        ],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "update_bank_account",
        toolset: Toolset::Banking,
        default: false,
        about: "Change an own bank account.",
        method: Method::Put,
        path: "/v1/bank-accounts/{id}",
        effect: Effect::Updates,
        confirms: Confirms::When(PAID_TO),
        params: &[ID, changes(CHANGES)],
        answer: Answer::Record,
        computed: &["id", "balance", "balance_date", "created_at", "updated_at"],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "delete_bank_account",
        toolset: Toolset::Banking,
        default: false,
        about: "Delete an own bank account for good.",
        method: Method::Delete,
        path: "/v1/bank-accounts/{id}",
        effect: Effect::Deletes,
        confirms: Confirms::Always,
        params: &[ID],
        answer: Answer::Nothing,
        computed: &[],
        evidence: Evidence::Table,
    },
];
