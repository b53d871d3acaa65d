//! Which fault befalls a request: chosen by chance, counted by kind.

use std::collections::BTreeMap;

use super::chance::Chance;

/// What may go wrong with a request that creates, or with one that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Answered after a while; the record is made at the beginning or at the end of it.
    Slow,
    ResetBefore,
    ResetAfter,
    /// Reset, and the record is made some seconds later.
    ResetLate,
    ErrorBefore,
    ErrorAfter,
    ErrorLate,
    /// Half of the answer, then the end.
    Truncated,
    /// No answer ever, and no record.
    SilentBefore,
    SilentAfter,
    /// No answer; the record is made after the client has given up.
    SilentLate,
    TooMany,
    /// A good answer; then the kept connection is closed without a word.
    Hangup,
}

impl Fault {
    pub fn words(self) -> &'static str {
        match self {
            Self::Slow => "slow answer",
            Self::ResetBefore => "reset before the record was made",
            Self::ResetAfter => "reset after the record was made",
            Self::ResetLate => "reset, record made seconds later",
            Self::ErrorBefore => "500/502/503 before the record was made",
            Self::ErrorAfter => "500/502/503 after the record was made",
            Self::ErrorLate => "500/502/503, record made seconds later",
            Self::Truncated => "truncated answer after the record was made",
            Self::SilentBefore => "silence, no record",
            Self::SilentAfter => "silence after the record was made",
            Self::SilentLate => "silence, record made after the client gave up",
            Self::TooMany => "429",
            Self::Hangup => "kept connection closed after a good answer",
        }
    }

    fn is_silent(self) -> bool {
        matches!(self, Self::SilentBefore | Self::SilentAfter | Self::SilentLate)
    }
}

/// How many requests in a thousand meet each fault.
const OF_CREATES: &[(Fault, u32)] = &[
    (Fault::Slow, 40),
    (Fault::ResetBefore, 35),
    (Fault::ResetAfter, 35),
    (Fault::ResetLate, 10),
    (Fault::ErrorBefore, 45),
    (Fault::ErrorAfter, 45),
    (Fault::ErrorLate, 10),
    (Fault::Truncated, 25),
    (Fault::SilentBefore, 6),
    (Fault::SilentAfter, 6),
    (Fault::SilentLate, 6),
    (Fault::TooMany, 6),
    (Fault::Hangup, 20),
];

const OF_READS: &[(Fault, u32)] = &[
    (Fault::Slow, 20),
    (Fault::ResetBefore, 30),
    (Fault::ErrorBefore, 30),
    (Fault::Truncated, 15),
    (Fault::SilentBefore, 2),
    (Fault::TooMany, 3),
    (Fault::Hangup, 10),
];

/// Chooses and counts.
pub struct Faults {
    chance: Chance,
    pub counted: BTreeMap<(&'static str, Fault), usize>,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed, u64::MAX), counted: BTreeMap::new() }
    }

    /// The fault of the next request, if it meets one.
    pub fn choose(&mut self, creates: bool, silence: bool) -> Option<Fault> {
        let (class, table) = if creates { ("create", OF_CREATES) } else { ("read", OF_READS) };
        let mut drawn = self.chance.below(1000);
        for (fault, often) in table {
            let often = *often as usize;
            if drawn < often {
                if fault.is_silent() && !silence {
                    return None;
                }
                *self.counted.entry((class, *fault)).or_default() += 1;
                return Some(*fault);
            }
            drawn -= often;
        }
        None
    }

    pub fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }
}
