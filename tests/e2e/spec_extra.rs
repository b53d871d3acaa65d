//! Operations that only the user's description of the API has, as further tools: sent once and asked about, files through
//! allowed folders, and nothing of a hostile description gets where it could do harm.

use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::scripted_books::{answer, id, page, profiles};
use crate::support::{Answer, Era, Home, Lumabill, McpSession, PLANTED_KEY, Recorded, ScriptedServer, http};

const PDF: &[u8] = b"%PDF-1.7\n\x00\xffbinary";

fn extra(tool: &str, verb: &str, path: &str, arguments: Value) -> Value {
    json!({ "tool": tool, "about": format!("[spec] {tool}"), "verb": verb, "path": path, "arguments": arguments })
}

fn argument(name: &str, place: &str, required: bool, schema: Value) -> Value {
    json!({ "name": name, "place": place, "required": required, "schema": schema })
}

fn of_record() -> Value {
    argument("id", "path", true, json!({ "type": "string" }))
}

/// What a vendor may add.
fn further() -> Vec<Value> {
    let send = json!([
        of_record(),
        argument("to", "body", true, json!({ "type": "array", "items": { "type": "string" } })),
        argument("language", "body", false, json!({ "type": "string", "enum": ["de", "fr"] })),
        json!({ "name": "limit_param", "wire": "limit", "place": "body", "schema": { "type": "integer" } }),
    ]);
    let mut pdf = extra("get_invoice_pdf", "GET", "/v1/invoices/{id}/pdf", json!([of_record()]));
    pdf["media_type"] = json!("application/pdf");
    let terms = json!([argument("status", "query", false, json!({ "type": "array" }))]);
    vec![
        extra("send_invoice", "POST", "/v1/invoices/{id}/send", send),
        pdf,
        extra("void_invoice", "POST", "/v1/invoices/{id}/void", json!([of_record()])),
        extra("convert_offer", "POST", "/v1/offers/{id}/convert", json!([of_record()])),
        extra("get_reminder_run", "GET", "/v1/invoices/{id}/send", json!([of_record()])),
        extra("list_payment_terms", "GET", "/v1/payment-terms", terms),
        extra(
            "create_credit_note",
            "POST",
            "/v1/credit-notes",
            json!([argument("reason", "body", true, json!({"type": "string"}))]),
        ),
        extra(
            "patch_terms",
            "PATCH",
            "/v1/payment-terms/{id}",
            json!([of_record(), argument("days", "body", true, json!({ "type": "integer" }))]),
        ),
    ]
}

/// A home whose account has this description in use.
fn described(server: &ScriptedServer, extras: &[Value]) -> Arc<Home> {
    let home = Arc::new(Home::new());
    let spoken = json!({
        "get_invoice": { "verb": "GET", "path": "/v1/invoices/{invoiceId}" },
        "list_profiles": { "verb": "GET", "path": "/v1/profiles" },
    });
    let kept = json!({
        "version": 1, "origin": server.url(), "source": "api.yaml", "title": "Books 2", "digest": "0", "taken": "2026-11-21T00:00:00Z",
        "dialect": { "spoken": spoken }, "extra": extras,
    });
    let folder = home.path().join("config/spec");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(home.path().join("files")).unwrap();
    fs::write(folder.join("lumabill.json"), kept.to_string()).unwrap();
    home
}

fn run(server: &ScriptedServer, home: &Arc<Home>, arguments: &[&str]) -> Lumabill {
    Lumabill::at(home, arguments).with_api(&server.url(), PLANTED_KEY)
}

