//! The server's clock as its `Date` headers show it: a record's `created_at` is compared with the time of
//! our request on the same clock.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// A sample is believed for so long.
const FRESH: Duration = Duration::from_secs(600);

/// How far the server's clock is ahead of ours, at the least.
#[derive(Default)]
pub struct ServerClock(Mutex<Option<Sample>>);

#[derive(Clone, Copy)]
struct Sample {
    ahead: SignedDuration,
    /// Between the request and the answer's end: the uncertainty.
    took: Duration,
    taken: SystemTime,
}

impl ServerClock {
    /// Takes in the `Date` of an answer to a request that went out at `asked`.
    pub fn note(&self, asked: SystemTime, date: SystemTime) {
        let now = SystemTime::now();
        let (Ok(here), Ok(there)) = (Timestamp::try_from(now), Timestamp::try_from(date)) else { return };
        // The answer was stamped before it came here, with the second cut off: this is the least.
        let sample = Sample {
            ahead: there.duration_since(here),
            took: now.duration_since(asked).unwrap_or_default(),
            taken: now,
        };
        let mut best = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = best.is_some_and(|best| {
            best.took < sample.took && now.duration_since(best.taken).is_ok_and(|age| age < FRESH)
        });
        if !keep {
            *best = Some(sample);
        }
    }

    /// A time of ours on the server's clock, no later than it was there; `None` where the server never
    /// said what time it is.
    pub fn there(&self, here: Timestamp) -> Option<Timestamp> {
        let sample = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        here.checked_add(sample.ahead).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use jiff::Timestamp;

    use super::ServerClock;

    #[test]
    fn the_quickest_answer_tells_best() {
        let clock = ServerClock::default();
        let now = SystemTime::now();
        let here = Timestamp::try_from(now).unwrap();
        assert_eq!(clock.there(here), None);
        let (hour, slow) = (Duration::from_secs(3600), Duration::from_secs(9));
        clock.note(now - slow, now + hour - slow);
        clock.note(now, now + hour);
        clock.note(now - slow, now + hour - slow);
        let there = clock.there(here).unwrap();
        let off = there.duration_since(Timestamp::try_from(now + hour).unwrap());
        assert!(off.as_millis().abs() < 1000, "{off:?}");
    }
}
