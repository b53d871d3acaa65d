//! What the assistant pays: tokens of `tools/list` and of a long list, by a real tokenizer (`o200k_base`).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::figures::Table;
use crate::peer::{Kind, Peer};
use crate::upstream::{Upstream, invoices};

/// Adds the rows, or says why they are missing.
pub fn list(directory: &Path, upstream: &Upstream, table: &mut Table) {
    let tools = |arguments: &[&str]| {
        let kind = Kind::lumabill(directory, upstream)?.with(arguments, "{}");
        let answer: Value = serde_json::from_slice(Peer::start(&kind).0.ask("tools/list", "{}")).ok()?;
        Some(answer["result"]["tools"].to_string())
    };
    for (what, arguments, budget) in [
        ("full `tools/list`", &["serve", "--toolsets", "all"][..], 9_000.0),
        ("full `tools/list`, sandbox", &["serve", "--sandbox", "--toolsets", "all"], 9_000.0),
        ("default `tools/list`", &["serve"], 6_000.0),
        ("default `tools/list`, sandbox", &["serve", "--sandbox"], 6_000.0),
        ("`tools/list` with --lean", &["serve", "--lean"], 900.0),
        ("`tools/list` with --lean, sandbox", &["serve", "--sandbox", "--lean"], 900.0),
    ] {
        match tools(arguments).and_then(|text| count(&text)) {
            Some(tokens) => table.ours(what, "tokens", tokens, budget),
            None => println!("{what}: not measured; `tests/install-tools.sh` installs the tokenizer"),
        }
    }
    let call = r#"{"name":"list_invoices","arguments":{"limit":100}}"#;
    let Some(kind) = Kind::lumabill(directory, upstream) else { return };
    let answer: Value =
        serde_json::from_slice(&Peer::start(&kind.with(&["serve"], call)).0.answer()).unwrap_or_default();
    // A client shows its model either the text or the structured content: the larger one counts.
    let result = &answer["result"];
    let shown = [
        result["content"][0]["text"].as_str().map(str::to_owned),
        result.get("structuredContent").map(Value::to_string),
    ];
    let shown: Vec<f64> = shown.into_iter().flatten().filter_map(|text| count(&text)).collect();
    if let (Some(seen), Some(raw)) = (shown.into_iter().reduce(f64::max), count(&invoices())) {
        table.ours("a list of 100 invoices, of the raw JSON's tokens", "%", seen * 100.0 / raw, 25.0);
    }
}

fn count(text: &str) -> Option<f64> {
    let file = std::env::temp_dir().join(format!("lumabill-tokens-{}.json", std::process::id()));
    std::fs::write(&file, text).ok()?;
    let output = Command::new("node").arg("tests/tools/tokens.mjs").arg(&file).output().ok()?;
    drop(std::fs::remove_file(&file));
    String::from_utf8(output.stdout).ok()?.split_whitespace().next()?.parse().ok()
}
