//! Bank accounts, statement imports, matching and reconciliation.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Client, options, start};
use crate::sandbox::{keys, money};

const STATEMENT_08: &str = include_str!("../../../tests/data/statement-08.xml");
const STATEMENT_04: &str = include_str!("../../../tests/data/statement-04.xml");

fn dec(value: &Value) -> Decimal {
    money::read(value).unwrap_or_else(|| panic!("{value} is no number"))
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn rows(list: &Value) -> &Vec<Value> {
    list["data"].as_array().unwrap()
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

/// The bank account with that IBAN.
fn account(client: &Client, iban: &str) -> Value {
    let accounts = client.get("/v1/bank-accounts");
    rows(&accounts).iter().find(|row| row["iban"] == iban).unwrap().clone()
}

fn import(client: &Client, iban: &str, xml: &str) -> super::Reply {
    let path = format!("/v1/bank-accounts/{}/camt-imports", id(&account(client, iban)));
    client.send_bytes("POST", &path, Some(("application/xml", xml.as_bytes())))
}

/// The one transaction of that amount.
fn transaction(client: &Client, amount: &str) -> Value {
    let list = client.get("/v1/bank-transactions?from=2026-11-20&limit=100");
    let mut found = rows(&list).iter().filter(|row| dec(&row["amount"]) == d(amount));
    let one = found.next().unwrap_or_else(|| panic!("no transaction of {amount}")).clone();
    assert!(found.next().is_none());
    one
}

fn reconcile(client: &Client, transaction: &Value, allocations: &Value) -> super::Reply {
    let path = format!("/v1/bank-transactions/{}/reconcile", id(transaction));
    client.send("POST", &path, Some(&json!({ "allocations": allocations })))
}

fn invoice(client: &Client, number: &str) -> Value {
    rows(&client.get(&format!("/v1/invoices?number={number}")))[0].clone()
}

#[test]
fn bank_accounts_are_checked_and_kept_while_they_have_transactions() {
    let client = start(options());
    let post = |body: &Value| client.send("POST", "/v1/bank-accounts", Some(body));
    assert_eq!(
        post(&json!({ "name": " ", "iban": "CH44 3199 9123 0008 8901 3", "bic": "X", "account": "3400" }))
            .fields(),
        ["name", "iban", "bic", "account"]
    );
    let created = client
        .create("/v1/bank-accounts", &json!({ "name": "Zweitkonto", "iban": "CH44 3199 9123 0008 8901 2" }));
    assert_eq!((&created["iban"], &created["is_qr_iban"]), (&json!("CH4431999123000889012"), &json!(true)));
    assert_eq!((&created["currency"], &created["account"]), (&json!("CHF"), &json!("1020")));
    let again = post(&json!({ "name": "Nochmals", "iban": "CH4431999123000889012" }));
    assert_eq!(again.refusal(), (409, "iban_taken".into()));
    let path = format!("/v1/bank-accounts/{}", id(&created));
    let changed = client
        .put(&path, &json!({ "name": "Drittkonto", "iban": "DE89370400440532013000", "currency": "EUR" }));
    assert_eq!((&changed["is_qr_iban"], &changed["account"]), (&json!(false), &json!("1025")));
    assert_eq!(client.send("DELETE", &path, None).status, 204);
    let main = account(&client, "CH6930999000000000001");
    let path = format!("/v1/bank-accounts/{}", id(&main));
    assert_eq!(client.send("DELETE", &path, None).refusal(), (409, "bank_account_in_use".into()));
    let mut moved = main.clone();
    moved["iban"] = json!("CH9300762011623852957");
    assert_eq!(client.send("PUT", &path, Some(&moved)).refusal(), (409, "bank_account_in_use".into()));
    assert_eq!(client.put(&path, &main)["balance"], main["balance"]);
}

#[test]
fn a_statement_is_imported_once() {
    let client = start(options());
    let first = import(&client, "CH6930999000000000001", STATEMENT_08);
    assert_eq!(first.status, 201);
    let first = first.json();
    assert_eq!(first["format"], "camt.053.001.08");
    let counts = |result: &Value| {
        ["statements", "transactions", "imported", "duplicates", "suggested_matches"]
            .map(|name| result[name].as_u64().unwrap())
    };
    assert_eq!(counts(&first), [1, 7, 7, 0, 5]);
    assert_eq!(account(&client, "CH6930999000000000001")["balance"].to_string(), "67760.35");
    let again = import(&client, "CH6930999000000000001", STATEMENT_08).json();
    assert_eq!(counts(&again), [1, 7, 0, 7, 0]);
    for (amount, status, reason) in [
        ("1959.20", "suggested", Some("reference")),
        ("832.35", "suggested", Some("amount_and_date")),
        ("250", "unmatched", None),
        ("1140.40", "suggested", Some("reference")),
        ("3134.90", "suggested", Some("reference")),
        ("-99", "unmatched", None),
        ("-112.40", "suggested", Some("amount_and_date")),
    ] {
        let found = transaction(&client, amount);
        assert_eq!(found["status"], status, "{amount}");
        assert_eq!(found["suggestions"][0]["reason"].as_str(), reason, "{amount}");
    }
    assert_eq!(transaction(&client, "-99")["reversal"], true);
    assert_eq!(rows(&client.get("/v1/bank-transactions?status=unmatched&from=2026-11-20")).len(), 2);
    assert_eq!(rows(&client.get("/v1/bank-transactions?search=zufall")).len(), 1);
}

#[test]
fn a_form_and_version_04_are_read_too() {
    let mut client = start(options());
    client.profile = Some(keys::SECOND_PROFILE_ID);
    let account = account(&client, "CH7309999000000000001");
    let form = format!(
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xml\"\r\n\r\n{STATEMENT_04}\r\n--X--\r\n"
    );
    let path = format!("/v1/bank-accounts/{}/camt-imports", id(&account));
    let reply = client.send_bytes("POST", &path, Some(("multipart/form-data; boundary=X", form.as_bytes())));
    assert_eq!((&reply.json()["format"], &reply.json()["imported"]), (&json!("camt.053.001.04"), &json!(3)));
    let payment = transaction(&client, "780");
    assert_eq!(payment["suggestions"][0]["reason"], "reference");
    let open = payment["suggestions"][0]["id"].clone();
    let matched = reconcile(&client, &payment, &json!([{ "invoice_id": open, "amount": 780 }]));
    assert_eq!(
        (matched.status, matched.json()["journal_entry_id"].is_null()),
        (200, true),
        "simple books have no journal"
    );
    assert_eq!(client.get(&format!("/v1/invoices/{}", open.as_str().unwrap()))["status"], "paid");
    let to_account =
        reconcile(&client, &transaction(&client, "450"), &json!([{ "account": "3600", "amount": 450 }]));
    assert_eq!(to_account.refusal(), (409, "double_entry_required".into()));
}

#[test]
fn statements_that_cannot_be_right_are_refused_whole() {
    let client = start(options());
    let refusal = |iban: &str, xml: &str| import(&client, iban, xml).refusal();
    assert_eq!(refusal("CH4609999000000000002", STATEMENT_08), (422, "iban_mismatch".into()));
    let iban = "CH6930999000000000001";
    for (xml, code) in [
        (STATEMENT_08.replace("67760.35", "67760.30"), "balance_mismatch"),
        (STATEMENT_08.replace("<Ccy>CHF</Ccy>", "<Ccy>EUR</Ccy>"), "currency_mismatch"),
        (STATEMENT_08.replace("camt.053", "pain.001"), "unsupported_format"),
        (format!("<!DOCTYPE x>{STATEMENT_08}"), "invalid_xml"),
        (STATEMENT_08[..2000].to_owned(), "invalid_xml"),
    ] {
        assert_eq!(refusal(iban, &xml), (422, code.to_owned()));
    }
    assert!(rows(&client.get("/v1/bank-transactions?from=2026-11-20")).is_empty());
    let missing =
        client.send_bytes("POST", "/v1/bank-accounts/1/camt-imports", Some(("application/xml", b"<a/>")));
    assert_eq!(missing.status, 404);
}

#[test]
fn details_of_a_later_notification_refine_a_collective_entry() {
    let client = start(options());
    let start = STATEMENT_08.find("<Btch>").unwrap();
    let end = start + STATEMENT_08[start..].find("</NtryDtls>").unwrap();
    let whole = format!("{}{}", &STATEMENT_08[..start], &STATEMENT_08[end..]);
    let iban = "CH6930999000000000001";
    assert_eq!(import(&client, iban, &whole).json()["imported"], 6);
    assert_eq!(transaction(&client, "4275.30")["status"], "unmatched");
    let detailed = STATEMENT_08
        .replace("camt.053", "camt.054")
        .replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
        .replace("Stmt>", "Ntfctn>");
    let detailed = import(&client, iban, &detailed).json();
    assert_eq!((&detailed["imported"], &detailed["duplicates"]), (&json!(2), &json!(5)));
    assert_eq!(rows(&client.get("/v1/bank-transactions?from=2026-11-20")).len(), 7);
    assert_eq!(transaction(&client, "1140.40")["status"], "suggested");
}

#[test]
fn reconciling_pays_the_invoice_and_writes_the_entry() {
    let client = start(options());
    import(&client, "CH6930999000000000001", STATEMENT_08);
    let payment = transaction(&client, "1959.20");
    let open = payment["suggestions"][0]["id"].clone();
    let matched = reconcile(&client, &payment, &json!([{ "invoice_id": open, "amount": 1959.20 }]));
    assert_eq!(matched.status, 200, "{}", matched.json());
    let matched = matched.json();
    assert_eq!((&matched["status"], &matched["suggestions"]), (&json!("matched"), &json!([])));
    let entry = client.get(&format!("/v1/journal-entries/{}", matched["journal_entry_id"].as_str().unwrap()));
    assert_eq!((&entry["source"], &entry["date"]), (&json!("bank"), &json!("2026-11-20")));
    assert_eq!(
        (&entry["lines"][0]["account"], dec(&entry["lines"][0]["debit"])),
        (&json!("1020"), d("1959.20"))
    );
    assert_eq!(
        (&entry["lines"][1]["account"], dec(&entry["lines"][1]["credit"])),
        (&json!("1100"), d("1959.20"))
    );
    let invoice = client.get(&format!("/v1/invoices/{}", open.as_str().unwrap()));
    assert_eq!((&invoice["status"], &invoice["paid_at"]), (&json!("paid"), &json!("2026-11-20")));
    assert_eq!((dec(&invoice["amount_paid"]), dec(&invoice["amount_due"])), (d("3459.20"), d("0")));
    let again = reconcile(&client, &payment, &json!([{ "account": "3600", "amount": 1959.20 }]));
    assert_eq!(again.refusal(), (409, "already_reconciled".into()));
    let sheet = client.get("/v1/reports/balance-sheet");
    assert_eq!(dec(&sheet["totals"]["difference"]), Decimal::ZERO);
}

#[test]
fn one_payment_may_be_parted_and_parts_have_to_add_up() {
    let client = start(options());
    import(&client, "CH6930999000000000001", STATEMENT_08);
    let payment = transaction(&client, "3134.90");
    let (first, second) = (invoice(&client, "RE-1020"), invoice(&client, "IV-008"));
    let over = reconcile(
        &client,
        &payment,
        &json!([
        { "invoice_id": first["id"], "amount": 3135 }, { "account": "6940", "amount": -0.10 }]),
    );
    assert_eq!(over.fields(), ["allocations[0].amount"]);
    assert!(over.json()["error"]["message"].as_str().unwrap().contains("open amount of 3134.90 CHF"));
    let less = reconcile(&client, &payment, &json!([{ "invoice_id": first["id"], "amount": 3000 }]));
    assert_eq!(less.fields(), ["allocations"]);
    assert!(less.json()["error"]["message"].as_str().unwrap().contains("134.90 CHF is left over"));
    assert_eq!(dec(&invoice(&client, "RE-1020")["amount_paid"]), Decimal::ZERO, "nothing was changed");
    let parted = reconcile(
        &client,
        &payment,
        &json!([
        { "invoice_id": first["id"], "amount": 2000 }, { "invoice_id": second["id"], "amount": 1140 },
        { "account": "6940", "amount": -5.10 }]),
    );
    assert_eq!(parted.status, 200, "{}", parted.json());
    assert_eq!(invoice(&client, "IV-008")["status"], "partially_paid");
    assert_eq!(dec(&invoice(&client, "IV-008")["amount_due"]), d("416.65"));
    let entry =
        client.get(&format!("/v1/journal-entries/{}", parted.json()["journal_entry_id"].as_str().unwrap()));
    let fee =
        entry["lines"].as_array().unwrap().iter().find(|line| line["account"] == "6940").unwrap().clone();
    assert_eq!(dec(&fee["debit"]), d("5.10"));
    let draft =
        client.draft("Muster AG", json!([{ "description": "Beratung", "quantity": 1, "price": 200 }]));
    let to_draft = reconcile(
        &client,
        &transaction(&client, "250"),
        &json!([{ "invoice_id": draft["id"], "amount": 250 }]),
    );
    assert_eq!(to_draft.fields(), ["allocations[0].invoice_id"]);
}

#[test]
fn money_out_pays_expenses_and_accounts() {
    let client = start(options());
    import(&client, "CH6930999000000000001", STATEMENT_08);
    let payment = transaction(&client, "-112.40");
    let expense = payment["suggestions"][0]["id"].clone();
    let part = reconcile(
        &client,
        &payment,
        &json!([{ "expense_id": expense, "amount": 100 }, { "account": "6200", "amount": 12.40 }]),
    );
    assert_eq!(part.fields(), ["allocations[0].amount"]);
    let twice = reconcile(
        &client,
        &payment,
        &json!([
        { "expense_id": expense, "amount": 112.40 }, { "expense_id": expense, "amount": 112.40 }]),
    );
    assert_eq!(twice.fields(), ["allocations[1].expense_id"]);
    let matched = reconcile(&client, &payment, &json!([{ "expense_id": expense, "amount": -112.40 }]));
    assert_eq!(matched.status, 200, "{}", matched.json());
    let path = format!("/v1/expenses/{}", expense.as_str().unwrap());
    let paid = client.get(&path);
    assert_eq!((&paid["paid"], &paid["bank_transaction_id"]), (&json!(true), &payment["id"]));
    assert_eq!(client.send("DELETE", &path, None).refusal(), (409, "expense_reconciled".into()));
    let mut changed = paid.clone();
    changed["amount"] = json!(113);
    assert_eq!(client.send("PUT", &path, Some(&changed)).refusal(), (409, "expense_reconciled".into()));
    let reversal = transaction(&client, "-99");
    let to_invoice = reconcile(
        &client,
        &reversal,
        &json!([{ "invoice_id": invoice(&client, "IV-008")["id"], "amount": 99 }]),
    );
    assert_eq!(to_invoice.fields(), ["allocations[0].invoice_id"]);
    assert_eq!(reconcile(&client, &reversal, &json!([{ "account": "3600", "amount": 99 }])).status, 200);
    assert_eq!(dec(&client.get("/v1/reports/balance-sheet")["totals"]["difference"]), Decimal::ZERO);
}

#[test]
fn seeded_payments_stand_behind_paid_invoices() {
    let client = start(options());
    let receivables = client.get("/v1/accounts?search=1100");
    let open = client.get("/v1/invoices?limit=100");
    let due: Decimal = rows(&open)
        .iter()
        .filter(|row| ["sent", "overdue", "partially_paid"].contains(&row["status"].as_str().unwrap()))
        .map(|row| dec(&row["amount_due"]))
        .sum();
    assert_eq!(dec(&rows(&receivables)[0]["balance"]), due);
    let states: Vec<_> = ["matched", "suggested", "unmatched"]
        .map(|status| {
            client.get(&format!("/v1/bank-transactions?status={status}"))["pagination"]["total"].as_u64()
        })
        .into();
    assert!(states.iter().all(|total| total.is_some_and(|total| total > 1)), "{states:?}");
}
