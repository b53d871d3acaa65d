//! The base of the stand-ins shows, to a plain client, that it speaks and breaks as it says.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::breaks::{Break, On};
use super::hostile::{self, Hostile, KEY, PATH, tool};
use super::plain::Plain;
use super::{Remote, Speaks, result};
use crate::support::{Gate, PATIENCE};

fn start(speaks: Speaks) -> (Remote, Arc<Hostile>) {
    let (server, hostile) = hostile::start(speaks, vec![tool("look", "Looks", true)]);
    hostile.acts(|_, _, exchange| {
        exchange.progress(1, 2, "half");
        result(&json!({ "seen": true }))
    });
    (server, hostile)
}

fn plain(server: &Remote) -> Plain {
    Plain::new(server, &[("authorization", &format!("Bearer {KEY}"))])
}

fn look() -> Value {
    json!({ "name": "look", "arguments": {}, "_meta": { "progressToken": 7 } })
}

#[test]
fn sessions_open_tell_end_and_are_lost() {
    let (server, _) = start(Speaks::sessions(PATH));
    let (mut client, opened) = plain(&server).initialize("2025-11-25");
    assert_eq!(opened["protocolVersion"], "2025-11-25");
    let answer = client.post("tools/call", look());
    // A notification before the answer makes a stream of it.
    let messages = answer.messages();
    assert_eq!(messages[0]["params"]["progressToken"], 7, "{messages:?}");
    assert_eq!(messages[1]["id"], client.post("ping", json!({})).json()["id"].as_u64().unwrap() - 1);
    let mut events = client.events();
    server.say("notifications/tools/list_changed", json!({}));
    assert_eq!(events.message()["method"], "notifications/tools/list_changed");
    server.lose_sessions();
    assert!(events.next().is_none(), "a restart ends the stream");
    assert_eq!(client.post("tools/list", json!({})).status, 404);
    let (client, _) = plain(&server).initialize("2025-06-18");
    assert_eq!(client.request("DELETE", "").status, 200);
    assert_eq!(client.request("DELETE", "").status, 404);
    assert_eq!(plain(&server).modern().post("server/discover", json!({})).status, 400);
    assert_eq!(server.count("initialize"), 2);
    let requests = server.requests();
    assert!(requests.is_sorted_by_key(|request| request.at), "kept in the order in which they came");
    let connections = requests.iter().map(|request| request.connection);
    assert_eq!(connections.max(), Some(requests.len() - 1), "a plain client opens one for each");
}

#[test]
fn a_stream_that_was_cut_can_be_asked_for_again() {
    let (server, hostile) = start(Speaks::sessions(PATH).resumable());
    let (mut client, _) = plain(&server).initialize("2025-11-25");
    server.break_once(On::Tool("look"), Break::CutAnswer);
    let cut = client.post("tools/call", look());
    assert!(!cut.body.contains("seen"), "{}", cut.body);
    assert_eq!(hostile.did("look"), 1);
    let last = cut.body.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    let mut rest = client.header("last-event-id", &last).events();
    assert!(rest.message().to_string().contains("seen"));
    assert!(rest.next().is_none());
}

#[test]
fn the_modern_era_wants_its_marks() {
    let (server, _) = start(Speaks::modern(PATH));
    let mut client = plain(&server).modern();
    let found = client.post("server/discover", json!({})).json();
    assert_eq!(found["result"]["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(found["result"]["resultType"], "complete");
    assert!(found["result"]["ttlMs"].is_number());
    let called = client.post("tools/call", look()).json();
    assert_eq!(called["result"]["resultType"], "complete");
    assert!(called["result"].get("ttlMs").is_none());
    let code = |got: super::plain::Got| (got.status, got.json()["error"]["code"].as_i64().unwrap());
    let bare = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} }).to_string();
    assert_eq!(code(client.request("POST", &bare)), (400, -32602));
    let marks = |version: &str| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } }).to_string()
    };
    assert_eq!(code(client.request("POST", &marks("2026-07-28"))), (400, -32020), "Mcp-Method is missing");
    let later =
        plain(&server).header("mcp-protocol-version", "2027-01-01").header("mcp-method", "tools/list");
    assert_eq!(code(later.request("POST", &marks("2027-01-01"))), (400, -32022));
    assert_eq!(code(client.post("initialize", json!({}))), (404, -32601));
    assert_eq!(client.request("GET", "").status, 405);
}

