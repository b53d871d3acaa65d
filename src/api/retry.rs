//! When a request is sent again, and when that would be a second write: pure, no clock, no I/O.

use std::time::{Duration, SystemTime};

use super::Safety;

/// Attempts of one request, the first included.
pub const ATTEMPTS: u32 = 3;
/// All waits of one call together.
pub const WAITS: Duration = Duration::from_secs(8);
/// No `Retry-After` is believed beyond this.
const LONGEST: Duration = Duration::from_secs(120);
/// What a 429 that names no time means for all who use the key.
pub const UNTOLD_PAUSE: Duration = Duration::from_secs(3);
const BASE: Duration = Duration::from_millis(250);

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// No connection came about: nothing was sent.
    NotConnected,
    /// The connection broke after something may have been sent.
    Broken,
    /// The API answered with this status.
    Answered { status: u16, retry_after: Option<Duration> },
    /// In a way that another attempt does not change, or that took too long to try again.
    Final,
}

/// What the attempts so far have used up.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Attempts made, at least one.
    pub attempts: u32,
    pub waited: Duration,
    /// Time until which another attempt still fits into the call.
    pub left: Duration,
}

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Wait(Duration),
    Stop,
}

/// Decides after a failed attempt. `chance` is a random number in `0.0..1.0`.
pub fn next(safety: Safety, ended: Ended, spent: Spent, chance: f64) -> Next {
    let again = match ended {
        Ended::NotConnected | Ended::Answered { status: 429, .. } => true,
        Ended::Broken | Ended::Answered { status: 502..=504, .. } => safety == Safety::Read,
        Ended::Answered { .. } | Ended::Final => false,
    };
    if !again || spent.attempts >= ATTEMPTS {
        return Next::Stop;
    }
    let told = match ended {
        Ended::Answered { retry_after, .. } => retry_after.filter(|wait| !wait.is_zero()),
        _ => None,
    };
    let wait = told.unwrap_or_else(|| backoff(spent.attempts).mul_f64(chance.clamp(0.0, 1.0)));
    if spent.waited + wait > WAITS || wait > spent.left {
        return Next::Stop;
    }
    Next::Wait(wait)
}

/// The upper end of the wait after this many attempts.
fn backoff(attempts: u32) -> Duration {
    BASE.saturating_mul(1 << attempts.saturating_sub(1).min(5)).min(WAITS)
}

/// Reads `Retry-After`: seconds, or a date that is compared with the answer's own `Date` where it has
/// one, since our clock may be wrong. `None` where it says nothing that can be read.
pub fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(LONGEST, |seconds| Duration::from_secs(seconds).min(LONGEST)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let from = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::Safety::{self, Read, Write};
    use super::{ATTEMPTS, Ended, Next, Spent, backoff, next, retry_after};

    const FIRST: Spent = Spent { attempts: 1, waited: Duration::ZERO, left: Duration::from_secs(30) };

    fn status(status: u16) -> Ended {
        Ended::Answered { status, retry_after: None }
    }

    fn again(safety: Safety, ended: Ended) -> bool {
        next(safety, ended, FIRST, 0.5) != Next::Stop
    }

    #[test]
    fn reads_are_repeated_where_that_can_help_and_writes_only_where_nothing_happened() {
        for (ended, read, write) in [
            (Ended::NotConnected, true, true),
            (status(429), true, true),
            (Ended::Broken, true, false),
            (status(502), true, false),
            (status(503), true, false),
            (status(504), true, false),
            (status(500), false, false),
            (status(501), false, false),
            (status(408), false, false),
            (status(400), false, false),
            (status(401), false, false),
            (status(409), false, false),
            (status(302), false, false),
            (Ended::Final, false, false),
        ] {
            assert_eq!(again(Read, ended), read, "read after {ended:?}");
            assert_eq!(again(Write, ended), write, "write after {ended:?}");
        }
    }

    #[test]
    fn attempts_and_waits_have_an_end() {
        let last = Spent { attempts: ATTEMPTS, ..FIRST };
        assert_eq!(next(Read, Ended::NotConnected, last, 0.5), Next::Stop);
        let told = |seconds| Ended::Answered { status: 429, retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(next(Write, told(8), FIRST, 0.5), Next::Wait(Duration::from_secs(8)));
        assert_eq!(next(Write, told(9), FIRST, 0.5), Next::Stop);
        let waited = Spent { waited: Duration::from_secs(5), ..FIRST };
        assert_eq!(next(Read, told(4), waited, 0.5), Next::Stop);
        let hurried = Spent { left: Duration::from_secs(2), ..FIRST };
        assert_eq!(next(Read, told(3), hurried, 0.5), Next::Stop);
    }

    #[test]
    fn waits_of_our_own_are_spread_over_a_growing_span() {
        assert_eq!(backoff(1), Duration::from_millis(250));
        assert_eq!(backoff(2), Duration::from_millis(500));
        assert_eq!(backoff(60), Duration::from_secs(8));
        assert_eq!(next(Read, Ended::Broken, FIRST, 0.0), Next::Wait(Duration::ZERO));
        assert_eq!(next(Read, Ended::Broken, FIRST, 1.0), Next::Wait(Duration::from_millis(250)));
        let nought = Ended::Answered { status: 429, retry_after: Some(Duration::ZERO) };
        assert_eq!(next(Read, nought, FIRST, 1.0), Next::Wait(Duration::from_millis(250)));
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 08:00:00 GMT").unwrap();
        let read = |value, date| retry_after(value, date, now).map(|wait| wait.as_secs());
        assert_eq!(read(" 7 ", None), Some(7));
        assert_eq!(read("3600", None), Some(120));
        assert_eq!(read("99999999999999999999999", None), Some(120));
        assert_eq!(read("Sat, 21 Nov 2026 08:00:05 GMT", None), Some(5));
        let server = Some("Sat, 21 Nov 2026 09:59:58 GMT");
        assert_eq!(read("Sat, 21 Nov 2026 10:00:00 GMT", server), Some(2));
        assert_eq!(read("Sat, 21 Nov 2026 07:00:00 GMT", None), Some(0));
        for garbage in ["", "soon", "-3", "1.5", "0x10"] {
            assert_eq!(retry_after(garbage, None, SystemTime::now()), None, "{garbage}");
        }
    }
}
