//! What a person would say in place of what the API takes: names, numbers, periods, days; and which tools are there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::scripted_books::{answer, id, listing, page, profiles, query, run};
use crate::support::{Era, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer, ToolResult};

/// The day where the books are kept.
fn today() -> jiff::civil::Date {
    let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    jiff::Timestamp::now().to_zoned(zone).date()
}

fn lines() -> Value {
    json!([{ "description": "Consulting", "quantity": 1, "price": 100 }])
}

fn serve(sandbox: &SandboxProcess) -> McpSession {
    McpSession::start(&sandbox.lumabill(&["serve", "--toolsets", "all"]), Era::Modern)
}

#[track_caller]
fn invoice_for(session: &mut McpSession, name: &str) -> ToolResult {
    session.call("create_invoice", json!({ "client_name": name, "lines": lines() }))
}

#[test]
fn a_client_is_found_by_its_exact_name_whatever_case_and_spaces() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = serve(&sandbox);
    for name in ["Meier GmbH", "meier gmbh", "  Meier   GmbH "] {
        let made = invoice_for(&mut session, name).done();
        assert_eq!(made.structured["record"]["client"]["name"], "Meier GmbH", "{name}");
    }
}

#[test]
fn a_name_that_is_not_exact_names_the_candidates_and_writes_nothing() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = serve(&sandbox);
    let before = sandbox.all("/v1/invoices").len();
    let refused = invoice_for(&mut session, "Meier").refused();
    let error = &refused.structured["error"];
    assert_eq!((&error["code"], &error["sent"]), (&json!("not_found"), &json!("nothing_sent")));
    let wanted: BTreeSet<String> = sandbox
        .all("/v1/clients?search=Meier")
        .iter()
        .map(|client| client["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(wanted.len() > 1);
    let candidates = error["candidates"].as_array().unwrap().iter();
    let got: BTreeSet<String> = candidates.map(|client| client["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(got, wanted);
    for id in &wanted {
        assert!(refused.text.contains(id), "{}", refused.text);
    }
    let missing = invoice_for(&mut session, "Niemand Nirgends AG").refused();
    assert!(missing.text.contains("list_clients") && missing.text.contains("create"), "{}", missing.text);
    assert_eq!(sandbox.all("/v1/invoices").len(), before);
}

#[test]
fn a_name_that_two_bear_is_ambiguous() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = serve(&sandbox);
    let twin =
        session.call("create_client", json!({ "name": "Meier GmbH" })).done().structured["record"]["id"]
            .clone();
    let refused = invoice_for(&mut session, "Meier GmbH").refused();
    assert_eq!(refused.structured["error"]["code"], "ambiguous", "{}", refused.text);
    assert_eq!(refused.structured["error"]["candidates"].as_array().unwrap().len(), 2);
    assert!(
        refused.text.contains(twin.as_str().unwrap()) && refused.text.contains("client_id"),
        "{}",
        refused.text
    );
}

#[test]
fn a_vendor_is_found_by_name_too() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = serve(&sandbox);
    let vendor = sandbox.all("/v1/vendors").remove(0);
    let arguments = json!({ "amount": 10, "date": "2026-11-20", "vendor_name": vendor["name"] });
    let made = session.call("create_expense", arguments).done();
    assert_eq!(made.structured["record"]["vendor_id"], vendor["id"], "{}", made.text);
}

#[test]
fn a_number_stands_in_place_of_the_id() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = serve(&sandbox);
    for (kind, path) in [("invoice", "/v1/invoices?status=draft"), ("offer", "/v1/offers?status=draft")] {
        let record = sandbox.all(path).remove(0);
        let (id, number) = (&record["id"], &record["number"]);
        let got = session.call(&format!("get_{kind}"), json!({ "number": number })).done();
        assert_eq!(got.structured["record"]["id"], *id);
        let changes = json!({ "number": number, "changes": { "notes": "by number" } });
        let updated = session.call(&format!("update_{kind}"), changes).done();
        assert_eq!(
            (&updated.structured["record"]["id"], &updated.structured["record"]["number"]),
            (id, number)
        );
        let delete = format!("delete_{kind}");
        session.call(&delete, json!({ "number": number })).refused();
        session.call(&delete, json!({ "number": number, "confirm_number": number })).done();
        let gone = session.call(&format!("get_{kind}"), json!({ "number": number })).refused();
        assert!(gone.text.contains(number.as_str().unwrap()), "{}", gone.text);
        let both = session.call(&format!("get_{kind}"), json!({ "number": number, "id": id })).refused();
        assert!(both.text.contains("`id`") && both.text.contains("`number`"), "{}", both.text);
    }
}

