//! The limits of reads and writes a minute that all processes of this user share where they use one key.
//!
//! Each (address, key) and class has one small file in `<state folder>/limits/`, named by a digest. It holds the
//! slots of the last grants, under a lock of microseconds. A request gets the slot `max(now, newest slot, slot
//! of N grants ago + 61 s, end of a pause that the API asked for)`: exact for every sliding minute, with the
//! whole limit at once after a rest. The window is a second longer than the minute, since requests arrive later than
//! their slots. A slot up to 8 s ahead is reserved and waited for; for a later one nothing is reserved, and
//! the caller is told the seconds.
//!
//! **Shares.** A process that is alone may use all. Once another one was granted a slot or asked in vain
//! within the last window, a process holds at most two thirds of the slots that the others leave, so that
//! there is always room for a newcomer. While others want more than they got (they asked in vain within the
//! last window, or were told to come back and may still do so), those that want divide what the content ones
//! leave into equal parts: nobody starves, and nothing lies idle while all have work. Who is over its share is
//! told to come back, and holds no slot of the future against the others. A process that starts while others
//! hold everything is in vain first, and has its part when their slots leave the window.
//!
//! **Change.** With another limit the ring grows and is kept; for a window after a process asked with a smaller
//! limit all obey that one.
//!
//! **Trouble.** A damaged file counts as empty. Where the folder is unusable, or a stopped process holds the
//! lock for half a second, a process goes on by itself at a quarter of the rate, and says so once in the log.

mod admission;
mod alone;
mod block;
mod ledger;
mod left;
mod limiter;
mod place;
mod share;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::api::{Moment, Safety};
use crate::credentials::Key;
pub(super) use admission::Wanted;
pub use left::Left;
use limiter::Limiter;

/// The sliding window, in microseconds.
const WINDOW: u64 = 61_000_000;
/// All waits of one call together.
pub const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// No slot is granted further ahead, in microseconds; a later one was written by another clock.
const AHEAD: u64 = 9_000_000;
/// A permit that was not used by then is void: the process was stopped, or its disk was slow.
const FRESH: Duration = Duration::from_millis(500);
/// What a timer can do.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// Waits shorter than this are not worth a message.
const WORTH_TELLING: Duration = Duration::from_millis(500);

/// Requests a minute and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub reads: u32,
    pub writes: u32,
}

/// One process asks for one slot of a limit. Times are microseconds since 1970.
struct Ask {
    now: u64,
    /// The last slot that is worth reserving.
    latest: u64,
    limit: u32,
}

/// What it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// `why` tells what a wait until then is for.
    Granted { at: u64, why: Why },
    /// Nothing is reserved; it is worth asking again then.
    Later { at: u64, why: Why },
}

/// Why there is no slot before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The limit is used up.
    Limit,
    /// This process holds its share of it.
    Share,
    /// The API asked for a pause.
    Blocked,
}

/// The limits of one gateway.
pub struct RateLimits {
    /// `None` where there are none.
    rates: Option<Rates>,
    folder: PathBuf,
    /// What the address is called in names, where it is another one at every start.
    known_as: Option<&'static str>,
    /// Of this process, for the shares; never 0.
    owner: u32,
    /// The key that was used last, and its limits.
    opened: Mutex<Option<(Key, Arc<Pair>)>>,
}

/// The limits of one key.
struct Pair {
    reads: Limiter,
    writes: Limiter,
}

/// The right to send one request now.
#[must_use = "a permit that is not used is a request that was not sent"]
pub struct Permit {
    /// The slot: a moment and the time from then until it; `None` where there are no limits.
    slot: Option<(Moment, Duration)>,
}

/// What one call has waited so far, for permits and for the API.
pub struct Waits {
    /// Microseconds.
    spent: AtomicU64,
    longest: Duration,
    /// Permits that are left, where they are counted.
    permits: Option<AtomicU32>,
}

impl Default for Waits {
    fn default() -> Self {
        Self { spent: AtomicU64::new(0), longest: LONGEST_WAIT, permits: None }
    }
}

/// A permit that would have come too late; nothing is reserved.
struct TooLate {
    wait: Duration,
    why: Why,
    limit: u32,
}

impl Permit {
    /// So much time has passed that the request would no longer count where it was reckoned: get another one.
    pub fn is_stale(&self) -> bool {
        self.slot.is_some_and(|(since, wait)| since.elapsed() > wait + FRESH)
    }
}

impl Waits {
    /// For work beside the call: so long, and so many requests.
    pub fn brief(longest: Duration, permits: u32) -> Self {
        Self { spent: AtomicU64::new(0), longest, permits: Some(AtomicU32::new(permits)) }
    }

    /// For a caller that waits as long as it takes.
    pub fn patient() -> Self {
        Self { longest: Duration::MAX, ..Self::default() }
    }

    /// True where no more requests may be sent, whatever their limit.
    pub fn is_used_up(&self) -> bool {
        self.permits.as_ref().is_some_and(|permits| permits.load(Ordering::Relaxed) == 0)
    }

