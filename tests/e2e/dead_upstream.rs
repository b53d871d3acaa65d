//! An upstream that is dead when the server starts: the client gets its tools at once, and a read says in
//! good time what is wrong.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    Answer, Era, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, html, http, json as json_answer,
};

/// Opens a session on `url`; the read must fail within ten seconds with one of `words` in its text.
#[track_caller]
fn dead(url: &str, words: &[&str]) {
    for era in Era::BOTH {
        let began = Instant::now();
        let run = Lumabill::new(&["serve"]).with_api(url, PLANTED_KEY);
        let mut session = McpSession::start(&run, era);
        session.lives();
        assert!(began.elapsed() < Duration::from_secs(2), "{era:?}: opened after {:?}", began.elapsed());
        let asked = Instant::now();
        let failed = session.call("list_clients", json!({})).refused();
        assert!(asked.elapsed() < Duration::from_secs(10), "{era:?}: failed after {:?}", asked.elapsed());
        let text = failed.text.to_lowercase();
        assert!(
            words.iter().any(|word| text.contains(word)),
            "{era:?}: none of {words:?} in:\n{}",
            failed.text
        );
        assert!(text.contains("hint:"), "{era:?}: nothing to do next in:\n{}", failed.text);
        // The text and the structured content carry the same facts.
        assert!(failed.structured["error"]["message"].is_string(), "{era:?}: {}", failed.structured);
        session.lives();
    }
}

#[test]
fn refused() {
    dead(&ScriptedServer::refusing(), &["refused", "not reached", "could not connect", "connect"]);
}

#[test]
fn unauthorized() {
    let upstream = ScriptedServer::always(json_answer(401, r#"{"error":{"message":"invalid api key"}}"#));
    dead(&upstream.url(), &["401", "key was refused", "refused the key", "not accepted"]);
}

#[test]
fn too_many_requests() {
    let headers = ["content-type: application/json", "retry-after: 2"];
    let upstream = ScriptedServer::always(http(429, &headers, r#"{"error":"rate limit"}"#));
    dead(&upstream.url(), &["429", "limit", "too many"]);
}

#[test]
fn too_many_requests_for_longer_than_anybody_waits() {
    let headers = ["content-type: application/json", "retry-after: 600"];
    let upstream = ScriptedServer::always(http(429, &headers, r#"{"error":"rate limit"}"#));
    let asked = Instant::now();
    dead(&upstream.url(), &["429", "limit", "too many"]);
    assert!(asked.elapsed() < Duration::from_secs(10), "waited for what cannot come: {:?}", asked.elapsed());
}

#[test]
fn internal_error() {
    let upstream = ScriptedServer::always(json_answer(500, r#"{"error":"boom"}"#));
    dead(&upstream.url(), &["500"]);
}

#[test]
fn an_html_page() {
    dead(&ScriptedServer::always(html(200)).url(), &["html", "web page"]);
}

#[test]
fn silence() {
    let upstream = ScriptedServer::start(|_| Answer::Silence);
    dead(&upstream.url(), &["did not answer", "no answer", "timed out", "silent"]);
}
