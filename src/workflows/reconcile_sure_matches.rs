//! `reconcile_sure_matches`: the bank transactions that pay an invoice for sure, shown as one list, and
//! reconciled one after the other once a person said yes to exactly that list.

mod carrying_out;
mod sure;

use std::collections::{BTreeMap, HashSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{PERIOD, from, id, integer, text, to};
use crate::catalogue::{Confirms, Effect, Endpoint, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Proposal, Rows, Stop, quoted};
use crate::rules::money;
use carrying_out::Order;
use sure::{Found, Match};

/// Matches in one list where `max` is not given, and at the most.
const DEFAULT_MAX: usize = 100;
const LARGEST_MAX: usize = 200;
/// Why a sure match is not in the list.
const OVER_MAX: &str = "over `max`: for the next list";
/// Matches that a question shows one by one.
const SHOWN: usize = 20;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "reconcile_sure_matches",
        toolset: Toolset::Banking,
        about: "Reconcile all payments that fit exactly one open invoice, after one yes to the list. If cut off, go on with `resume`.",
        effect: Effect::Acts,
        confirms: Confirms::Always,
        params: &[
            id("bank_account_id"),
            from("booking_date"),
            to("booking_date"),
            PERIOD,
            integer("max"),
            text("resume"),
        ],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let (found, transactions) = look(calls).await?;
    if let Some(token) = calls.arguments().get("resume").and_then(Value::as_str) {
        return resume(calls, token, found, &transactions).await;
    }
    let found = at_most(calls, found);
    if calls.dry_run() {
        let mut facts = Map::new();
        facts.insert("dry_run".into(), json!(true));
        facts.insert("sent".into(), json!("nothing was sent"));
        facts.extend(preview(&found));
        return Ok(facts);
    }
    if found.matches.is_empty() {
        let mut facts = Map::new();
        facts.insert("done".into(), json!(false));
        facts.insert("note".into(), json!("no sure match: nothing was sent"));
        facts.extend(preview(&found));
        return Ok(facts);
    }
    let yes = calls.agree(&proposal(&found))?;
    let order = Order { yes, of: found.matches.len(), matches: found.matches, left_out: Vec::new() };
    Ok(carrying_out::carry_out(calls, order).await?)
}

/// Goes on with what is left of a list that was said yes to before, without asking again.
async fn resume(
    calls: &dyn Calls,
    token: &str,
    found: Found,
    transactions: &[Value],
) -> Result<Map<String, Value>, Stop> {
    if calls.dry_run() {
        let message = "`resume` goes on with what a person said yes to and has no preview; nothing was sent";
        return Err(Failure::new("bad_arguments", Exit::Refused, message)
            .hint("leave out `resume` or `dry_run`")
            .into());
    }
    let (yes, kept) = calls.recall(token)?;
    let of = kept.len() / carrying_out::PARTS;
    let matches: Vec<Match> =
        found.matches.into_iter().filter(|found| kept.holds(&found.exactly())).collect();
    let still: HashSet<&str> = matches.iter().map(|found| found.transaction_id.as_str()).collect();
    // Those that are still listed can be named, the others are gone from the list.
    let changed = transactions
        .iter()
        .filter_map(|transaction| transaction.get("id")?.as_str())
        .filter(|id| !still.contains(id) && kept.holds(&carrying_out::transaction_part(id)));
    let mut left_out: Vec<Value> = changed
        .map(|id| json!({ "transaction_id": id, "why": "it is no sure match any more: its invoice or the transaction changed" }))
        .collect();
    let gone = of.saturating_sub(matches.len() + left_out.len());
    if gone > 0 {
        left_out.push(json!({ "transactions": gone, "why": "matched or gone meanwhile" }));
    }
    Ok(carrying_out::carry_out(calls, Order { yes, of, matches, left_out }).await?)
}

/// Reads the lists, whole, and finds the sure matches in them.
async fn look(calls: &dyn Calls) -> Result<(Found, Vec<Value>), Failure> {
    let arguments = calls.arguments();
    let mut transactions = Vec::new();
    let mut seen = HashSet::new();
    for status in ["unmatched", "suggested"] {
        let names = ["bank_account_id", "from", "to"];
        let mut filters: Map<String, Value> = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), arguments.get(*name)?.clone())))
            .collect();
        filters.insert("status".to_owned(), json!(status));
        let list = whole(calls.rows("list_bank_transactions", filters).await?, "bank transactions")?;
        // A transaction may change from one state to the other between the two reads.
        transactions.extend(
            list.into_iter().filter(|row| row.get("id").is_none_or(|id| seen.insert(id.to_string()))),
        );
    }
    let unpaid = Map::from_iter([("status".to_owned(), json!("unpaid"))]);
    let invoices = whole(calls.rows("list_invoices", unpaid).await?, "open invoices")?;
    Ok((sure::find(&transactions, &invoices), transactions))
}

