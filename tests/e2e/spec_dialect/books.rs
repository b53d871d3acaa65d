//! Books behind an API of another dialect: `PascalCase`, other words, paths and envelopes, PATCH, pages from nought and
//! offsets; and the file that `lumabill spec use` would keep for it.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::support::{Answer, Home, Lumabill, PLANTED_KEY, Recorded, ScriptedServer, http};

pub const COMPANY: &str = "0b7e1a52-93c4-4c39-8a55-1d2f00c0a001";
/// Pages hold no more, whatever was asked for.
pub const LARGEST: usize = 40;

/// What the books do with a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// Carried out, and the answer lost.
    Lost,
    /// The path is not known.
    Moved,
    /// A field is found wrong.
    Invalid,
    /// Carried out and the answer lost, by our own paths and names too: as of an API that moved since.
    LostBefore,
}

/// The server and what it holds.
pub struct Books {
    pub server: ScriptedServer,
    pub home: Arc<Home>,
}

impl Books {
    /// With so many bills, every third one settled, and the description kept for its address.
    pub fn new(bills: usize, fate: Fate) -> Self {
        Self::with(bills, fate, kept())
    }

    pub fn with(bills: usize, fate: Fate, mut kept: Value) -> Self {
        let bills = Mutex::new((0..bills).map(bill).collect::<Vec<_>>());
        let customers = Mutex::new(vec![customer(0, "Muster AG"), customer(1, "Meier GmbH")]);
        let server = ScriptedServer::start(move |request| {
            answer(request, fate, &mut bills.lock().unwrap(), &customers)
        });
        let home = Arc::new(Home::new());
        if kept.is_object() {
            if kept["origin"] == "" {
                kept["origin"] = json!(server.url());
            }
            keep(&home, &kept.to_string());
        }
        Self { server, home }
    }

    /// `lumabill …` with a key for these books.
    pub fn run(&self, arguments: &[&str]) -> Lumabill {
        Lumabill::at(&self.home, arguments).with_api(&self.server.url(), PLANTED_KEY)
    }

    /// Method, path and query of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.server
            .requests()
            .iter()
            .map(|request| format!("{} {}", request.method, request.target))
            .collect()
    }

    /// The bodies of requests of this method.
    pub fn bodies(&self, method: &str) -> Vec<Value> {
        let requests = self.server.requests();
        let sent = requests.iter().filter(|request| request.method == method);
        sent.map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect()
    }
}

/// Writes the kept file of the account `lumabill`.
pub fn keep(home: &Home, text: &str) {
    let folder = home.path().join("config/spec");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("lumabill.json"), text).unwrap();
}

pub fn id(n: usize) -> String {
    format!("6f1d8e0a-2a57-4a0e-9d55-{n:012}")
}

fn customer(n: usize, name: &str) -> Value {
    json!({ "CustomerId": id(n), "DisplayName": name, "Mail": "a@muster.example", "Remarks": "old", "Credit": 7,
        "Place": { "Line1": "Weg 1", "Town": "Bern", "Zip": "3000" } })
}

fn bill(n: usize) -> Value {
    json!({
        "BillId": id(n), "BillNo": format!("B-{n}"), "State": if n.is_multiple_of(3) { "SETTLED" } else { "ISSUED" },
        "Customer": { "CustomerId": id(n % 2), "DisplayName": "Muster AG" }, "CustomerId": id(n % 2),
        "IssuedOn": format!("2026-{:02}-10", n % 10 + 1), "Currency": "CHF", "Sum": 100.10, "Open": 0,
        "total": "of another kind", "CreatedAt": "2026-01-01T08:00:00Z",
        "Positions": [{ "Text": "Work", "Qty": 1, "UnitPrice": 100.10 }]
    })
}

fn said(status: u16, body: &Value) -> Answer {
    let date = format!("date: {}", httpdate::fmt_http_date(SystemTime::now()));
    Answer::Bytes(http(status, &["content-type: application/json", &date], &body.to_string()))
}

