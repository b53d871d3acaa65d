//! What `spec use` kept, held against what the generator knows.

use serde_json::Value;

use super::holding::Outcome;
use crate::variants::{Names, Plan, follow, our_operations};

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
        let subject = route.ours.subject();
        let record = route.ours.lists().or(route.ours.answers().1);
        for (shape, schema) in [(&row["answers"], record), (&row["sends"], route.ours.sends())] {
            if let Some(schema) = schema {
                shape_of(plan, tool, (&subject, schema), shape, outcome);
            }
        }
        for parameter in route.ours.parameters().iter().filter(|parameter| parameter["in"] == "query") {
            let ours = parameter["name"].as_str().unwrap();
            let theirs = route.parameter(plan, ours);
            let known = row["query"].get(ours).is_some_and(|field| field["name"] == theirs.as_str());
            if !["page", "limit", "sort"].contains(&ours)
                && !route.is_lost(plan, ours)
                && theirs != ours
                && !known
            {
                note(&mut outcome.unmapped, format!("?{ours} → {theirs}"));
            }
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

/// Fields of a record and of what is in it.
fn shape_of(plan: &Plan, tool: &str, at: (&str, &Value), shape: &Value, outcome: &mut Outcome) {
    let (subject, schema) = at;
    let schema = follow(schema);
    for (ours, property) in schema["properties"].as_object().into_iter().flatten() {
        let wanted = plan.names.field(subject, ours);
        let lost = plan.names.is_lost(ours);
        let field = &shape["fields"][ours];
        match field["name"].as_str() {
            Some("") => {}
            Some(theirs) if theirs != wanted || lost => {
                note(&mut outcome.wrong_fields, format!("{tool} {subject}.{ours}: {theirs}, not {wanted}"));
            }
            None if *ours != wanted && !lost => {
                note(&mut outcome.unmapped, format!("{subject}.{ours} → {wanted}"));
            }
            _ => {}
        }
        let inner = property.get("items").unwrap_or(property);
        let below = Names::inner_subject(subject, ours, property);
        // Rows of a report hold rows.
        if follow(inner).get("properties").is_some() && below != subject && !lost {
            shape_of(plan, tool, (&below, inner), &field["inner"], outcome);
        }
    }
}

fn note(lines: &mut Vec<String>, line: String) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

/// A path whose names in braces do not count.
fn bare(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
