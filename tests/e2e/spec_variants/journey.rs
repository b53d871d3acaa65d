//! The prompts of domain.md, section 8, as tool calls, and what else a day of billing needs: each gives the facts of its
//! answers, so that a run against a variant can be held against a run against the sandbox itself.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{Era, Lumabill, McpSession, SandboxProcess, ToolResult};
use crate::variants::Front;

/// Where the prompts are asked.
pub struct Desk<'a> {
    pub session: McpSession,
    pub sandbox: &'a SandboxProcess,
    /// The variant's server; without one the session talks to the sandbox itself.
    pub front: Option<&'a Front>,
    /// The same run with a key that may only read.
    pub read_only: Lumabill,
}

/// One prompt: gives the facts of its answers, fails by panicking.
pub type Prompt = fn(&mut Desk) -> Value;

/// All prompts in order.
pub const PROMPTS: &[(&str, Prompt)] = &[
    ("invoice Muster AG", invoice_muster),
    ("unpaid invoices", unpaid),
    ("revenue last month", revenue),
    ("profit and loss", profit_and_loss),
    ("look up Meier GmbH", look_up),
    ("expense of 49.90", expense),
    ("recurring invoices", recurring),
    ("invoice GreenLeaf, send it", green_leaf),
    ("same create twice", twice),
    ("read-only key", read_only),
    ("update", update),
    ("delete with a yes", delete),
    ("other reports", reports),
    ("reconcile", reconcile),
    ("offers, vendors, catalog", other_lists),
    // Last: what was not found again would keep other creates from being sent.
    ("lost answer", lost_answer),
];

pub fn exact(value: &Value) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Decimal::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn is(value: &Value, wanted: &str) {
    assert_eq!(exact(value), Decimal::from_str(wanted).unwrap());
}

impl Desk<'_> {
    #[track_caller]
    fn call(&mut self, tool: &str, arguments: Value) -> ToolResult {
        self.session.call(tool, arguments).done()
    }

    /// Calls a tool that asks first; the answer is yes.
    #[track_caller]
    fn confirmed(&mut self, tool: &str, arguments: Value) -> ToolResult {
        self.session.call_and_answer(tool, arguments, "accept").1.done()
    }

    #[track_caller]
    fn client(&mut self, name: &str) -> Value {
        let found = self.call("list_clients", json!({ "search": name }));
        let rows = found.structured["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(rows.len(), 1, "clients found for {name}: {}", found.text);
        rows[0]["id"].clone()
    }

    fn count(&self, path: &str) -> usize {
        self.sandbox.all(path).len()
    }
}

fn hours(words: &str) -> Value {
    json!([{ "description": words, "quantity": 3, "unit": "h", "price": 180 }])
}

fn invoice_muster(desk: &mut Desk) -> Value {
    let client = desk.client("Muster AG");
    let created = desk.call("create_invoice", json!({ "client_id": client, "lines": hours("Consulting") }));
    let record = created.structured["record"].clone();
    assert_eq!(record["number"], "IV-010", "{}", created.text);
    assert_eq!(record["status"], "draft");
    assert_eq!(record["due_date"], "2026-12-21", "30 days");
    assert!(["583.74", "583.75"].contains(&record["total"].to_string().as_str()), "{record}");
    let stored = desk.sandbox.get(&format!("/v1/invoices/{}", record["id"].as_str().unwrap()));
    assert_eq!((&stored["number"], &stored["client_id"]), (&json!("IV-010"), &client));
    created.structured
}

fn unpaid(desk: &mut Desk) -> Value {
    let listed = desk.call("list_invoices", json!({ "status": "unpaid" })).structured;
    let mut rows = Vec::new();
    let mut arguments = json!({ "status": "unpaid", "limit": 2 });
    // More pages than there are invoices would be a walk without end.
    for _ in 0..60 {
        let page = desk.call("list_invoices", arguments).structured;
        rows.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(cursor) = page.get("next_cursor") else { break };
        arguments = json!({ "cursor": cursor });
    }
    assert!(rows.iter().all(|row| row["status"] != "draft" && row["status"] != "paid"), "{rows:?}");
    let mut ids: Vec<String> = rows.iter().map(|row| row["id"].to_string()).collect();
    ids.sort();
    json!({ "listed": listed, "paged": ids })
}

fn revenue(desk: &mut Desk) -> Value {
    let period = json!({ "period": "2026-10", "limit": 100 });
    let month = desk.call("list_revenue", period).structured;
    let last = desk.call("list_revenue", json!({ "period": "last_month", "limit": 100 })).structured;
    json!({ "month": month, "last": last["sums"] })
}

