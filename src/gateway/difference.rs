//! Which fields of a record differ between two reads of it, as far as the row of the catalogue knows them.
//! Fields that no row names may change by themselves and stop no write.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::catalogue::{self, Effect, Endpoint, Kind, Param};
use crate::rules::money;

/// Fields that no change sets, and that a write depends on all the same.
const STATE: &[(&str, Kind)] = &[
    ("status", Kind::Text),
    ("number", Kind::Text),
    ("total", Kind::Decimal),
    ("amount_due", Kind::Decimal),
    ("amount", Kind::Decimal),
];

/// Fields that a server moves on with every change.
const MARKS: &[&str] = &["updated_at", "version"];

/// A field of a record, with its values at two times.
#[derive(Debug, PartialEq)]
pub struct Difference {
    /// The name of the argument.
    pub field: &'static str,
    pub from: Value,
    pub to: Value,
}

/// What differs between two reads of the record that a tool writes to.
pub fn differences(endpoint: &Endpoint, before: &Value, now: &Value) -> Vec<Difference> {
    let differs = |(field, wire, kind): (&'static str, &'static str, Kind)| {
        let (from, to) = (at(before, wire), at(now, wire));
        (plain(kind, from) != plain(kind, to)).then(|| Difference {
            field,
            from: from.clone(),
            to: to.clone(),
        })
    };
    watched(endpoint).filter_map(differs).collect()
}

/// True where the server itself says that the record was changed between two reads of it.
pub fn moved_on(before: &Value, now: &Value) -> bool {
    MARKS.iter().any(|mark| at(before, mark) != at(now, mark))
}

/// The state of a record, equal for equal records: when the server says that it was changed, and the
/// values that a write depends on.
pub fn version_of(current: &Value, endpoint: &Endpoint) -> String {
    let marks: Vec<&Value> = MARKS.iter().map(|mark| at(current, mark)).collect();
    let fields: Vec<Value> =
        watched(endpoint).map(|(_, wire, kind)| json!([wire, plain(kind, at(current, wire))])).collect();
    json!([marks, fields]).to_string()
}

/// True where a record has what an update was given: `given` by the names of arguments, `there` by those
/// of the wire.
pub fn holds(kind: Kind, there: &Value, given: &Value) -> bool {
    match (kind, given) {
        (Kind::Object(fields), Value::Object(given)) => {
            given.iter().all(|(name, value)| match fields.iter().find(|field| field.name == name) {
                Some(field) => holds(field.kind, at(there, field.wire_name()), value),
                None => at(there, name) == value,
            })
        }
        (Kind::Objects(fields), Value::Array(rows)) if !rows.is_empty() => {
            there.as_array().is_some_and(|there| {
                there.len() == rows.len()
                    && there.iter().zip(rows).all(|(there, row)| holds(Kind::Object(fields), there, row))
            })
        }
        _ => plain(kind, there) == plain(kind, given),
    }
}

/// True where two values of a field mean the same.
pub fn same(kind: Kind, left: &Value, right: &Value) -> bool {
    plain(kind, left) == plain(kind, right)
}

/// A field of a record; null where it has none.
pub fn at<'a>(record: &'a Value, field: &str) -> &'a Value {
    record.get(field).unwrap_or(&Value::Null)
}

/// The fields that are compared: name of the argument, name on the wire, kind. A delete compares what an
/// update of the same record may change.
fn watched(endpoint: &Endpoint) -> impl Iterator<Item = (&'static str, &'static str, Kind)> {
    let update = catalogue::all().find(|row| row.effect == Effect::Updates && row.path == endpoint.path);
    let fields = update.map(Endpoint::changes).unwrap_or_default();
    let state = STATE.iter().filter(|(name, _)| !fields.iter().any(|field| field.wire_name() == *name));
    let state = state.map(|(name, kind)| (*name, *name, *kind));
    fields.iter().map(|field| (field.name, field.wire_name(), field.kind)).chain(state)
}

/// A value in one form for all its spellings: `8.10` and `"8.1"`, an IBAN with and without spaces, a list
/// of lines with and without what the server adds to them. Null stands for empty, too.
pub fn plain(kind: Kind, value: &Value) -> Value {
    match (kind, value) {
        (_, Value::Null) => Value::Null,
        (Kind::Object(fields), Value::Object(given)) => {
            let known: Map<String, Value> = fields
                .iter()
                .map(|field: &Param| (field.name.to_owned(), plain(field.kind, at(value, field.wire_name()))))
                .filter(|(_, value)| !value.is_null())
                .collect();
            if known.is_empty() && given.values().all(Value::is_null) { Value::Null } else { known.into() }
        }
        (Kind::Objects(_), Value::Array(rows)) if rows.is_empty() => Value::Null,
        (Kind::Objects(fields), Value::Array(rows)) => {
            rows.iter().map(|row| plain(Kind::Object(fields), row)).collect()
        }
        (Kind::Decimal | Kind::Integer, value) => money::decimal(value)
            .map_or_else(|| value.clone(), |number: Decimal| number.normalize().to_string().into()),
        (kind, Value::String(text)) => match spelled(kind, text.trim()) {
            text if text.is_empty() => Value::Null,
            text => text.into(),
        },
        (Kind::Text | Kind::Id, Value::Number(number)) => number.to_string().into(),
        (_, other) => other.clone(),
    }
}

fn spelled(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Iban => text.split_whitespace().collect::<String>().to_uppercase(),
        Kind::Id | Kind::Choice(_) => text.to_lowercase(),
        // Some servers give midnight of the day.
        Kind::Date => match text.split_at_checked(10) {
            Some((day, rest)) if rest.starts_with(['T', ' ']) => day.to_owned(),
            _ => text.to_owned(),
        },
        _ => text.replace("\r\n", "\n"),
    }
}

#[cfg(test)]
mod tests;
