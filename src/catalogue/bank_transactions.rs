//! Bank transactions: imported from statements, matched to what is open.

use super::params::{ID, PERIOD, SEARCH, choice, decimal, from, id, objects, text, to};
use super::{Answer, Check, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Param, Toolset};

/// What one payment settles.
const ALLOCATION: &[Param] =
    &[id("invoice_id"), id("expense_id"), text("account"), decimal("amount").required()];

pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        tool: "import_bank_transactions",
        toolset: Toolset::Banking,
        default: false,
        about: "Import a bank statement (camt.053, camt.054). Books nothing; cannot be undone here.",
        method: Method::Post,
        path: "/v1/bank-accounts/{id}/camt-imports",
        effect: Effect::Acts,
        // Imported transactions wait, unmatched, and change no balance of the books; the API counts
        // duplicates and leaves them out. `dry_run` shows what would be sent.
        confirms: Confirms::Never,
        params: &[
            id("bank_account_id").path().wire("id").required(),
            text("file").gateway().required().or("xml").about("path in an allowed folder"),
            text("xml").file().wire("file").about("its content"),
        ],
        answer: Answer::Object,
        computed: &[],
        evidence: Evidence::Capability,
    },
    Endpoint {
        tool: "list_bank_transactions",
        toolset: Toolset::Banking,
        default: true,
        about: "List or find imported bank transactions (payments received and made).",
        method: Method::Get,
        path: "/v1/bank-transactions",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[
            id("bank_account_id").query(Check::Equals("bank_account_id")),
            choice("status", &["unmatched", "suggested", "matched", "ignored"])
                .query(Check::Equals("status")),
            from("booking_date"),
            to("booking_date"),
            PERIOD,
            SEARCH,
        ],
        answer: Answer::List(ListOf {
            resource: "bank_transactions",
            date: Some("booking_date"),
            sums: &["amount"],
            short: false,
            columns: &["booking_date", "amount", "status", "counterparty_name", "remittance", "currency"],
        }),
        computed: &[],
        evidence: Evidence::Capability,
    },
    Endpoint {
        tool: "get_bank_transaction",
        toolset: Toolset::Banking,
        default: false,
        about: "Get one bank transaction with suggested matches.",
        method: Method::Get,
        path: "/v1/bank-transactions/{id}",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[ID],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Capability,
    },
    Endpoint {
        tool: "reconcile_transaction",
        toolset: Toolset::Banking,
        default: true,
        about: "Match a bank transaction to invoices, expenses or accounts. Posts to the ledger; cannot be undone here.",
        method: Method::Post,
        path: "/v1/bank-transactions/{id}/reconcile",
        effect: Effect::Acts,
        // It posts to the ledger and settles invoices: entries made by bank matching are not edited by
        // hand, and no documented call takes them back.
        confirms: Confirms::Always,
        params: &[ID, objects("allocations", ALLOCATION).required(), text("note")],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Capability,
    },
];
