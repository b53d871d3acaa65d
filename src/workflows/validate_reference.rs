//! `validate_reference`: whether a payment reference is right, and fits the IBAN it is paid to. Sends nothing.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{boolean, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::rules::reference::Kind;
use crate::rules::{iban, reference};

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "validate_reference",
        toolset: Toolset::Invoicing,
        about: "Check a payment reference (QRR, SCOR), and whether it fits the IBAN.",
        params: &[text("reference").gateway().required(), text("iban").gateway()],
        ..Endpoint::LOCAL
    },
    creates: None,
    output: &[boolean("valid")],
    run: |calls| Box::pin(async { Ok(answer(calls.arguments())) }),
};

fn answer(arguments: &Map<String, Value>) -> Map<String, Value> {
    let argument = |name: &str| arguments.get(name).and_then(Value::as_str);
    let mut facts = Map::new();
    let kind = match reference::check(argument("reference").unwrap_or_default()) {
        Ok(reference) => {
            facts.insert("valid".into(), json!(true));
            facts.insert("kind".into(), json!(reference.kind.name()));
            facts.insert("formatted".into(), json!(reference.formatted));
            Some(reference.kind)
        }
        Err((kind, reason)) => {
            facts.insert("valid".into(), json!(false));
            facts.insert("reason".into(), json!(reason));
            facts.extend(kind.map(|kind| ("kind".to_owned(), json!(kind.name()))));
            kind
        }
    };
    if let Some(given) = argument("iban") {
        let why_not = match iban::check(given) {
            Err(reason) => Some(format!("the IBAN is wrong: {reason}")),
            Ok(iban) => match kind {
                Some(kind) if kind == Kind::for_iban(iban.is_qr) => None,
                Some(kind) => Some(kind.misfit().to_owned()),
                None => Some("it is no payment reference".to_owned()),
            },
        };
        let right = facts.get("valid") == Some(&json!(true));
        facts.insert("fits".into(), json!(right && why_not.is_none()));
        facts.extend(why_not.map(|why| ("fits_not".to_owned(), json!(why))));
    }
    facts
}
