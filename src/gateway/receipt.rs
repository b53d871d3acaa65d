//! What an answer carries to those who write it out: only a written answer has reached the caller, and a
//! create whose answer never did is not made again, whatever the caller asks for.

use std::sync::Arc;

use crate::journal::Journal;

/// Hand it in once the answer is written out; dropped otherwise.
pub struct Receipt {
    journal: Arc<Journal>,
    /// The intents that the answer tells of.
    numbers: Vec<i64>,
}

impl Receipt {
    pub fn new(journal: Arc<Journal>, number: i64) -> Self {
        Self { journal, numbers: vec![number] }
    }

    /// One answer tells of several.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.numbers.extend(other.numbers);
        self
    }

    /// The answer is written out. Does not wait.
    pub fn hand_in(self) {
        for number in self.numbers {
            self.journal.answered(number);
        }
    }
}
