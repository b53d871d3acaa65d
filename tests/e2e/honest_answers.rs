//! Answers that must not sound better than they are: lists that move while they are read, sums with gaps, answers
//! that are no list, refusals that come as 200, cursors of another profile, files that never end.

use serde_json::{Value, json};

use crate::scripted_books::{PROFILE, answer, id, listing, profiles, query, run};
use crate::support::{Era, Lumabill, McpSession, PLANTED_KEY, ScriptedServer};

fn invoice(n: usize) -> Value {
    json!({ "id": id(n), "number": format!("R-{n}"), "status": "sent", "currency": "CHF", "total": 100, "amount_due": 100 })
}

fn session(server: &ScriptedServer) -> McpSession {
    McpSession::start(&run(server, &["serve", "--toolsets", "all"]), Era::Modern)
}

/// A server whose list is another one from the second page on.
fn moving(first: Vec<Value>, then: Vec<Value>) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let page: usize = query(request, "page").unwrap().parse().unwrap();
        let rows = if page == 1 { &first } else { &then };
        let from = ((page - 1) * 10).min(rows.len());
        let cut = &rows[from..(from + 10).min(rows.len())];
        let pagination = json!({ "page": page, "limit": 10, "total": rows.len() });
        answer(200, &json!({ "data": cut, "pagination": pagination }))
    })
}

#[test]
fn a_list_that_changes_while_it_is_read_is_not_whole_and_has_no_sums() {
    let rows: Vec<Value> = (0..25).map(invoice).collect();
    let with_a_new_one = [vec![invoice(99)], rows.clone()].concat();
    let swapped = [vec![invoice(99)], rows[..24].to_vec()].concat();
    for (what, then) in
        [("inserted", with_a_new_one), ("deleted", rows[1..].to_vec()), ("one for another", swapped)]
    {
        let server = moving(rows.clone(), then);
        let list = session(&server).call("list_invoices", json!({ "status": "unpaid", "limit": 200 })).done();
        assert_eq!(list.structured["complete"], false, "{what}: {}", list.text);
        assert!(list.structured.get("sums").is_none(), "{what}: {}", list.text);
        assert!(list.structured["note"].as_str().unwrap().contains("changed while"), "{what}: {}", list.text);
    }
}

#[test]
fn a_sum_leaves_no_row_out() {
    let mut rows: Vec<Value> = (0..3).map(invoice).collect();
    rows[1]["total"] = Value::Null;
    rows[2].as_object_mut().unwrap().remove("total");
    let list = session(&listing(rows)).call("list_invoices", json!({})).done();
    assert_eq!(list.structured["complete"], true, "{}", list.text);
    assert_eq!(list.structured["sums"], json!({ "CHF": { "amount_due": 300 } }), "{}", list.text);
}

#[test]
fn what_is_no_list_does_not_pass_for_one() {
    for body in [json!({}), json!("soon"), json!({ "hello": "world" })] {
        let server = ScriptedServer::start(move |_| answer(200, &body));
        let list = session(&server).call("list_clients", json!({})).done();
        assert_eq!((&list.structured["complete"], &list.structured["of"]), (&json!(false), &Value::Null));
        assert!(list.structured["note"].as_str().unwrap().contains("no list"), "{}", list.text);
    }
}

#[test]
fn overdue_invoices_that_the_api_still_calls_sent_are_shown() {
    let mut rows: Vec<Value> = (0..3).map(invoice).collect();
    rows[0]["due_date"] = json!("2020-01-31");
    rows[1]["due_date"] = json!("2999-01-31");
    rows[2]["status"] = json!("paid");
    let list = session(&listing(rows)).call("list_invoices", json!({ "status": "overdue" })).done();
    assert_eq!(list.structured["items"][0]["number"], "R-0", "{}", list.text);
    assert_eq!((&list.structured["n"], &list.structured["of"]), (&json!(1), &json!(1)), "{}", list.text);
}

#[test]
fn rows_that_all_fail_a_filter_are_mentioned() {
    let list = session(&listing(vec![invoice(1)])).call("list_invoices", json!({ "search": "zzz" })).done();
    assert_eq!(list.structured["n"], 0);
    assert!(list.structured["note"].as_str().unwrap().contains("none of the 1 rows"), "{}", list.text);
}

