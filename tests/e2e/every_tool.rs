//! Every tool of the catalogue once for real against the sandbox, and every writing one shown by `dry_run` first: what
//! is shown is what arrives. A tool that the table lacks fails the test.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::scripted_books::{answer, id, profiles, run};
use crate::support::{Era, McpSession, SandboxProcess, ScriptedServer};

pub const ALL: [&str; 5] = ["serve", "--toolsets", "all", "--confirm", "never"];

const STATEMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>MSG-9</MsgId><CreDtTm>2026-11-20T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>STMT-9</Id><Acct><Id><IBAN>CH6930999000000000001</IBAN></Id><Ccy>CHF</Ccy></Acct>
<Ntry><Amt Ccy="CHF">321.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt><AcctSvcrRef>Z9</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Zahler Neuntausend</Nm></Pty></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>"#;

/// Tools and arguments in an order in which each can succeed; `$tool` is the id of that tool's record, or of the
/// first row of its list.
pub fn table() -> Vec<(&'static str, Value)> {
    let lines = json!([{ "description": "Consulting", "quantity": 2, "price": 180, "unit": "h", "discount_percent": 5 }]);
    let booking = json!([{ "account": "1020", "debit": 10 }, { "account": "3400", "credit": 10 }]);
    let address = json!({ "street": "Seeweg", "house_number": "3", "postal_code": "6003", "city": "Luzern", "country": "CH" });
    let mut table = invoicing(&lines);
    table.extend([
        ("list_clients", json!({ "search": "muster" })),
        ("get_client", json!({ "id": "$list_clients" })),
        (
            "create_client",
            json!({ "name": "Neu AG", "address": address, "language": "de", "payment_deadline_days": 20 }),
        ),
        ("update_client", json!({ "id": "$create_client", "changes": { "address": { "city": "Zug" } } })),
        ("delete_client", json!({ "id": "$create_client" })),
        ("list_vendors", json!({})),
        ("get_vendor", json!({ "id": "$list_vendors" })),
        ("create_vendor", json!({ "name": "Papier AG", "iban": "CH93 0076 2011 6238 5295 7" })),
        (
            "update_vendor",
            json!({ "id": "$create_vendor", "changes": { "website": "https://papier.example" } }),
        ),
        ("delete_vendor", json!({ "id": "$create_vendor" })),
        ("list_expenses", json!({ "period": "2026-Q3" })),
        ("get_expense", json!({ "id": "$list_expenses" })),
        (
            "create_expense",
            json!({ "amount": 49.90, "date": "2026-11-20", "tax_rate": 8.1, "vendor_id": "$list_vendors" }),
        ),
        ("update_expense", json!({ "id": "$create_expense", "changes": { "description": "paper" } })),
        ("delete_expense", json!({ "id": "$create_expense" })),
        ("list_revenue", json!({ "period": "2026-10" })),
        ("list_catalog_items", json!({ "active": true })),
        ("get_catalog_item", json!({ "id": "$list_catalog_items" })),
        ("create_catalog_item", json!({ "name": "Audit", "price": 1234.50, "unit": "day" })),
        ("update_catalog_item", json!({ "id": "$create_catalog_item", "changes": { "active": false } })),
        ("delete_catalog_item", json!({ "id": "$create_catalog_item" })),
        ("list_journal_entries", json!({ "period": "2026-11" })),
        ("get_journal_entry", json!({ "id": "$list_journal_entries" })),
        ("create_journal_entry", json!({ "date": "2026-11-20", "description": "Fee", "lines": booking })),
        (
            "update_journal_entry",
            json!({ "id": "$create_journal_entry", "changes": { "description": "Bank fee" } }),
        ),
        ("delete_journal_entry", json!({ "id": "$create_journal_entry" })),
        ("list_accounts", json!({ "type": "revenue" })),
        ("list_fiscal_years", json!({})),
        ("get_fiscal_year", json!({ "id": "$list_fiscal_years" })),
        (
            "create_fiscal_year",
            json!({ "name": "2027", "start_date": "2027-01-01", "end_date": "2027-12-31" }),
        ),
        ("update_fiscal_year", json!({ "id": "$create_fiscal_year", "changes": { "name": "FY 2027" } })),
    ]);
    table.extend(banking_and_reports());
    table.extend(local());
    table
}

/// Tools that ask nobody.
fn local() -> Vec<(&'static str, Value)> {
    let lines = json!([{ "quantity": 3, "price": 180, "tax_rate": 8.1 }]);
    vec![
        ("validate_iban", json!({ "iban": "CH93 0076 2011 6238 5295 7" })),
        ("validate_uid", json!({ "uid": "CHE-123.456.788 MWST" })),
        ("validate_reference", json!({ "reference": "RF18539007547034" })),
        ("make_payment_reference", json!({ "number": "INV2026001" })),
        ("compute_totals", json!({ "lines": lines, "currency": "CHF" })),
        ("preview_camt_file", json!({ "xml": STATEMENT })),
    ]
}