fn parameter(request: &Recorded, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Refuses parameters that the API does not have, as strict ones do.
fn unknown(request: &Recorded, known: &[&str]) -> Option<Answer> {
    let (_, query) = request.target.split_once('?')?;
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    let wrong = names.filter(|name| !known.contains(name)).collect::<Vec<_>>();
    (!wrong.is_empty()).then(|| said(400, &json!({ "Message": format!("unknown parameters {wrong:?}") })))
}

fn answer(request: &Recorded, fate: Fate, bills: &mut Vec<Value>, customers: &Mutex<Vec<Value>>) -> Answer {
    let path = request.target.split('?').next().unwrap_or_default();
    let parts: Vec<_> = path.split('/').skip(1).collect();
    let missing = || said(404, &json!({ "Message": "no such record" }));
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["api", "v2", "companies"]) => {
            said(200, &json!({ "Items": [{ "CompanyId": COMPANY, "LegalName": "Muster GmbH" }], "Count": 1 }))
        }
        ("GET", ["api", "v2", "customers"]) => unknown(request, &["Skip", "Take"]).unwrap_or_else(|| {
            let customers = customers.lock().unwrap();
            let number =
                |name, other| parameter(request, name).and_then(|text| text.parse().ok()).unwrap_or(other);
            let (skip, take): (usize, usize) = (number("Skip", 0), number("Take", 50));
            let rows: Vec<_> = customers.iter().skip(skip).take(take.min(1)).cloned().collect();
            said(200, &json!({ "Payload": { "Customers": rows, "TotalCount": customers.len() } }))
        }),
        (method, ["api", "v2", "customers", wanted]) => {
            let mut customers = customers.lock().unwrap();
            let Some(at) = customers.iter().position(|one| one["CustomerId"] == *wanted) else {
                return missing();
            };
            match method {
                "PATCH" => {
                    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                    let changes = sent["Customer"].as_object().cloned().unwrap_or_default();
                    customers[at].as_object_mut().unwrap().extend(changes);
                }
                "DELETE" => {
                    customers.remove(at);
                    return said(200, &Value::Null);
                }
                _ => {}
            }
            said(200, &json!({ "Payload": { "Customer": customers[at] } }))
        }
        ("GET", ["api", "v2", "bills"]) => {
            let known = ["PageNo", "PageSize", "State", "CustomerId", "IssuedFrom", "IssuedTo"];
            unknown(request, &known).unwrap_or_else(|| list_of(request, bills))
        }
        ("GET", ["api", "v2", "bills", wanted]) => match bills.iter().find(|one| one["BillId"] == *wanted) {
            Some(one) => said(200, &json!({ "Data": one })),
            None => missing(),
        },
        ("POST", ["api", "v2", "bills"]) => created(request, fate, bills),
        ("GET", ["v1", "profiles"]) if fate == Fate::LostBefore => {
            said(200, &json!({ "data": [{ "id": COMPANY, "company_name": "Muster GmbH" }], "total": 1 }))
        }
        ("POST", ["v1", "invoices"]) if fate == Fate::LostBefore => lost_before(request, bills),
        _ => said(404, &json!({ "Message": "no such endpoint" })),
    }
}

fn list_of(request: &Recorded, bills: &[Value]) -> Answer {
    let number = |name, other| parameter(request, name).and_then(|text| text.parse().ok()).unwrap_or(other);
    let (page, size): (usize, usize) = (number("PageNo", 0), number("PageSize", 20));
    if size > LARGEST {
        return said(400, &json!({ "Message": "PageSize is too large" }));
    }
    let is = |one: &Value, name: &str, field: &str| {
        parameter(request, name).is_none_or(|wanted| one[field] == wanted)
    };
    let found: Vec<_> =
        bills.iter().filter(|one| is(one, "State", "State") && is(one, "CustomerId", "CustomerId")).collect();
    let rows: Vec<_> = found.iter().skip(page * size).take(size).collect();
    said(200, &json!({ "Data": rows, "Meta": { "Total": found.len(), "PageNo": page } }))
}

fn created(request: &Recorded, fate: Fate, bills: &mut Vec<Value>) -> Answer {
    match fate {
        Fate::Moved => return said(404, &json!({ "Message": "no such endpoint" })),
        Fate::Invalid => {
            let issue = json!({ "field": "Positions[0].UnitPrice", "message": "is too much" });
            return said(422, &json!({ "message": "wrong", "details": [issue] }));
        }
        Fate::Answered | Fate::Lost | Fate::LostBefore => {}
    }
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let mut bill: Map<String, Value> = sent["Bill"].as_object().cloned().unwrap_or_default();
    bill.insert("BillId".into(), json!(id(bills.len() + 500)));
    bill.insert("BillNo".into(), json!(format!("B-{}", bills.len())));
    bill.insert("State".into(), json!("NEW"));
    bill.insert("CreatedAt".into(), json!(jiff::Timestamp::now().to_string()));
    bills.push(Value::Object(bill.clone()));
    if fate == Fate::Lost { Answer::Reset } else { said(201, &json!({ "Data": bill })) }
}

