//! What the records of our resources look like, and how much one of theirs is like them.

use std::collections::HashMap;

use serde_json::Value;

use super::seen::Seen;
use super::wanted::Wanted;
use crate::spec::envelope;
use crate::spec::fields::Likeness;
use crate::spec::schema;
use crate::spec::subjects::SUBJECTS;
use crate::spec::words::canonical;

/// What our records look like, by subject.
pub struct Records {
    by_subject: HashMap<usize, (Likeness, usize, Option<&'static str>)>,
}

impl Records {
    pub fn of(wanted: &[Wanted<'_>]) -> Self {
        let mut by_subject = HashMap::new();
        for want in wanted {
            let Some(answer) = &want.ours.answer else { continue };
            let Some(found) = envelope::found(&answer.schema) else { continue };
            let record = found.records.map_or(found.schema, |(_, items)| items);
            let Some(subject) = SUBJECTS.get(want.subject) else { continue };
            let likeness = Likeness::of(record, &canonical(subject.name)).telling();
            let names = likeness.own(record);
            by_subject.entry(want.subject).or_insert((likeness, names, party(record)));
        }
        Self { by_subject }
    }

    /// How much of the smaller record is in the other, 0 to 1; `None` where one of the two is not described.
    pub fn alike(&self, subject: usize, seen: &Seen<'_>) -> Option<f64> {
        let (likeness, ours, party_of_ours) = self.by_subject.get(&subject)?;
        let found = seen.found.as_ref()?;
        let whole = found.records.as_ref().map_or(found.schema, |(_, items)| items);
        let (_, record) = envelope::record(whole, &|object| likeness.count(object));
        let theirs = likeness.own(record);
        if theirs < 3 || *ours < 3 {
            return None;
        }
        if let (Some(ours), Some(theirs)) = (party_of_ours, party(record))
            && *ours != theirs
        {
            return Some(0.0);
        }
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        Some(count(likeness.count(record)) / count(theirs.min(*ours)))
    }
}

/// Who stands in the record: a client's bill and a vendor's are never the same, whatever else they share.
fn party(record: &Value) -> Option<&'static str> {
    let mut found = None;
    for property in schema::properties(record) {
        let words = canonical(property.name);
        for party in ["client", "vendor"] {
            if words.first().is_some_and(|word| word == party) {
                match found {
                    Some(other) if other != party => return None,
                    _ => found = Some(party),
                }
            }
        }
    }
    found
}
