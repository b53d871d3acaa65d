//! Whatever a client or the API sends, the process lives on and every request with an id gets an answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Answer, Era, Gate, Lumabill, McpSession, PLANTED_KEY, Recorded, ScriptedServer, ToolResult, html, http,
    json as json_answer,
};

const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;

/// The id of the `n`-th client of the scripted API.
fn client_id(n: usize) -> String {
    format!("6f1d8e0a-2a57-4a0e-9d55-{n:012}")
}

/// Answers every client with a record that carries the id asked for.
fn client(request: &Recorded) -> Vec<u8> {
    if request.target.starts_with("/v1/profiles") {
        return json_answer(200, PROFILES);
    }
    let id = request.target.rsplit('/').next().unwrap().split('?').next().unwrap();
    json_answer(200, &json!({ "id": id, "name": format!("Client {id}") }).to_string())
}

fn serve(upstream: &ScriptedServer) -> Lumabill {
    Lumabill::new(&["serve"]).with_api(&upstream.url(), PLANTED_KEY)
}

#[track_caller]
fn get_client(session: &mut McpSession) -> ToolResult {
    session.call("get_client", json!({ "id": client_id(1) }))
}

#[test]
fn sixty_four_calls_in_flight_are_each_answered_with_their_own() {
    for era in Era::BOTH {
        let gate = Gate::default();
        let held = gate.clone();
        let upstream = ScriptedServer::start(move |request| {
            Answer::Held(held.clone(), Answer::Bytes(client(request)).into())
        });
        let mut session = McpSession::start(&serve(&upstream), era);
        let ids: Vec<Value> =
            (0..64).map(|n| session.send_call("get_client", json!({ "id": client_id(n) }))).collect();
        upstream.wait_for(1);
        gate.open();
        // Asked for in the other order: answers are matched by id, not by turn.
        for (n, id) in ids.iter().enumerate().rev() {
            let answer = session.answer(id);
            let text = answer["result"].to_string();
            assert!(text.contains(&client_id(n)), "{era:?} {n}: {answer}");
            assert_ne!(answer["result"]["isError"], true, "{era:?} {n}: {answer}");
        }
        session.lives();
    }
}

#[test]
fn two_hundred_large_answers_all_arrive() {
    let notes = "Zürich ".repeat(12_000);
    let upstream = ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return Answer::Bytes(json_answer(200, PROFILES));
        }
        let id = request.target.rsplit('/').next().unwrap();
        Answer::Bytes(json_answer(200, &json!({ "id": id, "name": "Muster AG", "notes": notes }).to_string()))
    });
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let ids: Vec<Value> =
        (0..200).map(|n| session.send_call("get_client", json!({ "id": client_id(n) }))).collect();
    for (n, id) in ids.iter().enumerate() {
        let answer = session.answer_within(id, Duration::from_secs(60));
        assert!(answer["result"].to_string().contains(&client_id(n)), "{n}");
    }
    session.lives();
}

