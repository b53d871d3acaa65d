//! Updates and deletes are repeatable: after a lost answer the record is read, and the write is sent once
//! more only where it shows that nothing has happened yet.

use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::difference::{self, Difference};
use super::updating::{changed_meanwhile, is_ours, says_changed, took_effect};
use super::{Gateway, Work, answer};
use crate::api::{self, ApiError, ErrorBody};
use crate::catalogue::{Effect, request::Wire};
use crate::failure::{Failure, Sent};

/// A call is over after so long, whatever is still unknown then.
const TOTAL: Duration = Duration::from_secs(44);
/// Less than this is not enough for another attempt and a look at what became of it.
const NEEDED: Duration = Duration::from_secs(6);

/// What the record shows of a write.
enum Found {
    /// It has taken effect. The answer to the read; empty where the record is gone.
    TookEffect(api::Reply),
    /// The record is as it was when it was read first, but for some of our own changes.
    AsBefore,
    /// The record shows something else.
    Otherwise(Vec<Difference>),
    /// It could not be read; why.
    Unread(String),
}

impl Gateway {
    /// Sends an update or a delete and finds out what became of it. `Ok` is an answer of the API, or what the
    /// record shows after a lost one (`work.seen.recovered`). A failure says in [`Failure::sent`] whether the
    /// write may have taken effect.
    pub(super) async fn send_repeatable(&self, work: &mut Work, wire: Wire) -> Result<api::Reply, Failure> {
        let mut request = answer::request(work, wire);
        let mut looked = false;
        loop {
            let error = match self.transmit(work, &request).await {
                Ok(reply) => return Ok(reply),
                Err(error @ ApiError::Lost { .. }) => return self.repeat(work, &request, error).await,
                Err(error) => error,
            };
            if let Some(wait) = wait_of(&error).filter(|wait| work.waits.spend(*wait)) {
                wait_out(work, wait, error).await?;
            } else if says_changed(&error) && !looked {
                looked = true;
                self.explain_refusal(work, error).await?;
            } else {
                return Err(error.into());
            }
            let _permit = self.admit(work, api::Safety::Write).await?;
            self.protect(work).await?;
            request = answer::request(work, self.build(work)?);
        }
    }

    /// After a lost answer to `request`, an update or a delete. `Ok` as in [`Self::send_repeatable`].
    pub(super) async fn repeat(
        &self,
        work: &mut Work,
        request: &api::Request,
        error: ApiError,
    ) -> Result<api::Reply, Failure> {
        // What is sent is found out, whether anybody still waits for the answer or not.
        let cancelled = std::mem::replace(&mut work.caller.cancelled, CancellationToken::new());
        let again = api::Request { patience: None, ..request.clone() };
        let mut last = error;
        for attempt in 1..=2 {
            match self.look(work, request).await {
                Found::TookEffect(reply) => return Ok(recovered(work, reply)),
                Found::AsBefore => {}
                Found::Otherwise(differences) => return Err(something_else(work, &differences, last)),
                Found::Unread(why) => return Err(unknown(last, format!("looking it up failed: {why}"))),
            }
            let pause = last.refusal().and_then(|refusal| refusal.retry_after).unwrap_or_default();
            let left = TOTAL.saturating_sub(work.seen.started.elapsed());
            if attempt == 2 || cancelled.is_cancelled() || left < pause + NEEDED || !work.waits.spend(pause) {
                break;
            }
            tokio::time::sleep(pause).await;
            let again = api::Request { if_match: work.seen.if_match(work.endpoint), ..again.clone() };
            if let Err(failure) = self.admit(work, api::Safety::Write).await {
                return Err(unknown(last, format!("it was not sent once more: {}", failure.message)));
            }
            let sending = self.transmit(work, &again);
            match api::within(work.seen.started, TOTAL, sending).await {
                Some(Ok(reply)) => {
                    let note =
                        "the first answer was lost; the record was unchanged, so it was sent once more";
                    work.notes.push(note.to_owned());
                    return Ok(reply);
                }
                Some(Err(error)) => last = error,
                None => return Err(unknown(last, "sent once more, it was not answered in time".to_owned())),
            }
        }
        match last {
            again @ ApiError::Lost { .. } => {
                Err(unknown(again, "the record shows no sign of it so far".to_owned()))
            }
            refused => {
                Err(Failure::from(refused).because("it was sent once more, since the first answer was lost"))
            }
        }
    }

