//! Lists to their end: whatever paging the API has, as far as a call goes, honest where it does not go further, and
//! finished by the command that the answer names.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::scripted_books::{PROFILE, answer, bare, id, listing, page, profiles, query, run};
use crate::support::{
    Answer, Era, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer, json as json_answer,
};

const ENVELOPES: [&str; 9] =
    ["bare", "items", "results", "resource", "nested", "cursor", "offset", "link", "none"];

/// One of so many invoices of a year, as large as a real one.
fn invoice(n: usize, of: usize) -> Value {
    let day = jiff::civil::date(2026, 1, 1) + jiff::Span::new().days(i64::try_from(n * 365 / of).unwrap());
    let day = day.to_string();
    json!({
        "id": id(n), "profile_id": PROFILE, "number": format!("R-{n:05}"), "client_id": id(n % 7), "issue_date": day,
        "due_date": day, "currency": "CHF", "tax_rate": 8.1,
        "lines": [{ "id": id(n), "position": 1, "description": "Beratung nach Aufwand, Leistungen des Monats", "quantity": 10,
            "unit": "h", "price": 140, "tax_rate": 8.1, "net_amount": 1400, "tax_amount": 113.4, "gross_amount": 1513.4 }],
        "title": null, "notes": "Zahlbar innert 30 Tagen mit dem QR-Zahlteil.", "language": "de",
        "status": if n.is_multiple_of(3) { "paid" } else { "sent" }, "client": { "id": id(n % 7), "name": format!("Muster {} AG", n % 7) },
        "subtotal": 1400, "tax_total": 113.4, "total": 1513.4, "amount_due": if n.is_multiple_of(3) { json!(0) } else { json!(1513.4) },
        "sender": { "company_name": "Muster GmbH", "address": { "street": "Bahnhofstrasse", "postal_code": "8001", "city": "Zürich" } },
        "created_at": "2026-01-01T09:00:00.000Z", "updated_at": "2026-01-01T09:00:00.000Z"
    })
}

fn invoices(of: usize) -> Vec<Value> {
    (0..of).map(|n| invoice(n, of)).collect()
}

fn session(server: &ScriptedServer) -> McpSession {
    McpSession::start(&run(server, &["serve", "--toolsets", "all"]), Era::Modern)
}

fn items(structured: &Value) -> &Vec<Value> {
    structured["items"].as_array().unwrap_or_else(|| panic!("no items in {structured}"))
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].to_string()).collect()
}

