//! `--lean`: four tools find, describe and run all others; what the search finds is callable and nothing else, and
//! what is run is a call like any other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::confirmation::{asking, books, writes};
use crate::scripted_books::{id, run};
use crate::support::{Era, Lumabill, McpSession, SandboxProcess, ToolResult};

const LEAN: [&str; 3] = ["serve", "--sandbox", "--lean"];

fn names(session: &mut McpSession) -> Vec<String> {
    let tools = session.ask("tools/list", json!({}));
    tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Names that a search without words gives, by what runs them.
fn findable(session: &mut McpSession) -> BTreeSet<(String, String)> {
    let found = session.call("search_tools", json!({})).done().structured;
    let mut all = BTreeSet::new();
    for tools in found["topics"].as_object().unwrap().values() {
        for (run, names) in tools.as_object().unwrap() {
            for name in names.as_str().unwrap().split(", ") {
                assert!(all.insert((name.to_owned(), run.clone())), "{name} is named twice");
            }
        }
    }
    all
}

fn refused_code(result: ToolResult) -> String {
    result.refused().structured["error"]["code"].as_str().unwrap().to_owned()
}

/// What the tool itself said of an argument that it does not have: it was reached.
fn reached(result: ToolResult) -> bool {
    let text = result.refused().text;
    text.contains("has no argument `no_such_argument`")
}

#[test]
fn four_tools_are_listed_and_three_where_only_reading_is_allowed() {
    let four = ["search_tools", "describe_tool", "run_read", "run_write"];
    for era in Era::BOTH {
        let run = Lumabill::new(&LEAN);
        let mut session = McpSession::start(&run, era);
        assert_eq!(names(&mut session), four);
        let run = run.and(&["--read-only"]);
        let mut session = McpSession::start(&run, era);
        assert_eq!(names(&mut session), four[..3]);
        assert!(findable(&mut session).iter().all(|(_, run)| run == "run_read"));
    }
    let run = Lumabill::new(&LEAN);
    let tools = McpSession::start(&run, Era::Modern).ask("tools/list", json!({}));
    for tool in tools["tools"].as_array().unwrap() {
        assert_eq!(tool["annotations"]["readOnlyHint"], json!(tool["name"] != "run_write"), "{tool}");
    }
}

#[test]
fn a_key_that_shows_to_be_read_only_takes_run_write_away() {
    let sandbox = SandboxProcess::start(&[]);
    let run = sandbox.lumabill(&["serve", "--lean"]).with_api(&sandbox.url, &sandbox.read_only_key());
    let mut session = McpSession::start(&run, Era::Legacy);
    assert_eq!(names(&mut session).len(), 4);
    let write = json!({ "tool": "create_client", "arguments": { "name": "Neu AG" } });
    session.call("run_write", write.clone()).refused();
    session.notified("notifications/tools/list_changed");
    assert_eq!(names(&mut session), ["search_tools", "describe_tool", "run_read"]);
    assert_eq!(refused_code(session.call("run_write", write)), "read_only");
    assert_eq!(refused_code(session.call("describe_tool", json!({ "tool": "create_client" }))), "read_only");
}

#[test]
fn exactly_what_the_search_finds_is_described_and_run() {
    let run = Lumabill::new(&["serve", "--sandbox", "--toolsets", "all"]);
    let full = McpSession::start(&run, Era::Modern).ask("tools/list", json!({}));
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    let all: BTreeSet<_> = full["tools"].as_array().unwrap().iter().map(name).collect();
    for (flags, everything) in [(&[][..], true), (&["--toolsets", "banking", "--tools", "get_client"], false)]
    {
        let run = Lumabill::new(&LEAN).and(flags);
        let mut session = McpSession::start(&run, Era::Modern);
        let findable = findable(&mut session);
        if everything {
            assert_eq!(findable.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), all);
        } else {
            assert!((5..20).contains(&findable.len()), "{findable:?}");
        }
        for tool in &all {
            let tool = tool.as_str();
            let run = findable.iter().find(|(name, _)| name == tool).map(|(_, run)| run.as_str());
            // An argument that no tool has is refused by the tool itself, before anything else.
            let probe = json!({ "tool": tool, "arguments": { "no_such_argument": 1 } });
            let described = session.call("describe_tool", json!({ "tool": tool }));
            let exact = session.call("search_tools", json!({ "query": tool })).done().structured;
            let found = exact["tools"].as_array().into_iter().flatten().any(|hit| hit["name"] == tool);
            assert_eq!(found, run.is_some(), "{tool}: {exact}");
            let Some(run) = run else {
                assert_eq!(refused_code(described), "unknown_tool", "{tool}");
                for runner in ["run_read", "run_write"] {
                    assert_eq!(refused_code(session.call(runner, probe.clone())), "unknown_tool", "{tool}");
                }
                let id = session.send_call(tool, json!({}));
                assert_eq!(session.answer(&id)["error"]["code"], -32602, "{tool}");
                continue;
            };
            let facts = described.done().structured;
            assert_eq!((facts["name"].as_str(), facts["run"].as_str()), (Some(tool), Some(run)));
            assert_eq!(facts["annotations"]["readOnlyHint"], json!(run == "run_read"), "{tool}");
            let other = if run == "run_read" { "run_write" } else { "run_read" };
            let turned = session.call(other, probe.clone()).refused();
            assert_eq!(turned.structured["error"]["code"], "wrong_runner", "{tool}");
            assert!(turned.text.contains(run), "{}", turned.text);
            assert!(reached(session.call(run, probe)), "{tool}");
            // Called by its own name it is the same tool: what the search finds is callable.
            assert!(reached(session.call(tool, json!({ "no_such_argument": 1 }))), "{tool}");
        }
    }
}

