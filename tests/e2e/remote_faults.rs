//! A remote server on a bad day, over every transport and in both eras: no hang, no lost answer, no second write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::remote::breaks::{Break, On};
use crate::remote::hostile::{self, Hostile};
use crate::remote::{Remote, Speaks, text_result};
use crate::support::{Era, Home, Lumabill, McpSession};

const READ: &str = "list_notes";
const WRITE: &str = "create_note";
/// Longer than any call may take.
const ANY_CALL: Duration = Duration::from_secs(60);

/// Every way to speak with a server.
fn roads() -> Vec<(&'static str, Speaks)> {
    vec![
        ("sessions", Speaks::sessions("/mcp")),
        ("sessions with events", Speaks::sessions("/mcp").with_events()),
        ("resumable streams", Speaks::sessions("/mcp").resumable()),
        ("no sessions", Speaks::stateless("/mcp", "2024-11-05")),
        ("modern", Speaks::modern("/mcp")),
        ("modern with events", Speaks::modern("/mcp").with_events()),
        ("older", Speaks::older("/mcp/sse")),
    ]
}

fn tool(name: &str, reads: bool) -> Value {
    json!({
        "name": name,
        "description": "About notes",
        "inputSchema": { "type": "object", "properties": { "text": { "type": "string" } } },
        "annotations": { "readOnlyHint": reads, "destructiveHint": false },
    })
}

struct Day {
    server: Remote,
    notes: Arc<Hostile>,
    session: McpSession,
}

/// A server, an account for it as of a service whose hints are believed, and a client.
fn day(speaks: Speaks) -> Day {
    let (server, notes) = hostile::start(speaks, vec![tool(READ, true), tool(WRITE, false)]);
    let home = Arc::new(Home::new());
    let url = server.url();
    let login = ["login", "--service", "billbot", "--api-url", &url, "--with-token", "--insecure-storage"];
    Lumabill::at(&home, &login).input("bb_planted_0123456789abcdef\n").run().exits(0);
    let serve = ["serve", "--account", "billbot", "--toolsets", "all", "--confirm", "never"];
    let session = McpSession::start(&Lumabill::at(&home, &serve), Era::Legacy);
    Day { server, notes, session }
}

#[test]
fn a_server_that_restarts_between_calls_is_not_noticed() {
    for (road, speaks) in roads() {
        let Day { server, notes, mut session } = day(speaks);
        session.call(READ, json!({})).done();
        for round in 1..=2 {
            server.lose_sessions();
            session.call(WRITE, json!({ "text": format!("note {round}") })).done();
            assert_eq!(notes.did(WRITE), round, "{road}");
            server.lose_sessions();
            session.call(READ, json!({})).done();
        }
        session.lives();
    }
}

#[test]
fn an_answer_that_breaks_in_the_middle_is_had_or_told_lost_and_nothing_is_done_twice() {
    for (road, speaks) in roads() {
        let resumable = speaks.resumable;
        let Day { server, notes, mut session } = day(speaks);
        server.break_once(On::Tool(READ), Break::CutAnswer);
        session.call(READ, json!({})).done();
        server.break_once(On::Tool(WRITE), Break::CutAnswer);
        let answer = session.call(WRITE, json!({ "text": "one" }));
        assert_eq!(answer.failed, !resumable, "{road}: {}", answer.text);
        assert_eq!(notes.did(WRITE), 1, "{road}");
        if !resumable {
            assert!(answer.text.contains("no clear answer came back"), "{road}: {}", answer.text);
            session.call(WRITE, json!({ "text": "one" })).refused();
            assert_eq!(notes.did(WRITE), 1, "{road}: what may have been done is not done again");
        }
        session.call(READ, json!({})).done();
    }
}

#[test]
fn an_answer_to_somebody_else_is_none() {
    for (road, speaks) in
        [("events", Speaks::sessions("/mcp").with_events()), ("json", Speaks::sessions("/mcp"))]
    {
        let Day { server, notes, mut session } = day(speaks);
        server.break_once(On::Tool(WRITE), Break::WrongId);
        let answer = session.call(WRITE, json!({ "text": "one" })).refused();
        assert!(answer.text.contains("no clear answer came back"), "{road}: {}", answer.text);
        assert_eq!(notes.did(WRITE), 1, "{road}");
        session.call(READ, json!({})).done();
    }
}