fn profit_and_loss(desk: &mut Desk) -> Value {
    let short = desk.call("get_profit_and_loss", json!({ "period": "2026-Q1" })).structured;
    assert_eq!(
        (&short["report"]["from"], &short["report"]["to"]),
        (&json!("2026-01-01"), &json!("2026-03-31"))
    );
    let full = desk.call("get_profit_and_loss", json!({ "period": "2026-Q1", "detail": "full" })).structured;
    json!({ "short": short, "full": full })
}

fn look_up(desk: &mut Desk) -> Value {
    let several = desk.call("list_clients", json!({ "search": "Meier" })).structured;
    assert!(several["items"].as_array().unwrap().len() > 1, "{several}");
    let id = desk.client("Meier GmbH");
    let client = desk.call("get_client", json!({ "id": id })).structured;
    assert_eq!(client["record"]["name"], "Meier GmbH");
    json!({ "several": several, "client": client })
}

fn expense(desk: &mut Desk) -> Value {
    let text = r#"{"amount":49.90,"currency":"CHF","category":"office_supplies","description":"office supplies","date":"2026-11-20"}"#;
    let created = desk.call("create_expense", serde_json::from_str(text).unwrap()).structured;
    is(&created["record"]["amount"], "49.90");
    is(&created["record"]["net_amount"], "46.16");
    is(&created["record"]["tax_amount"], "3.74");
    created
}

fn recurring(desk: &mut Desk) -> Value {
    let listed = desk.call("list_recurring_invoices", json!({})).structured;
    for row in listed["items"].as_array().unwrap().iter().filter(|row| row["status"] == "active") {
        assert!(row["next_run"].is_string(), "{row}");
    }
    listed
}

fn green_leaf(desk: &mut Desk) -> Value {
    let lines = json!([
        { "description": "Development", "quantity": 60, "unit": "h", "price": 125 },
        { "description": "Photography", "quantity": 1, "price": 500 },
    ]);
    let created =
        desk.call("create_invoice", json!({ "client_name": "GreenLeaf Studio", "lines": lines })).structured;
    is(&created["record"]["subtotal"], "8000");
    let stored = format!("/v1/invoices/{}", created["record"]["id"].as_str().unwrap());
    let tools = desk.session.ask("tools/list", json!({}));
    let tools = tools["tools"].as_array().unwrap();
    let send = tools.iter().find(|tool| tool["name"].as_str().unwrap().starts_with("send_"));
    let offers_it = desk.front.is_some_and(Front::sends);
    assert_eq!(send.is_some(), offers_it, "a tool that sends, offered only where the description has one");
    if let Some(send) = send {
        let name = send["name"].as_str().unwrap().to_owned();
        let required = send["inputSchema"]["required"][0].as_str().unwrap_or("id").to_owned();
        let arguments = json!({ required: created["record"]["id"] });
        let (_, declined) = desk.session.call_and_answer(&name, arguments.clone(), "decline");
        declined.refused();
        assert_eq!(desk.sandbox.get(&stored)["status"], "draft", "sent without a yes");
        desk.confirmed(&name, arguments);
        assert_eq!(desk.sandbox.get(&stored)["status"], "sent");
    } else {
        assert_eq!(desk.sandbox.get(&stored)["status"], "draft");
    }
    created
}

fn twice(desk: &mut Desk) -> Value {
    let before = desk.count("/v1/invoices");
    let arguments = json!({ "client_name": "Muster AG", "lines": hours("Review") });
    let first = desk.call("create_invoice", arguments.clone()).structured;
    let second = desk.call("create_invoice", arguments).structured;
    assert_eq!((&first["created"], &second["created"]), (&json!(true), &json!(false)), "{second}");
    assert_eq!(first["record"]["id"], second["record"]["id"]);
    assert_eq!(desk.count("/v1/invoices"), before + 1);
    json!({ "first": first, "created again": second["created"] })
}

fn lost_answer(desk: &mut Desk) -> Value {
    let before = desk.count("/v1/invoices");
    if let Some(front) = desk.front {
        front.lose_next_create();
    }
    let arguments = json!({ "client_name": "Muster AG", "lines": hours("Workshop") });
    let created = desk.call("create_invoice", arguments).structured;
    assert_eq!(created["created"], true, "{created}");
    assert_eq!(created["recovered"] == true, desk.front.is_some(), "{created}");
    assert_eq!(desk.count("/v1/invoices"), before + 1);
    created["record"].clone()
}

