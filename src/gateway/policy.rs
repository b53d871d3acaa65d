//! What may be done, and when a person is asked first: confirmation levels and what a call would change.

mod question;

use serde_json::{Map, Value};

use super::described::named_in_path;
use super::profiles::Effective;
use super::redaction::{quoted, quoted_whole};
use crate::catalogue::{Confirms, Effect, Endpoint};
use crate::failure::{Exit, Failure};

/// Fields that decide where money or mail goes: shown whole.
const REDIRECTING: [&str; 5] = ["iban", "bic", "is_qr_iban", "email", "payment_info"];

/// From which effect on a person is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody is asked.
    Never,
    /// Before deleting, closing, and deciding where money or mail goes.
    #[default]
    Destructive,
    /// Before every write.
    Writes,
}

/// What a call would change, for the question and for `confirm_number`.
#[derive(Debug)]
pub struct Plan<'a> {
    pub endpoint: &'static Endpoint,
    pub arguments: &'a Map<String, Value>,
    pub current: Option<&'a Value>,
    pub profile: &'a Effective,
}

/// A field with its old and new value.
#[derive(Debug, PartialEq)]
pub struct Change {
    field: &'static str,
    old: String,
    new: String,
}

impl Change {
    fn redirects(&self) -> bool {
        is_redirecting(self.field)
    }
}

fn is_redirecting(field: &str) -> bool {
    field.rsplit('.').next().is_some_and(|last| REDIRECTING.contains(&last))
}

impl Plan<'_> {
    /// `Some` with the changes, sensitive ones first, if a person has to say yes to this call.
    pub fn needs_yes(&self, level: Level) -> Option<Vec<Change>> {
        let mut changes = match self.endpoint.confirms {
            Confirms::When(fields) => self.changes(fields.iter().map(|field| (*field, *field))),
            Confirms::Never | Confirms::Always => Vec::new(),
        };
        let asked = match level {
            Level::Never => false,
            Level::Writes => self.endpoint.effect != Effect::Reads,
            Level::Destructive => self.endpoint.confirms == Confirms::Always || !changes.is_empty(),
        };
        // A yes to the one is a yes to all that the call changes besides.
        let all = self.endpoint.changes().iter().map(|field| (field.name, field.wire_name()));
        let besides: Vec<_> = self
            .changes(all)
            .into_iter()
            .filter(|other| !changes.iter().any(|change| change.field == other.field))
            .collect();
        changes.extend(besides);
        asked.then_some(changes)
    }

    /// What changes among fields, given by the name of the argument and by that in the record. A field that
    /// stays empty does not change.
    fn changes(&self, fields: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<Change> {
        let body = self.arguments.get("changes").and_then(Value::as_object).unwrap_or(self.arguments);
        let changed = |(field, wire): (&'static str, &'static str)| {
            let new = dotted(body, field)?;
            let old = self
                .current
                .and_then(Value::as_object)
                .and_then(|record| dotted(record, wire))
                .unwrap_or(&Value::Null);
            let same = old == new || (is_empty(old) && is_empty(new));
            let words = if is_redirecting(field) { whole } else { shown };
            (!same).then(|| Change { field, old: words(old), new: words(new) })
        };
        fields.filter_map(changed).collect()
    }

    /// How the record is called: its number, else its name, else its id.
    pub fn label(&self) -> String {
        self.current
            .map(label_of)
            .filter(|label| !label.is_empty())
            .or_else(|| {
                let named = named_in_path(self.endpoint, self.arguments).pop();
                named.filter(|_| self.endpoint.is_extra()).map(|id| quoted(&id))
            })
            .or_else(|| {
                ["id", "number", "name", "description", "client_id"]
                    .iter()
                    .find_map(|name| self.arguments.get(*name).map(shown))
            })
            .unwrap_or_else(|| self.endpoint.tool.to_owned())
    }
}

/// Deleting an invoice that was sent would break numbering and retention: drafts only.
pub fn refuse_unsafe(endpoint: &Endpoint, current: Option<&Value>) -> Result<(), Failure> {
    let status = current.and_then(|record| record.get("status")).and_then(Value::as_str);
    match status {
        Some(status) if endpoint.tool == "delete_invoice" && status != "draft" => {
            let message = format!(
                "invoice {} is {}, and only drafts are deleted; nothing was sent",
                current.map(label_of).unwrap_or_default(),
                quoted(status)
            );
            Err(Failure::new("not_a_draft", Exit::Refused, message)
                .hint("tell the person to cancel it or write a credit note in the Lumabill web app"))
        }
        _ => Ok(()),
    }
}

/// How a record is called: its number, else its name, else its id.
fn label_of(record: &Value) -> String {
    ["number", "name", "company_name", "id"]
        .iter()
        .find_map(|field| record.get(*field).map(shown).filter(|text| !text.is_empty()))
        .unwrap_or_default()
}

fn dotted<'a>(record: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = record.get(parts.next()?)?;
    parts.try_fold(first, |value, name| value.get(name))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn shown(value: &Value) -> String {
    words(value, quoted)
}

fn whole(value: &Value) -> String {
    words(value, quoted_whole)
}

fn words(value: &Value, quoted: fn(&str) -> String) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

#[cfg(test)]
mod tests;