#[test]
fn a_credential_that_is_refused_in_the_middle_is_said_so_and_nothing_was_done() {
    for (road, speaks) in roads() {
        if speaks.older {
            // Its messages are refused one by one as well, but by other rules.
            continue;
        }
        let Day { server, notes, mut session } = day(speaks);
        session.call(READ, json!({})).done();
        for name in [READ, WRITE] {
            server.break_once(On::Tool(name), Break::unauthorized("Bearer"));
            let answer = session.call(name, json!({ "text": "one" })).refused();
            assert!(answer.text.contains("login`"), "{road}: {}", answer.text);
            assert!(!answer.text.contains("no clear answer"), "{road}: {}", answer.text);
        }
        assert_eq!(notes.did(WRITE), 0, "{road}");
        session.call(WRITE, json!({ "text": "one" })).done();
        assert_eq!(notes.did(WRITE), 1, "{road}: a refused one may be called again");
    }
}

#[test]
fn slow_discovery_is_waited_for() {
    for (road, speaks) in [
        ("modern", Speaks::modern("/mcp")),
        ("both eras", Speaks::sessions("/mcp").and_modern()),
        ("older eras", Speaks::sessions("/mcp")),
    ] {
        let Day { server, mut session, .. } = day(speaks);
        server.break_once(On::Method("server/discover"), Break::Wait(Duration::from_secs(4)));
        let begun = Instant::now();
        session.call(READ, json!({})).done();
        assert!(begun.elapsed() < Duration::from_secs(10), "{road}: {:?}", begun.elapsed());
    }
}

#[test]
fn ten_megabytes_come_through_whole() {
    let text = "Zürich 8001, ".repeat(10_000_000 / 14);
    for (road, speaks) in roads() {
        let Day { server: _listens, notes, mut session } = day(speaks);
        let said = text.clone();
        notes.acts(move |_, _, _| text_result(&said, false));
        let answer = session.call(READ, json!({})).done();
        assert!(answer.text == text, "{road}: {} of {} bytes", answer.text.len(), text.len());
        let answer = session.call(WRITE, json!({ "text": "one" })).done();
        assert!(answer.text == text, "{road}: {} of {} bytes", answer.text.len(), text.len());
    }
}

#[test]
fn a_list_of_tools_that_changes_is_told_and_listed() {
    for (road, speaks) in roads() {
        if speaks.older || road == "no sessions" {
            continue;
        }
        let Day { server, notes, mut session } = day(speaks);
        session.call(READ, json!({})).done();
        server.wait_for(1, |request| request.verb == "GET" || request.method() == "subscriptions/listen");
        notes.lists(vec![tool(READ, true), tool(WRITE, false), tool("list_more_notes", true)]);
        let known = session.ask("tools/list", json!({}))["tools"].as_array().unwrap().len();
        server.say("notifications/tools/list_changed", json!({}));
        session.notified("notifications/tools/list_changed");
        let tools = session.ask("tools/list", json!({}))["tools"].as_array().unwrap().clone();
        assert!(tools.iter().any(|tool| tool["name"] == "list_more_notes"), "{road}: {tools:?}");
        assert!(tools.len() >= known, "{road}");
    }
}

#[test]
fn silence_has_an_end() {
    let Day { server, notes, mut session } = day(Speaks::sessions("/mcp").with_events());
    server.break_always(On::Tool(READ), Break::Silence);
    server.break_always(On::Tool(WRITE), Break::SilenceAfter);
    let read = session.send_call(READ, json!({}));
    let write = session.send_call(WRITE, json!({ "text": "one" }));
    let listed = session.ask("tools/list", json!({}));
    assert!(listed["tools"].is_array(), "others do not wait: {listed}");
    for id in [read, write] {
        let answer = session.answer_within(&id, ANY_CALL);
        assert_eq!(answer["result"]["isError"], true, "{answer}");
    }
    assert_eq!((server.calls(WRITE).len(), notes.did(WRITE)), (1, 1));
    server.mend();
    session.call(READ, json!({})).done();
}
