//! Completion while somebody types, over real pipes in both eras: names and numbers from one request of one
//! page, periods from here, and never an error.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::resources::error;
use crate::scripted_books::{answer, bare, clients, id, listing, profiles, query, run};
use crate::support::{Answer, Era, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer};

fn at_template(uri: &str, argument: &str, typed: &str) -> Value {
    json!({ "ref": { "type": "ref/resource", "uri": uri }, "argument": { "name": argument, "value": typed } })
}

fn at_prompt(name: &str, argument: &str, typed: &str) -> Value {
    json!({ "ref": { "type": "ref/prompt", "name": name }, "argument": { "name": argument, "value": typed } })
}

#[track_caller]
fn complete(session: &mut McpSession, params: Value) -> Value {
    let mut result = session.ask("completion/complete", params);
    let completion = result["completion"].take();
    assert!(completion["values"].as_array().unwrap().len() <= 100, "{completion}");
    completion
}

fn values(completion: &Value) -> Vec<&str> {
    completion["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

fn nothing() -> Value {
    json!({ "values": [], "hasMore": false })
}

#[test]
fn names_and_numbers_of_the_books_are_offered() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), era);
        let client = complete(&mut session, at_prompt("chase_overdue", "client_name", "mUs"));
        let begins = |name: &str| name.to_lowercase().starts_with("mus");
        let wanted: Vec<String> = sandbox
            .all("/v1/clients")
            .iter()
            .map(|client| client["name"].as_str().unwrap().to_owned())
            .filter(|name| name.to_lowercase().contains("mus"))
            .collect();
        let found = values(&client);
        assert!(!wanted.is_empty() && found.len() == wanted.len(), "{found:?} {wanted:?}");
        assert!(found.iter().all(|name| wanted.contains(&(*name).to_owned())), "{found:?} {wanted:?}");
        assert!(found.iter().is_sorted_by_key(|name| !begins(name)), "{found:?}");
        assert_eq!((&client["total"], &client["hasMore"]), (&json!(wanted.len()), &json!(false)));
        for (uri, list, field) in [
            ("lumabill://clients/{id}", "/v1/clients", "name"),
            ("lumabill://vendors/{id}", "/v1/vendors", "name"),
            ("lumabill://invoices/{id}", "/v1/invoices", "number"),
            ("lumabill://offers/{id}", "/v1/offers", "number"),
        ] {
            let record = &sandbox.all(list)[0];
            let value = record[field].as_str().unwrap();
            let typed: String = value.chars().take(4).collect();
            let found = complete(&mut session, at_template(uri, "id", &typed));
            assert!(values(&found).contains(&value), "{era:?} {uri}: {found}");
            // What is offered can be read.
            let address = uri.replace("{id}", &value.replace(' ', "%20"));
            let read = session.ask("resources/read", json!({ "uri": address }));
            assert!(read["contents"][0]["text"].as_str().unwrap().contains(record["id"].as_str().unwrap()));
        }
    }
}

#[test]
fn one_request_of_one_page_serves_the_next_letters_too() {
    for era in Era::BOTH {
        let server = listing(clients(40));
        let mut session = McpSession::start(&run(&server, &["serve"]), era);
        let found = complete(&mut session, at_template("lumabill://clients/{id}", "id", "client 3"));
        assert_eq!(values(&found).len(), 11, "{found}");
        let asked: Vec<_> = server.requests().iter().map(|request| request.target.clone()).collect();
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(query(&server.requests()[0], "limit").as_deref(), Some("100"));
        assert!(query(&server.requests()[0], "search").is_some(), "{asked:?}");
        for typed in ["client 3", "client 31", "client 39", "client 3"] {
            complete(&mut session, at_prompt("chase_overdue", "client_name", typed));
        }
        assert_eq!(server.requests().len(), 1, "{era:?}");
        // Other letters are another question.
        complete(&mut session, at_prompt("chase_overdue", "client_name", "x"));
        assert_eq!(server.requests().len(), 2, "{era:?}");
    }
}

#[test]
fn a_fast_typist_leaves_the_budget_to_the_calls() {
    let server = listing(clients(250));
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    for letter in 'a'..='z' {
        let found = complete(&mut session, at_prompt("chase_overdue", "client_name", &letter.to_string()));
        assert_eq!((&found["hasMore"], found.get("total")), (&json!(true), None), "{letter}: {found}");
    }
    assert_eq!(server.requests().len(), 12);
    // What was read last still serves.
    let found = complete(&mut session, at_prompt("chase_overdue", "client_name", "client 1"));
    assert!(values(&found).contains(&"Client 1"), "{found}");
    assert_eq!(server.requests().len(), 12);
}

