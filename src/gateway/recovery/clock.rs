//! The server's clock as its `Date` headers show it: a record's `created_at` is compared with the time of
//! our request on the same clock. Where one of the two clocks was set in between, nothing is said.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::api::Moment;

/// A sample is believed for so long.
const FRESH: Duration = Duration::from_secs(600);
/// Our clocks part by less than this unless one of them was set or the machine slept.
const STEP: Duration = Duration::from_secs(1);
/// Two samples that are further apart than this and than they are uncertain show that a clock was set.
const JUMP: Duration = Duration::from_secs(2);
/// A sample that took no longer tells a jump well enough.
const QUICK: Duration = Duration::from_secs(1);

/// How far the server's clock is ahead of ours, at the least.
#[derive(Default)]
pub struct ServerClock(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// What times are turned with.
    best: Option<Sample>,
    /// What new samples are compared with: kept even where `best` is believed no more, since a machine that
    /// slept and a clock that was set look alike until the next sample.
    compared: Option<Sample>,
    /// No time up to this one can be turned: before it one of the clocks was set.
    set: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct Sample {
    ahead: SignedDuration,
    /// Between the request and the answer's end: the uncertainty.
    took: Duration,
    taken: Moment,
}

impl Sample {
    fn shows_a_jump_since(&self, earlier: &Self) -> bool {
        self.ahead
            .checked_sub(earlier.ahead)
            .is_none_or(|moved| moved.unsigned_abs() > JUMP + self.took.max(earlier.took))
    }
}

impl ServerClock {
    /// Takes in the `Date` of an answer to a request that went out at `asked`.
    pub fn note(&self, asked: Moment, date: SystemTime) {
        self.note_at(asked, Moment::now(), date);
    }

    fn note_at(&self, asked: Moment, now: Moment, date: SystemTime) {
        let (Ok(here), Ok(there)) = (Timestamp::try_from(now.wall()), Timestamp::try_from(date)) else {
            return;
        };
        // Set on its way, our clock does not tell how long it took.
        if asked.drift_until(now) > STEP {
            return;
        }
        // The answer was stamped before it came here, with the second cut off: this is the least.
        let sample = Sample { ahead: there.duration_since(here), took: asked.elapsed_until(now), taken: now };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let jumped = known.compared.filter(|earlier| sample.shows_a_jump_since(earlier));
        if let Some(earlier) = jumped {
            // Set back, our clock shows times again that it showed before: none of them can be told apart.
            let unset = Timestamp::try_from(earlier.taken.wall() + earlier.taken.steady_until(now));
            known.set = known.set.max(Some(here)).max(unset.ok());
        }
        let precise = |earlier: Sample| sample.took <= QUICK.max(earlier.took);
        if jumped.is_some() || known.compared.is_none_or(precise) {
            known.compared = Some(sample);
        }
        let keep = jumped.is_none()
            && known.best.is_some_and(|best| {
                best.took < sample.took
                    && best.taken.elapsed_until(now) < FRESH
                    && best.taken.drift_until(now) <= STEP
            });
        if !keep {
            known.best = Some(sample);
        }
    }

    /// A time of ours on the server's clock, no later than it was there; `None` where the server never
    /// said what time it is, or where a clock was set since.
    pub fn there(&self, here: Timestamp) -> Option<Timestamp> {
        self.there_at(Moment::now(), here)
    }

    fn there_at(&self, now: Moment, here: Timestamp) -> Option<Timestamp> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sample = known.best.filter(|best| best.taken.drift_until(now) <= STEP)?;
        let ahead_of_us = Timestamp::try_from(now.wall()).ok()? < here;
        if ahead_of_us || known.set.is_some_and(|set| here <= set) {
            return None;
        }
        here.checked_add(sample.ahead).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use jiff::Timestamp;

    use super::ServerClock;
    use crate::api::Moment;

    const HOUR: Duration = Duration::from_secs(3600);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(wall: SystemTime) -> Timestamp {
        Timestamp::try_from(wall).unwrap()
    }

    /// This moment, with as much on both clocks since.
    fn after(start: Moment, time: Duration) -> Moment {
        start.later(time, start.wall() + time)
    }

    #[test]
    fn the_quickest_answer_tells_best() {
        let (clock, start) = (ServerClock::default(), Moment::now());
        assert_eq!(clock.there(at(start.wall())), None);
        clock.note_at(start, after(start, seconds(9)), start.wall() + HOUR);
        clock.note_at(after(start, seconds(9)), after(start, seconds(9)), start.wall() + HOUR + seconds(9));
        clock.note_at(after(start, seconds(9)), after(start, seconds(18)), start.wall() + HOUR + seconds(9));
        let there = clock.there_at(after(start, seconds(18)), at(start.wall()));
        assert_eq!(there, Some(at(start.wall() + HOUR)));
    }

    #[test]
    fn a_sample_ends_with_a_step_of_our_clock_and_none_is_taken_across_one() {
        let (clock, start) = (ServerClock::default(), Moment::now());
        let (wall, sent) = (start.wall(), at(start.wall()));
        clock.note_at(start, start, wall);
        for stepped in [wall + HOUR, wall + seconds(5) + seconds(2)] {
            assert_eq!(clock.there_at(start.later(seconds(5), stepped), sent), None);
        }
        assert_eq!(clock.there_at(start.later(seconds(5), wall + seconds(6)), sent), Some(sent));
        // Set while the answer was on its way.
        let clock = ServerClock::default();
        let stepped = start.later(seconds(1), wall - HOUR);
        clock.note_at(start, stepped, wall);
        assert_eq!(clock.there_at(stepped, at(wall - HOUR)), None);
    }

    #[test]
    fn a_time_from_before_a_clock_was_set_is_not_turned() {
        let start = Moment::now();
        let wall = start.wall();
        for (ours, theirs) in
            [(wall + HOUR, wall), (wall - HOUR, wall), (wall, wall + HOUR), (wall, wall - HOUR)]
        {
            let clock = ServerClock::default();
            clock.note_at(start, start, wall);
            let changed = start.later(seconds(20), ours + seconds(20));
            // Slow first: it tells little, and hides nothing.
            clock.note_at(changed, after(changed, seconds(9)), theirs + seconds(20));
            let now = after(changed, seconds(10));
            clock.note_at(now, now, theirs + seconds(30));
            let sent = at(wall + seconds(10));
            assert_eq!(clock.there_at(now, sent), None);
            // Also once our clock shows that time again.
            assert_eq!(clock.there_at(after(now, HOUR / 12), sent), None);
            let later = after(now, 2 * HOUR);
            clock.note_at(later, later, theirs + seconds(30) + 2 * HOUR);
            let sent = at(later.wall());
            assert_eq!(clock.there_at(later, sent), Some(at(theirs + seconds(30) + 2 * HOUR)));
        }
    }

    #[test]
    fn a_time_that_is_still_to_come_is_not_turned() {
        let (clock, start) = (ServerClock::default(), Moment::now());
        clock.note_at(start, start, start.wall());
        assert_eq!(clock.there_at(start, at(start.wall() + seconds(1))), None);
    }

    #[test]
    fn a_machine_that_slept_knows_what_it_knew_with_the_next_answer() {
        let (clock, start) = (ServerClock::default(), Moment::now());
        clock.note_at(start, start, start.wall());
        let awake = start.later(seconds(3), start.wall() + HOUR);
        let sent = at(start.wall());
        assert_eq!(clock.there_at(awake, sent), None);
        clock.note_at(awake, awake, awake.wall() - Duration::from_millis(900));
        assert_eq!(clock.there_at(awake, sent), Some(at(start.wall() - Duration::from_millis(900))));
    }
}
