//! faktoora: the examples of its page word for word through the built program, and what the stand-in itself does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::remote::Remote;
use crate::remote::breaks::{Break, On};
use crate::remote::faktoora::{self, Faktoora, KEY};
use crate::remote::plain::Plain;
use crate::support::{Era, Home, Lumabill, McpSession, PATIENCE};

/// `params` of the page's first example.
const ZUGFERD: &str = r#"{
    "name": "create_invoice_zugferd2",
    "arguments": {
        "invoiceTypeCode": 380,
        "invoiceNumber": "RE-2024-001",
        "issueDate": "20240315",
        "dueDate": "20240415",
        "currency": "EUR",
        "buyer": {
            "name": "Acme GmbH",
            "street": "Hauptstraße 1",
            "postcode": "10115",
            "city": "Berlin",
            "country": "DE",
            "vatId": "DE123456789"
        },
        "invoiceItems": [
            {
                "id": "1",
                "product": {
                    "name": "Consulting",
                    "quantity": 8,
                    "unitCode": "HUR",
                    "price": 150.00,
                    "taxes": [{ "typeCode": "VAT", "categoryCode": "S", "rate": 19 }]
                }
            }
        ]
    }
}"#;

/// `params` of the page's second example, for an authority.
const XRECHNUNG: &str = r#"{
    "name": "create_invoice_xrechnung",
    "arguments": {
        "invoiceTypeCode": 380,
        "invoiceNumber": "RE-2024-002",
        "issueDate": "20240315",
        "dueDate": "20240415",
        "currency": "EUR",
        "contactPerson": {
            "email": "billing@mysender.de"
        },
        "buyerReference": {
            "buyerReferenceId": "991-1234512345-06"
        },
        "buyer": {
            "name": "Behörde XY",
            "street": "Amtsstraße 5",
            "postcode": "10117",
            "city": "Berlin",
            "country": "DE"
        },
        "invoiceItems": [
            {
                "id": "1",
                "product": {
                    "name": "Software-Lizenz",
                    "quantity": 1,
                    "unitCode": "C62",
                    "price": 500.00,
                    "taxes": [{ "typeCode": "VAT", "categoryCode": "S", "rate": 19 }]
                }
            }
        ]
    }
}"#;

/// Tool and arguments of an example.
fn example(text: &str) -> (String, Value) {
    let params: Value = serde_json::from_str(text).unwrap();
    (params["name"].as_str().unwrap().to_owned(), params["arguments"].clone())
}

fn logged_in(server: &Remote, more: &[&str]) -> Arc<Home> {
    let home = Arc::new(Home::new());
    let url = server.url();
    let login =
        ["login", "--service", "faktoora", "--api-url", url.as_str(), "--with-token", "--insecure-storage"];
    Lumabill::at(&home, &login).and(more).input(format!("{KEY}\n")).run().exits(0);
    home
}

fn serve(home: &Arc<Home>) -> Lumabill {
    Lumabill::at(home, &["serve", "--account", "faktoora", "--toolsets", "all"])
}

/// A session of a client whose person can be asked.
fn session(home: &Arc<Home>, era: Era) -> McpSession {
    McpSession::with_elicitation(&serve(home), era)
}

fn made(faktoora: &Faktoora) -> usize {
    faktoora.books.lock().unwrap().invoices.len()
}

/// A plain client with every header that the page demands.
fn plain(server: &Remote) -> Plain {
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("x-api-key", KEY),
    ];
    Plain::new(server, &headers)
}

