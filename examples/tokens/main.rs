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
    let mut instructions = Vec::new();
    for (what, flags, most) in asked {
        let Some(mut account) = Session::start(&books, &[&["serve"], flags].concat()) else { continue };
        let Some(mut sandbox) = Session::start(&books, &[&["serve", "--sandbox"], flags].concat()) else {
            continue;
        };
        instructions.push((what, account.instructions.clone(), sandbox.instructions.clone()));
        let (account, sandbox) = (account.tools(), sandbox.tools());
        let counts = tokenizer.count(&[&account.to_string(), &sandbox.to_string()]);
        let tools = account.as_array().map_or(0, Vec::len);
        println!("| {what} | {tools} | {} | {} | {most} |", counts[0], counts[1]);
    }
    for (what, account, sandbox) in instructions {
        let counts = tokenizer.count(&[&account, &sandbox]);
        println!("| instructions beside the {what} | | {} | {} | |", counts[0], counts[1]);
    }
    let plain = books.plain_tools();
    let count = tokenizer.count(&[&plain.to_string()]);
    let tools = plain.as_array().map_or(0, Vec::len);
    println!(
        "| for comparison: one tool per endpoint, with the schemas of the API's own description | {tools} | {} | | |\n",
        count[0]
    );
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
