//! A planted key and a planted client name, searched for byte for byte: the key nowhere, the name in results only.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use serde_json::json;

use crate::support::{
    Answer, Ended, Era, Home, Lumabill, McpSession, PLANTED_KEY, Recorded, ScriptedServer, http,
    json as json_answer,
};

/// Planted in what the API answers and in what a client asks for.
const PLANTED_NAME: &str = "Quillfeather Zaphod Holding";

const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;

/// An API that knows the planted client, and that repeats the caller's key in every error.
fn chatty(request: &Recorded) -> Answer {
    let key = request.header("authorization").unwrap_or_default().to_owned();
    let plain = key.trim_start_matches("Bearer ").to_owned();
    let record = json!({ "id": "6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01", "name": PLANTED_NAME });
    let echo = json!({ "error": { "message": format!("no access with {key}"), "key": plain } }).to_string();
    let headers = ["content-type: application/json".to_owned(), format!("x-request-id: {plain}")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    Answer::Bytes(match request.target.split('?').next().unwrap_or_default() {
        path if path.starts_with("/v1/profiles") => json_answer(200, PROFILES),
        path if path.ends_with("000000000401") => http(401, &headers, &echo),
        path if path.ends_with("000000000403") => http(403, &headers, &echo),
        path if path.ends_with("000000000422") => http(422, &headers, &echo),
        path if path.ends_with("000000000500") => http(500, &headers, &echo),
        path if path.ends_with("000000000200") => {
            http(200, &["content-type: text/html"], &format!("<html>{key}</html>"))
        }
        path if path.ends_with("000000000302") => {
            http(302, &[&format!("location: http://127.0.0.1:9/?key={plain}")], "")
        }
        path if path.ends_with("000000000201") => {
            json_answer(200, &json!({ "id": plain, "note": key }).to_string())
        }
        "/v1/clients" => json_answer(200, &json!({ "data": [record], "total": 1 }).to_string()),
        _ => json_answer(200, &record.to_string()),
    })
}

#[track_caller]
fn without_key(what: &str, text: &str) {
    assert!(!text.contains(PLANTED_KEY), "the key is in {what}:\n{text}");
    // The secret part alone is as bad as the whole.
    let secret = PLANTED_KEY.trim_start_matches("lmb_");
    assert!(!text.contains(secret), "the key's secret part is in {what}:\n{text}");
}

#[track_caller]
fn without_name(what: &str, text: &str) {
    assert!(!text.contains(PLANTED_NAME), "the client's name is in {what}:\n{text}");
}

/// No file below the home holds the key or the name.
#[track_caller]
fn nothing_on_disk(home: &Home) {
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        without_key(&path.display().to_string(), &text);
        without_name(&path.display().to_string(), &text);
    }
}

#[test]
fn while_serving_at_trace_level() {
    let upstream = ScriptedServer::start(chatty);
    for era in Era::BOTH {
        let run =
            Lumabill::new(&["serve"]).with_api(&upstream.url(), PLANTED_KEY).env("LUMABILL_LOG", "trace");
        let mut session = McpSession::start(&run, era);
        let found = session.call("list_clients", json!({ "search": PLANTED_NAME })).done();
        assert!(found.text.contains(PLANTED_NAME), "{}", found.text);
        without_key("a result", &format!("{} {}", found.text, found.structured));
        for end in ["401", "403", "422", "500", "200", "302", "201"] {
            let id = format!("6f1d8e0a-2a57-4a0e-9d55-000000000{end}");
            let answer = session.call("get_client", json!({ "id": id }));
            without_key(&format!("the result of {end}"), &format!("{} {}", answer.text, answer.structured));
        }
        // Mistakes of the caller are not logged with their arguments either.
        session.call("get_client", json!({ "no_such_argument": PLANTED_NAME })).refused();
        session.line(&format!(
            r#"{{"jsonrpc":"2.0","id":"x","method":"tools/call","params":["{PLANTED_NAME}"]}}"#
        ));
        session.answer(&json!("x"));
        session.line(&format!("{{ not json {PLANTED_NAME} {PLANTED_KEY}"));
        session.lives();
        let arguments = std::fs::read(format!("/proc/{}/cmdline", session.pid())).unwrap();
        without_key("the command line", &String::from_utf8_lossy(&arguments));
        session.close_input();
        session.gone_within(crate::support::PATIENCE);
        let stderr = session.stderr();
        assert!(!stderr.is_empty(), "trace level says nothing, so this test shows nothing");
        without_key("stderr", &stderr);
        without_name("stderr", &stderr);
        nothing_on_disk(&run.home);
    }
}

#[test]
fn in_the_terminal_at_trace_level() {
    let upstream = ScriptedServer::start(chatty);
    let home = Arc::new(Home::new());
    let run = |arguments: &[&str]| {
        Lumabill::at(&home, arguments)
            .with_api(&upstream.url(), PLANTED_KEY)
            .env("LUMABILL_LOG", "trace")
            .run()
    };
    let check = |what: &str, ended: &Ended| {
        without_key(what, &ended.stdout);
        without_key(what, &ended.stderr);
        without_name(&format!("stderr of {what}"), &ended.stderr);
    };
    let listed = run(&["call", "list_clients", "--json"]).exits(0);
    assert!(listed.stdout.contains(PLANTED_NAME), "{}", listed.stdout);
    check("call", &listed);
    for end in ["401", "422", "500", "200", "302", "201"] {
        let id = format!("id=6f1d8e0a-2a57-4a0e-9d55-000000000{end}");
        check(&format!("call {end}"), &run(&["call", "get_client", &id]));
        check(&format!("call {end} --json"), &run(&["call", "get_client", &id, "--json"]));
    }
    for arguments in [&["status"][..], &["status", "--json"], &["config"], &["tools"]] {
        check(&arguments.join(" "), &run(arguments));
    }
    nothing_on_disk(&home);
}

#[test]
fn a_key_kept_in_a_file_by_choice_is_in_that_file_alone() {
    let upstream = ScriptedServer::start(chatty);
    let home = Arc::new(Home::new());
    let login = ["login", "--with-token", "--insecure-storage", "--api-url", &upstream.url()];
    let ended = Lumabill::at(&home, &login)
        .env("LUMABILL_LOG", "trace")
        .input(format!("{PLANTED_KEY}\n"))
        .run()
        .exits(0);
    without_key("stdout of login", &ended.stdout);
    without_key("stderr of login", &ended.stderr);
    let kept: Vec<_> = home
        .files()
        .into_iter()
        .filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(PLANTED_KEY))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let mode = std::fs::metadata(&kept[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}", kept[0].display());
    let status = Lumabill::at(&home, &["status", "--json"]).run().exits(0);
    without_key("status", &status.stdout);
    assert_eq!(status.json()["accounts"][0]["stored_in"].as_str().map(str::is_empty), Some(false));
    Lumabill::at(&home, &["logout"]).run().exits(0);
    nothing_on_disk(&home);
}
