//! Lumabill's hosted server as its page prints it: streamable HTTP at `/mcp?key=…`, all endpoints of the API as tools,
//! only the reading ones for read-only keys, 60 reads and 20 writes a minute for each key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::exchange::Exchange;
use super::server::{Remote, Reply, Service, Speaks, result, text_result};
use super::wire::{HttpAnswer, Received};

pub const KEY: &str = "lmb_planted_hosted_Wq7Zk2Xv9Lr4Tn8";
pub const READ_ONLY_KEY: &str = "lmb_planted_reader_Hd3Jf5LsYc6Rb2";

/// The path of the page's address.
pub const PATH: &str = "/mcp";

const MINUTE: Duration = Duration::from_secs(60);

/// What the page says that can be done, area by area, called as the endpoints of the API are.
const TOOLS: [(&str, &str); 31] = [
    ("list_invoices", "List invoices"),
    ("get_invoice", "Get an invoice"),
    ("create_invoice", "Create an invoice"),
    ("update_invoice", "Update an invoice"),
    ("delete_invoice", "Delete an invoice"),
    ("list_offers", "List offers"),
    ("create_offer", "Create an offer"),
    ("list_recurring_invoices", "List recurring invoices"),
    ("create_recurring_invoice", "Create a recurring invoice"),
    ("list_clients", "Search and look up clients"),
    ("get_client", "Get a client"),
    ("create_client", "Create a client record"),
    ("update_client", "Update a client record"),
    ("list_vendors", "List vendor contacts"),
    ("create_vendor", "Create a vendor contact"),
    ("list_expenses", "List expenses"),
    ("create_expense", "Record and categorize an expense"),
    ("list_revenue", "Query revenue data"),
    ("create_journal_entry", "Create a journal entry"),
    ("list_accounts", "View the chart of accounts"),
    ("list_fiscal_years", "List fiscal years"),
    ("close_fiscal_year", "Close a fiscal year"),
    ("list_bank_transactions", "List bank transactions"),
    ("import_camt", "Import bank transactions (CAMT)"),
    ("reconcile_transaction", "Reconcile a transaction"),
    ("get_profit_and_loss", "Generate a profit & loss statement"),
    ("get_balance_sheet", "Generate a balance sheet"),
    ("get_vat_report", "Create a VAT report"),
    ("list_profiles", "View profiles and company info"),
    ("get_profile", "View company info"),
    ("list_catalog_items", "Browse the product catalog"),
];

/// Behind the transport.
#[derive(Default)]
pub struct Hosted {
    /// Whatever was created.
    pub created: Mutex<Vec<Value>>,
    /// Of each key: when it read, and when it wrote.
    counted: Mutex<HashMap<String, Counted>>,
    /// Every error repeats the key, as a careless server does.
    pub chatty: Mutex<bool>,
}

pub fn start(speaks: Speaks) -> (Remote, Arc<Hosted>) {
    let hosted = Arc::new(Hosted::default());
    (Remote::start(speaks, Arc::clone(&hosted)), hosted)
}

pub fn reads(tool: &str) -> bool {
    tool.starts_with("list_") || tool.starts_with("get_")
}

/// When a key read and when it wrote.
#[derive(Default)]
struct Counted {
    read: Vec<Instant>,
    written: Vec<Instant>,
}

impl Hosted {
    /// Whether the call is within the key's limit: 60 reads and 20 writes a minute.
    fn within_limit(&self, key: &str, tool: &str) -> bool {
        let mut counted = self.counted.lock().unwrap();
        let counted = counted.entry(key.to_owned()).or_default();
        let (seen, limit) = if reads(tool) { (&mut counted.read, 60) } else { (&mut counted.written, 20) };
        seen.retain(|at| at.elapsed() < MINUTE);
        seen.push(Instant::now());
        seen.len() <= limit
    }
}

impl Service for Hosted {
    fn info(&self) -> Value {
        json!({ "name": "lumabill", "version": "3.2.0" })
    }

    fn instructions(&self) -> Option<String> {
        Some("Tools for the books of a Lumabill account.".to_owned())
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        let key = request.query("key").unwrap_or_default();
        let said = if *self.chatty.lock().unwrap() { format!(": {}", request.target) } else { String::new() };
        if ![KEY, READ_ONLY_KEY].contains(&key.as_str()) {
            return Err(HttpAnswer::json(401, &json!({ "error": format!("Invalid API key{said}") })));
        }
        if !request.tool().is_empty() && !self.within_limit(&key, request.tool()) {
            let answer = HttpAnswer::json(429, &json!({ "error": format!("Too Many Requests{said}") }));
            return Err(answer.header("retry-after", "60"));
        }
        Ok(())
    }

    fn tools(&self, request: &Received) -> Vec<Value> {
        let may_write = request.query("key").as_deref() != Some(READ_ONLY_KEY);
        let offered = TOOLS.iter().filter(|(name, _)| may_write || reads(name));
        offered
            .map(|(name, about)| {
                let mut tool = json!({ "name": name, "description": about, "inputSchema": schema(name) });
                if reads(name) {
                    tool["annotations"] = json!({ "readOnlyHint": true });
                }
                tool
            })
            .collect()
    }

    fn call(&self, tool: &str, arguments: &Value, exchange: &mut Exchange) -> Reply {
        let key = exchange.request.query("key").unwrap_or_default();
        if key == READ_ONLY_KEY && !reads(tool) {
            return text_result("Read-only key: this API key is set to read-only mode", true);
        }
        let mut created = self.created.lock().unwrap();
        match tool {
            _ if tool.starts_with("create_") => {
                let mut record = arguments.clone();
                record["id"] = json!(format!("6f1d8e0a-2a57-4a0e-9d55-{:012}", created.len() + 1));
                if tool == "create_invoice" {
                    record["number"] = json!(format!("IV-{:03}", created.len() + 10));
                    record["status"] = json!("draft");
                }
                created.push(record.clone());
                result(&record)
            }
            "list_invoices" => result(&json!({ "data": *created, "total": created.len() })),
            // Says back where it was asked, as servers do in their errors.
            "get_invoice" if *self.chatty.lock().unwrap() => {
                text_result(&format!("not found: {} with {key}", exchange.request.target), true)
            }
            "get_client" if *self.chatty.lock().unwrap() => {
                Reply::Error(-32603, format!("no route {}", exchange.request.target), json!({ "key": key }))
            }
            _ => result(&json!({ "tool": tool, "data": [] })),
        }
    }
}

fn schema(tool: &str) -> Value {
    if tool == "create_invoice" {
        return json!({
            "type": "object",
            "properties": {
                "client_id": { "type": "string" },
                "lines": { "type": "array", "items": { "type": "object" } },
            },
            "required": ["client_id", "lines"],
        });
    }
    if tool.starts_with("list_") {
        return json!({ "type": "object", "properties": { "search": { "type": "string" } } });
    }
    json!({ "type": "object", "properties": { "id": { "type": "string" } } })
}
