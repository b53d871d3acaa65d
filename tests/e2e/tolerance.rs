//! Whatever envelope, error body, paging or filter the API has: the same list gives the same items, and no list
//! passes for complete when it is not.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::scripted_books::{bare, clients, id, listing, run};
use crate::support::{Answer, Era, McpSession, SandboxProcess, ScriptedServer, json as json_answer};

const ENVELOPES: [&str; 9] =
    ["bare", "items", "results", "resource", "nested", "cursor", "offset", "link", "none"];
/// Those that say how many records there are.
const WITH_TOTAL: [&str; 5] = ["items", "results", "resource", "nested", "offset"];

fn serve(sandbox: &SandboxProcess) -> McpSession {
    McpSession::start(&sandbox.lumabill(&["serve"]), Era::Modern)
}

fn items(structured: &Value) -> &Vec<Value> {
    structured["items"].as_array().unwrap_or_else(|| panic!("no items in {structured}"))
}

fn numbers(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect()
}

fn amount(value: &Value) -> Decimal {
    Decimal::from_str(&value.to_string()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

/// The answers of a list, call by call, to its end.
#[track_caller]
fn walk(session: &mut McpSession, tool: &str, first: Value, then: &Value) -> Vec<Value> {
    let (mut answers, mut arguments): (Vec<Value>, Value) = (Vec::new(), first);
    loop {
        assert!(answers.len() < 40, "the walk has no end: {}", answers[39]);
        let answer = session.call(tool, arguments).done().structured;
        let cursor = answer.get("next_cursor").cloned();
        answers.push(answer);
        let Some(cursor) = cursor else { return answers };
        arguments = then.clone();
        arguments["cursor"] = cursor;
    }
}

fn all_items(answers: &[Value]) -> Vec<Value> {
    answers.iter().flat_map(|answer| items(answer).clone()).collect()
}

#[test]
fn every_envelope_gives_the_same_list() {
    let plain = SandboxProcess::start(&[]).all("/v1/invoices");
    for envelope in ENVELOPES {
        let sandbox = SandboxProcess::start(&["--fault", &format!("envelope={envelope}")]);
        let mut session = serve(&sandbox);
        let whole = session.call("list_invoices", json!({ "limit": 200 })).done().structured;
        assert_eq!(numbers(items(&whole)), numbers(&plain), "{envelope}");
        assert_eq!((&whole["n"], &whole["of"]), (&json!(plain.len()), &json!(plain.len())), "{envelope}");
        assert_eq!(whole["complete"], true, "{envelope}");
        let pages = walk(&mut session, "list_invoices", json!({ "limit": 10 }), &json!({ "limit": 10 }));
        assert_eq!(numbers(&all_items(&pages)), numbers(&plain), "{envelope}");
        for page in &pages {
            assert_eq!(page["complete"], false, "{envelope}: one page is not the list");
            let of = if WITH_TOTAL.contains(&envelope) { json!(plain.len()) } else { Value::Null };
            assert_eq!(page["of"], of, "{envelope}");
            assert!(page.get("sums").is_none(), "{envelope}: sums of a part");
        }
    }
}

#[test]
fn every_error_body_keeps_what_it_says_of_fields() {
    for shape in ["", "message", "string", "status", "problem", "html", "list"] {
        let fault = format!("errors={shape}");
        let options: &[&str] = if shape.is_empty() { &[] } else { &["--fault", &fault] };
        let sandbox = SandboxProcess::start(options);
        let mut session = serve(&sandbox);
        let refused = session.call("create_client", json!({ "name": "Neu AG", "currency": "XQZ" })).refused();
        let error = &refused.structured["error"];
        assert_eq!(error["http_status"], 422, "{shape}: {}", refused.text);
        assert_eq!(error["sent"], "refused_by_api", "{shape}: {}", refused.text);
        assert!(refused.text.contains("create_client"), "{shape}: {}", refused.text);
        // The other three carry no field.
        if ["", "status", "problem", "list"].contains(&shape) {
            let issues = error["field_issues"].to_string();
            assert!(issues.contains("currency"), "{shape}: {}", refused.text);
            assert!(refused.text.contains("currency"), "{shape}: {}", refused.text);
        }
    }
}

type Wanted<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

#[test]
fn filters_that_the_api_ignores_are_applied_here() {
    let plain = SandboxProcess::start(&[]).all("/v1/invoices");
    let sandbox = SandboxProcess::start(&["--fault", "ignore-filters"]);
    let mut session = serve(&sandbox);
    let client = plain[0]["client_id"].as_str().unwrap();
    let day = |row: &Value| row["issue_date"].as_str().unwrap().to_owned();
    let cases: [(&str, Value, Wanted); 5] = [
        ("status", json!({ "status": "paid" }), Box::new(|row| row["status"] == "paid")),
        ("client_id", json!({ "client_id": client }), Box::new(|row| row["client_id"] == client)),
        (
            "from",
            json!({ "period": "2026-Q1" }),
            Box::new(|row| day(row).starts_with("2026-0") && day(row).as_str() < "2026-04"),
        ),
        (
            "min_total",
            json!({ "min_total": 1000 }),
            Box::new(|row| amount(&row["total"]) >= Decimal::from(1000)),
        ),
        (
            "search",
            json!({ "search": "muster ag" }),
            Box::new(|row| row.to_string().to_lowercase().contains("muster ag")),
        ),
    ];
    for (filter, mut arguments, wanted) in cases {
        let kept: Vec<Value> = plain.iter().filter(|row| wanted(row)).cloned().collect();
        assert!(!kept.is_empty() && kept.len() < plain.len(), "{filter}: the seed shows nothing");
        arguments["limit"] = json!(200);
        let found = session.call("list_invoices", arguments).done().structured;
        let (mut got, mut want) = (numbers(items(&found)), numbers(&kept));
        got.sort();
        want.sort();
        assert_eq!(got, want, "{filter}");
        assert!(found["filtered_here"].to_string().contains(filter), "{filter}: {found}");
        if filter == "search" {
            // The API may know more of a record than it shows: left-out rows make the list unsure.
            assert_eq!((&found["of"], &found["complete"]), (&Value::Null, &json!(false)), "{filter}");
            assert!(
                found["sums"].is_null() && found["note"].as_str().unwrap().contains("left out"),
                "{found}"
            );
            continue;
        }
        assert_eq!((&found["of"], &found["complete"]), (&json!(kept.len()), &json!(true)), "{filter}");
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for row in &kept {
            *sums.entry(row["currency"].as_str().unwrap().to_owned()).or_default() += amount(&row["total"]);
        }
        for (currency, sum) in sums {
            assert_eq!(amount(&found["sums"][&currency]["total"]), sum, "{filter} {currency}");
        }
    }
}

#[test]
fn ignored_filters_lose_no_row_on_the_way_and_the_api_s_total_is_not_believed() {
    let plain = SandboxProcess::start(&[]).all("/v1/invoices");
    let paid: Vec<Value> = plain.iter().filter(|row| row["status"] == "paid").cloned().collect();
    assert!(paid.len() > 6, "the seed has too few paid invoices");
    for limit in [1, 3] {
        let sandbox = SandboxProcess::start(&["--fault", "ignore-filters"]);
        let mut session = serve(&sandbox);
        let first = json!({ "status": "paid", "limit": limit });
        let pages = walk(&mut session, "list_invoices", first, &json!({ "limit": limit }));
        assert_eq!(numbers(&all_items(&pages)), numbers(&paid), "limit {limit}");
        for page in &pages {
            assert!(page["of"].is_null() || page["of"] == paid.len(), "limit {limit}: {}", page["of"]);
        }
    }
}

#[test]
fn a_page_that_repeats_ends_the_walk_and_does_not_pass_for_the_whole() {
    let sandbox = SandboxProcess::start(&["--fault", "repeat-page"]);
    let mut session = serve(&sandbox);
    let pages = walk(&mut session, "list_invoices", json!({ "limit": 10 }), &json!({ "limit": 10 }));
    assert_eq!(all_items(&pages).len(), 10, "the same rows came twice");
    assert_eq!(pages.len(), 2);
    for page in &pages {
        assert_eq!(page["complete"], false, "{page}");
        assert!(page.get("sums").is_none(), "{page}");
    }
    assert!(pages[1]["note"].as_str().unwrap().contains("repeated"), "{}", pages[1]);
    // The same within one call.
    let rows: Vec<Value> = clients(100);
    let server = ScriptedServer::always(json_answer(200, &json!({ "data": rows, "total": 350 }).to_string()));
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let found = session.call("list_clients", json!({ "limit": 200 })).done().structured;
    assert_eq!((items(&found).len(), &found["complete"]), (100, &json!(false)), "{}", found["note"]);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn unknown_fields_and_states_are_passed_on() {
    let row = json!({
        "id": id(1), "number": "R-1", "status": "in_dispute", "total": 10.10, "currency": "CHF",
        "x_new": { "deep": [1, { "er": null }] }, "dunning_level": 3
    });
    let all = row.clone();
    let server = ScriptedServer::start(move |request| {
        let one = request.target.contains(&id(1));
        let body = if one { json!({ "data": all }) } else { json!({ "data": [all], "total": 1 }) };
        Answer::Bytes(json_answer(200, &body.to_string()))
    });
    for era in Era::BOTH {
        let mut session = McpSession::start(&run(&server, &["serve"]), era);
        for mut arguments in [json!({}), json!({ "status": "unpaid" })] {
            let listed = session.call("list_invoices", arguments.clone()).done();
            assert_eq!(listed.structured["items"][0]["status"], "in_dispute");
            arguments["detail"] = json!("full");
            let listed = session.call("list_invoices", arguments).done();
            assert_eq!(listed.structured["items"], json!([row]));
            assert!(listed.text.contains("in_dispute") && listed.text.contains("dunning_level"));
        }
        let one = session.call("get_invoice", json!({ "id": id(1) })).done();
        assert_eq!(one.structured["record"], row);
    }
}

#[test]
fn sixty_records_come_in_three_calls_each_once() {
    let wanted = clients(60);
    for era in Era::BOTH {
        let server = listing(wanted.clone());
        let mut session = McpSession::start(&run(&server, &["serve"]), era);
        let pages = walk(&mut session, "list_clients", json!({ "limit": 25 }), &json!({}));
        assert_eq!(pages.iter().map(|page| items(page).len()).collect::<Vec<_>>(), [25, 25, 10]);
        assert_eq!(names(&all_items(&pages)), names(&wanted), "{era:?}");
        assert!(pages.iter().all(|page| page["of"] == 60 && page["complete"] == false));
    }
}

#[test]
fn another_limit_on_the_way_neither_skips_nor_repeats() {
    let wanted = clients(60);
    let server = listing(wanted.clone());
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    for (first, then) in [(2, json!({})), (25, json!({ "limit": 7 })), (7, json!({ "limit": 200 }))] {
        let pages = walk(&mut session, "list_clients", json!({ "limit": first }), &then);
        assert_eq!(names(&all_items(&pages)), names(&wanted), "{first} then {then}");
    }
}

#[test]
fn a_cursor_of_another_tool_or_with_other_filters_is_refused() {
    let server = listing(clients(60));
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let first = session.call("list_clients", json!({ "search": "Client" })).done().structured;
    let cursor = first["next_cursor"].clone();
    let before = server.requests().len();
    for (tool, arguments) in [
        ("list_vendors", json!({ "cursor": cursor })),
        ("list_clients", json!({ "cursor": cursor, "search": "Other" })),
        ("list_clients", json!({ "cursor": "bm90IGEgY3Vyc29y" })),
        ("list_clients", json!({ "cursor": "2" })),
    ] {
        let refused = session.call(tool, arguments.clone()).refused();
        assert!(
            refused.text.contains("cursor") && refused.text.contains("nothing was sent"),
            "{}",
            refused.text
        );
    }
    assert_eq!(server.requests().len(), before);
    session.call("list_clients", json!({ "cursor": cursor, "search": "Client" })).done();
}

#[test]
fn the_counts_are_right_at_the_edges_of_a_page() {
    for count in [0, 1, 25, 26, 100] {
        let server = listing(clients(count));
        let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
        let found = session.call("list_clients", json!({})).done().structured;
        assert_eq!((items(&found).len(), &found["of"]), (count.min(25), &json!(count)));
        assert_eq!(found["complete"], count <= 25, "{count}");
        assert_eq!(found.get("next_cursor").is_some(), count > 25, "{count}");
    }
}

#[test]
fn without_a_total_only_what_was_seen_to_end_is_complete() {
    // The API gives at most 20, 50 or 1000 rows at once and says nothing about it.
    for (count, cap) in [(0, 50), (7, 50), (20, 20), (60, 20), (60, 50), (24, 1000), (25, 1000), (26, 1000)] {
        let wanted = clients(count);
        let server = bare(wanted.clone(), cap);
        let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
        for limit in [25, 200] {
            let found = session.call("list_clients", json!({ "limit": limit })).done().structured;
            let shown = items(&found).len();
            assert!(shown == count || found["complete"] == false, "{count} by {cap}: {shown} pass for all");
            assert!(found["of"].is_null() || found["of"] == count, "{count} by {cap}: {}", found["of"]);
            let pages =
                walk(&mut session, "list_clients", json!({ "limit": limit }), &json!({ "limit": limit }));
            assert_eq!(names(&all_items(&pages)), names(&wanted), "{count} by {cap}, limit {limit}");
        }
    }
}

#[test]
fn an_end_before_the_api_s_own_total_is_no_end() {
    let body = json!({ "data": clients(25), "total": 60, "has_more": false });
    let server = ScriptedServer::always(json_answer(200, &body.to_string()));
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let found = session.call("list_clients", json!({})).done().structured;
    assert_eq!((&found["of"], &found["complete"]), (&json!(60), &json!(false)), "{found}");
}

#[test]
fn ids_are_never_shortened() {
    let long = format!("inv_{}", "Zk4Vq8Tn2X".repeat(15));
    let body = json!({ "data": [{ "id": long, "number": "R-1", "name": "n".repeat(300) }], "total": 1 });
    let server = ScriptedServer::always(json_answer(200, &body.to_string()));
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let listed = session.call("list_invoices", json!({})).done();
    assert_eq!(listed.structured["items"][0]["id"], long);
    assert!(listed.text.contains(&long));
    for arguments in [&["call", "list_invoices"][..], &["call", "list_invoices", "--json"]] {
        let ended = run(&server, arguments).run().exits(0);
        assert!(ended.stdout.contains(&long), "{}", ended.stdout);
    }
}
