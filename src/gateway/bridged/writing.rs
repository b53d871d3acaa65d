//! A write at a remote server, once: claim → limiter → sending → send → settle. What was made before is answered with what
//! is known of it, and what may have been made is never sent again.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant, sleep};

use super::super::fingerprint::normal;
use super::super::held::Held;
use super::super::rate_limit::{Permit, Wanted};
use super::super::receipt::Tells;
use super::super::recovery::Verdict;
use super::super::{Done, Receipt};
use super::records::{currency_in, id_in, net_total, number_in, party_id_in, party_in};
use super::sending::{Running, Written};
use super::work::Work;
use super::{Bridged, answers, asking};
use crate::api::ApiError;
use crate::bridge::Request;
use crate::catalogue::Effect;
use crate::failure::Failure;
use crate::https::Safety;
use crate::journal::{Claim, End, Guard, Intent, JournalError, Kind, Likeness, NewIntent, State, Twin};

/// Between two looks at a call that is under way.
const PAUSE: Duration = Duration::from_millis(150);
/// A server that asks a person holds its request open for longer than one call.
const WITH_QUESTIONS: Duration = Duration::from_secs(150);

/// What a claim came to.
pub(super) enum Claimed {
    Ours(Held),
    /// It was done before.
    Before(Done),
}