/// `from` and `to` of the last request.
fn span(server: &ScriptedServer) -> (String, String) {
    let target = server.requests().pop().unwrap().target;
    let value = |name: &str| {
        let (_, rest) =
            target.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("no {name} in {target}"));
        rest.split('&').next().unwrap().to_owned()
    };
    (value("from"), value("to"))
}

#[test]
fn periods_are_understood_as_people_say_them() {
    let server = listing(Vec::new());
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    for (period, from, to) in [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-H1", "2026-01-01", "2026-06-30"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("Q4 2025", "2025-10-01", "2025-12-31"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-03-31", "2026-03-31", "2026-03-31"),
        ("2026-01-15..2026-03-10", "2026-01-15", "2026-03-10"),
    ] {
        for tool in ["list_invoices", "list_expenses", "list_revenue", "get_vat_report"] {
            session.call(tool, json!({ "period": period })).done();
            assert_eq!(span(&server), (from.to_owned(), to.to_owned()), "{tool} {period}");
        }
    }
    let today = today();
    let last = today.first_of_month().yesterday().unwrap();
    for (period, from, to) in [
        ("last_month", last.first_of_month(), last),
        ("last month", last.first_of_month(), last),
        ("this_month", today.first_of_month(), today.last_of_month()),
        ("this_year", today.first_of_year(), today.last_of_year()),
        (
            "last_year",
            today.first_of_year().yesterday().unwrap().first_of_year(),
            today.first_of_year().yesterday().unwrap(),
        ),
    ] {
        session.call("list_invoices", json!({ "period": period })).done();
        assert_eq!(span(&server), (from.to_string(), to.to_string()), "{period}");
    }
}

#[test]
fn what_is_no_period_is_refused_before_anything_is_sent() {
    let server = listing(Vec::new());
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    for period in ["soon", "2026-Q5", "2026-13", "26", "2026-03-31..2026-01-01", "2026-02-30"] {
        let refused = session.call("list_invoices", json!({ "period": period })).refused();
        assert!(refused.text.contains(period), "{}", refused.text);
    }
    let both = session.call("list_invoices", json!({ "period": "2026", "from": "2026-02-01" })).refused();
    assert!(both.text.contains("`period`") && both.text.contains("`from`"), "{}", both.text);
    assert!(server.requests().is_empty());
}

#[test]
fn due_days_count_from_the_issue_date_or_from_today() {
    let sandbox = SandboxProcess::today();
    let mut session = serve(&sandbox);
    let mut arguments = json!({ "client_name": "Muster AG", "lines": lines(), "due_days": 10 });
    let today = today();
    let due = |days: i64| json!(today.checked_add(jiff::Span::new().days(days)).unwrap().to_string());
    let made = session.call("create_invoice", arguments.clone()).done();
    assert_eq!(made.structured["record"]["due_date"], due(10));
    arguments["issue_date"] = due(-3);
    let made = session.call("create_invoice", arguments.clone()).done();
    assert_eq!(made.structured["record"]["due_date"], due(7));
    arguments["due_date"] = due(30);
    let refused = session.call("create_invoice", arguments).refused();
    assert!(refused.text.contains("`due_days`") && refused.text.contains("`due_date`"), "{}", refused.text);
}