#[test]
fn what_is_left_out_is_said() {
    for era in Era::BOTH {
        let server = listing(clients(250));
        let mut session = McpSession::start(&run(&server, &["serve"]), era);
        let found = complete(&mut session, at_prompt("chase_overdue", "client_name", ""));
        assert_eq!((values(&found).len(), &found["hasMore"], found.get("total")), (100, &json!(true), None));
        assert_eq!(server.requests().len(), 1);
        let server = bare(clients(60), 25);
        let mut session = McpSession::start(&run(&server, &["serve"]), era);
        let found = complete(&mut session, at_prompt("chase_overdue", "client_name", "client"));
        assert_eq!((values(&found).len(), &found["hasMore"]), (25, &json!(true)), "{era:?}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn periods_are_offered_without_any_request_or_account() {
    for era in Era::BOTH {
        let mut session = McpSession::start(&Lumabill::new(&["serve"]), era);
        let spoken = complete(&mut session, at_prompt("vat_quarter", "period", "last"));
        assert_eq!(values(&spoken), ["last_month", "last_quarter", "last_year"]);
        let quarters =
            complete(&mut session, at_template("lumabill://reports/vat/{period}", "period", "2019-q"));
        assert_eq!(values(&quarters), ["2019-Q4", "2019-Q3", "2019-Q2", "2019-Q1"]);
        assert_eq!(quarters["total"], 4);
        let any =
            complete(&mut session, at_template("lumabill://reports/balance-sheet/{as_of}", "as_of", ""));
        assert_eq!(values(&any)[0].len(), "2026-11-21".len(), "today comes first: {any}");
    }
}

#[test]
fn who_types_never_gets_an_error_and_never_waits_long() {
    let silent = ScriptedServer::start(|_| Answer::Silence);
    let failing = ScriptedServer::start(|_| answer(500, &json!({ "error": "boom" })));
    let busy = ScriptedServer::start(|_| answer(429, &json!({ "error": "busy" })));
    let odd = ScriptedServer::start(|_| answer(200, &json!({ "data": { "no": "list" } })));
    let urls = [silent.url(), failing.url(), busy.url(), odd.url(), ScriptedServer::refusing()];
    for era in Era::BOTH {
        let mut runs: Vec<_> =
            urls.iter().map(|url| Lumabill::new(&["serve"]).with_api(url, PLANTED_KEY)).collect();
        runs.push(Lumabill::new(&["serve"]));
        for run in runs {
            let mut session = McpSession::start(&run, era);
            for typed in ["m", "mu", "mus"] {
                let asked = Instant::now();
                let found = complete(&mut session, at_prompt("chase_overdue", "client_name", typed));
                assert!(asked.elapsed() < Duration::from_secs(4), "{era:?}: {:?}", asked.elapsed());
                assert_eq!(found["values"], json!([]), "{found}");
            }
        }
    }
    // A failure is not asked for again with the next letter.
    assert_eq!(failing.requests().len(), 2, "{:?}", failing.requests());
    assert_eq!(silent.requests().len(), 2);
}

#[test]
fn what_completes_nothing_is_empty_and_what_is_no_completion_an_error() {
    for era in Era::BOTH {
        let server = listing(clients(3));
        let mut session = McpSession::start(&run(&server, &["serve", "--toolsets", "expenses"]), era);
        for params in [
            at_template("lumabill://expenses/{id}", "id", "x"),
            at_template("lumabill://expenses/{id}", "other", "x"),
            at_prompt("invoice_from_notes", "notes", "x"),
            at_prompt("invoice_from_notes", "other", "x"),
            // Its list is not served here.
            at_prompt("chase_overdue", "client_name", "c"),
        ] {
            assert_eq!(complete(&mut session, params.clone()), nothing(), "{era:?} {params}");
        }
        for params in [
            json!({}),
            json!({ "ref": { "type": "ref/prompt", "name": "month_end" } }),
            json!({ "ref": { "type": "x" }, "argument": { "name": "a", "value": "" } }),
            at_prompt("weather", "city", "Z"),
            at_template("lumabill://weather/{city}", "city", "Z"),
            // Not served here.
            at_template("lumabill://clients/{id}", "id", "c"),
        ] {
            assert_eq!(error(&mut session, "completion/complete", params)["code"], -32602, "{era:?}");
        }
        assert!(server.requests().is_empty(), "{:?}", server.requests());
    }
}

#[test]
fn hostile_names_are_offered_visibly_or_not_at_all() {
    for era in Era::BOTH {
        let server = ScriptedServer::start(|request| {
            if request.target.starts_with("/v1/profiles") {
                return profiles();
            }
            let names = ["Evil\u{202e}GA\nretsum", &"Evil ".repeat(100), "Evil AG"];
            let rows: Vec<_> =
                names.iter().enumerate().map(|(n, name)| json!({ "id": id(n), "name": name })).collect();
            answer(200, &json!({ "data": rows, "total": 3 }))
        });
        let mut session = McpSession::start(&run(&server, &["serve"]), era);
        let found = complete(&mut session, at_prompt("chase_overdue", "client_name", "evil"));
        assert_eq!(values(&found), ["Evil\\u{202e}GA retsum", "Evil AG"]);
    }
}
