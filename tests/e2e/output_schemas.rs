//! Clients refuse an answer that breaks its listed output schema. Every answer of every tool that lists one is held
//! against it by `ajv`, the validator of the MCP SDK for TypeScript: from the sandbox, and from upstreams with other
//! envelopes, extra and missing fields.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::every_tool::{ALL, filled, table};
use crate::scripted_books::{answer, id, profiles, run};
use crate::support::{Answer, Era, Home, McpSession, Recorded, SandboxProcess, ScriptedServer};

fn schemas(session: &mut McpSession) -> HashMap<String, Value> {
    let tools = session.ask("tools/list", json!({}));
    let rows = tools["tools"].as_array().unwrap().iter();
    let schema =
        |tool: &Value| Some((tool["name"].as_str().unwrap().to_owned(), tool.get("outputSchema")?.clone()));
    rows.filter_map(schema).collect()
}

/// All cases (`tool`, `schema`, `value`) pass.
pub fn validated(cases: &[Value]) {
    let home = Home::new();
    let file = home.path().join("cases.json");
    std::fs::write(&file, json!(cases).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/validate.mjs");
    let output = Command::new("node").arg(script).arg(&file).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run tests/install-tools.sh first, or read: {said}");
    assert!(said.contains(&format!("{} valid", cases.len())), "{said}");
}

#[test]
fn schemas_are_short_and_loose() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let listed = schemas(&mut session);
    assert!(listed.len() >= 16, "{} tools list one", listed.len());
    for (tool, schema) in listed {
        assert_eq!(schema["type"], "object", "{tool}");
        for word in ["required", "additionalProperties", "oneOf", "anyOf", "allOf", "enum", "$ref"] {
            assert!(!schema.to_string().contains(word), "{tool}: {schema}");
        }
        assert!(schema["properties"].as_object().is_none_or(|fields| fields.len() <= 3), "{tool}: {schema}");
    }
}

#[test]
fn what_the_sandbox_makes_tools_answer_is_valid() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let schemas = schemas(&mut session);
    let mut found = HashMap::new();
    let accounts = sandbox.all("/v1/bank-accounts");
    let chf = accounts.iter().find(|account| account["currency"] == "CHF").unwrap();
    found.insert("chf".to_owned(), chf["id"].clone());
    let (mut cases, mut tried) = (Vec::new(), BTreeSet::new());
    for (tool, arguments) in table() {
        let mut arguments = filled(&arguments, &found);
        if let Some(schema) = schemas.get(tool) {
            // A create is shown first, and said to be there already afterwards.
            arguments["dry_run"] = json!(true);
            let shown = session.call(tool, arguments.clone());
            arguments.as_object_mut().unwrap().remove("dry_run");
            let first = session.call(tool, arguments.clone()).done();
            let again = session.call(tool, arguments.clone());
            for result in [&shown, &first, &again].into_iter().filter(|result| !result.failed) {
                cases.push(json!({ "tool": tool, "schema": schema, "value": result.structured }));
            }
            tried.insert(tool.to_owned());
        }
        let result = session.call(tool, arguments);
        let facts = &result.structured;
        let record = facts["items"].get(0).or(facts.get("record")).or(facts.get("report"));
        let id = record.and_then(|record| record.get("id")).or(facts.get("id"));
        found.insert(tool.to_owned(), id.cloned().unwrap_or(Value::Null));
    }
    assert_eq!(tried, schemas.into_keys().collect(), "a tool has no row in the table");
    validated(&cases);
}

/// Odd records in an odd envelope: texts for numbers, nulls, fields that nobody knows, others missing.
fn odd(request: &Recorded, envelope: usize) -> Answer {
    let path = request.target.split('?').next().unwrap();
    if path == "/v1/profiles" {
        return profiles();
    }
    let row = |n: usize| match n {
        0 => json!({
            "id": id(1), "number": "IV-009", "status": "sent", "total": "583.75", "amount_due": "83.75", "currency": "CHF",
            "client": { "id": id(1), "name": "Muster AG" }, "client_id": id(1), "due_date": "2026-01-31",
            "issue_date": "2026-01-01", "name": "Muster AG", "lines": [{ "description": "x", "quantity": "2", "price": "1.5" }],
            "x_new": { "deep": [1, null] }, "valid": "perhaps", "n": "many", "complete": "no", "created": "yes", "total_net": null,
        }),
        1 => {
            json!({ "id": id(2), "status": "draft", "number": null, "total": null, "currency": null, "due_date": null })
        }
        _ => json!({ "id": 3, "number": 12, "status": "something_new", "total": 1e3 }),
    };
    let one = path.contains(&id(1)) || request.method != "GET";
    let status = if request.method == "POST" { 201 } else { 200 };
    let body = match (one, envelope) {
        (true, 0) => row(0),
        (true, 1) => json!({ "data": row(0), "meta": {} }),
        (true, 2) => json!({ "invoice": row(0) }),
        (true, _) => json!({ "result": row(0), "success": true }),
        (false, 0) => json!([row(0), row(1), row(2)]),
        (false, 1) => json!({ "data": [row(0), row(1)], "pagination": { "total": 2 }, "extra": 1 }),
        (false, 2) => json!({ "invoices": [row(0)], "total_count": "1" }),
        (false, _) => json!({ "items": [row(0), row(2)], "next": null }),
    };
    answer(status, &body)
}

#[test]
fn what_odd_upstreams_make_tools_answer_is_valid() {
    let ids: HashMap<String, Value> = table()
        .iter()
        .map(|(tool, _)| ((*tool).to_owned(), json!(id(1))))
        .chain([("chf".to_owned(), json!(id(1)))])
        .collect();
    let (mut cases, mut answered, mut listed) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for envelope in 0..4 {
        let server = ScriptedServer::start(move |request| odd(request, envelope));
        let mut session = McpSession::start(&run(&server, &ALL), Era::Legacy);
        let schemas = schemas(&mut session);
        for (tool, arguments) in table() {
            let Some(schema) = schemas.get(tool) else { continue };
            let result = session.call(tool, filled(&arguments, &ids));
            if !result.failed {
                cases.push(json!({ "tool": tool, "schema": schema, "value": result.structured }));
                answered.insert(tool.to_owned());
            }
        }
        listed.extend(schemas.into_keys());
    }
    let silent: Vec<_> = listed.difference(&answered).collect();
    assert!(silent.len() <= 2, "never answered: {silent:?}");
    validated(&cases);
}