#[test]
fn arguments_may_come_as_an_object_as_its_text_or_beside_the_tool() {
    let run = Lumabill::new(&LEAN);
    let mut session = McpSession::start(&run, Era::Modern);
    let wanted =
        session.call("run_read", json!({ "tool": "list_clients", "arguments": { "limit": 2 } })).done();
    assert_eq!(wanted.structured["n"], 2);
    for arguments in [
        json!({ "tool": "list_clients", "arguments": "{\"limit\": 2}" }),
        json!({ "tool": "list_clients", "limit": 2 }),
        json!({ "tool": "list_clients", "arguments": "", "limit": "2" }),
    ] {
        let got = session.call("run_read", arguments.clone()).done();
        assert_eq!(got.structured["items"], wanted.structured["items"], "{arguments}");
    }
    for (arguments, code) in [
        (json!({ "arguments": {} }), "missing_argument"),
        (json!({ "tool": "list_clients", "arguments": [1] }), "bad_arguments"),
        (json!({ "tool": "list_clients", "arguments": { "limit": 2 }, "limit": 3 }), "bad_arguments"),
    ] {
        assert_eq!(refused_code(session.call("run_read", arguments)), code);
    }
    let unknown = session.call("run_read", json!({ "tool": "list_client" })).refused();
    assert!(unknown.text.contains("did you mean `list_clients`?"), "{}", unknown.text);
}

#[test]
fn a_question_and_its_answer_work_as_for_a_direct_call() {
    for era in Era::BOTH {
        for (tool, arguments, label) in asking() {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &["serve", "--lean"]), era);
            let inner = json!({ "tool": tool, "arguments": arguments });
            let (question, declined) = session.call_and_answer("run_write", inner.clone(), "decline");
            assert!(question["message"].as_str().unwrap().contains(&label), "{question}");
            assert_eq!(refused_code(declined), "declined");
            assert_eq!(writes(&server), 0);
            let (_, done) = session.call_and_answer("run_write", inner, "accept");
            done.done();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn a_repeat_with_the_number_a_dry_run_and_a_duplicate_are_those_of_the_inner_tool() {
    let server = books();
    let mut session = McpSession::start(&run(&server, &["serve", "--lean"]), Era::Modern);
    let mut arguments = json!({ "id": id(1) });
    let call = |arguments: &Value| json!({ "tool": "delete_invoice", "arguments": arguments });
    let first = session.call("run_write", call(&arguments)).refused();
    assert_eq!(first.structured["error"]["confirm_number"], "R-1", "{}", first.text);
    // Called by its own name, it is still the same call.
    arguments["dry_run"] = json!(true);
    let shown = session.call("run_write", call(&arguments)).done().structured;
    assert_eq!(shown["request"]["method"], "DELETE");
    assert_eq!(writes(&server), 0);
    // Beside the arguments, where some models put it.
    let confirmed =
        json!({ "tool": "delete_invoice", "arguments": { "id": id(1) }, "confirm_number": "R-1" });
    session.call("run_write", confirmed).done();
    assert_eq!(writes(&server), 1);

    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&["serve", "--lean"]), Era::Modern);
    let expense = json!({ "amount": 12.5, "description": "paper" });
    let create = json!({ "tool": "create_expense", "arguments": expense });
    assert_eq!(session.call("run_write", create).done().structured["created"], true);
    let again = session.call("create_expense", expense).done();
    assert_eq!(again.structured["created"], false, "{}", again.text);
    let history = session.call("run_read", json!({ "tool": "list_recent_changes" })).done();
    assert!(
        history.text.contains("create_expense") && !history.text.contains("run_write"),
        "{}",
        history.text
    );
}

#[test]
fn the_search_names_what_is_not_offered_and_topics_are_terse() {
    let run = Lumabill::new(&LEAN);
    let mut session = McpSession::start(&run, Era::Modern);
    let sending = session.call("search_tools", json!({ "query": "send invoice" })).done();
    assert!(sending.structured["not_offered"].as_str().unwrap().contains("web app"), "{}", sending.text);
    let topic = session.call("search_tools", json!({ "query": "contacts" })).done().structured;
    assert!(topic["tools"]["run_write"].as_str().unwrap().contains("create_client"), "{topic}");
    let nothing = session.call("search_tools", json!({ "query": "xyzzy" })).done().structured;
    assert!(nothing["topics"]["banking"].is_object() && nothing["note"].is_string(), "{nothing}");
}
