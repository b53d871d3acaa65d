//! Billstride: sign-in, draft, finalize for 0.30 USD, send, through the built program; and what the stand-in itself does.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::keyring::Desktop;
use crate::remote::Remote;
use crate::remote::billstride::{self, Billstride};
use crate::remote::breaks::{Break, On};
use crate::remote::browser::SigningIn;
use crate::remote::plain::{self, Plain};
use crate::support::{Era, Home, Lumabill, McpSession, PATIENCE, ScriptedServer, http};

/// "Create an invoice for Acme Corp. 10 hours of consulting at €120/hour, 19% VAT".
const ACME: &str = r#"{
    "client": "Acme Corp",
    "items": [{ "description": "Consulting", "quantity": 10, "unit_price": 120.00, "tax_rate": 19 }],
    "currency": "EUR"
}"#;

fn acme() -> Value {
    serde_json::from_str(ACME).unwrap()
}

fn login(home: &Arc<Home>, server: &Remote) -> SigningIn {
    let url = server.url();
    let arguments =
        ["login", "--service", "billstride", "--api-url", url.as_str(), "--insecure-storage", "--no-browser"];
    SigningIn::start(&Lumabill::at(home, &arguments))
}

fn signed_in(server: &Remote) -> Arc<Home> {
    let home = Arc::new(Home::new());
    let mut signing_in = login(&home, server);
    assert_eq!(signing_in.agree().status, 200);
    let (code, said) = signing_in.ended();
    assert_eq!(code, Some(0), "{said}");
    home
}

fn session(home: &Arc<Home>, era: Era) -> McpSession {
    McpSession::with_elicitation(&Lumabill::at(home, &["serve", "--account", "billstride"]), era)
}

