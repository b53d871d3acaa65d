//! Objects in our words and in the API's, both ways.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Field, Shape};

/// Behind the name of a field of theirs that is called like another one of ours: `status_theirs`.
const THEIRS: &str = "_theirs";

impl Shape {
    /// An object, or a list of them, in their words. `read` is how the API spells what a record holds besides, where
    /// the value is such a record.
    pub(super) fn spell(&self, value: &Value, read: Option<&Self>) -> Value {
        match value {
            Value::Object(fields) => self.wrapped(Value::Object(self.spell_fields(fields, read))),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.spell(item, read)).collect()),
            other => other.clone(),
        }
    }

    fn spell_fields(&self, fields: &Map<String, Value>, read: Option<&Self>) -> Map<String, Value> {
        let spelled = fields.iter().filter_map(|(name, value)| {
            let (theirs, field) = self.spelled(name, read).or_else(|| self.as_it_came(name, fields, read))?;
            let value =
                field.map_or_else(|| value.clone(), |field| field.spell(value, read_within(read, name)));
            Some((theirs.to_owned(), value))
        });
        spelled.collect()
    }

    /// Their name of one of our fields; `None` where it cannot be sent.
    fn spelled<'a>(&'a self, name: &'a str, read: Option<&'a Self>) -> Option<(&'a str, Option<&'a Field>)> {
        let allowed =
            |theirs: &str| self.only.as_ref().is_none_or(|only| only.iter().any(|name| name == theirs));
        let (theirs, field) = if let Some(field) = self.fields.get(name) {
            (field.name.as_str(), Some(field))
        } else if self.only.is_some() && allowed(name) {
            (name, None)
        } else if let Some(field) = read.and_then(|read| read.fields.get(name)) {
            (field.name.as_str(), Some(field))
        } else if let Some(own) = name
            .strip_suffix(THEIRS)
            .filter(|own| is_taken(self, own) || read.is_some_and(|read| is_taken(read, own)))
        {
            (own, None)
        } else {
            (name, None)
        };
        // What they call so is something else.
        let other = field.is_none()
            && self
                .fields
                .iter()
                .any(|(ours, field)| field.name == theirs && ours != name && !name.ends_with(THEIRS));
        (!theirs.is_empty() && !other && allowed(theirs)).then_some((theirs, field))
    }

    /// What a record of theirs holds under a name that only its request's description says to be ours goes back under that
    /// name: a price that was not recognised in the record is not lost from it.
    fn as_it_came<'a>(
        &self,
        name: &'a str,
        record: &Map<String, Value>,
        read: Option<&Self>,
    ) -> Option<(&'a str, Option<&'a Field>)> {
        let renamed = |read: &Self| {
            read.fields.contains_key(name) || read.fields.values().any(|field| field.name == name)
        };
        let sent = self.only.as_ref().is_some_and(|only| only.iter().any(|one| one == name));
        let free = self.fields.iter().any(|(ours, field)| field.name == name && !record.contains_key(ours));
        (sent && free && read.is_some_and(|read| !renamed(read))).then_some((name, None))
    }

    /// The same value without what the API has no place for.
    pub(super) fn sendable(&self, value: &Value, read: Option<&Self>) -> Value {
        match value {
            Value::Object(fields) => {
                let sent = fields.iter().filter_map(|(name, value)| {
                    let (_, field) =
                        self.spelled(name, read).or_else(|| self.as_it_came(name, fields, read))?;
                    let inner = field.and_then(|field| field.inner.as_ref());
                    let value = inner.map_or_else(
                        || value.clone(),
                        |inner| inner.sendable(value, read_within(read, name)),
                    );
                    Some((name.clone(), value))
                });
                Value::Object(sent.collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.sendable(item, read)).collect()),
            other => other.clone(),
        }
    }

    /// The places among the fields given that are not sent, since the API has none for them: `notes`, `lines.discount`.
    pub(super) fn unsent(&self, given: &Map<String, Value>, read: Option<&Self>) -> Vec<String> {
        let mut places = Vec::new();
        self.collect_unsent(given, read, "", &mut places);
        places
    }

    fn collect_unsent(
        &self,
        fields: &Map<String, Value>,
        read: Option<&Self>,
        place: &str,
        places: &mut Vec<String>,
    ) {
        for (name, value) in fields {
            let below = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            match self.spelled(name, read) {
                None if !places.contains(&below) => places.push(below),
                Some((_, Some(Field { inner: Some(inner), .. }))) => {
                    let one = std::slice::from_ref(value);
                    let all = value.as_array().map_or(one, Vec::as_slice);
                    for object in all.iter().filter_map(Value::as_object) {
                        inner.collect_unsent(object, read_within(read, name), &below, places);
                    }
                }
                _ => {}
            }
        }
    }

    fn wrapped(&self, value: Value) -> Value {
        let wrap = |inner, key: &String| Value::Object(Map::from_iter([(key.clone(), inner)]));
        self.inside.iter().rev().fold(value, wrap)
    }
}

