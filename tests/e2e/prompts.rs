//! What people ask their assistant for, as the calls that it makes: over real pipes, in both eras, against the
//! sandbox, held against what the sandbox itself says.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{
    Answer, Era, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer, json as json_answer,
};

/// One session per era, each with books of its own.
fn in_both_eras(check: impl Fn(&SandboxProcess, &mut McpSession)) {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), era);
        check(&sandbox, &mut session);
    }
}

/// A number exactly as it is written in JSON, or a text.
fn exact(value: &Value) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Decimal::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

/// Sums of a field per currency.
fn sums(records: &[Value], field: &str) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for record in records {
        *sums.entry(record["currency"].as_str().unwrap().to_owned()).or_default() += exact(&record[field]);
    }
    sums
}

/// The sums of an answer in the same form.
fn answered_sums(structured: &Value, field: &str) -> BTreeMap<String, Decimal> {
    let sums = structured["sums"].as_object().unwrap_or_else(|| panic!("no sums in {structured}"));
    sums.iter().map(|(currency, fields)| (currency.clone(), exact(&fields[field]))).collect()
}

#[track_caller]
fn client_id(session: &mut McpSession, name: &str) -> String {
    let found = session.call("list_clients", json!({ "search": name })).done();
    let rows = found.structured["items"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{}", found.text);
    rows[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn create_an_invoice_for_muster_ag_for_three_hours_at_180() {
    in_both_eras(|sandbox, session| {
        let client = client_id(session, "Muster AG");
        let lines = json!([{ "description": "Consulting", "quantity": 3, "unit": "h", "price": 180 }]);
        let created = session.call("create_invoice", json!({ "client_id": client, "lines": lines })).done();
        let record = &created.structured["record"];
        assert_eq!(record["status"], "draft");
        assert_eq!(record["number"], "IV-010");
        assert_eq!(record["due_date"], "2026-12-21", "30 days after {}", record["issue_date"]);
        assert!([decimal("583.74"), decimal("583.75")].contains(&exact(&record["total"])), "{record}");
        assert_eq!(exact(&record["tax_total"]), decimal("43.74"));
        // Whose books it is in, in both parts of the answer.
        assert!(
            created.structured["profile"].to_string().contains("Muster Consulting GmbH"),
            "{}",
            created.text
        );
        assert!(created.text.contains("Muster Consulting GmbH") && created.text.contains("IV-010"));
        let stored = sandbox.get(&format!("/v1/invoices/{}", record["id"].as_str().unwrap()));
        assert_eq!(stored["number"], "IV-010");
    });
}

#[test]
fn the_minimal_example_of_the_vendors_page() {
    in_both_eras(|_, session| {
        let client = client_id(session, "Meier GmbH");
        let lines = json!([{ "description": "Service", "quantity": 2, "price": 150 }]);
        let created = session.call("create_invoice", json!({ "client_id": client, "lines": lines })).done();
        let record = &created.structured["record"];
        assert_eq!(record["status"], "draft");
        assert!(record["number"].as_str().unwrap().starts_with("IV-"), "{record}");
        assert_eq!(record["currency"], "CHF");
        assert_eq!(record["due_date"], "2026-12-21");
        assert_eq!(exact(&record["lines"][0]["tax_rate"]), decimal("8.1"));
        assert_eq!(exact(&record["total"]), decimal("324.30"));
    });
}

#[test]
fn show_me_all_unpaid_invoices() {
    in_both_eras(|sandbox, session| {
        let unpaid: Vec<Value> = sandbox
            .all("/v1/invoices")
            .into_iter()
            .filter(|invoice| !["draft", "paid", "cancelled"].contains(&invoice["status"].as_str().unwrap()))
            .collect();
        assert!(unpaid.len() > 3, "the seed has too few to show anything");
        let listed = session.call("list_invoices", json!({ "status": "unpaid" })).done();
        let facts = &listed.structured;
        let rows = facts["items"].as_array().unwrap();
        assert!(
            rows.iter().all(|row| row["status"] != "draft" && row["status"] != "paid"),
            "{}",
            listed.text
        );
        assert_eq!(exact(&facts["of"]), Decimal::from(unpaid.len()), "{}", listed.text);
        assert_eq!(facts["complete"], json!(rows.len() == unpaid.len()));
        for field in ["total", "amount_due"] {
            assert_eq!(answered_sums(facts, field), sums(&unpaid, field), "{field}");
        }
        // Row by row with a small limit: the same invoices, each once.
        let mut seen = Vec::new();
        let mut arguments = json!({ "status": "unpaid", "limit": 2 });
        loop {
            let page = session.call("list_invoices", arguments).done();
            seen.extend(page.structured["items"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
            match page.structured.get("next_cursor") {
                Some(cursor) => arguments = json!({ "cursor": cursor }),
                None => break,
            }
        }
        let mut wanted: Vec<String> = unpaid.iter().map(|invoice| invoice["id"].to_string()).collect();
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted);
    });
}

#[test]
fn what_was_my_revenue_last_month() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::today();
        let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), era);
        let zurich = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let today = jiff::Timestamp::now().to_zoned(zurich).date();
        let last = today.first_of_month().yesterday().unwrap();
        let raw = sandbox.all(&format!("/v1/revenue?from={}&to={last}", last.first_of_month()));
        assert!(!raw.is_empty(), "the seed has no revenue in the month before {today}");
        let listed = session.call("list_revenue", json!({ "period": "last_month", "limit": 200 })).done();
        assert_eq!(listed.structured["complete"], true, "{}", listed.text);
        for field in ["net_amount", "gross_amount"] {
            assert_eq!(answered_sums(&listed.structured, field), sums(&raw, field), "{field}");
        }
    }
}