/// Profiles, one invoice, a PDF; everything else is up to `write`.
fn books(other: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> ScriptedServer {
    ScriptedServer::start(move |request| match (request.method.as_str(), request.target.as_str()) {
        ("GET", target) if target.starts_with("/v1/profiles") => profiles(),
        ("GET", target) if target.ends_with("/pdf") => {
            let head =
                ["content-type: application/pdf", "content-disposition: attachment; filename=\"R-1.pdf\""];
            let mut bytes = http(200, &head, "");
            let text = String::from_utf8(bytes).unwrap();
            bytes = text.replace("content-length: 0", &format!("content-length: {}", PDF.len())).into_bytes();
            bytes.extend_from_slice(PDF);
            Answer::Bytes(bytes)
        }
        ("GET", target) if target == format!("/v1/invoices/{}", id(1)) => answer(
            200,
            &json!({ "id": id(1), "number": "R-1", "status": "draft", "total": 583.75, "currency": "CHF" }),
        ),
        _ => other(request),
    })
}

fn to(request: &Recorded) -> String {
    format!("{} {}", request.method, request.target)
}

fn sent(server: &ScriptedServer, what: &str) -> Vec<Recorded> {
    server.requests().into_iter().filter(|request| to(request).contains(what)).collect()
}

fn names(session: &mut McpSession) -> Vec<String> {
    let listed = session.ask("tools/list", json!({}));
    listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn sending_is_asked_about_sent_once_and_not_again() {
    let server = books(|_| answer(200, &json!({ "sentAt": "2026-11-21" })));
    let home = described(&server, &further());
    let mut session = McpSession::with_elicitation(&run(&server, &home, &["serve"]), Era::Modern);
    let arguments = json!({ "id": id(1), "to": ["a@muster.example"], "limit_param": 3 });
    let (question, done) = session.call_and_answer("send_invoice", arguments.clone(), "accept");
    let said = question["message"].as_str().unwrap();
    for words in [
        "Carry out send_invoice for \"R-1\"?",
        "POST /v1/invoices/{id}/send",
        "CHF 583.75",
        "a@muster.example",
        &id(1),
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let done = done.done();
    assert_eq!(
        (&done.structured["done"], &done.structured["answer"]["sentAt"]),
        (&json!(true), &json!("2026-11-21"))
    );
    let requests = sent(&server, "POST");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].target, format!("/v1/invoices/{}/send", id(1)));
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(body, json!({ "to": ["a@muster.example"], "limit": 3 }));
    let (_, again) = session.call_and_answer("send_invoice", arguments, "accept");
    assert!(again.done().text.starts_with("NOT DONE AGAIN"));
    assert_eq!(sent(&server, "POST").len(), 1);
    let history = run(&server, &home, &["history", "--json"]).run().exits(0);
    assert!(history.stdout.contains("send_invoice"), "{}", history.stdout);
}

#[test]
fn a_lost_answer_is_unknown_even_without_the_description_and_a_person_settles_it() {
    let server = books(|_| Answer::Reset);
    let home = described(&server, &further());
    let serve = run(&server, &home, &["serve", "--confirm", "never"]);
    let mut session = McpSession::start(&serve, Era::Modern);
    let arguments = json!({ "id": id(1), "to": "a@muster.example" });
    let lost = session.call("send_invoice", arguments.clone()).refused();
    let error = &lost.structured["error"];
    assert_eq!(
        (&error["code"], &error["sent"]),
        (&json!("outcome_unknown"), &json!("unknown")),
        "{}",
        lost.text
    );
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("history settle") && hint.contains("nothing here can look up"), "{hint}");
    let again = session.call("send_invoice", arguments.clone()).refused();
    assert_eq!(again.structured["error"]["code"], "outcome_unknown", "{}", again.text);
    // In other words: the same record.
    let other = session.call("send_invoice", json!({ "id": id(1), "to": "b@muster.example" })).refused();
    assert_eq!(other.structured["error"]["code"], "outcome_unknown", "{}", other.text);
    assert_eq!(sent(&server, "POST").len(), 1);
    drop(session);
    // Reset: the tool is gone, its entry is not.
    fs::remove_file(home.path().join("config/spec/lumabill.json")).unwrap();
    let mut session = McpSession::start(&serve, Era::Modern);
    assert!(!names(&mut session).contains(&"send_invoice".to_owned()));
    let client = session.call("create_client", json!({ "name": "Muster AG" })).refused();
    assert_eq!(client.structured["error"]["code"], "outcome_unknown", "{}", client.text);
    let history = run(&server, &home, &["history"]).run().exits(0).stdout;
    assert!(history.contains("send invoice R-1, by e2e"), "{history}");
    run(&server, &home, &["history", "settle", "1", "--not-created"]).run().exits(0);
}

