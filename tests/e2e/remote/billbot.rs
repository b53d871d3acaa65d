//! Billbot as its page prints it: ten tools, a key that begins with `bb_` as bearer, drafts with the next number, sent
//! invoices that no longer change.

use std::sync::{Arc, Mutex};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::server::{Remote, Reply, Service, Speaks, result, text_result};
use super::wire::{HttpAnswer, Received};

/// A key of the form that the page shows.
pub const KEY: &str = "bb_sk_planted9f3Kq7Xv2Lw8Zr4Tn6";

/// The day on which the page's invoice is written: due in 30 days on April 8.
const TODAY: &str = "2026-03-09";

/// What has happened so far.
#[derive(Default)]
pub struct Books {
    pub clients: Vec<Value>,
    pub invoices: Vec<Value>,
    /// E-mails that went out: address and number.
    pub mails: Vec<(String, String)>,
}

/// Behind the transport.
pub struct Billbot {
    pub books: Mutex<Books>,
    pub key: Mutex<String>,
}

/// Starts it with the page's client in its books, and the next number `INV-2026-0015`.
pub fn start(speaks: Speaks) -> (Remote, Arc<Billbot>) {
    let client = json!({
        "id": "cl_abc123",
        "name": "GreenLeaf Organic",
        "email": "billing@greenleaforganic.com",
        "address": "12 Orchard Road, Portland",
        "currency": "USD",
    });
    let books = Books { clients: vec![client], ..Books::default() };
    let billbot = Arc::new(Billbot { books: Mutex::new(books), key: Mutex::new(KEY.to_owned()) });
    (Remote::start(speaks, Arc::clone(&billbot)), billbot)
}

/// The path of the page's address.
pub const PATH: &str = "/api/mcp";

impl Service for Billbot {
    fn info(&self) -> Value {
        json!({ "name": "billbot", "version": "1.4.0" })
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        let wanted = format!("Bearer {}", self.key.lock().unwrap());
        if request.header("authorization") == Some(wanted.as_str()) {
            return Ok(());
        }
        Err(HttpAnswer::json(401, &json!({ "error": "Invalid API key" })))
    }

    fn tools(&self, _: &Received) -> Vec<Value> {
        tools()
    }

    fn call(&self, tool: &str, arguments: &Value, _: &mut Exchange) -> Reply {
        let mut books = self.books.lock().unwrap();
        match books.call(tool, arguments) {
            Ok(value) => result(&value),
            Err(why) => text_result(&why, true),
        }
    }
}

impl Books {
    fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value, String> {
        match tool {
            "list_clients" => Ok(json!({ "clients": self.clients })),
            "create_client" => {
                let mut client = arguments.clone();
                client["id"] = json!(format!("cl_new{}", self.clients.len()));
                self.clients.push(client.clone());
                Ok(client)
            }
            "get_client" => find(&self.clients, &arguments["client_id"], "Client"),
            "create_invoice" => self.create(arguments),
            "list_invoices" => {
                let wanted = |invoice: &&Value| {
                    ["status", "client_id"]
                        .iter()
                        .all(|field| arguments.get(field).is_none_or(|value| invoice[*field] == *value))
                };
                Ok(json!({ "invoices": self.invoices.iter().filter(wanted).collect::<Vec<_>>() }))
            }
            "get_invoice" => find(&self.invoices, &arguments["invoice_id"], "Invoice"),
            "send_invoice" => self.send(&arguments["invoice_id"]),
            "update_invoice" => self.update(arguments),
            "get_invoice_status" => {
                let invoice = find(&self.invoices, &arguments["invoice_id"], "Invoice")?;
                Ok(json!({ "invoice_id": invoice["id"], "status": invoice["status"], "paid": "0.00" }))
            }
            _ => Ok(json!({ "invoices": [] })),
        }
    }

    fn create(&mut self, arguments: &Value) -> Result<Value, String> {
        let client = find(&self.clients, &arguments["client_id"], "Client")?;
        let mut invoice = arguments.clone();
        let number = format!("INV-2026-{:04}", self.invoices.len() + 15);
        let days = arguments["due_days"].as_i64().unwrap_or(30);
        let today: jiff::civil::Date = TODAY.parse().unwrap();
        invoice["id"] = json!(format!("inv_{}", self.invoices.len() + 15));
        invoice["number"] = json!(number);
        invoice["status"] = json!("draft");
        invoice["client"] = client["name"].clone();
        invoice["currency"] = client["currency"].clone();
        invoice["issue_date"] = json!(TODAY);
        invoice["due_date"] = json!(today.saturating_add(jiff::Span::new().days(days)).to_string());
        invoice["total"] = money(total(arguments)?);
        self.invoices.push(invoice.clone());
        Ok(invoice)
    }

