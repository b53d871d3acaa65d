//! What is generated and committed of each tool: how it is listed, and for an endpoint the request that it sends.
//! `just golden` writes the files anew; one for a tool that is gone fails.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::every_tool::{ALL, filled, table};
use crate::golden::golden;
use crate::scripted_books::{PROFILE, answer, id, profiles, run};
use crate::support::{Era, Lumabill, McpSession, Recorded, ScriptedServer};

fn listed(flags: &[&str]) -> Vec<Value> {
    let tools = Lumabill::new(&["tools", "--json"]).and(flags).run().exits(0).json();
    tools.as_array().unwrap().clone()
}

fn name(tool: &Value) -> &str {
    tool["name"].as_str().unwrap()
}

#[test]
fn tools_are_listed_as_committed() {
    let (by_default, all) = (listed(&[]), listed(&["--toolsets", "all"]));
    let counts =
        format!("{} tools are served by default, {} with `--toolsets all`", by_default.len(), all.len());
    assert!(include_str!("../../README.md").contains(&counts), "README.md does not say: {counts}");
    let by_default: Vec<&str> = by_default.iter().map(name).collect();
    golden("tests/golden/default-tools", &[("names.txt", by_default.join("\n") + "\n")]);
    let tools = [all, listed(&["--lean"])].concat();
    let files: Vec<_> =
        tools.iter().map(|tool| (format!("{}.json", name(tool)), format!("{tool:#}\n"))).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    golden("tests/golden/tools", &files);
}

/// A record that suits every endpoint, and a list of it.
fn books() -> ScriptedServer {
    ScriptedServer::start(|request| {
        let path = request.target.split('?').next().unwrap();
        if path == "/v1/profiles" {
            return profiles();
        }
        let lines = json!([{ "description": "Consulting", "quantity": 2, "price": 180.50 }]);
        let row = json!({
            "id": id(1), "name": "Muster AG", "number": "IV-009", "status": "draft", "x_new": 1.10,
            "client_id": id(1), "lines": lines,
        });
        let one = path.contains(&id(1)) || request.method != "GET";
        answer(200, &if one { row } else { json!({ "data": [row], "total": 1 }) })
    })
}

/// Dates that count from today are replaced by one that stays.
fn on_a_fixed_day(mut arguments: Value) -> Value {
    if let Some(fields) = arguments.as_object_mut()
        && fields.remove("due_days").is_some()
    {
        fields.insert("due_date".into(), json!("2026-12-31"));
    }
    arguments
}

/// Method and path, query, headers of ours without what is secret or made anew each time, and the body.
fn shown(request: &Recorded) -> String {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut lines = vec![format!("{} {path}", request.method)];
    lines.extend(query.split('&').filter(|pair| !pair.is_empty()).map(|pair| format!("  {pair}")));
    let headers = request.head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.trim())).collect();
    headers.sort();
    for (name, value) in headers {
        let value = match name.as_str() {
            "host" | "content-length" | "user-agent" => continue,
            "authorization" => "Bearer KEY",
            "idempotency-key" => "INTENT",
            "content-type" if value.starts_with("multipart") => "multipart/form-data",
            _ => value,
        };
        lines.push(format!("{name}: {value}"));
    }
    if !request.body.is_empty() {
        let body = String::from_utf8(request.body.clone()).unwrap();
        lines.push(String::new());
        lines.push(serde_json::from_str(&body).map_or_else(
            // The lines that divide the parts are made anew each time.
            |_| {
                let kept: Vec<_> = body.lines().filter(|line| !line.starts_with("--")).collect();
                kept.join("\n").trim().to_owned()
            },
            |body: Value| format!("{body:#}"),
        ));
    }
    lines.join("\n") + "\n"
}

#[test]
fn requests_are_sent_as_committed() {
    let server = books();
    let run = run(&server, &ALL).env("LUMABILL_PROFILE_ID", PROFILE);
    let mut session = McpSession::start(&run, Era::Modern);
    let endpoints: BTreeSet<String> = listed(&["--toolsets", "all"])
        .iter()
        // What is made of several calls, or of none, has an output schema.
        .filter(|tool| tool.get("outputSchema").is_none())
        .map(|tool| name(tool).to_owned())
        .collect();
    assert!(endpoints.len() >= 62, "{} endpoints", endpoints.len());
    let ids: HashMap<String, Value> = table()
        .iter()
        .map(|(tool, _)| ((*tool).to_owned(), json!(id(1))))
        // Another profile's record is behind the wall.
        .chain([("chf".to_owned(), json!(id(1))), ("list_profiles".to_owned(), json!(PROFILE))])
        .collect();
    let mut files = Map::new();
    for (tool, arguments) in table().into_iter().filter(|(tool, _)| endpoints.contains(*tool)) {
        let reads = ["list", "get"].contains(&tool.split('_').next().unwrap());
        let arguments = on_a_fixed_day(filled(&arguments, &ids));
        session.call(tool, arguments).done();
        let sent = server.requests();
        let request = sent.iter().rfind(|request| (request.method == "GET") == reads).unwrap();
        files.entry(format!("{tool}.txt")).or_insert_with(|| json!(shown(request)));
    }
    assert_eq!(files.len(), endpoints.len(), "a tool has no row in the table");
    let files: Vec<_> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str().unwrap().to_owned())).collect();
    assert!(files.iter().all(|(_, text)| text.contains("Bearer KEY")));
    golden("tests/golden/requests", &files);
}
