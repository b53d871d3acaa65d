//! An answer on its way in: their names, values and envelopes become ours; what is not known stays.

use serde_json::{Map, Value, json};

use super::Spoken;
use super::names::Back;
use super::paging::Asked;
use crate::catalogue::{Answer, Endpoint};

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
        let keys = self.spoken.list.as_ref().map(|list| list.records.as_slice());
        let found = match keys {
            Some(keys) => array_at(&mut body, keys).is_some(),
            None => array_at(&mut body, &["data".to_owned()]).is_some(),
        };
        let records = match keys {
            Some(keys) if found => array_at(&mut body, keys),
            None if found => array_at(&mut body, &["data".to_owned()]),
            _ => only_array(&mut body, 0),
        };
        let Some(records) = records else { return body };
        let ours: Vec<Value> =
            std::mem::take(records).into_iter().map(|record| back.record(record)).collect();
        let Some(list) = &self.spoken.list else {
            *records = ours;
            return body;
        };
        match list.pagination(&body, ours.len() as u64, self.asked, self.spoken) {
            Some(pagination) => json!({ "data": ours, "pagination": pagination }),
            // Nothing is said where the description puts it: the envelope is read as any other one.
            None if body.is_array() => Value::Array(ours),
            None => {
                let mut envelope = Map::from_iter([("data".to_owned(), Value::Array(ours))]);
                if let Value::Object(rest) = body {
                    envelope.extend(
                        rest.into_iter().filter(|(name, value)| name != "data" && !is_emptied(value)),
                    );
                }
                list.asks.renumber(&mut envelope, self.asked);
                Value::Object(envelope)
            }
        }
    }
}

/// What is left of a list that was taken out.
fn is_emptied(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

fn array_at<'v>(body: &'v mut Value, keys: &[String]) -> Option<&'v mut Vec<Value>> {
    keys.iter().try_fold(body, |value, key| value.get_mut(key))?.as_array_mut()
}

/// The only list in an answer that is not as it was described.
fn only_array(body: &mut Value, depth: u8) -> Option<&mut Vec<Value>> {
    match body {
        Value::Array(items) => Some(items),
        Value::Object(fields) => {
            let is_list = |value: &Value| value.is_array() || (depth < 1 && value.is_object());
            let mut lists = fields.values_mut().filter(|value| is_list(value));
            let found = lists.find_map(|value| only_array(value, depth + 1))?;
            Some(found)
        }
        _ => None,
    }
}
