//! `validate_iban`: whether an IBAN is right, and which reference payments to it need. Sends nothing.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{boolean, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::rules::iban;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "validate_iban",
        toolset: Toolset::Invoicing,
        about: "Check an IBAN, and whether it is a QR-IBAN.",
        params: &[text("iban").gateway().required()],
        ..Endpoint::LOCAL
    },
    creates: None,
    output: &[boolean("valid")],
    run: |calls| Box::pin(async { Ok(answer(calls.arguments())) }),
};

fn answer(arguments: &Map<String, Value>) -> Map<String, Value> {
    let given = arguments.get("iban").and_then(Value::as_str).unwrap_or_default();
    let mut facts = Map::new();
    match iban::check(given) {
        Ok(iban) => {
            facts.insert("valid".into(), json!(true));
            facts.insert("iban".into(), json!(iban.electronic));
            facts.insert("formatted".into(), json!(iban.formatted));
            facts.insert("country".into(), json!(iban.country));
            facts.insert("qr_iban".into(), json!(iban.is_qr));
            facts.insert("reference_type".into(), json!(if iban.is_qr { "QRR" } else { "SCOR or none" }));
        }
        Err(reason) => {
            facts.insert("valid".into(), json!(false));
            facts.insert("reason".into(), json!(reason));
        }
    }
    facts
}
