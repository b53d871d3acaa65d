//! `export_invoices`: every record is a line with its exact amounts and no formula; files are new, whole and where the
//! user allowed them, or not there.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::invoice_stats::{HOSTILE, amount, cut_short, invoices};
use crate::scripted_books::{listing, run};
use crate::support::{Era, Lumabill, McpSession, SandboxProcess};

const TOOL: &str = "export_invoices";

/// The cells of a CSV text, by RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            letter => cell.push(letter),
        }
    }
    assert!(!quoted && cell.is_empty() && line.is_empty(), "the text ends within a line");
    lines
}

/// The text holds these records, one a line, in their order.
#[track_caller]
fn holds(text: &str, records: &[Value]) {
    let lines = cells(text);
    let columns: Vec<&str> = lines[0].iter().map(String::as_str).collect();
    assert_eq!(
        columns.join(","),
        "id,number,client,status,issue_date,due_date,paid_at,currency,net,tax,total,amount_paid,amount_due"
    );
    assert_eq!(lines.len() - 1, records.len());
    for (line, record) in lines[1..].iter().zip(records) {
        let text = |field: &str| record[field].as_str().unwrap_or_default();
        for (cell, field) in
            line.iter().zip(["id", "number", "", "status", "issue_date", "due_date", "paid_at", "currency"])
        {
            assert!(field.is_empty() || cell == text(field), "{field}: {cell} in {record}");
        }
        for (cell, field) in
            line[8..].iter().zip(["subtotal", "tax_total", "total", "amount_paid", "amount_due"])
        {
            assert_eq!(amount(&json!(cell)), amount(&record[field]), "{field} of {record}");
        }
    }
}

/// A folder in the home of a run, and the option that allows it.
fn folder(run: &Lumabill) -> String {
    let folder = run.home.path().join("exports");
    fs::create_dir_all(&folder).unwrap();
    fs::canonicalize(folder).unwrap().display().to_string()
}

fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_sandbox_s_invoices_are_returned_and_written_alike() {
    let sandbox = SandboxProcess::start(&[]);
    let records = sandbox.all("/v1/invoices");
    let run = sandbox.lumabill(&[]);
    let folder = folder(&run);
    for (era, name) in Era::BOTH.into_iter().zip(["a.csv", "b.CSV"]) {
        let mut session = McpSession::start(&run.clone().with_arguments(&["serve", "--files", &folder]), era);
        let returned = session.call(TOOL, json!({})).done().structured;
        assert_eq!((&returned["n"], &returned["complete"]), (&json!(records.len()), &json!(true)));
        let text = returned["csv"].as_str().unwrap();
        holds(text, &records);
        let written = session.call(TOOL, json!({ "file": name })).done().structured;
        let path = written["file"].as_str().unwrap();
        assert_eq!(path, Path::new(&folder).join(name).to_str().unwrap());
        let file = fs::read_to_string(path).unwrap();
        assert_eq!(written["bytes"], json!(file.len()));
        assert!(written.get("csv").is_none(), "{written}");
        assert_eq!(file.replace("\r\n", "\n"), text);
        assert_eq!(file.matches("\r\n").count(), records.len() + 1);
        let paid = session.call(TOOL, json!({ "status": "paid", "period": "2026-Q2" })).done().structured;
        let paid_then = |row: &&Value| {
            row["status"] == "paid"
                && ("2026-04".."2026-07").contains(&&row["issue_date"].as_str().unwrap()[..7])
        };
        holds(paid["csv"].as_str().unwrap(), &records.iter().filter(paid_then).cloned().collect::<Vec<_>>());
    }
    assert_eq!(names(&folder), ["a.csv", "b.CSV"]);
}

