//! A write, once: claim → limiter → sending → send → settle. What was lost is looked up, what was made
//! before is answered with what is there, and every way out settles the intent or gives it back.

pub(super) mod answers;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::fingerprint::at;
use super::held::Held;
use super::receipt::Tells;
use super::recovery::{self, Verdict};
use super::{Done, Gateway, Receipt, Work, answer, updating};
use crate::api::{self, ApiError};
use crate::catalogue::{Effect, request::Wire};
use crate::failure::{Failure, Sent};
use crate::journal::{Claim, End, Intent, Kind, Likeness, NewIntent, State};

/// Until when a call waits for the same call that is under way, and looks up what was lost.
const CALL: Duration = Duration::from_secs(45);
/// Left for the answer to be written while its caller still waits.
const FOR_THE_ANSWER: Duration = Duration::from_secs(2);
/// Spent on looking up after an answer was lost.
const LOOKING_UP: Duration = Duration::from_secs(20);
/// Between two looks at a call that is under way.
const PAUSE: Duration = Duration::from_millis(150);
const NOT_KEPT: &str = "this could not be written down: look at the list before the same is created again";
/// States in which a record does not count any more.
const UNDONE: &[&str] = &["cancelled", "canceled", "void", "voided", "deleted", "reversed"];

/// A claimed write on its way.
struct Writing {
    held: Held,
    /// The call has its answer by then.
    ends: Instant,
}

impl Writing {
    /// Until when a lost answer is looked up.
    fn looks_until(&self) -> Instant {
        (Instant::now() + LOOKING_UP).min(self.ends)
    }
}

impl Gateway {
    /// Sends a write, or answers with what was written before.
    pub(super) async fn write(&self, mut work: Work, wire: Wire) -> Result<Done, Failure> {
        let latest = Instant::now() + CALL;
        let ends = work
            .caller
            .until
            .map_or(latest, |until| until.checked_sub(FOR_THE_ANSWER).unwrap_or(until).min(latest));
        // Without a key nothing is claimed.
        self.keys.key().await?;
        let mut intent = self.intent(&work, &wire)?;
        self.look_after_abandoned(&mut work).await;
        let ticket = loop {
            match self.journal.claim(intent.clone()).await? {
                Claim::Granted(ticket) => break ticket,
                Claim::Busy(earlier, likeness) => self.wait_for(&work, &earlier, likeness, ends).await?,
                Claim::Open(ticket, earlier, likeness) => {
                    let until = (Instant::now() + LOOKING_UP).min(ends);
                    match self.look_up(&work, Held::new(&self.journal, ticket), None, until).await? {
                        (Verdict::TookEffect(record), Some(found)) if !work.copies(&found) => {
                            let done = self.not_again(&work, &found, likeness, &record);
                            return Ok(self.with_receipt(done, tells(&found, likeness, &intent)));
                        }
                        (Verdict::Unknown { why, candidates }, _) => {
                            if let (Likeness::Twin, Some(guard)) = (likeness, &intent.guard) {
                                self.journal.told(earlier.number, guard.fingerprint);
                            }
                            return Err(answers::still_unknown(&work, &earlier, likeness, &why, &candidates));
                        }
                        (Verdict::Absent | Verdict::TookEffect(_), _) => {}
                    }
                }
                Claim::Known(earlier, likeness) => match self.still_there(&work, &wire, &earlier).await? {
                    Some(record) => {
                        let done = self.not_again(&work, &earlier, likeness, &record);
                        return Ok(self.with_receipt(done, tells(&earlier, likeness, &intent)));
                    }
                    None => past(&mut intent, earlier.number),
                },
            }
        };
        let mut writing = Writing { held: Held::new(&self.journal, ticket), ends };
        if let Some(refusal) = work.refusal() {
            writing.held.settle(End::of(State::NotSent)).await;
            return Err(refusal);
        }
        self.send_claimed(&mut work, wire, writing).await
    }

