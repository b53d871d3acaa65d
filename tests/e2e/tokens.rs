//! What the assistant pays for the lists of tools, counted by a real tokenizer (`o200k_base`) that
//! `tests/install-tools.sh` installs.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{Era, Home, Lumabill, McpSession};

/// Tokens of each text, in their order.
pub fn count(texts: &[String]) -> Vec<usize> {
    let home = Home::new();
    let files: Vec<_> = (0..texts.len()).map(|number| home.path().join(format!("{number}.json"))).collect();
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(file, text).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/tokens.mjs");
    let output = Command::new("node").arg(script).args(&files).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run tests/install-tools.sh first: {said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let counted = lines.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap());
    counted.collect()
}

#[test]
fn the_lists_keep_to_their_budgets() {
    // The sandbox has two profiles, so that `profile_id` is declared.
    let lists: [(&[&str], usize); 8] = [
        // Asked before each write: every one of them declares `confirm_number`.
        (&["serve", "--sandbox", "--toolsets", "all", "--confirm", "writes"], 9_000),
        (&["serve", "--sandbox", "--confirm", "writes"], 6_000),
        (&["serve", "--sandbox", "--toolsets", "all"], 9_000),
        (&["serve", "--toolsets", "all"], 9_000),
        (&["serve", "--sandbox"], 6_000),
        (&["serve"], 6_000),
        (&["serve", "--sandbox", "--lean"], 900),
        (&["serve", "--lean"], 900),
    ];
    let listed = |arguments: &[&str]| {
        let run = Lumabill::new(arguments);
        let mut session = McpSession::start(&run, Era::Modern);
        session.ask("tools/list", json!({}))["tools"].to_string()
    };
    let texts: Vec<_> = lists.iter().map(|(arguments, _)| listed(arguments)).collect();
    for ((arguments, budget), tokens) in lists.iter().zip(count(&texts)) {
        assert!(tokens > 100, "{arguments:?}: {tokens} tokens are no list");
        assert!(tokens <= *budget, "{arguments:?}: {tokens} tokens of {budget}");
    }
}

#[test]
fn the_instructions_are_short() {
    let instructions = |arguments: &[&str]| {
        let run = Lumabill::new(arguments);
        let mut session = McpSession::unopened(&run, Era::Legacy);
        session.open()["instructions"].as_str().unwrap().to_owned()
    };
    let texts = [
        instructions(&["serve"]),
        instructions(&["serve", "--sandbox", "--toolsets", "all"]),
        instructions(&["serve", "--lean"]),
    ];
    for (text, tokens) in texts.iter().zip(count(&texts)) {
        assert!((100..=350).contains(&tokens), "{tokens} tokens: {text}");
        // Claude Code cuts them there.
        assert!(text.len() < 2_048, "{} bytes", text.len());
    }
}