#[test]
fn the_stand_in_keeps_to_its_page() {
    let (server, faktoora) = faktoora::start();
    let mut client = plain(&server);
    // Without a session, and without `initialize`.
    let listed = client.post("tools/list", json!({}));
    assert_eq!(listed.header("content-type"), Some("text/event-stream"));
    assert!(listed.body.contains("\ndata: "), "{}", listed.body);
    assert_eq!(client.tools().len(), 60);
    let (mut client, opened) = client.initialize("2025-11-25");
    assert_eq!(opened["protocolVersion"], "2024-11-05");
    let (tool, arguments) = example(ZUGFERD);
    let (failed, text) = client.call(&tool, arguments);
    assert!(!failed);
    assert_eq!(text, r#"{"faktooraId":"INV-0042"}"#);
    let id = json!({ "faktooraId": "INV-0042" });
    let early = client.call("download_invoice", json!({ "faktooraId": "INV-0042", "format": "pdf" }));
    assert!(early.0, "{}", early.1);
    let states: Vec<_> =
        (0..3).map(|_| client.done("get_invoice_status", id.clone())["jobStatus"].clone()).collect();
    assert_eq!(states, ["processing", "processing", "done"]);
    let file = client.done("download_invoice", json!({ "faktooraId": "INV-0042", "format": "pdf" }));
    assert_eq!(
        (&file["filename"], &file["mimeType"]),
        (&json!("RE-2024-001.pdf"), &json!("application/pdf"))
    );
    let bytes = STANDARD.decode(file["base64Content"].as_str().unwrap()).unwrap();
    assert_eq!(file["size"], bytes.len());
    assert_eq!(made(&faktoora), 1);
    let refused = client.call("list_product_bundles", json!({}));
    assert!(refused.0 && refused.1.contains(r#""code":"FORBIDDEN""#), "{}", refused.1);

    assert_eq!(Plain::new(&server, &[]).modern().post("tools/list", json!({})).status, 401);
    let picky = plain(&server).header("accept", "application/json").post("tools/list", json!({}));
    assert_eq!(picky.status, 406);
    assert_eq!(plain(&server).modern().post("server/discover", json!({})).status, 400);
}

/// What is refused, by the arguments that it is refused for, and words of the refusal.
fn refusals() -> Vec<(&'static str, Value, &'static str)> {
    let changed = |text: &str, change: &dyn Fn(&mut Value)| {
        let mut arguments = example(text).1;
        change(&mut arguments);
        arguments
    };
    let zugferd = "create_invoice_zugferd2";
    vec![
        (
            zugferd,
            changed(ZUGFERD, &|invoice| invoice["invoiceTypeCode"] = json!(384)),
            "invoiceReferencedDocument { IssuerAssignedID, issueDateTime } is required",
        ),
        (
            zugferd,
            changed(ZUGFERD, &|invoice| {
                invoice["invoiceItems"][0]["product"]["taxes"][0]["categoryCode"] = json!("E");
            }),
            "taxExemptionReasonMessage is required",
        ),
        (zugferd, changed(ZUGFERD, &|invoice| invoice["issueDate"] = json!("2024-03-15")), "YYYYMMDD"),
        (zugferd, changed(ZUGFERD, &|invoice| invoice["buyer"]["postcode"] = json!("8001")), "5 digits"),
        (
            "create_invoice_xrechnung",
            changed(XRECHNUNG, &|invoice| invoice["contactPerson"] = json!({})),
            "seller.email or contactPerson.email",
        ),
        (
            "create_invoice_xrechnung",
            changed(XRECHNUNG, &|invoice| invoice["buyerReference"] = json!({})),
            "buyer.email or buyerReference.buyerReferenceId",
        ),
    ]
}

#[test]
fn the_stand_in_refuses_what_its_page_refuses() {
    let (server, faktoora) = faktoora::start();
    let mut client = plain(&server);
    for (tool, arguments, words) in refusals() {
        let (failed, text) = client.call(tool, arguments);
        assert!(failed && text.contains(words), "{text}");
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&body["code"], &body["statusCode"]), (&json!("BAD_REQUEST"), &json!(400)));
    }
    assert_eq!(made(&faktoora), 0);
}

#[test]
fn all_sixty_tools_are_served_with_the_page_s_words_and_required_fields() {
    let (server, _) = faktoora::start();
    let home = logged_in(&server, &[]);
    for era in Era::BOTH {
        let mut session = McpSession::start(&serve(&home), era);
        let listed = session.ask("tools/list", json!({}));
        let listed = listed["tools"].as_array().unwrap();
        // And one of ours, made of theirs.
        assert_eq!(listed.len(), 61);
        assert!(listed.iter().any(|tool| tool["name"] == "create_invoice_and_wait"));
        for (name, about) in faktoora::tools::TOOLS {
            let tool =
                listed.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("no `{name}`"));
            let said = tool["description"].as_str().unwrap();
            assert!(said.contains(about), "{said}");
            let reads = !["create", "update", "delete", "import"].contains(&name.split('_').next().unwrap());
            assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{name}");
        }
        let zugferd = listed.iter().find(|tool| tool["name"] == "create_invoice_zugferd2").unwrap();
        let required = zugferd["inputSchema"]["required"].as_array().unwrap();
        for field in ["invoiceTypeCode", "invoiceNumber", "issueDate", "buyer", "invoiceItems"] {
            assert!(required.contains(&json!(field)), "{required:?}");
        }
        let item = &zugferd["inputSchema"]["properties"]["invoiceItems"]["items"]["properties"]["product"];
        assert_eq!(item["required"], json!(["name", "quantity", "unitCode", "price", "taxes"]));
    }
}