/// Of a part of a list nothing is sure: the other part may hold a second invoice or payment.
fn whole(list: Rows, what: &str) -> Result<Vec<Value>, Failure> {
    if list.complete {
        return Ok(list.records);
    }
    let message =
        format!("the list of {what} could not be read to its end, so no match is sure; nothing was sent");
    let failure = Failure::new("list_incomplete", Exit::Refused, message);
    let failure = match list.note {
        Some(note) => failure.because(note),
        None => failure.because(format!("{} were read, and there are more", list.records.len())),
    };
    Err(failure.hint("name a shorter `period`, or reconcile one by one with `reconcile_transaction`"))
}

fn at_most(calls: &dyn Calls, mut found: Found) -> Found {
    let max = calls.arguments().get("max").and_then(Value::as_u64).and_then(|max| usize::try_from(max).ok());
    let max = max.map_or(DEFAULT_MAX, |max| max.clamp(1, LARGEST_MAX));
    let over = found.matches.len().saturating_sub(max);
    found.matches.truncate(max);
    found.leave_out(OVER_MAX, over);
    found
}

/// The list as it is shown before anything happens.
fn preview(found: &Found) -> Map<String, Value> {
    let mut facts = Map::new();
    let of = found.matches.len() + found.left_out.get(OVER_MAX).copied().unwrap_or_default();
    facts.insert("n".into(), json!(found.matches.len()));
    facts.insert("of".into(), json!(of));
    facts.insert("complete".into(), json!(found.matches.len() == of));
    facts.insert("items".into(), found.matches.iter().map(row).collect());
    facts.insert("sums".into(), sums(&found.matches));
    facts.insert("left_out".into(), json!(found.left_out));
    facts
}

fn proposal(found: &Found) -> Proposal {
    let label = label(&found.matches);
    let line = |found: &Match| {
        format!(
            "{} {} {} pays invoice \"{}\", from \"{}\"",
            quoted(&found.date),
            quoted(&found.currency),
            amount(found.amount),
            quoted(&found.invoice_number),
            quoted(&found.payer)
        )
    };
    let more = found.matches.len().saturating_sub(SHOWN);
    Proposal {
        what: format!("Reconcile {label}, each with the one open invoice that it pays in full?"),
        effect: "This posts to the books and cannot simply be undone.",
        lines: found
            .matches
            .iter()
            .take(SHOWN)
            .map(line)
            .chain((more > 0).then(|| format!("… and {more} more")))
            .collect(),
        exactly: found.matches.iter().map(Match::exactly).collect::<Vec<_>>().join("\n"),
        facts: preview(found),
        label,
    }
}

/// `2 transactions, CHF 2541.55, EUR 100.00`: what a client repeats that cannot ask.
fn label(matches: &[Match]) -> String {
    let noun = if matches.len() == 1 { "transaction" } else { "transactions" };
    let sums = totals(matches).into_iter().map(|(currency, sum)| match sum {
        Some(sum) => format!("{} {}", quoted(currency), amount(sum)),
        None => quoted(currency),
    });
    [format!("{} {noun}", matches.len())].into_iter().chain(sums).collect::<Vec<_>>().join(", ")
}

fn sums(matches: &[Match]) -> Value {
    // In the shape of the sums of lists.
    let sum = |(currency, sum): (&str, Option<Decimal>)| {
        Some((currency.to_owned(), json!({ "amount": money::number(money::cents(sum?)) })))
    };
    Value::Object(totals(matches).into_iter().filter_map(sum).collect())
}

/// Per currency; none where the sum is too large to stay exact.
fn totals(matches: &[Match]) -> BTreeMap<&str, Option<Decimal>> {
    let mut totals = BTreeMap::new();
    for found in matches {
        let total = totals.entry(found.currency.as_str()).or_insert(Some(Decimal::ZERO));
        *total = total.and_then(|total| total.checked_add(found.amount));
    }
    totals
}

/// A match as it stands in an answer.
fn row(found: &Match) -> Value {
    json!({
        "transaction_id": found.transaction_id,
        "date": found.date,
        "amount": money::number(money::cents(found.amount)),
        "currency": found.currency,
        "payer": quoted(&found.payer),
        "invoice_number": found.invoice_number,
        "invoice_id": found.invoice_id,
    })
}

fn amount(amount: Decimal) -> String {
    money::cents(amount).to_string()
}