fn amount(value: &Value) -> Decimal {
    value.to_string().parse().unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// The command in backticks.
#[track_caller]
fn command(go_on: &str) -> &str {
    go_on.split('`').nth(1).unwrap_or_else(|| panic!("no command in {go_on}"))
}

#[test]
fn every_kind_of_paging_is_walked_to_its_end() {
    let plain = SandboxProcess::start(&[]).all("/v1/journal-entries");
    assert!(plain.len() > 100, "one page shows nothing");
    for envelope in ENVELOPES {
        let sandbox = SandboxProcess::start(&["--fault", &format!("envelope={envelope}")]);
        let mut session = McpSession::start(&sandbox.lumabill(&["serve", "--toolsets", "all"]), Era::Modern);
        let list = session.call("list_journal_entries", json!({ "all": true })).done().structured;
        assert_eq!(ids(items(&list)), ids(&plain), "{envelope}");
        let counted = (&list["n"], &list["of"], &list["complete"]);
        assert_eq!(counted, (&json!(plain.len()), &json!(plain.len()), &json!(true)), "{envelope}");
        assert!(list.get("next_cursor").is_none() && list.get("go_on").is_none(), "{envelope}");
        // From the middle on.
        let first = session.call("list_journal_entries", json!({ "limit": 10 })).done().structured;
        let rest = json!({ "cursor": first["next_cursor"], "all": true });
        let rest = session.call("list_journal_entries", rest).done().structured;
        assert_eq!(ids(&[items(&first).as_slice(), items(&rest)].concat()), ids(&plain), "{envelope}");
        assert_eq!(items(&rest).len(), plain.len() - 10, "{envelope}");
    }
}

#[test]
fn an_api_that_grants_fewer_rows_than_asked_for_is_walked_in_what_it_grants() {
    for (count, cap) in [(0, 20), (24, 24), (60, 20), (205, 50), (205, 7), (1000, 1000)] {
        let rows = invoices(count.max(1))[..count].to_vec();
        let server = bare(rows.clone(), cap);
        let list = session(&server).call("list_invoices", json!({ "all": true })).done().structured;
        assert_eq!(items(&list).len(), count, "{count} by {cap}");
        assert_eq!((&list["of"], &list["complete"]), (&json!(count), &json!(true)), "{count} by {cap}");
    }
    // One that refuses large pages.
    let rows = invoices(120);
    let server = ScriptedServer::start(move |request| {
        let limit: usize = query(request, "limit").unwrap().parse().unwrap();
        if limit > 50 {
            return answer(422, &json!({ "error": { "message": "limit must be at most 50" } }));
        }
        let (cut, number) = page(request, &rows);
        answer(
            200,
            &json!({ "data": cut, "pagination": { "page": number, "limit": limit, "total": rows.len() } }),
        )
    });
    let list = session(&server).call("list_invoices", json!({ "all": true })).done().structured;
    assert_eq!((&list["n"], &list["complete"]), (&json!(120), &json!(true)), "{}", list["note"]);
    // One that knows no page after the last.
    let rows = invoices(40);
    let server = ScriptedServer::start(move |request| match page(request, &rows) {
        ([], _) => answer(404, &json!({ "error": "no such page" })),
        (cut, _) => answer(200, &json!(cut)),
    });
    let list = session(&server).call("list_invoices", json!({ "all": true })).done().structured;
    assert_eq!((&list["n"], &list["complete"]), (&json!(40), &json!(true)), "{}", list["note"]);
}

#[test]
fn filters_that_the_api_ignores_are_applied_to_all_of_it() {
    let rows = invoices(1500);
    let open = rows.iter().filter(|row| row["status"] == "sent").count();
    let server = listing(rows);
    let mut session = session(&server);
    for status in ["sent", "unpaid"] {
        let list = session.call("list_invoices", json!({ "status": status, "all": true })).done().structured;
        assert_eq!((&list["n"], &list["of"], &list["complete"]), (&json!(open), &json!(open), &json!(true)));
        assert_eq!(list["filtered_here"], json!(["status"]));
        assert_eq!(amount(&list["sums"]["CHF"]["total"]), Decimal::from(open) * Decimal::new(15_134, 1));
    }
    // Unasked, only a few pages are searched for a filter of the API; what is unpaid is always counted to the end.
    let some = session.call("list_invoices", json!({ "status": "sent" })).done().structured;
    assert_eq!((&some["of"], &some["complete"]), (&Value::Null, &json!(false)));
    assert!(some["note"].as_str().unwrap().contains("all: true"), "{}", some["note"]);
    let unpaid = session.call("list_invoices", json!({ "status": "unpaid" })).done().structured;
    assert_eq!((&unpaid["n"], &unpaid["of"]), (&json!(25), &json!(open)));
}

#[test]
fn pages_that_come_round_again_end_the_walk() {
    // The same page for ever, and two pages in turn.
    for turns in [1, 2] {
        let rows = invoices(200);
        let server = ScriptedServer::start(move |request| {
            let number: usize = query(request, "page").unwrap().parse().unwrap();
            let cut = &rows[(number - 1) % turns * 100..][..100];
            answer(
                200,
                &json!({ "data": cut, "pagination": { "page": number, "limit": 100, "total": 5000 } }),
            )
        });
        let list = session(&server).call("list_invoices", json!({ "all": true })).done().structured;
        assert_eq!(list["complete"], false, "{turns}");
        assert!(list["note"].as_str().unwrap().contains("repeated"), "{turns}: {}", list["note"]);
        assert!(server.requests().len() <= turns + 1, "{turns}: {}", server.requests().len());
        assert!(list.get("sums").is_none() && list.get("next_cursor").is_none(), "{turns}");
    }
}

/// A list that is refused from some page on until it is healed.
fn failing(rows: Vec<Value>, from: usize, healed: Arc<AtomicBool>) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        let (cut, number) = page(request, &rows);
        if number >= from && !healed.load(Ordering::Relaxed) {
            return answer(500, &json!({ "error": { "message": "the database is away" } }));
        }
        answer(
            200,
            &json!({ "data": cut, "pagination": { "page": number, "limit": 100, "total": rows.len() } }),
        )
    })
}

#[test]
fn an_error_on_the_way_loses_nothing_and_the_cursor_goes_on() {
    let healed = Arc::new(AtomicBool::new(false));
    let server = failing(invoices(450), 3, Arc::clone(&healed));
    let mut session = session(&server);
    let part = session.call("list_invoices", json!({ "all": true })).done().structured;
    assert_eq!((&part["n"], &part["of"], &part["complete"]), (&json!(200), &json!(450), &json!(false)));
    let note = part["note"].as_str().unwrap();
    assert!(note.contains("2 pages") && note.contains("500"), "{note}");
    assert!(part.get("sums").is_none() && command(part["go_on"].as_str().unwrap()).contains(" all=true"));
    healed.store(true, Ordering::Relaxed);
    let rest = session.call("list_invoices", json!({ "cursor": part["next_cursor"], "all": true })).done();
    assert_eq!(items(&rest.structured).len(), 250);
    // The first page is no part of a list: its failure is the call's.
    healed.store(false, Ordering::Relaxed);
    let server = failing(invoices(450), 1, healed);
    let refused = self::session(&server).call("list_invoices", json!({ "all": true })).refused();
    assert_eq!(refused.structured["error"]["http_status"], 500, "{}", refused.text);
}

