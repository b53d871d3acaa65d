//! A request on its way out: found by our method and path, told in the API's words.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::answer::Reading;
use super::paging::{Asked, as_theirs, is_paging};
use super::route::{self, Route, routes};
use super::{Dialect, Shape, Spoken};
use crate::catalogue::{Answer, Check, Effect, Endpoint, Kind, Place};
use crate::spec::Verb;

/// A request in our words.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    pub verb: Verb,
    /// Absolute and percent-encoded.
    pub path: &'a str,
    pub query: &'a [(String, String)],
    pub body: Option<&'a Value>,
    /// What an update changes, with our names on the wire: where the API takes changes alone, of the body only
    /// these fields are sent.
    pub changes: Option<&'a Map<String, Value>>,
}

/// The same in the API's words.
#[derive(Debug)]
pub struct Outgoing<'a> {
    pub verb: Verb,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Option<Value>,
    /// What its answer is read by.
    pub reading: Reading<'a>,
}

/// What the API, by its description, cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unspoken {
    /// The operation of this tool.
    Operation(&'static str),
    /// What the answer would be wrong without: tool and parameter.
    Parameter(&'static str, String),
    /// What a write would go without, or under a name that is not theirs: tool and fields, by our names.
    Fields(&'static str, Vec<String>),
    /// Fields of the record, by our names, that an update of this tool replaces and has no place for.
    Places(&'static str, Vec<String>),
}

impl Dialect {
    /// The request in the API's words; `None` where it is for no row of the catalogue, and goes as it is.
    pub fn outgoing(&self, asking: &Asking<'_>) -> Result<Option<Outgoing<'_>>, Unspoken> {
        let Some((route, spoken)) = self.spoken_at(asking.verb, asking.path)? else { return Ok(None) };
        let endpoint = route.endpoint;
        let unsent = self.unsent(endpoint, spoken, asking);
        if !unsent.is_empty() {
            return Err(Unspoken::Fields(endpoint.tool, unsent));
        }
        let (query, asked) = spoken.ask(endpoint, asking.query)?;
        let lost = self.lost(endpoint, spoken, asking.body);
        if !lost.is_empty() {
            return Err(Unspoken::Places(endpoint.tool, lost));
        }
        Ok(Some(Outgoing {
            verb: spoken.verb,
            path: route::filled(&spoken.path, &route.arguments),
            query,
            body: asking.body.map(|body| spoken.body(body, asking.changes, self.read_as(endpoint))),
            reading: Reading { endpoint, spoken, asked },
        }))
    }

    /// What a record that is sent back whole would lose: the fields of ours that hold something and have no place there.
    fn lost(&self, endpoint: &Endpoint, spoken: &Spoken, body: Option<&Value>) -> Vec<String> {
        let replaces = endpoint.effect == Effect::Updates && spoken.verb == Verb::Put;
        let held = body.filter(|_| replaces).and_then(|body| held(Kind::Object(endpoint.changes()), body));
        match held {
            Some(Value::Object(held)) => spoken.sends.unsent(&held, self.read_as(endpoint)),
            _ => Vec::new(),
        }
    }

    /// What of the body of a request is sent, in our words: without what the API has no place for.
    pub fn sent(&self, asking: &Asking<'_>) -> Option<Value> {
        let (route, spoken) = self.spoken_at(asking.verb, asking.path).ok()??;
        let part = spoken.part(asking.body?, asking.changes);
        Some(spoken.sends.sendable(&part, self.read_as(route.endpoint)))
    }

    /// How the record is read that an update sends back: what only a record of theirs holds is spelled as it came.
    fn read_as(&self, endpoint: &Endpoint) -> Option<&Shape> {
        if endpoint.effect != Effect::Updates {
            return None;
        }
        let read = routes(Verb::Get, endpoint.path)
            .into_iter()
            .find_map(|route| self.spoken.get(route.endpoint.tool));
        read.or_else(|| self.spoken.get(endpoint.tool)).map(|spoken| &spoken.answers)
    }

    fn spoken_at<'p>(&self, verb: Verb, path: &'p str) -> Result<Option<(Route<'p>, &Spoken)>, Unspoken> {
        let routes = routes(verb, path);
        let Some(first) = routes.first().map(|route| route.endpoint.tool) else { return Ok(None) };
        let found = routes.into_iter().find_map(|route| {
            let spoken = self.of(route.endpoint)?;
            Some((route, spoken))
        });
        found.map(Some).ok_or(Unspoken::Operation(first))
    }

    /// The fields that the caller gave and the API has no place for, by our names. Of an update these are the changes:
    /// what else its record holds stays with the API.
    fn unsent(&self, endpoint: &Endpoint, spoken: &Spoken, asking: &Asking<'_>) -> Vec<String> {
        let read = self.read_as(endpoint);
        match (endpoint.effect, asking.changes, asking.body) {
            (Effect::Updates, Some(changes), _) => spoken.sends.unsent(changes, read),
            (Effect::Creates | Effect::Acts, _, Some(Value::Object(given))) => {
                spoken.sends.unsent(&said(given), read)
            }
            _ => Vec::new(),
        }
    }
}

impl Spoken {
    fn ask(
        &self,
        endpoint: &'static Endpoint,
        query: &[(String, String)],
    ) -> Result<(Vec<(String, String)>, Asked), Unspoken> {
        // Their name, the value, and whether we put it there.
        let mut asked: Vec<(String, String, bool)> = Vec::with_capacity(query.len());
        let mut paging = Vec::new();
        // Where the description names no parameters for pages, ours are as good as any.
        let sides = self.list.as_ref().map(|list| &list.asks).filter(|asks| !asks.is_empty());
        for (name, value) in query {
            if let Some(theirs) = as_theirs(name) {
                asked.push((theirs.to_owned(), value.clone(), false));
            } else if sides.is_some() && is_paging(name) {
                paging.push((name.as_str(), value.as_str()));
            } else if let Some(field) = self.query.get(name) {
                if field.name.is_empty() {
                    if !is_paging(name) && !is_checked_here(endpoint, name) {
                        return Err(Unspoken::Parameter(endpoint.tool, name.clone()));
                    }
                    continue;
                }
                let value = field.values.get(value).unwrap_or(value);
                asked.push((field.name.clone(), value.clone(), true));
            } else {
                asked.push((name.clone(), value.clone(), false));
            }
        }
        let (paging, page) = match sides {
            Some(sides) => sides.ask(&paging),
            None => (Vec::new(), Asked::default()),
        };
        asked.extend(paging.into_iter().map(|(name, value)| (name, value, true)));
        // A link to the next page may name our filters again.
        let mut given: Vec<(String, String)> = Vec::with_capacity(asked.len());
        for (at, (name, value, ours)) in asked.iter().enumerate() {
            let again = asked.iter().skip(at + 1).any(|(other, _, _)| other == name);
            if !(*ours && again) {
                given.push((name.clone(), value.clone()));
            }
        }
        Ok((given, page))
    }

    fn body(&self, body: &Value, changes: Option<&Map<String, Value>>, read: Option<&Shape>) -> Value {
        self.sends.spell(&self.part(body, changes), read)
    }

    /// The part of an update's body that is sent: where the API takes changes alone, the fields that change, each whole, so
    /// that of an object within a record what stays is there too.
    fn part<'b>(&self, body: &'b Value, changes: Option<&Map<String, Value>>) -> Cow<'b, Value> {
        match (changes, body) {
            (Some(changes), Value::Object(whole)) if self.verb == Verb::Patch => {
                let field = |(name, value): (&String, &Value)| {
                    (name.clone(), whole.get(name).unwrap_or(value).clone())
                };
                Cow::Owned(Value::Object(changes.iter().map(field).collect()))
            }
            _ => Cow::Borrowed(body),
        }
    }
}

/// The part of a value that the catalogue knows and that holds something; `None` where nothing does.
fn held(kind: Kind, value: &Value) -> Option<Value> {
    match (kind, value) {
        (_, Value::Null) => None,
        (_, Value::String(text)) if text.is_empty() => None,
        (Kind::Object(fields), Value::Object(given)) => {
            let known = fields.iter().filter_map(|field| {
                let name = field.wire_name();
                Some((name.to_owned(), held(field.kind, given.get(name)?)?))
            });
            let known: Map<String, Value> = known.collect();
            (!known.is_empty()).then_some(Value::Object(known))
        }
        (Kind::Objects(fields), Value::Array(items)) => {
            let known: Vec<Value> =
                items.iter().filter_map(|item| held(Kind::Object(fields), item)).collect();
            (!known.is_empty()).then_some(Value::Array(known))
        }
        (_, Value::Object(given)) if given.is_empty() => None,
        (_, Value::Array(items)) if items.is_empty() => None,
        _ => Some(value.clone()),
    }
}

/// What a new record is to hold: nothing is lost with what is empty anyway.
fn said(given: &Map<String, Value>) -> Map<String, Value> {
    let inner = |value: &Value| match value {
        Value::Object(fields) => Value::Object(said(fields)),
        Value::Array(items) => {
            let rows = items.iter().map(|item| item.as_object().map_or(Value::Null, |row| said(row).into()));
            Value::Array(rows.collect())
        }
        other => other.clone(),
    };
    given
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), inner(value)))
        .collect()
}

/// Each row of a list is checked against the filter again.
fn is_checked_here(endpoint: &Endpoint, name: &str) -> bool {
    let mut params = endpoint.params.iter().filter(|param| param.wire_name() == name);
    matches!(endpoint.answer, Answer::List(_))
        && params.any(|param| matches!(param.place, Place::Query(check) if check != Check::None))
}
