//! An API that speaks otherwise, with the user's description of it in use: every tool goes on in its own words.

mod books;

use serde_json::{Value, json};

use crate::support::{Era, Lumabill, McpSession, PLANTED_KEY};
use books::{Books, COMPANY, Fate, id, keep, kept};

const LINES: &str = r#"[{"description":"Work","quantity":3,"price":"180.50"}]"#;

/// A call that has to work, and its structured answer.
#[track_caller]
fn call(books: &Books, arguments: &[&str]) -> Value {
    books.run(&[&["call", "--json"], arguments].concat()).run().exits(0).json()
}

/// The failure of a call.
#[track_caller]
fn refused(books: &Books, arguments: &[&str]) -> Value {
    books.run(&[&["call", "--json"], arguments].concat()).run().exits(1).json()["error"].clone()
}

#[test]
fn a_list_is_filtered_walked_and_summed_in_our_words() {
    let books = Books::new(100, Fate::Answered);
    let found = call(&books, &["list_invoices", "status=paid", "all=true"]);
    assert_eq!(
        (&found["n"], &found["of"], &found["complete"]),
        (&json!(34), &json!(34), &json!(true)),
        "{found}"
    );
    assert_eq!(found["sums"]["CHF"]["total"].to_string(), "3403.4", "{found}");
    assert_eq!(found["items"][0]["number"], "B-0");
    assert_eq!(found["items"][0]["status"], "paid");
    let asked = books.asked();
    assert_eq!(asked[0], "GET /api/v2/bills?State=SETTLED&PageNo=0&PageSize=40", "{asked:?}");
    let all = call(&books, &["list_invoices", "all=true"]);
    assert_eq!((&all["n"], &all["complete"]), (&json!(100), &json!(true)), "{all}");
    assert!(books.asked().iter().any(|asked| asked.contains("PageNo=2")), "{:?}", books.asked());
    // One page, and the way on from it.
    let first = call(&books, &["list_invoices", "limit=30"]);
    assert_eq!((&first["n"], &first["of"]), (&json!(30), &json!(100)), "{first}");
    let cursor = format!("cursor={}", first["next_cursor"].as_str().unwrap());
    let next = call(&books, &["list_invoices", "limit=30", &cursor]);
    assert_eq!(next["items"][0]["number"], "B-30", "{next}");
}

#[test]
fn a_filter_that_the_api_lacks_is_applied_here_and_one_that_cannot_be_is_refused() {
    let books = Books::new(60, Fate::Answered);
    let found = call(&books, &["list_invoices", "number=B-41"]);
    assert_eq!(
        (&found["n"], &found["of"], &found["complete"]),
        (&json!(1), &json!(1), &json!(true)),
        "{found}"
    );
    assert_eq!(found["filtered_here"], json!(["number"]));
    let sorted = refused(&books, &["list_invoices", "sort=-total"]);
    assert_eq!(sorted["code"], "not_described", "{sorted}");
    assert!(sorted["message"].as_str().unwrap().contains("takes no `sort`"), "{sorted}");
    assert_eq!(sorted["sent"], "nothing_sent");
}

#[test]
fn pages_by_offset_are_walked_although_the_api_gives_fewer_than_asked() {
    let books = Books::new(0, Fate::Answered);
    let found = call(&books, &["list_clients", "all=true"]);
    assert_eq!((&found["n"], &found["complete"]), (&json!(2), &json!(true)), "{found}");
    assert_eq!(found["items"][1]["name"], "Meier GmbH");
    let asked = books.asked();
    assert_eq!(asked[0], "GET /api/v2/customers?Take=100", "{asked:?}");
    assert_eq!(asked[1], "GET /api/v2/customers?Skip=1&Take=100", "{asked:?}");
}

#[test]
fn a_record_is_found_by_its_number_and_shown_with_our_names_and_what_we_do_not_know() {
    let books = Books::new(50, Fate::Answered);
    let record = call(&books, &["get_invoice", "number=B-45"])["record"].clone();
    assert_eq!(record["id"], json!(id(45)));
    assert_eq!(record["status"], "paid");
    assert_eq!(record["lines"][0]["price"].to_string(), "100.1");
    assert_eq!(record["client"]["name"], "Muster AG");
    // Another field of theirs is called like one of ours.
    assert_eq!(
        (&record["total"].to_string(), &record["total_theirs"]),
        (&"100.1".to_owned(), &json!("of another kind"))
    );
}