fn read_only(desk: &mut Desk) -> Value {
    let before = desk.count("/v1/invoices");
    let mut session = McpSession::start(&desk.read_only, Era::Modern);
    let found = session.call("list_clients", json!({ "search": "Muster AG" })).done().structured;
    let arguments = json!({ "client_id": found["items"][0]["id"], "lines": hours("x") });
    let refused = session.call("create_invoice", arguments).refused();
    assert!(refused.text.contains("read-only") || refused.text.contains("read only"), "{}", refused.text);
    let tools = session.ask("tools/list", json!({}));
    for tool in tools["tools"].as_array().unwrap() {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{}", tool["name"]);
    }
    assert_eq!(desk.count("/v1/invoices"), before);
    found
}

fn update(desk: &mut Desk) -> Value {
    let client = desk.client("Muster AG");
    let changed = desk.call("update_client", json!({ "id": client, "notes": "prefers paper" })).structured;
    let stored = desk.sandbox.get(&format!("/v1/clients/{}", client.as_str().unwrap()));
    assert_eq!((&stored["notes"], &stored["name"]), (&json!("prefers paper"), &json!("Muster AG")));
    let lines = hours("Update");
    let draft = desk.call("create_invoice", json!({ "client_id": client, "lines": lines })).structured;
    let id = draft["record"]["id"].clone();
    let draft = desk
        .call("update_invoice", json!({ "id": id, "notes": "thank you", "due_date": "2027-01-15" }))
        .structured;
    let stored = desk.sandbox.get(&format!("/v1/invoices/{}", id.as_str().unwrap()));
    assert_eq!((&stored["notes"], &stored["due_date"]), (&json!("thank you"), &json!("2027-01-15")));
    is(&stored["lines"][0]["price"], "180");
    json!({ "client": changed["record"], "invoice": draft["record"] })
}

fn delete(desk: &mut Desk) -> Value {
    let draft = desk
        .call("create_invoice", json!({ "client_name": "Muster AG", "lines": hours("Delete") }))
        .structured;
    let id = draft["record"]["id"].clone();
    let before = desk.count("/v1/invoices");
    let (question, declined) = desk.session.call_and_answer("delete_invoice", json!({ "id": id }), "decline");
    declined.refused();
    let number = draft["record"]["number"].as_str().unwrap();
    assert!(question["message"].as_str().unwrap_or_default().contains(number), "{question}");
    assert_eq!(desk.count("/v1/invoices"), before);
    desk.confirmed("delete_invoice", json!({ "id": id }));
    assert_eq!(desk.count("/v1/invoices"), before - 1);
    draft
}

fn reports(desk: &mut Desk) -> Value {
    let sheet = desk.call("get_balance_sheet", json!({ "as_of": "2026-06-30", "detail": "full" })).structured;
    let vat = desk.call("get_vat_report", json!({ "period": "2026-Q2", "detail": "full" })).structured;
    let accounts = desk.call("list_accounts", json!({ "as_of": "2026-06-30", "type": "asset" })).structured;
    json!({ "balance": sheet, "vat": vat, "accounts": accounts })
}

fn reconcile(desk: &mut Desk) -> Value {
    let listed =
        desk.call("list_bank_transactions", json!({ "status": "suggested", "detail": "full" })).structured;
    let rows = listed["items"].as_array().unwrap();
    let row = rows.iter().find(|row| row["suggestions"][0]["kind"] == "invoice");
    let row = row.unwrap_or_else(|| panic!("no suggested invoice in {listed}")).clone();
    let allocations = json!([{ "invoice_id": row["suggestions"][0]["id"], "amount": row["amount"] }]);
    let done =
        desk.confirmed("reconcile_transaction", json!({ "id": row["id"], "allocations": allocations }));
    let stored = desk.sandbox.get(&format!("/v1/bank-transactions/{}", row["id"].as_str().unwrap()));
    assert_eq!(stored["status"], "matched");
    json!({ "row": row, "done": done.structured })
}

fn other_lists(desk: &mut Desk) -> Value {
    let mut facts = json!({});
    for tool in [
        "list_offers",
        "list_vendors",
        "list_catalog_items",
        "list_expenses",
        "list_bank_accounts",
        "list_fiscal_years",
    ] {
        facts[tool] = desk.call(tool, json!({ "limit": 50 })).structured;
    }
    let entries = json!({ "from": "2026-03-01", "to": "2026-03-31" });
    facts["entries"] = desk.call("list_journal_entries", entries).structured;
    facts
}
