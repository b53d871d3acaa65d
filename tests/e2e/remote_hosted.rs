//! Lumabill's hosted server: the key in the query goes to it and appears nowhere else, a read-only key lists no writing
//! tool, and what the stand-in itself does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::keyring::Desktop;
use crate::remote::breaks::{Break, On};
use crate::remote::hosted::{self, KEY, PATH, READ_ONLY_KEY, reads};
use crate::remote::plain::Plain;
use crate::remote::{Remote, Speaks};
use crate::support::{Ended, Era, Lumabill, McpSession, PATIENCE};

#[track_caller]
fn without_key(what: &str, text: &str) {
    for key in [KEY, READ_ONLY_KEY] {
        assert!(!text.contains(key), "the key is in {what}:\n{text}");
        let secret = key.trim_start_matches("lmb_planted_");
        assert!(!text.contains(secret), "the key's secret part is in {what}:\n{text}");
    }
}

fn login(desktop: &Desktop, server: &Remote, key: &str) -> Ended {
    let url = server.url();
    let arguments = ["login", "--service", "lumabill-hosted", "--api-url", url.as_str(), "--with-token"];
    desktop.lumabill(&arguments).env("LUMABILL_LOG", "trace").input(format!("{key}\n")).run()
}

fn serve(desktop: &Desktop) -> Lumabill {
    let arguments = ["serve", "--account", "lumabill-hosted", "--toolsets", "all"];
    desktop.lumabill(&arguments).env("LUMABILL_LOG", "trace").env("LUMABILL_RATE_LIMIT", "off")
}

fn at_key(server: &Remote, key: &str) -> Plain {
    Plain::new(server, &[]).at(&format!("{PATH}?key={key}"))
}

