//! What became of a write whose answer was lost: the record is looked up, taken for ours only with
//! evidence that it is younger than the intent, and taken for absent only after a walk that ended complete
//! and a settling time in which a late commit would have shown.

mod acts;
mod changes;
mod clock;
mod evidence;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::creating::endpoint_of;
use super::fingerprint::{at, scope};
use super::held::Held;
use super::lists::Walk;
use super::repeating::is_gone;
use super::{Gateway, Work};
use crate::api;
use crate::catalogue::{self, Answer, Endpoint};
use crate::failure::Failure;
use crate::journal::{End, Intent, Kind, State};
pub(super) use clock::ServerClock;
use evidence::{Age, Fit};

/// After a reset or an error of the server, a late commit shows within this time.
const SOON: Duration = Duration::from_secs(10);
/// After silence the server may still be working.
const LATE: Duration = Duration::from_secs(90);
/// Between two looks, growing.
const PAUSES: [u64; 4] = [1, 2, 4, 6];
const LAST_PAUSE: u64 = 8;
/// Records that are read one by one since the list shows too little of them.
const MOST_READ: usize = 20;
/// Abandoned intents that one write looks after on its way.
const MOST_ABANDONED: usize = 3;
/// Time that one write spends on them.
const FOR_ABANDONED: Duration = Duration::from_secs(5);

/// What became of a write.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It took effect; the record as it is now, where it can be read.
    TookEffect(Value),
    /// It did not, and will not.
    Absent,
    /// It cannot be told, and why; records that may be the one.
    Unknown { why: String, candidates: Vec<Value> },
}

impl Verdict {
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into(), candidates: Vec::new() }
    }
}

/// How long "not found" says nothing after an answer was lost like this.
pub(super) fn settling(lost: &api::ApiError) -> Duration {
    let api::ApiError::Lost { source, .. } = lost else { return SOON };
    match source.as_ref() {
        api::ApiError::Silent { .. } => LATE,
        // A gateway that gave up waiting says nothing of what waits behind it.
        error if matches!(error.status(), Some(408 | 504)) => LATE,
        _ => SOON,
    }
}

impl Gateway {
    /// Looks until it is told or `until` comes; settles what is told, gives back what is not.
    pub(super) async fn look_up(
        &self,
        work: &Work,
        mut held: Held,
        until: Instant,
    ) -> Result<(Verdict, Option<Intent>), Failure> {
        let number = held.number;
        let verdict = self.looked_up(work, number, until).await?;
        match &verdict {
            Verdict::TookEffect(record) => drop(held.settle(took_effect(work, record)).await),
            Verdict::Absent => drop(held.settle(End::of(State::Absent)).await),
            Verdict::Unknown { .. } => held.release().await?,
        }
        Ok((verdict, self.journal.look(number).await?))
    }