/// A token, got as any client gets it.
fn token(server: &Remote) -> String {
    let issuer = format!("{}/api/mcp", server.base());
    let found =
        plain::ask("GET", &format!("{issuer}/.well-known/oauth-authorization-server"), &[], "").json();
    assert_eq!(found["issuer"], issuer);
    let json = [("content-type", "application/json")];
    let redirect = format!("{}/nowhere", server.base());
    let register = json!({ "redirect_uris": [redirect] }).to_string();
    let registered = plain::ask("POST", found["registration_endpoint"].as_str().unwrap(), &json, &register);
    assert_eq!(registered.status, 201);
    let client = registered.json()["client_id"].as_str().unwrap().to_owned();
    let verifier = "a".repeat(64);
    let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    let fields = [
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", &redirect),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "x"),
    ];
    let authorize = url::Url::parse_with_params(found["authorization_endpoint"].as_str().unwrap(), fields);
    let answered = plain::ask("GET", authorize.unwrap().as_str(), &[], "");
    let back = url::Url::parse(answered.header("location").unwrap()).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let ask = |verifier: &str| {
        let body = format!(
            "grant_type=authorization_code&code={code}&client_id={client}&redirect_uri={redirect}&code_verifier={verifier}"
        );
        plain::ask("POST", found["token_endpoint"].as_str().unwrap(), &form, &body)
    };
    let answer = ask(&verifier);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(ask(&verifier).status, 400, "a code is good once");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn the_stand_in_keeps_to_its_page() {
    let (server, billstride) = billstride::start();
    let refused = Plain::new(&server, &[]).request("GET", "");
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer"));
    let root = format!("{}/.well-known/oauth-authorization-server", server.base());
    assert_eq!(plain::ask("GET", &root, &[], "").status, 404);

    let bearer = format!("Bearer {}", token(&server));
    let client = Plain::new(&server, &[("authorization", &bearer)]);
    let mut events = client.events();
    let (kind, address) = events.next().unwrap();
    assert_eq!(kind, "endpoint");
    let mut client = client.at(&address).header("content-type", "application/json");
    let mut ask = |method: &str, params: Value| {
        let accepted = client.post(method, params);
        assert_eq!(accepted.status, 202, "{}", accepted.body);
        events.message()["result"].clone()
    };
    let opened = ask("initialize", json!({ "protocolVersion": "2025-11-25", "capabilities": {} }));
    assert_eq!(opened["protocolVersion"], "2024-11-05");
    assert_eq!(ask("tools/list", json!({}))["tools"].as_array().unwrap().len(), 18);
    let mut call = |tool: &str, arguments: Value| {
        ask("tools/call", json!({ "name": tool, "arguments": arguments }))["content"][0].clone()
    };
    let text = call("create_invoice", acme())["text"].as_str().unwrap().to_owned();
    let draft: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(draft["total"].to_string(), "1428.00");
    let id = json!({ "invoice_id": "bs_1" });
    let pdf = call("get_invoice_pdf", id.clone())["resource"]["blob"].as_str().unwrap().to_owned();
    assert!(String::from_utf8(STANDARD.decode(pdf).unwrap()).unwrap().contains("DRAFT"));
    call("finalize_invoice", id);
    assert_eq!(billstride.books.lock().unwrap().charged, Decimal::new(30, 2));

    billstride.new_minute();
    *billstride.limit.lock().unwrap() = 0;
    let limited = client.post("tools/list", json!({}));
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
}

#[test]
fn signing_in_finds_what_lies_below_the_mcp_path_registers_and_proves_itself() {
    let (server, billstride) = billstride::start();
    let home = Arc::new(Home::new());
    let mut signing_in = login(&home, &server);
    let address = url::Url::parse(&signing_in.address()).unwrap();
    let field = |name: &str| {
        let found = address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        found.unwrap_or_else(|| panic!("no `{name}` in {address}"))
    };
    assert_eq!(address.path(), "/api/mcp/oauth/authorize");
    assert_eq!((field("response_type").as_str(), field("code_challenge_method").as_str()), ("code", "S256"));
    assert!(field("state").len() >= 16 && field("code_challenge").len() == 43, "{address}");
    assert!(field("redirect_uri").starts_with("http://127.0.0.1:"), "{address}");
    let shown = plain::browse(address.as_str());
    assert_eq!(shown.status, 200);
    let (code, said) = signing_in.ended();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(billstride.sign_in.registered(), 1);
    assert_eq!(billstride.sign_in.resources().len(), 1);
    for secret in billstride.sign_in.tokens() {
        assert!(!said.contains(&secret) && !shown.body.contains(&secret), "a token was shown");
    }
    let found = "/api/mcp/.well-known/oauth-authorization-server";
    assert!(server.requests().iter().any(|request| request.target == found));
    // No token went anywhere before it was there, and none goes where it does not belong.
    for request in server.requests() {
        let elsewhere = request.path().contains("well-known") || request.path().contains("/oauth/");
        assert!(!elsewhere || request.header("authorization").is_none(), "{request:?}");
    }
}

#[test]
fn draft_finalize_and_send_are_asked_for_with_their_price() {
    for era in Era::BOTH {
        let (server, billstride) = billstride::start();
        let home = signed_in(&server);
        let mut session = session(&home, era);
        let draft = session.call("create_invoice", acme()).done();
        assert!(draft.text.contains("1428.00") && draft.text.contains("BS-2026-001"), "{}", draft.text);
        assert_eq!(*server.calls("create_invoice")[0].arguments(), acme());
        assert_eq!(billstride.books.lock().unwrap().charged, Decimal::ZERO);
        let changed = json!({ "invoice_id": "bs_1", "due_date": "2026-12-21", "discount": 5 });
        session.call("update_invoice", changed).done();

        let id = json!({ "invoice_id": "bs_1" });
        let (question, declined) = session.call_and_answer("finalize_invoice", id.clone(), "decline");
        assert!(question["message"].as_str().unwrap().contains("0.30 USD"), "{question}");
        assert!(declined.failed);
        assert_eq!(billstride.books.lock().unwrap().charged, Decimal::ZERO, "a no was charged");
        session.call_and_answer("finalize_invoice", id.clone(), "accept").1.done();
        assert_eq!(billstride.books.lock().unwrap().charged, Decimal::new(30, 2));

        let to = json!({ "invoice_id": "bs_1", "to": "billing@acme.com", "message": "A friendly reminder" });
        let (_, declined) = session.call_and_answer("send_invoice", to.clone(), "decline");
        assert!(declined.failed && billstride.books.lock().unwrap().mails.is_empty());
        session.call_and_answer("send_invoice", to, "accept").1.done();
        let mails = billstride.books.lock().unwrap().mails.clone();
        assert_eq!(mails, [("billing@acme.com".to_owned(), "BS-2026-001".to_owned())]);
        let track = session.call("get_delivery_status", id).done();
        assert!(track.text.contains("delivered"), "{}", track.text);
        assert_eq!(server.calls("finalize_invoice").len(), 1);
    }
}

#[test]
fn finalizing_twice_is_charged_once() {
    let (server, billstride) = billstride::start();
    let home = signed_in(&server);
    let mut session = session(&home, Era::Legacy);
    session.call("create_invoice", acme()).done();
    let id = json!({ "invoice_id": "bs_1" });
    server.break_once(On::Tool("finalize_invoice"), Break::ResetAfter);
    let (_, lost) = session.call_and_answer("finalize_invoice", id.clone(), "accept");
    assert!(lost.failed, "{}", lost.text);
    assert!(lost.text.contains("history settle"), "{}", lost.text);
    // Nobody is asked for what is not going to be sent.
    let again = session.call("finalize_invoice", id).refused();
    assert!(again.text.contains("was not sent"), "{}", again.text);
    assert_eq!(billstride.books.lock().unwrap().charged, Decimal::new(30, 2));
    assert_eq!(server.calls("finalize_invoice").len(), 1);
}

#[test]
fn a_pdf_comes_through_as_it_is() {
    let (server, _) = billstride::start();
    let home = signed_in(&server);
    let mut session = session(&home, Era::Modern);
    session.call("create_invoice", acme()).done();
    let params = json!({ "name": "get_invoice_pdf", "arguments": { "invoice_id": "bs_1" } });
    let result = session.ask("tools/call", params);
    let resource = &result["content"][0]["resource"];
    assert_eq!(resource["mimeType"], "application/pdf", "{result}");
    assert_eq!(resource["uri"], "billstride://invoices/bs_1.pdf");
    let bytes = STANDARD.decode(resource["blob"].as_str().unwrap()).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), "%PDF-1.7\nDRAFT\n\"BS-2026-001\"\n%%EOF");
}

