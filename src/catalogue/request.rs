//! A row and its checked arguments as a request: pure. An argument can change what stands in a segment
//! of the path, never the shape of the path.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::check::{ArgumentError, Issue, is_segment};
use super::{CHANGES, Effect, Endpoint, Kind, Method, Param, Place};

/// A request, complete but for address, key and profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    pub method: Method,
    /// Absolute and percent-encoded.
    pub path: String,
    /// Not yet encoded; in the order of the row.
    pub query: Vec<(String, String)>,
    /// JSON of a POST, PUT or PATCH.
    pub body: Option<Value>,
    /// The content of the file that is sent instead of a JSON body.
    pub file: Option<Vec<u8>>,
}

/// Builds the request. Arguments that the gateway handles are left out: it has put what they mean into
/// other arguments before (`client_name` into `client_id`, `period` into `from` and `to`, …). `current`
/// is the record that an update changes, without its envelope: the body is the whole record with the
/// changes, since the API's PUT may replace; without it the body holds the changes alone.
pub fn build(
    endpoint: &Endpoint,
    arguments: &Map<String, Value>,
    current: Option<&Value>,
) -> Result<Wire, ArgumentError> {
    let path = path(endpoint, arguments)?;
    let query = placed(endpoint, arguments, |place| matches!(place, Place::Query(_)))
        .flat_map(|(param, value)| listed(endpoint, value).map(|value| (param.wire_name().to_owned(), value)))
        .collect();
    let file = placed(endpoint, arguments, |place| place == Place::File)
        .find_map(|(_, value)| value.as_str().map(|text| text.as_bytes().to_vec()));
    let takes_file = endpoint.params.iter().any(|param| param.place == Place::File);
    let body = match endpoint.effect {
        _ if endpoint.is_extra() => described(endpoint, arguments),
        Effect::Creates | Effect::Acts if !takes_file => Some(created(endpoint, arguments)),
        Effect::Updates => Some(updated(endpoint, arguments, current)),
        _ => None,
    };
    Ok(Wire { method: endpoint.method, path, query, body, file })
}

/// The arguments given that go to some place, in the order of the row.
fn placed<'a>(
    endpoint: &'a Endpoint,
    arguments: &'a Map<String, Value>,
    wanted: impl Fn(Place) -> bool + 'a,
) -> impl Iterator<Item = (&'a Param, &'a Value)> {
    let params = endpoint.params.iter().filter(move |param| wanted(param.place));
    params.filter_map(|param| arguments.get(param.name).map(|value| (param, value)))
}

fn path(endpoint: &Endpoint, arguments: &Map<String, Value>) -> Result<String, ArgumentError> {
    let mut path = String::new();
    for segment in endpoint.path.split('/').skip(1) {
        path.push('/');
        let start = path.len();
        let mut rest = segment;
        // Most parameters are a segment of their own; in a description of others one may be a part: `{id}.pdf`.
        while let Some((before, name, after)) = first_parameter(rest) {
            path.push_str(before);
            encode(&mut path, &value_of(endpoint, arguments, name)?);
            rest = after;
        }
        path.push_str(rest);
        if matches!(path.get(start..), Some("." | "..")) {
            let wanted = "an id that leads nowhere else".to_owned();
            let issues = vec![Issue::Wrong { path: segment.to_owned(), wanted }];
            return Err(ArgumentError { tool: endpoint.tool, issues });
        }
    }
    Ok(path)
}

/// What stands before a segment's first parameter, its name, and what stands behind it.
fn first_parameter(segment: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = segment.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The value of the parameter that a path calls `name`.
fn value_of(
    endpoint: &Endpoint,
    arguments: &Map<String, Value>,
    name: &str,
) -> Result<String, ArgumentError> {
    let param = endpoint.params.iter().find(|param| param.place == Place::Path && param.wire_name() == name);
    let name = param.map_or(name, |param| param.name);
    let issue = match arguments.get(name).map(plain) {
        Some(value) if is_segment(&value) => return Ok(value),
        Some(_) => {
            Issue::Wrong { path: name.to_owned(), wanted: "one id, without spaces or slashes".to_owned() }
        }
        None => Issue::Missing { path: name.to_owned(), or: param.and_then(|param| param.or) },
    };
    Err(ArgumentError { tool: endpoint.tool, issues: vec![issue] })
}

/// One path segment, percent-encoded.
pub fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    encode(&mut segment, text);
    segment
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(path: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

/// A scalar as it stands in a path or query; numbers keep their digits.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The values of a query parameter: a list of the user's own description is its values one by one, as OpenAPI has it where
/// it says nothing else.
fn listed(endpoint: &Endpoint, value: &Value) -> impl Iterator<Item = String> {
    let values = match value {
        Value::Array(values) if endpoint.is_extra() => values.iter().map(plain).collect(),
        other => vec![plain(other)],
    };
    values.into_iter()
}

/// The body of an operation that only the user's description has: none where that one says none.
fn described(endpoint: &Endpoint, arguments: &Map<String, Value>) -> Option<Value> {
    if let Some((_, whole)) = placed(endpoint, arguments, |place| place == Place::Whole).next() {
        return Some(whole.clone());
    }
    endpoint.params.iter().any(|param| param.place == Place::Body).then(|| created(endpoint, arguments))
}

fn created(endpoint: &Endpoint, arguments: &Map<String, Value>) -> Value {
    let fields = placed(endpoint, arguments, |place| place == Place::Body);
    Value::Object(
        fields.map(|(param, value)| (param.wire_name().to_owned(), renamed(param.kind, value))).collect(),
    )
}

fn updated(endpoint: &Endpoint, arguments: &Map<String, Value>, current: Option<&Value>) -> Value {
    let mut body = current.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    for computed in endpoint.computed {
        remove(&mut body, computed);
    }
    if let Some(changes) = changes(endpoint, arguments) {
        merge(&mut body, changes);
    }
    body
}

/// What an update sets, with the wire's names.
pub fn changes(endpoint: &Endpoint, arguments: &Map<String, Value>) -> Option<Value> {
    arguments.get(CHANGES).map(|changes| renamed(Kind::Object(endpoint.changes()), changes))
}

/// The same value with the wire's names.
fn renamed(kind: Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::Object(fields), Value::Object(given)) => {
            let rename =
                |(name, value): (&String, &Value)| match fields.iter().find(|field| field.name == name) {
                    Some(field) => (field.wire_name().to_owned(), renamed(field.kind, value)),
                    None => (name.clone(), value.clone()),
                };
            Value::Object(given.iter().map(rename).collect())
        }
        (Kind::Objects(fields), Value::Array(rows)) => {
            Value::Array(rows.iter().map(|row| renamed(Kind::Object(fields), row)).collect())
        }
        _ => value.clone(),
    }
}

/// Objects are merged, everything else is replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Removes a field by its dotted path, in each row of a list on the way.
fn remove(value: &mut Value, path: &str) {
    match (value, path.split_once('.')) {
        (Value::Array(rows), _) => rows.iter_mut().for_each(|row| remove(row, path)),
        (Value::Object(fields), None) => {
            fields.shift_remove(path);
        }
        (Value::Object(fields), Some((first, rest))) => {
            if let Some(inner) = fields.get_mut(first) {
                remove(inner, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
