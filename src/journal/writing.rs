//! One write transaction: the steps of an intent from `sending` to its end. What compares and claims stands
//! in `claim`.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::error::Trouble;
use super::owner::Owners;
use super::reading;
use super::row::{COLUMNS, Held, millis};
use super::{DAY, Digest, End, Intent, LONG_OPEN, Scope, State, Ticket};

/// How long a record may still turn up after a request of which nothing is known.
pub(super) const SETTLING: Duration = Duration::from_secs(90);
/// No server holds a request for longer than this.
const LONGEST_CONNECTION: Duration = Duration::from_secs(600);
/// A settling time further ahead than this was written by a clock that has been set back since.
const IMPLAUSIBLE: Duration = Duration::from_secs(900);

/// Between two looks on the way of other writes.
const SHORTEST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = DAY;

/// An open transaction, who makes it, and when.
pub(super) struct Writing<'a> {
    pub connection: &'a Connection,
    pub owners: &'a Owners,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// A step that has to reach the file even if it does not at once.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// With the time from which on "not found" counts, in milliseconds since 1970.
    Lost(i64, i64),
    Settle(i64, End),
    /// Of an intent that nobody carries any more.
    LetGo(i64),
    /// The same after a look that did not tell what became of it.
    Looked(i64),
    /// Of one that was claimed with this key and not sent.
    Unsent(String),
    Answered(i64),
    /// To a caller with other words, by their fingerprint.
    Told(i64, Digest),
}

