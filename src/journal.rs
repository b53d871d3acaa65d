//! What was written and what became of it: one SQLite file for all processes of this user, which makes
//! a create or an act happen once. It holds ids, times and keyed hashes, no texts and no amounts.

mod claim;
mod client;
mod database;
mod entry;
mod error;
mod health;
mod intent;
mod key;
mod owner;
mod queue;
mod reading;
mod row;
mod running;
mod since;
#[cfg(test)]
mod tests;
mod version;
mod worker;
mod writing;

use std::collections::HashSet;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

pub use client::title as client_title;
pub use error::JournalError;
pub use health::Health;
pub use intent::{Confirmed, Digest, End, Field, Guard, Intent, Kind, NewIntent, Scope, State, Twin};
use queue::Queue;
use row::{millis, now};
pub use running::{Presence, Running};
pub use since::since;
use writing::Step;

/// How long an ending process waits for what was handed over.
const FLUSH: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What is open for so long may never be known.
const LONG_OPEN: Duration = DAY;

/// The journal of this user. Making one touches nothing: folder, file and thread come with the first use.
pub struct Journal {
    queue: Queue,
}

/// The right to carry an intent on: one owner at a time, and none after its process is gone.
#[derive(Debug)]
pub struct Ticket {
    pub number: i64,
    /// Sent as `Idempotency-Key`.
    pub key: String,
}

/// In which way an earlier intent is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The same tool with the same arguments.
    Same,
    /// The same in other words, while or shortly after the other's fate was in doubt.
    Twin,
}

/// What a claim comes to.
#[derive(Debug)]
pub enum Claim {
    /// Go on: limiter, `sending`, send, `settle`.
    Granted(Ticket),
    /// A living call works on the same: wait a little and claim again.
    Busy(Box<Intent>, Likeness),
    /// The same was sent, its fate is unknown, and nobody works on it. It is ours now, to be looked up and
    /// settled or released; then claim again.
    Open(Ticket, Box<Intent>, Likeness),
    /// The same took effect: answer with its record, or, where that is gone, claim again with its number
    /// in [`Guard::past`].
    Known(Box<Intent>, Likeness),
}

/// Which intents are wanted; open ones come first, then the newest.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Open intents are given whatever their age.
    pub since: Option<Timestamp>,
    /// Only of this origin (and account).
    pub origin: Option<String>,
    pub account: Option<String>,
    /// Only of this profile.
    pub profile: Option<String>,
    pub limit: Option<usize>,
}

impl Journal {
    /// `keep` is how long settled rows are kept.
    pub fn new(state_folder: &Path, keep: Duration) -> Self {
        Self { queue: Queue::new(state_folder, keep) }
    }

    /// The keyed hash of `parts` under the random key of this machine's user. The first one opens the file,
    /// and waits for that.
    pub fn digest(&self, parts: &[&str]) -> Result<Digest, JournalError> {
        let known = self.queue.key.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let key = match known {
            Some(key) => key,
            None => self.queue.ask_blocking(worker::Worker::key)?,
        };
        Ok(key.digest(parts))
    }

    /// Compares with what is open or recent, and claims in the same transaction. Dropped before it is
    /// through, it leaves no claim behind.
    pub async fn claim(&self, intent: NewIntent) -> Result<Claim, JournalError> {
        let undo = |claim: &Claim| match claim {
            Claim::Granted(ticket) | Claim::Open(ticket, ..) => Some(Step::LetGo(ticket.number)),
            Claim::Busy(..) | Claim::Known(..) => None,
        };
        self.queue.ask_or_undo(move |worker| worker.claim(&intent), undo).await
    }

    /// Whether [`claim`](Self::claim) would grant this now. Changes nothing, and promises nothing.
    pub async fn is_free(&self, intent: NewIntent) -> Result<bool, JournalError> {
        self.queue.ask(move |worker| worker.is_free(&intent)).await
    }

    /// Durable before it returns: from here on it may have left. After an error, or dropped before it is
    /// through, the intent is settled as not sent.
    pub async fn sending(&self, ticket: &Ticket) -> Result<(), JournalError> {
        let ticket = Ticket { number: ticket.number, key: ticket.key.clone() };
        let undo = |ticket: &Ticket| Some(Step::Unsent(ticket.key.clone()));
        self.queue.ask_or_undo(move |worker| worker.sending(&ticket).map(|()| ticket), undo).await.map(drop)
    }

    /// No clear answer came: unknown, and "not found" means nothing for `settling` from now on. The ticket
    /// stays ours. An error means that it is not in the file yet: it is tried again while this process lives.
    pub async fn lost(&self, ticket: &Ticket, settling: Duration) -> Result<(), JournalError> {
        let step = Step::Lost(ticket.number, now().saturating_add(millis(settling)));
        self.queue.ask(|worker| worker.step(step)).await
    }