#[test]
fn generate_a_profit_and_loss_report_for_the_first_quarter() {
    in_both_eras(|sandbox, session| {
        let report = session.call("get_profit_and_loss", json!({ "period": "2026-Q1" })).done();
        let facts = &report.structured["report"];
        assert_eq!((&facts["from"], &facts["to"]), (&json!("2026-01-01"), &json!("2026-03-31")));
        let raw = sandbox.get("/v1/reports/profit-loss?from=2026-01-01&to=2026-03-31");
        assert_eq!(facts["rows"][0], json!(["label", "amount"]));
        let last = facts["rows"].as_array().unwrap().last().unwrap();
        assert_eq!(last, &json!(["Net result", raw["totals"]["net_result"]]));
        let full = json!({ "period": "2026-Q1", "detail": "full" });
        let full = session.call("get_profit_and_loss", full).done();
        assert_eq!(full.structured["report"], raw);
    });
}

#[test]
fn look_up_the_client_meier_gmbh() {
    in_both_eras(|_, session| {
        // Several hits: all of them are shown, so that the assistant asks.
        let several = session.call("list_clients", json!({ "search": "Meier" })).done();
        let names: Vec<&str> = several.structured["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert!(names.len() > 1 && names.contains(&"Meier GmbH"), "{names:?}");
        let id = client_id(session, "Meier GmbH");
        let client = session.call("get_client", json!({ "id": id })).done();
        assert_eq!(client.structured["record"]["name"], "Meier GmbH");
        assert!(client.text.contains("Meier GmbH"));
    });
}

#[test]
fn create_an_expense_of_49_90_for_office_supplies() {
    in_both_eras(|_, session| {
        let arguments = r#"{"amount":49.90,"currency":"CHF","category":"office_supplies","description":"office supplies"}"#;
        let created = session.call("create_expense", serde_json::from_str(arguments).unwrap()).done();
        let record = &created.structured["record"];
        assert_eq!(exact(&record["amount"]), decimal("49.90"));
        assert_eq!(exact(&record["net_amount"]), decimal("46.16"));
        assert_eq!(exact(&record["tax_amount"]), decimal("3.74"));
    });
}

#[test]
fn list_all_recurring_invoices() {
    in_both_eras(|sandbox, session| {
        let listed = session.call("list_recurring_invoices", json!({})).done();
        let rows = listed.structured["items"].as_array().unwrap();
        let raw = sandbox.all("/v1/recurring-invoices");
        assert_eq!((rows.len(), &listed.structured["complete"]), (raw.len(), &json!(true)));
        for row in rows.iter().filter(|row| row["status"] == "active") {
            assert!(row["next_run"].is_string(), "{row}");
            assert!(listed.text.contains(row["next_run"].as_str().unwrap()));
        }
    });
}

#[test]
fn invoice_greenleaf_and_then_send_it() {
    in_both_eras(|sandbox, session| {
        let lines = json!([
            { "description": "Development", "quantity": 60, "unit": "h", "price": 125 },
            { "description": "Photography", "quantity": 1, "price": 500 },
        ]);
        let arguments = json!({ "client_name": "GreenLeaf Studio", "lines": lines });
        let created = session.call("create_invoice", arguments).done();
        let record = created.structured["record"].clone();
        assert_eq!(exact(&record["subtotal"]), decimal("8000"));
        // "send it": no tool does, none can be called, and the server has said what to tell the person.
        let tools = session.ask("tools/list", json!({}));
        let names: Vec<&str> =
            tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert!(!names.iter().any(|name| name.starts_with("send")), "{names:?}");
        let id = session.send_call("send_invoice", json!({ "id": record["id"] }));
        let answer = session.answer(&id);
        assert!(answer["error"].is_object() || answer["result"]["isError"] == true, "{answer}");
        let instructions = session.open()["instructions"].as_str().unwrap_or_default().to_owned();
        assert!(instructions.contains("send"), "{instructions}");
        let stored = sandbox.get(&format!("/v1/invoices/{}", record["id"].as_str().unwrap()));
        assert_eq!(stored["status"], "draft");
    });
}

#[test]
fn a_read_only_key_asks_to_create() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let before = sandbox.all("/v1/invoices").len();
        let profile = sandbox.profile("Muster Consulting GmbH");
        let run = Lumabill::new(&["serve"])
            .with_api(&sandbox.url, &sandbox.read_only_key())
            .env("LUMABILL_PROFILE_ID", &profile);
        let mut session = McpSession::start(&run, era);
        let client = client_id(&mut session, "Muster AG");
        let arguments =
            json!({ "client_id": client, "lines": [{ "description": "x", "quantity": 1, "price": 1 }] });
        let refused = session.call("create_invoice", arguments).refused();
        assert!(refused.text.contains("read-only") || refused.text.contains("read only"), "{}", refused.text);
        // From now on no writing tool is listed, and reading goes on.
        let tools = session.ask("tools/list", json!({}));
        for tool in tools["tools"].as_array().unwrap() {
            assert_eq!(tool["annotations"]["readOnlyHint"], true, "{}", tool["name"]);
        }
        session.call("list_clients", json!({})).done();
        assert_eq!(sandbox.all("/v1/invoices").len(), before);
    }
}