#[test]
fn it_breaks_where_it_is_told_to_and_then_works_again() {
    for (what, status, done) in [
        (Break::status(500), Some(500), 0),
        (Break::too_many("3"), Some(429), 0),
        (Break::LoseSessions, Some(404), 0),
        (Break::AnswerAfter(super::wire::HttpAnswer::empty(502)), Some(502), 1),
        (Break::WrongId, Some(200), 1),
    ] {
        let (server, hostile) = start(Speaks::sessions(PATH));
        let (mut client, _) = plain(&server).initialize("2025-11-25");
        server.break_once(On::Tool("look"), what);
        let got = client.post("tools/call", json!({ "name": "look", "arguments": {} }));
        assert_eq!((Some(got.status), hostile.did("look")), (status, done));
        let (mut client, _) = plain(&server).initialize("2025-11-25");
        assert!(!client.call("look", json!({})).0);
    }
}

#[test]
fn half_an_answer_is_half_an_answer() {
    for speaks in [Speaks::sessions(PATH), Speaks::stateless(PATH, "2024-11-05")] {
        let (server, hostile) = start(speaks);
        let (mut client, _) = plain(&server).initialize("2025-11-25");
        server.break_once(On::Tool("look"), Break::CutAnswer);
        let got = client.post("tools/call", json!({ "name": "look", "arguments": {} }));
        assert!(got.status == 200 && got.messages().is_empty(), "{got:?}");
        assert_eq!(hostile.did("look"), 1);
    }
}

#[test]
fn what_is_held_comes_when_it_is_let_go() {
    for held in [Break::Hold, Break::HoldAnswer] {
        let (server, hostile) = start(Speaks::sessions(PATH));
        let (mut client, _) = plain(&server).initialize("2025-11-25");
        let gate = Gate::default();
        let before = held(gate.clone());
        let done = usize::from(matches!(before, Break::HoldAnswer(_)));
        server.break_once(On::Tool("look"), before);
        let waiting = thread::spawn(move || client.call("look", json!({})));
        server.wait_for(1, |request| request.tool() == "look");
        if done == 1 {
            hostile.wait_until_done("look");
        }
        assert_eq!(hostile.did("look"), done);
        gate.open();
        assert!(!waiting.join().unwrap().0);
    }
    let (server, _) = start(Speaks::sessions(PATH));
    let (mut client, _) = plain(&server).initialize("2025-11-25");
    server.break_once(On::Any, Break::Wait(Duration::from_millis(20)));
    let began = Instant::now();
    assert!(!client.call("look", json!({})).0);
    assert!(began.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_client_that_goes_or_cancels_is_noticed() {
    for speaks in [Speaks::sessions(PATH), Speaks::modern(PATH)] {
        let (server, hostile) = start(speaks.clone());
        hostile.acts(|_, _, exchange| result(&json!({ "cancelled": exchange.cancelled_within(PATIENCE) })));
        let call = json!({ "name": "look", "arguments": {} });
        if speaks.modern {
            let under_way = plain(&server).modern().begin("tools/call", call);
            server.wait_for(1, |request| request.tool() == "look");
            drop(under_way);
        } else {
            let (mut client, _) = plain(&server).initialize("2025-11-25");
            let under_way = client.begin("tools/call", call);
            server.wait_for(1, |request| request.tool() == "look");
            let id = server.calls("look")[0].json["id"].clone();
            let note = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
            assert_eq!(client.request("POST", &note.to_string()).status, 202);
            drop(under_way);
        }
        hostile.wait_until_done("look");
    }
}

#[test]
fn silence_is_silence() {
    for (what, done) in [(Break::Silence, 0), (Break::SilenceAfter, 1)] {
        let (server, hostile) = start(Speaks::sessions(PATH));
        let (mut client, _) = plain(&server).initialize("2025-11-25");
        server.break_once(On::Tool("look"), what);
        let under_way = client.begin("tools/call", json!({ "name": "look", "arguments": {} }));
        server.wait_for(1, |request| request.tool() == "look");
        if done == 1 {
            hostile.wait_until_done("look");
        }
        drop(under_way);
        assert!(!client.call("look", json!({})).0);
        assert_eq!(hostile.did("look"), done + 1);
    }
}