#[test]
fn the_zugferd_example_is_created_after_a_yes_polled_and_downloaded() {
    for era in Era::BOTH {
        let (server, faktoora) = faktoora::start();
        let home = logged_in(&server, &[]);
        let mut session = session(&home, era);
        let (tool, arguments) = example(ZUGFERD);
        let (question, declined) = session.call_and_answer(&tool, arguments.clone(), "decline");
        let words = question["message"].as_str().unwrap();
        assert!(words.contains("send"), "{words}");
        assert!(declined.failed);
        assert_eq!(made(&faktoora), 0);

        let (_, created) = session.call_and_answer(&tool, arguments.clone(), "accept");
        let created = created.done();
        assert!(created.text.contains("INV-0042"), "{}", created.text);
        assert_eq!(made(&faktoora), 1);
        assert_eq!(*server.calls(&tool)[0].arguments(), arguments, "not word for word what was given");
        assert!(String::from_utf8_lossy(&server.calls(&tool)[0].body).contains("150.00"));

        let poll = json!({ "faktooraId": "INV-0042" });
        let mut polls = 0;
        loop {
            let status = session.call("get_invoice_status", poll.clone()).done();
            polls += 1;
            if status.text.contains(r#"\"jobStatus\":\"done\""#)
                || status.text.contains(r#""jobStatus":"done""#)
            {
                break;
            }
            assert!(status.text.contains("processing") && polls < 5, "{}", status.text);
        }
        assert_eq!(polls, 3);
        let download = json!({ "faktooraId": "INV-0042", "format": "pdf" });
        let file = session.call("download_invoice", download).done();
        for field in ["filename", "mimeType", "size", "base64Content"] {
            assert!(file.text.contains(field), "{field} is not in {}", file.text);
        }
        let from: String = STANDARD.encode(b"%PDF-1.7\n");
        assert!(file.text.contains(&from), "the file was changed on its way");
    }
}

#[test]
fn the_xrechnung_example_and_its_xml() {
    let (server, faktoora) = faktoora::start();
    let home = logged_in(&server, &[]);
    let mut session = session(&home, Era::Modern);
    let (tool, arguments) = example(XRECHNUNG);
    let created = session.call_and_answer(&tool, arguments.clone(), "accept").1.done();
    assert!(created.text.contains("INV-0042"), "{}", created.text);
    assert_eq!(*server.calls(&tool)[0].arguments(), arguments);
    let made = faktoora.books.lock().unwrap().invoices[0].clone();
    assert_eq!(made.arguments["buyerReference"]["buyerReferenceId"], "991-1234512345-06");
    faktoora.books.lock().unwrap().slow = 0;
    session.call("get_invoice_status", json!({ "faktooraId": "INV-0042" })).done();
    let xml = session.call("download_invoice", json!({ "faktooraId": "INV-0042", "format": "xml" })).done();
    assert!(xml.text.contains("application/xml"), "{}", xml.text);
}

#[test]
fn refusals_of_the_page_s_rules_are_passed_on_and_leave_nothing_open() {
    let (server, faktoora) = faktoora::start();
    let home = logged_in(&server, &[]);
    let mut session = session(&home, Era::Legacy);
    for (tool, arguments, words) in refusals() {
        let refused = session.call_and_answer(tool, arguments.clone(), "accept").1.refused();
        assert!(refused.text.contains(words), "{}", refused.text);
        // Refused is not lost: the same again is sent again.
        let again = session.call_and_answer(tool, arguments, "accept").1.refused();
        assert!(again.text.contains(words), "{}", again.text);
    }
    assert_eq!(made(&faktoora), 0);
    // A field that the schema demands is missing: the server's own protocol error.
    let (tool, mut arguments) = example(ZUGFERD);
    arguments.as_object_mut().unwrap().remove("invoiceNumber");
    let id = session.send_call(&tool, arguments);
    let question = session.asked_within(PATIENCE);
    let reply = json!({ "action": "accept", "content": { "confirm": true } });
    session.line(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": reply }).to_string());
    let answer = session.answer(&id).to_string();
    assert!(answer.contains("invoiceNumber"), "{answer}");
    assert_eq!(made(&faktoora), 0);
}

#[test]
fn features_that_an_account_has_not_are_clear_refusals() {
    let (server, faktoora) = faktoora::start();
    let home = logged_in(&server, &[]);
    let mut session = session(&home, Era::Modern);
    let bundles = session.call("list_product_bundles", json!({})).refused();
    assert!(bundles.text.contains("PRODUCT_BUNDLE"), "{}", bundles.text);
    let bundle = session.call("create_product_bundle", json!({ "name": "Starter" })).refused();
    assert!(bundle.text.contains("PRODUCT_BUNDLE"), "{}", bundle.text);
    let (tool, arguments) = example(ZUGFERD);
    session.call_and_answer(&tool, arguments, "accept").1.done();
    let invoice = json!({ "faktooraId": "INV-0042" });
    let deleted = session.call_and_answer("delete_invoice", invoice.clone(), "accept").1.refused();
    assert!(deleted.text.contains("invoiceDeleteMode"), "{}", deleted.text);
    assert_eq!(made(&faktoora), 1);
    // Switched on at the service, both work without a new login.
    faktoora.books.lock().unwrap().bundles = true;
    faktoora.books.lock().unwrap().deletes = true;
    session.call("list_product_bundles", json!({})).done();
    session.call_and_answer("delete_invoice", invoice, "accept").1.done();
    assert_eq!(made(&faktoora), 0);
}

#[test]
fn a_lost_creation_is_looked_up_by_its_number_and_not_made_twice() {
    let (server, faktoora) = faktoora::start();
    let home = logged_in(&server, &[]);
    let mut session = session(&home, Era::Legacy);
    let (tool, arguments) = example(ZUGFERD);
    server.break_once(On::Tool("create_invoice_zugferd2"), Break::CutAnswer);
    let (_, answer) = session.call_and_answer(&tool, arguments, "accept");
    assert!(answer.text.contains("INV-0042"), "{}", answer.text);
    assert_eq!(made(&faktoora), 1);
    assert_eq!(server.calls(&tool).len(), 1);
    let looked = server.calls("list_invoices");
    assert!(looked.iter().any(|call| call.arguments()["invoiceNumber"] == "RE-2024-001"), "{looked:?}");
}

/// The example as one question: create, and wait until it is made.
fn and_wait(number: &str) -> Value {
    let mut arguments = example(ZUGFERD).1;
    arguments["invoiceNumber"] = json!(number);
    arguments["kind"] = json!("zugferd2");
    arguments
}

#[test]
fn create_and_wait_gives_the_id_when_it_is_done_with_progress() {
    let (server, faktoora) = faktoora::start();
    faktoora.books.lock().unwrap().slow = 1;
    let home = logged_in(&server, &[]);
    for (era, number) in Era::BOTH.into_iter().zip(["RE-2024-101", "RE-2024-102"]) {
        let mut session = session(&home, era);
        let given = and_wait(number);
        let (_, declined) = session.call_and_answer("create_invoice_and_wait", given.clone(), "decline");
        assert!(declined.failed, "{}", declined.text);
        let params = json!({ "name": "create_invoice_and_wait", "arguments": given, "_meta": { "progressToken": "p" } });
        let answer = confirmed(&mut session, era, &params);
        let said = answer.to_string();
        assert!(said.contains("INV-00") && said.contains("done"), "{said}");
        let progress = session.notified("notifications/progress");
        assert_eq!(progress["params"]["progressToken"], "p", "{progress}");
        session.close_input();
        session.gone_within(PATIENCE);
    }
    let books = faktoora.books.lock().unwrap();
    assert_eq!(books.invoices.len(), 2);
    assert!(books.invoices.iter().all(|made| made.polls == 2), "{:?}", books.invoices);
    for sent in server.calls("create_invoice_zugferd2") {
        assert!(sent.arguments().get("kind").is_none(), "{:?}", sent.json);
    }
}

/// Calls a tool, and says yes when it is asked about; gives the result.
#[track_caller]
fn confirmed(session: &mut McpSession, era: Era, params: &Value) -> Value {
    let reply = json!({ "action": "accept", "content": { "confirm": true } });
    if era == Era::Legacy {
        let id = session.request("tools/call", params.clone());
        let question = session.asked_within(PATIENCE);
        session.line(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": reply }).to_string());
        return session.answer(&id)["result"].clone();
    }
    let first = session.ask("tools/call", params.clone());
    let (key, _) = first["inputRequests"].as_object().and_then(|map| map.iter().next()).unwrap();
    let mut again = params.clone();
    again["inputResponses"][key] = reply;
    again["requestState"] = first["requestState"].clone();
    session.ask("tools/call", again)
}

#[test]
fn create_and_wait_says_when_the_document_failed() {
    let (server, faktoora) = faktoora::start();
    faktoora.books.lock().unwrap().end = "failed";
    faktoora.books.lock().unwrap().slow = 0;
    let home = logged_in(&server, &[]);
    let mut session = session(&home, Era::Legacy);
    let (_, answer) = session.call_and_answer("create_invoice_and_wait", and_wait("RE-2024-103"), "accept");
    assert!(answer.text.contains("failed") && answer.text.contains("INV-0042"), "{}", answer.text);
    assert_eq!(made(&faktoora), 1);
}

#[test]
fn headers_of_the_page_stand_on_every_request_and_the_tenant_with_them() {
    let (server, faktoora) = faktoora::start();
    let home = logged_in(&server, &["--tenant", "acc-77"]);
    let mut session = session(&home, Era::Modern);
    let (tool, arguments) = example(ZUGFERD);
    session.call_and_answer(&tool, arguments, "accept").1.done();
    for request in server.requests() {
        if request.verb != "POST" {
            continue;
        }
        assert_eq!(request.header("x-api-key"), Some(KEY), "{request:?}");
        assert_eq!(request.header("x-account-id"), Some("acc-77"), "{request:?}");
        assert_eq!(request.header("authorization"), None);
        let accept = request.header("accept").unwrap();
        assert!(accept.contains("application/json") && accept.contains("text/event-stream"), "{accept}");
        assert!(request.header("content-type").unwrap().starts_with("application/json"));
        assert_eq!(request.header("mcp-session-id"), None);
    }
    assert_eq!(faktoora.books.lock().unwrap().invoices[0].account.as_deref(), Some("acc-77"));
}

/// A folder that the program may use.
fn folder(home: &Home) -> std::path::PathBuf {
    let folder = home.path().join("billing");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn with_files(home: &Arc<Home>, folder: &Path) -> McpSession {
    let run = serve(home).and(&["--files", folder.to_str().unwrap()]);
    McpSession::with_elicitation(&run, Era::Modern)
}

#[test]
fn a_download_goes_into_an_allowed_folder_when_asked_for() {
    let (server, faktoora) = faktoora::start();
    faktoora.books.lock().unwrap().pdf_size = 8 << 20;
    faktoora.books.lock().unwrap().slow = 0;
    let home = logged_in(&server, &[]);
    let folder = folder(&home);
    let mut session = with_files(&home, &folder);
    let (tool, arguments) = example(ZUGFERD);
    session.call_and_answer(&tool, arguments, "accept").1.done();
    session.call("get_invoice_status", json!({ "faktooraId": "INV-0042" })).done();
    let path = folder.join("RE-2024-001.pdf");
    let download = json!({ "faktooraId": "INV-0042", "format": "pdf", "save_to": path });
    let saved = session.call("download_invoice", download.clone()).done();
    assert!(saved.text.len() < 4096 && saved.text.contains("RE-2024-001.pdf"), "{}", saved.text);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 8 << 20);
    assert!(bytes.starts_with(b"%PDF-1.7") && bytes.ends_with(b"%%EOF"));
    assert!(server.calls("download_invoice")[0].arguments().get("save_to").is_none());
    // Never over a file that is there, and nowhere else.
    session.call("download_invoice", download).refused();
    let outside =
        json!({ "faktooraId": "INV-0042", "format": "pdf", "save_to": "/tmp/lumabill-outside.pdf" });
    session.call("download_invoice", outside).refused();
    assert!(!Path::new("/tmp/lumabill-outside.pdf").exists());
}

#[test]
fn an_import_takes_its_file_from_an_allowed_folder() {
    let (server, faktoora) = faktoora::start();
    let home = logged_in(&server, &[]);
    let folder = folder(&home);
    let path = folder.join("invoice.xml");
    fs::write(&path, "<?xml version=\"1.0\"?><Invoice/>").unwrap();
    let mut session = with_files(&home, &folder);
    let given = json!({ "file": path, "filename": "invoice.xml", "contentType": "application/xml" });
    let imported = session.call("import_incoming_invoice", given).done();
    assert!(imported.text.contains("IMP-0001"), "{}", imported.text);
    let sent = server.calls("import_incoming_invoice");
    let file = sent[0].arguments()["file"].as_str().unwrap();
    assert_eq!(STANDARD.decode(file).unwrap(), fs::read(&path).unwrap());
    assert_eq!(faktoora.books.lock().unwrap().imports.len(), 1);
    // As base64, as the page has it, it works too.
    let base64 = STANDARD.encode("<?xml version=\"1.0\"?><Other/>");
    let given = json!({ "file": base64, "filename": "other.xml", "contentType": "application/xml" });
    session.call("import_incoming_invoice", given).done();
    assert_eq!(faktoora.books.lock().unwrap().imports.len(), 2);
    let outside = json!({ "file": "/etc/passwd", "filename": "passwd", "contentType": "application/xml" });
    session.call("import_incoming_invoice", outside).refused();
    assert!(
        !server
            .requests()
            .iter()
            .any(|request| String::from_utf8_lossy(&request.body).contains(&STANDARD.encode("root:")[..4]))
    );
}
