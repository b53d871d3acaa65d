//! Reconciling: what a bank transaction pays. Invoices and expenses take their part, and in double-entry
//! bookkeeping a journal entry is written. Nothing is written off silently: the parts add up to the transaction.

mod allocation;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Issue, Record};
use super::bank_transactions::{self, shown, stored};
use super::context::{Context, Input};
use super::fiscal_years::Years;
use super::matching::OpenItems;
use super::postings::{Entry, Line, Source};
use super::{bank_accounts, chart, exchange, fields, ids, journal, money};
pub use allocation::{Allocation, Target};

/// A transaction while it is matched.
pub struct Payment {
    pub id: String,
    /// Signed: credits positive.
    pub amount: Decimal,
    pub currency: String,
    pub date: Date,
}

pub fn reconcile(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let mut record = stored(cx, &input.id)?;
    if fields::text(&record, "status") == "matched" {
        return Err(Error::conflict(
            "already_reconciled",
            "the bank transaction is matched already; nothing was changed",
        ));
    }
    let payment = Payment {
        id: input.id.clone(),
        amount: money::field(&record, "amount").unwrap_or_default(),
        currency: fields::text(&record, "currency").to_owned(),
        date: fields::date(&record, "booking_date").unwrap_or(cx.today),
    };
    let years = Years::read(cx)?;
    let keeps_books = journal::require_double_entry(cx).is_ok();
    if keeps_books {
        years.open_year(payment.date, "bank transaction")?;
    }
    let mut allocations = allocation::read(cx, &payment, &input.body, &years)?;
    check_sum(&payment, &mut allocations)?;
    if keeps_books {
        let entry = entry(cx, &payment, &record, &allocations, fields::said(&input.body, "note"))?;
        cx.tx.put(journal::RESOURCE, &entry.record(cx.currency()))?;
        record.insert("journal_entry_id".to_owned(), json!(entry.id));
    }
    let kept: Vec<Value> = allocations.iter().map(|allocation| Value::Object(allocation.record())).collect();
    for allocation in allocations {
        allocation.settle(cx, &payment)?;
    }
    record.insert("status".to_owned(), json!("matched"));
    record.insert("allocations".to_owned(), kept.into());
    fields::put_text(&mut record, "note", fields::said(&input.body, "note"));
    record.insert("updated_at".to_owned(), json!(cx.now));
    cx.tx.put(bank_transactions::RESOURCE, &record)?;
    Ok(Answer::ok(shown(record, &OpenItems::read(cx)?)))
}

/// Parts may be given as positive amounts whichever way the money went, or with the transaction's own sign.
fn check_sum(payment: &Payment, allocations: &mut [Allocation]) -> Result<(), Error> {
    let sum: Decimal = allocations.iter().map(|allocation| allocation.amount).sum();
    let whole = payment.amount.abs();
    if sum == payment.amount && sum != whole {
        for allocation in allocations {
            allocation.amount = -allocation.amount;
        }
        return Ok(());
    }
    if sum == whole {
        return Ok(());
    }
    let (difference, word) =
        if sum < whole { (whole - sum, "is left over") } else { (sum - whole, "is too much") };
    Err(Error::field(
        "allocations",
        format!(
            "come to {sum:.2} {0}, but the transaction is {whole:.2} {0}: {difference:.2} {0} {word}",
            payment.currency
        ),
    ))
}

/// The bank against what was paid, in the base currency.
pub fn entry(
    cx: &Context<'_>,
    payment: &Payment,
    record: &Record,
    allocations: &[Allocation],
    note: Option<&str>,
) -> Result<Entry, Error> {
    // Money in: the bank is debited and the parts are credited. Money out is the other way round.
    let sign = if payment.amount < Decimal::ZERO { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
    let base = |amount| exchange::convert(amount, &payment.currency, cx.currency());
    let mut lines: Vec<Line> = allocations
        .iter()
        .map(|allocation| {
            let amount = match &allocation.target {
                // The difference of two converted totals, so that parts of a foreign invoice add up to it.
                Target::Invoice(invoice) => {
                    let paid = money::field(invoice, "amount_paid").unwrap_or_default();
                    base(paid) - base(paid - allocation.amount)
                }
                _ => base(allocation.amount),
            };
            let account = match &allocation.target {
                Target::Invoice(_) => chart::RECEIVABLES,
                Target::Expense(_) => chart::PAYABLES,
                Target::Account(account) => account.as_str(),
            };
            Line::new(account, sign * amount).described(allocation.label())
        })
        .collect();
    let bank_account = bank_accounts::BANK_ACCOUNT.find(cx, fields::text(record, "bank_account_id"))?;
    let bank: Decimal = lines.iter().map(|line| line.amount).sum();
    lines.insert(0, Line::new(fields::said(&bank_account, "account").unwrap_or(chart::BANK), -bank));
    lines.retain(|line| !line.amount.is_zero());
    let labels: Vec<String> = allocations.iter().map(Allocation::label).collect();
    let who = fields::said(record, "counterparty_name").map_or_else(String::new, |name| format!(" {name}"));
    let note = note.map_or_else(String::new, |note| format!(" ({note})"));
    let kind = if payment.amount < Decimal::ZERO { "Payment to" } else { "Payment from" };
    let kind = if who.is_empty() { "Bank transaction" } else { kind };
    Ok(Entry {
        id: ids::new(),
        number: journal::number(cx)?,
        date: payment.date,
        description: format!("{kind}{who}: {}{note}", labels.join(", ")),
        reference: fields::said(record, "reference").map(str::to_owned),
        source: Source::Bank,
        source_id: Some(payment.id.clone()),
        lines,
        created_at: cx.now.to_owned(),
        updated_at: cx.now.to_owned(),
    })
}

/// An issue with a field of one allocation.
fn issue(index: usize, field: &str, issue: impl Into<String>) -> Issue {
    Issue { field: format!("allocations[{index}].{field}"), issue: issue.into() }
}
