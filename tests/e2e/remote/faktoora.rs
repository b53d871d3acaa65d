//! faktoora as its page prints it: stateless, `X-API-KEY`, answers as events, 60 tools, documents made behind the call
//! and sent at once, refusals as `{"code","statusCode","message"}`.

mod invoices;
pub mod tools;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::server::{Remote, Reply, Service, Speaks, result, text_result};
use super::wire::{HttpAnswer, Received};

/// No prefix is printed on the page.
pub const KEY: &str = "planted-token-7Hq3Zx9Lw2Tn8Vr4";

/// The path of the page's address.
pub const PATH: &str = "/api/v1/mcp";

const LARGEST: usize = 20 * 1024 * 1024;

/// A refusal: status, code, message.
pub type Refused = (u16, &'static str, String);

pub fn bad(message: impl Into<String>) -> Refused {
    (400, "BAD_REQUEST", message.into())
}

/// An invoice that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub id: String,
    /// Which of the three tools.
    pub tool: String,
    /// As it was given.
    pub arguments: Value,
    /// Who it went to: direct creation sends at once.
    pub sent_to: String,
    /// `x-account-id`, where one was given.
    pub account: Option<String>,
    /// How often it was asked about.
    pub polls: usize,
}

/// What an account has, and what has happened so far.
pub struct Books {
    pub invoices: Vec<Made>,
    pub imports: HashMap<String, Value>,
    pub records: HashMap<&'static str, Vec<Value>>,
    /// How often `get_invoice_status` says that it is not done.
    pub slow: usize,
    /// What `jobStatus` is at the end.
    pub end: &'static str,
    /// How many bytes a PDF has.
    pub pdf_size: usize,
    pub bundles: bool,
    pub deletes: bool,
}

/// Behind the transport.
pub struct Faktoora {
    pub books: Mutex<Books>,
}

/// Starts it with an account that has neither `PRODUCT_BUNDLE` nor `invoiceDeleteMode`.
pub fn start() -> (Remote, Arc<Faktoora>) {
    let books = Books {
        invoices: Vec::new(),
        imports: HashMap::new(),
        records: HashMap::new(),
        slow: 2,
        end: "done",
        pdf_size: 2048,
        bundles: false,
        deletes: false,
    };
    let faktoora = Arc::new(Faktoora { books: Mutex::new(books) });
    (Remote::start(Speaks::stateless(PATH, "2024-11-05"), Arc::clone(&faktoora)), faktoora)
}

impl Service for Faktoora {
    fn info(&self) -> Value {
        json!({ "name": "faktoora", "version": "1.0.0" })
    }

    fn capabilities(&self) -> Value {
        json!({ "tools": {} })
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        if request.header("x-api-key") == Some(KEY) {
            return Ok(());
        }
        let body = json!({ "code": "UNAUTHORIZED", "statusCode": 401, "message": "Invalid API key" });
        Err(HttpAnswer::json(401, &body))
    }

    fn tools(&self, _: &Received) -> Vec<Value> {
        tools::all()
    }

    fn call(&self, tool: &str, arguments: &Value, exchange: &mut Exchange) -> Reply {
        if let Some(missing) = tools::missing(tool, arguments) {
            let message = format!("Invalid arguments for tool {tool}: {missing}");
            return Reply::Error(-32602, message, Value::Null);
        }
        let account = exchange.request.header("x-account-id").map(str::to_owned);
        let answer = self.books.lock().unwrap().call(tool, arguments, account);
        match answer {
            Ok(value) => result(&value),
            Err((status, code, message)) => {
                let body = json!({ "code": code, "statusCode": status, "message": message });
                text_result(&body.to_string(), true)
            }
        }
    }
}

impl Books {
    fn call(&mut self, tool: &str, arguments: &Value, account: Option<String>) -> Result<Value, Refused> {
        if tool.contains("product_bundle") && !self.bundles {
            let message = "The PRODUCT_BUNDLE feature is not enabled for this account";
            return Err((403, "FORBIDDEN", message.to_owned()));
        }
        match tool {
            "create_invoice_simple" | "create_invoice_zugferd2" | "create_invoice_xrechnung" => {
                self.create(tool, arguments, account)
            }
            "list_invoices" => Ok(self.listed(arguments)),
            "get_invoice_status" => self.status(arguments),
            "download_invoice" => self.download(arguments),
            "delete_invoice" if !self.deletes => {
                Err(bad("invoiceDeleteMode is not enabled for this account"))
            }
            "delete_invoice" => {
                let made = self.made(arguments)?.id.clone();
                self.invoices.retain(|one| one.id != made);
                Ok(json!({ "deleted": true }))
            }
            "import_incoming_invoice" | "import_outgoing_invoice" => self.import(tool, arguments),
            "import_customers" => Ok(json!({ "imported": 3 })),
            "generate_customer_number" => Ok(json!({ "customerNumber": "K-1042" })),
            "verify_customer_number" | "verify_product_code" => {
                Ok(json!({ "valid": true, "available": true }))
            }
            _ if tool.contains("import") => self.imported(tool, arguments),
            _ => self.record(tool, arguments),
        }
    }

    fn made(&mut self, arguments: &Value) -> Result<&mut Made, Refused> {
        let id = arguments["faktooraId"].as_str().unwrap_or_default();
        let found = self.invoices.iter_mut().find(|made| made.id == id);
        found.ok_or_else(|| (404, "NOT_FOUND", format!("Invoice {id} not found")))
    }

