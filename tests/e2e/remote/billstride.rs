//! Billstride as its page prints it: HTTP+SSE at `/api/mcp/sse`, OAuth 2.1 found below `/api/mcp`, 18 tools, free
//! drafts, 0.30 USD for each finalized invoice, 100 requests a minute.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::billbot::money;
use super::exchange::Exchange;
use super::server::{Remote, Reply, Service, Speaks, result, text_result};
use super::sign_in::SignIn;
use super::wire::{HttpAnswer, Received};

/// The path of the page's address.
pub const PATH: &str = "/api/mcp/sse";

const MINUTE: Duration = Duration::from_secs(60);

/// Names, descriptions and whether they are marked read-only: nine of the page, and nine that its FAQ describes.
pub const TOOLS: [(&str, &str, bool); 18] = [
    ("create_invoice", "Create a new draft invoice with line items, tax rates, and currency", false),
    ("update_invoice", "Update any field on an existing draft invoice", false),
    ("delete_invoice", "Permanently delete a draft invoice", false),
    ("duplicate_invoice", "Create a copy of an existing invoice with a new number", false),
    (
        "create_invoice_from_previous",
        "Create a new invoice pre-filled from a previous one for the same client",
        false,
    ),
    ("get_invoice", "Retrieve full details of a specific invoice by ID", true),
    ("get_invoice_pdf", "Generate and return the PDF for an invoice", true),
    ("list_invoices", "List all invoices with optional filters for status, client, and date range", true),
    ("suggest_invoice_number", "Suggest the next invoice number based on existing patterns", true),
    ("finalize_invoice", "Finalize a draft invoice", false),
    ("send_invoice", "Send an invoice by email", false),
    ("get_delivery_status", "Delivery status, opens, and bounces of an invoice", true),
    ("get_analytics", "Analytics", true),
    ("list_clients", "List clients", true),
    ("create_client", "Create a client", false),
    ("update_client", "Update a client", false),
    ("get_business_settings", "Business settings", true),
    ("update_business_settings", "Update business settings", false),
];

/// What has happened so far.
#[derive(Default)]
pub struct Books {
    pub invoices: Vec<Value>,
    /// What was charged, in USD.
    pub charged: Decimal,
    /// E-mails that went out: address and number.
    pub mails: Vec<(String, String)>,
    pub clients: Vec<Value>,
}

/// Behind the transport.
pub struct Billstride {
    pub books: Mutex<Books>,
    pub sign_in: SignIn,
    /// Requests in a minute.
    pub limit: Mutex<usize>,
    /// What `Retry-After` says, in seconds.
    pub retry_after: Mutex<u64>,
    counted: Mutex<Vec<Instant>>,
    base: Mutex<String>,
}

pub fn start() -> (Remote, Arc<Billstride>) {
    let billstride = Arc::new(Billstride {
        books: Mutex::default(),
        sign_in: SignIn::default(),
        limit: Mutex::new(100),
        retry_after: Mutex::new(1),
        counted: Mutex::default(),
        base: Mutex::default(),
    });
    let server = Remote::start(Speaks::older(PATH), Arc::clone(&billstride));
    *billstride.base.lock().unwrap() = server.base();
    (server, billstride)
}

impl Billstride {
    /// Forgets what was counted against the limit.
    pub fn new_minute(&self) {
        self.counted.lock().unwrap().clear();
    }

    fn issuer(&self) -> String {
        format!("{}/api/mcp", self.base.lock().unwrap())
    }

    fn within_limit(&self) -> bool {
        let mut counted = self.counted.lock().unwrap();
        counted.retain(|at| at.elapsed() < MINUTE);
        counted.push(Instant::now());
        counted.len() <= *self.limit.lock().unwrap()
    }
}

impl Service for Billstride {
    fn info(&self) -> Value {
        json!({ "name": "billstride", "version": "2.1.0" })
    }

    fn capabilities(&self) -> Value {
        json!({ "tools": {} })
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        if !self.sign_in.admits(request) {
            let answer = HttpAnswer::json(401, &json!({ "error": "invalid_token" }));
            return Err(answer.header("www-authenticate", "Bearer realm=\"Billstride\""));
        }
        if request.verb == "POST" && !self.within_limit() {
            let answer = HttpAnswer::new(429, "text/plain", "Too Many Requests");
            return Err(answer.header("retry-after", self.retry_after.lock().unwrap().to_string()));
        }
        Ok(())
    }

    fn elsewhere(&self, request: &Received) -> Option<HttpAnswer> {
        let path = request.path().strip_prefix("/api/mcp")?;
        self.sign_in.answer(path, &self.issuer(), request)
    }

    fn tools(&self, _: &Received) -> Vec<Value> {
        let tool = |(name, about, reads): &(&str, &str, bool)| {
            let mut tool = json!({ "name": name, "description": about, "inputSchema": schema(name) });
            if *reads {
                tool["annotations"] = json!({ "readOnlyHint": true });
            }
            tool
        };
        TOOLS.iter().map(tool).collect()
    }

    fn call(&self, tool: &str, arguments: &Value, _: &mut Exchange) -> Reply {
        let mut books = self.books.lock().unwrap();
        if tool == "get_invoice_pdf" {
            return books.pdf(arguments);
        }
        match books.call(tool, arguments) {
            Ok(value) => result(&value),
            Err(why) => text_result(&why, true),
        }
    }
}

