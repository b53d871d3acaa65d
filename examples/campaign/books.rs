//! The truth: every record that was made, by whom, when and from which request; and the strangers, older
//! records of the same content that nobody here may take for his own.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::http::Request;
use super::tasks::{Task, WORDINGS, number};

pub const PROFILES: usize = 2;

/// VAT in percent.
const RATE: &str = "8.1";

/// The upstream's clock.
#[derive(Clone, Copy)]
pub struct Clock {
    /// Seconds that it is ahead.
    pub skew: i64,
}

impl Clock {
    pub fn now(self) -> SystemTime {
        let ahead = Duration::from_secs(self.skew.unsigned_abs());
        if self.skew < 0 { SystemTime::now() - ahead } else { SystemTime::now() + ahead }
    }

    pub fn today(self) -> String {
        stamp(self.now()).chars().take(10).collect()
    }
}

/// A record as the API gives it.
struct Record {
    profile: usize,
    /// Milliseconds by the upstream's clock.
    created: u128,
    value: Value,
    text: String,
}

/// A create that took effect.
#[derive(Clone, Debug)]
pub struct Commit {
    pub id: String,
    /// When its request arrived.
    pub arrived: Instant,
}

/// Whose a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Task(usize),
    Stranger(usize),
}

/// All books of this upstream.
pub struct Books {
    clock: Clock,
    clients: usize,
    records: Vec<Record>,
    by_id: HashMap<String, (usize, Whose)>,
    by_client: HashMap<(usize, String), Vec<usize>>,
    by_description: HashMap<String, usize>,
    /// By task.
    pub commits: HashMap<usize, Vec<Commit>>,
    pub strangers: usize,
}

impl Books {
    pub fn new(clock: Clock, clients: usize) -> Self {
        Self {
            clock,
            clients,
            records: Vec::new(),
            by_id: HashMap::new(),
            by_client: HashMap::new(),
            by_description: HashMap::new(),
            commits: HashMap::new(),
            strangers: 0,
        }
    }

    /// Tells the books how the task's texts read.
    pub fn expect(&mut self, task: &Task) {
        for wording in 0..WORDINGS {
            self.by_description.insert(task.description(wording), task.number);
        }
    }

    /// The task that a request is about.
    pub fn task(&self, body: &Value) -> Option<usize> {
        self.by_description.get(body["lines"][0]["description"].as_str()?).copied()
    }

    /// An older record with the content of `task`.
    pub fn stranger(&mut self, task: &Task, wording: usize, age: Duration) {
        let today = self.clock.today();
        let mut body = Value::Object(task.arguments(wording, &today));
        body["client_id"] = json!(client_id(task.profile, task.client));
        let created = self.clock.now() - age;
        let id = self.enter(task.profile, &body, created, Whose::Stranger(task.number));
        self.strangers += usize::from(id.is_some());
    }

    /// Makes the record that a request asks for.
    pub fn commit(&mut self, profile: usize, request: &Request) -> Option<String> {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        let task = self.task(&body)?;
        let id = self.enter(profile, &body, self.clock.now(), Whose::Task(task))?;
        let commit = Commit { id: id.clone(), arrived: request.arrived };
        self.commits.entry(task).or_default().push(commit);
        Some(id)
    }

    /// Whose the record with this id is.
    pub fn whose(&self, id: &str) -> Option<Whose> {
        self.by_id.get(id).map(|(_, whose)| *whose)
    }

    /// The JSON of one record.
    pub fn record(&self, profile: usize, id: &str) -> Option<&str> {
        let record = &self.records[self.by_id.get(id)?.0];
        (record.profile == profile).then_some(record.text.as_str())
    }

    /// A page of invoices, newest first unless asked otherwise.
    pub fn page(&self, profile: usize, request: &Request) -> String {
        let mut found: Vec<&Record> = match request.asked("client_id") {
            Some(client) => {
                let rows = self.by_client.get(&(profile, client.to_owned()));
                rows.into_iter().flatten().map(|row| &self.records[*row]).collect()
            }
            None => self.records.iter().filter(|record| record.profile == profile).collect(),
        };
        let day = |record: &Record| record.value["issue_date"].as_str().unwrap_or_default().to_owned();
        found.retain(|record| {
            request.asked("number").is_none_or(|number| record.value["number"] == number)
                && request.asked("from").is_none_or(|from| day(record).as_str() >= from)
                && request.asked("to").is_none_or(|to| day(record).as_str() <= to)
                && request.asked("search").is_none_or(|word| record.text.contains(word))
                && request.asked("status").is_none_or(|status| record.value["status"] == status)
                && request.asked("currency").is_none_or(|code| record.value["currency"] == code)
        });
        found.sort_by_key(|record| record.created);
        if request.asked("sort").is_none_or(|sort| sort.starts_with('-')) {
            found.reverse();
        }
        listed(request, &found.iter().map(|record| record.text.as_str()).collect::<Vec<_>>())
    }