/// A server that knows `from` and `to`.
fn dated(rows: Vec<Value>) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        let (from, to) = (query(request, "from").unwrap(), query(request, "to").unwrap());
        let within =
            |row: &&Value| (from.as_str()..=to.as_str()).contains(&row["issue_date"].as_str().unwrap());
        let rows: Vec<Value> = rows.iter().filter(within).cloned().collect();
        let (cut, number) = page(request, &rows);
        answer(
            200,
            &json!({ "data": cut, "pagination": { "page": number, "limit": 100, "total": rows.len() } }),
        )
    })
}

#[test]
fn the_limit_of_requests_cuts_a_list_off_and_the_terminal_finishes_it() {
    let rows = invoices(1100);
    let server = dated(rows.clone());
    let limited = |run: Lumabill| run.env("LUMABILL_RATE_LIMIT", "10/10");
    let mut session = McpSession::start(&limited(run(&server, &["serve"])), Era::Modern);
    let asked = json!({ "period": "2026", "currency": "CHF", "all": true });
    let part = session.call("list_invoices", asked).done().structured;
    assert_eq!((&part["n"], &part["of"], &part["complete"]), (&json!(1000), &json!(1100), &json!(false)));
    assert!(part["note"].as_str().unwrap().contains("10 reads a minute"), "{}", part["note"]);
    assert!(part["retry_after_s"].as_u64().unwrap() > 40, "{part}");
    let go_on = part["go_on"].as_str().unwrap();
    assert!(go_on.ends_with("2026-H2, 2026-H1"), "{go_on}");
    // The periods fit into a call each, and together they are the whole.
    let mut found = BTreeSet::new();
    for period in ["2026-H2", "2026-H1"] {
        let mut fresh = McpSession::start(&limited(run(&server, &["serve"])), Era::Modern);
        let half = fresh.call("list_invoices", json!({ "period": period, "all": true })).done().structured;
        assert_eq!(half["complete"], true, "{}", half["note"]);
        found.extend(ids(items(&half)));
    }
    assert_eq!(found, ids(&rows));
    // The terminal waits for the minute to pass, says so, and comes to the end.
    let home = limited(run(&server, &[]));
    let began = Instant::now();
    let mut child = Command::new("sh")
        .args(["-c", &format!("{} --json", command(go_on))])
        .env_clear()
        .envs(home.home.environment())
        .envs([
            ("LUMABILL_API_KEY", PLANTED_KEY),
            ("LUMABILL_API_URL", server.url().as_str()),
            ("LUMABILL_RATE_LIMIT", "10/10"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.stdout.take().map(|mut out| {
        thread::spawn(move || {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut out, &mut text).unwrap();
            text
        })
    });
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(120), "the command does not end");
        thread::sleep(Duration::from_millis(50));
    }
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    let whole: Value = serde_json::from_str(&output.unwrap().join().unwrap())
        .unwrap_or_else(|error| panic!("{error}: {stderr}"));
    assert_eq!((&whole["n"], &whole["of"], &whole["complete"]), (&json!(1100), &json!(1100), &json!(true)));
    assert_eq!(ids(items(&whole)), ids(&rows));
    assert!(began.elapsed() > Duration::from_secs(55), "it did not wait");
    assert!(stderr.contains("waiting") && stderr.contains("10 reads a minute"), "{stderr}");
}