fn names(session: &mut McpSession) -> BTreeSet<String> {
    let listed = session.ask("tools/list", json!({}));
    let listed = listed["tools"].as_array().unwrap().iter();
    listed.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_stand_in_keeps_to_its_page() {
    let (server, _) = hosted::start(Speaks::sessions(PATH));
    assert_eq!(at_key(&server, "lmb_other").modern().post("tools/list", json!({})).status, 401);
    let (mut writer, _) = at_key(&server, KEY).initialize("2025-11-25");
    let (mut reader, _) = at_key(&server, READ_ONLY_KEY).initialize("2025-11-25");
    assert_eq!(writer.tools().len(), 31);
    assert!(reader.tools().iter().all(|tool| reads(tool)));
    for _ in 0..20 {
        writer.done("create_invoice", json!({ "client_id": "c", "lines": [] }));
    }
    let last = writer.post("tools/call", json!({ "name": "create_invoice", "arguments": {} }));
    assert_eq!((last.status, last.header("retry-after")), (429, Some("60")));
    writer.done("list_invoices", json!({}));
}

/// Calls and failures of every kind, at trace level, against a server that repeats the key.
#[track_caller]
fn serves_without_showing_it(desktop: &Desktop, server: &Remote, era: Era) {
    let run = serve(desktop);
    let mut session = McpSession::start(&run, era);
    session.call("create_expense", json!({ "id": "e1" })).done();
    for (tool, arguments) in
        [("list_invoices", json!({})), ("get_invoice", json!({ "id": "x" })), ("no_such", json!({}))]
    {
        let id = session.send_call(tool, arguments);
        let answer = session.answer(&id).to_string();
        without_key(&format!("the answer of {tool}"), &answer);
    }
    let id = session.send_call("get_client", json!({ "id": "x" }));
    without_key("a protocol error", &session.answer(&id).to_string());
    for what in [
        Break::status(500),
        Break::status(404),
        Break::redirect(302, &format!("http://127.0.0.1:9/?key={KEY}")),
        Break::unauthorized(&format!("Bearer resource_metadata=\"http://127.0.0.1:9/{KEY}\"")),
        Break::Reset,
        Break::CutAnswer,
        Break::WrongId,
    ] {
        server.break_once(On::Tool("list_clients"), what);
        let id = session.send_call("list_clients", json!({}));
        without_key("a failure", &session.answer(&id).to_string());
        server.mend();
    }
    session.lives();
    let arguments = std::fs::read(format!("/proc/{}/cmdline", session.pid())).unwrap();
    without_key("the command line", &String::from_utf8_lossy(&arguments));
    session.close_input();
    session.gone_within(PATIENCE);
    assert!(!session.stderr().is_empty(), "trace level says nothing, so this test shows nothing");
    without_key("stderr", &session.stderr());
}

/// What other commands print, and all files.
#[track_caller]
fn leaves_it_nowhere(desktop: &Desktop) {
    for command in [
        &["history"][..],
        &["history", "--json"],
        &["status", "--json"],
        &["status"],
        &["doctor"],
        &["tools", "--account", "lumabill-hosted"],
        &["call", "list_invoices", "--account", "lumabill-hosted", "--json"],
        &["call", "get_invoice", "--account", "lumabill-hosted"],
    ] {
        let ended = desktop.lumabill(command).env("LUMABILL_LOG", "trace").run();
        without_key(&command.join(" "), &format!("{}{}", ended.stdout, ended.stderr));
    }
    for (path, bytes) in desktop.home.files() {
        without_key(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn the_key_goes_to_the_server_and_appears_nowhere_else() {
    for era in Era::BOTH {
        let speaks = if era == Era::Legacy { Speaks::sessions(PATH) } else { Speaks::modern(PATH) };
        let (server, hosted) = hosted::start(speaks);
        let desktop = Desktop::start("");
        let ended = login(&desktop, &server, KEY).exits(0);
        without_key("what login prints", &format!("{}{}", ended.stdout, ended.stderr));
        *hosted.chatty.lock().unwrap() = true;
        serves_without_showing_it(&desktop, &server, era);
        leaves_it_nowhere(&desktop);
        // It did go to the server, and as the page has it.
        let posts: Vec<_> = server.requests().into_iter().filter(|request| request.verb == "POST").collect();
        assert!(posts.iter().any(|request| request.query("key").as_deref() == Some(KEY)));
        for request in &posts {
            assert_eq!(request.header("authorization"), None);
            assert!(!request.target.contains("/?"), "{}", request.target);
            without_key("a body", &String::from_utf8_lossy(&request.body));
        }
    }
}

#[test]
fn a_read_only_key_lists_and_calls_no_writing_tool() {
    for era in Era::BOTH {
        let (server, hosted) = hosted::start(Speaks::sessions(PATH));
        let desktop = Desktop::start("");
        login(&desktop, &server, READ_ONLY_KEY).exits(0);
        let mut session = McpSession::start(&serve(&desktop), era);
        let listed = names(&mut session);
        assert!(listed.contains("list_invoices") && listed.iter().all(|name| reads(name)), "{listed:?}");
        let id = session.send_call("create_invoice", json!({ "client_id": "c1", "lines": [] }));
        let answer = session.answer(&id);
        assert!(answer.get("error").is_some() || answer["result"]["isError"] == true, "{answer}");
        assert!(server.calls("create_invoice").is_empty());
        assert!(hosted.created.lock().unwrap().is_empty());
    }
}

#[test]
fn read_only_by_flag_lists_no_writing_tool_of_a_writing_key() {
    let (server, _) = hosted::start(Speaks::sessions(PATH));
    let desktop = Desktop::start("");
    login(&desktop, &server, KEY).exits(0);
    let mut session = McpSession::start(&serve(&desktop).and(&["--read-only"]), Era::Modern);
    let listed = names(&mut session);
    assert!(listed.contains("list_invoices") && listed.iter().all(|name| reads(name)), "{listed:?}");
}

#[test]
fn sixty_reads_and_twenty_writes_a_minute_are_kept_without_the_server_saying_so() {
    let (server, _) = hosted::start(Speaks::sessions(PATH));
    let desktop = Desktop::start("");
    login(&desktop, &server, KEY).exits(0);
    // With the service's own limits.
    let arguments = ["serve", "--account", "lumabill-hosted", "--toolsets", "all"];
    let mut session = McpSession::start(&desktop.lumabill(&arguments), Era::Modern);
    let mut held = Value::Null;
    for number in 0..21 {
        let answer = session.call("create_expense", json!({ "id": format!("e{number}") }));
        if answer.failed {
            held = json!(answer.text);
            break;
        }
    }
    let held = held.as_str().unwrap_or_else(|| panic!("21 writes in one minute"));
    assert!(held.contains("rate_limited"), "{held}");
    let sent = server.calls("create_expense").len();
    assert!((5..=20).contains(&sent), "{sent}");
}
