//! Typed reading of the fields of a stored record or a checked body.

use jiff::civil::Date;
use serde_json::Value;

use super::answer::Record;

/// A text field; empty where it is absent or no text.
pub fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text field that says something: trimmed, none where it is empty.
pub fn said<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    Some(text(record, name).trim()).filter(|text| !text.is_empty())
}

/// A date field.
pub fn date(record: &Record, name: &str) -> Option<Date> {
    text(record, name).parse().ok()
}

/// A yes-or-no field; no where it is absent.
pub fn flag(record: &Record, name: &str) -> bool {
    record.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The objects of an array field.
pub fn objects<'a>(record: &'a Record, name: &str) -> impl Iterator<Item = &'a Record> {
    record.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Sets a text field, or removes it where there is nothing to say.
pub fn put_text(record: &mut Record, name: &str, value: Option<&str>) {
    match value {
        Some(value) => {
            record.insert(name.to_owned(), value.into());
        }
        None => {
            record.remove(name);
        }
    }
}