fn invoicing(lines: &Value) -> Vec<(&'static str, Value)> {
    let series = json!({ "client_name": "Muster AG", "interval": "monthly", "start_date": "2026-12-01", "lines": lines });
    vec![
        ("list_invoices", json!({ "status": "unpaid" })),
        ("get_invoice", json!({ "number": "IV-009" })),
        (
            "create_invoice",
            json!({ "client_name": "Muster AG", "lines": lines, "due_days": 10, "service_from": "2026-11-01", "service_to": "2026-11-20" }),
        ),
        ("update_invoice", json!({ "id": "$create_invoice", "changes": { "title": "November" } })),
        (
            "duplicate_invoice",
            json!({ "id": "$create_invoice", "service_from": "2026-12-01", "due_days": 30 }),
        ),
        ("create_invoice_from_previous", json!({ "client_name": "Muster AG", "title": "Once more" })),
        ("check_invoice", json!({ "id": "$create_invoice" })),
        ("suggest_invoice_number", json!({})),
        ("verify_invoice_number", json!({ "number": "IV-9" })),
        ("delete_invoice", json!({ "id": "$create_invoice" })),
        ("list_overdue_invoices", json!({ "client_name": "Muster AG", "min_days": 1 })),
        ("get_invoice_status", json!({ "number": "IV-007" })),
        ("get_invoice_stats", json!({ "period": "2026", "by": "month" })),
        ("export_invoices", json!({ "status": "paid", "period": "2026-Q1" })),
        ("list_offers", json!({ "status": "accepted" })),
        ("get_offer", json!({ "id": "$list_offers" })),
        ("create_offer", json!({ "client_name": "Muster AG", "lines": lines, "valid_until": "2026-12-31" })),
        ("update_offer", json!({ "id": "$create_offer", "changes": { "title": "Offer" } })),
        (
            "convert_offer_to_invoice",
            json!({ "id": "$create_offer", "due_days": 20, "allow_duplicate": true }),
        ),
        ("delete_offer", json!({ "id": "$create_offer" })),
        ("list_recurring_invoices", json!({})),
        ("get_recurring_invoice", json!({ "id": "$list_recurring_invoices" })),
        ("create_recurring_invoice", series),
        (
            "update_recurring_invoice",
            json!({ "id": "$create_recurring_invoice", "changes": { "status": "paused" } }),
        ),
        ("delete_recurring_invoice", json!({ "id": "$create_recurring_invoice" })),
    ]
}

fn banking_and_reports() -> Vec<(&'static str, Value)> {
    let allocations = json!([{ "account": "3400", "amount": 321 }]);
    vec![
        (
            "create_bank_account",
            json!({ "name": "Sparkonto", "iban": "CH9300762011623852957", "currency": "CHF" }),
        ),
        ("update_bank_account", json!({ "id": "$create_bank_account", "changes": { "name": "Reserve" } })),
        ("get_bank_account", json!({ "id": "$create_bank_account" })),
        ("delete_bank_account", json!({ "id": "$create_bank_account" })),
        ("list_bank_accounts", json!({})),
        ("import_bank_transactions", json!({ "bank_account_id": "$chf", "xml": STATEMENT })),
        ("list_bank_transactions", json!({ "search": "Zahler Neuntausend" })),
        ("get_bank_transaction", json!({ "id": "$list_bank_transactions" })),
        (
            "reconcile_transaction",
            json!({ "id": "$list_bank_transactions", "allocations": allocations, "note": "n" }),
        ),
        ("reconcile_sure_matches", json!({})),
        ("list_reports", json!({})),
        ("get_report", json!({ "name": "balance-sheet", "as_of": "2026-10-31" })),
        ("get_profit_and_loss", json!({ "period": "2026-Q1", "compare": "previous_year" })),
        ("get_balance_sheet", json!({ "as_of": "2026-06-30" })),
        ("get_vat_report", json!({ "period": "2026-Q2" })),
        ("list_profiles", json!({})),
        ("get_profile", json!({ "id": "$list_profiles" })),
        ("get_company_info", json!({})),
        ("list_recent_changes", json!({ "since": "7d" })),
    ]
}

/// Puts ids in the place of `$tool`.
pub fn filled(arguments: &Value, found: &HashMap<String, Value>) -> Value {
    match arguments {
        Value::String(text) if text.starts_with('$') => {
            found.get(&text[1..]).cloned().unwrap_or_else(|| panic!("nothing was found for {text}"))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, found)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, found))).collect()
        }
        other => other.clone(),
    }
}

/// Names of the listed tools, and of those that write.
fn listed(session: &mut McpSession) -> (BTreeSet<String>, BTreeSet<String>) {
    let tools = session.ask("tools/list", json!({}));
    let rows = tools["tools"].as_array().unwrap();
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    let writing = rows.iter().filter(|tool| tool["annotations"]["readOnlyHint"] != true);
    (rows.iter().map(name).collect(), writing.map(name).collect())
}

