//! `create_invoice_from_previous`: a new draft like the newest invoice of a client, with what is to be different, and
//! with a word where catalog prices have changed since.

mod newest;
mod prices;

use serde_json::{Map, Value, json};

use super::Workflow;
use super::copying::{self, CREATE, Copy, PAYMENT_INFO, named};
use crate::catalogue::params::{
    CLIENT_ID, CLIENT_NAME, LINE, SERVICE_FROM, SERVICE_TO, date, integer, objects, text,
};
use crate::catalogue::{Effect, Endpoint, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Create, Stop, Walked, quoted};
use newest::Newest;

const TOOL: &str = "create_invoice_from_previous";
/// What a new invoice starts anew though `create_invoice` takes it.
const ANEW: &[&str] = &["number", "issue_date", "due_date", "service_from", "service_to", PAYMENT_INFO];

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: TOOL,
        toolset: Toolset::Invoicing,
        about: "Draft an invoice like the client's newest one, with changes.",
        effect: Effect::Creates,
        params: &[
            CLIENT_ID,
            CLIENT_NAME,
            objects("lines", LINE),
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
    let (source, notes) = find(calls).await?;
    let mut given = calls.arguments().clone();
    // The client stays as the source spells it.
    given.shift_remove("client_id");
    let copy = Copy::of(&source, &given, ANEW);
    let dropped = json!(copy.missed("invoice"));
    let arguments = copy.arguments;
    let id = copying::id_of(&source).unwrap_or_default();
    if !arguments.contains_key("lines") {
        return Err(copying::without_lines("invoice", &source, &id).into());
    }
    // Lines that were given are priced on purpose.
    let prices = if given.contains_key("lines") { Vec::new() } else { prices::changed(calls, &source).await };
    let mut facts = calls.create(Create { arguments, source: Some(id), ..Create::default() }).await?;
    if facts.get("created") == Some(&Value::Bool(false)) {
        return Ok(facts);
    }
    let mut of = named(&source);
    if let (Some(of), Some(day)) = (of.as_object_mut(), source.get("issue_date")) {
        of.insert("issue_date".into(), day.clone());
    }
    facts.insert("made_from".into(), of);
    facts.insert("dropped".into(), dropped);
    let payment = facts.get("record").and_then(|record| copying::other_payment_info(&source, record));
    for note in notes.into_iter().chain(prices).map(Value::from).chain(payment) {
        copying::note(&mut facts, note);
    }
    Ok(facts)
}

/// The newest invoice of the client, whole, and what is to be said about the choice.
async fn find(calls: &dyn Calls) -> Result<(Value, Vec<String>), Failure> {
    let unread = |failure| copying::unread(TOOL, "looking for the client's newest invoice", failure);
    let client = calls.arguments().get("client_id").cloned().unwrap_or_default();
    let mut newest = Newest::default();
    let mut take = |rows: Vec<Value>| rows.into_iter().for_each(|row| newest.take(row));
    let filters = Map::from_iter([("client_id".to_owned(), client)]);
    let walked = calls.walk("list_invoices", filters, &mut take).await.map_err(unread)?;
    if !walked.complete {
        return Err(incomplete(&walked));
    }
    let notes = newest.notes();
    let Some(row) = newest.chosen() else { return Err(none()) };
    let Some(id) = copying::id_of(&row) else { return Err(none()) };
    Ok((calls.record("get_invoice", &id).await.map_err(unread)?, notes))
}

/// Of a part of a list no invoice is the newest.
fn incomplete(walked: &Walked) -> Failure {
    let message =
        "the client's invoices could not be read to the end, so the newest is not known; nothing was sent";
    let cause = walked.note.clone().unwrap_or_else(|| format!("{} were read, and there are more", walked.n));
    Failure::new("list_incomplete", Exit::Refused, message)
        .because(quoted(&cause))
        .hint("find the invoice with `list_invoices` and copy it with `duplicate_invoice`")
}

fn none() -> Failure {
    let message = "the client has no invoice that could be copied; nothing was sent";
    Failure::new("nothing_to_copy", Exit::Refused, message)
        .hint(format!("write the first one with `{CREATE}`"))
}
