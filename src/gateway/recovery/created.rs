//! Looking for the record that a create made: every row of the list that shows such records is held against
//! what was sent, and nothing that may be it passes for absence.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::evidence::{self, Age, Fit};
use super::{Verdict, id_of};
use crate::catalogue::{self, Answer, Endpoint};
use crate::failure::Failure;
use crate::gateway::creating::endpoint_of;
use crate::gateway::fingerprint::at;
use crate::gateway::{Gateway, Work};
use crate::journal::{Field, Intent, JournalError};
use crate::rules::money;

/// Records that are read one by one since the list shows too little of them.
const MOST_READ: usize = 20;
/// A record that was made less than this ago may not have reached every server that is asked.
const SPREAD: Duration = Duration::from_secs(10);

impl Gateway {
    pub(super) async fn look_for_created(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        let Some(list) = list_beside(&intent.tool) else {
            return Ok(Verdict::unknown("no list shows such records"));
        };
        let (rows, complete) = self.every_row(work, list, by_party(list, intent)).await?;
        let ids: Vec<_> = rows.iter().filter_map(id_of).collect();
        let known = self.journal.known_records(&intent.scope, ids).await?;
        let sent = evidence::Sent {
            since: intent.sent_at.and_then(|at| work.connection.clock.there(at)),
            day: intent.sent_at.map(|at| at.to_zoned(TimeZone::UTC).date()),
            dated: intent.fields.iter().any(|field| evidence::is_date(&field.path)),
        };
        let (mut seen, mut reads) = (evidence::Seen::default(), 0);
        for row in rows {
            let id = id_of(&row);
            if id.as_ref().is_some_and(|id| known.contains(id)) || self.is_source(intent, id.as_deref())? {
                continue;
            }
            let (mut age, mut fit, mut record) = (evidence::age(&row, &sent), self.fit(intent, &row)?, row);
            if age == Age::Older {
                continue;
            }
            match &id {
                // What cannot be named cannot be ours, and is no proof of absence.
                None if fit == Fit::Same => fit = Fit::Nearly,
                Some(id) if fit == Fit::TooLittle => {
                    reads += 1;
                    if reads > MOST_READ {
                        seen.too_many = true;
                        break;
                    }
                    record = self.record(work, list.path, id).await?.unwrap_or(Value::Null);
                    (age, fit) = (evidence::age(&record, &sent), self.fit(intent, &record)?);
                }
                _ => {}
            }
            seen.add(age, fit, record);
        }
        let first = match intent.fingerprint {
            Some(print) if sent.dated => {
                !self.journal.took_effect_before(&intent.scope, print, intent.number).await?
            }
            _ => false,
        };
        Ok(seen.verdict(complete, first))
    }

    /// A copy is like its source, and is not it.
    fn is_source(&self, intent: &Intent, id: Option<&str>) -> Result<bool, JournalError> {
        match (intent.before, id) {
            (Some(source), Some(id)) => Ok(source == self.source_of(id)?),
            _ => Ok(false),
        }
    }