    /// Waits until the same call, which is under way, is settled.
    async fn wait_for(
        &self,
        work: &Work,
        earlier: &Intent,
        likeness: Likeness,
        until: Instant,
    ) -> Result<(), Failure> {
        loop {
            if work.caller.cancelled.is_cancelled() {
                return Err(ApiError::Cancelled { tool: work.tool().to_owned() }.into());
            }
            if Instant::now() >= until {
                return Err(answers::under_way(work.tool(), earlier, likeness));
            }
            if let Some(progress) = &work.caller.progress {
                progress(0.0, None, "waiting: the same call is under way");
            }
            sleep(PAUSE).await;
            let now = self.journal.look(earlier.number).await?;
            if now.is_none_or(|now| !now.state.is_open() || now.state == State::Unknown) {
                return Ok(());
            }
        }
    }

    /// The record of an earlier intent, read again; `None` where its effect is there no more.
    async fn still_there(
        &self,
        work: &Work,
        wire: &Wire,
        earlier: &Intent,
    ) -> Result<Option<Value>, Failure> {
        let read_again =
            |failure| super::resolve::not_sent(work.tool(), "reading the earlier record", failure);
        match earlier.kind {
            // Nobody knows what would show that it was undone: it counts.
            _ if work.endpoint.is_extra() => Ok(Some(work.current.clone().unwrap_or_default())),
            Kind::Create => {
                // Where the API gave no id, nothing can be read again: it counts as there.
                let Some(id) = &earlier.record_id else { return Ok(Some(Value::Null)) };
                match self.record(work, &wire.path, id).await.map_err(read_again)? {
                    Some(record) => Ok(Some(record).filter(|record| !is_undone(record))),
                    None if self.is_gone(work, earlier).await.map_err(read_again)? => Ok(None),
                    // Not found by itself, and not proved to be gone either.
                    None => Ok(Some(Value::Null)),
                }
            }
            // A statement is known by its content; the API shows no record of an import.
            _ if wire.file.is_some() => Ok(Some(Value::Null)),
            _ => match &work.current {
                Some(record) if self.shows_nothing_of(earlier, record)? => Ok(None),
                record => Ok(record.clone()),
            },
        }
    }

    /// Limiter, `sending`, send, settle.
    async fn send_claimed(&self, work: &mut Work, wire: Wire, mut writing: Writing) -> Result<Done, Failure> {
        let wire = match self.leave(work, &writing.held).await {
            Ok(()) if work.endpoint.effect == Effect::Updates => self.build(work),
            left => left.map(|()| wire),
        };
        let wire = match wire {
            Ok(wire) => wire,
            Err(failure) => {
                writing.held.settle(End::of(State::NotSent)).await;
                return Err(failure);
            }
        };
        let body = wire.body.clone();
        if matches!(work.endpoint.effect, Effect::Updates | Effect::Deletes) {
            return match Box::pin(self.send_repeatable(work, wire)).await {
                Ok(reply) => Ok(self.succeeded(work, writing, body, reply).await),
                Err(failure) => Err(self.failed(work, writing, failure).await),
            };
        }
        let mut request = answer::request(work, wire);
        // Sent always, relied on never: no page says that the API knows it.
        request.idempotency_key = Some(writing.held.key.clone());
        let sent = self.transmit(work, &request).await;
        // What became of it is found out, whoever still wants the answer.
        work.caller.cancelled = CancellationToken::new();
        match sent {
            Ok(reply) => Ok(self.succeeded(work, writing, body, reply).await),
            Err(lost @ ApiError::Lost { .. }) => self.lost(work, body, lost, writing).await,
            Err(error) => Err(self.failed(work, writing, error.into()).await),
        }
    }

    /// Settles what did not take effect. What may have stays open, and is given back.
    async fn failed(&self, work: &Work, mut writing: Writing, failure: Failure) -> Failure {
        let state = match failure.sent {
            Sent::Nothing => Some(State::NotSent),
            Sent::Refused | Sent::WithoutEffect | Sent::Read => Some(State::Refused),
            Sent::Unknown => None,
        };
        if let Some(state) = state {
            writing.held.settle(End::of(state)).await;
        }
        self.notice_read_only_key(work, &failure).await;
        failure
    }

