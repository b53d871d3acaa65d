//! Which transactions pay which invoice for sure: the rule, pure. Whatever a record does not show counts
//! against it.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::rules::{money, reference};

/// A transaction and the invoice that it pays in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub transaction_id: String,
    /// The booking day, as the API writes it.
    pub date: String,
    pub amount: Decimal,
    pub currency: String,
    /// Text from outside.
    pub payer: String,
    pub invoice_id: String,
    pub invoice_number: String,
}

/// What a look over the lists found.
#[derive(Debug, Default)]
pub struct Found {
    /// The oldest first.
    pub matches: Vec<Match>,
    /// How many transactions are no sure match, by reason.
    pub left_out: BTreeMap<&'static str, usize>,
}

impl Match {
    /// The whole of it, exactly: the same words mean the same match.
    pub fn exactly(&self) -> String {
        let Self { transaction_id, invoice_id, amount, currency, .. } = self;
        format!("{transaction_id} pays {invoice_id} {currency} {}", amount.normalize())
    }

    /// True if the transaction as it is now still is the one that was matched.
    pub fn is_of(&self, transaction: &Value) -> bool {
        text(transaction, "id") == self.transaction_id
            && credit(transaction)
                .is_ok_and(|credit| credit.amount == self.amount && credit.currency == self.currency)
    }

    /// True if the invoice as it is now is still to be paid with exactly this amount.
    pub fn pays(&self, invoice: &Value) -> bool {
        text(invoice, "id") == self.invoice_id
            && is_open(invoice)
            && currency(invoice).as_deref() == Some(&self.currency)
            && open_amount(invoice) == Some(self.amount)
    }
}

/// A credit that may be matched.
struct Credit {
    amount: Decimal,
    currency: String,
    reference: String,
}

/// Finds the sure matches in whole lists: of the transactions, and of the open invoices.
pub fn find(transactions: &[Value], invoices: &[Value]) -> Found {
    let mut by_reference: HashMap<String, Vec<&Value>> = HashMap::new();
    for invoice in invoices.iter().filter(|invoice| is_open(invoice)) {
        if let Some(reference) = payment_reference(invoice) {
            by_reference.entry(reference).or_default().push(invoice);
        }
    }
    let mut found = Found::default();
    for transaction in transactions {
        match sure(transaction, &by_reference) {
            Ok(sure) => found.matches.push(sure),
            Err(why) => found.leave_out(why, 1),
        }
    }
    found.drop_doubles();
    found
        .matches
        .sort_by(|one, other| (&one.date, &one.transaction_id).cmp(&(&other.date, &other.transaction_id)));
    found
}

impl Found {
    pub fn leave_out(&mut self, why: &'static str, count: usize) {
        if count > 0 {
            *self.left_out.entry(why).or_default() += count;
        }
    }

    /// An invoice that two payments fit is paid by neither for sure.
    fn drop_doubles(&mut self) {
        let mut payments: HashMap<String, usize> = HashMap::new();
        for found in &self.matches {
            *payments.entry(found.invoice_id.clone()).or_default() += 1;
        }
        let before = self.matches.len();
        self.matches.retain(|found| payments.get(&found.invoice_id) == Some(&1));
        self.leave_out("the same invoice is paid twice", before - self.matches.len());
    }
}

fn sure(transaction: &Value, by_reference: &HashMap<String, Vec<&Value>>) -> Result<Match, &'static str> {
    let credit = credit(transaction)?;
    let invoice = match by_reference.get(&credit.reference).map(Vec::as_slice) {
        None | Some([]) => return Err("no open invoice has its reference"),
        Some([invoice]) => *invoice,
        Some(_) => return Err("several open invoices have its reference"),
    };
    if currency(invoice).as_ref() != Some(&credit.currency) {
        return Err("another currency than the invoice's");
    }
    let open = open_amount(invoice).ok_or("the invoice does not show what is open")?;
    if open != credit.amount {
        return Err("another amount than the invoice's open amount");
    }
    let (transaction_id, invoice_id) = (text(transaction, "id"), text(invoice, "id"));
    if transaction_id.is_empty() || invoice_id.is_empty() {
        return Err("a record without id");
    }
    Ok(Match {
        transaction_id,
        date: first(transaction, &["booking_date", "date", "value_date"]),
        amount: credit.amount,
        currency: credit.currency,
        payer: first(transaction, &["counterparty_name", "debtor_name", "payer"]),
        invoice_id,
        invoice_number: text(invoice, "number"),
    })
}

/// The transaction as money that came in with a reference and waits to be matched.
fn credit(transaction: &Value) -> Result<Credit, &'static str> {
    if !matches!(text(transaction, "status").to_lowercase().as_str(), "unmatched" | "suggested") {
        return Err("not shown as unmatched");
    }
    let amount = transaction.get("amount").and_then(money::decimal).ok_or("no amount")?;
    if amount <= Decimal::ZERO || goes_out(transaction) {
        return Err("money out");
    }
    if transaction.get("reversal").is_some_and(|flag| *flag != Value::Bool(false) && !flag.is_null()) {
        return Err("a reversal");
    }
    let written = first(transaction, &["reference", "payment_reference", "creditor_reference"]);
    if written.is_empty() {
        return Err("no payment reference");
    }
    let reference = reference::compared(&written).ok_or("no valid payment reference")?;
    let currency = currency(transaction).ok_or("no currency")?;
    Ok(Credit { amount, currency, reference })
}

/// Some APIs write amounts without a sign and the direction beside them.
fn goes_out(transaction: &Value) -> bool {
    ["credit_debit", "credit_debit_indicator", "direction"]
        .iter()
        .filter_map(|name| transaction.get(*name).and_then(Value::as_str))
        .any(|word| {
            let word = word.to_lowercase();
            !(word.starts_with("cr") || word.starts_with("in"))
        })
}

/// Drafts, paid and cancelled invoices wait for no money; nor does one whose state is not shown.
fn is_open(invoice: &Value) -> bool {
    let closed = ["", "draft", "paid", "cancelled", "canceled", "void", "voided", "deleted"];
    !closed.contains(&text(invoice, "status").to_lowercase().as_str())
}

fn payment_reference(invoice: &Value) -> Option<String> {
    reference::compared(&first(invoice, &["payment_reference", "qr_reference"]))
}

/// What is still to be paid, where the record says so.
fn open_amount(invoice: &Value) -> Option<Decimal> {
    let amount = |name: &str| invoice.get(name).and_then(money::decimal);
    let open = amount("amount_due").or_else(|| amount("total")?.checked_sub(amount("amount_paid")?))?;
    (open > Decimal::ZERO).then_some(open)
}

fn currency(record: &Value) -> Option<String> {
    let code = text(record, "currency").trim().to_uppercase();
    (!code.is_empty()).then_some(code)
}

fn first(record: &Value, names: &[&str]) -> String {
    names.iter().map(|name| text(record, name)).find(|text| !text.trim().is_empty()).unwrap_or_default()
}

/// A text, or a number as it is written; empty where there is none.
fn text(record: &Value, name: &str) -> String {
    match record.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
