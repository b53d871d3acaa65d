//! `just tokens`: what an assistant pays, by a real tokenizer (`o200k_base`), printed as the Markdown of
//! `docs/tokens.md`. Everything is measured by running the built program against its own sandbox.
//!
//! Usage: `tokens DIRECTORY` with the binary `lumabill` in it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a driver that people watch: it stops at the first thing that is not as it should be"
)]

mod books;
mod session;
mod tasks;
mod tokenizer;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use books::Books;
use session::Session;
use tokenizer::Tokenizer;

const HEAD: &str = "\
# What an assistant pays

Tokens by `o200k_base`, measured by `just tokens` on the embedded sandbox as of 2026-11-21; it writes this file.
";

fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/debug".to_owned()));
    let program = directory.join("lumabill");
    let tokenizer = Tokenizer::new();
    println!("{HEAD}");
    lists(&program, &tokenizer);
    hundred(&program, &tokenizer);
    tasks::print(&program, &tokenizer);
}

/// What a session begins with: the list of tools, and the instructions.
fn lists(program: &Path, tokenizer: &Tokenizer) {
    let books = Books::open(program);
    println!(
        "## Once a session\n\n| what | tools | tokens | in the sandbox | at most |\n| --- | ---: | ---: | ---: | ---: |"
    );
    let asked = [
        ("full `tools/list`", &["--toolsets", "all"][..], "9000"),
        ("default `tools/list`", &[], "6000"),
        ("`--lean` `tools/list`", &["--lean"], "900"),
    ];
    let mut rows = Vec::new();
    for (what, flags, most) in asked {
        let start = |first: &[&str]| Session::start(&books, &[first, flags].concat());
        let Some((mut account, mut sandbox)) = start(&["serve"]).zip(start(&["serve", "--sandbox"])) else {
            continue;
        };
        let tools = [account.tools(), sandbox.tools()];
        let number = tools[0].as_array().map_or(0, Vec::len).to_string();
        rows.push((what.to_owned(), number, tools.map(|tools| tools.to_string()), most));
        let instructions = [account.instructions.clone(), sandbox.instructions.clone()];
        rows.push((format!("instructions beside the {what}"), String::new(), instructions, ""));
    }
    let plain = books.plain_tools();
    let number = plain.as_array().map_or(0, Vec::len).to_string();
    let what =
        "for comparison: one tool per endpoint, with the schemas of the API's own description".to_owned();
    rows.push((what, number, [plain.to_string(), String::new()], ""));
    let texts: Vec<&str> = rows.iter().flat_map(|row| &row.2).map(String::as_str).collect();
    let counts = tokenizer.count(&texts);
    for ((what, number, texts, most), counts) in rows.iter().zip(counts.chunks(2)) {
        let sandbox = if texts[1].is_empty() { String::new() } else { counts[1].to_string() };
        println!("| {what} | {number} | {} | {sandbox} | {most} |", counts[0]);
    }
    println!();
}

/// A list of a hundred invoices against what the API sends for it.
fn hundred(program: &Path, tokenizer: &Tokenizer) {
    let books = Books::open(program);
    books.fill(100);
    let mut session = Session::start(&books, &["serve"]).expect("it serves");
    let ours = session.call("list_invoices", &json!({ "limit": 100 }));
    let raw = books.get("/v1/invoices?limit=100");
    let read: Value = serde_json::from_str(&raw).expect("the sandbox sends JSON");
    assert_eq!(read["data"].as_array().map(Vec::len), Some(100), "{raw}");
    let counts = tokenizer.count(&[&ours.text, &ours.structured, &raw]);
    let (seen, raw) = (counts[0].max(counts[1]), counts[2]);
    println!(
        "## A list of 100 invoices\n\n| | tokens |\n| --- | ---: |\n| raw JSON of the API | {raw} |\n| `list_invoices` | {seen} |\n| share (at most 25 %) | {} % |\n",
        tokenizer::percent(seen, raw)
    );
}