#[test]
fn a_key_of_several_companies_writes_nothing_until_one_is_chosen() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let run = Lumabill::new(&["serve"]).with_api(&sandbox.url, &sandbox.key());
        let mut session = McpSession::start(&run, era);
        let refused = session.call("create_client", json!({ "name": "Neue AG" })).refused();
        for name in ["Muster Consulting GmbH", "Beispiel Studio"] {
            assert!(refused.text.contains(name), "{}", refused.text);
        }
        let profile = sandbox.profile("Beispiel Studio");
        let created =
            session.call("create_client", json!({ "name": "Neue AG", "profile_id": profile })).done();
        assert_eq!(created.structured["record"]["profile_id"], profile);
        assert!(created.text.contains("Beispiel Studio"), "{}", created.text);
    }
}

#[test]
fn deleting_asks_first_and_a_no_is_a_no() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let mut session = McpSession::with_elicitation(&sandbox.lumabill(&["serve"]), era);
        let lines = json!([{ "description": "Consulting", "quantity": 1, "price": 100 }]);
        let created =
            session.call("create_invoice", json!({ "client_name": "Muster AG", "lines": lines })).done();
        let id = created.structured["record"]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/invoices/{id}");
        let (question, declined) = session.call_and_answer("delete_invoice", json!({ "id": id }), "decline");
        let message = question["message"].as_str().unwrap_or_default();
        for fact in ["IV-010", "Muster Consulting GmbH"] {
            assert!(message.contains(fact), "no {fact} in: {message}");
        }
        declined.refused();
        assert_eq!(sandbox.get(&path)["number"], "IV-010");
        let (_, accepted) = session.call_and_answer("delete_invoice", json!({ "id": id }), "accept");
        accepted.done();
        assert!(!sandbox.all("/v1/invoices").iter().any(|invoice| invoice["id"] == id.as_str()));
    }
}

