//! What real agents wrote to `lumabill serve`, byte for byte, from the first line to one invoice: recorded from
//! the programs themselves (`tests/clients`, 2026-11-21), replayed without them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Era, McpSession, SandboxProcess};

/// Codex leaves out of its first turn whoever has not listed its tools by then; the others wait longer.
const GRACE: Duration = Duration::from_secs(1);

/// Name, what it wrote, and the version that it and we agree on.
const AGENTS: [(&str, &str, &str); 6] = [
    ("claude-code", include_str!("conformance_agents/claude-code-2.1.329.jsonl"), "2026-07-28"),
    ("codex", include_str!("conformance_agents/codex-0.169.0.jsonl"), "2025-06-18"),
    ("copilot", include_str!("conformance_agents/copilot-1.0.102.jsonl"), "2026-07-28"),
    ("gemini", include_str!("conformance_agents/gemini-0.61.0.jsonl"), "2025-06-18"),
    ("opencode", include_str!("conformance_agents/opencode-1.18.33.jsonl"), "2025-11-25"),
    ("qwen", include_str!("conformance_agents/qwen-0.24.4.jsonl"), "2025-11-25"),
];

/// A line and what it says.
fn messages(wire: &str) -> Vec<(&str, Value)> {
    wire.lines().map(|line| (line, serde_json::from_str(line).unwrap())).collect()
}

/// The answer must be a good one for this request.
#[track_caller]
fn check(name: &str, request: &Value, answer: &Value, version: &str) {
    let result = &answer["result"];
    assert!(answer["error"].is_null() && result.is_object(), "{name}: {request}\n{answer}");
    let modern = version == "2026-07-28";
    assert_eq!(result["resultType"] == "complete", modern, "{name}: {answer}");
    match request["method"].as_str().unwrap() {
        "initialize" => assert_eq!(result["protocolVersion"], version, "{name}"),
        "server/discover" => {
            let supported = result["supportedVersions"].as_array().unwrap();
            assert!(supported.contains(&json!(version)), "{name}: {answer}");
        }
        "tools/list" => {
            let tools = result["tools"].as_array().unwrap();
            assert!(tools.iter().any(|tool| tool["name"] == "create_invoice"), "{name}");
        }
        "tools/call" => {
            assert_ne!(result["isError"], true, "{name}: {answer}");
            assert!(result["structuredContent"].to_string().contains("583.75"), "{name}: {answer}");
            assert!(result["content"][0]["text"].as_str().unwrap().contains("583.75"), "{name}: {answer}");
        }
        _ => {}
    }
}

fn invoices(sandbox: &SandboxProcess) -> usize {
    sandbox.get("/v1/invoices?limit=100")["data"].as_array().unwrap().len()
}

/// Nothing of what a client says about itself and its conversation belongs in a log, at any level.
#[track_caller]
fn logged_nothing_of(name: &str, session: &McpSession) {
    let log = session.stderr();
    for foreign in ["toolUseId", "call_wanted", "x-codex-turn-metadata", "fake-model", "Consulting", "583.75"]
    {
        assert!(!log.contains(foreign), "{name}: `{foreign}` in\n{log}");
    }
}

#[test]
fn each_agent_gets_from_its_first_line_to_an_invoice() {
    for (name, wire, version) in AGENTS {
        let sandbox = SandboxProcess::start(&[]);
        let known = invoices(&sandbox);
        let run = sandbox.lumabill(&["serve"]).env("LUMABILL_LOG", "debug");
        let began = Instant::now();
        let mut session = McpSession::unopened(&run, Era::Legacy);
        for (line, message) in messages(wire) {
            session.line(line);
            let Some(id) = message.get("id") else { continue };
            if message["method"] == "subscriptions/listen" {
                let first = session.notified("notifications/subscriptions/acknowledged");
                assert_eq!(&first["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id, "{name}");
                continue;
            }
            let answer = session.answer(id);
            check(name, &message, &answer, version);
            if message["method"] == "tools/list" {
                assert!(began.elapsed() < GRACE, "{name}: {:?} from the start to its tools", began.elapsed());
            }
        }
        assert_eq!(invoices(&sandbox), known + 1, "{name}");
        logged_nothing_of(name, &session);
        session.close_input();
        let (status, _) = session.gone_within(Duration::from_secs(1));
        assert_eq!(status.code(), Some(0), "{name}: {}", session.stderr());
    }
}

/// As a client does that does not wait: all at once, up to the call.
#[test]
fn each_agent_is_answered_when_it_writes_without_waiting() {
    for (name, wire, version) in AGENTS {
        let sandbox = SandboxProcess::start(&[]);
        // Its home has to be there as long as the session.
        let run = sandbox.lumabill(&["serve"]);
        let mut session = McpSession::unopened(&run, Era::Legacy);
        let messages = messages(wire);
        let called = messages.iter().position(|(_, message)| message["method"] == "tools/call").unwrap();
        let sent = &messages[..=called];
        session.bytes(sent.iter().flat_map(|(line, _)| [line.as_bytes(), b"\n"].concat()).collect());
        for (_, message) in sent.iter().filter(|(_, message)| message["method"] != "subscriptions/listen") {
            if let Some(id) = message.get("id") {
                let answer = session.answer(id);
                check(name, message, &answer, version);
            }
        }
    }
}
