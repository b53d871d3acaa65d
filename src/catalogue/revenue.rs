//! Revenue: income from invoices and other sources.

use super::params::{PERIOD, choice, from, to};
use super::{Answer, Check, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Toolset};

pub const ENDPOINTS: &[Endpoint] = &[Endpoint {
    tool: "list_revenue",
    toolset: Toolset::Reports,
    default: true,
    about: "List revenue (income, turnover), net and gross.",
    method: Method::Get,
    path: "/v1/revenue",
    effect: Effect::Reads,
    confirms: Confirms::Never,
    params: &[
        from("date"),
        to("date"),
        PERIOD,
        choice("source", &["invoice", "other"]).query(Check::Equals("source")),
        choice("group_by", &["none", "month", "quarter", "year", "client"]).query(Check::None),
    ],
    answer: Answer::List(ListOf {
        resource: "revenue",
        date: Some("date"),
        sums: &["net_amount", "tax_amount", "gross_amount"],
        short: false,
        columns: &[
            "group",
            "count",
            "date",
            "source",
            "client",
            "description",
            "net_amount",
            "tax_amount",
            "gross_amount",
            "currency",
        ],
    }),
    computed: &[],
    evidence: Evidence::Table,
}];
