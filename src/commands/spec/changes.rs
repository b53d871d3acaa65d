//! What another description changes against the one that was in use.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::wire_words::{operation, tools, whole};
use crate::spec::Kept;

/// One tool.
pub struct Change {
    pub tool: String,
    /// What held and holds no longer, and what holds now.
    pub gone: Vec<String>,
    pub new: Vec<String>,
}

/// Tools that are called otherwise than before, in the order of the catalogue, then further tools.
pub fn between(before: &Kept, after: &Kept) -> Vec<Change> {
    let mut changes = Vec::new();
    for row in tools() {
        changes.extend(change(row.tool, &whole(&before.dialect, row), &whole(&after.dialect, row)));
    }
    let further = |kept: &Kept, tool: &str| {
        let found = kept.extra.iter().find(|extra| extra.tool == tool);
        found.map(|extra| operation(extra.verb, &extra.path)).into_iter().collect::<Vec<_>>()
    };
    let names: BTreeSet<&str> =
        before.extra.iter().chain(&after.extra).map(|extra| extra.tool.as_str()).collect();
    changes.extend(
        names.into_iter().filter_map(|tool| change(tool, &further(before, tool), &further(after, tool))),
    );
    changes
}

fn change(tool: &str, old: &[String], new: &[String]) -> Option<Change> {
    let without = |all: &[String], others: &[String]| {
        all.iter().filter(|line| !others.contains(line)).cloned().collect::<Vec<_>>()
    };
    let (gone, new) = (without(old, new), without(new, old));
    (!gone.is_empty() || !new.is_empty()).then(|| Change { tool: tool.to_owned(), gone, new })
}

pub fn text(before: &Kept, changes: &[Change]) -> String {
    let what = format!("compared with what was in use until now ({}, of {})", before.source, before.taken);
    if changes.is_empty() {
        return format!("{what}: nothing differs");
    }
    let mut lines = vec![format!("{what}:")];
    for change in changes {
        lines.push(format!("  {}", change.tool));
        lines.extend(change.gone.iter().map(|line| format!("    - {line}")));
        lines.extend(change.new.iter().map(|line| format!("    + {line}")));
    }
    lines.join("\n")
}

pub fn json(changes: &[Change]) -> Value {
    changes
        .iter()
        .map(|change| json!({"tool": change.tool, "before": change.gone, "now": change.new}))
        .collect()
}
