//! Tests over the whole catalogue: rules that every row keeps. What rows say on the wire is in `wire`,
//! how they agree with the description of the API in `description`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::schema::{Options, annotations, input};
use super::{Answer, Confirms, Effect, Evidence, Method, Place, all, find};

/// The catalogue as `tools/list` shows it, for measuring (written only when asked for).
#[test]
fn the_list_keeps_to_its_budget() {
    let tools: Vec<Value> = all()
        .filter(|row| row.default)
        .map(|row| {
            let hints = annotations(row);
            let mut annotations = json!({ "readOnlyHint": hints.read_only });
            if !hints.read_only {
                if !hints.destructive {
                    annotations["destructiveHint"] = json!(false);
                }
                if hints.idempotent {
                    annotations["idempotentHint"] = json!(true);
                }
            }
            if !hints.open_world {
                annotations["openWorldHint"] = json!(false);
            }
            json!({
                "name": row.tool, "description": row.about,
                "inputSchema": input(row, Options::default()), "annotations": annotations
            })
        })
        .collect();
    let text = serde_json::to_string(&tools).unwrap();
    std::fs::write("/tmp/default-tools.json", &text).unwrap();
    assert!(text.len() < 24_000, "{} bytes", text.len());
}
