//! A seeded generator of chance: the same seed makes the same choices, whatever order threads run in.

use std::time::Duration;

/// Splitmix64: small, quick, and good enough to choose faults with.
pub struct Chance(u64);

impl Chance {
    /// A stream of its own for every `stream`, so that one task's choices do not shift another's.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut chance = Self(seed ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 for 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    /// True that many times in a thousand.
    pub fn permille(&mut self, often: u32) -> bool {
        self.next() % 1000 < u64::from(often)
    }

    /// A time between the two, evenly spread.
    pub fn time(&mut self, from: Duration, to: Duration) -> Duration {
        let span = u64::try_from(to.saturating_sub(from).as_micros()).unwrap_or(u64::MAX).max(1);
        from + Duration::from_micros(self.next() % span)
    }

    /// The same in milliseconds.
    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        self.time(Duration::from_millis(from), Duration::from_millis(to))
    }
}
