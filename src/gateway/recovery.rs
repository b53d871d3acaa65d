//! What became of a write whose answer was lost: the record is looked up, taken for ours only with
//! evidence that it is younger than the intent, and taken for absent only after a walk that ended complete
//! and a settling time in which a late commit would have shown.

mod abandoned;
mod acts;
mod changes;
mod clock;
mod created;
mod evidence;
mod settling;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::creating::endpoint_of;
use super::held::Held;
use super::repeating::is_gone;
use super::{Gateway, Work};
use crate::api;
use crate::catalogue::{self, Endpoint};
use crate::failure::Failure;
use crate::journal::{End, Intent, Kind, State};
pub(super) use clock::ServerClock;
use evidence::Age;
pub(super) use evidence::loose;
pub(super) use settling::{Settling, left, settling};

/// Between two looks, growing.
const PAUSES: [u64; 4] = [1, 2, 4, 6];
const LAST_PAUSE: u64 = 8;

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

impl Gateway {
    /// Looks until it is told or `until` comes; settles what is told, gives back what is not. "Not found"
    /// means nothing before `settles` nor before the time that the journal holds.
    pub(super) async fn look_up(
        &self,
        work: &Work,
        mut held: Held,
        settles: Option<Timestamp>,
        until: Instant,
    ) -> Result<(Verdict, Option<Intent>), Failure> {
        let number = held.number;
        let mut settling = Settling::from(settles);
        let verdict = self.looked_up(work, number, &mut settling, until).await?;
        match &verdict {
            Verdict::TookEffect(record) => drop(held.settle(took_effect(work, record)).await),
            Verdict::Absent => drop(held.settle(End::of(State::Absent)).await),
            // A journal that cannot be written now hides nothing of what was seen.
            Verdict::Unknown { .. } => {
                if let Err(error) = held.release().await {
                    tracing::warn!("the journal could not be written: {error}");
                }
            }
        }
        let found = self.journal.look(number).await?;
        Ok((verdict, found.map(|intent| settling.shown_in(intent))))
    }

    async fn looked_up(
        &self,
        work: &Work,
        number: i64,
        settling: &mut Settling,
        until: Instant,
    ) -> Result<Verdict, Failure> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let Some(intent) = self.journal.look(number).await? else {
                return Ok(Verdict::unknown("its intent is gone from the journal"));
            };
            settling.take_in(&intent);
            let settled = settling.left().is_zero();
            let verdict = self.look_once(work, &intent, until).await;
            // After the settling time another look tells no more than this one, and neither does one where nothing shows it.
            let blind = endpoint_of(&intent.tool).is_none();
            if settled || blind || matches!(verdict, Verdict::TookEffect(_)) {
                return Ok(verdict);
            }
            let pause = Duration::from_secs(pauses.next().unwrap_or(LAST_PAUSE));
            let next = Instant::now() + pause.min(settling.left() + Duration::from_millis(50));
            if next >= until {
                return Ok(match verdict {
                    Verdict::Absent => Verdict::unknown(settling.not_yet()),
                    other => other,
                });
            }
            if let Some(progress) = &work.caller.progress {
                progress(0.0, None, "waiting: the answer was lost, looking for what became of it");
            }
            sleep_until(next).await;
        }
    }

    /// One look. A look that fails tells nothing.
    pub(super) async fn look_once(&self, work: &Work, intent: &Intent, until: Instant) -> Verdict {
        let look = async {
            if endpoint_of(&intent.tool).is_none() {
                // An operation of a description, in use or not: nobody knows what would show it.
                return Ok(Verdict::unknown("nothing here shows its effect"));
            }
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

    /// An import shows in the transactions of its bank account that are younger than it.
    async fn look_for_import(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        let Some(list) = catalogue::find("list_bank_transactions") else {
            return Ok(Verdict::unknown("no list shows it"));
        };
        let account = intent.record_id.clone().map(|id| ("bank_account_id".to_owned(), json!(id)));
        let (rows, complete) = self.every_row(work, list, account.into_iter().collect()).await?;
        let since = intent.sent_at.and_then(|at| work.connection.clock.there(at));
        let sent = evidence::Sent { since, day: None, dated: true };
        let ages: Vec<_> = rows.iter().map(|row| evidence::age(row, &sent)).collect();
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
        list: &'static Endpoint,
        filters: Map<String, Value>,
    ) -> Result<(Vec<Value>, bool), Failure> {
        let (records, walk) = self.records(work, list, filters).await?;
        match walk.failure() {
            Some(failure) => Err(failure.clone()),
            None => Ok((records, walk.holds_all())),
        }
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

pub(super) fn id_of(record: &Value) -> Option<String> {
    match record.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
