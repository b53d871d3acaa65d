//! What is wrong with the arguments of a call, in words.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::failure::{Exit, Explain};

/// A call that was refused before anything was sent, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    pub tool: &'static str,
    /// At least one.
    pub issues: Vec<Issue>,
}

/// One thing wrong. Paths look like `lines[0].price`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issue {
    Unknown {
        path: String,
        nearest: Option<&'static str>,
        accepted: Vec<&'static str>,
    },
    Missing {
        path: String,
        or: Option<&'static str>,
    },
    /// Two arguments of which only one may be given.
    Both {
        path: String,
        other: &'static str,
    },
    /// Given within and beside `changes` with different values.
    Twice {
        path: String,
    },
    Empty {
        path: String,
        accepted: Vec<&'static str>,
    },
    Wrong {
        path: String,
        wanted: String,
    },
}

impl Issue {
    fn path(&self) -> &str {
        match self {
            Self::Unknown { path, .. }
            | Self::Missing { path, .. }
            | Self::Both { path, .. }
            | Self::Twice { path }
            | Self::Empty { path, .. }
            | Self::Wrong { path, .. } => path,
        }
    }

    /// Without the path, for a list of issues by field.
    fn words(&self) -> String {
        match self {
            Self::Unknown { .. } => "is unknown".to_owned(),
            Self::Missing { or: None, .. } => "is missing".to_owned(),
            Self::Missing { or: Some(other), .. } => format!("is missing, or `{other}`"),
            Self::Both { other, .. } => format!("is given together with `{other}`"),
            Self::Twice { .. } => "is given twice with different values".to_owned(),
            Self::Empty { .. } => "is empty".to_owned(),
            Self::Wrong { wanted, .. } => format!("must be {wanted}"),
        }
    }

    fn hint(&self, tool: &str) -> Option<String> {
        match self {
            Self::Unknown { path, nearest, accepted } => {
                let names = quoted(accepted, ", ");
                let level = path.rfind('.').and_then(|end| path.get(..end));
                let takes = level.map_or_else(
                    || format!("`{tool}` takes {names}"),
                    |level| format!("`{level}` takes {names}"),
                );
                Some(nearest.map_or_else(|| takes.clone(), |name| format!("use `{name}`; {takes}")))
            }
            Self::Empty { path, accepted } => {
                Some(format!("name a field to change: `{path}` takes {}", quoted(accepted, ", ")))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { path, .. } => write!(f, "has no argument `{path}`"),
            Self::Missing { path, or: None } => write!(f, "needs `{path}`"),
            Self::Missing { path, or: Some(other) } => write!(f, "needs `{path}` or `{other}`"),
            Self::Both { path, other } => write!(f, "takes `{path}` or `{other}`, not both"),
            Self::Twice { path } => write!(f, "got two different values for `{path}`"),
            Self::Empty { path, .. } => write!(f, "got nothing in `{path}`"),
            Self::Wrong { path, wanted } => write!(f, "wants `{path}` to be {wanted}"),
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.tool)?;
        for issue in &self.issues {
            write!(f, "{issue}; ")?;
        }
        write!(f, "nothing was sent")
    }
}

impl std::error::Error for ArgumentError {}

impl Explain for ArgumentError {
    fn code(&self) -> &'static str {
        if self.issues.iter().all(|issue| matches!(issue, Issue::Unknown { .. })) {
            "unknown_argument"
        } else if self.issues.iter().all(|issue| matches!(issue, Issue::Missing { .. })) {
            "missing_argument"
        } else {
            "bad_arguments"
        }
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        let mut hints: Vec<String> = self.issues.iter().filter_map(|issue| issue.hint(self.tool)).collect();
        hints.dedup();
        (!hints.is_empty()).then(|| hints.join("; "))
    }

    fn facts(&self) -> Map<String, Value> {
        let issues: Vec<Value> = self
            .issues
            .iter()
            .map(|issue| json!({ "field": issue.path(), "issue": issue.words() }))
            .collect();
        Map::from_iter([("field_issues".to_owned(), Value::Array(issues))])
    }
}

/// Names in backticks.
pub fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}
