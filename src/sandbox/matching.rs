//! Which open invoice or expense a bank transaction may belong to: a payment reference that is right to the
//! last digit, else the exact open amount within a window of days.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Error, Record};
use super::context::Context;
use super::references::{compact, is_creditor_reference, is_qr_reference};
use super::{expenses, fields, money};

/// How long after its due date an invoice is still looked for by amount, in days.
const LATE_DAYS: i64 = 60;
/// How long before its receipt date an expense may have been paid, in days.
const EARLY_DAYS: i64 = 5;

/// An invoice or expense that waits for money.
#[derive(Debug)]
struct OpenItem {
    kind: &'static str,
    id: String,
    number: String,
    reference: String,
    /// What the other side is called.
    name: String,
    /// Positive for money to come in, negative for money to go out.
    amount: Decimal,
    currency: String,
    first: Date,
    last: Date,
}

/// Everything of a profile that waits for money.
pub struct OpenItems(Vec<OpenItem>);

impl OpenItems {
    pub fn read(cx: &Context<'_>) -> Result<Self, Error> {
        let mut items: Vec<OpenItem> = cx.tx.all("invoices")?.iter().filter_map(invoice).collect();
        items.extend(cx.tx.all(expenses::EXPENSE.resource)?.iter().filter_map(expense));
        Ok(Self(items))
    }

    /// What a transaction may belong to, the surest first.
    pub fn suggestions(&self, transaction: &Record) -> Vec<Value> {
        let amount = money::field(transaction, "amount").unwrap_or_default();
        if fields::flag(transaction, "reversal") {
            return Vec::new();
        }
        let reference = compact(fields::text(transaction, "reference"));
        let is_checked = is_qr_reference(&reference) || is_creditor_reference(&reference);
        let by_reference = self.0.iter().filter(|item| {
            is_checked && item.kind == "invoice" && amount > Decimal::ZERO && item.reference == reference
        });
        let found: Vec<Value> = by_reference.map(|item| item.suggestion("reference", 100)).collect();
        if !found.is_empty() {
            return found;
        }
        let date = fields::date(transaction, "booking_date");
        let text = format!(
            "{} {}",
            fields::text(transaction, "counterparty_name"),
            fields::text(transaction, "remittance")
        )
        .to_lowercase();
        let mut found: Vec<(i64, &OpenItem)> = self
            .0
            .iter()
            .filter(|item| {
                item.amount == amount
                    && item.currency == fields::text(transaction, "currency")
                    && date.is_some_and(|date| item.first <= date && date <= item.last)
            })
            .map(|item| (if item.is_named_in(&text) { 80 } else { 60 }, item))
            .collect();
        found.sort_by_key(|(score, _)| -score);
        found.into_iter().map(|(score, item)| item.suggestion("amount_and_date", score)).collect()
    }
}

impl OpenItem {
    /// `score` in hundredths.
    fn suggestion(&self, reason: &str, score: i64) -> Value {
        let mut suggestion = json!({
            "kind": self.kind, "id": self.id, "reason": reason, "score": money::json(Decimal::new(score, 2)),
            "open_amount": money::json(self.amount.abs()),
        });
        if let Some(fields) = suggestion.as_object_mut().filter(|_| !self.number.is_empty()) {
            fields.insert("number".to_owned(), json!(self.number));
        }
        suggestion
    }

    fn is_named_in(&self, text: &str) -> bool {
        [&self.number, &self.name]
            .into_iter()
            .any(|word| !word.is_empty() && text.contains(&word.to_lowercase()))
    }
}

/// What is still to be paid of an invoice; none for drafts, paid and cancelled ones.
pub fn open_amount(invoice: &Record) -> Option<Decimal> {
    if !matches!(fields::text(invoice, "status"), "sent" | "overdue" | "partially_paid") {
        return None;
    }
    let total = money::field(invoice, "total")?;
    Some(total - money::field(invoice, "amount_paid").unwrap_or_default())
}

fn invoice(doc: &Record) -> Option<OpenItem> {
    let amount = open_amount(doc).filter(|amount| *amount > Decimal::ZERO)?;
    let issued = fields::date(doc, "issue_date")?;
    let due = fields::date(doc, "due_date").unwrap_or(issued).max(issued);
    let client = doc.get("client").and_then(Value::as_object);
    Some(OpenItem {
        kind: "invoice",
        id: fields::text(doc, "id").to_owned(),
        number: fields::text(doc, "number").to_owned(),
        reference: compact(fields::text(doc, "payment_reference")),
        name: client.map_or_else(String::new, |client| fields::text(client, "name").to_owned()),
        amount,
        currency: fields::text(doc, "currency").to_owned(),
        first: issued,
        last: due.saturating_add(LATE_DAYS.days()),
    })
}

fn expense(doc: &Record) -> Option<OpenItem> {
    let date = fields::date(doc, "date")?;
    if fields::said(doc, "bank_transaction_id").is_some() {
        return None;
    }
    Some(OpenItem {
        kind: "expense",
        id: fields::text(doc, "id").to_owned(),
        number: String::new(),
        reference: String::new(),
        name: fields::text(doc, "description").to_owned(),
        amount: -money::field(doc, "amount")?,
        currency: fields::text(doc, "currency").to_owned(),
        first: date.saturating_sub(EARLY_DAYS.days()),
        last: date.saturating_add(LATE_DAYS.days()),
    })
}
