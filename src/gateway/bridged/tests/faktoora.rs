//! faktoora: lost invoices are looked up by their number, and one call waits until a file is made.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Stage, Step, broken, caller, done, failure, folder, passed, setup, text, words};
use crate::bridge::BridgeError;
use crate::gateway::bridged::Offered;
use crate::gateway::bridged::definitions::Definitions;
use crate::gateway::policy::Level;
use crate::journal::State;

fn tools() -> Vec<Value> {
    let invoice = json!({"type": "object", "properties": {"invoiceNumber": {"type": "string"}}, "required": ["invoiceNumber"]});
    let list = json!({"type": "object", "properties": {"invoiceNumber": {"type": "string"}}});
    let status = json!({"type": "object", "properties": {"faktooraId": {"type": "string"}}});
    vec![
        json!({"name": "create_invoice_simple", "inputSchema": invoice}),
        json!({"name": "create_invoice_zugferd2", "inputSchema": invoice}),
        json!({"name": "list_invoices", "inputSchema": list}),
        json!({"name": "get_invoice_status", "inputSchema": status}),
    ]
}

/// An account at faktoora, whose creates are not asked about.
fn stage(name: &str, script: Vec<Step>) -> Stage {
    let folder = folder(name);
    let mut setup = setup("faktoora", &folder);
    setup.level = Level::Never;
    let definitions = Definitions::of(Value::Null, tools());
    definitions.store(&folder, &setup.account, &setup.remote.origin.to_string(), true).unwrap();
    Stage::with(setup, script)
}

impl Stage {
    fn named(&self, tool: &str) -> Arc<Offered> {
        self.bridged.find(tool).unwrap()
    }
}

fn invoice() -> Value {
    json!({"invoiceNumber": "RE-2024-001", "buyer": {"name": "Acme GmbH"},
        "invoiceItems": [{"id": "1", "product": {"name": "Consulting", "quantity": 8, "price": 150}}]})
}

fn listed(rows: &Value) -> Step {
    Step::Answers(text(&json!({"total": rows.as_array().unwrap().len(), "items": rows}).to_string()))
}

fn silent() -> BridgeError {
    BridgeError::Silent { host: "api.faktoora.com".into(), what: "create_invoice_simple".into(), seconds: 25 }
}

#[tokio::test]
async fn a_lost_invoice_is_found_by_its_number() {
    let row = json!({"faktooraId": "INV-0042", "invoiceNumber": "RE-2024-001"});
    let other = json!({"faktooraId": "INV-0041", "invoiceNumber": "RE-2024-0010"});
    let stage = stage(
        "found",
        vec![Step::Fails(broken()), listed(&json!([other.clone()])), listed(&json!([other, row]))],
    );
    let create = stage.named("create_invoice_simple");
    let answer = done(stage.call(&create, invoice()).await);
    assert_eq!((&answer["created"], &answer["recovered"]), (&json!(true), &json!(true)));
    assert_eq!(answer["record"]["faktooraId"], "INV-0042");
    assert_eq!(
        stage.sent()[1],
        json!({"name": "list_invoices", "arguments": {"invoiceNumber": "RE-2024-001"}})
    );
    let settled = &stage.history().await[0];
    assert_eq!((settled.state, settled.record_id.as_deref()), (State::Created, Some("INV-0042")));
    // The same again, by any of the tools that make invoices.
    assert_eq!(done(stage.call(&create, invoice()).await)["created"], json!(false));
    assert_eq!(stage.sent().len(), 3);
}

#[tokio::test]
async fn one_that_another_call_made_is_not_taken_for_it() {
    let row = json!({"faktooraId": "INV-0042", "invoiceNumber": "RE-2024-001"});
    let made = Step::Answers(text("{\"faktooraId\":\"INV-0042\"}"));
    let stage = stage(
        "other",
        vec![made, Step::Fails(silent()), listed(&json!([row.clone()])), listed(&json!([row]))],
    );
    let create = stage.named("create_invoice_simple");
    passed(stage.call(&create, invoice()).await);
    let mut changed = invoice();
    changed["buyer"]["name"] = json!("Other GmbH");
    let mut by = caller(false);
    by.until = Some(tokio::time::Instant::now() + std::time::Duration::from_secs(4));
    let lost = failure(stage.call_by(&create, changed, None, by).await);
    assert_eq!(lost.code, "outcome_unknown");
    assert!(lost.causes.iter().any(|cause| cause.contains("another call made")), "{:?}", lost.causes);
    assert_eq!(stage.history().await[0].state, State::Unknown);
}

#[tokio::test]
async fn creating_and_waiting_is_one_question() {
    let status =
        |job: &str| Step::Answers(text(&json!({"faktooraId": "INV-0042", "jobStatus": job}).to_string()));
    let made = Step::Answers(text("{\"faktooraId\":\"INV-0042\"}"));
    let script = vec![made, Step::Fails(broken()), status("done")];
    let stage = stage("wait", script);
    let whole = stage.named("create_invoice_and_wait");
    assert_eq!(whole.tool.input_schema["properties"]["kind"]["enum"], json!(["simple", "zugferd2"]));
    assert_eq!(whole.tool.input_schema["required"], json!(["kind", "invoiceNumber"]));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut by = caller(false);
    let ears = Arc::clone(&heard);
    by.progress = Some(Arc::new(move |done, _, what| ears.lock().unwrap().push(format!("{done} {what}"))));
    let mut arguments = invoice();
    arguments["kind"] = json!("simple");
    let call = crate::gateway::Call {
        tool: "create_invoice_and_wait".into(),
        arguments: super::map(arguments.clone()),
        answered: None,
        caller: by,
    };
    let answer = done(stage.bridged.call(call).await);
    assert_eq!(
        (&answer["faktooraId"], &answer["jobStatus"], &answer["ready"]),
        (&json!("INV-0042"), &json!("done"), &json!(true))
    );
    assert!(heard.lock().unwrap().last().unwrap().starts_with("2 INV-0042 is done"), "{heard:?}");
    assert_eq!(stage.sent()[0]["name"], "create_invoice_simple");
    assert_eq!(stage.sent()[0]["arguments"], invoice());
    // It is the same create as by the server's own tool.
    assert_eq!(
        done(stage.call(&stage.named("create_invoice_simple"), invoice()).await)["created"],
        json!(false)
    );
}

#[tokio::test]
async fn when_the_time_is_up_the_way_on_is_said() {
    let mut script = vec![Step::Answers(text("{\"faktooraId\":\"INV-0042\"}"))];
    script.extend((0..30).map(|_| Step::Answers(text("{\"jobStatus\":\"processing\"}"))));
    let stage = stage("late", script);
    let mut arguments = invoice();
    arguments["kind"] = json!("zugferd2");
    let mut by = caller(false);
    by.until = Some(tokio::time::Instant::now() + std::time::Duration::from_secs(5));
    let whole = |arguments: Value| crate::gateway::Call {
        tool: "create_invoice_and_wait".into(),
        arguments: super::map(arguments),
        answered: None,
        caller: by.clone(),
    };
    let answer = done(stage.bridged.call(whole(arguments)).await);
    assert_eq!((&answer["created"], &answer["ready"]), (&json!(true), &json!(false)));
    assert!(answer["hint"].as_str().unwrap().contains("get_invoice_status"), "{answer}");
    let sent = stage.sent().len();
    assert!((2..8).contains(&sent), "{sent}");
    let refused = stage.bridged.call(whole(json!({"kind": "paper"}))).await;
    assert!(words(refused).contains("`simple`"));
}