    /// Compares a record with what was sent.
    fn fit(&self, intent: &Intent, record: &Value) -> Result<Fit, Failure> {
        let (mut same, mut other, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for field in &intent.fields {
            let path = &*field.path;
            match self.shows(field, record)? {
                Some(true) => same.push(path),
                Some(false) => other.push(path),
                None => missing.push(path),
            }
        }
        Ok(Fit::of(&same, &other, &missing))
    }

    /// Whether a record shows a value that was sent; `None` where it does not show the field at all.
    fn shows(&self, field: &Field, record: &Value) -> Result<Option<bool>, JournalError> {
        let path = &*field.path;
        if let Some(name) = path.strip_prefix('~') {
            let Some(amount) = whole(record, name) else { return Ok(None) };
            // Rounding moves it by one at the most.
            for near in [amount, amount - Decimal::ONE, amount + Decimal::ONE] {
                if self.hash_of(path, &money::number(near))? == field.hash {
                    return Ok(Some(true));
                }
            }
            return Ok(Some(false));
        }
        let shown = match path.strip_suffix(".#") {
            Some(list) => at(record, list).and_then(Value::as_array).map(|rows| json!(rows.len())),
            None => at(record, path).filter(|value| !value.is_null()).cloned(),
        };
        shown.map(|value| Ok(self.hash_of(path, &value)? == field.hash)).transpose()
    }

    /// What tells a document from another although a server writes its parts in its own way: how many rows it
    /// has, and its amount in whole units.
    pub(in crate::gateway) fn derived(&self, body: &Value) -> Result<Vec<Field>, JournalError> {
        let mut values = Vec::new();
        let lists = body.as_object().into_iter().flatten();
        values.extend(
            lists.filter_map(|(name, value)| Some((format!("{name}.#"), json!(value.as_array()?.len())))),
        );
        for name in ["net", "debit", "amount"] {
            values.extend(whole(body, name).map(|amount| (format!("~{name}"), money::number(amount))));
        }
        values
            .into_iter()
            .map(|(path, value)| Ok(Field { hash: self.hash_of(&path, &value)?, path }))
            .collect()
    }

    /// Whether the record of a settled create is really gone: deleted by us, or not there, neither by itself nor
    /// in the whole list, after a time in which it reached every server.
    pub(in crate::gateway) async fn is_gone(&self, work: &Work, earlier: &Intent) -> Result<bool, Failure> {
        let Some(id) = &earlier.record_id else { return Ok(false) };
        if self.journal.was_deleted(&earlier.scope, id).await? {
            return Ok(true);
        }
        let settled = earlier.settled_at.unwrap_or_else(Timestamp::now);
        let age = Timestamp::now().duration_since(settled).max(SignedDuration::ZERO);
        let left = SPREAD.saturating_sub(Duration::try_from(age).unwrap_or_default());
        if !left.is_zero() {
            if let Some(progress) = &work.caller.progress {
                progress(0.0, None, "waiting: a record made just now is not found, and may still turn up");
            }
            tokio::time::sleep(left).await;
        }
        let Some(list) = list_beside(&earlier.tool) else { return Ok(false) };
        let gone = left.is_zero() || self.record(work, list.path, id).await?.is_none();
        let (rows, complete) = self.every_row(work, list, by_party(list, earlier)).await?;
        Ok(gone && complete && rows.iter().all(|row| id_of(row).as_ref().is_some_and(|other| other != id)))
    }
}

/// The amount of a document in whole units, rounded.
fn whole(record: &Value, name: &str) -> Option<Decimal> {
    let lines = || record.get("lines").and_then(Value::as_array);
    let amount = match name {
        "net" => record.get("subtotal").and_then(money::decimal).or_else(|| {
            money::preview(record).and_then(|totals| totals.get("subtotal").and_then(money::decimal))
        })?,
        "debit" => {
            let debits: Vec<_> =
                lines()?.iter().filter_map(|line| money::decimal(line.get("debit")?)).collect();
            debits
                .iter()
                .try_fold(Decimal::ZERO, |sum, debit| sum.checked_add(*debit))
                .filter(|_| !debits.is_empty())?
        }
        name => record.get(name).and_then(money::decimal)?,
    };
    Some(amount.round())
}

/// The list that shows what a create makes.
fn list_beside(tool: &str) -> Option<&'static Endpoint> {
    let create = endpoint_of(tool)?;
    catalogue::all().find(|row| matches!(row.answer, Answer::List(_)) && row.path == create.path)
}

/// The filter by client or vendor where the list has one: a shorter walk.
fn by_party(list: &Endpoint, intent: &Intent) -> Map<String, Value> {
    let filter = ["client_id", "vendor_id"].into_iter().find(|name| {
        let sent = intent.fields.iter().any(|field| field.path == *name);
        sent && list.params.iter().any(|param| param.name == *name)
    });
    let party = filter.zip(intent.party.clone());
    party.map(|(name, id)| (name.to_owned(), json!(id))).into_iter().collect()
}
