//! Invoices that are made of another document: what of the document a new invoice takes over, and what it starts
//! anew (number, dates, state, payments, what the server computes), which is named.

use serde_json::{Map, Value, json};

use crate::catalogue::{self, Kind, Param, Place};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::calls::quoted;
use crate::rules::invoice::{self, Standing};

/// By which all of them are made.
pub const CREATE: &str = "create_invoice";
/// Where to pay is the profile's to say: the bank account may be another one by now, and none is ever carried on
/// unseen.
pub const PAYMENT_INFO: &str = "payment_info";

/// What belongs to the client of the source: another one has an order number and a language of its own.
const OF_THE_CLIENT: &[&str] = &["reference", "language"];

/// What `create_invoice` is called with, and what of the source is not in it.
pub struct Copy {
    pub arguments: Map<String, Value>,
    /// Names as the source has them, `lines.position` for a field of lines.
    pub dropped: Vec<String>,
}

impl Copy {
    /// `given` are the workflow's own arguments, which replace what the source says; `anew` is left out though
    /// `create_invoice` takes it.
    pub fn of(source: &Value, given: &Map<String, Value>, anew: &[&str]) -> Self {
        let fields = catalogue::find(CREATE).map_or(&[][..], |row| row.params);
        let mut copy = Self { arguments: Map::new(), dropped: Vec::new() };
        let client = client_of(source);
        let other_client = given.get("client_id").is_some_and(|id| Some(id) != client.as_ref());
        let stays = |field: &Param| {
            let anew = anew.contains(&field.name) || (other_client && OF_THE_CLIENT.contains(&field.name));
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

    /// What was dropped though a person may miss it: without what the server computes by itself.
    pub fn missed(&self, kind: &str) -> Vec<&str> {
        let update = format!("update_{kind}");
        let computed = catalogue::find(&update).map_or(&[][..], |row| row.computed);
        let own = |name: &&str| !computed.contains(name) && *name != "status";
        self.dropped.iter().map(String::as_str).filter(own).collect()
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
pub fn client_of(source: &Value) -> Option<Value> {
    let id = source.get("client_id").filter(|id| !is_empty(id));
    id.or_else(|| source.get("client")?.get("id").filter(|id| !is_empty(id))).cloned()
}

/// A record's id in the API's own spelling.
pub fn id_of(record: &Value) -> Option<String> {
    match record.get("id")? {
        Value::String(own) => Some(own.clone()),
        Value::Number(own) => Some(own.to_string()),
        _ => None,
    }
}

/// A text of a record, trimmed; empty where it has none.
pub fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// Id and number of a document, as answers name it.
pub fn named(record: &Value) -> Value {
    json!({ "id": record.get("id"), "number": record.get("number") })
}

pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// It bills nothing any more.
pub fn is_undone(record: &Value) -> bool {
    invoice::standing(&invoice::state(record)) == Standing::Cancelled
}

/// Says where the copy is to be paid in another way than its source.
pub fn other_payment_info(source: &Value, copy: &Value) -> Option<Value> {
    let said = source.get(PAYMENT_INFO).filter(|info| !is_empty(info))?;
    (copy.get(PAYMENT_INFO) != Some(said)).then(|| {
        json!("`payment_info` is not that of the source: if it has to be, change the draft with `update_invoice`")
    })
}

/// Puts a note to those of the answer.
pub fn note(facts: &mut Map<String, Value>, note: impl Into<Value>) {
    match facts.get_mut("notes").and_then(Value::as_array_mut) {
        Some(notes) => notes.push(note.into()),
        None => drop(facts.insert("notes".into(), Value::Array(vec![note.into()]))),
    }
}

/// A read before the create failed: nothing was sent.
pub fn unread(tool: &str, step: &str, mut failure: Failure) -> Failure {
    failure.message = format!("`{tool}` was not sent, since {step} first failed: {}", failure.message);
    failure.sent(Sent::Nothing)
}

/// `kind` is what the source is called: `invoice`, `offer`.
pub fn without_lines(kind: &str, source: &Value, id: &str) -> Failure {
    let name = invoice::text(source, "number").unwrap_or_else(|| id.to_owned());
    let message =
        format!("{kind} `{}` shows no lines, so there is nothing to copy; nothing was sent", quoted(&name));
    Failure::new("nothing_to_copy", Exit::Refused, message)
        .hint(format!("look at it with `get_{kind}`, and write the new one with `{CREATE}`"))
}
