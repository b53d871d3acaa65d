//! What a list shows: the columns that a person would ask for, other fields on demand, the record as it came.

use serde_json::{Value, json};

use crate::scripted_books::{id, listing, run};
use crate::support::{Era, McpSession, SandboxProcess, ScriptedServer};

fn session(server: &ScriptedServer) -> McpSession {
    McpSession::start(&run(server, &["serve", "--toolsets", "all"]), Era::Modern)
}

fn items(structured: &Value) -> &Vec<Value> {
    structured["items"].as_array().unwrap_or_else(|| panic!("no items in {structured}"))
}

fn names(row: &Value) -> Vec<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_list_shows_what_a_person_would_ask_for_and_fits_into_a_sixth() {
    let sandbox = SandboxProcess::start(&[]);
    let raw = sandbox.all("/v1/invoices");
    for era in Era::BOTH {
        let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), era);
        let list = session.call("list_invoices", json!({ "limit": 200 })).done();
        let structured = &list.structured;
        assert_eq!((&structured["n"], &structured["complete"]), (&json!(raw.len()), &json!(true)));
        for (row, record) in items(structured).iter().zip(&raw) {
            assert_eq!(row["id"], record["id"]);
            assert_eq!(row["client"], record["client"]["name"]);
            for name in ["number", "status", "issue_date", "due_date", "total", "amount_due", "currency"] {
                assert_eq!(row[name], record[name], "{name}");
            }
            assert_eq!(row.as_object().unwrap().len(), 9, "{row}");
        }
        let (shown, whole) = (list.text.len(), serde_json::to_string(&raw).unwrap().len());
        assert!(shown * 6 < whole, "{shown} of {whole} bytes");
        assert!(
            list.text.contains(&serde_json::to_string(items(structured)).unwrap()),
            "text and structure differ"
        );
    }
}

#[test]
fn a_currency_that_all_have_is_said_once() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), Era::Modern);
    let francs = session.call("list_invoices", json!({ "currency": "CHF" })).done().structured;
    assert_eq!(francs["currency"], "CHF");
    assert!(items(&francs).iter().all(|row| row.get("currency").is_none()), "{francs}");
    let both = session.call("list_invoices", json!({ "limit": 200 })).done().structured;
    assert!(both.get("currency").is_none() && items(&both).iter().all(|row| row["currency"].is_string()));
    // What has none is never given one.
    let rows = vec![
        json!({ "id": id(1), "number": "R-1", "status": "sent", "currency": "CHF", "total": 1 }),
        json!({ "id": id(2), "number": "R-2", "status": "sent", "currency": null, "total": 2 }),
    ];
    let list = self::session(&listing(rows)).call("list_invoices", json!({})).done().structured;
    assert!(list.get("currency").is_none(), "{list}");
    assert_eq!((&items(&list)[0]["currency"], items(&list)[1].get("currency")), (&json!("CHF"), None));
}

#[test]
fn every_list_of_the_sandbox_shows_more_than_ids() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&["serve", "--toolsets", "all"]), Era::Modern);
    let tools = session.ask("tools/list", json!({}))["tools"].take();
    let lists = tools
        .as_array()
        .unwrap()
        .iter()
        .filter(|tool| tool["inputSchema"]["properties"].get("fields").is_some());
    let mut seen = 0;
    for tool in lists {
        let name = tool["name"].as_str().unwrap();
        let list = session.call(name, json!({ "all": true })).done().structured;
        assert_eq!(list["complete"], true, "{name}");
        for row in items(&list) {
            assert!(row.as_object().unwrap().len() >= 2, "{name}: {row}");
            assert!(
                !row.as_object().unwrap().values().any(|value| {
                    value.is_null() || value == "" || *value == json!([]) || value.is_object()
                }),
                "{name}: {row}"
            );
        }
        let full = session.call(name, json!({ "all": true, "detail": "full" })).done().structured;
        assert_eq!((&full["n"], &full["sums"]), (&list["n"], &list["sums"]), "{name}");
        seen += usize::from(!items(&list).is_empty());
    }
    assert!(seen >= 11, "{seen} lists have rows");
}