    /// To settle twice in the same way is no error. Any other error than [`JournalError::NotOurs`] means that
    /// it is not in the file yet: it is tried again while this process lives.
    pub async fn settle(&self, ticket: &Ticket, end: End) -> Result<(), JournalError> {
        let step = Step::Settle(ticket.number, end);
        self.queue.ask(|worker| worker.step(step)).await
    }

    /// Gives an open intent back after a look that did not tell what became of it; one that is merely claimed
    /// is settled as not sent.
    pub async fn release(&self, ticket: Ticket) -> Result<(), JournalError> {
        self.queue.ask(move |worker| worker.step(Step::Looked(ticket.number))).await
    }

    /// Gives it back without a look and without waiting, for a call that is dropped.
    pub fn let_go(&self, ticket: &Ticket) {
        self.leave(Step::LetGo(ticket.number));
    }

    /// The intent as it stands now.
    pub async fn look(&self, number: i64) -> Result<Option<Intent>, JournalError> {
        self.queue.ask(move |worker| worker.look(number)).await
    }

    /// Open intents in `scope` that nobody works on and whose settling time has passed, oldest first; none
    /// that was looked at within a minute, or within a tenth of its age up to a day.
    pub async fn abandoned(&self, scope: &Scope, most: usize) -> Result<Vec<Intent>, JournalError> {
        let scope = scope.clone();
        self.queue.ask(move |worker| worker.abandoned(&scope, most)).await
    }

    /// Makes an open intent ours, unless somebody living works on it or it is settled.
    pub async fn take(&self, number: i64) -> Result<Option<Ticket>, JournalError> {
        let undo = |ticket: &Option<Ticket>| ticket.as_ref().map(|ticket| Step::LetGo(ticket.number));
        self.queue.ask_or_undo(move |worker| worker.take(number), undo).await
    }

    /// Which of `ids` are records that an intent in `scope` is known to have made.
    pub async fn known_records(
        &self,
        scope: &Scope,
        ids: Vec<String>,
    ) -> Result<HashSet<String>, JournalError> {
        let scope = scope.clone();
        self.queue.ask(move |worker| worker.known_records(&scope, ids)).await
    }

    /// True if an intent in `scope` is known to have deleted this record.
    pub async fn was_deleted(&self, scope: &Scope, record_id: &str) -> Result<bool, JournalError> {
        let (scope, id) = (scope.clone(), record_id.to_owned());
        self.queue.ask(move |worker| worker.was_deleted(&scope, &id)).await
    }

    /// True if an intent with this fingerprint other than `number` is known to have taken effect, ever.
    pub async fn took_effect_before(
        &self,
        scope: &Scope,
        fingerprint: Digest,
        number: i64,
    ) -> Result<bool, JournalError> {
        let scope = scope.clone();
        self.queue.ask(move |worker| worker.took_effect_before(&scope, fingerprint, number)).await
    }

    /// The answer that told what became of this intent is written out; without effect while it is open.
    /// Does not wait.
    pub fn answered(&self, number: i64) {
        self.leave(Step::Answered(number));
    }

    /// The same, for an answer to a call in other words: it told those who know the words of this
    /// fingerprint, and nobody else. Of an open intent it tells that it is open, which counts after a day
    /// ([`Intent::is_long_open`]): from then on another one on purpose passes it.
    pub fn told(&self, number: i64, words: Digest) {
        self.leave(Step::Told(number, words));
    }

    /// Waits until what was handed over is in the file, for a second at most. At once where nothing was.
    pub async fn flush(&self) {
        if self.queue.has_started() {
            drop(tokio::time::timeout(FLUSH, self.queue.ask(|_| Ok(()))).await);
        }
    }

    /// What was written. Empty where there is no journal yet; makes none.
    pub async fn history(&self, filter: Filter) -> Result<Vec<Intent>, JournalError> {
        self.queue.ask(move |worker| worker.history(&filter)).await
    }

    /// Whether it can be used, and how many writes are open; `None` where there is none yet. Changes nothing.
    pub async fn health(&self) -> Result<Option<Health>, JournalError> {
        self.queue.ask(|worker| worker.health()).await
    }

    /// Removes settled intents older than `before`, never open ones, from the file itself too; says how many
    /// went. [`JournalError::Busy`] may mean that their bytes are not gone yet: forget once more.
    pub async fn forget(&self, before: Timestamp) -> Result<usize, JournalError> {
        self.queue.ask(move |worker| worker.forget(before)).await
    }

    /// A person says what became of an open intent: the id of its record, or that it did not take effect.
    /// One that was never sent is settled as that, whatever they say.
    /// `None` where there is no open intent of this number or somebody living works on it.
    pub async fn settle_by_hand(
        &self,
        number: i64,
        record_id: Option<String>,
    ) -> Result<Option<Intent>, JournalError> {
        self.queue.ask(move |worker| worker.settle_by_hand(number, record_id.as_deref())).await
    }

    fn leave(&self, step: Step) {
        drop(self.queue.submit(Box::new(move |worker| drop(worker.step(step)))));
    }
}
