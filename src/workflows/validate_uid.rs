//! `validate_uid`: whether the number of a business is right, as far as that can be known here. Sends nothing.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{boolean, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::rules::uid;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "validate_uid",
        toolset: Toolset::Contacts,
        about: "Check a Swiss UID or VAT number (CHE…), or the form of a German or Austrian one.",
        params: &[text("uid").gateway().required()],
        ..Endpoint::LOCAL
    },
    creates: None,
    output: &[boolean("valid")],
    run: |calls| Box::pin(async { Ok(answer(calls.arguments())) }),
};

fn answer(arguments: &Map<String, Value>) -> Map<String, Value> {
    let given = arguments.get("uid").and_then(Value::as_str).unwrap_or_default();
    let mut facts = Map::new();
    let kind = match uid::check(given) {
        Ok(uid) => {
            facts.insert("valid".into(), json!(true));
            facts.insert("formatted".into(), json!(uid.formatted));
            Some(uid.kind)
        }
        Err((kind, reason)) => {
            facts.insert("valid".into(), json!(false));
            facts.insert("reason".into(), json!(reason));
            kind
        }
    };
    if let Some(kind) = kind {
        facts.insert("kind".into(), json!(kind.name()));
        facts.insert("checked".into(), json!(kind.checked()));
    }
    facts
}