#[test]
fn a_refusal_that_comes_as_200_is_a_refusal() {
    for body in [
        json!({ "success": false, "error": { "code": "validation", "message": "price is missing" } }),
        json!({ "ok": false, "data": null, "message": "price is missing" }),
        json!({ "error": "price is missing" }),
        json!({ "status": "fail", "message": "price is missing", "data": { "price": "missing" } }),
    ] {
        let said = body.clone();
        let server =
            ScriptedServer::start(
                move |request| {
                    if request.method == "GET" { profiles() } else { answer(200, &body) }
                },
            );
        let arguments =
            json!({ "client_id": id(7), "lines": [{ "description": "x", "quantity": 1, "price": 1 }] });
        let refused = session(&server).call("create_invoice", arguments).refused();
        assert_eq!(refused.structured["error"]["sent"], "refused_by_api", "{said}: {}", refused.text);
        assert!(refused.text.contains("price is missing"), "{said}: {}", refused.text);
    }
}

#[test]
fn a_record_with_a_word_on_errors_stays_a_record() {
    for body in [
        json!({ "id": id(1), "status": "error", "number": "R-1" }),
        json!({ "success": true, "errors": [], "data": { "id": id(1), "number": "R-1" } }),
        json!({ "error": null, "invoice": { "id": id(1), "number": "R-1" } }),
    ] {
        let server = ScriptedServer::start(move |_| answer(200, &body));
        let record = session(&server).call("get_invoice", json!({ "id": id(1) })).done();
        assert_eq!(record.structured["record"]["number"], "R-1", "{}", record.text);
    }
}

#[test]
fn a_lapsed_plan_does_not_make_a_key_read_only() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "GET" => profiles(),
        _ => answer(403, &json!({ "error": "your plan has lapsed" })),
    });
    let mut session = session(&server);
    let arguments = json!({ "name": "Neu AG" });
    for _ in 0..2 {
        let refused = session.call("create_client", arguments.clone()).refused();
        assert_eq!(refused.structured["error"]["code"], "plan_lapsed", "{}", refused.text);
    }
    assert_eq!(server.requests().iter().filter(|request| request.method == "DELETE").count(), 0);
}

