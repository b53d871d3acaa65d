//! What the journal holds of one write: the intent, its way through the states, and what became of it.

use std::time::Duration;

use jiff::Timestamp;

use super::LONG_OPEN;

/// A keyed hash: equal for equal content on this machine, and good for nothing elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 16]);

/// Whose books a write goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The account's name, for people.
    pub account: String,
    /// `https://api.lumabill.ch`, or `sandbox`, whose port changes.
    pub origin: String,
    /// The profile's id; `account:NAME` where the API names no profiles.
    pub profile: String,
}

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Create,
    Act,
    Update,
    Delete,
}

impl Kind {
    pub const ALL: &[Self] = &[Self::Create, Self::Act, Self::Update, Self::Delete];

    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Act => "act",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The state of one that took effect.
    pub fn effect(self) -> State {
        match self {
            Self::Create => State::Created,
            Self::Act => State::Done,
            Self::Update => State::Updated,
            Self::Delete => State::Deleted,
        }
    }
}

/// How a write came to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Nobody had to be asked.
    NotAsked,
    /// A person said yes, in a form or at the terminal.
    Person,
    /// The client repeated the record's number; whether a person saw it is not known.
    Repeated,
}

impl Confirmed {
    pub const ALL: &[Self] = &[Self::NotAsked, Self::Person, Self::Repeated];

    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Person => "person",
            Self::Repeated => "repeated",
        }
    }
}

/// One field of the body that was sent: where it stands (`lines.0.price`), and a hash of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub path: String,
    pub hash: Digest,
}

/// A write that is about to be made.
#[derive(Clone, Debug)]
pub struct NewIntent {
    pub scope: Scope,
    pub tool: String,
    pub kind: Kind,
    /// The name that the client gave itself, or `terminal`.
    pub client: String,
    pub confirmed: Confirmed,
    /// `None` for updates and deletes, which may be repeated.
    pub guard: Option<Guard>,
    /// The record that is changed or acted on; `None` for creates.
    pub record_id: Option<String>,
    /// The record's number where it has one.
    pub record_number: Option<String>,
    /// The client's or vendor's id of a create, by which a lost record is looked up.
    pub party: Option<String>,
    pub fields: Vec<Field>,
    /// What was there before and is not taken for the effect: the record's state before an act, and of a copy
    /// the record that it is made of.
    pub before: Option<Digest>,
}

/// What makes a create or an act the same as another.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Of tool and arguments as given; of a copy the source is one.
    pub fingerprint: Digest,
    pub twin: Option<Twin>,
    /// How long the same counts as the same.
    pub window: Duration,
    /// The caller wants another one: passes what was settled and answered, never what is open.
    pub allow_duplicate: bool,
    /// Settled intents that no longer count: their record was read again, and is gone or cancelled.
    pub past: Vec<i64>,
    /// The id of the record that is copied: what made it is no like one, since the caller knows of it.
    pub source: Option<String>,
}

/// The same thing in other words, without texts and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Of the endpoint and whom or what it is about: the same for all tools that lead there.
    pub about: Digest,
    /// `None` where it cannot be told: equals every amount.
    pub amount: Option<Digest>,
    /// `None` where none was given: equals every currency.
    pub currency: Option<Digest>,
}

/// Where an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has left this machine.
    Claimed,
    /// It may have left.
    Sending,
    /// It left, no clear answer came, and it is not yet found out what became of it.
    Unknown,
    Created,
    Done,
    Updated,
    Deleted,
    /// The API said no.
    Refused,
    /// It was provably not sent.
    NotSent,
    /// It was looked up after the settling time: it did not take effect.
    Absent,
}

impl State {
    pub const ALL: &[Self] = &[
        Self::Claimed,
        Self::Sending,
        Self::Unknown,
        Self::Created,
        Self::Done,
        Self::Updated,
        Self::Deleted,
        Self::Refused,
        Self::NotSent,
        Self::Absent,
    ];

    /// The word in the file, in `history --json` and in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Created => "created",
            Self::Done => "done",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Absent => "not_created",
        }
    }

    /// Not settled: what became of it is not known yet.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Claimed | Self::Sending | Self::Unknown)
    }

    /// It took effect.
    pub fn took_effect(self) -> bool {
        matches!(self, Self::Created | Self::Done | Self::Updated | Self::Deleted)
    }
}

/// One row of the journal.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Counts up; people name an intent by it (`history settle N`).
    pub number: i64,
    /// A UUID, sent as `Idempotency-Key`.
    pub key: String,
    pub scope: Scope,
    pub tool: String,
    pub kind: Kind,
    pub client: String,
    pub confirmed: Confirmed,
    pub state: State,
    /// Its answer was lost at some point.
    pub lost: bool,
    /// The caller's answer was written out.
    pub answered: bool,
    pub record_id: Option<String>,
    pub record_number: Option<String>,
    pub party: Option<String>,
    pub fields: Vec<Field>,
    pub before: Option<Digest>,
    /// The same by content: for creates and acts.
    pub fingerprint: Option<Digest>,
    pub claimed_at: Timestamp,
    /// When it was about to leave.
    pub sent_at: Option<Timestamp>,
    /// From when on "not found" means "did not take effect"; set while the state is unknown.
    pub settles_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
}

impl Intent {
    /// Open since a day and more, at `now` in milliseconds since 1970.
    pub fn is_long_open(&self, now: i64) -> bool {
        let age = now.saturating_sub(self.claimed_at.as_millisecond());
        self.state.is_open() && i128::from(age) >= LONG_OPEN.as_millis().cast_signed()
    }
}

/// How an intent ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// A settled state.
    pub state: State,
    /// What was created, where it says so.
    pub record_id: Option<String>,
    pub record_number: Option<String>,
}

impl End {
    pub fn of(state: State) -> Self {
        Self { state, record_id: None, record_number: None }
    }
}