#[test]
fn a_line_of_twenty_megabytes_is_answered_by_its_id() {
    let upstream = ScriptedServer::start(|request| Answer::Bytes(client(request)));
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let big = "x".repeat(20 << 20);
    let params = format!(r#"{{"name":"get_client","arguments":{{"id":"{big}"}}}}"#);
    // The id stands before what is too long, behind it, and looks like one inside of it.
    session.line(&format!(r#"{{"jsonrpc":"2.0","id":"before","method":"tools/call","params":{params}}}"#));
    session.line(&format!(r#"{{"jsonrpc":"2.0","method":"tools/call","params":{params},"id":"behind"}}"#));
    let inside = format!(r#"{{"name":"get_client","arguments":{{"id":"{big}","note":"\"id\":666"}}}}"#);
    session.line(&format!(r#"{{"jsonrpc":"2.0","method":"tools/call","params":{inside},"id":77}}"#));
    for id in [json!("before"), json!("behind"), json!(77)] {
        let answer = session.answer(&id);
        assert!(answer["error"].is_object() || answer["result"]["isError"] == true, "{answer}");
    }
    // Too long and no request: nothing to answer.
    session
        .line(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/whatever","params":{{"x":"{big}"}}}}"#));
    session.line(&format!("{{\"jsonrpc\":\"2.0\",{big}"));
    get_client(&mut session).done();
    assert!(session.answered(&json!(666)).is_none());
}

#[test]
fn malformed_lines_harm_nobody() {
    let upstream = ScriptedServer::start(|request| Answer::Bytes(client(request)));
    for era in Era::BOTH {
        let mut session = McpSession::unopened(&serve(&upstream), era);
        let lines: [&[u8]; 9] = [
            b"\n",
            b"{\n",
            b"not json\n",
            b"\xff\xfe\x00{}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\n",
            b"\"text\"\n",
            b"12\n",
            b"null\n",
            b"  \t \r\n",
        ];
        for line in lines {
            session.bytes(line.to_vec());
        }
        session.open();
        for line in lines {
            session.bytes(line.to_vec());
            session.lives();
        }
        get_client(&mut session).done();
    }
}

#[test]
fn every_request_of_a_batch_is_answered() {
    let upstream = ScriptedServer::start(|request| Answer::Bytes(client(request)));
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let call = |id: &str, n| {
        let params = json!({ "name": "get_client", "arguments": { "id": client_id(n) } });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/whatever" });
    session.line(&json!([call("a", 1), notification, call("b", 2), 12, call("c", 3)]).to_string());
    for (id, n) in [("a", 1), ("b", 2), ("c", 3)] {
        let answer = session.answer(&json!(id));
        assert!(answer["result"].to_string().contains(&client_id(n)), "{answer}");
    }
    session.line("[]");
    session.line("[[]]");
    session.lives();
}

#[test]
fn what_comes_before_the_first_request_does_not_end_the_session() {
    let upstream = ScriptedServer::start(|request| Answer::Bytes(client(request)));
    for era in Era::BOTH {
        let mut session = McpSession::unopened(&serve(&upstream), era);
        session.notify("notifications/initialized", json!({}));
        session.notify("notifications/cancelled", json!({ "requestId": "server-discover-probe-1" }));
        session.notify("notifications/unheard-of", json!({ "x": [1, 2] }));
        session.line(r#"{"jsonrpc":"2.0","id":5,"result":{}}"#);
        session.line(r#"{"jsonrpc":"2.0","id":6,"error":{"code":-1,"message":"no"}}"#);
        session.open();
        get_client(&mut session).done();
    }
}

#[test]
fn a_second_request_with_a_live_id_is_answered_too() {
    let gate = Gate::default();
    let held = gate.clone();
    let upstream = ScriptedServer::start(move |request| {
        Answer::Held(held.clone(), Answer::Bytes(client(request)).into())
    });
    for era in Era::BOTH {
        let mut session = McpSession::start(&serve(&upstream), era);
        for n in [1, 2] {
            let params = json!({ "name": "get_client", "arguments": { "id": client_id(n) } });
            session.request_as(&json!("twice"), "tools/call", params);
        }
        upstream.wait_for(1);
        gate.open();
        let answers = [session.answer(&json!("twice")), session.answer(&json!("twice"))];
        for n in [1, 2] {
            let own = answers.iter().filter(|answer| answer["result"].to_string().contains(&client_id(n)));
            assert_eq!(own.count(), 1, "{era:?} {n}: {answers:?}");
        }
    }
}

#[test]
fn wrong_shapes_are_answered_with_errors() {
    let upstream = ScriptedServer::start(|request| Answer::Bytes(client(request)));
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let with_ids = [
        (json!("s1"), r#"{"jsonrpc":"1.0","id":"s1","method":"tools/list"}"#),
        (json!("s2"), r#"{"id":"s2","method":"tools/list"}"#),
        (json!("s3"), r#"{"jsonrpc":"2.0","id":"s3"}"#),
        (json!("s4"), r#"{"jsonrpc":"2.0","id":"s4","method":7}"#),
        (json!("s5"), r#"{"jsonrpc":"2.0","id":"s5","method":"tools/call","params":[1,2]}"#),
        (json!("s6"), r#"{"jsonrpc":"2.0","id":"s6","method":"tools/call","params":"x"}"#),
        (json!("s7"), r#"{"jsonrpc":"2.0","id":"s7","method":"tools/call"}"#),
        (json!("s8"), r#"{"jsonrpc":"2.0","id":"s8","method":"tools/call","params":{"arguments":{}}}"#),
        (json!("s9"), r#"{"jsonrpc":"2.0","id":"s9","method":"tools/call","params":{"name":5}}"#),
        (
            json!("s10"),
            r#"{"jsonrpc":"2.0","id":"s10","method":"tools/call","params":{"name":"get_client","arguments":[1]}}"#,
        ),
        (json!("s11"), r#"{"jsonrpc":"2.0","id":"s11","method":"no/such/method","params":{}}"#),
        (
            json!("s12"),
            r#"{"jsonrpc":"2.0","id":"s12","method":"tools/call","params":{"name":"no_such_tool","arguments":{}}}"#,
        ),
    ];
    for (id, line) in with_ids {
        session.line(line);
        let answer = session.answer(&id);
        let failed = answer["error"]["code"].is_number() || answer["result"]["isError"] == true;
        assert!(failed, "{line}\n{answer}");
    }
    // Ids of unusual forms come back as they were sent.
    for id in ["1.5", "18446744073709551615", "-3", "903", "903.0", "\"\""] {
        session.line(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list","params":{{}}}}"#));
        let id: Value = serde_json::from_str(id).unwrap();
        session.answer(&id);
    }
    // These are no ids: an answer, if any, has none either.
    for id in ["null", "true", "{}", "[1]"] {
        session.line(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list","params":{{}}}}"#));
        session.lives();
    }
    get_client(&mut session).done();
}

/// A read against an upstream that misbehaves in one way: a failed result in good time, and a living process.
#[track_caller]
fn fails_and_lives(answer: impl Fn() -> Answer + Send + Sync + 'static, words: &[&str]) {
    let upstream = ScriptedServer::start(move |_| answer());
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let failed = get_client(&mut session).refused();
    let text = failed.text.to_lowercase();
    assert!(words.iter().any(|word| text.contains(word)), "none of {words:?} in: {}", failed.text);
    assert!(!failed.text.contains(PLANTED_KEY));
    session.lives();
    // The bound on a body holds for memory too: nothing near the size of what was offered was kept.
    assert!(session.memory("VmHWM") < 96 << 20, "{} bytes", session.memory("VmHWM"));
}

#[test]
fn an_html_page_is_a_clear_failure() {
    fails_and_lives(|| Answer::Bytes(html(200)), &["html", "web page"]);
}

#[test]
fn half_a_json_is_a_clear_failure() {
    fails_and_lives(
        || Answer::Bytes(json_answer(200, r#"{"id":"6f1d8e0a","name":"Mus"#)),
        &["json", "ends in the middle"],
    );
}

#[test]
fn a_body_that_ends_too_early_is_a_clear_failure() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"id\":\"6f";
    fails_and_lives(
        move || Answer::Last(cut.to_vec()),
        &["cut", "connection", "lost", "ended", "incomplete", "body"],
    );
}

#[test]
fn gigabytes_are_cut_off_with_a_clear_failure() {
    fails_and_lives(|| Answer::Endless, &["5 mib", "too large", "larger", "too long", "more than"]);
}

#[test]
fn an_answer_that_is_no_http_is_a_clear_failure() {
    fails_and_lives(
        || Answer::Last(b"\x16\x03\x01 what?\r\n\r\n".to_vec()),
        &["connection", "http", "answer", "lost"],
    );
}

#[test]
fn a_reset_is_a_clear_failure() {
    fails_and_lives(|| Answer::Reset, &["connection", "reset", "lost"]);
}

#[test]
fn a_connection_closed_without_an_answer_is_a_clear_failure() {
    fails_and_lives(|| Answer::Last(Vec::new()), &["connection", "closed", "lost", "answer"]);
}

#[test]
fn an_empty_answer_is_no_crash() {
    let upstream = ScriptedServer::always(http(200, &["content-type: application/json"], ""));
    let mut session = McpSession::start(&serve(&upstream), Era::Legacy);
    let result = get_client(&mut session);
    assert!(!result.text.is_empty());
    session.lives();
}
