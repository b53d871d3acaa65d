//! The chart of accounts.

use super::params::{SEARCH, choice, date};
use super::{Answer, Check, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Toolset};

pub const ENDPOINTS: &[Endpoint] = &[Endpoint {
    tool: "list_accounts",
    toolset: Toolset::Bookkeeping,
    default: true,
    about: "List the chart of accounts (ledger accounts) with balances.",
    method: Method::Get,
    path: "/v1/accounts",
    effect: Effect::Reads,
    confirms: Confirms::Never,
    params: &[
        SEARCH,
        choice("type", &["asset", "liability", "equity", "revenue", "expense", "closing"])
            .query(Check::Equals("type")),
        date("as_of").query(Check::None),
    ],
    answer: Answer::List(ListOf {
        resource: "accounts",
        date: None,
        sums: &[],
        short: false,
        columns: &["number", "name", "type", "balance", "currency"],
    }),
    computed: &[],
    evidence: Evidence::Capability,
}];