#[test]
fn a_client_that_cannot_ask_confirms_by_number() {
    in_both_eras(|sandbox, session| {
        let lines = json!([{ "description": "Consulting", "quantity": 1, "price": 100 }]);
        let created =
            session.call("create_invoice", json!({ "client_name": "Muster AG", "lines": lines })).done();
        let id = created.structured["record"]["id"].clone();
        // A guess that nobody was asked about does not count.
        let arguments = json!({ "id": id, "confirm_number": "IV-010" });
        let first = session.call("delete_invoice", arguments.clone()).refused();
        assert!(first.text.contains("confirm_number"), "{}", first.text);
        session.call("delete_invoice", json!({ "id": id, "confirm_number": "IV-009" })).refused();
        assert_eq!(sandbox.get(&format!("/v1/invoices/{}", id.as_str().unwrap()))["status"], "draft");
        session.call("delete_invoice", arguments).done();
        assert!(!sandbox.all("/v1/invoices").iter().any(|invoice| invoice["id"] == id));
    });
}

#[test]
fn amounts_arrive_digit_for_digit() {
    let amounts = ["49.90", "0.1", "1234567.89", "1234567.890123456789012"];
    let profiles =
        r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","company_name":"Muster GmbH"}],"total":1}"#;
    let upstream = ScriptedServer::start(move |request| match request.method.as_str() {
        "POST" => Answer::Bytes(json_answer(
            201,
            r#"{"id":"1f3b6c1e-0000-4000-8000-000000000001","number":"IV-010"}"#,
        )),
        _ if request.target.starts_with("/v1/profiles") => Answer::Bytes(json_answer(200, profiles)),
        _ => Answer::Bytes(json_answer(200, r#"{"data":[],"total":0}"#)),
    });
    let bodies = || -> Vec<String> {
        let posts = upstream.requests().into_iter().filter(|request| request.method == "POST");
        posts.map(|request| String::from_utf8(request.body).unwrap()).collect()
    };
    let client = "6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01";
    let arguments = |amount: &str, price: &str| {
        let text = format!(
            r#"{{"client_id":"{client}","lines":[{{"description":"Amount {amount}","quantity":1,"price":{price}}}]}}"#
        );
        serde_json::from_str::<Value>(&text).unwrap()
    };
    for era in Era::BOTH {
        let mut session =
            McpSession::start(&Lumabill::new(&["serve"]).with_api(&upstream.url(), PLANTED_KEY), era);
        for amount in amounts {
            // As a number and as a text; the API gets a number either way.
            for price in [amount.to_owned(), format!("\"{amount}\"")] {
                session.call("create_invoice", arguments(amount, &price)).done();
                let body = bodies().pop().unwrap();
                assert!(body.contains(&format!(r#""price":{amount}"#)), "{era:?} {price}: {body}");
            }
        }
    }
    for amount in amounts {
        let text = arguments(amount, amount).to_string();
        let run = Lumabill::new(&["call", "create_invoice", "--args", "-", "--json"]);
        run.with_api(&upstream.url(), PLANTED_KEY).input(text).run().exits(0);
        let body = bodies().pop().unwrap();
        assert!(body.contains(&format!(r#""price":{amount}"#)), "terminal {amount}: {body}");
    }
}