    async fn looked_up(&self, work: &Work, number: i64, until: Instant) -> Result<Verdict, Failure> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let Some(intent) = self.journal.look(number).await? else {
                return Ok(Verdict::unknown("its intent is gone from the journal"));
            };
            let settled = intent.settles_at.is_none_or(|at| at <= Timestamp::now());
            let verdict = self.look_once(work, &intent, until).await;
            // After the settling time another look tells no more than this one.
            if settled || matches!(verdict, Verdict::TookEffect(_)) {
                return Ok(verdict);
            }
            let pause = Duration::from_secs(pauses.next().unwrap_or(LAST_PAUSE));
            let next = Instant::now() + pause.min(left(&intent) + Duration::from_millis(50));
            if next >= until {
                return Ok(match verdict {
                    Verdict::Absent => Verdict::unknown(not_yet(&intent)),
                    other => other,
                });
            }
            if let Some(progress) = &work.caller.progress {
                progress(0, None, "waiting: the answer was lost, looking for what became of it");
            }
            sleep_until(next).await;
        }
    }

    /// One look. A look that fails tells nothing.
    pub(super) async fn look_once(&self, work: &Work, intent: &Intent, until: Instant) -> Verdict {
        let look = async {
            match intent.kind {
                Kind::Create => self.look_for_created(work, intent).await,
                Kind::Act => self.look_for_act(work, intent).await,
                Kind::Update => self.look_for_update(work, intent).await,
                Kind::Delete => self.look_for_delete(work, intent).await,
            }
        };
        match timeout_at(until, look).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(failure)) => Verdict::unknown(format!("looking it up failed: {}", failure.message)),
            Err(_) => Verdict::unknown("looking it up took too long"),
        }
    }

    async fn look_for_created(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        let Some(list) = list_beside(&intent.tool) else {
            return Ok(Verdict::unknown("no list shows such records"));
        };
        let (rows, complete) = self.every_row(work, list, by_party(list, intent)).await?;
        let ids: Vec<_> = rows.iter().filter_map(id_of).collect();
        let known = self.journal.known_records(&intent.scope, ids).await?;
        let since = intent.sent_at.and_then(|at| work.connection.clock.there(at));
        let mut seen = evidence::Seen::default();
        let mut reads = 0;
        for row in rows {
            let Some(id) = id_of(&row).filter(|id| !known.contains(id)) else { continue };
            // A copy is like its source, and is not it.
            if intent.before.is_some() && intent.before == Some(self.source_of(&id)?) {
                continue;
            }
            let age = evidence::age(&row, since);
            if age == Age::Older {
                continue;
            }
            let mut fit = self.fit(intent, &row)?;
            let mut record = row;
            if fit == Fit::TooLittle {
                reads += 1;
                if reads > MOST_READ {
                    seen.too_many = true;
                    break;
                }
                record = self.record(work, list.path, &id).await?.unwrap_or(Value::Null);
                fit = self.fit(intent, &record)?;
            }
            seen.add(age, fit, record);
        }
        let dated = intent.fields.iter().any(|field| evidence::is_date(&field.path));
        let first = match intent.fingerprint {
            Some(print) if dated => {
                !self.journal.took_effect_before(&intent.scope, print, intent.number).await?
            }
            _ => false,
        };
        Ok(seen.verdict(complete, first))
    }

    /// Compares a record with what was sent.
    fn fit(&self, intent: &Intent, record: &Value) -> Result<Fit, Failure> {
        let (mut same, mut other, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for field in &intent.fields {
            match at(record, &field.path).filter(|value| !value.is_null()) {
                Some(value) if self.hash_of(&field.path, value)? == field.hash => same.push(&*field.path),
                Some(_) => other.push(&*field.path),
                None => missing.push(&*field.path),
            }
        }
        Ok(Fit::of(&same, &other, &missing))
    }

    /// An import shows in the transactions of its bank account that are younger than it.
    async fn look_for_import(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        let Some(list) = catalogue::find("list_bank_transactions") else {
            return Ok(Verdict::unknown("no list shows it"));
        };
        let account = intent.record_id.clone().map(|id| ("bank_account_id".to_owned(), json!(id)));
        let (rows, complete) = self.every_row(work, list, account.into_iter().collect()).await?;
        let since = intent.sent_at.and_then(|at| work.connection.clock.there(at));
        let ages: Vec<_> = rows.iter().map(|row| evidence::age(row, since)).collect();
        let young = ages.iter().filter(|age| **age == Age::Younger).count();
        Ok(match (young, complete) {
            (1.., _) => Verdict::TookEffect(json!({ "imported_transactions": young })),
            (0, true) if ages.iter().all(|age| *age == Age::Older) => Verdict::Absent,
            (0, true) => Verdict::unknown("the transactions do not show when they were imported"),
            (0, false) => Verdict::unknown("the list of transactions could not be read whole"),
        })
    }

    async fn look_for_delete(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        let (Some(endpoint), Some(id)) = (endpoint_of(&intent.tool), &intent.record_id) else {
            return Ok(Verdict::Absent);
        };
        Ok(match self.record(work, endpoint.path, id).await? {
            Some(_) => Verdict::Absent,
            None => Verdict::TookEffect(Value::Null),
        })
    }

    /// The record as it is now; `None` where there is none of this id.
    pub(super) async fn record(&self, work: &Work, path: &str, id: &str) -> Result<Option<Value>, Failure> {
        let base = path.split("/{id}").next().unwrap_or(path);
        let path = format!("{base}/{}", catalogue::request::segment(id));
        match self.try_read(work, path, Vec::new()).await? {
            Ok(reply) => Ok(Some(api::pages::record(reply.body))),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All rows of a list, and whether that is really all.
    async fn every_row(
        &self,
        work: &Work,
        list: &Endpoint,
        filters: Map<String, Value>,
    ) -> Result<(Vec<Value>, bool), Failure> {
        let Answer::List(of) = list.answer else { return Ok((Vec::new(), false)) };
        let mut walk = Walk::through(list, filters, &work.profile.header().unwrap_or_default())?;
        self.walk(work, list, of, &mut walk).await?;
        let complete = walk.holds_all();
        let rows = walk.answer(list).shift_remove("items");
        Ok((rows.and_then(|rows| rows.as_array().cloned()).unwrap_or_default(), complete))
    }

    /// Looks after intents that nobody works on, so that none stays open for want of a repetition. What
    /// fails here hinders no write.
    pub(super) async fn look_after_abandoned(&self, work: &Work) -> Result<(), Failure> {
        let scope = scope(work);
        let until = Instant::now() + FOR_ABANDONED;
        for intent in self.journal.abandoned(&scope, MOST_ABANDONED).await? {
            if Instant::now() >= until {
                break;
            }
            let Some(ticket) = self.journal.take(intent.number).await? else { continue };
            let mut held = Held::new(&self.journal, ticket);
            let end = match self.look_once(work, &intent, until).await {
                Verdict::TookEffect(record) => took_effect_of(&intent, &record),
                Verdict::Absent => End::of(State::Absent),
                Verdict::Unknown { .. } => {
                    held.release().await?;
                    continue;
                }
            };
            held.settle(end).await;
        }
        Ok(())
    }
}

/// The end of a write of this call that took effect.
pub(super) fn took_effect(work: &Work, record: &Value) -> End {
    let state = match work.endpoint.effect {
        catalogue::Effect::Creates => State::Created,
        catalogue::Effect::Updates => State::Updated,
        catalogue::Effect::Deletes => State::Deleted,
        catalogue::Effect::Acts | catalogue::Effect::Reads => State::Done,
    };
    named(state, record)
}

fn took_effect_of(intent: &Intent, record: &Value) -> End {
    let state = match intent.kind {
        Kind::Create => State::Created,
        Kind::Act => State::Done,
        Kind::Update => State::Updated,
        Kind::Delete => State::Deleted,
    };
    named(state, record)
}

fn named(state: State, record: &Value) -> End {
    let number = record.get("number").and_then(Value::as_str).map(str::to_owned);
    let created = state == State::Created;
    End { state, record_id: id_of(record).filter(|_| created), record_number: number }
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

pub(super) fn id_of(record: &Value) -> Option<String> {
    match record.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Time until "not found" means "absent".
pub(super) fn left(intent: &Intent) -> Duration {
    let at = intent.settles_at.unwrap_or_else(Timestamp::now);
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

fn not_yet(intent: &Intent) -> String {
    format!("it is not there yet, and may still come within {} s", left(intent).as_secs() + 1)
}
