//! The limits of requests a minute and key, over a sliding window, in the memory of this process.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);

/// Counts reads and writes by key.
#[derive(Debug)]
pub struct Limits {
    reads: usize,
    writes: usize,
    past: HashMap<(&'static str, bool), VecDeque<Instant>>,
}

impl Limits {
    /// Requests a minute.
    pub fn new((reads, writes): (u32, u32)) -> Self {
        let count = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        Self { reads: count(reads), writes: count(writes), past: HashMap::new() }
    }

    /// Counts a request, or gives the seconds to wait before the next one.
    pub fn admit(&mut self, key: &'static str, write: bool, now: Instant) -> Result<(), u64> {
        let limit = if write { self.writes } else { self.reads };
        let past = self.past.entry((key, write)).or_default();
        while past.front().is_some_and(|oldest| now.duration_since(*oldest) >= WINDOW) {
            past.pop_front();
        }
        if past.len() < limit {
            past.push_back(now);
            return Ok(());
        }
        let wait = past.front().map_or(WINDOW, |oldest| WINDOW.saturating_sub(now.duration_since(*oldest)));
        Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Limits;

    #[test]
    fn the_window_slides_and_reads_do_not_count_as_writes() {
        let mut limits = Limits::new((2, 1));
        let start = Instant::now();
        let at = |seconds: f32| start + Duration::from_secs_f32(seconds);
        assert_eq!(limits.admit("a", false, at(0.0)), Ok(()));
        assert_eq!(limits.admit("a", false, at(30.0)), Ok(()));
        assert_eq!(limits.admit("a", false, at(30.5)), Err(30));
        assert_eq!(limits.admit("a", true, at(30.5)), Ok(()));
        assert_eq!(limits.admit("b", false, at(30.5)), Ok(()));
        assert_eq!(limits.admit("a", false, at(60.0)), Ok(()));
        assert_eq!(limits.admit("a", false, at(60.1)), Err(30));
    }
}
