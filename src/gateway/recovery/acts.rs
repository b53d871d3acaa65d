//! What a record shows of an act on it, a reconciling: whether it is as it was before, and whether the parts
//! that were sent stand in it. A status alone tells nothing: a partial one may leave it as it was.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Verdict;
use crate::failure::Failure;
use crate::gateway::creating::endpoint_of;
use crate::gateway::fingerprint::normal;
use crate::gateway::{Gateway, Work};
use crate::journal::{Digest, Field, Intent, JournalError};
use crate::rules::money;

/// Where an act's intent keeps the record's status before it.
const STATUS_BEFORE: &str = "before.status";
/// States of a transaction that nothing is matched to.
const OPEN: &[&str] = &["unmatched", "suggested", "open", "pending"];
/// States of one that is matched as a whole.
const MATCHED: &[&str] = &["matched", "reconciled"];
/// Fields that a server moves on with every change, whatever was changed, without underscores.
const MARKS: &[&str] =
    &["updatedat", "modifiedat", "lastmodified", "version", "lockversion", "revision", "etag"];
/// An id this long is no other one's by accident, whatever the field is called.
const LONG_ID: usize = 16;

/// A value and its dotted place within a part of a record.
type Leaf<'a> = (String, &'a Value);

/// One row of a list within a record, or what of the record stands in no list.
struct Part<'a> {
    whole: bool,
    leaves: Vec<Leaf<'a>>,
}

impl Gateway {
    /// The hash of a record as it is, without marks of changes and without what is empty.
    pub(in crate::gateway) fn state_of(&self, record: &Value) -> Result<Digest, JournalError> {
        self.journal.digest(&["state", &normal(&without_marks(record))])
    }

    /// The status of a record before an act.
    pub(in crate::gateway) fn status_before(&self, record: &Value) -> Result<Option<Field>, JournalError> {
        let Some(status) = record.get("status").filter(|status| status.is_string()) else { return Ok(None) };
        Ok(Some(Field { path: STATUS_BEFORE.to_owned(), hash: self.hash_of(STATUS_BEFORE, status)? }))
    }

    /// True where a record is as it was before an act and shows no part of it: whatever the act did was undone.
    pub(in crate::gateway) fn shows_nothing_of(&self, act: &Intent, record: &Value) -> Result<bool, Failure> {
        Ok(Some(self.state_of(record)?) == act.before && self.shown_of(act, record)?.0 == 0)
    }

    pub(super) async fn look_for_act(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        if intent.tool == "import_bank_transactions" {
            return self.look_for_import(work, intent).await;
        }
        let (Some(endpoint), Some(id)) = (endpoint_of(&intent.tool), &intent.record_id) else {
            return Ok(Verdict::unknown("no record shows its effect"));
        };
        let Some(record) = self.record(work, endpoint.path, id).await? else {
            return Ok(Verdict::unknown("the record is gone"));
        };
        // What it shows of the act as it was before is somebody else's, or that of an earlier call.
        if Some(self.state_of(&record)?) == intent.before {
            return Ok(Verdict::Absent);
        }
        let unknown = |why: &str, record| Verdict::Unknown { why: why.to_owned(), candidates: vec![record] };
        let (shown, of) = self.shown_of(intent, &record)?;
        if of > 0 && shown == of {
            let before = match intent.fingerprint {
                Some(print) => self.journal.took_effect_before(&intent.scope, print, intent.number).await?,
                None => false,
            };
            let why = "the record was changed, and what it shows may be an earlier call's of the same";
            return Ok(if before { unknown(why, record) } else { Verdict::TookEffect(record) });
        }
        let matched = MATCHED.contains(&status_of(&record)) && self.was_open(intent)?;
        Ok(if matched && !lists_parts(&record) {
            // This API never shows what a transaction is matched to.
            Verdict::TookEffect(record)
        } else if matched {
            unknown("the record is matched by now, but not to what was sent", record)
        } else {
            unknown("the record was changed, and does not show whether by this call", record)
        })
    }

