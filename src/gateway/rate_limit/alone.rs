//! The limit of a process that cannot have the shared file: a quarter of the rate, in memory.

use std::collections::VecDeque;

use super::{AHEAD, Answer, Ask, WINDOW, Why};

/// What this process was granted last, from the file or from itself.
pub struct Alone {
    /// A quarter of the limit, at least one.
    most: usize,
    /// Slots in microseconds since 1970, oldest first, no more than `most`.
    granted: VecDeque<u64>,
    blocked_until: u64,
}

impl Alone {
    pub fn new(limit: u32) -> Self {
        let most = usize::try_from(limit / 4).unwrap_or(usize::MAX).max(1);
        Self { most, granted: VecDeque::new(), blocked_until: 0 }
    }

    /// Counts a slot, wherever it came from.
    pub fn note(&mut self, at: u64) {
        if self.granted.len() >= self.most {
            self.granted.pop_front();
        }
        self.granted.push_back(at);
    }

    pub fn block(&mut self, until: u64) {
        self.blocked_until = self.blocked_until.max(until);
    }

    pub fn is_blocked(&self, now: u64) -> bool {
        self.blocked_until > now
    }

    /// `seen` is what the file says, as far as it can be read: blocked until, and the first slot.
    pub fn ask(&mut self, ask: &Ask, seen: Option<(u64, u64)>) -> Answer {
        // A clock that was set back costs a window at most.
        let latest = ask.now + AHEAD;
        for at in &mut self.granted {
            *at = (*at).min(latest);
        }
        let (blocked, first) = seen.unwrap_or_default();
        let full = self.granted.len() >= self.most;
        let room = self.granted.front().filter(|_| full).map_or(0, |oldest| oldest + WINDOW);
        let blocked = self.blocked_until.max(blocked);
        let (at, why) = match ask.now.max(room).max(first) {
            at if blocked > at => (blocked, Why::Blocked),
            at => (at, Why::Limit),
        };
        if at > ask.latest {
            return Answer::Later { at, why };
        }
        self.note(at);
        Answer::Granted { at, why }
    }
}
