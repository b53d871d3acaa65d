//! What is served is the same from `tools`, over a pipe and for a call, whatever the flags.

use serde_json::{Value, json};

use crate::support::{Era, Lumabill, McpSession};

const FLAGS: &[&[&str]] = &[
    &[],
    &["--toolsets", "all"],
    &["--toolsets", "banking,default"],
    &["--toolsets", "reports", "--tools", "get_client,create_vendor"],
    &["--tools", "get_client"],
    &["--toolsets", "all", "--read-only"],
    &["--toolsets", "all", "--confirm", "writes"],
    &["--lean"],
    &["--lean", "--read-only"],
    &["--lean", "--toolsets", "expenses"],
];

/// What a tool that is reached says of an argument that it does not have.
const UNKNOWN: &str = "has no argument `no_such_argument`";

fn every_name() -> Vec<String> {
    let tools = Lumabill::new(&["tools", "--json", "--toolsets", "all"]).run().exits(0).json();
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    tools.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn tools_and_tools_list_agree_and_what_they_list_is_callable() {
    let every = every_name();
    for flags in FLAGS {
        for place in [&[][..], &["--sandbox"]] {
            let shown = Lumabill::new(&["tools", "--json"]).and(flags).and(place).run();
            let shown = shown.exits(0).json();
            let serve = Lumabill::new(&["serve"]).and(flags).and(place);
            let mut session = McpSession::start(&serve, Era::Modern);
            let listed = session.ask("tools/list", json!({}))["tools"].take();
            assert_eq!(shown, listed, "{flags:?} {place:?}");
            let lean = flags.contains(&"--lean");
            for tool in every.iter().filter(|_| !lean) {
                let is_listed = listed.as_array().unwrap().iter().any(|row| row["name"] == tool.as_str());
                let id = session.send_call(tool, json!({ "no_such_argument": 1 }));
                let answer = session.answer(&id);
                let reached = answer.to_string().contains(UNKNOWN);
                assert_eq!(reached, is_listed, "{flags:?} {tool}: {answer}");
            }
        }
    }
}

#[test]
fn a_tool_that_a_person_names_is_served_besides_whatever_is_listed() {
    for flags in FLAGS.iter().filter(|flags| !flags.contains(&"--read-only")) {
        for tool in ["get_client", "delete_vendor", "list_invoices"] {
            let call = Lumabill::new(&["call", tool, "no_such_argument=1", "--json", "--sandbox"]);
            let refused = call.and(flags).run().exits(1);
            assert!(refused.stdout.contains(UNKNOWN), "{flags:?} {tool}: {}", refused.stdout);
            let shown = Lumabill::new(&["tools", tool, "--json"]).and(flags).run().exits(0);
            assert_eq!(shown.json()["name"], tool);
        }
    }
    let refused = Lumabill::new(&["call", "delete_vendor", "--read-only", "--sandbox", "--json"]).run();
    assert_eq!(refused.exits(1).json()["error"]["code"], "read_only");
}

#[test]
fn the_four_lean_tools_are_called_from_the_terminal_with_lean_only() {
    let call = ["call", "--sandbox", "--json", "run_read", "tool=list_clients", "limit=1"];
    let done = Lumabill::new(&call).and(&["--lean"]).run().exits(0).json();
    assert_eq!(done["n"], 1);
    let refused = Lumabill::new(&call).run().exits(2);
    assert!(refused.stderr.contains("--lean"), "{}", refused.stderr);
    let listed = Lumabill::new(&["tools", "--lean"]).run().exits(0).stdout;
    assert!(listed.starts_with("lean\n") && listed.contains("run_write"), "{listed}");
}
