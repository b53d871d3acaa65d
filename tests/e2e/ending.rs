//! End of input and signals: an idle server is gone at once, a call under way is answered first.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Answer, Era, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, json as json_answer};

/// The promise for an idle process.
const AT_ONCE: Duration = Duration::from_millis(200);

const CLIENT: &str = r#"{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","name":"Muster AG"}"#;
const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;

/// Answers profiles at once and everything else after a while.
fn slow(wait: Duration) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return Answer::Bytes(json_answer(200, PROFILES));
        }
        Answer::After(wait, Answer::Bytes(json_answer(200, CLIENT)).into())
    })
}

fn serve(upstream: &ScriptedServer) -> Lumabill {
    Lumabill::new(&["serve"]).with_api(&upstream.url(), PLANTED_KEY)
}

/// Waits until something else than profiles was asked for.
fn arrived(upstream: &ScriptedServer) {
    let mut seen = 1;
    loop {
        upstream.wait_for(seen);
        let requests = upstream.requests();
        if requests.iter().any(|request| !request.target.starts_with("/v1/profiles")) {
            return;
        }
        seen = requests.len() + 1;
    }
}

#[test]
fn at_the_end_of_input_an_idle_server_is_gone_at_once() {
    let upstream = slow(Duration::ZERO);
    for era in Era::BOTH {
        let mut session = McpSession::start(&serve(&upstream), era);
        session.call("get_client", json!({ "id": "6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01" })).done();
        session.close_input();
        let (status, _) = session.gone_within(AT_ONCE);
        assert_eq!(status.code(), Some(0), "{era:?}: {}", session.stderr());
    }
}

#[test]
fn input_that_ends_before_it_began_is_a_normal_end() {
    let mut session = McpSession::unopened(&serve(&slow(Duration::ZERO)), Era::Legacy);
    session.close_input();
    // The time of the start is in it.
    let (status, _) = session.gone_within(Duration::from_secs(5));
    assert_eq!(status.code(), Some(0), "{}", session.stderr());
}

#[test]
fn an_open_subscription_does_not_hold_up_the_end() {
    let mut session = McpSession::start(&serve(&slow(Duration::ZERO)), Era::Modern);
    session.request("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    session.notified("notifications/subscriptions/acknowledged");
    session.close_input();
    let (status, _) = session.gone_within(AT_ONCE);
    assert_eq!(status.code(), Some(0), "{}", session.stderr());
}

#[test]
fn a_call_of_seven_seconds_under_way_is_answered_first() {
    let upstream = slow(Duration::from_secs(7));
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let id = session.send_call("get_client", json!({ "id": "6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01" }));
    arrived(&upstream);
    session.close_input();
    let answer = session.answer(&id);
    assert!(answer["result"].to_string().contains("Muster AG"), "{answer}");
    let answered = Instant::now();
    let (status, _) = session.gone_within(Duration::from_secs(2));
    assert_eq!(status.code(), Some(0), "{}", session.stderr());
    assert!(answered.elapsed() < Duration::from_secs(1), "lived on for {:?}", answered.elapsed());
}

#[test]
fn a_last_line_without_a_line_end_is_answered() {
    let mut session = McpSession::start(&serve(&slow(Duration::ZERO)), Era::Legacy);
    session.bytes(br#"{"jsonrpc":"2.0","id":"last","method":"tools/list","params":{}}"#.to_vec());
    session.close_input();
    assert!(session.answer(&json!("last"))["result"]["tools"].is_array());
    session.gone_within(Duration::from_secs(2));
}

#[test]
fn signals_end_an_idle_server_at_once() {
    let upstream = slow(Duration::ZERO);
    for signal in ["TERM", "INT"] {
        for era in Era::BOTH {
            let mut session = McpSession::start(&serve(&upstream), era);
            session.lives();
            session.signal(signal);
            let (status, _) = session.gone_within(AT_ONCE);
            assert_eq!(status.code(), Some(0), "SIG{signal} {era:?}: {}", session.stderr());
        }
    }
}

#[test]
fn a_write_that_is_being_sent_is_answered_before_a_signal_ends_the_server() {
    let upstream = ScriptedServer::start(|request| match request.method.as_str() {
        "POST" => Answer::After(Duration::from_secs(2), Answer::Bytes(json_answer(201, CLIENT)).into()),
        _ if request.target.starts_with("/v1/profiles") => Answer::Bytes(json_answer(200, PROFILES)),
        _ => Answer::Bytes(json_answer(200, r#"{"data":[],"total":0}"#)),
    });
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let id = session.send_call("create_client", json!({ "name": "Muster AG" }));
    loop {
        let seen = upstream.requests();
        if seen.iter().any(|request| request.method == "POST") {
            break;
        }
        upstream.wait_for(seen.len() + 1);
    }
    session.signal("TERM");
    let answer = session.answer(&id);
    assert!(answer["result"].to_string().contains("Muster AG"), "{answer}");
    let (status, _) = session.gone_within(Duration::from_secs(5));
    assert_eq!(status.code(), Some(0), "{}", session.stderr());
}

#[test]
fn a_read_that_never_ends_does_not_hold_up_a_signal() {
    let upstream = ScriptedServer::start(|_| Answer::Silence);
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let id = session.send_call("get_client", json!({ "id": "6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01" }));
    upstream.wait_for(1);
    session.signal("TERM");
    let answer = session.answer(&id);
    assert!(answer["result"].to_string().contains("told to stop"), "{answer}");
    session.gone_within(Duration::from_secs(6));
}