    /// Reads the record again after `request`.
    async fn look(&self, work: &mut Work, request: &api::Request) -> Found {
        let read = api::Request {
            method: api::Method::GET,
            query: Vec::new(),
            body: api::Body::None,
            if_match: None,
            patience: None,
            safety: api::Safety::Read,
            ..request.clone()
        };
        if let Err(failure) = self.admit(work, api::Safety::Read).await {
            return Found::Unread(failure.message);
        }
        let reading = self.transmit(work, &read);
        let reply = match api::within(work.seen.started, TOTAL, reading).await {
            Some(Ok(reply)) => reply,
            Some(Err(error)) if is_gone(&error) && work.endpoint.effect == Effect::Deletes => {
                return Found::TookEffect(api::Reply::default());
            }
            Some(Err(error)) => return Found::Unread(error.to_string()),
            None => return Found::Unread("there was no time left".to_owned()),
        };
        let now = api::pages::record(reply.body.clone());
        if work.endpoint.effect == Effect::Updates && took_effect(work, &now) {
            return Found::TookEffect(reply);
        }
        work.seen.read(reply.etag);
        let before = work.current.as_ref().unwrap_or(&Value::Null);
        let differences = difference::differences(work.endpoint, before, &now);
        let half_done = !differences.is_empty() && differences.iter().all(|change| is_ours(work, change));
        if half_done || (differences.is_empty() && !difference::moved_on(before, &now)) {
            return Found::AsBefore;
        }
        Found::Otherwise(differences)
    }

    /// The API said that the record is not what we read: what changed is the failure. Where nothing did, it
    /// only does not honour its own tag, and the write may be sent without.
    async fn explain_refusal(&self, work: &mut Work, error: ApiError) -> Result<(), Failure> {
        let tagged = work.seen.if_match(work.endpoint).is_some();
        let refused = Failure::from(error);
        let before = work.current.take().unwrap_or_default();
        let read = self.current(work).await;
        let now = match read {
            Ok(now) => work.current.insert(now.unwrap_or_default()),
            Err(unread) => {
                return Err(
                    refused.because(format!("the record could not be read again: {}", unread.message))
                );
            }
        };
        let differences = difference::differences(work.endpoint, &before, now);
        if !differences.is_empty() || difference::moved_on(&before, now) {
            return Err(changed_meanwhile(work, &differences, Sent::Refused).because(refused.message));
        }
        if !tagged {
            return Err(refused);
        }
        work.seen.distrust_etag();
        Ok(())
    }
}

/// The answer was lost, and the record shows that the write took effect.
fn recovered(work: &mut Work, reply: api::Reply) -> api::Reply {
    work.seen.recovered = true;
    let shows = match work.endpoint.effect {
        Effect::Deletes => "the record is gone",
        _ => "the record shows the change",
    };
    work.notes.push(format!("no clear answer came back, but {shows}"));
    // The id of the read is not that of the write.
    api::Reply { request_id: None, ..reply }
}

/// Nobody knows yet what became of it.
fn unknown(lost: ApiError, why: String) -> Failure {
    Failure { sent: Sent::Unknown, ..Failure::from(lost) }.because(why)
}

/// The record is neither as it was nor as it should be: by somebody else's hand, or since the API stores
/// things in its own way.
fn something_else(work: &Work, differences: &[Difference], lost: ApiError) -> Failure {
    let shown = changed_meanwhile(work, differences, Sent::Unknown);
    let mut failure = unknown(lost, "looked up, the record shows something else than was sent".to_owned());
    failure.causes.extend(shown.causes);
    failure.facts.extend(shown.facts);
    failure
        .hint("look at the record with the person, and call again if the change is missing and still wanted")
}

/// How long the API wants to be left alone, where it says so.
fn wait_of(error: &ApiError) -> Option<Duration> {
    match error {
        ApiError::Busy { refusal, .. } => refusal.retry_after.filter(|wait| !wait.is_zero()),
        _ => None,
    }
}

/// Waits as the API wants it; cancelled, nothing was sent.
async fn wait_out(work: &Work, wait: Duration, error: ApiError) -> Result<(), Failure> {
    if let Some(progress) = &work.caller.progress {
        progress(0.0, None, &format!("waiting {} s: {error}", wait.as_secs().max(1)));
    }
    let waiting = work.caller.cancelled.run_until_cancelled(tokio::time::sleep(wait)).await;
    let tool = work.endpoint.tool.to_owned();
    waiting.ok_or_else(|| ApiError::Cancelled { tool }.into())
}

/// True where an answer to a read proves that the record is no more: no router or proxy wrote it.
pub(super) fn is_gone(error: &ApiError) -> bool {
    let Some(refusal) = error.refusal() else { return false };
    match refusal.status {
        404 => refusal.body != ErrorBody::Empty && !refusal.path_unknown(),
        410 => true,
        _ => false,
    }
}
