//! A scripted API that keeps the invoices it is sent, says when each was made, and does to each write what a
//! test wants: it can lose the answer before or after it commits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::scripted_books::{PROFILE, id, page, query};
use crate::support::{Answer, Gate, Recorded, ScriptedServer, http};

/// What happens to a POST.
#[derive(Clone)]
pub enum Fate {
    Commit,
    /// Committed, then this instead of the answer.
    CommitThen(fn() -> Answer),
    /// This, and nothing is committed.
    Lose(fn() -> Answer),
    /// Committed, and answered once the gate is open.
    CommitAndHold(Gate),
    /// Committed only so long after the connection was reset.
    CommitAfter(std::time::Duration),
    /// This once the gate is open, and nothing is committed.
    HoldAndLose(Gate, fn() -> Answer),
}

/// A running ledger.
pub struct Ledger {
    pub server: ScriptedServer,
    records: Arc<Mutex<Vec<Value>>>,
    beside: Beside,
}

/// Records of other kinds, by their path.
type Beside = Arc<Mutex<HashMap<String, Value>>>;

impl Ledger {
    /// The `n`-th POST (from 0) meets `fate(n)`.
    pub fn start(fate: impl Fn(usize) -> Fate + Send + Sync + 'static) -> Self {
        Self::with(Vec::new(), fate)
    }

    /// The same with records that were there before.
    pub fn with(before: Vec<Value>, fate: impl Fn(usize) -> Fate + Send + Sync + 'static) -> Self {
        Self::spelling(before, fate, |record, _| Some(record))
    }

    /// The same, and each record is shown as `show` writes it, or not at all; it is told whether for a list.
    pub fn spelling(
        before: Vec<Value>,
        fate: impl Fn(usize) -> Fate + Send + Sync + 'static,
        show: impl Fn(Value, bool) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        let records = Arc::new(Mutex::new(before));
        let (kept, posts) = (Arc::clone(&records), Mutex::new(0));
        let beside = Beside::default();
        let others = Arc::clone(&beside);
        let server = ScriptedServer::start(move |request| match request.method.as_str() {
            "POST" => {
                let n = {
                    let mut posts = posts.lock().unwrap();
                    *posts += 1;
                    *posts - 1
                };
                posted(&kept, request, fate(n), 100 + n)
            }
            "DELETE" => {
                let gone = request.target.rsplit('/').next().unwrap().to_owned();
                kept.lock().unwrap().retain(|record| record["id"] != gone.as_str());
                dated(204, "")
            }
            _ => match others.lock().unwrap().get(request.target.split('?').next().unwrap()) {
                Some(other) => dated(200, &other.to_string()),
                None => asked(&kept.lock().unwrap(), request, &show),
            },
        });
        Self { server, records, beside }
    }

    pub fn records(&self) -> Vec<Value> {
        self.records.lock().unwrap().clone()
    }

    /// Changes the records from outside, as the web app would.
    pub fn edit(&self, change: impl FnOnce(&mut Vec<Value>)) {
        change(&mut self.records.lock().unwrap());
    }

    /// Puts a record of another kind where it is asked for: `/v1/offers/ID`.
    pub fn put(&self, path: &str, record: Value) {
        self.beside.lock().unwrap().insert(path.to_owned(), record);
    }

    /// Waits until so many POSTs have come.
    pub fn wait_for_posts(&self, count: usize) {
        let mut requests = 0;
        while self.posts().len() < count {
            requests += 1;
            self.server.wait_for(requests);
        }
    }

    pub fn posts(&self) -> Vec<Recorded> {
        self.server.requests().into_iter().filter(|request| request.method == "POST").collect()
    }
}

/// An invoice as this ledger would have made it so many seconds ago.
pub fn invoice_of(body: &Value, seconds_ago: i64, n: usize) -> Value {
    let mut record = body.clone();
    record["id"] = json!(id(n));
    record["number"] = json!(format!("L-{n:03}"));
    record["status"] = json!("draft");
    let made = Timestamp::now() - SignedDuration::from_secs(seconds_ago);
    record["created_at"] = json!(format!("{made:.3}"));
    record
}

fn posted(records: &Arc<Mutex<Vec<Value>>>, request: &Recorded, fate: Fate, n: usize) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let commit = |records: &Mutex<Vec<Value>>| {
        let record = invoice_of(&body, 0, n);
        records.lock().unwrap().push(record.clone());
        dated(201, &record.to_string())
    };
    match fate {
        Fate::Commit => commit(records),
        Fate::CommitThen(answer) => {
            commit(records);
            answer()
        }
        Fate::Lose(answer) => answer(),
        Fate::CommitAndHold(gate) => Answer::Held(gate, Box::new(commit(records))),
        Fate::HoldAndLose(gate, answer) => Answer::Held(gate, Box::new(answer())),
        Fate::CommitAfter(wait) => {
            let (records, body) = (Arc::clone(records), body.clone());
            std::thread::spawn(move || {
                std::thread::sleep(wait);
                records.lock().unwrap().push(invoice_of(&body, 0, n));
            });
            Answer::Reset
        }
    }
}

fn asked(records: &[Value], request: &Recorded, show: &dyn Fn(Value, bool) -> Option<Value>) -> Answer {
    let path = request.target.split('?').next().unwrap();
    if path == "/v1/profiles" {
        let body = json!({ "data": [{ "id": PROFILE, "company_name": "Muster GmbH" }], "total": 1 });
        return dated(200, &body.to_string());
    }
    if let Some(id) = path.strip_prefix("/v1/invoices/").or(path.strip_prefix("/v1/expenses/")) {
        let found = records.iter().find(|record| record["id"] == id);
        return match found.and_then(|record| show(record.clone(), false)) {
            Some(record) => dated(200, &record.to_string()),
            None => dated(404, r#"{"error":{"code":"not_found","message":"no such record"}}"#),
        };
    }
    let client = query(request, "client_id");
    let rows: Vec<_> = records
        .iter()
        .filter(|record| client.as_ref().is_none_or(|client| record["client_id"] == client.as_str()))
        .filter_map(|record| show(record.clone(), true))
        .collect();
    let (cut, number) = page(request, &rows);
    dated(200, &json!({ "data": cut, "pagination": { "page": number, "total": rows.len() } }).to_string())
}

/// A JSON answer that says what time it is.
fn dated(status: u16, body: &str) -> Answer {
    let date = format!("date: {}", httpdate::fmt_http_date(SystemTime::now()));
    Answer::Bytes(http(status, &["content-type: application/json", &date], body))
}
