//! The catalogue beside a description: which operation is which tool, and what is spelled differently there.

use super::{Dialect, Document, Operation};

/// All tools of the catalogue, each with what was found for it, and what no tool calls.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// In the order of the catalogue.
    pub rows: Vec<Row>,
    /// Operations that no tool calls, in the order of the document.
    pub new: Vec<Operation>,
    /// How to talk to an API that follows the description.
    pub dialect: Dialect,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub tool: &'static str,
    pub verdict: Verdict,
    /// What is spelled differently, for people: `client_id → customerId`, one a line; what is only in one of the two, too.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same method and path, and every name the same.
    Same,
    /// Another path.
    Moved,
    /// Another method (and maybe path).
    OtherVerb,
    /// Only names of fields, parameters, values or the envelope differ.
    Renamed,
    /// The description has no such operation, or none that could be told from others.
    Missing,
}

impl Comparison {
    /// Compares. `ours` is what the catalogue was made from.
    pub fn of(_ours: &Document, _theirs: &Document) -> Self {
        Self { rows: Vec::new(), new: Vec::new(), dialect: Dialect::default() }
    }
}
