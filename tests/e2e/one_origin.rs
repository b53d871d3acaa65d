//! A stored key belongs to the origin that it was stored for; `LUMABILL_API_KEY` belongs to service `lumabill`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    Answer, Ended, Era, Home, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, http, json as json_answer,
};

const EMPTY: &str = r#"{"data":[],"total":0}"#;
const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;

/// An API that knows nothing and accepts everything.
fn api() -> ScriptedServer {
    ScriptedServer::start(|request| {
        let body = if request.target.starts_with("/v1/profiles") { PROFILES } else { EMPTY };
        Answer::Bytes(json_answer(200, body))
    })
}

/// A home whose account `default` has the planted key for `url`, kept in a file.
fn logged_in(url: &str) -> Arc<Home> {
    let home = Arc::new(Home::new());
    let login = ["login", "--with-token", "--insecure-storage", "--api-url", url];
    Lumabill::at(&home, &login).input(format!("{PLANTED_KEY}\n")).run().exits(0);
    home
}

fn call(home: &Arc<Home>) -> Lumabill {
    Lumabill::at(home, &["call", "list_clients", "--json"]).env("LUMABILL_RATE_LIMIT", "off")
}

#[track_caller]
fn untouched(server: &ScriptedServer, ended: &Ended) {
    let requests = server.requests();
    assert!(requests.is_empty(), "{requests:#?}\n--- stderr\n{}", ended.stderr);
}

#[test]
fn a_stored_key_is_sent_to_its_own_origin() {
    let own = api();
    let home = logged_in(&own.url());
    let before = own.requests().len();
    call(&home).run().exits(0);
    let requests = own.requests();
    assert!(requests.len() > before);
    let bearer = format!("Bearer {PLANTED_KEY}");
    assert!(
        requests.iter().all(|request| request.header("authorization") == Some(bearer.as_str())),
        "{requests:#?}"
    );
}

#[test]
fn no_variable_sends_a_stored_key_elsewhere() {
    let (own, other) = (api(), api());
    let home = logged_in(&own.url());
    let ended = call(&home).env("LUMABILL_API_URL", &other.url()).run();
    untouched(&other, &ended);
    // A proxy is no other origin, but plain HTTP through it would show it the key.
    let ended = call(&home)
        .env("HTTP_PROXY", &other.url())
        .env("http_proxy", &other.url())
        .env("HTTPS_PROXY", &other.url())
        .env("ALL_PROXY", &other.url())
        .run();
    for request in other.requests() {
        assert!(!request.head.contains(PLANTED_KEY), "{}\n--- stderr\n{}", request.head, ended.stderr);
    }
}

#[test]
fn no_redirect_sends_a_key_elsewhere() {
    let other = api();
    let target = other.url();
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {target}/v1/clients");
        let own = ScriptedServer::start(move |request| {
            if request.target.starts_with("/v1/profiles") {
                return Answer::Bytes(json_answer(200, PROFILES));
            }
            Answer::Bytes(http(status, &[&location], ""))
        });
        let home = logged_in(&own.url());
        let ended = call(&home).run();
        assert_ne!(ended.code, Some(0), "{status}: {}", ended.stdout);
        untouched(&other, &ended);
        let by_environment = Lumabill::new(&["call", "list_clients"]).with_api(&own.url(), PLANTED_KEY).run();
        assert_ne!(by_environment.code, Some(0), "{status}: {}", by_environment.stdout);
        untouched(&other, &by_environment);
    }
}

#[test]
fn a_next_link_sends_a_key_nowhere_else() {
    let other = api();
    let target = other.url();
    let own = ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return Answer::Bytes(json_answer(200, PROFILES));
        }
        let link = format!("link: <{target}/v1/clients?page=2>; rel=\"next\"");
        let body = json!({ "data": [{ "id": "a", "name": "A" }], "next": format!("{target}/v1/clients?page=2"), "total": 2 });
        Answer::Bytes(http(200, &["content-type: application/json", &link], &body.to_string()))
    });
    let home = logged_in(&own.url());
    let ended =
        Lumabill::at(&home, &["call", "list_clients", "limit=100"]).env("LUMABILL_RATE_LIMIT", "off").run();
    untouched(&other, &ended);
}

#[test]
fn a_key_of_another_service_is_refused_before_anything_is_sent() {
    let upstream = api();
    for key in ["bb_0123456789abcdef0123456789abcdef", "lmb_sandbox_0123456789abcdef"] {
        let run = Lumabill::new(&["call", "list_clients"]);
        let run = match key {
            // A sandbox key stays on loopback; no name server knows a name under `invalid`.
            sandbox if sandbox.starts_with("lmb_sandbox_") => {
                run.with_api("https://api.lumabill.invalid", sandbox)
            }
            other => run.with_api(&upstream.url(), other),
        };
        let began = Instant::now();
        let ended = run.run();
        assert!(matches!(ended.code, Some(1..=3)), "{key}: {:?}\n{}", ended.code, ended.stderr);
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "{key}: something was tried: {:?}",
            began.elapsed()
        );
        assert!(!ended.stderr.contains(key), "{}", ended.stderr);
        untouched(&upstream, &ended);
    }
}

#[test]
fn a_live_key_does_not_reach_the_sandbox() {
    let upstream = api();
    let run = Lumabill::new(&["serve", "--sandbox"]).with_api(&upstream.url(), PLANTED_KEY);
    let mut session = McpSession::start(&run, Era::Legacy);
    let listed = session.call("list_clients", json!({})).done();
    assert!(listed.text.contains("SANDBOX"), "{}", listed.text);
    let requests = upstream.requests();
    assert!(requests.is_empty(), "{requests:#?}");
}
