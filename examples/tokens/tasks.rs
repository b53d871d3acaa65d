//! Tasks that people give an assistant, done twice on fresh books: with our tools, and with one tool per endpoint
//! that hands on the API's JSON. What is paid: the names and arguments that the model writes, and what it reads.

use std::path::Path;

use serde_json::{Value, json};

use crate::books::Books;
use crate::session::Session;
use crate::tokenizer::{Tokenizer, percent};

/// A task, with our tools and the plain way.
struct Task {
    what: &'static str,
    ours: fn(&mut Ours),
    plain: fn(&mut Plain),
}

const TASKS: &[Task] = &[
    Task {
        what: "Create an invoice for Muster AG for 3 hours of consulting at CHF 180/hour",
        ours: |ours| {
            let lines = json!([{ "description": "Consulting", "quantity": 3, "price": 180 }]);
            ours.call("create_invoice", &json!({ "client_name": "Muster AG", "lines": lines }));
        },
        plain: |plain| {
            let client = plain.find("clients", "Muster AG");
            let lines = json!([{ "description": "Consulting", "quantity": 3, "price": 180 }]);
            plain.create("invoices", &json!({ "client_id": client, "lines": lines }));
        },
    },
    Task {
        what: "Show me all unpaid invoices",
        ours: |ours| ours.call("list_invoices", &json!({ "status": "unpaid" })),
        plain: |plain| plain.unpaid(),
    },
    Task {
        what: "What was my revenue last month?",
        ours: |ours| ours.call("list_revenue", &json!({ "period": "2026-10" })),
        plain: |plain| plain.list("revenue", &[("from", "2026-10-01"), ("to", "2026-10-31")]),
    },
    Task {
        what: "Generate a P&L report for Q1 2026",
        ours: |ours| ours.call("get_profit_and_loss", &json!({ "period": "2026-Q1" })),
        plain: |plain| plain.list("reports/profit-loss", &[("from", "2026-01-01"), ("to", "2026-03-31")]),
    },
    Task {
        what: "Look up the client Meier GmbH",
        ours: |ours| {
            ours.call("list_clients", &json!({ "search": "Meier GmbH" }));
            let id = ours.facts["items"][0]["id"].clone();
            ours.call("get_client", &json!({ "id": id }));
        },
        plain: |plain| {
            let id = plain.find("clients", "Meier GmbH");
            plain.one("clients", &id);
        },
    },
    Task {
        what: "Create an expense for CHF 49.90 for office supplies",
        ours: |ours| ours.call("create_expense", &expense()),
        plain: |plain| plain.create("expenses", &expense()),
    },
    Task {
        what: "List all recurring invoices",
        ours: |ours| ours.call("list_recurring_invoices", &json!({})),
        plain: |plain| plain.list("recurring-invoices", &[]),
    },
    Task {
        what: "Invoice GreenLeaf for 60 h at 125 plus 500",
        ours: |ours| {
            ours.call("create_invoice", &json!({ "client_name": "GreenLeaf Studio", "lines": greenleaf() }));
        },
        plain: |plain| {
            let client = plain.find("clients", "GreenLeaf Studio");
            plain.create("invoices", &json!({ "client_id": client, "lines": greenleaf() }));
        },
    },
    Task {
        what: "Who is overdue, and by how much?",
        ours: |ours| ours.call("list_overdue_invoices", &json!({})),
        plain: |plain| plain.unpaid(),
    },
    Task {
        what: "How did invoicing go: by client and month, what is open, how late do they pay?",
        ours: |ours| ours.call("get_invoice_stats", &json!({})),
        plain: |plain| plain.pages("invoices"),
    },
    Task {
        // It is not accepted, so that a person is asked first.
        what: "Turn offer OF-003 into an invoice",
        ours: |ours| {
            ours.call("convert_offer_to_invoice", &json!({ "number": "OF-003" }));
            let number = ours.confirm_number();
            ours.call("convert_offer_to_invoice", &json!({ "number": "OF-003", "confirm_number": number }));
        },
        plain: |plain| {
            plain.list("offers", &[("search", "OF-003")]);
            let offer = plain.books.first("/v1/offers?limit=100", |offer| offer["number"] == "OF-003");
            plain.one("offers", &offer["id"]);
            plain.create("invoices", &copied(&offer));
        },
    },
    Task {
        what: "The same invoice for Hotel Alpenblick AG as last time",
        ours: |ours| {
            ours.call("create_invoice_from_previous", &json!({ "client_name": "Hotel Alpenblick AG" }));
        },
        plain: |plain| {
            let client = plain.find("clients", "Hotel Alpenblick AG");
            plain.list("invoices", &[("client_id", client.as_str().unwrap_or_default())]);
            let last =
                plain.books.first("/v1/invoices?limit=100", |invoice| invoice["client"]["id"] == client);
            plain.create("invoices", &copied(&last));
        },
    },
    Task {
        what: "Export all invoices as CSV",
        ours: |ours| ours.call("export_invoices", &json!({ "file": "invoices.csv" })),
        // What the model then writes by hand is not counted.
        plain: |plain| plain.pages("invoices"),
    },
    Task {
        what: "Prepare the VAT return of the third quarter",
        ours: |ours| ours.call("get_vat_report", &json!({ "period": "2026-Q3" })),
        plain: |plain| plain.list("reports/vat", &[("from", "2026-07-01"), ("to", "2026-09-30")]),
    },
    Task {
        what: "Reconcile the payments that came in",
        ours: |ours| {
            ours.call("reconcile_sure_matches", &json!({}));
            let number = ours.confirm_number();
            ours.call("reconcile_sure_matches", &json!({ "confirm_number": number }));
        },
        plain: |plain| {
            plain.list("bank-transactions", &[("status", "unmatched")]);
            plain.list("bank-transactions", &[("status", "suggested")]);
            plain.unpaid();
            let paid = plain
                .books
                .first("/v1/bank-transactions?limit=100", |row| row["remittance"] == "Rechnung IV-008");
            let invoice =
                plain.books.first("/v1/invoices?limit=100", |invoice| invoice["number"] == "IV-008");
            let allocations = json!([{ "invoice_id": invoice["id"], "amount": paid["amount"] }]);
            plain.act("bank-transactions", &paid["id"], "reconcile", json!({ "allocations": allocations }));
        },
    },
];