#[test]
fn every_tool_works_against_the_sandbox() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let (tools, writing) = listed(&mut session);
    let table = table();
    let tried: BTreeSet<String> = table.iter().map(|(tool, _)| (*tool).to_owned()).collect();
    assert_eq!(tools, tried);
    assert!(tools.len() >= 62, "{} tools", tools.len());
    let mut found = HashMap::new();
    let accounts = sandbox.all("/v1/bank-accounts");
    let chf = accounts.iter().find(|account| account["currency"] == "CHF").unwrap();
    found.insert("chf".to_owned(), chf["id"].clone());
    // Tools made of several calls, or of none, give figures of their own; every other gives a record.
    let composed: BTreeSet<String> = session.ask("tools/list", json!({}))["tools"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tool| tool.get("outputSchema").is_some())
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect();
    let mut failed = Vec::new();
    for (tool, arguments) in table {
        let result = session.call(tool, filled(&arguments, &found));
        let facts = &result.structured;
        let marked = ["created", "updated", "deleted", "done"].iter().any(|word| facts[*word] == true);
        let record = facts["items"].get(0).or(facts.get("record")).or(facts.get("report"));
        let of_ours = composed.contains(tool);
        let plain = of_ours
            && ["valid", "reference", "total", "ok", "number", "n", "csv", "currencies"]
                .iter()
                .any(|word| !facts[*word].is_null());
        let answered = record.is_some() || facts["deleted"] == true || plain;
        if result.failed || !answered || marked != writing.contains(tool) {
            failed.push(format!("{tool}: {}", result.text));
        }
        let id = record.and_then(|record| record.get("id")).or(facts.get("id"));
        found.insert(tool.to_owned(), id.cloned().unwrap_or(Value::Null));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn what_a_dry_run_shows_is_what_arrives() {
    let server = ScriptedServer::start(|request| {
        let path = request.target.split('?').next().unwrap();
        if path == "/v1/profiles" {
            return profiles();
        }
        let lines = json!([{ "description": "Consulting", "quantity": 2, "price": 180.50, "id": "line" }]);
        let row = json!({
            "id": id(1), "name": "Muster AG", "number": "IV-009", "status": "draft", "x_new": 1.10,
            "client_id": id(1), "lines": lines,
        });
        let one = path.contains(&id(1)) || request.method != "GET";
        answer(200, &if one { row } else { json!({ "data": [row], "total": 1 }) })
    });
    let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
    let (_, writing) = listed(&mut session);
    let ids: HashMap<String, Value> = table()
        .iter()
        .map(|(tool, _)| ((*tool).to_owned(), json!(id(1))))
        .chain([("chf".to_owned(), json!(id(1)))])
        .collect();
    let sent = || server.requests().into_iter().filter(|request| request.method != "GET").collect::<Vec<_>>();
    // What is made of several requests shows what it would do, not one request.
    let one = |tool: &str| writing.contains(tool) && tool != "reconcile_sure_matches";
    for (tool, arguments) in table().into_iter().filter(|(tool, _)| one(tool)) {
        let (before, mut arguments) = (sent().len(), filled(&arguments, &ids));
        session.call(tool, arguments.clone()).done();
        let real = sent().pop().unwrap();
        assert_eq!(sent().len(), before + 1, "{tool}");
        arguments["dry_run"] = json!(true);
        let shown = session.call(tool, arguments).done();
        assert_eq!(sent().len(), before + 1, "{tool}: a dry run sent something");
        assert_eq!(shown.structured["dry_run"], true, "{}", shown.text);
        let request = &shown.structured["request"];
        assert_eq!(
            (&request["method"], &request["path"]),
            (&json!(real.method), &json!(real.target)),
            "{tool}"
        );
        match request.get("body") {
            Some(body) => assert_eq!(body.to_string(), String::from_utf8(real.body).unwrap(), "{tool}"),
            None if tool == "import_bank_transactions" => {
                let body = String::from_utf8(real.body).unwrap();
                assert!(body.contains(STATEMENT), "{body}");
                assert_eq!(request["file_bytes"], STATEMENT.len());
            }
            None => assert!(real.body.is_empty(), "{tool}"),
        }
    }
}

#[test]
fn the_preview_of_a_document_has_the_totals_that_the_api_computes() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let lines = json!([
        { "description": "Consulting", "quantity": 3, "price": 180 },
        { "description": "Book", "quantity": 3, "price": 19.95, "tax_rate": 2.6, "discount_percent": 10 },
    ]);
    for tool in ["create_invoice", "create_offer"] {
        for round in [true, false] {
            let mut arguments = json!({
                "client_name": "Muster AG", "currency": "CHF", "tax_rate": 8.1, "lines": lines, "round_to_five_rappen": round
            });
            let made = session.call(tool, arguments.clone()).done().structured;
            arguments["dry_run"] = json!(true);
            let shown = session.call(tool, arguments).done().structured;
            let number = |value: &Value| value.to_string().parse::<rust_decimal::Decimal>().unwrap();
            for field in ["subtotal", "tax_total", "total"] {
                assert_eq!(
                    number(&shown["totals"][field]),
                    number(&made["record"][field]),
                    "{tool} {field} {round}"
                );
            }
        }
    }
    assert_eq!(sandbox.all("/v1/offers").len(), 4 + 2, "the dry runs made offers");
}
