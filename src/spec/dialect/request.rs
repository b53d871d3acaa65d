//! A request on its way out: found by our method and path, told in the API's words.

use serde_json::{Map, Value};

use super::answer::Reading;
use super::paging::{as_theirs, is_paging};
use super::route::{self, Route, routes};
use super::{Dialect, Spoken};
use crate::catalogue::{Answer, Check, Effect, Endpoint, Place};
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
}

impl Dialect {
    /// The request in the API's words; `None` where it is for no row of the catalogue, and goes as it is.
    pub fn outgoing(&self, asking: &Asking<'_>) -> Result<Option<Outgoing<'_>>, Unspoken> {
        let Some((route, spoken)) = self.spoken_at(asking.verb, asking.path)? else { return Ok(None) };
        let endpoint = route.endpoint;
        let (query, asked) = spoken.ask(endpoint, asking.query)?;
        Ok(Some(Outgoing {
            verb: spoken.verb,
            path: route::filled(&spoken.path, &route.arguments),
            query,
            body: asking.body.map(|body| spoken.body(endpoint, body, asking.changes)),
            reading: Reading { endpoint, spoken, asked },
        }))
    }

    fn spoken_at<'p>(&self, verb: Verb, path: &'p str) -> Result<Option<(Route<'p>, &Spoken)>, Unspoken> {
        let routes = routes(verb, path);
        let Some(first) = routes.first().map(|route| route.endpoint.tool) else { return Ok(None) };
        let found = routes.into_iter().find_map(|route| {
            let spoken = self.spoken.get(route.endpoint.tool)?;
            Some((route, spoken))
        });
        found.map(Some).ok_or(Unspoken::Operation(first))
    }

    /// The fields among those given that the API has no place for, by our names.
    pub fn unsent(&self, tool: &str, given: &Value) -> Vec<String> {
        self.spoken.get(tool).map(|spoken| spoken.sends.unsent(given)).unwrap_or_default()
    }

    /// The part of an update's body that is sent where the API takes changes alone.
    pub fn part<'b>(
        &self,
        tool: &str,
        body: &'b Value,
        changes: &Map<String, Value>,
    ) -> std::borrow::Cow<'b, Value> {
        match self.spoken.get(tool) {
            Some(spoken) if spoken.verb == Verb::Patch => std::borrow::Cow::Owned(part(body, changes)),
            _ => std::borrow::Cow::Borrowed(body),
        }
    }
}

/// The fields that change, each whole: of an object within a record also what stays.
fn part(body: &Value, changes: &Map<String, Value>) -> Value {
    let Value::Object(body) = body else { return body.clone() };
    Value::Object(
        changes.iter().map(|(name, value)| (name.clone(), body.get(name).unwrap_or(value).clone())).collect(),
    )
}

impl Spoken {
    fn ask(
        &self,
        endpoint: &'static Endpoint,
        query: &[(String, String)],
    ) -> Result<(Vec<(String, String)>, super::paging::Asked), Unspoken> {
        // Their name, the value, and whether we put it there.
        let mut asked: Vec<(String, String, bool)> = Vec::with_capacity(query.len());
        let mut paging = Vec::new();
        for (name, value) in query {
            if let Some(theirs) = as_theirs(name) {
                asked.push((theirs.to_owned(), value.clone(), false));
            } else if self.list.is_some() && is_paging(name) {
                paging.push((name.as_str(), value.as_str()));
            } else if let Some(field) = self.query.get(name) {
                if field.name.is_empty() {
                    if !is_checked_here(endpoint, name) {
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
        let sides = self.list.as_ref().map(|list| list.asks.ask(&paging));
        let (paging, page) = sides.unwrap_or_default();
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

    fn body(&self, endpoint: &Endpoint, body: &Value, changes: Option<&Map<String, Value>>) -> Value {
        let updates = endpoint.effect == Effect::Updates;
        // What an update sends back is the record as it was read.
        let read = updates.then_some(&self.answers);
        match changes.filter(|_| updates && self.verb == Verb::Patch) {
            Some(changes) => self.sends.spell(&part(body, changes), read),
            None => self.sends.spell(body, read),
        }
    }
}

/// Each row of a list is checked against the filter again.
fn is_checked_here(endpoint: &Endpoint, name: &str) -> bool {
    let mut params = endpoint.params.iter().filter(|param| param.wire_name() == name);
    matches!(endpoint.answer, Answer::List(_))
        && params.any(|param| matches!(param.place, Place::Query(check) if check != Check::None))
}
