//! What a file has to say after an edit. Every new text is read again and held against this.

use serde_json::{Map, Value};

use super::{Format, NotEdited, Spot, value};

/// The entry as it stands in the file: a record of a list has its name in it.
pub fn record(spot: &Spot, name: &str, entry: &Value) -> Value {
    match entry {
        Value::Object(fields) if spot.list && !fields.contains_key("name") => {
            let named = [("name".to_owned(), Value::from(name))];
            Value::Object(named.into_iter().chain(fields.clone()).collect())
        }
        other => other.clone(),
    }
}

/// The file with this entry, what holds it made where it is missing.
pub fn with(mut file: Value, spot: &Spot, name: &str, entry: &Value) -> Result<Value, NotEdited> {
    let mut holder = &mut file;
    for key in spot.at {
        let Value::Object(keys) = filled(holder, false) else { return Err(NotEdited::Unsafe) };
        holder = keys.entry((*key).to_owned()).or_insert(Value::Null);
    }
    match filled(holder, spot.list) {
        Value::Object(entries) if !spot.list => {
            entries.insert(name.to_owned(), entry.clone());
        }
        Value::Array(records) if spot.list => {
            match records.iter_mut().find(|record| is_named(record, name)) {
                Some(record) => *record = entry.clone(),
                None => records.push(entry.clone()),
            }
        }
        _ => return Err(NotEdited::Unsafe),
    }
    Ok(file)
}

fn filled(value: &mut Value, list: bool) -> &mut Value {
    if value.is_null() {
        *value = if list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    value
}

fn is_named(record: &Value, name: &str) -> bool {
    record.get("name").and_then(Value::as_str) == Some(name)
}

/// The file without this entry; what held it stays.
pub fn without(mut file: Value, spot: &Spot, name: &str) -> Value {
    let mut holder = Some(&mut file);
    for key in spot.at {
        holder = holder.and_then(|holder| holder.get_mut(*key));
    }
    match holder {
        Some(Value::Object(entries)) => drop(entries.shift_remove(name)),
        Some(Value::Array(records)) => records.retain(|record| !is_named(record, name)),
        _ => {}
    }
    file
}

/// The file without what could hold entries and holds none, so that an empty map, none at all and an empty file
/// are the same.
fn pruned(file: Value, keys: &[&str]) -> Value {
    let empty = |value: &Value| match value {
        Value::Object(keys) => keys.is_empty(),
        Value::Array(records) => records.is_empty(),
        other => other.is_null(),
    };
    let Value::Object(mut map) = file else { return if empty(&file) { Value::Null } else { file } };
    if let Some((key, below)) = keys.split_first()
        && let Some(index) = map.keys().position(|present| present == key)
        && let Some(value) = map.shift_remove(*key)
    {
        let value = pruned(value, below);
        if !value.is_null() {
            map.shift_insert(index, (*key).to_owned(), value);
        }
    }
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}

/// Refuses a text that says anything else than `wanted`.
pub fn check(text: &str, spot: &Spot, wanted: &Value) -> Result<(), NotEdited> {
    if says(text, spot, wanted, false) { Ok(()) } else { Err(NotEdited::Unsafe) }
}

/// Whether a text says `wanted`, in this order; where `empty` is true, what could hold entries and holds none
/// may be missing.
pub fn says(text: &str, spot: &Spot, wanted: &Value, empty: bool) -> bool {
    let Ok(read) = value(text, spot.format) else { return false };
    // The order of tables of TOML follows their headers, not what they belong to.
    let same = |one: &Value, other: &Value| {
        one == other && (spot.format == Format::Toml || in_order(one, other, spot))
    };
    same(&read, wanted) || empty && same(&pruned(read, spot.at), &pruned(wanted.clone(), spot.at))
}

/// Whether two files that say the same say it in the same order, but for what is inside of entries.
fn in_order(one: &Value, other: &Value, spot: &Spot) -> bool {
    fn ordered(one: &Value, other: &Value, path: Option<&[&str]>) -> bool {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|((key, value), (same, beside))| {
                        key == same && (path == Some(&[]) || ordered(value, beside, below(path, key)))
                    })
            }
            (Value::Array(_), Value::Array(_)) if path == Some(&[]) => true,
            (Value::Array(one), Value::Array(other)) => {
                one.iter().zip(other).all(|(one, other)| ordered(one, other, None))
            }
            _ => true,
        }
    }
    ordered(one, other, Some(spot.at))
}

/// What is left of the way to the entries below this key; none where it leads elsewhere.
fn below<'p>(path: Option<&'p [&'p str]>, key: &str) -> Option<&'p [&'p str]> {
    path?.split_first().filter(|(first, _)| **first == key).map(|(_, rest)| rest)
}

/// The steps of an edit: each has to bring the entry nearer to what is wanted, or there are no more.
#[derive(Default)]
pub struct Steps {
    left: Option<usize>,
}

impl Steps {
    pub fn count(&mut self, present: Option<&Value>, wanted: &Value) -> Result<(), NotEdited> {
        let left = present.map_or(usize::MAX, |present| differences(present, wanted));
        if self.left.is_some_and(|before| left >= before) {
            return Err(NotEdited::Unsafe);
        }
        self.left = Some(left);
        Ok(())
    }

    /// What a text that cannot be read means: the file itself, or what an earlier step made of it.
    pub fn refused(&self, error: NotEdited) -> NotEdited {
        if self.left.is_none() { error } else { NotEdited::Unsafe }
    }
}

/// How many fields differ.
fn differences(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let gone = one.keys().filter(|key| !other.contains_key(*key)).count();
            let changed =
                other.iter().map(|(key, value)| one.get(key).map_or(1, |old| differences(old, value)));
            gone + changed.sum::<usize>()
        }
        _ => usize::from(one != other),
    }
}