impl Bridged {
    /// Enters a write into the journal, or answers with what was written before.
    pub(super) async fn claim(&self, work: &Work) -> Result<Claimed, Failure> {
        // Without a key nothing is claimed.
        self.setup.remote.keys.key().await?;
        let intent = self.intent(work)?;
        loop {
            match self.setup.journal.claim(intent.clone()).await? {
                Claim::Granted(ticket) => return Ok(Claimed::Ours(Held::new(&self.setup.journal, ticket))),
                Claim::Busy(earlier, likeness) => self.wait_for(work, &earlier, likeness).await?,
                Claim::Known(earlier, likeness) => {
                    let done = answers::not_again(self, work, &earlier, likeness);
                    return Ok(Claimed::Before(self.with_receipt(done, tells(&earlier, likeness, &intent))));
                }
                Claim::Open(ticket, earlier, likeness) => {
                    let held = Held::new(&self.setup.journal, ticket);
                    if let Some(failure) = self.look_again(work, held, &earlier, likeness).await? {
                        if let (Likeness::Twin, Some(guard)) = (likeness, &intent.guard) {
                            self.setup.journal.told(earlier.number, guard.fingerprint);
                        }
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// What was done before, or may have been, is said before a person is asked: nobody is asked in vain.
    pub(super) async fn stands_in_the_way(&self, work: &Work) -> Result<Option<Done>, Failure> {
        let guarded = matches!(work.kind(), Kind::Create | Kind::Act);
        if !guarded || !self.asks_first(work) || self.setup.journal.is_free(self.intent(work)?).await? {
            return Ok(None);
        }
        match self.claim(work).await? {
            Claimed::Before(done) => Ok(Some(done)),
            // It is out of the way by now. What is claimed is claimed again after the yes.
            Claimed::Ours(mut held) => {
                held.settle(End::of(State::NotSent)).await;
                Ok(None)
            }
        }
    }

    /// An earlier one of the same, whose fate is not known: looked up where that can be, and the refusal where it is
    /// still not known. `None` means that it is settled by now: claim again.
    async fn look_again(
        &self,
        work: &Work,
        held: Held,
        earlier: &Intent,
        likeness: Likeness,
    ) -> Result<Option<Failure>, Failure> {
        let Some(list) = self.list_for(&earlier.tool) else {
            held.release().await?;
            return Ok(Some(answers::still_unknown(self, work, earlier, likeness)));
        };
        match self.look_up(work, &list, held, work.ends).await? {
            Verdict::TookEffect(_) | Verdict::Absent => Ok(None),
            Verdict::Unknown { why, .. } => {
                Ok(Some(answers::still_unknown(self, work, earlier, likeness).because(why)))
            }
        }
    }

    /// Waits until the same call, which is under way, is settled.
    async fn wait_for(&self, work: &Work, earlier: &Intent, likeness: Likeness) -> Result<(), Failure> {
        loop {
            if work.caller.cancelled.is_cancelled() {
                return Err(cancelled(work));
            }
            if Instant::now() >= work.ends {
                return Err(answers::under_way(work, earlier, likeness));
            }
            work.tell("waiting: the same call is under way");
            sleep(PAUSE).await;
            let now = self.setup.journal.look(earlier.number).await?;
            if now.is_none_or(|now| !now.state.is_open() || now.state == State::Unknown) {
                return Ok(());
            }
        }
    }

    /// The last steps before a write leaves: a permit, and the durable mark that it may have left.
    pub(super) async fn leave(&self, work: &Work, mut held: Held) -> Result<Held, Failure> {
        let ready = async {
            let mut permit = self.admit(work, Safety::Write).await?;
            if work.caller.cancelled.is_cancelled() {
                return Err(cancelled(work));
            }
            if let Some(ticket) = held.ticket() {
                self.setup.journal.sending(ticket).await?;
            }
            // A disk that was slow, or a process that was stopped: the permit counted for an earlier moment.
            while permit.is_stale() {
                permit = self.admit(work, Safety::Write).await?;
            }
            Ok(())
        };
        match ready.await {
            Ok(()) => Ok(held),
            Err(failure) => {
                held.settle(End::of(State::NotSent)).await;
                Err(failure)
            }
        }
    }

    /// The permit of one request.
    pub(super) async fn admit(&self, work: &Work, safety: Safety) -> Result<Permit, Failure> {
        let (class, counts) = match safety {
            // One limit for all requests of a user.
            _ if self.setup.service == "billstride" => (Safety::Read, "requests"),
            Safety::Read => (Safety::Read, "reads"),
            Safety::Write => (Safety::Write, "writes"),
        };
        let keys = self.setup.remote.keys.as_ref();
        let wanted =
            Wanted { tool: &work.tool, keys, class, counts, waits: &work.waits, caller: &work.caller };
        self.rate_limits.permit(&wanted).await
    }

    /// Sends a call again with the answers to what its server asked: a write under the entry that it has.
    pub(super) async fn send_again(
        &self,
        work: &Work,
        held: Option<Held>,
        more: Map<String, Value>,
    ) -> Result<Running, Failure> {
        let safety = if work.writes() { Safety::Write } else { Safety::Read };
        match self.admit(work, safety).await {
            Ok(_) => Ok(self.send(work, held, more)),
            Err(failure) => {
                asking::refuse(held).await;
                Err(failure)
            }
        }
    }

    /// Sends the request of a call, with `more` params beside its own.
    pub(super) fn send(&self, work: &Work, held: Option<Held>, more: Map<String, Value>) -> Running {
        let mut params = work.params();
        params.extend(more);
        let request = Request {
            method: work.beside.unwrap_or("tools/call").to_owned(),
            params,
            safety: if work.writes() { Safety::Write } else { Safety::Read },
            until: if work.caller.elicitation.is_some() { work.ends + WITH_QUESTIONS } else { work.ends },
        };
        let written =
            held.map(|held| Written { held, kind: work.kind(), journal: Arc::clone(&self.setup.journal) });
        Running::start(&self.upstream, request, &work.caller, written, &self.under_way)
    }

    pub(super) fn with_receipt(&self, done: Done, tells: Tells) -> Done {
        Done { receipt: Some(self.receipt(tells)), ..done }
    }

    pub(super) fn receipt(&self, tells: Tells) -> Receipt {
        Receipt::new(Arc::clone(&self.setup.journal), tells)
    }

    fn intent(&self, work: &Work) -> Result<NewIntent, Failure> {
        let kind = work.kind();
        let guarded = matches!(kind, Kind::Create | Kind::Act);
        let creates = kind == Kind::Create;
        Ok(NewIntent {
            scope: self.scope.clone(),
            tool: work.remote_name().to_owned(),
            kind,
            client: work.caller.name.clone(),
            confirmed: work.confirmed,
            guard: if guarded { Some(self.guard(work)?) } else { None },
            record_id: id_in(&work.given).filter(|_| !creates),
            record_number: number_in(&work.given),
            party: party_id_in(&work.given).filter(|_| creates),
            fields: Vec::new(),
            before: None,
        })
    }

    fn guard(&self, work: &Work) -> Result<Guard, Failure> {
        let digest = |parts: &[&str]| self.setup.journal.digest(parts);
        let mut given = work.given.clone();
        if let Some(digest) = &work.file {
            // The document itself, whatever its file is called.
            given.retain(|name, _| name != "filename" && name != "contentType");
            given.insert("file".into(), json!(digest));
        }
        let content = normal(&Value::Object(given));
        let scope = &self.scope;
        let fingerprint =
            digest(&["remote fingerprint", &scope.origin, &scope.profile, work.remote_name(), &content])?;
        Ok(Guard {
            fingerprint,
            twin: self.twin(work)?,
            window: self.setup.duplicate_window,
            allow_duplicate: work.allow_duplicate,
            past: Vec::new(),
            source: None,
        })
    }

    /// The same thing in other words: whom a document is for and its net total; of an act its record.
    fn twin(&self, work: &Work) -> Result<Option<Twin>, JournalError> {
        let digest = |parts: &[&str]| self.setup.journal.digest(parts);
        let about = |what: &str| digest(&["remote twin", family(work.remote_name()), what]);
        if work.offered.effect == Effect::Acts {
            let about = id_in(&work.given).map(|id| about(&id)).transpose()?;
            return Ok(about.map(|about| Twin { about, amount: None, currency: None }));
        }
        let (Some(party), Some(net)) = (party_in(&work.given), net_total(&work.given)) else {
            return Ok(None);
        };
        let currency = currency_in(&work.given).map(|code| digest(&["currency", &code])).transpose()?;
        let amount = Some(digest(&["amount", &net.normalize().to_string()])?);
        Ok(Some(Twin { about: about(&party)?, amount, currency }))
    }
}

/// All tools that make invoices are one family: the same invoice in another form is still the same.
fn family(tool: &str) -> &str {
    if tool.starts_with("create_invoice") { "create_invoice" } else { tool }
}

/// Whom an answer with an earlier intent's record tells of it.
fn tells(earlier: &Intent, likeness: Likeness, ours: &NewIntent) -> Tells {
    match (likeness, &ours.guard) {
        (Likeness::Twin, Some(guard)) => Tells::Another(earlier.number, guard.fingerprint),
        _ => Tells::Own(earlier.number),
    }
}

pub(super) fn cancelled(work: &Work) -> Failure {
    ApiError::Cancelled { tool: work.tool.clone() }.into()
}