impl Books {
    fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value, String> {
        let id = &arguments["invoice_id"];
        match tool {
            "create_invoice" => self.create(arguments.clone()),
            "duplicate_invoice" | "create_invoice_from_previous" => {
                let copy = self.invoice(id)?.clone();
                self.create(copy)
            }
            "update_invoice" => {
                let invoice = self.draft(id)?;
                for (name, value) in arguments.as_object().into_iter().flatten() {
                    invoice[name] = value.clone();
                }
                Ok(invoice.clone())
            }
            "delete_invoice" => {
                self.draft(id)?;
                self.invoices.retain(|invoice| invoice["id"] != *id);
                Ok(json!({ "deleted": true }))
            }
            "get_invoice" => self.invoice(id).cloned(),
            "list_invoices" => Ok(json!({ "invoices": self.invoices })),
            "suggest_invoice_number" => Ok(json!({ "number": self.next_number() })),
            "finalize_invoice" => {
                let invoice = self.draft(id)?;
                invoice["status"] = json!("finalized");
                let done = invoice.clone();
                self.charged += Decimal::new(30, 2);
                Ok(json!({ "invoice": done, "charged": { "amount": "0.30", "currency": "USD" } }))
            }
            "send_invoice" => self.send(id, arguments),
            "get_delivery_status" => {
                Ok(json!({ "status": self.invoice(id)?["delivery"], "opens": 1, "bounces": 0 }))
            }
            "get_analytics" => Ok(json!({ "invoices": self.invoices.len() })),
            "list_clients" => Ok(json!({ "clients": self.clients })),
            "create_client" => {
                self.clients.push(arguments.clone());
                Ok(arguments.clone())
            }
            _ => Ok(arguments.clone()),
        }
    }

    fn next_number(&self) -> String {
        format!("BS-2026-{:03}", self.invoices.len() + 1)
    }

    fn create(&mut self, mut invoice: Value) -> Result<Value, String> {
        let (mut net, mut tax) = (Decimal::ZERO, Decimal::ZERO);
        for line in invoice["items"].as_array().ok_or("items are required")? {
            let number = |name: &str| line[name].to_string().parse::<Decimal>().unwrap_or_default();
            let amount = number("quantity") * number("unit_price");
            net += amount;
            tax += amount * number("tax_rate") / Decimal::ONE_HUNDRED;
        }
        invoice["id"] = json!(format!("bs_{}", self.invoices.len() + 1));
        invoice["number"] = json!(self.next_number());
        invoice["status"] = json!("draft");
        invoice["net"] = money(net);
        invoice["tax"] = money(tax);
        invoice["total"] = money(net + tax);
        self.invoices.push(invoice.clone());
        Ok(invoice)
    }

    fn send(&mut self, id: &Value, arguments: &Value) -> Result<Value, String> {
        let invoice = self.invoice(id)?;
        if invoice["status"] == "draft" {
            return Err("Finalize the invoice before sending it".to_owned());
        }
        invoice["status"] = json!("sent");
        invoice["delivery"] = json!("delivered");
        let number = invoice["number"].as_str().unwrap_or_default().to_owned();
        let to = arguments["to"].as_str().unwrap_or_default().to_owned();
        self.mails.push((to.clone(), number.clone()));
        Ok(json!({ "sent": true, "number": number, "to": to }))
    }

    /// "Generate and return the PDF"; drafts have a watermark.
    fn pdf(&mut self, arguments: &Value) -> Reply {
        let invoice = match self.invoice(&arguments["invoice_id"]) {
            Ok(invoice) => invoice,
            Err(why) => return text_result(&why, true),
        };
        let mark = if invoice["status"] == "draft" { "DRAFT" } else { "" };
        let bytes = format!("%PDF-1.7\n{mark}\n{}\n%%EOF", invoice["number"]);
        let uri = format!("billstride://invoices/{}.pdf", invoice["id"].as_str().unwrap_or_default());
        Reply::Result(json!({
            "content": [{
                "type": "resource",
                "resource": { "uri": uri, "mimeType": "application/pdf", "blob": STANDARD.encode(bytes) },
            }],
        }))
    }

    fn invoice(&mut self, id: &Value) -> Result<&mut Value, String> {
        let found = self.invoices.iter_mut().find(|invoice| invoice["id"] == *id);
        found.ok_or_else(|| format!("Invoice {id} not found"))
    }

    fn draft(&mut self, id: &Value) -> Result<&mut Value, String> {
        let invoice = self.invoice(id)?;
        if invoice["status"] == "draft" {
            return Ok(invoice);
        }
        Err("Only drafts can be changed".to_owned())
    }
}

fn schema(tool: &str) -> Value {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "number" });
    let items = json!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "description": text(), "quantity": number(), "unit_price": number(), "tax_rate": number(),
            },
            "required": ["description", "quantity", "unit_price"],
        },
    });
    let (properties, required) = match tool {
        "create_invoice" => (
            json!({ "client": text(), "items": items, "currency": text(), "due_date": text() }),
            json!(["client", "items"]),
        ),
        "update_invoice" => (
            json!({ "invoice_id": text(), "items": items, "due_date": text(), "discount": number() }),
            json!(["invoice_id"]),
        ),
        "send_invoice" => {
            (json!({ "invoice_id": text(), "to": text(), "message": text() }), json!(["invoice_id", "to"]))
        }
        "list_invoices" => {
            (json!({ "status": text(), "client": text(), "from": text(), "to": text() }), json!([]))
        }
        "create_client" | "update_client" => (json!({ "name": text(), "email": text() }), json!(["name"])),
        "suggest_invoice_number" | "get_analytics" | "list_clients" | "get_business_settings" => {
            (json!({}), json!([]))
        }
        "update_business_settings" => (json!({ "name": text(), "iban": text() }), json!([])),
        _ => (json!({ "invoice_id": text() }), json!(["invoice_id"])),
    };
    json!({ "type": "object", "properties": properties, "required": required })
}
