//! What was written and what became of it: one SQLite file for all processes of this user, which makes
//! a create or an act happen once. It holds ids, times and keyed hashes, no texts and no amounts.

mod entry;
mod intent;
mod since;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::failure::{Exit, Explain};
pub use intent::{Confirmed, Digest, End, Field, Guard, Intent, Kind, NewIntent, Scope, State, Twin};
pub use since::since;

/// The journal of this user. Making one touches nothing: folder, file and thread come with the first use.
pub struct Journal {
    folder: PathBuf,
    /// How long settled rows are kept.
    keep: Duration,
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

/// Why the journal cannot be used. Reads go on without it; nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal `{}` cannot be used, so nothing was sent", file.display())]
    Unusable { file: PathBuf, source: std::io::Error },
}

impl Explain for JournalError {
    fn code(&self) -> &'static str {
        "journal_unusable"
    }
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

impl Journal {
    pub fn new(state_folder: &Path, keep: Duration) -> Self {
        Self { folder: state_folder.to_owned(), keep }
    }

    /// The keyed hash of `parts` under the random key of this machine's user.
    pub fn digest(&self, parts: &[&str]) -> Result<Digest, JournalError> {
        let _ = (parts, self.keep);
        Err(self.missing())
    }

    /// Compares with what is open or recent, and claims in the same transaction.
    pub async fn claim(&self, intent: NewIntent) -> Result<Claim, JournalError> {
        let _ = intent;
        Err(self.missing())
    }

    /// Durable before it returns: from here on it may have left.
    pub async fn sending(&self, ticket: &Ticket) -> Result<(), JournalError> {
        let _ = ticket;
        Err(self.missing())
    }

    /// No clear answer came: unknown, and "not found" means nothing for `settling` from now on. The ticket
    /// stays ours.
    pub async fn lost(&self, ticket: &Ticket, settling: Duration) -> Result<(), JournalError> {
        let _ = (ticket, settling);
        Err(self.missing())
    }

    pub async fn settle(&self, ticket: &Ticket, end: End) -> Result<(), JournalError> {
        let _ = (ticket, end);
        Err(self.missing())
    }

    /// Gives an open intent back for others to look up.
    pub async fn release(&self, ticket: Ticket) -> Result<(), JournalError> {
        let _ = ticket;
        Err(self.missing())
    }

    /// The intent as it stands now.
    pub async fn look(&self, number: i64) -> Result<Option<Intent>, JournalError> {
        let _ = number;
        Err(self.missing())
    }

    /// Open intents in `scope` that nobody works on and whose settling time has passed, oldest first.
    pub async fn abandoned(&self, scope: &Scope, most: usize) -> Result<Vec<Intent>, JournalError> {
        let _ = (scope, most);
        Err(self.missing())
    }

    /// Makes an open intent ours, unless somebody living works on it or it is settled.
    pub async fn take(&self, number: i64) -> Result<Option<Ticket>, JournalError> {
        let _ = number;
        Err(self.missing())
    }

    /// Which of `ids` are records that an intent in `scope` is known to have made.
    pub async fn known_records(
        &self,
        scope: &Scope,
        ids: Vec<String>,
    ) -> Result<HashSet<String>, JournalError> {
        let _ = (scope, ids);
        Err(self.missing())
    }

    /// True if an intent with this fingerprint other than `number` is known to have taken effect, ever.
    pub async fn took_effect_before(
        &self,
        scope: &Scope,
        fingerprint: Digest,
        number: i64,
    ) -> Result<bool, JournalError> {
        let _ = (scope, fingerprint, number);
        Err(self.missing())
    }

    /// The answer that told of this intent is written out. Does not wait.
    pub fn answered(&self, number: i64) {
        let _ = number;
    }

    /// Waits until what was handed over is in the file. At once where nothing was.
    pub async fn flush(&self) {}

    /// What was written. Empty where there is no journal yet; makes none.
    pub async fn history(&self, filter: Filter) -> Result<Vec<Intent>, JournalError> {
        let _ = filter;
        Err(self.missing())
    }

    /// Removes settled intents older than `before`, never open ones; says how many went.
    pub async fn forget(&self, before: Timestamp) -> Result<usize, JournalError> {
        let _ = before;
        Err(self.missing())
    }

    /// A person says what became of an open intent: the id of its record, or that it did not take effect.
    /// `None` where there is no open intent of this number or somebody living works on it.
    pub async fn settle_by_hand(
        &self,
        number: i64,
        record_id: Option<String>,
    ) -> Result<Option<Intent>, JournalError> {
        let _ = (number, record_id);
        Err(self.missing())
    }

    fn missing(&self) -> JournalError {
        JournalError::Unusable {
            file: self.folder.join("journal.db"),
            source: std::io::ErrorKind::NotFound.into(),
        }
    }
}
