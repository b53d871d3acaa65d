//! `list_overdue_invoices`: what is unpaid past its due date, oldest first, with exact totals per currency where
//! the whole list could be read.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::unproven::Unproven;
use super::{Workflow, incomplete};
use crate::catalogue::params::{CLIENT_NAME, CURRENCY, id, integer};
use crate::catalogue::{Endpoint, Toolset};
use crate::gateway::calls::{Calls, Stop, Walked, quoted};
use crate::rules::{invoice, money};

const TOOL: &str = "list_overdue_invoices";
/// Rows in one answer where `limit` is not given, and at the most.
const DEFAULT_LIMIT: usize = 25;
const LARGEST_LIMIT: usize = 200;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: TOOL,
        toolset: Toolset::Invoicing,
        default: true,
        about: "Unpaid invoices past their due date (who owes money), oldest first, with totals.",
        params: &[
            id("client_id").gateway().or("client_name"),
            CLIENT_NAME,
            CURRENCY.gateway(),
            integer("min_days").gateway(),
            integer("limit").gateway(),
        ],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let number = |name: &str| calls.arguments().get(name).and_then(Value::as_i64);
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, LARGEST_LIMIT));
    let min_days = number("min_days").unwrap_or(1).max(1);
    let mut overdue = Overdue { today: calls.today(), min_days, limit, ..Overdue::default() };
    let mut filters = super::given(calls, &["client_id", "currency"]);
    let mut unproven = Unproven::new(&filters);
    filters.insert("status".into(), json!("unpaid"));
    let mut take = |page: Vec<Value>| {
        overdue.take(&page);
        unproven.look(&page);
    };
    let walked = calls.walk("list_invoices", filters, &mut take).await?;
    let mut facts = overdue.answer(&walked, unproven.notes().collect());
    if !walked.complete {
        let refusal = incomplete::refusal(TOOL, "there are no totals, and older ones may be missing", walked);
        let said = facts.shift_remove("notes");
        let said = said.as_ref().and_then(Value::as_array).into_iter().flatten().cloned();
        let why = [refusal.message].into_iter().chain(refusal.causes).map(Value::from);
        facts.insert("notes".into(), why.chain(said).collect());
        facts.insert("go_on".into(), json!(refusal.hint));
    }
    Ok(facts)
}

/// Overdue invoices, as far as they were read.
struct Overdue {
    today: Date,
    min_days: i64,
    limit: usize,
    /// The oldest ones: due date, number, and what is shown.
    rows: Vec<(Date, String, Value)>,
    of: u64,
    /// By currency, `""` where none is shown: how many, and what is open.
    totals: BTreeMap<String, (u64, Option<Decimal>)>,
    without_due_date: u64,
    /// Their numbers, as many as rows are shown.
    undated: Vec<String>,
    /// Amounts that are no exact number.
    unreadable: Vec<String>,
    assumed: u64,
}

impl Default for Overdue {
    fn default() -> Self {
        Self {
            today: Date::ZERO,
            min_days: 1,
            limit: DEFAULT_LIMIT,
            rows: Vec::new(),
            of: 0,
            totals: BTreeMap::new(),
            without_due_date: 0,
            undated: Vec::new(),
            unreadable: Vec::new(),
            assumed: 0,
        }
    }
}

impl Overdue {
    /// Takes in one page.
    fn take(&mut self, records: &[Value]) {
        for record in records {
            if invoice::standing(&invoice::state(record)) != invoice::Standing::Unpaid {
                continue;
            }
            if let Some(due) = invoice::day(record, "due_date") {
                self.add(record, due);
                continue;
            }
            self.without_due_date += 1;
            if self.undated.len() < self.limit {
                self.undated.push(quoted(&invoice::name(record)));
            }
        }
        self.rows.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        self.rows.truncate(self.limit);
    }

    fn add(&mut self, record: &Value, due: Date) {
        let days = i64::from((self.today - due).get_days());
        if days < self.min_days {
            return;
        }
        self.of += 1;
        let currency = invoice::currency(record);
        let amounts = invoice::amounts(record);
        let open = amounts.as_ref().ok().and_then(|amounts| amounts.open);
        let total = self
            .totals
            .entry(quoted(currency.as_deref().unwrap_or_default()))
            .or_insert((0, Some(Decimal::ZERO)));
        total.0 += 1;
        total.1 = total.1.zip(open).and_then(|(sum, open)| sum.checked_add(open));
        match amounts {
            Ok(amounts) => self.assumed += u64::from(amounts.assumed),
            Err(_) if self.unreadable.len() < self.limit => {
                self.unreadable.push(quoted(&invoice::name(record)));
            }
            Err(_) => {}
        }
        let number = invoice::text(record, "number");
        let (_, client) = invoice::client(record);
        let mut row = Map::new();
        row.insert("id".into(), record.get("id").cloned().unwrap_or(Value::Null));
        row.insert("number".into(), json!(number));
        row.insert("client".into(), json!(client));
        row.insert("due_date".into(), json!(due.to_string()));
        row.insert("days_overdue".into(), json!(days));
        row.insert("open".into(), open.map_or(Value::Null, |open| money::number(money::cents(open))));
        row.insert("currency".into(), json!(currency));
        row.retain(|_, value| !value.is_null());
        self.rows.push((due, number.unwrap_or_default(), Value::Object(row)));
    }

    fn answer(self, walked: &Walked, mut notes: Vec<String>) -> Map<String, Value> {
        let n = self.rows.len() as u64;
        let mut facts = Map::new();
        facts.insert("n".into(), json!(n));
        facts.insert("of".into(), if walked.complete { json!(self.of) } else { Value::Null });
        facts.insert("complete".into(), json!(walked.complete && n == self.of));
        facts.insert("today".into(), json!(self.today.to_string()));
        facts.insert("items".into(), self.rows.into_iter().map(|(_, _, row)| row).collect());
        if walked.complete {
            let mut sums = Map::new();
            for (currency, (count, open)) in &self.totals {
                match open {
                    Some(open) if !currency.is_empty() => {
                        sums.insert(
                            currency.clone(),
                            json!({ "n": count, "open": money::number(money::cents(*open)) }),
                        );
                    }
                    _ if currency.is_empty() => {
                        notes.push(format!("{count} overdue invoices show no currency and are in no total"));
                    }
                    _ => notes.push(format!(
                        "{currency}: no total of {count} invoices, since not all show an exact open amount"
                    )),
                }
            }
            facts.insert("sums".into(), Value::Object(sums));
            if n < self.of {
                let more = format!(
                    "`sums` are over all {}; more rows: a larger `limit` (at most {LARGEST_LIMIT})",
                    self.of
                );
                facts.insert("go_on".into(), json!(more));
            }
        }
        if self.without_due_date > 0 {
            facts.insert(
                "without_due_date".into(),
                json!({ "n": self.without_due_date, "numbers": self.undated }),
            );
        }
        if !self.unreadable.is_empty() {
            notes.push(format!("amounts that are no exact number: {}", self.unreadable.join(", ")));
        }
        if self.assumed > 0 {
            notes.push(format!(
                "{} show neither `amount_due` nor `amount_paid`: their total counts as open",
                self.assumed
            ));
        }
        if !notes.is_empty() {
            facts.insert("notes".into(), json!(notes));
        }
        facts
    }
}

#[cfg(test)]
mod tests;