#[test]
fn an_expired_token_is_renewed_once_and_a_revoked_sign_in_is_said_so() {
    let (server, billstride) = billstride::start();
    let home = signed_in(&server);
    let mut session = session(&home, Era::Legacy);
    session.call("list_clients", json!({})).done();
    billstride.sign_in.expire();
    session.call("list_clients", json!({})).done();
    assert_eq!(billstride.sign_in.refreshes(), 1);
    billstride.sign_in.revoke();
    let pages = server.requests().iter().filter(|request| request.path().contains("authorize")).count();
    let refused = session.call("list_clients", json!({})).refused();
    assert!(refused.text.contains("login"), "{}", refused.text);
    let again = session.call("list_clients", json!({})).refused();
    assert!(again.text.contains("login"), "{}", again.text);
    let now = server.requests().iter().filter(|request| request.path().contains("authorize")).count();
    assert_eq!(now, pages, "serving started a sign-in");
    for secret in billstride.sign_in.tokens() {
        assert!(!refused.text.contains(&secret) && !session.stderr().contains(&secret));
    }
    // Signed in again, the same process goes on.
    let mut signing_in = login(&home, &server);
    assert_eq!(signing_in.agree().status, 200);
    assert_eq!(signing_in.ended().0, Some(0));
    session.call("list_clients", json!({})).done();
}

#[test]
fn a_429_with_a_short_wait_is_waited_for_and_a_long_one_is_told() {
    let (server, billstride): (Remote, Arc<Billstride>) = billstride::start();
    let home = signed_in(&server);
    let mut session = session(&home, Era::Modern);
    session.call("list_clients", json!({})).done();
    server.break_once(On::Tool("list_clients"), Break::too_many("1"));
    session.call("list_clients", json!({})).done();
    server.break_once(On::Tool("list_clients"), Break::too_many("40"));
    let told = session.call("list_clients", json!({})).refused();
    assert!(
        told.text.contains("40") || told.text.contains("39") || told.text.contains("41"),
        "{}",
        told.text
    );
    drop(billstride);
}

#[test]
fn tokens_lie_in_the_keyring_alone() {
    let (server, billstride) = billstride::start();
    let desktop = Desktop::start("");
    let url = server.url();
    let arguments = ["login", "--service", "billstride", "--api-url", url.as_str(), "--no-browser"];
    let run = desktop.lumabill(&arguments).env("LUMABILL_LOG", "trace");
    let mut signing_in = SigningIn::start(&run);
    assert_eq!(signing_in.agree().status, 200);
    let (code, mut said) = signing_in.ended();
    assert_eq!(code, Some(0), "{said}");
    let serve = desktop.lumabill(&["serve", "--account", "billstride"]).env("LUMABILL_LOG", "trace");
    let mut session = McpSession::start(&serve, Era::Modern);
    session.call("list_clients", json!({})).done();
    billstride.sign_in.expire();
    session.call("list_clients", json!({})).done();
    session.close_input();
    session.gone_within(PATIENCE);
    said.push_str(&session.stderr());
    for command in [&["status", "--json"][..], &["history", "--json"], &["doctor"]] {
        let ended = desktop.lumabill(command).run();
        said.push_str(&ended.stdout);
        said.push_str(&ended.stderr);
    }
    let files = desktop.home.files();
    assert!(billstride.sign_in.tokens().len() >= 4, "nothing was renewed");
    for token in billstride.sign_in.tokens() {
        assert!(!said.contains(&token), "a token was printed: {said}");
        for (path, bytes) in &files {
            assert!(!String::from_utf8_lossy(bytes).contains(&token), "{}", path.display());
        }
    }
}

#[test]
fn a_401_that_names_another_issuer_gets_no_token_and_no_sign_in() {
    let thief = ScriptedServer::always(http(200, &["content-type: application/json"], "{}"));
    let (server, billstride) = billstride::start();
    let home = signed_in(&server);
    let mut session = session(&home, Era::Modern);
    session.call("list_clients", json!({})).done();
    billstride.sign_in.expire();
    let challenge =
        format!("Bearer resource_metadata=\"{}/.well-known/oauth-protected-resource\"", thief.url());
    server.break_once(On::Tool("list_clients"), Break::unauthorized(&challenge));
    // Renewed where it was signed in, and nowhere else.
    session.call("list_clients", json!({}));
    assert_eq!(billstride.sign_in.refreshes(), 1);
    billstride.sign_in.revoke();
    server.break_always(On::Any, Break::unauthorized(&challenge));
    let refused = session.call("list_clients", json!({})).refused();
    assert!(refused.text.contains("login"), "{}", refused.text);
    let came: Vec<_> = thief.requests().iter().map(|request| request.head.clone()).collect();
    assert!(came.is_empty(), "the thief got {came:?}");
}