    fn listed(&self, arguments: &Value) -> Value {
        let wanted = arguments["invoiceNumber"].as_str();
        let rows = self
            .invoices
            .iter()
            .filter(|made| wanted.is_none_or(|number| made.arguments["invoiceNumber"] == number));
        let rows: Vec<_> = rows
            .map(|made| {
                json!({
                    "faktooraId": made.id,
                    "invoiceNumber": made.arguments["invoiceNumber"],
                    "issueDate": made.arguments["issueDate"],
                    "buyer": made.arguments["buyer"]["name"],
                })
            })
            .collect();
        json!({ "total": rows.len(), "items": rows })
    }

    fn status(&mut self, arguments: &Value) -> Result<Value, Refused> {
        let (slow, end) = (self.slow, self.end);
        let made = self.made(arguments)?;
        made.polls += 1;
        let job = if made.polls > slow { end } else { "processing" };
        let sent = job == "done";
        Ok(json!({
            "faktooraId": made.id,
            "jobStatus": job,
            "authorityRegistration": { "status": "not_required" },
            "delivery": { "sent": sent, "to": made.sent_to },
        }))
    }

    fn download(&mut self, arguments: &Value) -> Result<Value, Refused> {
        let (slow, size) = (self.slow, self.pdf_size);
        let made = self.made(arguments)?;
        if made.polls <= slow {
            return Err(bad("The invoice is still being generated"));
        }
        let number = made.arguments["invoiceNumber"].as_str().unwrap_or_default().to_owned();
        let (kind, end, bytes) = match arguments["format"].as_str() {
            Some("pdf") => ("application/pdf", "pdf", pdf(size)),
            Some("xml") if made.tool == "create_invoice_simple" => {
                return Err(bad("This invoice has no XML"));
            }
            Some("xml") => ("application/xml", "xml", xml(&number).into_bytes()),
            _ => return Err(bad("format must be pdf or xml")),
        };
        Ok(json!({
            "filename": format!("{number}.{end}"),
            "mimeType": kind,
            "size": bytes.len(),
            "base64Content": STANDARD.encode(bytes),
        }))
    }

    fn import(&mut self, tool: &str, arguments: &Value) -> Result<Value, Refused> {
        let bytes = STANDARD.decode(arguments["file"].as_str().unwrap_or_default());
        let bytes = bytes.map_err(|_| bad("file must be base64"))?;
        if bytes.is_empty() {
            return Err(bad("file is empty"));
        }
        if bytes.len() > LARGEST {
            return Err((413, "PAYLOAD_TOO_LARGE", "The maximum file size is 20 MB".to_owned()));
        }
        let kind = arguments["contentType"].as_str().unwrap_or_default();
        let fits = match kind {
            "application/pdf" => bytes.starts_with(b"%PDF"),
            "application/xml" | "text/xml" => bytes.starts_with(b"<"),
            _ => false,
        };
        if !fits {
            return Err(bad("Supported formats: ZUGFeRD PDF, XRechnung XML, Factur-X PDF"));
        }
        let number = self.imports.len() + 1;
        let (name, id) = match tool {
            "import_incoming_invoice" => ("importId", format!("IMP-{number:04}")),
            _ => ("faktooraId", format!("OUT-{number:04}")),
        };
        let kept = json!({ name: id, "filename": arguments["filename"], "size": bytes.len() });
        self.imports.insert(id.clone(), kept.clone());
        Ok(kept)
    }

    fn imported(&self, tool: &str, arguments: &Value) -> Result<Value, Refused> {
        if tool.starts_with("list_") && tool.ends_with("imports") {
            let rows: Vec<_> = self.imports.values().cloned().collect();
            return Ok(json!({ "total": rows.len(), "items": rows }));
        }
        let id = arguments["importId"].as_str().or(arguments["faktooraId"].as_str()).unwrap_or_default();
        let kept =
            self.imports.get(id).ok_or_else(|| (404, "NOT_FOUND", format!("Import {id} not found")))?;
        let part = tool.trim_start_matches("get_outgoing_import_").trim_start_matches("get_import_");
        Ok(json!({ "import": kept, "part": part, "accepted": true }))
    }

    /// Customers, products, bundles and webhooks: kept as they come.
    fn record(&mut self, tool: &str, arguments: &Value) -> Result<Value, Refused> {
        let (verb, what) = tool.split_once('_').unwrap_or_default();
        let what = ["customer", "product_bundle", "product", "webhook"]
            .into_iter()
            .find(|one| what.starts_with(one));
        let rows = self.records.entry(what.unwrap_or_default()).or_default();
        let at = rows.iter().position(|row| row["id"] == arguments["id"]);
        let missing = || (404, "NOT_FOUND", format!("No record {}", arguments["id"]));
        match verb {
            "list" => Ok(json!({ "total": rows.len(), "items": rows })),
            "get" => at.map(|at| rows[at].clone()).ok_or_else(missing),
            "delete" => {
                rows.remove(at.ok_or_else(missing)?);
                Ok(json!({ "deleted": true }))
            }
            "update" => {
                let row = &mut rows[at.ok_or_else(missing)?];
                for (name, value) in arguments.as_object().into_iter().flatten() {
                    row[name] = value.clone();
                }
                Ok(row.clone())
            }
            _ => {
                let mut row = arguments.clone();
                row["id"] = json!(format!("0b7e1a52-93c4-4c39-8a55-{:012}", rows.len() + 1));
                rows.push(row.clone());
                Ok(row)
            }
        }
    }
}

/// Something that begins and ends as a PDF does, of this size.
fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(size.max(32) - 6, b'%');
    bytes.extend_from_slice(b"\n%%EOF");
    bytes
}

fn xml(number: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rsm:CrossIndustryInvoice \
         xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\"><ID>{number}</ID>\
         </rsm:CrossIndustryInvoice>\n"
    )
}