fn expense() -> Value {
    json!({ "date": "2026-11-20", "amount": 49.90, "tax_rate": 8.1, "category": "Office Supplies", "description": "Office supplies" })
}

fn greenleaf() -> Value {
    json!([
        { "description": "Consulting", "quantity": 60, "price": 125 },
        { "description": "Flat fee", "quantity": 1, "price": 500 },
    ])
}

/// The body that a model writes to make an invoice out of another document.
fn copied(document: &Value) -> Value {
    let of = |value: &Value, names: &[&str]| -> Value {
        let fields = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone())));
        Value::Object(fields.filter(|(_, value)| !value.is_null()).collect())
    };
    let lines = document["lines"].as_array().into_iter().flatten();
    let lines: Value = lines
        .map(|line| of(line, &["description", "quantity", "unit", "price", "tax_rate", "discount_percent"]))
        .collect();
    let mut body = of(document, &["client_id", "title", "currency", "tax_rate", "language", "notes"]);
    body["lines"] = lines;
    body
}

/// Measures and prints all tasks.
pub fn print(program: &Path, tokenizer: &Tokenizer) {
    println!(
        "## Tasks\n\nWhat the model writes (names and arguments of calls) and reads (their answers), with our tools and with one\n\
         tool per endpoint that hands on the API's JSON, on the sandbox's 29 invoices.\n\
         Where ours cost more, the answer says more than the record: whose books, and that it took effect.\n\n\
         | task | calls | tokens | plain calls | plain tokens | share |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    );
    let done: Vec<(Ours, Plain)> = TASKS.iter().map(|task| carried_out(task, program)).collect();
    let texts: Vec<&str> = done
        .iter()
        .flat_map(|(ours, plain)| ours.paid.iter().flatten().chain(&plain.texts))
        .map(String::as_str)
        .collect();
    let mut counts = tokenizer.count(&texts).into_iter();
    let mut sums = [0; 4];
    for (task, (ours, plain)) in TASKS.iter().zip(&done) {
        let mut next = || counts.next().expect("a count for each text");
        // A client shows its model either the text or the structured content: the larger one counts.
        let seen: usize = ours.paid.iter().map(|_| next() + next().max(next())).sum();
        let raw: usize = plain.texts.iter().map(|_| next()).sum();
        let (calls, all) = (ours.paid.len(), plain.texts.len() / 2);
        println!("| {} | {calls} | {seen} | {all} | {raw} | {} % |", task.what, percent(seen, raw));
        for (sum, figure) in sums.iter_mut().zip([calls, seen, all, raw]) {
            *sum += figure;
        }
    }
    let [calls, seen, all, raw] = sums;
    println!("| **all** | **{calls}** | **{seen}** | **{all}** | **{raw}** | **{} %** |", percent(seen, raw));
}

fn carried_out(task: &Task, program: &Path) -> (Ours, Plain) {
    let mut ours = Ours::new(program);
    (task.ours)(&mut ours);
    let mut plain = Plain { books: Books::open(program), texts: Vec::new() };
    (task.plain)(&mut plain);
    (ours, plain)
}

/// Our tools, on books of their own.
struct Ours {
    session: Session,
    /// Name and arguments, text, structured content of each call.
    paid: Vec<[String; 3]>,
    facts: Value,
    _books: Books,
}

impl Ours {
    fn new(program: &Path) -> Self {
        let books = Books::open(program);
        let files = books.folder();
        let session =
            Session::start(&books, &["serve", "--toolsets", "all", "--files", &files]).expect("it serves");
        Self { session, paid: Vec::new(), facts: Value::Null, _books: books }
    }

    fn call(&mut self, tool: &str, arguments: &Value) {
        let result = self.session.call(tool, arguments);
        assert!(!result.failed || result.text.contains("confirm_number"), "{tool}: {}", result.text);
        self.facts = result.facts;
        let asked = json!({ "name": tool, "arguments": arguments }).to_string();
        self.paid.push([asked, result.text, result.structured]);
    }

    fn confirm_number(&self) -> Value {
        let error = self.facts.get("error").unwrap_or(&self.facts);
        let number = error.get("confirm_number").cloned();
        number.unwrap_or_else(|| panic!("no `confirm_number` in {}", self.facts))
    }
}

/// One tool per endpoint.
struct Plain {
    books: Books,
    /// Name and arguments, then the answer, of each call.
    texts: Vec<String>,
}

impl Plain {
    fn paid(&mut self, name: &str, arguments: &Value, answer: String) {
        self.texts.extend([json!({ "name": name, "arguments": arguments }).to_string(), answer]);
    }

    fn list(&mut self, resource: &str, filters: &[(&str, &str)]) {
        let query: Vec<String> =
            filters.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "%20"))).collect();
        let answer = self.books.get(&format!("/v1/{resource}?{}", query.join("&")));
        let arguments = filters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.paid(&format!("list_{}", resource.replace(['/', '-'], "_")), &Value::Object(arguments), answer);
    }

    /// The whole list, in pages of a hundred.
    fn pages(&mut self, resource: &str) {
        for page in 1.. {
            self.list(resource, &[("limit", "100"), ("page", &page.to_string())]);
            let last: Value =
                self.texts.last().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            if last["data"].as_array().is_none_or(|rows| rows.len() < 100) {
                break;
            }
        }
    }

    /// The API has no status for all that is unpaid.
    fn unpaid(&mut self) {
        for status in ["sent", "partially_paid", "overdue"] {
            self.list("invoices", &[("status", status)]);
        }
    }

    /// Looks a record up by its name; comes back with its id.
    fn find(&mut self, resource: &str, name: &str) -> Value {
        self.list(resource, &[("search", name)]);
        self.books.first(&format!("/v1/{resource}?limit=100"), |record| record["name"] == name)["id"].clone()
    }

    fn one(&mut self, resource: &str, id: &Value) {
        let answer = self.books.get(&format!("/v1/{resource}/{}", id.as_str().unwrap_or_default()));
        self.paid(&format!("get_{resource}"), &json!({ "id": id }), answer);
    }

    fn create(&mut self, resource: &str, body: &Value) {
        let answer = self.books.post(&format!("/v1/{resource}"), body);
        self.paid(&format!("create_{resource}"), body, answer);
    }

    fn act(&mut self, resource: &str, id: &Value, what: &str, mut body: Value) {
        let answer =
            self.books.post(&format!("/v1/{resource}/{}/{what}", id.as_str().unwrap_or_default()), &body);
        body["id"] = id.clone();
        self.paid(&format!("{what}_{resource}"), &body, answer);
    }
}