#[test]
fn ten_thousand_invoices_fit_into_a_file_and_into_no_answer() {
    let records = invoices(10_000);
    let server = listing(records.clone());
    let run = run(&server, &[]);
    let folder = folder(&run);
    let mut session =
        McpSession::start(&run.clone().with_arguments(&["serve", "--files", &folder]), Era::Modern);
    let refused = session.call(TOOL, json!({})).refused();
    assert_eq!(
        (&refused.structured["error"]["code"], &refused.structured["error"]["n"]),
        (&json!("too_long"), &json!(10_000))
    );
    for part in ["`file`", "`period`", "lumabill call export_invoices >"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    let written = session.call(TOOL, json!({ "file": "all.csv" })).done();
    assert!(written.text.len() < 400, "{}", written.text);
    let file = fs::read_to_string(Path::new(&folder).join("all.csv")).unwrap();
    holds(&file, &records);
    println!("{} bytes, VmHWM {} KB", file.len(), session.memory("VmHWM") / 1024);
    assert!(session.memory("VmHWM") < 64 << 20);
    // In a terminal it is printed, however long, and nothing but the rows.
    let printed = run.with_arguments(&["call", TOOL]).run().exits(0);
    assert_eq!(printed.stdout, file.replace("\r\n", "\n"));
}

#[test]
fn no_text_of_a_client_becomes_a_formula_and_negative_amounts_stay_numbers() {
    let mut records = invoices(3);
    for (record, name) in records.iter_mut().zip(["+41 44 000 00 00", "-5", "@SUM(A1:A9), \"x\""]) {
        record["client"]["name"] = json!(name);
        record["number"] = json!(HOSTILE);
        record["total"] = json!(-583.74);
    }
    records[2]["currency"] = json!("\t=1");
    let server = listing(records);
    let told =
        McpSession::start(&run(&server, &["serve"]), Era::Legacy).call(TOOL, json!({})).done().structured;
    let lines = cells(told["csv"].as_str().unwrap());
    for (line, name) in lines[1..].iter().zip(["'+41 44 000 00 00", "'-5", "'@SUM(A1:A9), \"x\""]) {
        assert_eq!((line[2].as_str(), line[10].as_str()), (name, "-583.74"));
        assert!(line[1].starts_with("'=HYPERLINK(\"http") && line[1].contains("\\u{202e}\n"), "{line:?}");
    }
    assert_eq!(lines[3][7], "'\t=1");
}

#[test]
fn a_part_of_a_list_is_neither_returned_nor_written() {
    let server = cut_short(invoices(300));
    let run = run(&server, &[]);
    let folder = folder(&run);
    let mut session =
        McpSession::start(&run.clone().with_arguments(&["serve", "--files", &folder]), Era::Modern);
    for (arguments, words) in
        [(json!({ "file": "x.csv" }), "no file was written"), (json!({}), "nothing was exported")]
    {
        let refused = session.call(TOOL, arguments).refused();
        assert_eq!(refused.structured["error"]["code"], "incomplete");
        assert!(refused.text.contains(words), "{}", refused.text);
    }
    assert!(names(&folder).is_empty());
}

#[test]
fn files_are_new_and_where_the_user_allowed_them() {
    let sandbox = SandboxProcess::start(&[]);
    let run = sandbox.lumabill(&[]);
    let folder = folder(&run);
    let kept = Path::new(&folder).join("kept.csv");
    fs::write(&kept, "mine").unwrap();
    let reads = |session: &mut McpSession, file: &str| session.call(TOOL, json!({ "file": file })).refused();
    let mut session =
        McpSession::start(&run.clone().with_arguments(&["serve", "--files", &folder]), Era::Modern);
    let outside = run.home.path().join("outside.csv").display().to_string();
    for file in ["kept.csv", kept.to_str().unwrap(), &outside, "sub/x.csv", "../x.csv", "x.sh", ".csv"] {
        let refused = reads(&mut session, file);
        assert!(refused.text.contains("file"), "{file}: {}", refused.text);
        let code = refused.structured["error"]["code"].as_str().unwrap();
        assert!(["file_refused", "bad_arguments"].contains(&code), "{file}: {}", refused.text);
    }
    assert!(reads(&mut session, &outside).text.contains(&folder), "the allowed folder is named");
    assert!(reads(&mut session, "kept.csv").text.contains("another name"));
    let mut nowhere = McpSession::start(&run.clone().with_arguments(&["serve"]), Era::Modern);
    assert!(reads(&mut nowhere, "x.csv").text.contains("config files"));
    assert_eq!((fs::read(&kept).unwrap(), names(&folder)), (b"mine".to_vec(), vec!["kept.csv".to_owned()]));
    assert!(!Path::new(&outside).exists());
}

#[test]
fn a_read_only_key_exports_too() {
    let sandbox = SandboxProcess::start(&[]);
    let run = Lumabill::new(&["serve", "--read-only"])
        .with_api(&sandbox.url, &sandbox.read_only_key())
        .env("LUMABILL_PROFILE_ID", &sandbox.profile("Muster Consulting GmbH"));
    let mut session = McpSession::start(&run, Era::Modern);
    let told = session.call(TOOL, json!({})).done().structured;
    holds(told["csv"].as_str().unwrap(), &sandbox.all("/v1/invoices"));
}
