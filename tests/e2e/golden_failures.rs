//! The usual failures as a person sees them in the terminal, word for word; `just golden` writes them anew.

use std::sync::Arc;

use serde_json::json;

use crate::confirmation::books;
use crate::golden::golden;
use crate::scripted_books::{id, profiles, run};
use crate::support::{
    Answer, Era, Home, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, html, http, json as json_answer,
};

/// Ports, folders and the program's own path are others at every run.
fn normal(text: &str, home: &Home, address: Option<&str>) -> String {
    let mut text = text.replace(env!("CARGO_BIN_EXE_lumabill"), "lumabill");
    text = text.replace(&home.path().display().to_string(), "HOME");
    if let Some(address) = address {
        text = text.replace(address.trim_start_matches("http://"), "ADDRESS");
    }
    text
}

/// What the command prints, and its exit code.
fn said(arguments: &[&str], server: Option<&str>) -> String {
    let home = Arc::new(Home::new());
    let mut command = Lumabill::at(&home, arguments);
    if let Some(url) = server {
        command = command.with_api(url, PLANTED_KEY);
    }
    let ended = command.run();
    let shown = arguments.iter().map(|word| {
        let word = word.replace('\'', "");
        if word.contains([' ', '{', '[']) { format!("'{word}'") } else { word }
    });
    let code = ended.code.unwrap();
    assert_ne!(code, 0, "{arguments:?}: {}", ended.stdout);
    let text = format!(
        "$ lumabill {}\n{}{}exit code {code}\n",
        shown.collect::<Vec<_>>().join(" "),
        ended.stdout,
        ended.stderr
    );
    assert!(!text.contains(PLANTED_KEY));
    normal(&text, &home, server)
}

/// The same against an API that gives one answer to all but the list of profiles.
fn upstream(arguments: &[&str], bytes: &[u8]) -> String {
    let bytes = bytes.to_vec();
    let server = ScriptedServer::start(move |request| match request.target.as_str() {
        "/v1/profiles" => profiles(),
        _ => Answer::Bytes(bytes.clone()),
    });
    said(arguments, Some(&server.url()))
}

/// A terminal waits as long as the API says; an assistant is told.
fn to_an_assistant(bytes: &[u8]) -> String {
    let server = ScriptedServer::always(bytes.to_vec());
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    format!("{}\n", session.call("list_invoices", json!({})).refused().text)
}

fn declined() -> String {
    let server = books();
    let mut session =
        McpSession::with_elicitation(&run(&server, &["serve", "--toolsets", "all"]), Era::Modern);
    let (question, result) = session.call_and_answer("delete_invoice", json!({ "id": id(1) }), "decline");
    let text = format!("? {}\n! decline\n{}\n", question["message"].as_str().unwrap(), result.refused().text);
    text.replace(env!("CARGO_BIN_EXE_lumabill"), "lumabill")
}

const CREATE: [&str; 3] = ["call", "create_client", "name=Neu AG"];
const LIST: [&str; 2] = ["call", "list_invoices"];

fn of_the_api() -> Vec<(&'static str, String)> {
    let error = |status, code: &str, message: &str| {
        json_answer(status, &json!({ "error": { "code": code, "message": message } }).to_string())
    };
    let fields = json!({ "error": {
        "code": "validation_failed", "message": "The data is not valid",
        "fields": { "name": ["is too short"], "address.country": ["must have two letters"] },
    } });
    let get = ["call", "get_invoice", &format!("id={}", id(7))].map(str::to_owned);
    let get: Vec<&str> = get.iter().map(String::as_str).collect();
    let busy = http(
        429,
        &["content-type: application/json", "retry-after: 3600"],
        r#"{"error":{"code":"rate_limited","message":"Too many requests"}}"#,
    );
    vec![
        ("401.txt", upstream(&LIST, &error(401, "unauthorized", "Invalid API key"))),
        ("403_read_only_key.txt", upstream(&CREATE, &error(403, "forbidden", "This key is read-only"))),
        ("404.txt", upstream(&get, &error(404, "not_found", "No such invoice"))),
        ("422_with_fields.txt", upstream(&CREATE, &json_answer(422, &fields.to_string()))),
        ("429.txt", to_an_assistant(&busy)),
        ("500_on_a_read.txt", upstream(&LIST, &error(500, "internal", "Something broke"))),
        ("html.txt", upstream(&LIST, &html(200))),
        ("refused_connection.txt", said(&LIST, Some(&ScriptedServer::refusing()))),
        ("silent.txt", said(&LIST, Some(&ScriptedServer::start(|_| Answer::Silence).url()))),
    ]
}

fn of_ours() -> Vec<(&'static str, String)> {
    let books = books();
    let books = Some(books.url());
    let books = books.as_deref();
    let sandbox = |arguments: &[&str]| said(&[arguments, &["--sandbox"]].concat(), None);
    let delete = ["call", "delete_invoice", &format!("id={}", id(1))].map(str::to_owned);
    let delete: Vec<&str> = delete.iter().map(String::as_str).collect();
    let refused = |tool: &str| sandbox(&["call", tool]);
    vec![
        ("not_logged_in.txt", said(&LIST, None)),
        ("unknown_tool.txt", sandbox(&["call", "list_invoice"])),
        ("unknown_argument.txt", sandbox(&["call", "list_clients", "page=2"])),
        ("missing_argument.txt", sandbox(&["call", "create_invoice", "client_name=Muster AG"])),
        ("wrong_argument.txt", sandbox(&["call", "list_invoices", "from=yesterday", "status=open"])),
        ("unknown_period.txt", sandbox(&["call", "list_invoices", "period=soon"])),
        ("read_only.txt", sandbox(&["call", "create_client", "name=Neu AG", "--read-only"])),
        ("confirmation_required.txt", said(&delete, books)),
        ("declined.txt", declined()),
        ("unknown_toolset.txt", sandbox(&["tools", "--toolsets", "invoices"])),
        ("wrong_runner.txt", sandbox(&["call", "run_read", "tool=create_client", "--lean"])),
        ("file_not_allowed.txt", sandbox(&["call", "preview_camt_file", "file=/etc/hosts"])),
        ("not_offered_send.txt", refused("send_invoice")),
        ("not_offered_pdf.txt", refused("get_invoice_pdf")),
        ("not_offered_void.txt", refused("void_invoice")),
        ("not_offered_paid.txt", refused("mark_invoice_paid")),
        ("not_offered_credit_note.txt", refused("create_credit_note")),
    ]
}

#[test]
fn failures_are_said_as_committed() {
    golden("tests/golden/failures", &[of_the_api(), of_ours()].concat());
}