impl Writing<'_> {
    pub fn take_step(&self, step: &Step) -> Result<(), Trouble> {
        match step {
            Step::Lost(number, settles_at) => self.lost(*number, *settles_at),
            Step::Settle(number, end) => self.settle(*number, end),
            Step::LetGo(number) => self.let_go(*number),
            Step::Looked(number) => self.looked(*number),
            Step::Unsent(key) => self.unsent(key),
            Step::Answered(number) => self.answered(*number),
            Step::Told(number, words) => self.told(*number, *words),
        }
    }

    pub fn sending(&self, number: i64) -> Result<(), Trouble> {
        let changed = self
            .connection
            .prepare_cached(
                "update intent set state = 'sending', sent_at = ?2
                 where number = ?1 and state = 'claimed' and owner = ?3",
            )?
            .execute(params![number, self.now, self.owners.me()])?;
        one(changed, number)
    }

    fn lost(&self, number: i64, settles_at: i64) -> Result<(), Trouble> {
        let changed = self
            .connection
            .prepare_cached(
                "update intent set state = 'unknown', lost = 1, settles_at = ?2
                 where number = ?1 and owner = ?3 and state in ('sending', 'unknown')",
            )?
            .execute(params![number, settles_at, self.owners.me()])?;
        one(changed, number)
    }

    fn settle(&self, number: i64, end: &End) -> Result<(), Trouble> {
        if end.state.is_open() {
            return Err(Trouble::NotOurs(number));
        }
        let changed = self
            .connection
            .prepare_cached(
                "update intent set state = ?2, settled_at = ?3, settles_at = null,
                   record_id = coalesce(?4, record_id), record_number = coalesce(?5, record_number)
                 where number = ?1 and settled_at is null and owner = ?6",
            )?
            .execute(params![
                number,
                end.state.word(),
                self.now,
                end.record_id,
                end.record_number,
                self.owners.me()
            ])?;
        if changed == 1 || self.ended_so(number, end)? { Ok(()) } else { Err(Trouble::NotOurs(number)) }
    }

    /// Whether this owner has settled it in the same way before.
    fn ended_so(&self, number: i64, end: &End) -> Result<bool, Trouble> {
        let same = self
            .connection
            .prepare_cached(
                "select 1 from intent where number = ?1 and settled_at is not null and state = ?2
                   and (?3 is null or record_id = ?3) and owner = ?4",
            )?
            .exists(params![number, end.state.word(), end.record_id, self.owners.me()])?;
        Ok(same)
    }

    fn let_go(&self, number: i64) -> Result<(), Trouble> {
        let Some(held) = self.held(number)? else { return Ok(()) };
        if held.owner.as_deref() != self.owners.me() || !held.intent.state.is_open() {
            return Ok(());
        }
        self.orphaned(&held.intent)?;
        Ok(())
    }

    fn looked(&self, number: i64) -> Result<(), Trouble> {
        self.connection
            .prepare_cached(
                "update intent set looked_at = ?2 where number = ?1 and settled_at is null and owner = ?3",
            )?
            .execute(params![number, self.now, self.owners.me()])?;
        self.let_go(number)
    }

    fn unsent(&self, key: &str) -> Result<(), Trouble> {
        self.connection
            .prepare_cached(
                "update intent set state = 'not_sent', settled_at = ?2
                 where settled_at is null and idempotency_key = ?1 and owner = ?3
                   and state in ('claimed', 'sending')",
            )?
            .execute(params![key, self.now, self.owners.me()])?;
        Ok(())
    }

    /// An answer that told of an open intent has not told what became of it.
    fn answered(&self, number: i64) -> Result<(), Trouble> {
        self.connection
            .prepare_cached("update intent set answered = 1 where number = ?1 and settled_at is not null")?
            .execute([number])?;
        Ok(())
    }

    /// Of a settled intent, or of one that is open for so long that nobody may ever know: who was told that
    /// has not been told what became of it.
    fn told(&self, number: i64, words: Digest) -> Result<(), Trouble> {
        self.connection
            .prepare_cached(
                "insert into told (number, fingerprint, settled)
                 select number, ?2, settled_at is not null from intent
                 where number = ?1 and (settled_at is not null or claimed_at <= ?3)
                 on conflict do update set settled = max(settled, excluded.settled)",
            )?
            .execute(params![number, words, self.now.saturating_sub(millis(LONG_OPEN))])?;
        Ok(())
    }

    /// Whether those who know these words were told of an intent: that it is open, or what became of it.
    pub fn was_told(&self, intent: &Intent, words: Digest) -> Result<bool, Trouble> {
        let mut told = self
            .connection
            .prepare_cached("select 1 from told where number = ?1 and fingerprint = ?2 and settled >= ?3")?;
        Ok(told.exists(params![intent.number, words, !intent.state.is_open()])?)
    }

    /// An open intent that nobody carries any more: settled if it was not sent (`None`), else unknown and
    /// without an owner.
    pub fn orphaned(&self, intent: &Intent) -> Result<Option<Intent>, Trouble> {
        if intent.state == State::Claimed {
            self.connection
                .prepare_cached(
                    "update intent set state = 'not_sent', settled_at = ?2, settles_at = null
                     where number = ?1",
                )?
                .execute(params![intent.number, self.now])?;
            return Ok(None);
        }
        // Its connection may have lasted as long as its process did: the settling time runs from now, when
        // that is first seen to be gone. Both times as far as the clock has not been set back behind them.
        let sent_at = intent.sent_at.map_or(self.now, jiff::Timestamp::as_millisecond).min(self.now);
        let gone_at = self.now.min(sent_at.saturating_add(millis(LONGEST_CONNECTION)));
        let settles_at = match intent.settles_at.map(jiff::Timestamp::as_millisecond) {
            Some(at) if at <= self.now.saturating_add(millis(IMPLAUSIBLE)) => at,
            Some(_) => self.now.saturating_add(millis(SETTLING)),
            None => gone_at.saturating_add(millis(SETTLING)),
        };
        self.connection
            .prepare_cached(
                "update intent set state = 'unknown', lost = 1, settles_at = ?2, owner = null
                 where number = ?1",
            )?
            .execute(params![intent.number, settles_at])?;
        Ok(self.held(intent.number)?.map(|held| held.intent))
    }

    /// Whether a living process carries it.
    pub fn is_carried(&self, held: &Held) -> Result<bool, Trouble> {
        Ok(match &held.owner {
            Some(owner) => self.owners.alive(owner)?,
            None => false,
        })
    }

    /// Makes an open intent that nobody carries ours.
    pub fn adopt(&self, intent: &Intent) -> Result<Ticket, Trouble> {
        self.connection
            .prepare_cached("update intent set owner = ?2 where number = ?1")?
            .execute(params![intent.number, self.owners.me()])?;
        Ok(Ticket { number: intent.number, key: intent.key.clone() })
    }

    pub fn take(&self, number: i64) -> Result<Option<Ticket>, Trouble> {
        let Some(held) = self.held(number)?.filter(|held| held.intent.state.is_open()) else {
            return Ok(None);
        };
        if self.is_carried(&held)? {
            return Ok(None);
        }
        self.orphaned(&held.intent)?.map(|intent| self.adopt(&intent)).transpose()
    }

    pub fn abandoned(&self, scope: &Scope, most: usize) -> Result<Vec<Intent>, Trouble> {
        let mut found = Vec::new();
        for held in self.open_in(scope)? {
            if found.len() == most {
                break;
            }
            if self.is_carried(&held)? || self.was_just_looked_at(&held) {
                continue;
            }
            let passed = |intent: &Intent| {
                intent.settles_at.is_some_and(|settles_at| settles_at.as_millisecond() <= self.now)
            };
            found.extend(self.orphaned(&held.intent)?.filter(passed));
        }
        Ok(found)
    }

    /// The older an intent, the less another look is likely to tell.
    fn was_just_looked_at(&self, held: &Held) -> bool {
        let age = Duration::from_millis(held.intent.claimed_at.as_millisecond().abs_diff(self.now));
        let pause = (age / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        // Either side of now: the clock may have been set back since.
        held.looked_at.is_some_and(|at| u128::from(at.abs_diff(self.now)) < pause.as_millis())
    }

    fn open_in(&self, scope: &Scope) -> Result<Vec<Held>, Trouble> {
        let mut statement = self.connection.prepare_cached(&format!(
            "select {COLUMNS} from intent where settled_at is null and origin = ?1 and profile = ?2
             order by number"
        ))?;
        Ok(Held::all(&mut statement, [&scope.origin, &scope.profile])?)
    }

    pub fn settle_by_hand(&self, number: i64, record_id: Option<&str>) -> Result<Option<Intent>, Trouble> {
        let Some(held) = self.held(number)?.filter(|held| held.intent.state.is_open()) else {
            return Ok(None);
        };
        if self.is_carried(&held)? {
            return Ok(None);
        }
        // What was not sent needs nobody's word. For the rest the person knows by now what came of it.
        if self.orphaned(&held.intent)?.is_some() {
            let state = if record_id.is_some() { held.intent.kind.effect() } else { State::Absent };
            self.connection.execute(
                "update intent set state = ?2, settled_at = ?3, settles_at = null, answered = 1,
                   record_id = coalesce(?4, record_id) where number = ?1",
                params![number, state.word(), self.now, record_id],
            )?;
        }
        Ok(self.held(number)?.map(|held| held.intent))
    }

    pub fn held(&self, number: i64) -> Result<Option<Held>, Trouble> {
        Ok(reading::held(self.connection, number)?)
    }

    /// Removes what was settled so long ago, and says how many.
    pub fn remove_settled_before(&self, settled_at: i64) -> Result<usize, Trouble> {
        let removed = self.connection.execute("delete from intent where settled_at < ?1", [settled_at])?;
        self.forget_tellings()?;
        Ok(removed)
    }

    /// Removes what is settled and was claimed so long ago, and says how many.
    pub fn remove_claimed_before(&self, claimed_at: i64) -> Result<usize, Trouble> {
        let sql = "delete from intent where settled_at is not null and claimed_at < ?1";
        let removed = self.connection.execute(sql, [claimed_at])?;
        self.forget_tellings()?;
        Ok(removed)
    }

    fn forget_tellings(&self) -> Result<(), Trouble> {
        self.connection.execute("delete from told where number not in (select number from intent)", [])?;
        Ok(())
    }
}

fn one(changed: usize, number: i64) -> Result<(), Trouble> {
    if changed == 1 { Ok(()) } else { Err(Trouble::NotOurs(number)) }
}