#[test]
fn a_pdf_goes_into_an_allowed_folder_and_never_through_the_model() {
    let server = books(|_| answer(404, &json!({})));
    let home = described(&server, &further());
    let folder = home.path().join("files");
    let serve = run(&server, &home, &["serve", "--files", folder.to_str().unwrap()]);
    let mut session = McpSession::start(&serve, Era::Modern);
    let shown = session.call("get_invoice_pdf", json!({ "id": id(1) })).done();
    assert_eq!(shown.structured["bytes"], PDF.len());
    assert_eq!(
        (&shown.structured["name"], &shown.structured["media_type"]),
        (&json!("R-1.pdf"), &json!("application/pdf"))
    );
    assert!(shown.structured["hint"].as_str().unwrap().contains("`file`"), "{}", shown.text);
    assert!(!shown.text.contains("%PDF"), "{}", shown.text);
    let saved = session.call("get_invoice_pdf", json!({ "id": id(1), "file": "R-1.pdf" })).done();
    assert_eq!(fs::read(folder.join("R-1.pdf")).unwrap(), PDF);
    assert!(saved.structured["file"].as_str().unwrap().ends_with("R-1.pdf"), "{}", saved.text);
    let requests = server.requests().len();
    for file in ["R-1.pdf", "R-1.sh", "../R-2.pdf", "/etc/R-2.pdf", ""] {
        let refused = session.call("get_invoice_pdf", json!({ "id": id(1), "file": file }));
        assert_eq!(refused.failed, !file.is_empty(), "{file}: {}", refused.text);
    }
    // Only the last one was no name at all.
    assert_eq!(server.requests().len(), requests + 1);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn reads_pass_their_json_and_what_writes_is_hidden_where_only_reading_is_allowed() {
    let server = books(|_| answer(200, &json!([{ "id": 1, "days": 30 }])));
    let home = described(&server, &further());
    let mut session = McpSession::start(&run(&server, &home, &["serve", "--read-only"]), Era::Modern);
    let listed = names(&mut session);
    for (tool, is_listed) in [
        ("get_invoice_pdf", true),
        ("list_payment_terms", true),
        ("get_reminder_run", false),
        ("send_invoice", false),
        ("create_credit_note", false),
        ("patch_terms", false),
    ] {
        assert_eq!(listed.iter().any(|name| name == tool), is_listed, "{tool}");
    }
    let refused = session.call("send_invoice", json!({ "id": id(1), "to": "x" })).refused();
    assert_eq!(refused.structured["error"]["code"], "read_only");
    let terms = session.call("list_payment_terms", json!({ "status": ["a", "b"] })).done();
    assert_eq!(terms.structured["answer"], json!([{ "id": 1, "days": 30 }]));
    assert_eq!(sent(&server, "terms")[0].target, "/v1/payment-terms?status=a&status=b");
}

#[test]
fn every_further_write_asks_and_a_preview_sends_nothing() {
    let server = books(|_| answer(200, &json!({ "id": "n-1" })));
    let home = described(&server, &further());
    let mut session = McpSession::start(&run(&server, &home, &["serve"]), Era::Modern);
    for (tool, arguments, method) in [
        ("void_invoice", json!({ "id": id(1) }), "POST"),
        ("convert_offer", json!({ "id": id(1) }), "POST"),
        ("get_reminder_run", json!({ "id": id(1) }), "GET"),
        ("create_credit_note", json!({ "reason": "double" }), "POST"),
        ("patch_terms", json!({ "id": "7", "days": "30" }), "PATCH"),
    ] {
        let mut dry = arguments.clone();
        dry["dry_run"] = json!(true);
        let preview = session.call(tool, dry).done();
        assert_eq!(preview.structured["request"]["method"], method, "{tool}");
        let refused = session.call(tool, arguments.clone()).refused();
        let error = &refused.structured["error"];
        assert_eq!(error["code"], "confirmation_required", "{tool}: {}", refused.text);
        let writes =
            sent(&server, " /").into_iter().filter(|one| one.method != "GET" || one.target.ends_with("send"));
        assert_eq!(writes.count(), 0, "{tool}");
    }
    let refused = session.call("patch_terms", json!({ "id": "7", "days": 30 })).refused();
    let number = refused.structured["error"]["confirm_number"].clone();
    let done = session.call("patch_terms", json!({ "id": "7", "days": 30, "confirm_number": number })).done();
    assert_eq!(done.structured["done"], true, "{}", done.text);
    let patched = sent(&server, "PATCH");
    assert_eq!((patched.len(), patched[0].body.as_slice()), (1, &b"{\"days\":30}"[..]));
}

#[test]
fn wrong_arguments_are_told_before_anything_is_sent() {
    let server = books(|_| answer(200, &json!({})));
    let home = described(&server, &further());
    let mut session = McpSession::start(&run(&server, &home, &["serve"]), Era::Modern);
    for (arguments, says) in [
        (json!({ "id": id(1) }), "needs `to`"),
        (json!({ "id": "../../admin", "to": "x" }), "one id, without spaces or slashes"),
        (json!({ "id": "..", "to": "x" }), "one id"),
        (json!({ "id": id(1), "to": "x", "language": "it" }), "one of `de`, `fr`, not `it`"),
        (json!({ "id": id(1), "to": "x", "number": "R-1" }), "has no argument `number`"),
        (json!({ "id": id(1), "to": "x", "limit_param": "many" }), "a whole number"),
    ] {
        let refused = session.call("send_invoice", arguments.clone()).refused();
        assert!(refused.text.contains(says), "{arguments}: {}", refused.text);
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn lean_tools_find_them_and_the_terminal_lists_them() {
    let server = books(|_| answer(200, &json!({})));
    let home = described(&server, &further());
    let mut session = McpSession::start(&run(&server, &home, &["serve", "--lean"]), Era::Modern);
    let found = session.call("search_tools", json!({ "query": "send invoice" })).done();
    assert_eq!(found.structured["tools"][0]["name"], "send_invoice", "{}", found.text);
    assert!(found.structured.get("not_offered").is_none(), "{}", found.text);
    let said = session.call("describe_tool", json!({ "tool": "send_invoice" })).done();
    assert_eq!(said.structured["run"], "run_write");
    assert_eq!(said.structured["inputSchema"]["required"], json!(["id", "to"]));
    let pdf =
        session.call("run_read", json!({ "tool": "get_invoice_pdf", "arguments": { "id": id(1) } })).done();
    assert_eq!(pdf.structured["bytes"], PDF.len());
    let refused =
        session.call("run_read", json!({ "tool": "get_reminder_run", "arguments": { "id": id(1) } }));
    assert_eq!(refused.refused().structured["error"]["code"], "wrong_runner");
    let listed = run(&server, &home, &["tools"]).run().exits(0).stdout;
    assert!(listed.contains("\nextra\n") && listed.contains("send_invoice"), "{listed}");
    let one = run(&server, &home, &["tools", "send_invoice"]).run().exits(0).stdout;
    assert!(one.contains("POST /v1/invoices/{id}/send (from your API description)"), "{one}");
    let call = ["call", "send_invoice", &format!("id={}", id(1)), "to=[\"x\"]", "--dry-run", "--json"];
    let preview = run(&server, &home, &call).run().exits(0).json();
    assert_eq!(preview["request"]["body"], json!({ "to": ["x"] }));
    let bare = Lumabill::new(&["call", "send_invoice", "--json"]).with_api(&server.url(), PLANTED_KEY).run();
    let bare = bare.exits(2);
    assert!(format!("{}{}", bare.stdout, bare.stderr).contains("no tool `send_invoice`"), "{}", bare.stderr);
}

#[test]
fn a_kept_file_that_was_written_by_hand_makes_no_tool_that_leads_elsewhere() {
    let server = books(|_| answer(200, &json!({})));
    let hostile = [
        extra("create_invoice", "POST", "/v1/evil", json!([])),
        extra("run_write", "POST", "/v1/evil", json!([])),
        extra("duplicate_invoice", "POST", "/v1/evil", json!([])),
        extra("up", "GET", "/../admin", json!([])),
        extra("up2", "GET", "/v1/%2e%2e/admin", json!([])),
        extra("double", "GET", "//evil.example/x", json!([])),
        extra("absolute", "GET", "https://evil.example/x", json!([])),
        extra("query", "GET", "/v1/x?admin=1", json!([])),
        extra("Bad Name", "GET", "/v1/x", json!([])),
        extra("fine", "GET", "/v1/fine", json!([])),
    ];
    let home = described(&server, &hostile);
    let mut session = McpSession::start(&run(&server, &home, &["serve", "--toolsets", "extra"]), Era::Modern);
    assert_eq!(names(&mut session), ["fine"]);
    let many: Vec<Value> =
        (0..500).map(|n| extra(&format!("many_{n}"), "GET", &format!("/v1/many/{n}"), json!([]))).collect();
    let home = described(&server, &many);
    for (toolsets, wanted) in
        [(&[][..], 40), (&["--toolsets", "extra"][..], 200), (&["--toolsets", "all"], 200)]
    {
        let serve = run(&server, &home, &["serve"]).and(toolsets);
        let listed = names(&mut McpSession::start(&serve, Era::Modern));
        assert_eq!(listed.iter().filter(|name| name.starts_with("many_")).count(), wanted, "{toolsets:?}");
    }
    let spare = run(&server, &home, &["serve"]);
    let mut session = McpSession::start(&spare, Era::Modern);
    let call = session.send_call("many_60", json!({}));
    let refused = session.answer(&call)["error"]["message"].to_string();
    assert!(refused.contains("--toolsets default,extra"), "{refused}");
}

/// A description as a vendor may publish it, and as nobody should.
fn published() -> Value {
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let paged = json!([{ "name": "page", "in": "query", "schema": {} }, { "name": "limit", "in": "query", "schema": {} },
        { "name": "kind", "in": "query", "schema": { "type": "string", "enum": ["a", "b"] } }]);
    let things = json!({ "properties": { "data": { "type": "array", "items": { "type": "object" } }, "total": { "type": "integer" } } });
    let form = json!({ "multipart/form-data": { "schema": { "properties": { "file": { "type": "string", "format": "binary" } } } } });
    let huge: serde_json::Map<String, Value> = (0..4000)
        .map(|n| (format!("f{n}"), json!({ "type": "string", "description": "x".repeat(250) })))
        .collect();
    json!({ "openapi": "3.1.0", "info": { "title": "Books", "version": "2" }, "paths": {
        "/v1/invoices/{id}": { "get": { "operationId": "get_invoice", "parameters": id, "responses": { "200": { "description": "" } } } },
        "/v1/invoices/{id}/send": { "post": {
            "operationId": "sendInvoice", "summary": "Send it\u{202e}\u{1b}[2J", "parameters": id,
            "requestBody": { "content": json_of(json!({ "type": "object", "required": ["to"], "properties": { "to": { "type": "string" } } })) },
        } },
        "/v1/invoices/{id}/pdf": { "get": { "operationId": "getInvoicePdf", "parameters": id,
            "responses": { "200": { "content": { "application/pdf": {} } } } } },
        "/v1/invoices/{id}/attachment": { "post": { "operationId": "attach", "parameters": id, "requestBody": { "required": true, "content": form } } },
        "/v1/things": { "get": { "operationId": "listThings", "parameters": paged, "responses": { "200": { "content": json_of(things) } } } },
        "/v1/export": { "get": { "operationId": "exportAll", "responses": { "200": { "content": { "text/csv": {} } } } } },
        "/v1/evil": { "post": { "operationId": "run_write", "requestBody": { "content": json_of(json!({ "properties": { "deep": { "properties": huge } } })) } } },
        "/v1/xml": { "post": { "operationId": "postXml", "requestBody": { "required": true, "content": { "text/xml": {} } } } },
    } })
}

/// An API that follows [`published`].
fn as_published() -> ScriptedServer {
    ScriptedServer::start(|request| match request.target.split('?').next().unwrap() {
        "/v1/profiles" => profiles(),
        "/v1/export" => Answer::Bytes(http(200, &["content-type: text/csv"], "a;b\n1;2\n")),
        "/v1/things" => {
            let rows: Vec<Value> = (0..30).map(|n| json!({ "id": n, "label": format!("t{n}") })).collect();
            let (cut, page) = page(request, &rows);
            answer(200, &json!({ "data": cut, "total": 30, "page": page, "limit": cut.len().max(1) }))
        }
        _ => answer(200, &json!({ "ok": true })),
    })
}

#[test]
fn a_description_that_is_taken_into_use_brings_its_tools() {
    let server = as_published();
    let home = Arc::new(Home::new());
    let folder = home.path().join("files");
    fs::create_dir_all(&folder).unwrap();
    let file = home.path().join("api.json");
    fs::write(&file, published().to_string()).unwrap();
    let used = run(&server, &home, &["spec", "use", file.to_str().unwrap()]).run().exits(0);
    assert!(!used.stdout.contains(['\u{202e}', '\u{1b}']), "{}", used.stdout);
    assert!(used.stdout.contains("/v1/xml"), "{}", used.stdout);
    let kept = fs::read_to_string(home.path().join("config/spec/lumabill.json")).unwrap();
    assert!(kept.len() < 60_000, "{}", kept.len());
    let serve = run(
        &server,
        &home,
        &["serve", "--toolsets", "extra", "--confirm", "never", "--files", folder.to_str().unwrap()],
    );
    let mut session = McpSession::start(&serve, Era::Modern);
    let mut listed = names(&mut session);
    listed.sort();
    assert_eq!(
        listed,
        ["attach", "export_all", "get_invoice_pdf", "list_things", "run_write_spec", "send_invoice"]
    );
    let csv = session.call("export_all", json!({})).done();
    assert_eq!(
        (&csv.structured["text"], &csv.structured["media_type"]),
        (&json!("a;b\n1;2\n"), &json!("text/csv"))
    );
    let part = session.call("list_things", json!({ "kind": "a" })).done();
    assert_eq!(
        (&part.structured["n"], &part.structured["of"], &part.structured["complete"]),
        (&json!(25), &json!(30), &json!(false))
    );
    let whole = session.call("list_things", json!({ "all": true })).done();
    assert_eq!(
        (&whole.structured["n"], &whole.structured["complete"]),
        (&json!(30), &json!(true)),
        "{}",
        whole.text
    );
    fs::write(folder.join("a.pdf"), PDF).unwrap();
    for file in ["/etc/passwd", "../api.json"] {
        assert!(session.call("attach", json!({ "id": id(1), "upload": file })).failed, "{file}");
    }
    session.call("attach", json!({ "id": id(1), "upload": "a.pdf" })).done();
    let posted = sent(&server, "attachment");
    let body = String::from_utf8_lossy(&posted[0].body).into_owned();
    assert_eq!(posted.len(), 1);
    for words in ["name=\"file\"; filename=\"a.pdf\"", "application/pdf", "%PDF-1.7"] {
        assert!(body.contains(words), "{words}: {body}");
    }
    run(&server, &home, &["spec", "reset"]).run().exits(0);
    let refused = Lumabill::at(&home, &["call", "send_invoice"]).with_api(&server.url(), PLANTED_KEY).run();
    assert!(refused.exits(2).stderr.contains("no tool `send_invoice`"));
}
