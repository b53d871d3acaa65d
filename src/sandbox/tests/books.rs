//! Expenses, accounts, fiscal years, journal entries, revenue and reports.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Client, options, start};
use crate::sandbox::{Options, keys, money};

fn dec(value: &Value) -> Decimal {
    money::read(value).unwrap_or_else(|| panic!("{value} is no number"))
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn rows(list: &Value) -> &Vec<Value> {
    list["data"].as_array().unwrap()
}

/// The balance of an account.
fn balance(client: &Client, number: &str) -> Decimal {
    let accounts = client.get(&format!("/v1/accounts?search={number}"));
    dec(&rows(&accounts).iter().find(|row| row["number"] == number).unwrap()["balance"])
}

fn assert_balanced(client: &Client, as_of: &str) {
    let sheet = client.get(&format!("/v1/reports/balance-sheet?as_of={as_of}"));
    assert_eq!(dec(&sheet["totals"]["difference"]), Decimal::ZERO, "{as_of}");
    assert_eq!(dec(&sheet["totals"]["assets"]), dec(&sheet["totals"]["liabilities_and_equity"]), "{as_of}");
    assert_eq!(rows(&json!({ "data": sheet["rows"] })).len(), 3);
}

/// The fiscal year of that name.
fn year(client: &Client, name: &str) -> Value {
    let years = client.get("/v1/fiscal-years");
    rows(&years).iter().find(|year| year["name"] == name).unwrap().clone()
}

fn transfer(date: &str, debit: &str, credit: &str, amount: &str) -> Value {
    let amount: Value = serde_json::from_str(amount).unwrap();
    json!({ "date": date, "description": "Umbuchung", "lines": [
        { "account": debit, "debit": amount }, { "account": credit, "credit": amount }] })
}

#[test]
fn an_expense_is_split_and_booked_to_the_cent() {
    let client = start(options());
    let supplies = balance(&client, "6500");
    let payables = balance(&client, "2000");
    let body: Value = serde_json::from_str(
        r#"{"amount":49.90,"date":"2026-11-20","category":"office supplies","description":"Druckerpapier"}"#,
    )
    .unwrap();
    let expense = client.create("/v1/expenses", &body);
    assert_eq!(expense["amount"].to_string(), "49.90");
    assert_eq!(expense["net_amount"].to_string(), "46.16");
    assert_eq!(expense["tax_amount"].to_string(), "3.74");
    assert_eq!(expense["tax_rate"].to_string(), "8.1");
    assert_eq!((&expense["category"], &expense["account"]), (&json!("Office Supplies"), &json!("6500")));
    assert_eq!((&expense["currency"], &expense["paid"]), (&json!("CHF"), &json!(false)));
    assert_eq!(balance(&client, "6500") - supplies, d("46.16"));
    assert_eq!(balance(&client, "2000") - payables, d("49.90"));
    let paid = client.put(
        &format!("/v1/expenses/{}", expense["id"].as_str().unwrap()),
        &json!({ "amount": 20, "date": "2026-11-20", "account": "4000", "tax_rate": 2.6, "paid": true }),
    );
    assert_eq!((&paid["category"], paid["tax_amount"].to_string()), (&json!("Material"), "0.51".into()));
    assert_eq!(balance(&client, "2000"), payables);
    assert_balanced(&client, "2026-11-21");
}

#[test]
fn wrong_expenses_name_their_fields() {
    let client = start(options());
    let body = json!({ "amount": 0, "date": "2026-11-20", "tax_rate": 7.7, "currency": "EUR",
        "vendor_id": "00000000-0000-0000-0000-000000000000", "account": "1020" });
    let reply = client.send("POST", "/v1/expenses", Some(&body));
    assert_eq!(reply.fields(), ["amount", "tax_rate", "currency", "vendor_id", "account"]);
    assert!(reply.json()["error"]["details"][1]["issue"].as_str().unwrap().contains("8.1, 2.6, 3.8"));
    for number in ["0.1", "1234567.89", "1234567.890123456789012"] {
        let body: Value =
            serde_json::from_str(&format!(r#"{{"amount":{number},"date":"2026-11-20"}}"#)).unwrap();
        let expense = client.create("/v1/expenses", &body);
        assert_eq!(expense["amount"].to_string(), number);
    }
    assert_balanced(&client, "2026-11-21");
}

#[test]
fn expenses_are_filtered_by_vendor_category_and_date() {
    let client = start(options());
    let all = client.get("/v1/expenses?limit=100");
    assert!(rows(&all).len() >= 15);
    let linked = rows(&all).iter().find(|row| row["vendor_id"].is_string()).unwrap()["vendor_id"].clone();
    let of_vendor = client.get(&format!("/v1/expenses?vendor_id={}", linked.as_str().unwrap()));
    assert!(!rows(&of_vendor).is_empty() && rows(&of_vendor).iter().all(|row| row["vendor_id"] == linked));
    let travel = client.get("/v1/expenses?category=travel");
    assert!(!rows(&travel).is_empty() && rows(&travel).iter().all(|row| row["category"] == "Travel"));
    let closed = client.get("/v1/expenses?to=2025-12-31&sort=date");
    assert!(!rows(&closed).is_empty() && rows(&closed).iter().all(|row| row["fiscal_year_closed"] == true));
    assert_eq!(rows(&client.get("/v1/expenses?search=NOTEBOOK")).len(), 1);
}

#[test]
fn closed_years_are_read_only_until_they_are_opened_again() {
    let client = start(options());
    let old = rows(&client.get("/v1/expenses?to=2025-12-31&limit=1"))[0].clone();
    let path = format!("/v1/expenses/{}", old["id"].as_str().unwrap());
    let refused = (409, "fiscal_year_closed".to_owned());
    assert_eq!(client.send("DELETE", &path, None).refusal(), refused);
    assert_eq!(client.send("PUT", &path, Some(&old)).refusal(), refused);
    let body = json!({ "amount": 1, "date": "2025-06-01" });
    assert_eq!(client.send("POST", "/v1/expenses", Some(&body)).refusal(), refused);
    let entry = transfer("2025-06-01", "1000", "1020", "5");
    assert_eq!(client.send("POST", "/v1/journal-entries", Some(&entry)).refusal(), refused);
    let body = json!({ "client_id": client.client("Muster AG"), "issue_date": "2025-12-30",
        "lines": [{ "description": "Beratung", "quantity": 1, "price": 180 }] });
    let mut draft = client.create("/v1/invoices", &body);
    draft["status"] = json!("sent");
    let draft_path = format!("/v1/invoices/{}", draft["id"].as_str().unwrap());
    assert_eq!(client.send("PUT", &draft_path, Some(&draft)).refusal(), refused);
    let closed = year(&client, "2025");
    assert_eq!(closed["status"], "closed");
    let path = format!("/v1/fiscal-years/{}", closed["id"].as_str().unwrap());
    assert_eq!(client.send("PUT", &path, Some(&json!({ "name": "Altjahr" }))).refusal(), refused);
    assert_eq!(client.put(&path, &json!({ "status": "open" }))["status"], "open");
    client.create("/v1/journal-entries", &entry);
    let next = format!("/v1/fiscal-years/{}", year(&client, "2026")["id"].as_str().unwrap());
    let early = client.send("PUT", &next, Some(&json!({ "status": "closed" })));
    assert_eq!(early.refusal(), (409, "earlier_fiscal_year_open".into()));
    client.put(&path, &json!({ "status": "closed" }));
    client.put(&next, &json!({ "status": "closed" }));
    let late = client.send("PUT", &path, Some(&json!({ "status": "open" })));
    assert_eq!(late.refusal(), (409, "later_fiscal_year_closed".into()));
}

#[test]
fn fiscal_years_make_one_chain() {
    let client = start(options());
    let post = |start: &str, end: &str| {
        client.send("POST", "/v1/fiscal-years", Some(&json!({ "start_date": start, "end_date": end })))
    };
    assert_eq!(post("2026-06-01", "2027-05-31").fields(), ["start_date"]);
    assert_eq!(post("2027-02-01", "2027-12-31").fields(), ["start_date"]);
    assert_eq!(post("2027-01-01", "2028-12-31").fields(), ["end_date"]);
    assert_eq!(post("2027-12-31", "2027-01-01").fields(), ["end_date"]);
    let added = post("2027-01-01", "2028-11-30").json();
    assert_eq!((&added["name"], &added["status"]), (&json!("2027/28"), &json!("open")));
    let running = format!("/v1/fiscal-years/{}", year(&client, "2026")["id"].as_str().unwrap());
    let moved = client.send("PUT", &running, Some(&json!({ "end_date": "2026-11-30" })));
    assert_eq!(moved.fields(), ["end_date"]);
    assert_eq!(client.put(&running, &json!({ "name": "Laufend" }))["name"], "Laufend");
    let added = format!("/v1/fiscal-years/{}", added["id"].as_str().unwrap());
    client.create("/v1/journal-entries", &transfer("2028-03-01", "1000", "1020", "5"));
    let shortened = client.send("PUT", &added, Some(&json!({ "end_date": "2027-12-31" })));
    assert_eq!(shortened.refusal(), (409, "fiscal_year_has_entries".into()));
}

#[test]
fn journal_entries_have_to_balance() {
    let client = start(options());
    let post = |lines: Value| {
        let body = json!({ "date": "2026-11-01", "description": "Test", "lines": lines });
        client.send("POST", "/v1/journal-entries", Some(&body))
    };
    let uneven = post(json!([{ "account": "1000", "debit": 100 }, { "account": "1020", "credit": 90.5 }]));
    assert_eq!(uneven.fields(), ["lines"]);
    assert!(uneven.json()["error"]["message"].as_str().unwrap().contains("differ by 9.50"));
    let wrong = post(json!([
        { "account": "1000", "debit": 1, "credit": 1 }, { "account": "1999", "debit": 5 },
        { "account": "1020", "credit": 5 }, { "account": "1000" }, { "account": "1000", "debit": 0.001 }]));
    assert_eq!(wrong.fields(), ["lines[0]", "lines[1].account", "lines[3]", "lines[4]", "lines"]);
    let nowhere =
        client.send("POST", "/v1/journal-entries", Some(&transfer("2030-01-01", "1000", "1020", "1")));
    assert_eq!(nowhere.fields(), ["date"]);
    let entry = client.create("/v1/journal-entries", &transfer("2026-11-01", "1000", "1020", "12.50"));
    assert_eq!(entry["lines"][0]["debit"].to_string(), "12.50");
    assert_eq!(
        (&entry["source"], &entry["fiscal_year_id"]),
        (&json!("manual"), &year(&client, "2026")["id"])
    );
    let path = format!("/v1/journal-entries/{}", entry["id"].as_str().unwrap());
    let changed = client.put(&path, &transfer("2026-11-02", "1000", "1020", "13"));
    assert_eq!((&changed["number"], &changed["date"]), (&entry["number"], &json!("2026-11-02")));
    assert_eq!(client.send("DELETE", &path, None).status, 204);
    assert_eq!(client.send("GET", &path, None).status, 404);
}

#[test]
fn entries_of_documents_are_not_edited_by_hand() {
    let client = start(options());
    for source in ["invoice", "expense", "bank"] {
        let list = client.get("/v1/journal-entries?limit=100");
        let entry = rows(&list).iter().find(|row| row["source"] == source).unwrap().clone();
        assert!(entry["source_id"].is_string());
        let path = format!("/v1/journal-entries/{}", entry["id"].as_str().unwrap());
        assert_eq!(client.get(&path)["number"], entry["number"]);
        assert_eq!(client.send("PUT", &path, Some(&entry)).refusal(), (409, "entry_not_manual".into()));
        assert_eq!(client.send("DELETE", &path, None).refusal(), (409, "entry_not_manual".into()));
    }
    let of_account = client.get("/v1/journal-entries?account=8900");
    let touches = |row: &Value| row["lines"].as_array().unwrap().iter().any(|line| line["account"] == "8900");
    assert!(!rows(&of_account).is_empty() && rows(&of_account).iter().all(touches));
    let of_year =
        format!("/v1/journal-entries?fiscal_year_id={}", year(&client, "2025")["id"].as_str().unwrap());
    let dates = client.get(&of_year);
    assert!(rows(&dates).iter().all(|row| row["date"].as_str().unwrap().starts_with("2025")));
}

#[test]
fn sending_an_invoice_books_it_and_cancelling_takes_it_back() {
    let client = start(options());
    let before = (balance(&client, "1100"), balance(&client, "3400"), balance(&client, "2200"));
    let draft =
        client.draft("Muster AG", json!([{ "description": "Beratung", "quantity": 3, "price": 180 }]));
    assert_eq!(balance(&client, "1100"), before.0);
    let path = format!("/v1/invoices/{}", draft["id"].as_str().unwrap());
    let mut invoice = draft.clone();
    invoice["status"] = json!("sent");
    invoice = client.put(&path, &invoice);
    assert_eq!(balance(&client, "1100") - before.0, d("583.75"));
    assert_eq!(balance(&client, "3400") - before.1, d("540"));
    assert_eq!(balance(&client, "2200") - before.2, d("43.74"));
    assert_balanced(&client, "2026-11-21");
    invoice["status"] = json!("cancelled");
    client.put(&path, &invoice);
    assert_eq!((balance(&client, "1100"), balance(&client, "3400"), balance(&client, "2200")), before);
}

#[test]
fn the_balance_sheet_balances_on_every_kind_of_day() {
    let client = start(options());
    for day in
        ["2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01", "2026-06-30", "2026-11-21", "2027-02-01"]
    {
        assert_balanced(&client, day);
    }
    let year_end =
        format!("/v1/reports/balance-sheet?fiscal_year_id={}", year(&client, "2025")["id"].as_str().unwrap());
    let sheet = client.get(&year_end);
    let profit = client.get("/v1/reports/profit-loss?from=2025-01-01&to=2025-12-31");
    assert_eq!(sheet["as_of"], "2025-12-31");
    assert_eq!(sheet["totals"]["result_of_the_year"], profit["totals"]["net_result"]);
}

#[test]
fn profit_and_loss_has_every_section_and_compares() {
    let client = start(options());
    let report = client.get("/v1/reports/profit-loss?compare=previous_year");
    assert_eq!((&report["from"], &report["to"]), (&json!("2026-01-01"), &json!("2026-11-21")));
    assert_eq!(
        (&report["comparison_from"], &report["comparison_to"]),
        (&json!("2025-01-01"), &json!("2025-11-21"))
    );
    let mut sum = Decimal::ZERO;
    for row in report["rows"].as_array().unwrap() {
        let amount = dec(&row["amount"]);
        let key = row["key"].as_str().unwrap();
        match row["children"].as_array() {
            Some(children) => {
                assert_eq!(
                    children.iter().map(|child| dec(&child["amount"])).sum::<Decimal>(),
                    amount,
                    "{key}"
                );
                sum += amount;
            }
            None => assert_eq!(amount, sum, "{key}"),
        }
        assert!(!amount.is_zero(), "{key} is empty");
        assert!(row["comparison_amount"].is_number(), "{key}");
    }
    assert_eq!(dec(&report["totals"]["net_result"]), sum);
    let quarter = client.get("/v1/reports/profit-loss?from=2026-01-01&to=2026-03-31&compare=previous_period");
    assert_eq!(quarter["comparison_from"], "2025-10-01");
    let reversed = client.send("GET", "/v1/reports/profit-loss?from=2026-02-01&to=2026-01-01", None);
    assert_eq!(reversed.fields(), ["to"]);
}

#[test]
fn the_vat_report_agrees_with_the_ledger() {
    let client = start(options());
    let (mut due, mut net) = (Decimal::ZERO, Decimal::ZERO);
    for period in ["2025-Q3", "2025-Q4", "2026-H1", "2026-Q3", "2026-Q4"] {
        let report = client.get(&format!("/v1/reports/vat?period={period}"));
        assert_eq!((&report["method"], &report["basis"]), (&json!("effective"), &json!("agreed")));
        let boxes = &report["fields"];
        let of = |number: &str| dec(&boxes[number]);
        assert_eq!(of("299"), of("200") - of("289"), "{period}");
        assert_eq!(of("479"), of("400") + of("405"), "{period}");
        assert_eq!(of("500") - of("510"), of("399") - of("479"), "{period}");
        assert_eq!(dec(&report["net_liability"]), of("399") - of("479"), "{period}");
        due += of("399");
        net += dec(&report["net_liability"]);
    }
    assert_eq!(due, balance(&client, "2200"));
    assert_eq!(net, due - balance(&client, "1170") - balance(&client, "1171"));
    let first_half = client.get("/v1/reports/vat?period=2026-H1");
    assert!(dec(&first_half["fields"]["302"]) > Decimal::ZERO, "supplies of 2023 are taxed at 7.7");
    assert!(dec(&first_half["fields"]["221"]) > Decimal::ZERO, "supplies abroad are not taxed");
    assert!(dec(&first_half["input_tax"]["investments"]) > Decimal::ZERO);
    assert_eq!(client.send("GET", "/v1/reports/vat?period=2026-Q5", None).fields(), ["period"]);
}

#[test]
fn entries_by_hand_count_in_the_vat_report() {
    let client = start(options());
    let path = "/v1/reports/vat?period=2026-Q3";
    let before = client.get(path)["fields"].clone();
    client.create("/v1/journal-entries", &transfer("2026-09-30", "2200", "2201", "100"));
    client.create("/v1/journal-entries", &transfer("2026-09-30", "2201", "1171", "7"));
    assert_eq!(client.get(path)["fields"], before, "a settlement is no supply");
    let sale = json!({ "date": "2026-09-30", "description": "Barverkauf Handbücher", "lines": [
        { "account": "1000", "debit": 102.60 }, { "account": "3200", "credit": 100, "tax_code": "UST26" },
        { "account": "2200", "credit": 2.60 }] });
    client.create("/v1/journal-entries", &sale);
    let after = client.get(path)["fields"].clone();
    assert_eq!(dec(&after["200"]) - dec(&before["200"]), d("100"));
    assert_eq!((dec(&after["313"]), dec(&after["399"]) - dec(&before["399"])), (d("2.60"), d("2.60")));
}

#[test]
fn the_seed_holds_on_any_day() {
    for day in ["2026-01-01", "2026-02-28", "2026-12-31", "2028-02-29"] {
        let client = start(Options { today: Some(day.parse().unwrap()), ..options() });
        assert_balanced(&client, day);
        let years = client.get("/v1/fiscal-years");
        let states: Vec<&str> = rows(&years).iter().map(|year| year["status"].as_str().unwrap()).collect();
        assert_eq!((states.first(), states.last()), (Some(&"closed"), Some(&"open")), "{day}");
        let paid = client.get("/v1/bank-transactions?status=matched");
        assert!(rows(&paid).len() > 20, "{day}");
    }
}

#[test]
fn revenue_is_listed_and_grouped() {
    let client = start(options());
    let list = client.get("/v1/revenue?from=2026-01-01&to=2026-09-30&limit=100");
    let grouped = client.get("/v1/revenue?from=2026-01-01&to=2026-09-30&group_by=month");
    let net = |list: &Value, currency: &str| -> Decimal {
        rows(list).iter().filter(|row| row["currency"] == currency).map(|row| dec(&row["net_amount"])).sum()
    };
    for currency in ["CHF", "EUR"] {
        assert_eq!(net(&list, currency), net(&grouped, currency));
    }
    let report = client.get("/v1/reports/vat?from=2026-07-01&to=2026-09-30");
    let third = client.get("/v1/revenue?from=2026-07-01&to=2026-09-30");
    assert_eq!(net(&third, "CHF"), dec(&report["fields"]["200"]));
    let others = client.get("/v1/revenue?source=other");
    assert!(!rows(&others).is_empty() && rows(&others).iter().all(|row| row["invoice_id"].is_null()));
    let by_client = client.get("/v1/revenue?source=invoice&group_by=client");
    assert!(rows(&by_client).iter().any(|row| row["group"] == "Muster AG" && row["client_id"].is_string()));
}

#[test]
fn simple_books_have_income_and_expenses_only() {
    let mut client = start(options());
    client.profile = Some(keys::SECOND_PROFILE_ID);
    for path in ["/v1/accounts", "/v1/journal-entries", "/v1/reports/balance-sheet"] {
        assert_eq!(client.send("GET", path, None).refusal(), (409, "double_entry_required".into()), "{path}");
    }
    assert_eq!(client.send("GET", "/v1/reports/vat", None).refusal(), (409, "vat_not_enabled".into()));
    let report = client.get("/v1/reports/profit-loss");
    let keys: Vec<&str> =
        report["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(
        (keys.as_slice(), &report["currency"]),
        (&["revenue", "expenses", "net_result"][..], &json!("EUR"))
    );
    let expense = client.create("/v1/expenses", &json!({ "amount": 10, "date": "2026-11-20" }));
    assert_eq!((&expense["tax_amount"], &expense["currency"]), (&json!(0), &json!("EUR")));
}