    fn send(&mut self, id: &Value) -> Result<Value, String> {
        let client = find(&self.invoices, id, "Invoice")?["client_id"].clone();
        let mail = find(&self.clients, &client, "Client")?["email"].as_str().unwrap_or_default().to_owned();
        let invoice = self.invoice(id)?;
        if invoice["status"] != "draft" {
            return Err("Invoice was already sent".to_owned());
        }
        invoice["status"] = json!("sent");
        let number = invoice["number"].as_str().unwrap_or_default().to_owned();
        self.mails.push((mail.clone(), number.clone()));
        Ok(json!({ "sent": true, "number": number, "to": mail }))
    }

    fn update(&mut self, arguments: &Value) -> Result<Value, String> {
        let invoice = self.invoice(&arguments["invoice_id"])?;
        if invoice["status"] != "draft" {
            return Err("Sent invoices are immutable. Void it and create a corrected invoice.".to_owned());
        }
        for (name, value) in arguments.as_object().into_iter().flatten() {
            if name != "invoice_id" {
                invoice[name] = value.clone();
            }
        }
        let total = total(invoice)?;
        invoice["total"] = money(total);
        Ok(invoice.clone())
    }

    fn invoice(&mut self, id: &Value) -> Result<&mut Value, String> {
        let found = self.invoices.iter_mut().find(|invoice| invoice["id"] == *id);
        found.ok_or_else(|| format!("Invoice {id} not found"))
    }
}

fn find(rows: &[Value], id: &Value, what: &str) -> Result<Value, String> {
    rows.iter().find(|row| row["id"] == *id).cloned().ok_or_else(|| format!("{what} {id} not found"))
}

/// The sum of the lines, from the numbers' own text.
fn total(invoice: &Value) -> Result<Decimal, String> {
    let lines = invoice["line_items"].as_array().filter(|lines| !lines.is_empty());
    let mut sum = Decimal::ZERO;
    for line in lines.ok_or("line_items must have at least one item")? {
        let number = |name: &str| {
            line[name].to_string().parse::<Decimal>().map_err(|_| format!("{name}: not a number"))
        };
        sum += number("quantity")? * number("unit_price")?;
    }
    Ok(sum)
}

/// An amount with two decimals, as a JSON number.
pub fn money(amount: Decimal) -> Value {
    serde_json::from_str(&format!("{amount:.2}")).unwrap()
}

#[expect(clippy::too_many_lines, reason = "one row for each tool of the page")]
fn tools() -> Vec<Value> {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let lines = json!({
        "type": "array",
        "description": "Line items",
        "items": {
            "type": "object",
            "properties": {
                "description": { "type": "string" },
                "quantity": { "type": "number" },
                "unit_price": { "type": "number" },
            },
            "required": ["description", "quantity", "unit_price"],
        },
    });
    let invoice = json!({ "invoice_id": text("Invoice id") });
    let tool = |name: &str, about: &str, properties: Value, required: &[&str]| {
        json!({
            "name": name,
            "description": about,
            "inputSchema": { "type": "object", "properties": properties, "required": required },
        })
    };
    vec![
        tool(
            "list_clients",
            "Returns your client directory with names, emails, and billing details",
            json!({}),
            &[],
        ),
        tool(
            "create_client",
            "Adds a new client with name, email, address, default currency, and tax settings",
            json!({
                "name": text("Name"), "email": text("E-mail"), "address": text("Address"),
                "currency": text("Default currency"), "tax_rate": { "type": "number" },
            }),
            &["name", "email"],
        ),
        tool(
            "get_client",
            "Retrieves a specific client's full details",
            json!({ "client_id": text("Client id") }),
            &["client_id"],
        ),
        tool(
            "create_invoice",
            "Creates a new invoice with client reference, line items, dates, and payment terms. Automatically assigns the next sequential invoice number.",
            json!({ "client_id": text("Client id"), "line_items": lines, "due_days": { "type": "integer" } }),
            &["client_id", "line_items"],
        ),
        tool(
            "list_invoices",
            "Lists invoices with filtering by status (draft, sent, paid, overdue), client, and date range",
            json!({
                "status": { "type": "string", "enum": ["draft", "sent", "paid", "overdue"] },
                "client_id": text("Client id"), "from": text("From date"), "to": text("To date"),
            }),
            &[],
        ),
        tool(
            "get_invoice",
            "Retrieves a specific invoice with all details",
            invoice.clone(),
            &["invoice_id"],
        ),
        tool(
            "send_invoice",
            "Sends an invoice via email as a professional PDF to the client's billing address",
            invoice.clone(),
            &["invoice_id"],
        ),
        tool(
            "update_invoice",
            "Modifies a draft invoice (sent invoices are immutable for compliance)",
            json!({ "invoice_id": text("Invoice id"), "line_items": lines, "due_days": { "type": "integer" } }),
            &["invoice_id"],
        ),
        tool("get_invoice_status", "Checks payment status of an invoice", invoice, &["invoice_id"]),
        tool("list_overdue_invoices", "Returns all invoices past their due date", json!({}), &[]),
    ]
}
