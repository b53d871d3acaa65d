//! `duplicate_invoice`: a new draft with the content of an invoice, and what a copy starts anew (number, dates,
//! state, payments, what the server computes) left out and named.

use serde_json::{Map, Value, json};

use super::Workflow;
use super::copying::{self, CREATE, Copy, PAYMENT_INFO};
use crate::catalogue::params::{
    CLIENT_NAME, ID_OR_NUMBER, NUMBER_FOR_ID, SERVICE_FROM, SERVICE_TO, date, id, integer, text,
};
use crate::catalogue::{Effect, Endpoint, Toolset};
use crate::gateway::calls::{Calls, Create, Stop};

const TOOL: &str = "duplicate_invoice";
/// What a copy starts anew though `create_invoice` takes it.
const ANEW: &[&str] = &["number", "issue_date", "due_date", "service_from", "service_to", PAYMENT_INFO];

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: TOOL,
        toolset: Toolset::Invoicing,
        default: true,
        about: "Copy an invoice as a new draft; number, dates and payment details start anew.",
        effect: Effect::Creates,
        params: &[
            ID_OR_NUMBER,
            NUMBER_FOR_ID,
            id("client_id").or("client_name"),
            CLIENT_NAME,
            date("issue_date"),
            date("due_date").or("due_days"),
            integer("due_days").gateway(),
            SERVICE_FROM,
            SERVICE_TO,
            text("title"),
            text("notes"),
        ],
        ..Endpoint::COMPOSED
    },
    creates: Some(CREATE),
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let id = calls.arguments().get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let unread = |failure| copying::unread(TOOL, "reading the invoice to copy", failure);
    let source = calls.record("get_invoice", &id).await.map_err(unread)?;
    let Copy { arguments, dropped } = Copy::of(&source, calls.arguments(), ANEW);
    if !arguments.contains_key("lines") {
        return Err(copying::without_lines("invoice", &source, &id).into());
    }
    // In the API's own spelling: the same copy, however it is named.
    let id = copying::id_of(&source).unwrap_or(id);
    let create = Create { arguments, source: Some(id.clone()), ..Create::default() };
    let mut facts = calls.create(create).await?;
    facts.insert("copy_of".into(), json!({ "id": id, "number": source.get("number") }));
    if facts.get("created") != Some(&Value::Bool(false)) {
        facts.insert("dropped".into(), json!(dropped));
    }
    if let Some(note) = facts.get("record").and_then(|record| copying::other_payment_info(&source, record)) {
        copying::note(&mut facts, note);
    }
    Ok(facts)
}

#[cfg(test)]
mod tests;
