//! From when on "not found" means "did not take effect": as the lost answer tells, as the journal holds it,
//! and where neither says it, late enough for any server. On both clocks, since one of them may be set.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::api;
use crate::journal::Intent;

/// After a reset or an error of the server, a late commit shows within this time.
const SOON: Duration = Duration::from_secs(10);
/// After silence the server may still be working.
const LATE: Duration = Duration::from_secs(90);

/// How long "not found" says nothing after an answer was lost like this.
pub fn settling(lost: &api::ApiError) -> Duration {
    let api::ApiError::Lost { source, .. } = lost else { return SOON };
    match source.as_ref() {
        api::ApiError::Silent { .. } => LATE,
        // A gateway that gave up waiting says nothing of what waits behind it.
        error if matches!(error.status(), Some(408 | 504)) => LATE,
        _ => SOON,
    }
}

/// Time until the journal takes "not found" for "absent".
pub fn left(intent: &Intent) -> Duration {
    intent.settles_at.map(until).unwrap_or_default()
}

/// The settling time of one intent while it is looked for.
pub struct Settling {
    began: Timestamp,
    /// As the caller knows it, whatever the journal holds.
    told: Option<Timestamp>,
    at: Timestamp,
    /// The same on the steady clock: one that is set forward ends nothing.
    steady: Instant,
}

impl Settling {
    pub fn from(told: Option<Timestamp>) -> Self {
        let began = Timestamp::now();
        let mut settling = Self { began, told, at: began, steady: Instant::now() };
        if let Some(at) = told {
            settling.not_before(at);
        }
        settling
    }

    /// Takes in what the journal holds now.
    pub fn take_in(&mut self, intent: &Intent) {
        // A time of sending that is to come was written by a clock that has been set back since.
        let sent_at = intent.sent_at.unwrap_or(self.began).min(self.began);
        let late = || sent_at.checked_add(SignedDuration::try_from(LATE).ok()?).ok();
        if let Some(at) = intent.settles_at.or_else(|| if self.told.is_none() { late() } else { None }) {
            self.not_before(at);
        }
    }

    fn not_before(&mut self, at: Timestamp) {
        self.at = self.at.max(at);
        self.steady = self.steady.max(Instant::now() + until(at));
    }

    /// Time until "not found" means "absent".
    pub fn left(&self) -> Duration {
        until(self.at).max(self.steady.saturating_duration_since(Instant::now()))
    }

    pub fn not_yet(&self) -> String {
        format!("it is not there yet, and may still come within {} s", self.left().as_secs() + 1)
    }

    /// The intent as it will stand in the journal once that can be written.
    pub fn shown_in(&self, mut intent: Intent) -> Intent {
        if intent.state.is_open() {
            intent.settles_at = intent.settles_at.max(Some(self.at));
        }
        intent
    }
}

fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::Settling;
    use crate::journal::{Confirmed, Intent, Kind, Scope, State};

    fn intent(sent_at: Option<Timestamp>, settles_at: Option<Timestamp>) -> Intent {
        let scope = Scope { account: String::new(), origin: String::new(), profile: String::new() };
        Intent {
            number: 1,
            key: String::new(),
            scope,
            tool: "create_invoice".into(),
            kind: Kind::Create,
            client: String::new(),
            confirmed: Confirmed::NotAsked,
            state: State::Sending,
            lost: false,
            answered: false,
            record_id: None,
            record_number: None,
            party: None,
            fields: Vec::new(),
            before: None,
            fingerprint: None,
            claimed_at: Timestamp::now(),
            sent_at,
            settles_at,
            settled_at: None,
        }
    }

    fn in_seconds(seconds: i64) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(seconds)
    }

    #[track_caller]
    fn left(told: Option<i64>, sent_at: Option<i64>, settles_at: Option<i64>, wanted: u64) {
        let mut settling = Settling::from(told.map(in_seconds));
        let intent = intent(sent_at.map(in_seconds), settles_at.map(in_seconds));
        settling.take_in(&intent);
        let left = settling.left();
        assert!(
            left <= Duration::from_secs(wanted)
                && left + Duration::from_secs(5) >= Duration::from_secs(wanted)
        );
        assert_eq!(left.is_zero(), wanted == 0);
        let shown = super::left(&settling.shown_in(intent));
        assert!(shown.abs_diff(left) < Duration::from_secs(2), "{shown:?} {left:?}");
    }

    #[test]
    fn the_later_of_what_is_known_counts_and_without_either_the_longest() {
        left(Some(10), Some(-1), None, 10);
        left(Some(-1), Some(-20), Some(-9), 0);
        left(Some(10), Some(-1), Some(90), 90);
        left(Some(90), Some(-1), Some(10), 90);
        left(None, Some(-1), Some(10), 10);
        left(None, Some(-30), None, 60);
        left(None, Some(-100), None, 0);
        left(None, None, None, 90);
        left(None, Some(4000), None, 90);
    }
}
