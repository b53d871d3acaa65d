//! What all stored records share: assembling one from a checked body, reading and removing it.

use serde_json::Value;

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::ids;

/// The fields of a kind of record.
#[derive(Debug)]
pub struct Shape {
    /// As in the path, and the resource of the store.
    pub resource: &'static str,
    /// Singular, for messages.
    pub kind: &'static str,
    /// What a client may set, in the order of the answer; null where it is not set.
    pub writable: &'static [&'static str],
    /// What the server computes, in the order of the answer; ignored in a body.
    pub computed: &'static [&'static str],
}

impl Shape {
    /// Puts a record together: ids, every writable field of the body, fields nobody knows as they came, and
    /// the times. What `old` had and the body does not say is lost: PUT replaces.
    pub fn assemble(&self, cx: &Context<'_>, body: &Record, old: Option<&Record>) -> Record {
        let mut record = Record::new();
        let kept = |name: &str| old.and_then(|old| old.get(name)).cloned();
        record.insert("id".to_owned(), kept("id").unwrap_or_else(|| ids::new().into()));
        record.insert("profile_id".to_owned(), cx.tx.profile_id().into());
        for name in self.writable {
            record.insert((*name).to_owned(), body.get(*name).cloned().unwrap_or(Value::Null));
        }
        for name in self.computed {
            record.insert((*name).to_owned(), kept(name).unwrap_or(Value::Null));
        }
        for (name, value) in body {
            if !record.contains_key(name) && !["created_at", "updated_at"].contains(&name.as_str()) {
                record.insert(name.clone(), value.clone());
            }
        }
        record.insert("created_at".to_owned(), kept("created_at").unwrap_or_else(|| cx.now.into()));
        record.insert("updated_at".to_owned(), cx.now.into());
        record
    }

    /// The record of the path's id, or 404.
    pub fn find(&self, cx: &Context<'_>, id: &str) -> Result<Record, Error> {
        cx.tx.get(self.resource, id)?.ok_or_else(|| Error::not_found(self.kind, id))
    }

    /// Answers a create.
    pub fn create(&self, cx: &Context<'_>, body: &Record) -> Result<Answer, Error> {
        let record = self.assemble(cx, body, None);
        cx.tx.put(self.resource, &record)?;
        Ok(Answer::created(record))
    }

    /// Answers an update: a full replace of the writable fields.
    pub fn replace(&self, cx: &Context<'_>, input: &Input, body: &Record) -> Result<Answer, Error> {
        let old = self.find(cx, &input.id)?;
        let record = self.assemble(cx, body, Some(&old));
        cx.tx.put(self.resource, &record)?;
        Ok(Answer::ok(record))
    }

    /// Removes the record of the path's id, or answers 404.
    pub fn remove(&self, cx: &Context<'_>, id: &str) -> Result<Answer, Error> {
        if cx.tx.delete(self.resource, id)? {
            Ok(Answer::deleted())
        } else {
            Err(Error::not_found(self.kind, id))
        }
    }
}

/// Gives a field its value where the body does not say one.
pub fn default(body: &mut Record, name: &str, value: impl Into<Value>) {
    body.entry(name).or_insert_with(|| value.into());
}
