//! What the user's description of the API changes in the tools that are served: fewer of them, and more questions,
//! never fewer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::api::ApiError;
use crate::catalogue::{self, Confirms, Endpoint};
use crate::failure::Failure;
use crate::gateway::creating::endpoint_of;
use crate::spec::Dialect;

/// Rows by tool that the description lacks, or makes a yes necessary for.
#[derive(Clone, Default)]
pub(super) struct Narrowed {
    /// Each with the tool whose operation is not there: itself, or one that it needs.
    lacking: Vec<(&'static str, &'static str)>,
    confirmed: Vec<&'static str>,
}

impl Narrowed {
    pub fn of(dialect: &Dialect) -> Self {
        let lacking = |row: &'static Endpoint| Some((row.tool, dialect.lacking(row)?));
        Self {
            lacking: catalogue::all().filter_map(lacking).collect(),
            confirmed: catalogue::all().map(|row| row.tool).filter(|tool| dialect.confirms(tool)).collect(),
        }
    }

    pub fn lacks(&self, tool: &str) -> bool {
        self.lacking.iter().any(|(lacking, _)| *lacking == tool)
    }

    /// The refusal of a tool that the description lacks.
    pub fn refusal(&self, tool: &str) -> Option<Failure> {
        let (_, missing) = self.lacking.iter().find(|(lacking, _)| *lacking == tool)?;
        let (tool, missing, parameter) = (tool.to_owned(), *missing, None);
        Some(ApiError::NotDescribed { tool, missing, parameter }.into())
    }

    /// The row, with a question where the description wants one: also that of a workflow that creates through it.
    pub fn tightened(&self, row: &'static Endpoint) -> &'static Endpoint {
        let asks = self.confirmed.contains(&row.tool)
            || endpoint_of(row.tool).is_some_and(|behind| self.confirmed.contains(&behind.tool));
        if asks && row.writes() && row.confirms != Confirms::Always { asking(row) } else { row }
    }
}

/// The same row, made once for the process, that always asks.
fn asking(row: &'static Endpoint) -> &'static Endpoint {
    static MADE: Mutex<BTreeMap<&str, &Endpoint>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(row.tool)
        .or_insert_with(|| Box::leak(Box::new(Endpoint { confirms: Confirms::Always, ..*row })))
}
