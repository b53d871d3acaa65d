//! `preview_camt_file`: what a bank statement holds, before it is imported. Sends and books nothing.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{LIMIT, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Stop};
use crate::rules::camt::{self, Balance, File, Kind, Statement};
use crate::rules::iban;
use crate::rules::money::number;

/// Payments in one answer where `limit` is not given, and at the most.
const DEFAULT_LIMIT: usize = 25;
const LARGEST_LIMIT: usize = 200;
/// Statements that are described, and notes of one kind: a file may hold any number of them.
const MOST_STATEMENTS: usize = 50;
const MOST_NOTES: usize = 10;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "preview_camt_file",
        toolset: Toolset::Banking,
        about: "Read a bank statement (camt.053, camt.054): balances, payments, totals. Books nothing.",
        params: &[
            text("file").gateway().required().or("xml").about("path in an allowed folder"),
            text("xml").gateway().about("its content"),
            LIMIT,
            text("cursor").gateway(),
        ],
        ..Endpoint::LOCAL
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(async { run(calls) }),
};

fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let arguments = calls.arguments();
    let argument = |name: &str| arguments.get(name).and_then(Value::as_str);
    let file = match argument("file") {
        Some(path) => camt::read(&calls.read_file(path)?),
        None => camt::read(argument("xml").unwrap_or_default()),
    };
    let file = file.map_err(Failure::from)?;
    let limit = arguments.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, LARGEST_LIMIT));
    let start = argument("cursor").map_or(Ok(0), |cursor| cursor.trim().parse()).map_err(|_| {
        Failure::new("bad_arguments", Exit::Refused, "`cursor` is none of a preview's `next_cursor`")
            .hint("leave it out to begin with the first payment")
    })?;
    Ok(preview(&file, start, limit))
}

/// The facts of a file, and `limit` of its payments from the one at `start`.
fn preview(file: &File, start: usize, limit: usize) -> Map<String, Value> {
    let of = rows::count(file);
    let rows = rows::page(file, start, limit);
    let end = start.saturating_add(rows.len());
    let mut facts = Map::new();
    facts.insert("format".into(), json!(file.format));
    facts.extend(file.message_id.as_ref().map(|id| ("message_id".to_owned(), json!(id))));
    let described = file.statements.iter().take(MOST_STATEMENTS).map(|one| described(one, file.kind));
    facts.insert("statements".into(), described.collect());
    facts.insert("sums".into(), sums(file));
    let others = not_counted(file);
    if !others.is_empty() {
        facts.insert("not_counted".into(), Value::Object(others));
    }
    facts.insert("n".into(), json!(rows.len()));
    facts.insert("of".into(), json!(of));
    facts.insert("complete".into(), json!(rows.len() == of));
    facts.insert("items".into(), Value::Array(rows));
    if end < of {
        facts.insert("next_cursor".into(), json!(end.to_string()));
    }
    let notes = notes(file);
    if !notes.is_empty() {
        facts.insert("notes".into(), json!(notes));
    }
    facts.insert(
        "next".into(),
        json!("nothing was imported or booked; import_bank_transactions takes the same file"),
    );
    facts
}

/// One statement without its entries.
fn described(statement: &Statement, kind: Kind) -> Value {
    let mut facts = Map::new();
    facts.insert("id".into(), json!(statement.id));
    let texts =
        [("sequence", &statement.sequence), ("iban", &statement.iban), ("currency", &statement.currency)];
    for (name, text) in texts {
        facts.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
    }
    for (name, balance) in [("opening", &statement.opening), ("closing", &statement.closing)] {
        facts.extend(balance.as_ref().map(|balance| (name.to_owned(), of_balance(balance, statement))));
    }
    if kind == Kind::Statement {
        facts.insert("adds_up".into(), json!(statement.adds_up()));
    }
    facts.insert("entries".into(), json!(statement.entries.len()));
    Value::Object(facts)
}

fn of_balance(balance: &Balance, statement: &Statement) -> Value {
    let mut facts = Map::new();
    facts.insert("amount".into(), number(balance.amount));
    if statement.currency.as_ref() != Some(&balance.currency) {
        facts.insert("currency".into(), json!(balance.currency));
    }
    facts.extend(balance.date.as_ref().map(|date| ("date".to_owned(), json!(date))));
    Value::Object(facts)
}

