//! From an operation's id in the OpenAPI file to its handler.

use super::context::Handler;
use super::{
    bank_accounts, bank_transactions, catalog, chart, clients, expenses, fiscal_years, invoices, journal,
    offers, profiles, recurring, reports, revenue, vendors,
};

/// One row per operation: its id in the OpenAPI file, and the function that answers it.
pub type Handlers = &'static [(&'static str, Handler)];

/// One line per area.
const AREAS: &[Handlers] = &[
    catalog::HANDLERS,
    clients::HANDLERS,
    invoices::HANDLERS,
    offers::HANDLERS,
    profiles::HANDLERS,
    recurring::HANDLERS,
    vendors::HANDLERS,
    chart::HANDLERS,
    expenses::HANDLERS,
    fiscal_years::HANDLERS,
    journal::HANDLERS,
    reports::HANDLERS,
    bank_accounts::HANDLERS,
    bank_transactions::HANDLERS,
    revenue::HANDLERS,
];

/// The handler of an operation.
pub fn handler(operation_id: &str) -> Option<Handler> {
    AREAS.iter().copied().flatten().find(|(id, _)| *id == operation_id).map(|(_, handler)| *handler)
}