    /// The last steps before anything leaves: a permit, a last look at a record that was read some time ago,
    /// and the durable mark that it may have left.
    async fn leave(&self, work: &mut Work, held: &Held) -> Result<(), Failure> {
        if work.caller.cancelled.is_cancelled() {
            return Err(ApiError::Cancelled { tool: work.tool().to_owned() }.into());
        }
        let mut permit = self.admit(work, api::Safety::Write).await?;
        Box::pin(self.protect(work)).await?;
        if let Some(ticket) = held.ticket() {
            self.journal.sending(ticket).await?;
        }
        // A disk that was slow, or a process that was stopped: the permit counted for an earlier moment.
        while permit.is_stale() {
            permit = self.admit(work, api::Safety::Write).await?;
            Box::pin(self.protect(work)).await?;
        }
        Ok(())
    }

    async fn succeeded(
        &self,
        work: &mut Work,
        mut writing: Writing,
        sent: Option<Value>,
        reply: api::Reply,
    ) -> Done {
        let mut record = api::pages::record(reply.body.clone());
        if work.endpoint.effect == Effect::Creates && recovery::id_of(&record).is_none() {
            record = self.find_created(work, &writing).await;
        }
        let kept = writing.held.settle(recovery::took_effect(work, &record)).await;
        // What fails there is told among the facts: it was carried out.
        let facts = self.described_facts(work, reply).unwrap_or_else(|_| answer::took_effect(work));
        let mut facts = updating::told(work, sent.as_ref(), facts);
        if !kept {
            facts.insert("journal".into(), json!(NOT_KEPT));
        }
        self.with_receipt(self.done(work, facts), Tells::Own(writing.held.number))
    }

    /// Created, but the answer names no id: the list does.
    async fn find_created(&self, work: &Work, writing: &Writing) -> Value {
        let Ok(Some(intent)) = self.journal.look(writing.held.number).await else { return Value::Null };
        match self.look_once(work, &intent, writing.looks_until()).await {
            Verdict::TookEffect(record) => record,
            Verdict::Absent | Verdict::Unknown { .. } => Value::Null,
        }
    }

    /// No clear answer came: what became of it is found out as far as that can be.
    async fn lost(
        &self,
        work: &mut Work,
        sent: Option<Value>,
        lost: ApiError,
        writing: Writing,
    ) -> Result<Done, Failure> {
        let number = writing.held.number;
        let settling = recovery::settling(&lost);
        // Also where the journal cannot be written.
        let settles = Timestamp::now().checked_add(settling).ok();
        if let Some(ticket) = writing.held.ticket() {
            let kept = self.journal.lost(ticket, settling).await;
            kept.unwrap_or_else(|error| tracing::warn!("the journal could not be written: {error}"));
        }
        let until = writing.looks_until();
        let looked_up = self.look_up(work, writing.held, settles, until).await;
        // A journal that cannot be written now does not make the request unsent.
        match looked_up.unwrap_or_else(|failure| (Verdict::unknown(failure.message), None)) {
            (Verdict::TookEffect(record), _) => {
                updating::note_totals(work, sent.as_ref(), &record);
                Ok(self.with_receipt(self.found(work, record), Tells::Own(number)))
            }
            (Verdict::Absent, _) => Err(answers::absent(work, lost)),
            (Verdict::Unknown { why, candidates }, intent) => {
                Err(answers::unknown(lost, intent.as_ref(), &why, &candidates))
            }
        }
    }

    fn with_receipt(&self, done: Done, tells: Tells) -> Done {
        Done { receipt: Some(Receipt::new(Arc::clone(&self.journal), tells)), ..done }
    }
}

/// Whom an answer with an earlier intent's record tells of it.
fn tells(earlier: &Intent, likeness: Likeness, ours: &NewIntent) -> Tells {
    match (likeness, &ours.guard) {
        (Likeness::Twin, Some(guard)) => Tells::Another(earlier.number, guard.fingerprint),
        _ => Tells::Own(earlier.number),
    }
}

/// From now on an earlier intent does not count: its record is gone.
fn past(intent: &mut NewIntent, number: i64) {
    if let Some(guard) = &mut intent.guard {
        guard.past.push(number);
    }
}

fn is_undone(record: &Value) -> bool {
    let status = at(record, "status").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    UNDONE.contains(&status.as_str())
        || ["deleted_at", "cancelled_at", "voided_at"]
            .iter()
            .any(|name| record.get(*name).is_some_and(|at| !at.is_null()))
}