    /// Counts a request; false where there may be no more.
    pub fn take_permit(&self) -> bool {
        let Some(permits) = &self.permits else { return true };
        let one_less = |left: u32| left.checked_sub(1);
        permits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }

    pub fn left(&self) -> Duration {
        self.longest.saturating_sub(Duration::from_micros(self.spent.load(Ordering::Relaxed)))
    }

    /// Counts a wait; false, and nothing counted, where it is longer than what is left.
    pub fn spend(&self, wait: Duration) -> bool {
        let fits = wait <= self.left();
        if fits {
            let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
            self.spent.fetch_add(micros, Ordering::Relaxed);
        }
        fits
    }
}

impl RateLimits {
    /// Opens nothing yet.
    pub fn new(rates: Option<Rates>, state_folder: &Path, known_as: Option<&'static str>) -> Self {
        let owner = uuid::Uuid::new_v4().as_fields().0.max(1);
        Self { rates, folder: state_folder.join("limits"), known_as, owner, opened: Mutex::new(None) }
    }

    /// Reads a minute, where they are limited.
    pub fn reads(&self) -> Option<u32> {
        self.rates.map(|rates| rates.reads)
    }

    pub fn are_off(&self) -> bool {
        self.rates.is_none()
    }

    /// Counts a request with `key` that is sent in any case, since a person waits for it: after its slot, or
    /// at once where that is far off.
    pub async fn count(&self, key: &Key, safety: Safety) {
        drop(self.admit(key, safety, &Waits::default(), &|_, _, _| {}).await);
    }

    /// One permit with `key`, for a request beside the calls of a gateway; else how long it would have taken.
    pub async fn admit_quietly(&self, key: &Key, safety: Safety, waits: &Waits) -> Result<Permit, Duration> {
        self.admit(key, safety, waits, &|_, _, _| {}).await.map_err(|late| late.wait)
    }

    /// One permit with `key`; waits as long as `waits` has time left. `tell` hears of every wait that a
    /// person would notice.
    async fn admit(
        &self,
        key: &Key,
        safety: Safety,
        waits: &Waits,
        tell: &(dyn Fn(Duration, &Why, u32) + Send + Sync),
    ) -> Result<Permit, TooLate> {
        let Some(pair) = self.pair(key) else { return Ok(Permit { slot: None }) };
        let limiter = pair.of(safety);
        loop {
            let answer = limiter.ask(waits.left().min(LONGEST_WAIT)).await;
            let asked = Moment::now();
            let (at, why, granted) = match answer {
                Answer::Granted { at, why } => (at, why, true),
                Answer::Later { at, why } => (at, why, false),
            };
            let wait = Duration::from_micros(at.saturating_sub(limiter::now()));
            let permit = Permit { slot: Some((asked, wait)) };
            if granted && wait.is_zero() {
                return Ok(permit);
            }
            // The clock moves on between the look and the answer: a granted slot is always waited for.
            if !waits.spend(wait.max(SHORTEST_WAIT)) && !granted {
                return Err(TooLate { wait, why, limit: limiter.limit() });
            }
            if wait >= WORTH_TELLING {
                tell(wait, &why, limiter.limit());
            }
            sleep(wait.max(SHORTEST_WAIT)).await;
            if granted && !permit.is_stale() && !limiter.is_blocked() {
                return Ok(permit);
            }
        }
    }

    /// The API answered 429: all requests with this key pause, reads and writes.
    pub(super) fn block(&self, pause: Duration) {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = opened.as_ref().map(|(_, pair)| Arc::clone(pair));
        drop(opened);
        if let Some(pair) = pair {
            pair.reads.block(pause);
            pair.writes.block(pause);
        }
    }

    /// The file of one limit of `key`.
    fn file_of(&self, key: &Key, class: &str) -> PathBuf {
        let name = key.limit_name(&self.known_as.map_or_else(|| key.origin().to_string(), str::to_owned));
        self.folder.join(format!("{name}-{class}"))
    }

    fn pair(&self, key: &Key) -> Option<Arc<Pair>> {
        let rates = self.rates?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, pair)) = &*opened
            && known.same_as(key)
        {
            return Some(Arc::clone(pair));
        }
        let limiter = |class: &str, limit| Limiter::new(self.file_of(key, class), self.owner, limit);
        let pair =
            Arc::new(Pair { reads: limiter("reads", rates.reads), writes: limiter("writes", rates.writes) });
        *opened = Some((key.clone(), Arc::clone(&pair)));
        Some(pair)
    }
}

impl Pair {
    fn of(&self, safety: Safety) -> &Limiter {
        match safety {
            Safety::Read => &self.reads,
            Safety::Write => &self.writes,
        }
    }
}

/// Sleeps so long, the time that the machine sleeps included.
async fn sleep(wait: Duration) {
    let start = Moment::now();
    loop {
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(1))).await;
    }
}