#[test]
fn an_unknown_argument_is_refused_and_the_accepted_ones_are_named() {
    let server = ScriptedServer::start(|_| answer(200, &json!({})));
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let client = json!(id(1));
    for (tool, arguments, wrong, accepted) in [
        ("list_invoices", json!({ "state": "unpaid" }), "state", "status"),
        (
            "create_invoice",
            json!({ "client_id": client, "lines": lines(), "dueDate": "2026-12-01" }),
            "dueDate",
            "due_date",
        ),
        (
            "create_invoice",
            json!({ "client_id": client, "lines": [{ "description": "x", "qty": 1, "price": 2 }] }),
            "qty",
            "quantity",
        ),
        ("update_client", json!({ "id": client, "changes": { "mail": "a@b.example" } }), "mail", "email"),
        ("get_client", json!({ "id": client, "fields": "name" }), "fields", "id"),
    ] {
        let refused = session.call(tool, arguments).refused();
        assert!(
            refused.text.contains(wrong) && refused.text.contains(&format!("`{accepted}`")),
            "{}",
            refused.text
        );
        assert_eq!(refused.structured["error"]["sent"], "nothing_sent");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn what_is_listed_is_what_the_terminal_shows_and_what_can_be_called() {
    let every: Vec<String> = listed(&["--toolsets", "all"]).iter().map(name).collect();
    for flags in [
        &[][..],
        &["--toolsets", "banking,reports"],
        &["--toolsets", "default,bookkeeping"],
        &["--tools", "get_client,delete_vendor"],
        &["--toolsets", "contacts", "--tools", "get_report"],
        &["--read-only"],
        &["--toolsets", "all", "--read-only"],
        &["--tools", "create_client,list_clients", "--read-only"],
    ] {
        let arguments = [&["tools", "--json"], flags].concat();
        let ended = Lumabill::new(&arguments).with_api("http://127.0.0.1:9", PLANTED_KEY).run().exits(0);
        let shown = ended.json();
        let tools = listed(flags);
        assert_eq!(shown, Value::Array(tools.clone()), "{flags:?}");
        let names: BTreeSet<String> = tools.iter().map(name).collect();
        assert!(!names.is_empty(), "{flags:?}");
        let arguments = [&["serve"], flags].concat();
        let mut session = McpSession::start(
            &Lumabill::new(&arguments).with_api("http://127.0.0.1:9", PLANTED_KEY),
            Era::Modern,
        );
        for tool in &every {
            // An argument that no tool has: a tool that is served says so, and nothing is sent.
            let id = session.send_call(tool, json!({ "no_such_argument": 1 }));
            let served = session.answer(&id).to_string().contains("no_such_argument");
            assert_eq!(served, names.contains(tool), "{flags:?} {tool}");
        }
        if flags.contains(&"--read-only") {
            assert!(tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true), "{flags:?}");
        }
    }
}

fn name(tool: &Value) -> String {
    tool["name"].as_str().unwrap().to_owned()
}

fn listed(flags: &[&str]) -> Vec<Value> {
    let run = Lumabill::new(&[&["serve"], flags].concat()).with_api("http://127.0.0.1:9", PLANTED_KEY);
    let mut by_era = Era::BOTH.map(|era| {
        let tools = McpSession::start(&run, era).ask("tools/list", json!({}))["tools"].take();
        tools.as_array().unwrap().clone()
    });
    assert_eq!(by_era[0], by_era[1]);
    std::mem::take(&mut by_era[0])
}

#[test]
fn a_toolset_or_tool_that_is_not_there_is_a_wrong_command_line() {
    for (flags, wrong, known) in [
        (["--toolsets", "invoices"], "invoices", "invoicing"),
        (["--tools", "list_invoice"], "list_invoice", "list_invoices"),
    ] {
        for command in ["serve", "tools"] {
            let arguments = [&[command][..], &flags].concat();
            let ended = Lumabill::new(&arguments).with_api("http://127.0.0.1:9", PLANTED_KEY).run().exits(2);
            assert!(
                ended.stderr.contains(&format!("`{wrong}`")) && ended.stderr.contains(known),
                "{}",
                ended.stderr
            );
            assert!(ended.stdout.is_empty());
        }
    }
}

#[test]
fn a_name_stands_in_place_of_every_id() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = serve(&sandbox);
    let client = sandbox.all("/v1/clients?search=Muster%20AG").remove(0);
    let vendor = sandbox.all("/v1/vendors").remove(0);
    for (record, kind) in [(&client, "client"), (&vendor, "vendor")] {
        let (id, name) = (&record["id"], &record["name"]);
        let by_name = |more: Value| {
            let mut arguments = more;
            arguments[format!("{kind}_name")] = name.clone();
            arguments
        };
        let got = session.call(&format!("get_{kind}"), by_name(json!({}))).done();
        assert_eq!(got.structured["record"]["id"], *id, "{kind}");
        let changes = by_name(json!({ "changes": { "notes": "by name" } }));
        let updated = session.call(&format!("update_{kind}"), changes).done();
        assert_eq!(updated.structured["record"]["id"], *id, "{kind}");
        let asked = session.call(&format!("delete_{kind}"), by_name(json!({ "dry_run": true }))).done();
        assert!(asked.structured["request"]["path"].as_str().unwrap().ends_with(id.as_str().unwrap()));
        let both = session.call(&format!("get_{kind}"), by_name(json!({ "id": id }))).refused();
        assert!(both.text.contains("not both"), "{}", both.text);
        let none = session.call(&format!("get_{kind}"), json!({})).refused();
        assert!(none.text.contains(&format!("`id` or `{kind}_name`")), "{}", none.text);
        let both = by_name(json!({ "id": id, "changes": { "notes": "both" } }));
        session.call(&format!("update_{kind}"), both).refused();
    }
    // In what an update changes, and in what a payment settles.
    let draft = sandbox.all("/v1/invoices?status=draft").remove(0);
    let other = sandbox.all("/v1/clients?search=Meier%20GmbH").remove(0);
    let changes = json!({ "number": draft["number"], "changes": { "client_name": "meier gmbh" } });
    let updated = session.call("update_invoice", changes).done();
    assert_eq!(updated.structured["record"]["client_id"], other["id"], "{}", updated.text);
    let expense = sandbox.all("/v1/expenses").remove(0);
    let changes =
        json!({ "id": expense["id"], "changes": { "vendor_name": vendor["name"] }, "dry_run": true });
    let preview = session.call("update_expense", changes).done();
    assert_eq!(preview.structured["request"]["body"]["vendor_id"], vendor["id"], "{}", preview.text);
    let open = sandbox.all("/v1/invoices?status=sent").remove(0);
    let payment = sandbox.all("/v1/bank-transactions?status=unmatched").remove(0);
    let allocations = json!([{ "invoice_number": open["number"], "amount": 1 }]);
    let arguments = json!({ "id": payment["id"], "allocations": allocations, "dry_run": true });
    let preview = session.call("reconcile_transaction", arguments).done();
    let sent = &preview.structured["request"]["body"]["allocations"][0];
    assert_eq!(sent, &json!({ "amount": 1, "invoice_id": open["id"] }), "{}", preview.text);
    let entry = sandbox.all("/v1/journal-entries").remove(0);
    let got = session.call("get_journal_entry", json!({ "number": entry["number"] })).done();
    assert_eq!(got.structured["record"]["id"], entry["id"]);
    // What stands for nothing is as unknown as before.
    session.call("get_expense", json!({ "number": "1" })).refused();
    session.call("list_accounts", json!({ "client_name": "Muster AG" })).refused();
}

