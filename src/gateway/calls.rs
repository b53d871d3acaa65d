//! What a workflow may ask of the gateway: a workflow sees neither client, key nor journal, only the trait
//! [`Calls`]. Its reads and writes go the way of every other call.

use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Map, Value};

pub use super::confirmation::Kept;
pub use super::profiles::Profile;
pub use super::redaction::{quoted, visible};
use super::{Done, Question};
use crate::failure::Failure;
use crate::journal::Confirmed;

/// Work that can be waited for.
pub type Pending<'a, T, E = Failure> = std::pin::Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// The gateway as a workflow sees it, within one call of the workflow's tool.
pub trait Calls: Send + Sync {
    /// As [`catalogue::check`](crate::catalogue::check) left them, names and periods resolved, without
    /// `dry_run`, `confirm_number` and `profile_id`.
    fn arguments(&self) -> &Map<String, Value>;

    /// Show what would be done, and do nothing.
    fn dry_run(&self) -> bool;

    /// Another one of the same is meant.
    fn allow_duplicate(&self) -> bool;

    /// Whose books the call works in.
    fn profile(&self) -> Option<&Profile>;

    /// The record behind a `get_…` tool.
    fn record<'a>(&'a self, tool: &'static str, id: &'a str) -> Pending<'a, Value>;

    /// A list, walked to its end as far as the budget of one call goes.
    fn rows<'a>(&'a self, tool: &'static str, filters: Map<String, Value>) -> Pending<'a, Rows>;

    /// The same for lists of any length: `take` is handed the records of one page after the other, filtered as
    /// they were asked for, and none of them is kept. What `take` was handed is the whole list only if the answer
    /// says so.
    fn walk<'a>(
        &'a self,
        tool: &'static str,
        filters: Map<String, Value>,
        take: &'a mut (dyn FnMut(Vec<Value>) + Send),
    ) -> Pending<'a, Walked>;

    /// Today where the books are kept.
    fn today(&self) -> Date;

    /// The text of a file (XML) in a folder that the user allowed.
    fn read_file(&self, path: &str) -> Result<String, Failure>;

    /// Fails where [`Calls::write_file`] would find no place: for what takes long to come by.
    fn find_place(&self, path: &str) -> Result<(), Failure>;

    /// Writes a new file into a folder that the user allowed, whole or not at all; an existing one is never
    /// overwritten. A bare name lies in the only allowed folder. Comes back with its whole path.
    fn write_file(&self, path: &str, bytes: &[u8]) -> Result<String, Failure>;

    /// Asks a person, where the settings want that. Comes back with a yes that holds for this call only;
    /// everything else stops the workflow.
    fn agree(&self, proposal: &Proposal) -> Result<Yes, Stop>;

    /// What the workflow's tool creates, by the endpoint that [`Workflow::creates`](crate::workflows::Workflow)
    /// names: a person is asked as there, and under `dry_run` the request is shown. It is the same as another
    /// by the workflow's own arguments. Comes back with the facts of the answer.
    fn create(&self, create: Create) -> Pending<'_, Map<String, Value>, Stop>;

    /// One write, to which the yes of the workflow holds.
    fn write<'a>(&'a self, yes: &'a Yes, write: Write<'a>) -> Pending<'a, Done>;

    /// Keeps a yes for what could not be done in this call, for an hour from when it was given: the answer
    /// is given back to [`Calls::recall`]. `parts` name what the yes holds for; only keyed hashes of them
    /// are kept.
    fn keep(&self, yes: &Yes, parts: &[String]) -> Result<String, Failure>;

    /// Takes a kept yes up again; it is gone from where it was kept.
    fn recall(&self, token: &str) -> Result<(Yes, Kept), Failure>;

    /// The answer is printed in a terminal, where it may be of any length.
    fn in_terminal(&self) -> bool;

    /// Tells a caller that wants progress what is done now.
    fn progress(&self, what: &str);

    /// How long the caller still waits for the answer.
    fn time_left(&self) -> Duration;

    /// What was written through this machine for the account (and profile, where one is chosen): open
    /// writes first, then the newest. `since` is a time as people name it (`7d`, a day); open ones are given
    /// whatever their age.
    fn recent_changes<'a>(&'a self, since: Option<&'a str>, most: usize) -> Pending<'a, Vec<Value>>;
}

/// A list of records.
pub struct Rows {
    pub records: Vec<Value>,
    /// They are all.
    pub complete: bool,
    /// Why they may not be all, where that is known.
    pub note: Option<String>,
}

/// How a walk through a list ended.
pub struct Walked {
    /// Records that were handed over.
    pub n: u64,
    /// Records there are, where that is known.
    pub of: Option<u64>,
    /// They were all.
    pub complete: bool,
    /// Why they may not have been all, in words for the answer.
    pub note: Option<String>,
    /// How to get all, where the walk was cut off: the command for a terminal, and periods that fit.
    pub go_on: Option<String>,
}

/// What a person is asked.
pub struct Proposal {
    /// What a client repeats that cannot ask: derived from what would be done.
    pub label: String,
    /// Our own words: what would be done, to how much.
    pub what: String,
    /// What it means, and whether it can be undone: one sentence.
    pub effect: &'static str,
    /// The lines of it, with text from outside quoted.
    pub lines: Vec<String>,
    /// The whole of it, exactly: a yes holds for this and nothing else.
    pub exactly: String,
    /// The facts of it, for a client that cannot ask.
    pub facts: Map<String, Value>,
}

/// A person's yes to a proposal. Only the gateway makes one.
pub struct Yes {
    pub(super) confirmed: Confirmed,
    /// Where it was kept before.
    pub(super) token: Option<String>,
}

#[cfg(test)]
impl Yes {
    /// As a person gives it, for tests of workflows without a gateway.
    pub fn of_a_person() -> Self {
        Self { confirmed: Confirmed::Person, token: None }
    }
}

/// What a workflow creates.
#[derive(Default)]
pub struct Create {
    /// Of the endpoint's own tool.
    pub arguments: Map<String, Value>,
    /// The id of the record that is copied. Where the caller named it by `id`, whatever made that record is known
    /// to the caller and never counts against the copy.
    pub source: Option<String>,
    /// A person's yes to exactly this; without one they are asked as by the endpoint's own tool.
    pub yes: Option<Yes>,
    /// Why it is not made. Where the very same was made or is under way, that is the answer instead.
    pub refusal: Option<Failure>,
}

/// One write of a workflow.
pub struct Write<'a> {
    pub tool: &'static str,
    pub arguments: Map<String, Value>,
    /// Looks at the record that is to be changed, as it is now: false leaves it alone, and the write fails
    /// with [`CHANGED_MEANWHILE`].
    pub unchanged: &'a (dyn Fn(&Value) -> bool + Send + Sync),
}

/// The code of a write that was not sent, since its record is no longer what the yes was given for.
pub const CHANGED_MEANWHILE: &str = "changed_meanwhile";

/// Why a workflow stops before its end.
pub enum Stop {
    /// A person has to say yes first.
    Ask(Question),
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