#[test]
fn a_429_is_waited_out_in_the_terminal() {
    let turned_away = AtomicUsize::new(0);
    let rows = invoices(250);
    let server = ScriptedServer::start(move |request| {
        let (cut, number) = page(request, &rows);
        if number == 2 && turned_away.fetch_add(1, Ordering::Relaxed) < 1 {
            let headers = ["content-type: application/json", "retry-after: 9"];
            return Answer::Bytes(crate::support::http(429, &headers, r#"{"error":"rate limit"}"#));
        }
        answer(
            200,
            &json!({ "data": cut, "pagination": { "page": number, "limit": 100, "total": rows.len() } }),
        )
    });
    let ended = run(&server, &["call", "list_invoices", "all=true", "--json"]).run().exits(0);
    assert_eq!((&ended.json()["n"], &ended.json()["complete"]), (&json!(250), &json!(true)));
    assert!(ended.stderr.contains("waiting 9 s"), "{}", ended.stderr);
    assert!(ended.took > Duration::from_secs(8), "{:?}", ended.took);
}

#[test]
fn ten_thousand_invoices_are_read_whole_in_little_memory() {
    const MANY: usize = 10_000;
    let rows = invoices(MANY);
    let (known, server) = (ids(&rows), listing(rows));
    let mut session = session(&server);
    session.call("list_invoices", json!({})).done();
    let before = session.memory("VmHWM");
    let began = Instant::now();
    let params =
        json!({ "name": "list_invoices", "arguments": { "all": true }, "_meta": { "progressToken": "p" } });
    let asked = session.request("tools/call", params);
    let told = session.notified("notifications/progress");
    assert_eq!(told["params"]["total"], 100.0, "{told}");
    let list = session.answer(&asked)["result"]["structuredContent"].take();
    let (after, took) = (session.memory("VmHWM"), began.elapsed());
    assert_eq!((&list["n"], &list["of"], &list["complete"]), (&json!(MANY), &json!(MANY), &json!(true)));
    assert_eq!(ids(items(&list)), known);
    assert_eq!(amount(&list["sums"]["CHF"]["total"]), Decimal::from(15_134_000));
    assert_eq!(server.requests().len(), 101);
    let mb = |bytes: u64| bytes / 1_000_000;
    println!("10,000 invoices: {} MB at most, {} before, {took:?}", mb(after), mb(before));
    assert!(after - before < 45_000_000, "{} MB for rows as they are shown", mb(after - before));
    // Nothing is kept where only figures are wanted.
    let mut fresh = self::session(&server);
    fresh.call("list_invoices", json!({})).done();
    let before = fresh.memory("VmHWM");
    let stats = fresh.call("get_invoice_stats", json!({ "period": "2026" })).done().structured;
    assert_eq!((&stats["n"], &stats["complete"]), (&json!(MANY), &json!(true)), "{stats}");
    let figures = fresh.memory("VmHWM");
    println!("figures of 10,000 invoices: {} MB at most, {} before", mb(figures), mb(before));
    assert!(figures - before < 6_000_000, "{} MB for figures", mb(figures - before));
}

#[test]
fn a_workflow_that_is_cut_off_names_its_own_command() {
    let rows = invoices(700);
    let server = listing(rows);
    let limited = run(&server, &["serve"]).env("LUMABILL_RATE_LIMIT", "3/3");
    let mut session = McpSession::start(&limited, Era::Modern);
    let refused = session.call("get_invoice_stats", json!({ "period": "2026" })).refused();
    let said = &refused.text;
    assert!(said.contains(" get_invoice_stats period=2026") && said.contains("3 reads a minute"), "{said}");
    assert!(said.contains("2026-Q4, 2026-Q3, 2026-Q2, 2026-Q1"), "{said}");
}

#[test]
fn an_id_that_is_given_twice_makes_a_list_unsure() {
    let mut rows = invoices(150);
    rows[120] = rows[20].clone();
    let list = session(&listing(rows)).call("list_invoices", json!({ "all": true })).done().structured;
    assert_eq!(list["complete"], false, "{}", list["note"]);
    assert!(list.get("sums").is_none() && list["note"].as_str().unwrap().contains("changed"));
}

#[test]
fn a_slow_api_is_cut_off_by_the_time_of_a_call_and_not_by_the_client() {
    // 60 pages at a second each: no call waits that long.
    let rows = invoices(6_000);
    let server = ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let (cut, number) = page(request, &rows);
        let body =
            json!({ "data": cut, "pagination": { "page": number, "limit": 100, "total": rows.len() } });
        Answer::After(Duration::from_secs(3), Box::new(Answer::Bytes(json_answer(200, &body.to_string()))))
    });
    let mut session = session(&server);
    let began = Instant::now();
    let asked = session.send_call("list_invoices", json!({ "period": "2026", "all": true }));
    session.listen(Duration::from_secs(40));
    let list = session.answer(&asked)["result"]["structuredContent"].take();
    assert!(began.elapsed() < Duration::from_secs(48), "{:?}", began.elapsed());
    assert_eq!(list["complete"], false, "{list}");
    assert!(
        items(&list).len() >= 1_000 && list["note"].as_str().unwrap().contains("time of one call"),
        "{}",
        list["note"]
    );
    let go_on = list["go_on"].as_str().unwrap();
    assert!(go_on.contains("2026-12, 2026-11, ") && go_on.ends_with(", 2026-01"), "{go_on}");
}
