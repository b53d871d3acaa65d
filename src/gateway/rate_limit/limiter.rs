//! [`Limiter`]: one limit of one key. Asks the file that all processes share, and goes on at a quarter of the
//! rate where that cannot be had.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::alone::Alone;
use super::ledger::Ledger;
use super::{Answer, Ask};

/// The file is held for microseconds: whoever holds it for longer was stopped.
const PATIENCE: Duration = Duration::from_millis(500);
/// Tries without sleeping in between.
const YIELDS: u32 = 20;
const NAP: Duration = Duration::from_micros(500);
/// After [`PATIENCE`] was spent, it is not spent again for so long.
const TROUBLE: Duration = Duration::from_secs(10);

/// Requests of one class that may be sent a minute with one key.
pub struct Limiter {
    limit: u32,
    state: Mutex<State>,
}

struct State {
    ledger: Ledger,
    alone: Alone,
    /// Slots that the file does not know of.
    owed: Vec<u64>,
    trouble_until: Option<Instant>,
    warned: bool,
}

impl Limiter {
    /// Opens nothing yet.
    pub fn new(path: PathBuf, owner: u32, limit: u32) -> Self {
        let (ledger, alone) = (Ledger::new(path, owner), Alone::new(limit));
        let state = State { ledger, alone, owed: Vec::new(), trouble_until: None, warned: false };
        Self { limit, state: Mutex::new(state) }
    }

    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Grants a slot within `left` from now, or says when to come back. Costs microseconds; up to half a second
    /// where another process was stopped with the file in its hands.
    pub async fn ask(&self, left: Duration) -> Answer {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            let patience = if tries <= YIELDS { None } else { Some(began.elapsed() <= PATIENCE) };
            if let Some(answer) = self.try_ask(left, patience) {
                return answer;
            }
            tries += 1;
            if tries <= YIELDS {
                std::thread::yield_now();
            } else {
                tokio::time::sleep(NAP).await;
            }
        }
    }

    /// The API wants no request now, as far as this process knows without asking.
    pub fn is_blocked(&self) -> bool {
        let ask = self.asking(now(), Duration::ZERO);
        let state = self.state();
        state.alone.is_blocked(ask.now) || state.ledger.look(&ask).is_some_and(|(until, _)| until > ask.now)
    }

    /// The API answered 429 and wants no request for so long. Does not wait for the file for long.
    pub fn block(&self, pause: Duration) {
        let now = now();
        let until = now + micros(pause);
        for _ in 0..2 * YIELDS {
            let mut state = self.state();
            state.alone.block(until);
            match state.ledger.block(&self.asking(now, Duration::ZERO), until) {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => return state.warn(&error.to_string()),
            }
            drop(state);
            std::thread::yield_now();
        }
    }

    /// `None` while another process has the file and it is worth waiting for it: at first, and as long as
    /// there is `patience` that was not spent lately.
    fn try_ask(&self, left: Duration, patience: Option<bool>) -> Option<Answer> {
        let ask = self.asking(now(), left);
        let mut state = self.state();
        let State { ledger, alone, owed, trouble_until, .. } = &mut *state;
        let trouble = || trouble_until.is_some_and(|until| until > Instant::now());
        let waits = patience.is_none_or(|patience| patience && !trouble());
        let why = match ledger.ask(&ask, owed) {
            Ok(Some(answer)) => {
                if let Answer::Granted { at, .. } = answer {
                    alone.note(at);
                }
                *trouble_until = None;
                return Some(answer);
            }
            Ok(None) if waits => return None,
            Ok(None) => {
                *trouble_until = Some(Instant::now() + TROUBLE);
                "another process holds it and does not go on".to_owned()
            }
            Err(error) => error.to_string(),
        };
        let seen = ledger.look(&ask);
        let answer = alone.ask(&ask, seen);
        if let Answer::Granted { at, .. } = answer {
            owed.push(at);
            // No more than the file could hold against us.
            let surplus = owed.len().saturating_sub(self.limit as usize);
            owed.drain(..surplus);
        }
        state.warn(&why);
        Some(answer)
    }

    fn asking(&self, now: u64, left: Duration) -> Ask {
        Ask { now, latest: now + micros(left), limit: self.limit }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn warn(&mut self, why: &str) {
        if !std::mem::replace(&mut self.warned, true) {
            tracing::warn!(
                "the rate limits cannot be shared with other programs, so a quarter of them is used here: {why}"
            );
        }
    }
}

/// Microseconds since 1970.
pub fn now() -> u64 {
    micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
