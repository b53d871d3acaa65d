//! `get_invoice_stats`: what was invoiced, paid and is open, per currency, by status, client, month and age, out of
//! a whole list of invoices of any length. A part of a list, or an amount that is no exact number, has no sums.

mod fold;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::unproven::Unproven;
use super::{Workflow, incomplete};
use crate::catalogue::params::{CLIENT_NAME, PERIOD, choice, date, id};
use crate::catalogue::{Endpoint, Toolset};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::calls::{Calls, Stop};
use crate::rules::invoice::{self, Standing};
use crate::rules::money;
use fold::{AGES, Books, Days, Fold, Group, Sum};

const TOOL: &str = "get_invoice_stats";
/// Rows of a table beside others, and where only this table was asked for.
const ROWS: usize = 13;
const ROWS_ALONE: usize = 60;
const UNREADABLE: &str = "unreadable_amount";

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: TOOL,
        toolset: Toolset::Invoicing,
        default: true,
        about: "Invoiced, paid and open sums by status, client, month, age; days to pay. Exact, or refused.",
        params: &[
            date("from").gateway().or("period"),
            date("to").gateway().or("period"),
            PERIOD,
            id("client_id").gateway().or("client_name"),
            CLIENT_NAME,
            choice("by", &["status", "client", "month", "aging"]).gateway(),
        ],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let filters = super::given(calls, &["from", "to", "client_id"]);
    let mut fold = Fold::new(calls.today());
    let mut unproven = Unproven::new(&filters);
    let mut take = |page: Vec<Value>| {
        fold.take(&page);
        unproven.look(&page);
    };
    let walked = calls.walk("list_invoices", filters.clone(), &mut take).await?;
    if let Some((name, why)) = &fold.wrong {
        return Err(unreadable(TOOL, name, why).into());
    }
    if !walked.complete {
        return Err(incomplete::refusal(TOOL, "nothing was summed", walked).into());
    }
    let by = calls.arguments().get("by").and_then(Value::as_str);
    let mut facts = Map::new();
    facts.insert("n".into(), json!(fold.n));
    facts.insert("of".into(), json!(walked.of.unwrap_or(fold.n)));
    facts.insert("complete".into(), json!(true));
    facts.extend(filters);
    facts.insert("today".into(), json!(calls.today().to_string()));
    let mut notes: Vec<String> = if fold.n == 0 { walked.note.into_iter().collect() } else { Vec::new() };
    notes.extend(unproven.notes());
    let mut currencies = Map::new();
    for (currency, books) in &fold.currencies {
        let figures = if currency.is_empty() {
            let n: u64 = books.by_status.values().map(|group| group.n).sum();
            notes.push(format!("{n} invoices show no currency: they are counted and not summed"));
            json!({ "by_status": counts(books) })
        } else {
            notes.extend(unsaid(currency, books));
            figures(books, by)
                .ok_or_else(|| unreadable(TOOL, "of all together", "too large to be added up"))?
        };
        currencies.insert(if currency.is_empty() { "?" } else { currency }.to_owned(), figures);
    }
    facts.insert("currencies".into(), Value::Object(currencies));
    if !notes.is_empty() {
        facts.insert("notes".into(), json!(notes));
    }
    Ok(facts)
}

/// One amount that is not exact, and there is no exact sum.
fn unreadable(tool: &str, name: &str, why: &str) -> Failure {
    let message = format!("`{tool}` added nothing up, since of invoice `{name}` {why}");
    Failure::new(UNREADABLE, Exit::Refused, message)
        .hint("look at it with `get_invoice`, or leave it out by `period` or `client_name`")
        .sent(Sent::Read)
        .fact("invoice", name)
}

/// The figures and tables of one currency; `None` where a sum of sums is too large.
fn figures(books: &Books, by: Option<&str>) -> Option<Value> {
    let wanted = |table: &str| by.is_none_or(|by| by == table);
    let most = if by.is_some() { ROWS_ALONE } else { ROWS };
    let mut facts = Map::new();
    facts.insert("invoices".into(), json!(books.invoiced.n));
    put(&mut facts, "invoiced", &books.invoiced.total);
    put(&mut facts, "paid", &books.invoiced.paid);
    put(&mut facts, "open", &books.invoiced.open);
    if wanted("status") {
        facts.insert("by_status".into(), by_status(books, most)?);
    }
    if wanted("client") {
        facts.insert("by_client".into(), by_client(books, most)?);
    }
    if wanted("month") {
        facts.insert("by_month".into(), by_month(books, most)?);
    }
    if wanted("aging") && books.aging.iter().any(|group| group.n > 0) {
        facts.insert("aging".into(), aging(books));
    }
    if books.days_to_pay.of > 0 {
        facts.insert("days_to_pay".into(), days_to_pay(&books.days_to_pay));
    }
    Some(Value::Object(facts))
}

/// What an invoice leaves out is in no sum, and that is said.
fn put(facts: &mut Map<String, Value>, name: &str, sum: &Sum) {
    if let Some(amount) = sum.known() {
        facts.insert(name.to_owned(), money::number(money::cents(amount)));
    }
}

