//! `duplicate_invoice`: a new draft with the content of an invoice, and what a copy starts anew (number, dates,
//! state, payments, what the server computes) left out and named.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{
    CLIENT_NAME, ID_OR_NUMBER, NUMBER_FOR_ID, SERVICE_FROM, SERVICE_TO, boolean, date, id, integer, object,
    text,
};
use crate::catalogue::{self, Effect, Endpoint, Kind, Param, Place, Toolset};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::calls::{Calls, Create, Stop, quoted};

const CREATE: &str = "create_invoice";

/// What a copy starts anew though `create_invoice` takes it. Where to pay is the profile's to say: the bank
/// account may be another one by now, and none is ever carried on unseen.
const ANEW: &[&str] = &["number", "issue_date", "due_date", "service_from", "service_to", PAYMENT_INFO];
const PAYMENT_INFO: &str = "payment_info";
/// What belongs to the client of the source: another one has an order number and a language of its own.
const OF_THE_CLIENT: &[&str] = &["reference", "language"];

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "duplicate_invoice",
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
    output: &[boolean("created"), object("record", &[])],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let id = calls.arguments().get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let source = calls.record("get_invoice", &id).await.map_err(unread)?;
    let Copy { arguments, dropped } = Copy::of(&source, calls.arguments());
    if !arguments.contains_key("lines") {
        return Err(without_lines(&source, &id).into());
    }
    // In the API's own spelling: the same copy, however it is named.
    let id = match source.get("id") {
        Some(Value::String(own)) => own.clone(),
        Some(Value::Number(own)) => own.to_string(),
        _ => id,
    };
    let create = Create { arguments, source: Some(id.clone()) };
    let mut facts = calls.create(create).await?;
    facts.insert("copy_of".into(), json!({ "id": id, "number": source.get("number") }));
    if facts.get("created") != Some(&Value::Bool(false)) {
        facts.insert("dropped".into(), json!(dropped));
    }
    if let Some(note) = facts.get("record").and_then(|record| other_payment_info(&source, record)) {
        match facts.get_mut("notes").and_then(Value::as_array_mut) {
            Some(notes) => notes.push(note),
            None => drop(facts.insert("notes".into(), json!([note]))),
        }
    }
    Ok(facts)
}

/// Says where the copy is to be paid in another way than its source.
fn other_payment_info(source: &Value, copy: &Value) -> Option<Value> {
    let said = source.get(PAYMENT_INFO).filter(|info| !is_empty(info))?;
    (copy.get(PAYMENT_INFO) != Some(said)).then(|| {
        json!("`payment_info` is not that of the source: if it has to be, change the draft with `update_invoice`")
    })
}

/// What `create_invoice` is called with, and what of the source is not in it.
struct Copy {
    arguments: Map<String, Value>,
    /// Names as the source has them, `lines.position` for a field of lines.
    dropped: Vec<String>,
}

impl Copy {
    /// `given` are the workflow's own arguments, which replace what the source says.
    fn of(source: &Value, given: &Map<String, Value>) -> Self {
        let fields = catalogue::find(CREATE).map_or(&[][..], |row| row.params);
        let mut copy = Self { arguments: Map::new(), dropped: Vec::new() };
        let client = client_of(source);
        let other_client = given.get("client_id").is_some_and(|id| Some(id) != client.as_ref());
        let stays = |field: &Param| {
            let anew = ANEW.contains(&field.name) || (other_client && OF_THE_CLIENT.contains(&field.name));
            field.place == Place::Body && !anew
        };
        for (name, value) in source.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value)) {
            match fields.iter().find(|field| field.wire_name() == name && stays(field)) {
                Some(field) => copy.take(field, value),
                None => copy.dropped.push(name.clone()),
            }
        }
        if let Some(client) = client {
            copy.arguments.entry("client_id").or_insert(client);
        }
        let replace = |(name, _): &(&String, &Value)| fields.iter().any(|field| field.name == *name);
        let given = given.iter().filter(replace).filter(|(name, _)| *name != "number");
        copy.arguments.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        copy
    }

    fn take(&mut self, field: &Param, value: &Value) {
        let value = match (field.kind, value) {
            (Kind::Objects(fields), Value::Array(rows)) => {
                Value::Array(rows.iter().map(|row| self.row(field, fields, row)).collect())
            }
            _ => value.clone(),
        };
        self.arguments.insert(field.name.to_owned(), value);
    }

    /// A line with those of its fields that a new one takes.
    fn row(&mut self, list: &Param, fields: &[Param], row: &Value) -> Value {
        let mut taken = Map::new();
        for (name, value) in row.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value)) {
            let place = format!("{}.{name}", list.wire_name());
            match fields.iter().find(|field| field.wire_name() == name) {
                Some(field) => drop(taken.insert(field.name.to_owned(), value.clone())),
                None if !self.dropped.contains(&place) => self.dropped.push(place),
                None => {}
            }
        }
        Value::Object(taken)
    }
}

/// The client's id, which some answers show within the client only.
fn client_of(source: &Value) -> Option<Value> {
    let id = source.get("client_id").filter(|id| !is_empty(id));
    id.or_else(|| source.get("client")?.get("id").filter(|id| !is_empty(id))).cloned()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The source could not be read: nothing was sent.
fn unread(mut failure: Failure) -> Failure {
    failure.message = format!(
        "`{}` was not sent, since reading the invoice to copy first failed: {}",
        WORKFLOW.row.tool, failure.message
    );
    failure.sent(Sent::Nothing)
}

fn without_lines(source: &Value, id: &str) -> Failure {
    let name = source.get("number").and_then(Value::as_str).unwrap_or(id);
    let message =
        format!("invoice `{}` shows no lines, so there is nothing to copy; nothing was sent", quoted(name));
    Failure::new("nothing_to_copy", Exit::Refused, message)
        .hint(format!("look at it with `get_invoice`, and write the new one with `{CREATE}`"))
}

#[cfg(test)]
mod tests;
