//! What `spec use` kept, held against what the generator knows.

use serde_json::Value;

use super::holding::Outcome;
use crate::variants::{Plan, our_operations};

/// Reports of ours that have no operation of their own.
const WITHOUT_OPERATION: &[&str] = &["get_report"];

/// Every tool of the kept dialect must call the operation that the generator made of it.
pub fn check(plan: &Plan, kept: &Value, outcome: &mut Outcome) {
    let empty = serde_json::Map::new();
    let spoken = kept["dialect"]["spoken"].as_object().unwrap_or(&empty);
    for (tool, row) in spoken {
        if WITHOUT_OPERATION.contains(&tool.as_str()) {
            continue;
        }
        let verb = row["verb"].as_str().unwrap_or_default().to_lowercase();
        let path = row["path"].as_str().unwrap_or_default();
        let Some(route) = plan.route(tool) else {
            outcome.wrong.push(format!("{tool}: the variant lacks it, matched {verb} {path}"));
            continue;
        };
        let wanted = format!("{}{}", plan.base(), route.path);
        if (route.method.as_str(), bare(&wanted)) != (verb.as_str(), bare(path)) {
            outcome.wrong.push(format!("{tool}: {verb} {path}, not {} {wanted}", route.method));
        }
        if let Some(fields) = row["answers"]["fields"].as_object() {
            fields_of(plan, tool, &route.ours.subject(), fields, outcome);
        }
        if let Some(fields) = row["sends"]["fields"].as_object() {
            fields_of(plan, tool, &route.ours.subject(), fields, outcome);
        }
        for (ours, field) in row["query"].as_object().unwrap_or(&empty) {
            let theirs = field["name"].as_str().unwrap_or_default();
            let paging = ["page", "limit"].contains(&ours.as_str());
            if theirs.is_empty() || paging {
                continue;
            }
            if route.is_lost(plan, ours) || route.parameter(plan, ours) != theirs {
                outcome
                    .wrong_fields
                    .push(format!("{tool} ?{ours}: {theirs}, not {}", route.parameter(plan, ours)));
            }
        }
    }
    for operation in our_operations() {
        if plan.route(&operation.tool).is_some() && !spoken.contains_key(&operation.tool) {
            outcome.unmatched.push(operation.tool.clone());
        }
    }
}

/// Fields of the outermost record.
fn fields_of(
    plan: &Plan,
    tool: &str,
    subject: &str,
    fields: &serde_json::Map<String, Value>,
    outcome: &mut Outcome,
) {
    for (ours, field) in fields {
        let theirs = field["name"].as_str().unwrap_or_default();
        let wanted = plan.names.field(subject, ours);
        if !theirs.is_empty() && (theirs != wanted || plan.names.is_lost(ours)) {
            let line = format!("{tool} {ours}: {theirs}, not {wanted}");
            if !outcome.wrong_fields.contains(&line) {
                outcome.wrong_fields.push(line);
            }
        }
    }
}

/// A path whose names in braces do not count.
fn bare(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
