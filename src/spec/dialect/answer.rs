//! An answer on its way in: their names, values and envelopes become ours; what is not known stays.

use serde_json::{Map, Value, json};

use super::Spoken;
use super::names::Back;
use super::paging::Asked;
use crate::catalogue::{Answer, Endpoint};
use crate::spec::envelope;
use crate::spec::words::squashed;

/// Levels around the records that are looked through where they are not as they were described.
const AROUND: usize = 3;

/// What the answer to one request is read by.
#[derive(Debug)]
pub struct Reading<'a> {
    pub(super) endpoint: &'static Endpoint,
    pub(super) spoken: &'a Spoken,
    pub(super) asked: Asked,
}

impl Reading<'_> {
    /// The body of a 2xx answer in our words: a record without envelope, a list as `{data, pagination}`.
    pub fn answer(&self, body: Value) -> Value {
        let back = Back::of(&self.spoken.answers);
        match self.endpoint.answer {
            Answer::List(_) => self.list(&back, body),
            _ => back.record(body),
        }
    }

    /// The `Link` header with our names in the queries of its addresses.
    pub fn link(&self, header: &str) -> String {
        self.spoken.link(header)
    }

    /// Our name of a field or parameter that an error names; `None` where nothing is called otherwise.
    pub fn field(&self, theirs: &str) -> Option<String> {
        let sent = Back::of(&self.spoken.sends).place(theirs);
        sent.or_else(|| {
            let found =
                self.spoken.query.iter().find(|(_, field)| !field.name.is_empty() && field.name == theirs);
            found.map(|(ours, _)| ours.clone())
        })
        .or_else(|| self.spoken.list.as_ref()?.asks.word(theirs).map(str::to_owned))
        .filter(|ours| ours != theirs)
    }

    fn list(&self, back: &Back<'_>, mut body: Value) -> Value {
        let list = self.spoken.list.as_ref();
        let described =
            list.map(|list| list.records.clone()).filter(|keys| array_at(&mut body, keys).is_some());
        let keys = described.or_else(|| records_in(&body, self.resource(), 0));
        // Whoever reads envelopes of every kind says what this is: never a list that holds nothing.
        let Some(keys) = keys else { return body };
        let Some(records) = array_at(&mut body, &keys) else { return body };
        let ours: Vec<Value> =
            std::mem::take(records).into_iter().map(|record| back.record(record)).collect();
        let said = list.and_then(|list| list.pagination(&body, ours.len() as u64, self.asked, self.spoken));
        match said {
            Some(pagination) => json!({ "data": ours, "pagination": pagination }),
            // Nothing is said where the description puts it: the envelope is read as any other one.
            None if body.is_array() => Value::Array(ours),
            None => {
                let mut envelope = Map::from_iter([("data".to_owned(), Value::Array(ours))]);
                envelope.extend(around(body, &keys).into_iter().filter(|(name, _)| name != "data"));
                if let Some(list) = list {
                    list.asks.renumber(&mut envelope, self.asked);
                }
                Value::Object(envelope)
            }
        }
    }

    /// The key under which some APIs put the records.
    fn resource(&self) -> &'static str {
        match &self.endpoint.answer {
            Answer::List(list) => list.resource,
            _ => "data",
        }
    }
}

fn array_at<'v>(body: &'v mut Value, keys: &[String]) -> Option<&'v mut Vec<Value>> {
    keys.iter().try_fold(body, |value, key| value.get_mut(key))?.as_array_mut()
}

/// Keys to the records of an answer that is not as it was described; `None` where it holds no list, or several that are
/// as likely.
fn records_in(body: &Value, resource: &str, depth: usize) -> Option<Vec<String>> {
    let object = match body {
        Value::Array(_) if depth == 0 => return Some(Vec::new()),
        Value::Object(object) => object,
        _ => return None,
    };
    let own = squashed(resource);
    let fields: Vec<_> = object.iter().map(|(key, value)| (squashed(key), key, value)).collect();
    let mut usual: Vec<&str> = envelope::lists().collect();
    usual.push(&own);
    for name in &usual {
        if let Some((_, key, _)) = fields.iter().find(|(other, _, value)| other == name && value.is_array()) {
            return Some(vec![(*key).clone()]);
        }
    }
    if depth < AROUND {
        usual.extend(["embedded", "response", "result", "payload"]);
        for (_, key, inner) in
            usual.iter().flat_map(|name| fields.iter().filter(move |(other, _, _)| other == name))
        {
            if let Some(mut keys) = records_in(inner, resource, depth + 1) {
                keys.insert(0, (*key).clone());
                return Some(keys);
            }
        }
    }
    let mut lists = object.iter().filter(|(key, value)| value.is_array() && !envelope::is_aside(key));
    let (only, other) = (lists.next(), lists.next());
    let (key, _) = only.filter(|_| other.is_none() && !object.contains_key("id"))?;
    Some(vec![key.clone()])
}

/// What stands around the records on all levels, the outer ones before the inner ones of the same name.
fn around(body: Value, keys: &[String]) -> Map<String, Value> {
    let (Value::Object(mut object), Some((key, below))) = (body, keys.split_first()) else {
        return Map::new();
    };
    let mut rest = object.shift_remove(key).map(|inner| around(inner, below)).unwrap_or_default();
    rest.extend(object);
    rest
}
