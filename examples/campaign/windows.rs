//! Requests per key and class over sliding minutes, as the upstream sees them arrive.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);

/// Holds every key to its limit, and counts what is over it.
pub struct Windows {
    limit: (usize, usize),
    arrived: HashMap<(String, bool), VecDeque<Instant>>,
    pub over: usize,
    /// The most that ever stood in one minute: reads, writes.
    pub most: (usize, usize),
}

impl Windows {
    pub fn new(limit: (usize, usize)) -> Self {
        Self { limit, arrived: HashMap::new(), over: 0, most: (0, 0) }
    }

    pub fn count(&mut self, key: &str, write: bool, now: Instant) {
        let arrived = self.arrived.entry((key.to_owned(), write)).or_default();
        while arrived.front().is_some_and(|oldest| now.duration_since(*oldest) >= WINDOW) {
            arrived.pop_front();
        }
        arrived.push_back(now);
        let (limit, most) =
            if write { (self.limit.1, &mut self.most.1) } else { (self.limit.0, &mut self.most.0) };
        *most = (*most).max(arrived.len());
        if arrived.len() > limit {
            self.over += 1;
        }
    }
}
