//! Journal entries: bookings by hand.

use super::params::{CURRENCY, ID, PERIOD, SEARCH, changes, date, decimal, from, id, objects, text, to};
use super::{Answer, Check, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Param, Toolset};

const LINES: Param = objects("lines", LINE).required().about("debits = credits");
const LINE: &[Param] =
    &[text("account").required(), decimal("debit"), decimal("credit"), text("description"), text("tax_code")];

const CHANGES: &[Param] = &[date("date"), text("description"), LINES, text("reference"), CURRENCY];

pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        tool: "list_journal_entries",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "List or find journal entries (ledger bookings).",
        method: Method::Get,
        path: "/v1/journal-entries",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[
            from("date"),
            to("date"),
            PERIOD,
            text("account").query(Check::None),
            id("fiscal_year_id").query(Check::Equals("fiscal_year_id")),
            SEARCH,
        ],
        answer: Answer::List(ListOf {
            resource: "journal_entries",
            date: Some("date"),
            sums: &[],
            short: false,
            columns: &["number", "date", "description", "lines", "source", "currency"],
        }),
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "get_journal_entry",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Get one journal entry with its lines.",
        method: Method::Get,
        path: "/v1/journal-entries/{id}",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[ID],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "create_journal_entry",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Post a journal entry, in an open fiscal year. Accounts: list_accounts. To correct one, post its reverse.",
        method: Method::Post,
        path: "/v1/journal-entries",
        effect: Effect::Creates,
        confirms: Confirms::Never,
        params: &[
            date("date").required(),
            text("description").required(),
            LINES,
            text("reference"),
            CURRENCY,
        ],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "update_journal_entry",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Change a journal entry made by hand, in an open fiscal year.",
        method: Method::Put,
        path: "/v1/journal-entries/{id}",
        effect: Effect::Updates,
        confirms: Confirms::Never,
        params: &[ID, changes(CHANGES)],
        answer: Answer::Record,
        computed: &["id", "number", "fiscal_year_id", "source", "source_id", "created_at", "updated_at"],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "delete_journal_entry",
        toolset: Toolset::Bookkeeping,
        default: false,
        about: "Delete a journal entry made by hand, for good; better post its reverse.",
        method: Method::Delete,
        path: "/v1/journal-entries/{id}",
        effect: Effect::Deletes,
        confirms: Confirms::Always,
        params: &[ID],
        answer: Answer::Nothing,
        computed: &[],
        evidence: Evidence::Table,
    },
];
