//! The duplicate guard: compares a new intent with what is open or recent, and claims in the same
//! transaction.

use std::time::Duration;

use rusqlite::params;

use super::error::Trouble;
use super::row::{COLUMNS, Held, TOOK_EFFECT, millis, pack};
use super::writing::Writing;
use super::{Claim, Guard, Intent, Likeness, NewIntent, Ticket, Twin};

/// How long after a lost or never written answer the same in other words counts as the same.
const TWIN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// From settling to the answer's last byte, at the most.
const ANSWERING: Duration = Duration::from_secs(2);

impl Writing<'_> {
    /// `key` becomes the intent's, if it is granted.
    pub fn claim(&self, intent: &NewIntent, key: &str) -> Result<Claim, Trouble> {
        if let Some(guard) = &intent.guard {
            for held in self.same(intent, guard)? {
                let counts = |settled: &Intent| {
                    Ok(self.counts(settled, guard, guard.window)
                        && !(guard.allow_duplicate && settled.answered))
                };
                if let Some(claim) = self.obstacle(held, Likeness::Same, counts)? {
                    return Ok(claim);
                }
            }
            let twins = guard.twin.map(|twin| self.twins(intent, &twin)).transpose()?;
            for held in twins.into_iter().flatten() {
                let likeness = match held.intent.fingerprint {
                    Some(fingerprint) if fingerprint == guard.fingerprint => Likeness::Same,
                    _ => Likeness::Twin,
                };
                if likeness == Likeness::Twin && self.lets_pass(&held, guard)? {
                    continue;
                }
                let counts = |settled: &Intent| {
                    let doubtful = settled.lost || !settled.answered;
                    let told = settled.answered || self.was_told(settled, guard.fingerprint)?;
                    Ok(doubtful
                        && self.counts(settled, guard, TWIN_WINDOW)
                        && !(guard.allow_duplicate && told))
                };
                if let Some(claim) = self.obstacle(held, likeness, counts)? {
                    return Ok(claim);
                }
            }
        }
        self.insert(intent, key).map(Claim::Granted)
    }

    /// Whether a settled intent that took effect stands in the way.
    fn counts(&self, settled: &Intent, guard: &Guard, window: Duration) -> bool {
        // Either side of now: the clock may have been set back since.
        let age = settled.settled_at.map(|at| at.as_millisecond().abs_diff(self.now));
        age.is_some_and(|age| u128::from(age) < window.as_millis())
            && !guard.past.contains(&settled.number)
            && (guard.source.is_none() || guard.source != settled.record_id)
    }

    /// A twin that is open for long, of which these words were told since: whether it is the same thing is the
    /// person's to say, and a person has.
    fn lets_pass(&self, twin: &Held, guard: &Guard) -> Result<bool, Trouble> {
        Ok(guard.allow_duplicate
            && twin.intent.state.is_open()
            && twin.intent.is_long_open(self.now)
            && !self.is_carried(twin)?
            && self.was_told(&twin.intent, guard.fingerprint)?)
    }

    /// What a like one comes to, if it stands in the way.
    fn obstacle(
        &self,
        held: Held,
        likeness: Likeness,
        counts: impl Fn(&Intent) -> Result<bool, Trouble>,
    ) -> Result<Option<Claim>, Trouble> {
        if !held.intent.state.is_open() {
            if !counts(&held.intent)? {
                return Ok(None);
            }
            let busy = likeness == Likeness::Twin && self.is_being_answered(&held)?;
            let intent = Box::new(held.intent);
            return Ok(Some(if busy {
                Claim::Busy(intent, likeness)
            } else {
                Claim::Known(intent, likeness)
            }));
        }
        if self.is_carried(&held)? {
            return Ok(Some(Claim::Busy(Box::new(held.intent), likeness)));
        }
        let Some(unknown) = self.orphaned(&held.intent)? else { return Ok(None) };
        let ticket = self.adopt(&unknown)?;
        Ok(Some(Claim::Open(ticket, Box::new(unknown), likeness)))
    }

    /// Just settled by a living process, whose answer is on its way out: whether it gets there decides what
    /// the other one comes to.
    fn is_being_answered(&self, held: &Held) -> Result<bool, Trouble> {
        let settled_at = held.intent.settled_at.map_or(0, jiff::Timestamp::as_millisecond);
        let just_now = settled_at.abs_diff(self.now) < ANSWERING.as_millis().try_into().unwrap_or(u64::MAX);
        Ok(just_now && !held.intent.answered && !held.intent.lost && self.is_carried(held)?)
    }

    /// Open ones first, since nothing passes them; then the newest.
    fn same(&self, intent: &NewIntent, guard: &Guard) -> Result<Vec<Held>, Trouble> {
        let mut statement = self.connection.prepare_cached(&format!(
            "select {COLUMNS} from intent
             where fingerprint = ?1 and origin = ?2 and profile = ?3 and tool = ?4
               and (settled_at is null or {TOOK_EFFECT})
             order by settled_at is null desc, number desc"
        ))?;
        let scope = &intent.scope;
        Ok(Held::all(&mut statement, params![guard.fingerprint, scope.origin, scope.profile, intent.tool])?)
    }

    /// Whichever tool made them: what it is about names the endpoint.
    fn twins(&self, intent: &NewIntent, twin: &Twin) -> Result<Vec<Held>, Trouble> {
        let mut statement = self.connection.prepare_cached(&format!(
            "select {COLUMNS} from intent
             where about = ?1 and origin = ?2 and profile = ?3
               and (amount is null or ?4 is null or amount = ?4)
               and (currency is null or ?5 is null or currency = ?5)
               and (settled_at is null
                 or ((lost or not answered) and abs(settled_at - ?6) < ?7 and {TOOK_EFFECT}))
             order by settled_at is null desc, number desc"
        ))?;
        let scope = &intent.scope;
        Ok(Held::all(
            &mut statement,
            params![
                twin.about,
                scope.origin,
                scope.profile,
                twin.amount,
                twin.currency,
                self.now,
                millis(TWIN_WINDOW)
            ],
        )?)
    }

    fn insert(&self, intent: &NewIntent, key: &str) -> Result<Ticket, Trouble> {
        let twin = intent.guard.as_ref().and_then(|guard| guard.twin);
        self.connection
            .prepare_cached(
                "insert into intent (idempotency_key, account, origin, profile, tool, kind, client, confirmed,
                   state, owner, record_id, record_number, party, fields, state_before,
                   fingerprint, about, amount, currency, claimed_at)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'claimed', ?9, ?10, ?11, ?12, ?13, ?14,
                   ?15, ?16, ?17, ?18, ?19)",
            )?
            .execute(params![
                key,
                intent.scope.account,
                intent.scope.origin,
                intent.scope.profile,
                intent.tool,
                intent.kind.word(),
                intent.client,
                intent.confirmed.word(),
                self.owners.me(),
                intent.record_id,
                intent.record_number,
                intent.party,
                pack(&intent.fields),
                intent.before,
                intent.guard.as_ref().map(|guard| guard.fingerprint),
                twin.map(|twin| twin.about),
                twin.and_then(|twin| twin.amount),
                twin.and_then(|twin| twin.currency),
                self.now
            ])?;
        Ok(Ticket { number: self.connection.last_insert_rowid(), key: key.to_owned() })
    }
}