/// A server with 150 clients whose search does as `search` says.
fn searching(search: fn(&str, &Value) -> bool) -> ScriptedServer {
    let rows: Vec<Value> = (0..150)
        .map(|n| json!({ "id": id(n), "name": format!("Kunde  {n} AG"), "email": "a@b.example" }))
        .collect();
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let rows: Vec<Value> = match query(request, "search") {
            Some(words) => rows.iter().filter(|row| search(&words, row)).cloned().collect(),
            None => rows.clone(),
        };
        let (cut, number) = page(request, &rows);
        let pagination = json!({ "page": number, "limit": 100, "total": rows.len() });
        answer(200, &json!({ "data": cut, "pagination": pagination }))
    })
}

#[test]
fn a_name_is_found_whatever_the_api_s_search_does() {
    // It ignores what is searched for, looks at other fields, or finds nothing.
    for search in [
        |_: &str, _: &Value| true,
        |words: &str, row: &Value| row["email"] == words,
        |_: &str, _: &Value| false,
    ] {
        let server = searching(search);
        let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
        let arguments = json!({ "client_name": "kunde 149 ag", "lines": lines(), "dry_run": true });
        let preview = session.call("create_invoice", arguments).done();
        assert_eq!(preview.structured["request"]["body"]["client_id"], id(149), "{}", preview.text);
        let missing = invoice_for(&mut session, "Kunde 150 AG").refused();
        assert_eq!(missing.structured["error"]["code"], "not_found", "{}", missing.text);
    }
}

#[test]
fn what_could_not_be_looked_for_everywhere_is_not_called_missing() {
    let server = ScriptedServer::start(|request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let rows: Vec<Value> =
            (0..100).map(|n| json!({ "id": id(n), "name": format!("Kunde {n}") })).collect();
        // The same page for ever, and a total that it never comes to.
        answer(200, &json!({ "data": rows, "total": 900 }))
    });
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    for name in ["Kunde 7", "Kunde 800"] {
        let refused = invoice_for(&mut session, name).refused();
        assert_eq!(refused.structured["error"]["code"], "ambiguous", "{name}: {}", refused.text);
        assert!(refused.text.contains("could not be read to its end"), "{}", refused.text);
    }
}

#[test]
fn the_day_is_that_of_the_profile_s_time_zone_where_its_record_names_one() {
    let swiss = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    // Two of them are never on the same day.
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Nowhere/Else"] {
        let server = ScriptedServer::start(move |_| {
            let profile = json!({ "id": id(9), "company_name": "Muster GmbH", "time_zone": zone });
            answer(200, &json!({ "data": [profile], "total": 1 }))
        });
        let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
        let here = jiff::tz::TimeZone::get(zone).unwrap_or_else(|_| swiss.clone());
        let day = || jiff::Timestamp::now().to_zoned(here.clone()).date().to_string();
        let (before, arguments) = (day(), json!({ "amount": 10, "dry_run": true }));
        let preview = session.call("create_expense", arguments).done();
        let taken = preview.structured["request"]["body"]["date"].as_str().unwrap();
        assert!(taken == before || taken == day(), "{zone}: {taken}");
    }
}
