//! What an answer carries to those who write it out: only a written answer has reached the caller, and a
//! create whose answer never did is not made again, whatever the caller asks for.

use std::sync::Arc;

use crate::journal::{Digest, Journal};

/// Hand it in once the answer is written out; dropped otherwise.
pub struct Receipt {
    journal: Arc<Journal>,
    tells: Vec<Tells>,
}

/// What an answer tells of, and whom.
#[derive(Clone, Copy)]
pub enum Tells {
    /// The caller whose intent it is, or who asked for the same.
    Own(i64),
    /// A caller who asked for it in other words, which are known by their fingerprint: the intent's own caller
    /// may still not know of it.
    Another(i64, Digest),
}

impl Receipt {
    pub fn new(journal: Arc<Journal>, tells: Tells) -> Self {
        Self { journal, tells: vec![tells] }
    }

    /// One answer tells of several.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.tells.extend(other.tells);
        self
    }

    /// The answer is written out. Does not wait.
    pub fn hand_in(self) {
        for tells in self.tells {
            match tells {
                Tells::Own(number) => self.journal.answered(number),
                Tells::Another(number, words) => self.journal.told(number, words),
            }
        }
    }
}