impl Field {
    fn spell(&self, value: &Value, read: Option<&Shape>) -> Value {
        match value {
            Value::String(text) => match self.values.get(text) {
                Some(theirs) => Value::String(theirs.clone()),
                None => value.clone(),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.spell(item, read)).collect()),
            Value::Object(_) => match &self.inner {
                Some(inner) => inner.spell(value, read),
                None => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// Our word for a value of theirs; `None` where it is the same or stands for several of ours.
    pub(super) fn value_of(&self, theirs: &str) -> Option<&str> {
        let mut ours =
            self.values.iter().filter(|(_, value)| *value == theirs).map(|(ours, _)| ours.as_str());
        ours.next().filter(|_| ours.next().is_none())
    }
}

/// How a record of theirs spells what stands in a field of ours.
fn read_within<'a>(read: Option<&'a Shape>, name: &str) -> Option<&'a Shape> {
    read?.fields.get(name)?.inner.as_ref()
}

/// True where one of our fields is called so that they call otherwise, or mean otherwise: an empty name.
fn is_taken(shape: &Shape, name: &str) -> bool {
    shape.fields.get(name).is_some_and(|field| field.name != name)
}

/// A shape by their names: made once for an answer, however many records it holds.
pub(super) struct Back<'a> {
    shape: &'a Shape,
    names: HashMap<&'a str, (&'a str, &'a Field, Option<Self>)>,
}

impl<'a> Back<'a> {
    pub fn of(shape: &'a Shape) -> Self {
        let spelled = shape.fields.iter().filter(|(_, field)| !field.name.is_empty());
        let back = |(ours, field): (&'a String, &'a Field)| {
            (field.name.as_str(), (ours.as_str(), field, field.inner.as_ref().map(Self::of)))
        };
        // Of two that they call the same, the first.
        let mut names = HashMap::with_capacity(shape.fields.len());
        for (theirs, field) in spelled.map(back) {
            names.entry(theirs).or_insert(field);
        }
        Self { shape, names }
    }

    /// One record in our words: out of its envelope, what is not known kept as it came.
    pub fn record(&self, value: Value) -> Value {
        match self.unwrapped(value) {
            Value::Object(fields) => Value::Object(self.fields(fields)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.record(item)).collect()),
            other => other,
        }
    }

    /// What stands inside the envelope; where the answer has none, the answer. An `id` beside the inner object is its own.
    fn unwrapped(&self, value: Value) -> Value {
        let mut value = value;
        for key in &self.shape.inside {
            let Value::Object(outer) = &mut value else { return value };
            let Some(mut inner) = outer.get_mut(key).filter(|inner| !inner.is_null()).map(Value::take) else {
                return value;
            };
            if let (Value::Object(inner), Some(id)) = (&mut inner, outer.shift_remove("id"))
                && !inner.contains_key("id")
                && (id.is_string() || id.is_number())
            {
                inner.shift_insert(0, "id".to_owned(), id);
            }
            value = inner;
        }
        value
    }

    fn fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        if self.shape.fields.is_empty() {
            return fields;
        }
        let mut ours = Map::with_capacity(fields.len());
        for (name, value) in fields {
            if let Some((name, field, inner)) = self.names.get(name.as_str()) {
                let inner = if field.again { Some(self) } else { inner.as_ref() };
                ours.insert((*name).to_owned(), said(field, inner, value));
            } else if is_taken(self.shape, &name) {
                ours.insert(format!("{name}{THEIRS}"), value);
            } else {
                ours.insert(name, value);
            }
        }
        ours
    }

    /// Our name of a place of theirs: `Lines[0].UnitPrice` is `lines[0].price`. `None` where nothing is called otherwise.
    pub fn place(&self, place: &str) -> Option<String> {
        let (first, rest) = place.split_once('.').map_or((place, None), |(first, rest)| (first, Some(rest)));
        let (name, index) = match first.find('[') {
            Some(at) => first.split_at_checked(at)?,
            None => (first, ""),
        };
        if self.shape.inside.iter().any(|key| key == name) && index.is_empty() {
            let rest = rest?;
            return Some(self.place(rest).unwrap_or_else(|| rest.to_owned()));
        }
        if name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
            return rest.and_then(|rest| self.place(rest)).map(|rest| format!("{first}.{rest}"));
        }
        let found = self.names.get(name).or_else(|| {
            let alike = |(theirs, _): &(&&str, _)| theirs.eq_ignore_ascii_case(name);
            self.names.iter().find(alike).map(|(_, found)| found)
        });
        let (ours, _, inner) = found?;
        let below = |rest: &str| {
            inner.as_ref().and_then(|inner| inner.place(rest)).unwrap_or_else(|| rest.to_owned())
        };
        Some(match rest {
            Some(rest) => format!("{ours}{index}.{}", below(rest)),
            None => format!("{ours}{index}"),
        })
    }
}

/// The value of a field in our words.
fn said(field: &Field, inner: Option<&Back<'_>>, value: Value) -> Value {
    match value {
        Value::String(text) => match field.value_of(&text) {
            Some(ours) => Value::from(ours),
            None => Value::String(text),
        },
        Value::Number(_) | Value::Bool(_) if !field.values.is_empty() => {
            match field.value_of(&value.to_string()) {
                Some(ours) => Value::from(ours),
                None => value,
            }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| said(field, inner, item)).collect()),
        Value::Object(_) => match inner {
            Some(inner) => inner.record(value),
            None => value,
        },
        other => other,
    }
}