#[test]
fn a_cursor_goes_on_in_its_own_profile_only() {
    let other = id(500);
    let two =
        json!({ "data": [{ "id": PROFILE, "company_name": "A" }, { "id": other, "company_name": "B" }] });
    let rows: Vec<Value> = (0..30).map(invoice).collect();
    let server = ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return answer(200, &two);
        }
        answer(200, &json!({ "data": rows, "total": rows.len() }))
    });
    let mut session = session(&server);
    let first = session.call("list_invoices", json!({ "profile_id": other, "limit": 5 })).done();
    let cursor = &first.structured["next_cursor"];
    let before = server.requests().len();
    for arguments in [json!({ "cursor": cursor }), json!({ "cursor": cursor, "profile_id": PROFILE })] {
        let refused = session.call("list_invoices", arguments).refused();
        assert!(refused.text.contains(&other), "{}", refused.text);
    }
    assert_eq!(server.requests().len(), before, "a cursor was followed into another profile");
    let next = session.call("list_invoices", json!({ "cursor": cursor, "profile_id": other })).done();
    assert_eq!(next.structured["items"][0]["number"], "R-5", "{}", next.text);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_an_allowed_folder_is_not_waited_for() {
    let server = ScriptedServer::start(|_| profiles());
    let folder = std::env::temp_dir().join(format!("lumabill-pipe-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    let pipe = folder.join("a.xml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let files = folder.to_str().unwrap();
    let run =
        Lumabill::new(&["serve", "--toolsets", "all", "--files", files]).with_api(&server.url(), PLANTED_KEY);
    let mut session = McpSession::start(&run, Era::Modern);
    let arguments = json!({ "bank_account_id": id(1), "file": pipe });
    let refused = session.call("import_bank_transactions", arguments).refused();
    assert!(refused.text.contains("no plain file"), "{}", refused.text);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_preview_of_what_would_be_refused_is_refused() {
    let server = ScriptedServer::start(|request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        answer(200, &json!({ "id": id(1), "number": "R-1", "status": "sent" }))
    });
    let refused = session(&server).call("delete_invoice", json!({ "id": id(1), "dry_run": true })).refused();
    assert_eq!(refused.structured["error"]["code"], "not_a_draft", "{}", refused.text);
}

#[test]
fn an_unreadable_answer_to_a_read_is_not_called_a_refusal() {
    for bytes in
        [crate::support::html(200), crate::support::json(200, "{\"id\":"), crate::support::json(500, "{}")]
    {
        let server = ScriptedServer::always(bytes);
        let refused = session(&server).call("get_invoice", json!({ "id": id(1) })).refused();
        assert_eq!(refused.structured["error"]["sent"], "read_only", "{}", refused.text);
    }
}

#[test]
fn an_argument_that_is_given_twice_is_refused() {
    let server = ScriptedServer::start(|_| profiles());
    let ended = run(&server, &["call", "create_client", "name=A", "name=B"]).run().exits(2);
    assert!(ended.stderr.contains("`name` is given twice"), "{}", ended.stderr);
    assert!(server.requests().is_empty());
}

#[test]
fn every_hint_prints_a_command_that_works_here() {
    let ended =
        run(&ScriptedServer::always(crate::support::html(200)), &["call", "list_clients"]).run().exits(4);
    let program = env!("CARGO_BIN_EXE_lumabill");
    assert!(ended.stderr.contains(&format!("`{program} status`")), "{}", ended.stderr);
    assert!(!ended.stderr.contains("`lumabill "), "{}", ended.stderr);
}

#[test]
fn rows_that_a_search_found_by_hidden_fields_do_not_pass_for_none() {
    let server = ScriptedServer::start(|request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let rows = [json!({ "id": id(1), "name": "Muster AG" }), json!({ "id": id(2), "name": "Other" })];
        answer(200, &json!({ "data": rows, "pagination": { "page": 1, "total": 2, "total_pages": 1 } }))
    });
    let found = session(&server).call("list_clients", json!({ "search": "muster" })).done();
    assert_eq!((&found.structured["n"], &found.structured["complete"]), (&json!(1), &json!(false)));
    assert!(found.text.contains("left out"), "{}", found.text);
    // A name is resolved all the same: nobody who is called so can be among the rows left out.
    let arguments = json!({ "client_name": "Muster AG", "lines": [{ "description": "x", "quantity": 1, "price": 1 }], "dry_run": true });
    let preview = session(&server).call("create_invoice", arguments).done();
    assert_eq!(preview.structured["request"]["body"]["client_id"], id(1));
}

#[test]
fn a_profile_is_fixed_by_its_name_for_a_key_from_the_environment() {
    let sandbox = crate::support::SandboxProcess::today();
    let name = "Beispiel Studio";
    let ended =
        sandbox.lumabill(&["call", "list_clients", "limit=1", "--json", "--profile-id", name]).run().exits(0);
    assert_eq!(ended.json()["profile"]["name"], name);
}

#[test]
fn damaged_practice_data_says_how_to_begin_afresh_and_does() {
    let home = std::sync::Arc::new(crate::support::Home::new());
    let folder = home.path().join("state/sandbox");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("books.db"), [b'x'; 4096]).unwrap();
    let call = || Lumabill::at(&home, &["call", "--sandbox", "list_profiles"]).run();
    let refused = call().exits(1);
    assert!(
        refused.stderr.contains("damaged") && refused.stderr.contains("sandbox --reset"),
        "{}",
        refused.stderr
    );
    let mut reset = Lumabill::at(&home, &["sandbox", "--reset", "--json"]).command();
    let mut child = reset.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("127.0.0.1"), "{line}");
    call().exits(0);
}

#[test]
fn a_flag_that_the_settings_tighten_is_said() {
    let home = std::sync::Arc::new(crate::support::Home::new());
    Lumabill::at(&home, &["config", "confirm", "writes"]).run().exits(0);
    let ended = Lumabill::at(&home, &["tools", "--confirm", "never"]).run().exits(0);
    assert!(ended.stderr.contains("tightened to `writes`"), "{}", ended.stderr);
}

#[test]
fn a_period_the_wrong_way_round_is_refused_and_no_empty_answer() {
    let home = std::sync::Arc::new(crate::support::Home::new());
    for tool in ["list_invoices", "get_invoice_stats", "export_invoices"] {
        let call = ["call", "--sandbox", tool, "from=2026-12-31", "to=2026-01-01"];
        let refused = Lumabill::at(&home, &call).run().exits(1);
        assert!(
            refused.stderr.contains("`from` (2026-12-31) is after `to` (2026-01-01)"),
            "{}",
            refused.stderr
        );
    }
}