/// A create by our own names, whose answer is lost.
fn lost_before(request: &Recorded, bills: &mut Vec<Value>) -> Answer {
    let ours: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let line = &ours["lines"][0];
    let line = json!({ "Text": line["description"], "Qty": line["quantity"], "UnitPrice": line["price"] });
    bills
        .push(json!({ "BillId": id(700), "BillNo": "B-700", "State": "NEW", "CustomerId": ours["client_id"],
        "Positions": [line], "CreatedAt": jiff::Timestamp::now().to_string() }));
    Answer::Reset
}

/// The description of these books, for whatever address they are at.
pub fn kept() -> Value {
    let states = json!({ "draft": "NEW", "sent": "ISSUED", "paid": "SETTLED" });
    let lines = json!({ "name": "Positions", "inner": { "fields": {
        "description": { "name": "Text" }, "quantity": { "name": "Qty" }, "price": { "name": "UnitPrice" } } } });
    let bill = json!({ "inside": ["Data"], "fields": {
        "id": { "name": "BillId" }, "number": { "name": "BillNo" }, "client_id": { "name": "CustomerId" },
        "status": { "name": "State", "values": states }, "issue_date": { "name": "IssuedOn" },
        "currency": { "name": "Currency" }, "total": { "name": "Sum" }, "amount_due": { "name": "Open" },
        "created_at": { "name": "CreatedAt" }, "lines": lines,
        "client": { "name": "Customer", "inner": { "fields": {
            "id": { "name": "CustomerId" }, "name": { "name": "DisplayName" } } } } } });
    let place = json!({ "name": "Place", "inner": { "fields": {
        "line1": { "name": "Line1" }, "city": { "name": "Town" }, "postal_code": { "name": "Zip" } } } });
    let customer = json!({ "id": { "name": "CustomerId" }, "name": { "name": "DisplayName" },
        "email": { "name": "Mail" }, "notes": { "name": "Remarks" }, "address": place });
    let customer = |inside: Value| json!({ "inside": inside, "fields": customer });
    json!({
        "version": 1, "origin": "", "source": "bills.yaml", "title": "Bills 2.0", "digest": "00", "taken": "2026-11-21T10:00:00Z",
        "dialect": { "spoken": {
            "list_profiles": { "verb": "GET", "path": "/api/v2/companies",
                "answers": { "fields": { "id": { "name": "CompanyId" }, "company_name": { "name": "LegalName" } } },
                "list": { "records": ["Items"], "total": ["Count"] } },
            "list_clients": { "verb": "GET", "path": "/api/v2/customers", "query": { "search": { "name": "" } },
                "answers": customer(json!([])),
                "list": { "records": ["Payload", "Customers"], "total": ["Payload", "TotalCount"],
                    "asks": { "offset": "Skip", "limit": ["Take", null] } } },
            "get_client": { "verb": "GET", "path": "/api/v2/customers/{CustomerId}",
                "answers": customer(json!(["Payload", "Customer"])) },
            "update_client": { "verb": "PATCH", "path": "/api/v2/customers/{CustomerId}",
                "sends": { "inside": ["Customer"], "fields": customer(json!([]))["fields"],
                    "only": ["DisplayName", "Mail", "Remarks", "Place"] },
                "answers": customer(json!(["Payload", "Customer"])) },
            "delete_client": { "verb": "DELETE", "path": "/api/v2/customers/{CustomerId}", "answers": {} },
            "list_invoices": { "verb": "GET", "path": "/api/v2/bills",
                "query": {
                    "status": { "name": "State", "values": states }, "client_id": { "name": "CustomerId" },
                    "from": { "name": "IssuedFrom" }, "to": { "name": "IssuedTo" }, "number": { "name": "" },
                    "search": { "name": "" }, "sort": { "name": "" } },
                "answers": bill,
                "list": { "records": ["Data"], "total": ["Meta", "Total"],
                    "asks": { "page": ["PageNo", 0], "limit": ["PageSize", LARGEST] } } },
            "get_invoice": { "verb": "GET", "path": "/api/v2/bills/{BillId}", "answers": bill },
            "create_invoice": { "verb": "POST", "path": "/api/v2/bills", "answers": bill,
                "sends": { "inside": ["Bill"], "only": ["CustomerId", "IssuedOn", "Currency", "Positions"],
                    "fields": { "client_id": { "name": "CustomerId" }, "issue_date": { "name": "IssuedOn" },
                        "currency": { "name": "Currency" }, "lines": lines } } }
        } }
    })
}