fn row(head: Map<String, Value>, group: &Group) -> Value {
    let mut row = head;
    row.insert("n".into(), json!(group.n));
    put(&mut row, "total", &group.total);
    put(&mut row, "open", &group.open);
    Value::Object(row)
}

fn head(name: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value.into())])
}

/// So many rows, and all others as one that says how many there are.
fn rows(groups: &[(Map<String, Value>, &Group)], most: usize, rest: (&str, &str, &str)) -> Option<Value> {
    let over = groups.len() > most;
    let shown = if over { most.saturating_sub(1) } else { most };
    let mut rows: Vec<Value> =
        groups.iter().take(shown).map(|(head, group)| row(head.clone(), group)).collect();
    if over {
        let others = groups.iter().skip(shown);
        let sum = others.clone().try_fold(Group::default(), |sum, (_, group)| sum.and(group))?;
        let (name, called, counted) = rest;
        let mut head = head(name, called);
        head.insert(counted.into(), json!(others.count()));
        rows.push(row(head, &sum));
    }
    Some(Value::Array(rows))
}

fn status(name: &str) -> &str {
    if name.is_empty() { "none shown" } else { name }
}

fn counts(books: &Books) -> Value {
    let row = |(name, group): (&String, &Group)| json!({ "status": status(name), "n": group.n });
    books.by_status.iter().take(ROWS).map(row).collect()
}

fn by_status(books: &Books, most: usize) -> Option<Value> {
    let groups = books.by_status.iter().map(|(name, group)| (head("status", status(name)), group));
    let mut rows = rows(&groups.collect::<Vec<_>>(), most, ("status", "others", "states"))?;
    for row in rows.as_array_mut().into_iter().flatten() {
        let standing = invoice::standing(row.get("status").and_then(Value::as_str).unwrap_or_default());
        // What was not billed owes nothing, and is no zero either.
        if let (Standing::Draft | Standing::Cancelled, Some(row)) = (standing, row.as_object_mut()) {
            row.shift_remove("open");
        }
    }
    Some(rows)
}

/// The largest first. An id is shown where the name does not say who it is.
fn by_client(books: &Books, most: usize) -> Option<Value> {
    let mut named: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, _) in books.by_client.values() {
        *named.entry(name.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let mut clients: Vec<_> = books.by_client.iter().collect();
    clients.sort_by(|(_, (one, left)), (_, (other, right))| {
        let largest = |group: &Group| (group.total.known(), group.open.known(), group.n);
        largest(right).cmp(&largest(left)).then_with(|| one.cmp(other))
    });
    let groups = clients.into_iter().map(|(id, (name, group))| {
        let name = name.as_deref().unwrap_or_default();
        let mut head = head("client", if name.is_empty() { "no name shown" } else { name });
        if named.get(name) != Some(&1) || name.is_empty() {
            head.insert("client_id".into(), json!(id));
        }
        (head, group)
    });
    rows(&groups.collect::<Vec<_>>(), most, ("client", "others", "clients"))
}

/// The newest first.
fn by_month(books: &Books, most: usize) -> Option<Value> {
    let groups = books.by_month.iter().rev().map(|(month, group)| {
        let name = month.map_or("no issue date".to_owned(), |(year, month)| format!("{year}-{month:02}"));
        (head("month", name), group)
    });
    rows(&groups.collect::<Vec<_>>(), most, ("month", "earlier", "months"))
}

fn aging(books: &Books) -> Value {
    let names = AGES.iter().map(|(name, _)| *name).chain(["no due date"]);
    let row = |(name, group): (&str, &Group)| {
        let mut row = head("days_overdue", name);
        row.insert("n".into(), json!(group.n));
        put(&mut row, "open", &group.open);
        Value::Object(row)
    };
    names.zip(&books.aging).filter(|(_, group)| group.n > 0).map(row).collect()
}

fn days_to_pay(days: &Days) -> Value {
    let mut facts = Map::from_iter([("n".to_owned(), json!(days.n)), ("of".to_owned(), json!(days.of))]);
    if let (Some(average), Some(median)) = (days.average(), days.median()) {
        facts.insert("average".into(), money::number(average));
        facts.insert("median".into(), money::number(median));
    }
    Value::Object(facts)
}

/// What is left out of the sums, and what was taken for granted.
fn unsaid(currency: &str, books: &Books) -> Vec<String> {
    let all = &books.invoiced;
    let mut notes: Vec<String> = [("total", all.total), ("paid amount", all.paid), ("open amount", all.open)]
        .iter()
        .filter(|(_, sum)| sum.unsaid > 0)
        .map(|(name, sum)| {
            format!(
                "{currency}: {} of {} invoices show no {name}: sums with them are left out",
                sum.unsaid, all.n
            )
        })
        .collect();
    if books.assumed > 0 {
        notes.push(format!(
            "{currency}: {} unpaid invoices show neither `amount_due` nor `amount_paid`: their whole total counts as open",
            books.assumed
        ));
    }
    notes
}

#[cfg(test)]
mod tests;
