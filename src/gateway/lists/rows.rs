//! The rows of an answer as they are shown: a few columns, fields that were asked for, or whole records.
//! Raw records are dropped as they come in, so that a long list holds no more than it shows.

use serde_json::{Map, Value, json};

use super::text;

/// Names of fields that a note gives.
const MOST_NAMES: usize = 60;
/// A record that has fewer of the named columns has other names for its fields.
const ENOUGH: usize = 2;
const CURRENCY: &str = "currency";

/// How rows are shown. A cursor carries it, so that the next page looks the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum View {
    /// The columns that a person would ask for.
    #[default]
    Columns,
    /// `id` and these fields; a dotted name reaches into objects and lists.
    Fields(Vec<String>),
    /// Records as they came.
    Full,
}

impl View {
    /// From the arguments, which are taken out; `None` where they say nothing.
    pub fn asked(arguments: &mut Map<String, Value>) -> Option<Self> {
        let fields = arguments.shift_remove("fields");
        let detail = arguments.shift_remove("detail");
        if detail.is_some() {
            return Some(Self::Full);
        }
        let mut names: Vec<String> = Vec::new();
        for name in fields.as_ref()?.as_str()?.split([',', ' ', '\n']).map(str::trim) {
            if !name.is_empty() && name != "id" && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Some(Self::Fields(names))
    }

    pub fn sealed(&self) -> Value {
        match self {
            Self::Columns => Value::Null,
            Self::Fields(names) => json!(names),
            Self::Full => json!("full"),
        }
    }

    pub fn unsealed(value: Value) -> Self {
        match value {
            Value::Null => Self::Columns,
            Value::Array(names) => Self::Fields(names.iter().map(text).collect()),
            _ => Self::Full,
        }
    }
}

/// Rows as they are shown, and what is said of all of them.
pub struct Rows {
    view: View,
    columns: &'static [&'static str],
    shown: Vec<Value>,
    /// Which of the fields asked for some row has.
    found: Vec<bool>,
    /// Names of fields that the rows have.
    names: Vec<String>,
}

impl Rows {
    pub fn new(view: View, columns: &'static [&'static str]) -> Self {
        let found = match &view {
            View::Fields(names) => vec![false; names.len()],
            View::Columns | View::Full => Vec::new(),
        };
        Self { view, columns, shown: Vec::new(), found, names: Vec::new() }
    }

    pub fn view(&self) -> &View {
        &self.view
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.view.clone(), self.columns);
    }

    /// The rows that came in since the last time.
    pub fn drain(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.shown)
    }

    pub fn push(&mut self, row: Value) {
        let row = match (&self.view, row) {
            (View::Columns, Value::Object(record)) => Value::Object(columns(record, self.columns)),
            (View::Fields(_), Value::Object(record)) => Value::Object(self.fields(&record)),
            (_, other) => other,
        };
        self.shown.push(row);
    }

    fn fields(&mut self, record: &Map<String, Value>) -> Map<String, Value> {
        let mut row: Map<_, _> =
            record.get_key_value("id").map(|(name, id)| (name.clone(), id.clone())).into_iter().collect();
        let View::Fields(wanted) = &self.view else { return row };
        for (name, found) in wanted.iter().zip(&mut self.found) {
            let Some(value) = reach(record, name) else { continue };
            *found = true;
            let value = named(value);
            if !is_empty(&value) {
                row.insert(name.clone(), value);
            }
        }
        if !self.found.iter().all(|found| *found) {
            let more = record.keys().filter(|name| !self.names.contains(name)).cloned();
            let room = MOST_NAMES.saturating_sub(self.names.len());
            let more: Vec<_> = more.take(room).collect();
            self.names.extend(more);
        }
        row
    }

    /// Which of the fields asked for no row has, and those that there are.
    pub fn unknown_fields(&self) -> Option<String> {
        let View::Fields(wanted) = &self.view else { return None };
        let unknown: Vec<_> = wanted
            .iter()
            .zip(&self.found)
            .filter(|(_, found)| !**found)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if unknown.is_empty() || self.names.is_empty() {
            return None;
        }
        Some(format!("no row has {}; the rows have: {}", unknown.join(", "), self.names.join(", ")))
    }

    /// The currency where it is one for all rows, which then leave it out, and the rows.
    pub fn finish(mut self) -> (Option<Value>, Vec<Value>) {
        let first = self.shown.first().and_then(|row| row.get(CURRENCY)).cloned();
        let one = first
            .filter(|first| first.is_string() && self.view != View::Full)
            .filter(|first| self.shown.iter().all(|row| row.get(CURRENCY) == Some(first)));
        if one.is_some() {
            for row in &mut self.shown {
                if let Value::Object(row) = row {
                    row.shift_remove(CURRENCY);
                }
            }
        }
        (one, self.shown)
    }
}

/// `id` and the named columns; where the record has other names, its fields that are no lists or objects.
fn columns(mut record: Map<String, Value>, wanted: &[&str]) -> Map<String, Value> {
    let mut row = Map::new();
    if let Some((name, id)) = record.shift_remove_entry("id") {
        row.insert(name, id);
    }
    let mut known = 0;
    for name in wanted {
        // `client` may be an object, a text, or stand as `client_name` or `client_id`.
        let names = [(*name).to_owned(), format!("{name}_name"), format!("{name}_id")];
        known += usize::from(names.iter().any(|name| record.contains_key(name)));
        let Some(name) =
            names.into_iter().find(|name| record.get(name).is_some_and(|value| !value.is_null()))
        else {
            continue;
        };
        if let Some(value) = record.get_mut(&name) {
            keep(&mut row, name, named(value.take()));
        }
    }
    if wanted.is_empty() || known < ENOUGH.min(wanted.len()) {
        for (name, value) in record {
            let value = named(value);
            if !value.is_object() && !value.is_array() {
                keep(&mut row, name, value);
            }
        }
    }
    row
}

fn keep(row: &mut Map<String, Value>, name: String, value: Value) {
    if !is_empty(&value) {
        row.insert(name, value);
    }
}

/// An object that has a name is shown by it.
fn named(value: Value) -> Value {
    let name = |value: &Value| {
        ["name", "company_name"]
            .iter()
            .find_map(|field| value.get(*field).filter(|name| name.is_string()).cloned())
    };
    match &value {
        Value::Object(_) => name(&value).unwrap_or(value),
        _ => value,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The value under a dotted name, in each item of a list on the way.
fn reach(record: &Map<String, Value>, path: &str) -> Option<Value> {
    if let Some(value) = record.get(path) {
        return Some(value.clone());
    }
    let (first, rest) = path.split_once('.')?;
    match record.get(first)? {
        Value::Object(inner) => reach(inner, rest),
        Value::Array(items) => {
            let inner: Vec<_> = items.iter().filter_map(|item| reach(item.as_object()?, rest)).collect();
            (!inner.is_empty()).then_some(Value::Array(inner))
        }
        _ => None,
    }
}