    /// A page of clients.
    pub fn clients(&self, profile: usize, request: &Request) -> String {
        let word = request.asked("search").unwrap_or_default().to_lowercase();
        let found: Vec<String> = (0..self.clients)
            .filter(|client| client_name(*client).to_lowercase().contains(&word))
            .map(|client| client_record(profile, client))
            .collect();
        listed(request, &found.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The JSON of one client.
    pub fn client(&self, profile: usize, id: &str) -> Option<String> {
        let client = (0..self.clients).find(|client| client_id(profile, *client) == id)?;
        Some(client_record(profile, client))
    }

    fn enter(&mut self, profile: usize, body: &Value, created: SystemTime, whose: Whose) -> Option<String> {
        let client = body["client_id"].as_str()?.to_owned();
        let named = (0..self.clients).find(|number| client_id(profile, *number) == client)?;
        let id = uuid::Uuid::new_v4().to_string();
        let row = self.records.len();
        let value = invoice(body, &id, row, (profile, named), &stamp(created))?;
        let text = value.to_string();
        let created = created.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
        self.records.push(Record { profile, created, value, text });
        self.by_id.insert(id.clone(), (row, whose));
        self.by_client.entry((profile, client)).or_default().push(row);
        Some(id)
    }
}

/// The invoice that a body asks for: every field echoed, amounts computed.
fn invoice(
    body: &Value,
    id: &str,
    row: usize,
    (profile, client): (usize, usize),
    created: &str,
) -> Option<Value> {
    let rate: Decimal = RATE.parse().ok()?;
    let given = body["lines"].as_array()?;
    let lines: Option<Vec<_>> =
        given.iter().enumerate().map(|(position, line)| computed(line, position, rate)).collect();
    let lines = lines?;
    let subtotal = lines.iter().map(|(_, net)| *net).sum();
    let tax = round(subtotal * rate / Decimal::ONE_HUNDRED);
    let mut record = json!({
        "id": id,
        "profile_id": profile_id(profile),
        "number": format!("IV-{:05}", row + 1),
        "status": "draft",
        "client_id": client_id(profile, client),
        "client": { "id": client_id(profile, client), "name": client_name(client) },
        "issue_date": created.get(..10)?,
        "due_date": created.get(..10)?,
        "service_date_from": null,
        "service_date_to": null,
        "currency": "CHF",
        "tax_rate": money(rate),
        "title": null,
        "intro_text": null,
        "notes": null,
        "reference": null,
        "language": "de",
        "payment_info": "Payable within 30 days.",
        "prices_include_tax": false,
        "round_to_five_rappen": false,
    });
    let own = record.as_object_mut()?;
    own.extend(body.as_object()?.clone().into_iter().filter(|(_, value)| !value.is_null()));
    own.insert("lines".into(), lines.into_iter().map(|(line, _)| line).collect());
    let total = subtotal + tax;
    for (name, amount) in
        [("subtotal", subtotal), ("tax_total", tax), ("total", total), ("amount_due", total)]
    {
        own.insert(name.into(), money(amount));
    }
    own.insert("rounding".into(), json!(0));
    own.insert("amount_paid".into(), json!(0));
    own.insert(
        "tax_breakdown".into(),
        json!([{ "rate": money(rate), "base": money(subtotal), "tax": money(tax) }]),
    );
    own.insert("sent_at".into(), Value::Null);
    own.insert("created_at".into(), json!(created));
    own.insert("updated_at".into(), json!(created));
    Some(record)
}

/// A line with its amounts, and its net amount.
fn computed(given: &Value, position: usize, rate: Decimal) -> Option<(Value, Decimal)> {
    let mut given = given.as_object()?.clone();
    let amount = |name: &str| given.get(name)?.to_string().parse::<Decimal>().ok();
    let net = round(amount("quantity")? * amount("price")?);
    let tax = round(net * rate / Decimal::ONE_HUNDRED);
    let mut line = Map::new();
    line.insert("id".into(), json!(uuid::Uuid::new_v4().to_string()));
    line.insert("position".into(), json!(position + 1));
    line.append(&mut given);
    for name in ["unit", "discount_percent", "catalog_item_id"] {
        line.entry(name).or_insert(Value::Null);
    }
    line.entry("tax_rate").or_insert(money(rate));
    line.insert("net_amount".into(), money(net));
    line.insert("tax_amount".into(), money(tax));
    line.insert("gross_amount".into(), money(net + tax));
    Some((Value::Object(line), net))
}

fn listed(request: &Request, rows: &[&str]) -> String {
    let asked = |name: &str, or: usize| request.asked(name).and_then(|text| text.parse().ok()).unwrap_or(or);
    let (page, limit) = (asked("page", 1).max(1), asked("limit", 50).clamp(1, 100));
    let shown: Vec<&str> = rows.iter().skip((page - 1) * limit).take(limit).copied().collect();
    format!(
        r#"{{"data":[{}],"pagination":{{"page":{page},"limit":{limit},"total":{},"total_pages":{}}}}}"#,
        shown.join(","),
        rows.len(),
        rows.len().div_ceil(limit)
    )
}

pub fn profile_id(profile: usize) -> String {
    format!("6f1c2b3a-9d4e-4f5a-8b6c-{profile:012}")
}

pub fn profile_record(profile: usize) -> String {
    json!({
        "id": profile_id(profile),
        "company_name": format!("Muster Treuhand {profile} GmbH"),
        "default_currency": "CHF",
        "default_tax_rate": money(Decimal::new(81, 1)),
        "round_to_five_rappen": false,
        "created_at": "2025-07-09T09:00:00.000Z",
    })
    .to_string()
}

pub fn client_id(profile: usize, client: usize) -> String {
    format!("eb1841bb-6d95-576e-{profile:04}-{client:012}")
}

pub fn client_name(client: usize) -> String {
    format!("Kundin {client:04} AG")
}

fn client_record(profile: usize, client: usize) -> String {
    json!({
        "id": client_id(profile, client),
        "profile_id": profile_id(profile),
        "name": client_name(client),
        "type": "company",
        "currency": "CHF",
        "created_at": "2025-07-29T09:00:00.000Z",
        "updated_at": "2025-07-29T09:00:00.000Z",
    })
    .to_string()
}

fn round(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn money(amount: Decimal) -> Value {
    number(&amount.normalize().to_string())
}

/// A time with milliseconds.
fn stamp(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