#[test]
fn a_preview_shows_our_words_and_the_method_and_path_that_would_be_called() {
    let books = Books::new(1, Fate::Answered);
    let client = format!("client_id={}", id(0));
    let lines = format!("lines={LINES}");
    let shown = call(&books, &["create_invoice", &client, &lines, "--dry-run"]);
    assert_eq!(
        (&shown["request"]["method"], &shown["request"]["path"]),
        (&json!("POST"), &json!("/api/v2/bills"))
    );
    assert_eq!(shown["request"]["body"]["client_id"], json!(id(0)), "{shown}");
    assert_eq!(shown["totals"]["subtotal"].to_string(), "541.50", "{shown}");
    // A preview promises no more than the call does.
    let untold = refused(&books, &["create_invoice", &client, &lines, "notes=thanks", "--dry-run"]);
    assert_eq!(untold["code"], "not_described", "{untold}");
    let update = format!(r#"{{"id":"{}","changes":{{"notes":"new","address":{{"city":"Basel"}}}}}}"#, id(0));
    let shown = call(&books, &["update_client", "--args", &update, "--dry-run"]);
    assert_eq!(shown["request"]["method"], "PATCH");
    assert_eq!(shown["request"]["path"], json!(format!("/api/v2/customers/{}", id(0))));
    let body =
        json!({ "notes": "new", "address": { "line1": "Weg 1", "city": "Basel", "postal_code": "3000" } });
    assert_eq!(shown["request"]["body"], body, "{shown}");
    assert!(books.server.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn an_invoice_is_created_in_their_words_and_told_in_ours() {
    let books = Books::new(1, Fate::Answered);
    let lines = format!("lines={LINES}");
    let made = call(&books, &["create_invoice", "client_name=Muster AG", &lines]);
    assert_eq!((&made["created"], &made["record"]["status"]), (&json!(true), &json!("draft")), "{made}");
    assert_eq!(made["profile"]["id"], COMPANY, "{made}");
    let sent = &books.bodies("POST")[0];
    assert_eq!(sent["Bill"]["CustomerId"], json!(id(0)), "{sent}");
    assert_eq!(
        sent["Bill"]["Positions"].to_string(),
        r#"[{"Text":"Work","Qty":3,"UnitPrice":180.50}]"#,
        "digits are kept"
    );
    // The same again is the same.
    let again = call(&books, &["create_invoice", "client_name=Muster AG", &lines]);
    assert_eq!(again["created"], false, "{again}");
    assert_eq!(books.bodies("POST").len(), 1);
}

#[test]
fn what_the_api_has_no_place_for_is_neither_left_out_nor_sent_under_our_name() {
    let mut bounded = kept();
    let line = &mut bounded["dialect"]["spoken"]["create_invoice"]["sends"]["fields"]["lines"]["inner"];
    line["only"] = json!(["Text", "Qty"]);
    line["fields"].as_object_mut().unwrap().shift_remove("price");
    let books = Books::with(3, Fate::Answered, bounded);
    let (client, lines) = (format!("client_id={}", id(0)), format!("lines={LINES}"));
    let untold = refused(&books, &["create_invoice", &client, &lines, "notes=thanks"]);
    assert_eq!(
        (&untold["code"], &untold["sent"]),
        (&json!("not_described"), &json!("nothing_sent")),
        "{untold}"
    );
    let said = untold["message"].as_str().unwrap();
    assert!(said.contains("`create_invoice` takes no") && said.contains("`lines.price`"), "{untold}");
    assert!(said.contains("`notes`"), "{untold}");
    assert!(untold["hint"].as_str().unwrap().contains("x-lumabill-field"), "{untold}");
    // A workflow creates under the same rule.
    let copy = refused(&books, &["duplicate_invoice", &format!("id={}", id(1))]);
    assert_eq!(copy["code"], "not_described", "{copy}");
    assert!(copy["message"].as_str().unwrap().contains("`lines.price`"), "{copy}");
    let update = format!(r#"{{"id":"{}","changes":{{"phone":"1"}}}}"#, id(0));
    let change = refused(&books, &["update_client", "--args", &update]);
    assert!(change["message"].as_str().unwrap().contains("takes no `phone`"), "{change}");
    assert!(books.server.requests().iter().all(|request| request.method == "GET"), "{:?}", books.asked());
}

#[test]
fn an_update_sends_the_changes_alone() {
    let books = Books::new(0, Fate::Answered);
    let update = format!(r#"{{"id":"{}","changes":{{"notes":"new"}}}}"#, id(0));
    let done = call(&books, &["update_client", "--args", &update]);
    assert_eq!(done["changed"]["notes"], json!({ "from": "old", "to": "new" }), "{done}");
    assert_eq!(books.bodies("PATCH"), [json!({ "Customer": { "Remarks": "new" } })]);
}

#[test]
fn a_delete_asks_first() {
    let books = Books::new(0, Fate::Answered);
    let client = format!("id={}", id(1));
    let first = refused(&books, &["delete_client", &client]);
    assert_eq!(first["code"], "confirmation_required", "{first}");
    assert!(first["would"].as_str().unwrap().contains("Meier GmbH"), "{first}");
    let done = call(&books, &["delete_client", &client, "confirm_number=Meier GmbH"]);
    assert_eq!(done["deleted"], true, "{done}");
    assert_eq!(books.bodies("DELETE").len(), 1);
}

#[test]
fn a_workflow_reads_and_creates_through_the_description() {
    let books = Books::new(3, Fate::Answered);
    let source = format!("id={}", id(1));
    let copy = call(&books, &["duplicate_invoice", &source]);
    assert_eq!(copy["created"], true, "{copy}");
    assert_eq!(books.bodies("POST")[0]["Bill"]["CustomerId"], json!(id(1)));
    let stats = call(&books, &["get_invoice_stats", "period=2026"]);
    assert!(stats.to_string().contains("CHF"), "{stats}");
}

#[test]
fn a_lost_create_is_found_in_their_list() {
    let books = Books::new(1, Fate::Lost);
    let client = format!("client_id={}", id(0));
    let lines = format!("lines={LINES}");
    let made = call(&books, &["create_invoice", &client, &lines]);
    assert_eq!((&made["created"], &made["recovered"]), (&json!(true), &json!(true)), "{made}");
    assert_eq!(made["record"]["client_id"], json!(id(0)));
    assert_eq!(books.bodies("POST").len(), 1);
}

#[test]
fn a_create_that_was_lost_before_the_description_is_found_by_it() {
    let books = Books::with(1, Fate::LostBefore, Value::Null);
    let (client, lines) = (format!("client_id={}", id(0)), format!("lines={LINES}"));
    let call = |code| {
        let run = books.run(&["call", "--json", "create_invoice", &client, &lines]).run().exits(code);
        run.json()
    };
    let lost = call(4)["error"].clone();
    assert_eq!(lost["sent"], "unknown", "{lost}");
    let mut kept = kept();
    kept["origin"] = json!(books.server.url());
    keep(&books.home, &kept.to_string());
    let found = call(0);
    assert_eq!((&found["created"], &found["record"]["number"]), (&json!(false), &json!("B-700")), "{found}");
    assert_eq!(books.bodies("POST").len(), 1, "{:?}", books.asked());
}

#[test]
fn login_and_doctor_ask_where_the_description_says() {
    let books = Books::new(1, Fate::Answered);
    let arguments = ["login", "--with-token", "--insecure-storage", "--api-url", &books.server.url()];
    let login = Lumabill::at(&books.home, &arguments).env("LUMABILL_RATE_LIMIT", "off").input(PLANTED_KEY);
    let said = login.run().exits(0).stdout;
    assert!(said.contains("Muster GmbH"), "{said}");
    let first = &books.asked()[0];
    assert!(first.starts_with("GET /api/v2/companies"), "{first}");
    // Whether the key may write is asked where the description has clients.
    let probe = "DELETE /api/v2/customers/00000000-0000-0000-0000-000000000000";
    assert!(books.asked().iter().any(|asked| asked == probe), "{:?}", books.asked());
    let doctor = Lumabill::at(&books.home, &["doctor", "--json"]).env("LUMABILL_RATE_LIMIT", "off").run();
    for words in ["the API accepts the key: it may read and write", "fixed to the profile Muster GmbH"] {
        assert!(doctor.stdout.contains(words), "{words}: {}", doctor.stdout);
    }
    assert!(books.asked().iter().all(|asked| !asked.contains("/v1/")), "{:?}", books.asked());
}

#[test]
fn what_the_description_lacks_is_not_offered_and_says_why() {
    let books = Books::new(1, Fate::Answered);
    let tools = books.run(&["tools", "--toolsets", "all"]).run().exits(0).stdout;
    assert!(tools.contains("list_invoices") && !tools.contains("delete_invoice"), "{tools}");
    let missing = refused(&books, &["delete_invoice", &format!("id={}", id(0))]);
    assert_eq!(missing["code"], "not_described", "{missing}");
    assert!(
        missing["message"].as_str().unwrap().contains("is not in the API description in use"),
        "{missing}"
    );
    assert!(missing["hint"].as_str().unwrap().contains("spec show"), "{missing}");
    // A workflow that needs one says which.
    let offer = refused(&books, &["convert_offer_to_invoice", &format!("id={}", id(0))]);
    assert!(offer["message"].as_str().unwrap().contains("get_offer"), "{offer}");
    assert_eq!(books.asked(), ["GET /api/v2/companies"], "more than the profile was asked for");
}

#[test]
fn a_create_that_the_description_makes_dangerous_asks_also_inside_a_workflow() {
    let mut tight = kept();
    tight["dialect"]["spoken"]["create_invoice"]["confirms"] = json!(true);
    let books = Books::with(3, Fate::Answered, tight);
    let lines = format!("lines={LINES}");
    let first = refused(&books, &["create_invoice", &format!("client_id={}", id(0)), &lines]);
    assert_eq!(first["code"], "confirmation_required", "{first}");
    let copy = refused(&books, &["duplicate_invoice", &format!("id={}", id(1))]);
    assert_eq!(copy["code"], "confirmation_required", "{copy}");
    assert!(books.bodies("POST").is_empty(), "{:?}", books.asked());
}

#[test]
fn complaints_name_our_fields_and_an_unknown_path_names_the_description() {
    let lines = format!("lines={LINES}");
    let client = format!("client_id={}", id(0));
    let books = Books::new(1, Fate::Invalid);
    let wrong = refused(&books, &["create_invoice", &client, &lines]);
    assert_eq!(wrong["field_issues"][0]["field"], "lines[0].price", "{wrong}");
    let books = Books::new(1, Fate::Moved);
    let moved = refused(&books, &["create_invoice", &client, &lines]);
    assert_eq!(moved["code"], "unknown_path", "{moved}");
    assert!(moved["hint"].as_str().unwrap().contains("may be out of date"), "{moved}");
    // Without a description: that there may be one.
    let books = Books::with(1, Fate::Moved, Value::Null);
    let unknown = refused(&books, &["get_invoice", &format!("id={}", id(0))]);
    let hint = unknown["hint"].as_str().unwrap();
    assert!(hint.contains("spec check FILE|URL") && hint.contains("spec use --discover"), "{unknown}");
}

#[test]
fn a_kept_file_that_is_broken_stops_and_one_of_another_address_does_not_count() {
    let books = Books::new(1, Fate::Answered);
    let mut outside = kept();
    outside["origin"] = json!(books.server.url());
    outside["dialect"]["spoken"]["get_invoice"]["path"] = json!("//evil.example/{id}");
    for text in ["{", "{}", &outside.to_string()] {
        keep(&books.home, text);
        let broken = books.run(&["call", "list_invoices"]).run().exits(1).stderr;
        assert!(broken.contains("cannot be used") && broken.contains("spec reset"), "{broken}");
    }
    let mut other = kept();
    other["origin"] = json!("https://api.lumabill.ch");
    keep(&books.home, &other.to_string());
    let unknown = refused(&books, &["get_invoice", &format!("id={}", id(0))]);
    assert_eq!(unknown["code"], "unknown_path", "{unknown}");
    assert_eq!(books.asked(), [format!("GET /v1/invoices/{}", id(0))]);
    let warned = books.run(&["tools"]).run().exits(0).stderr;
    assert!(warned.contains("was made for https://api.lumabill.ch and is not used"), "{warned}");
}

#[test]
fn lean_mode_and_resources_go_by_the_description() {
    let books = Books::new(2, Fate::Answered);
    let run = books.run(&["serve", "--lean"]);
    let mut session = McpSession::start(&run, Era::Modern);
    let found = session.call("search_tools", json!({ "query": "delete invoice" })).done();
    assert!(!found.text.contains("delete_invoice"), "{}", found.text);
    let run = session.call("run_read", json!({ "tool": "get_invoice", "arguments": { "id": id(1) } })).done();
    assert_eq!(run.structured["record"]["number"], "B-1");
    let read = session.ask("resources/read", json!({ "uri": format!("lumabill://invoices/{}", id(1)) }));
    assert!(read["contents"][0]["text"].as_str().unwrap().contains("B-1"), "{read}");
    // What is changed is read first: without the read there is no change.
    let mut unread = kept();
    unread["dialect"]["spoken"].as_object_mut().unwrap().shift_remove("get_client");
    let books = Books::with(1, Fate::Answered, unread);
    let tools = books.run(&["tools"]).run().exits(0).stdout;
    assert!(tools.contains("list_clients") && !tools.contains("update_client"), "{tools}");
    let refused = refused(&books, &["delete_client", &format!("id={}", id(0))]);
    assert!(refused["message"].as_str().unwrap().contains("needs `get_client`"), "{refused}");
}
