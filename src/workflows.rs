//! Tools made of several calls, one file each. A workflow is a row like that of an endpoint, from which
//! schema, hints, filter and listing follow, and what it does: it reaches the gateway through [`Calls`] only.
//! To add one is to add its file and a line here.

mod check_invoice;
mod compute_totals;
mod convert_offer_to_invoice;
mod copying;
mod create_invoice_from_previous;
mod duplicate_invoice;
mod export_invoices;
mod get_invoice_stats;
mod get_invoice_status;
mod incomplete;
mod list_overdue_invoices;
mod list_recent_changes;
mod make_payment_reference;
mod own_profile;
mod preview_camt_file;
mod reconcile_sure_matches;
mod suggest_invoice_number;
mod unproven;
mod validate_iban;
mod validate_reference;
mod validate_uid;
mod verify_invoice_number;

use serde_json::{Map, Value};

use crate::catalogue::{Endpoint, Param};
use crate::gateway::calls::{Calls, Pending, Stop};

/// A tool of ours.
pub struct Workflow {
    /// Out of [`Endpoint::COMPOSED`]: a workflow has no address of its own.
    pub row: Endpoint,
    /// The tool of the endpoint by which it creates, where that is what it does.
    pub creates: Option<&'static str>,
    /// Fields of the answer that its schema names: only such as are always of that type, since some clients
    /// refuse an answer that breaks the schema. None of them is required, and others may stand beside them.
    pub output: &'static [Param],
    pub run: Run,
}

/// Comes to the facts of the answer.
type Run = for<'a> fn(&'a dyn Calls) -> Pending<'a, Map<String, Value>, Stop>;

/// In the order in which they are listed, after the endpoints.
const ALL: &[&Workflow] = &[
    &duplicate_invoice::WORKFLOW,
    &create_invoice_from_previous::WORKFLOW,
    &convert_offer_to_invoice::WORKFLOW,
    &list_overdue_invoices::WORKFLOW,
    &get_invoice_status::WORKFLOW,
    &get_invoice_stats::WORKFLOW,
    &export_invoices::WORKFLOW,
    &check_invoice::WORKFLOW,
    &suggest_invoice_number::WORKFLOW,
    &verify_invoice_number::WORKFLOW,
    &reconcile_sure_matches::WORKFLOW,
    &list_recent_changes::WORKFLOW,
    &compute_totals::WORKFLOW,
    &make_payment_reference::WORKFLOW,
    &validate_reference::WORKFLOW,
    &validate_iban::WORKFLOW,
    &validate_uid::WORKFLOW,
    &preview_camt_file::WORKFLOW,
];

pub fn all() -> impl Iterator<Item = &'static Workflow> {
    ALL.iter().copied()
}

/// The workflow behind a tool.
pub fn find(tool: &str) -> Option<&'static Workflow> {
    all().find(|workflow| workflow.row.tool == tool)
}

/// Those of the caller's arguments that are given, as filters of a list.
fn given(calls: &dyn Calls, names: &[&str]) -> Map<String, Value> {
    let arguments = calls.arguments();
    names.iter().filter_map(|name| Some(((*name).to_owned(), arguments.get(*name)?.clone()))).collect()
}

#[cfg(test)]
mod tests;