/// Booked entries by currency.
fn sums(file: &File) -> Value {
    let Some(sums) = file.sums() else { return json!("too large to be added exactly") };
    let of = |(currency, sum): (&str, camt::Sums)| {
        let sum =
            json!({ "entries": sum.entries, "credits": number(sum.credits), "debits": number(sum.debits) });
        (currency.to_owned(), sum)
    };
    Value::Object(sums.into_iter().map(of).collect())
}

/// How many entries are not booked, by their status.
fn not_counted(file: &File) -> Map<String, Value> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let entries = file.statements.iter().flat_map(|statement| &statement.entries);
    for entry in entries.filter(|entry| !entry.is_booked()) {
        *counts.entry(&entry.status).or_default() += 1;
    }
    counts.into_iter().take(MOST_NOTES).map(|(status, count)| (status.to_owned(), json!(count))).collect()
}

fn notes(file: &File) -> Vec<String> {
    let mut notes = Vec::new();
    let collective = file.statements.iter().flat_map(|one| &one.entries).any(camt::Entry::is_collective);
    match file.kind {
        Kind::Notification => notes.push(
            "a camt.054 tells details of entries that a camt.053 holds too: never book the same money twice".to_owned(),
        ),
        Kind::Statement if collective => notes.push(
            "a camt.054 may tell the payments of a collective entry once more: never book the same money twice".to_owned(),
        ),
        Kind::Statement => {}
    }
    if !file.format.ends_with(".001.04") && !file.format.ends_with(".001.08") {
        notes.push(format!(
            "`{}` is read like .001.04 and .001.08, the versions that are known here",
            file.format
        ));
    }
    if file.more_pages {
        notes.push("more files of the same message follow this one".to_owned());
    }
    if file.statements.len() > MOST_STATEMENTS {
        notes.push(format!(
            "{} statements, of which the first {MOST_STATEMENTS} are described",
            file.statements.len()
        ));
    }
    let mut found: Vec<String> = file.statements.iter().flat_map(of_statement).collect();
    found.extend(file.statements.iter().flat_map(of_collective));
    found.extend(repeated(file));
    let more = found.len().saturating_sub(MOST_NOTES);
    notes.extend(found.into_iter().take(MOST_NOTES));
    if more > 0 {
        notes.push(format!("{more} more findings of these kinds"));
    }
    notes
}

fn of_statement(statement: &Statement) -> Vec<String> {
    let id = &statement.id;
    let mut notes = Vec::new();
    if let (Some(false), Some(reached)) = (statement.adds_up(), statement.reached()) {
        notes.push(format!(
            "statement `{id}` does not add up: opening balance and booked entries make {reached}, not the closing \
             balance; something is missing or altered, do not import it before the bank has said why"
        ));
    }
    if let Some(Err(why)) = statement.iban.as_deref().map(iban::check) {
        notes.push(format!("the IBAN of statement `{id}` is wrong: {why}"));
    }
    if statement.is_copy {
        notes.push(format!("the bank calls statement `{id}` a copy or a duplicate"));
    }
    notes
}

/// Collective entries whose payments do not come to the entry.
fn of_collective(statement: &Statement) -> impl Iterator<Item = String> {
    let wrong = |entry: &&camt::Entry| {
        let short = entry.announced.is_some_and(|count| count != entry.details.len() as u64);
        let other = entry.paid().is_some_and(|paid: Decimal| paid != entry.amount);
        entry.is_collective() && !entry.details.is_empty() && (short || other)
    };
    statement.entries.iter().filter(wrong).map(|entry| {
        let name = entry.bank_reference.as_deref().unwrap_or("without a reference");
        format!(
            "the payments in the collective entry `{name}` are not as many, or not as much, as the entry says"
        )
    })
}

/// Entries and statements that are there twice.
fn repeated(file: &File) -> Vec<String> {
    let mut notes = Vec::new();
    let (mut statements, mut entries) = (BTreeSet::new(), BTreeSet::new());
    for statement in &file.statements {
        if !statements.insert((&statement.iban, &statement.id)) {
            notes.push(format!("statement `{}` is there twice", statement.id));
        }
        for entry in statement.entries.iter().filter(|entry| entry.is_booked()) {
            let Some(reference) = &entry.bank_reference else { continue };
            if !entries.insert((&statement.iban, reference, entry.amount, entry.reversal)) {
                notes.push(format!("the entry `{reference}` of {} is there twice", entry.amount));
            }
        }
    }
    notes
}

#[cfg(test)]
mod tests;