#[test]
fn fields_are_shown_as_they_are_asked_for() {
    let sandbox = SandboxProcess::start(&[]);
    let raw = sandbox.all("/v1/invoices");
    let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), Era::Modern);
    for fields in [
        json!("number, client.id ,lines.description,notes"),
        json!(["number", "client.id", "lines.description", "notes"]),
    ] {
        let list = session.call("list_invoices", json!({ "fields": fields, "limit": 200 })).done().structured;
        for (row, record) in items(&list).iter().zip(&raw) {
            let descriptions: Vec<&Value> =
                record["lines"].as_array().unwrap().iter().map(|line| &line["description"]).collect();
            assert_eq!(
                (&row["id"], &row["number"], &row["client.id"], &row["lines.description"]),
                (&record["id"], &record["number"], &record["client"]["id"], &json!(descriptions))
            );
            assert!(row.get("total").is_none() && !row.get("notes").is_some_and(Value::is_null), "{row}");
        }
        assert!(list.get("note").is_none(), "`notes` is a field that is empty: {list}");
    }
    let unknown = session.call("list_invoices", json!({ "fields": "number,colour" })).done().structured;
    let note = unknown["note"].as_str().unwrap();
    assert!(note.contains("`colour`") && note.contains("due_date") && !note.contains("`number`"), "{note}");
    // The whole record, and the terminal.
    let full = session.call("list_invoices", json!({ "detail": "full", "limit": 200 })).done().structured;
    assert_eq!(items(&full), &raw);
    let ended =
        sandbox.lumabill(&["call", "list_invoices", "detail=full", "all=true", "--json"]).run().exits(0);
    assert_eq!(items(&ended.json()), &raw);
    let refused = session.call("list_invoices", json!({ "detail": "tiny" })).refused();
    assert!(refused.text.contains("`full`"), "{}", refused.text);
}

#[test]
fn the_next_page_looks_like_the_first() {
    let sandbox = SandboxProcess::start(&[]);
    let raw = sandbox.all("/v1/invoices");
    let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), Era::Modern);
    for (asked, keys) in [
        (json!({ "fields": "total,sender.vat_number" }), 3),
        (json!({ "detail": "full" }), names(&raw[0]).len()),
        (json!({}), 9),
    ] {
        let mut first = asked.clone();
        first["limit"] = json!(10);
        let first = session.call("list_invoices", first).done().structured;
        let next = session.call("list_invoices", json!({ "cursor": first["next_cursor"] })).done().structured;
        let rows = [items(&first).as_slice(), items(&next)].concat();
        assert_eq!(rows.len(), raw.len(), "{asked}");
        for (row, record) in rows.iter().zip(&raw) {
            assert_eq!(row["id"], record["id"]);
            assert!(
                row.as_object().unwrap().len() <= keys && row["total"] == record["total"],
                "{asked}: {row}"
            );
        }
        // Other fields may be asked for on the way.
        let other = json!({ "cursor": first["next_cursor"], "fields": "number" });
        let other = session.call("list_invoices", other).done().structured;
        assert_eq!(names(&items(&other)[0]), ["id", "number"]);
    }
}

#[test]
fn an_api_with_other_names_is_not_reduced_to_ids() {
    let rows = vec![
        json!({ "id": 7, "invoiceNumber": "R-1", "customer": { "id": 3, "name": "Muster AG" }, "grossTotal": 10.10,
            "state": "OPEN", "memo": null, "positions": [{ "text": "x" }], "links": { "self": "/7" } }),
    ];
    let server = listing(rows.clone());
    let mut session = session(&server);
    let list = session.call("list_invoices", json!({})).done().structured;
    let shown = json!({ "id": 7, "invoiceNumber": "R-1", "customer": "Muster AG", "grossTotal": 10.10, "state": "OPEN" });
    assert_eq!(list["items"], json!([shown]));
    let full = session.call("list_invoices", json!({ "detail": "full" })).done().structured;
    assert_eq!(full["items"], Value::Array(rows));
    // A client that stands as a text, or under another name of the same word.
    for (record, shown) in [
        (json!({ "client": "Muster AG" }), json!({ "client": "Muster AG" })),
        (json!({ "client": null, "client_name": "Muster AG" }), json!({ "client_name": "Muster AG" })),
        (json!({ "client_id": "c-1" }), json!({ "client_id": "c-1" })),
        (json!({ "client": { "company_name": "Muster AG", "id": 1 } }), json!({ "client": "Muster AG" })),
    ] {
        let mut whole = json!({ "id": id(1), "number": "R-1", "status": "sent", "notes": "n" });
        whole.as_object_mut().unwrap().extend(record.as_object().unwrap().clone());
        let list = self::session(&listing(vec![whole])).call("list_invoices", json!({})).done().structured;
        let mut row = items(&list)[0].clone();
        for name in ["id", "number", "status"] {
            row.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(row, shown);
    }
}