    fn was_open(&self, act: &Intent) -> Result<bool, JournalError> {
        let Some(before) = act.fields.iter().find(|field| field.path == STATUS_BEFORE) else {
            return Ok(false);
        };
        for status in OPEN {
            if self.hash_of(STATUS_BEFORE, &Value::from(*status))? == before.hash {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many of the allocations that were sent a record shows, and how many were sent.
    fn shown_of(&self, act: &Intent, record: &Value) -> Result<(usize, usize), JournalError> {
        shown(&act.fields, record, |field, form| Ok(self.hash_of(&field.path, form)? == field.hash))
    }
}

/// How many of the allocations among `fields` a record shows, each in a part of its own, and how many there
/// are. `same` compares a field that was sent with a value.
fn shown<E>(
    fields: &[Field],
    record: &Value,
    same: impl Fn(&Field, &Value) -> Result<bool, E>,
) -> Result<(usize, usize), E> {
    let mut sent: BTreeMap<&str, Vec<&Field>> = BTreeMap::new();
    for field in fields {
        let place = field.path.strip_prefix("allocations.").and_then(|rest| rest.split_once('.'));
        if let Some((index, _)) = place {
            sent.entry(index).or_default().push(field);
        }
    }
    let mut parts = parts(record);
    let mut shown = 0;
    for allocation in sent.values() {
        for (index, part) in parts.iter().enumerate() {
            if shows(part, allocation, &same)? {
                parts.remove(index);
                shown += 1;
                break;
            }
        }
    }
    Ok((shown, sent.len()))
}

/// True where a part has all values of an allocation, an amount with either sign; an amount alone is none.
fn shows<E>(
    part: &Part<'_>,
    allocation: &[&Field],
    same: &impl Fn(&Field, &Value) -> Result<bool, E>,
) -> Result<bool, E> {
    let mut named = false;
    for field in allocation {
        let name = field.path.rsplit('.').next().unwrap_or_default();
        named |= name != "amount";
        let mut there = false;
        for (place, value) in &part.leaves {
            for form in forms(name, place, value, part.whole) {
                there |= same(field, &form)?;
            }
        }
        if !there {
            return Ok(false);
        }
    }
    Ok(named)
}

/// The values that a leaf may stand for as the field `name` of an allocation; none where it is another one's.
fn forms(name: &str, place: &str, value: &Value, whole: bool) -> Vec<Value> {
    if name == "amount" {
        let amount = money::decimal(value);
        return amount.map(|amount| vec![money::number(amount), money::number(-amount)]).unwrap_or_default();
    }
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Vec::new(),
    };
    let place = place.to_lowercase();
    let stem = name.strip_suffix("_id").unwrap_or(name);
    let fits = match name {
        // A transaction has an account of its own.
        "account" => !whole && place.contains(stem),
        _ => place.contains(stem) || text.len() >= LONG_ID,
    };
    let spellings = [text.to_lowercase(), text.to_uppercase(), text];
    if fits { spellings.map(Value::from).into() } else { Vec::new() }
}

/// The record's parts, without what is only suggested.
fn parts(record: &Value) -> Vec<Part<'_>> {
    let mut rows = Vec::new();
    let mut leaves = Vec::new();
    split(record, "", &mut leaves, &mut rows);
    rows.push(Part { whole: true, leaves });
    rows
}

fn split<'a>(value: &'a Value, place: &str, leaves: &mut Vec<Leaf<'a>>, rows: &mut Vec<Part<'a>>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| !is_suggestion(name)) {
                let below = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                split(value, &below, leaves, rows);
            }
        }
        Value::Array(items) => {
            for item in items {
                if !item.is_object() {
                    split(item, place, leaves, rows);
                    continue;
                }
                let mut own = Vec::new();
                split(item, "", &mut own, rows);
                rows.push(Part { whole: false, leaves: own });
            }
        }
        leaf => leaves.push((place.to_owned(), leaf)),
    }
}

/// True for records of an API that shows what a transaction is matched to, whether it is to anything or not.
fn lists_parts(record: &Value) -> bool {
    let Some(fields) = record.as_object() else { return false };
    fields.iter().filter(|(name, _)| !is_suggestion(name)).any(|(name, value)| {
        let name = name.to_lowercase();
        let about = ["allocation", "match", "reconcil"].iter().any(|word| name.contains(word));
        (about && (value.is_array() || value.is_object())) || name == "allocations" || name == "matches"
    })
}

fn is_suggestion(name: &str) -> bool {
    let name = name.to_lowercase();
    ["suggest", "candidate", "possible", "proposal"].iter().any(|word| name.contains(word))
}

fn status_of(record: &Value) -> &str {
    record.get("status").and_then(Value::as_str).unwrap_or_default()
}

fn without_marks(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_mark = |name: &str| MARKS.contains(&name.replace('_', "").to_lowercase().as_str());
            let kept = fields.iter().filter(|(name, _)| !is_mark(name));
            let kept = kept.map(|(name, value)| (name.clone(), without_marks(value)));
            Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(without_marks).collect(),
        leaf => leaf.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
