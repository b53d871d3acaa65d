//! The ledger: journal entries derived from invoices and expenses, and those that were written by hand or by
//! matching a payment. Entries of documents are computed anew on every read, so they never differ from them.

mod documents;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Error, Record};
use super::context::Context;
use super::{fields, money};

/// What an entry was made from; spelled as the API spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Manual,
    Invoice,
    Expense,
    Bank,
    Closing,
}

impl Source {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Invoice => "invoice",
            Self::Expense => "expense",
            Self::Bank => "bank",
            Self::Closing => "closing",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "invoice" => Self::Invoice,
            "expense" => Self::Expense,
            "bank" => Self::Bank,
            "closing" => Self::Closing,
            _ => Self::Manual,
        }
    }
}

/// One side of an entry: debits positive, credits negative, in the base currency.
#[derive(Debug, Clone)]
pub struct Line {
    pub account: String,
    pub amount: Decimal,
    pub description: Option<String>,
    pub tax_code: Option<String>,
}

impl Line {
    pub fn new(account: impl Into<String>, amount: Decimal) -> Self {
        Self { account: account.into(), amount, description: None, tax_code: None }
    }

    pub fn described(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    fn read(record: &Record) -> Self {
        let side = |name| money::field(record, name).unwrap_or_default();
        Self {
            account: fields::text(record, "account").to_owned(),
            amount: side("debit") - side("credit"),
            description: fields::said(record, "description").map(str::to_owned),
            tax_code: fields::said(record, "tax_code").map(str::to_owned),
        }
    }

    /// The line as the API shows it: a debit or a credit.
    pub fn record(&self) -> Record {
        let side = if self.amount.is_sign_negative() { "credit" } else { "debit" };
        let mut record = Record::new();
        record.insert("account".to_owned(), self.account.clone().into());
        record.insert(side.to_owned(), digits(self.amount.abs()));
        fields::put_text(&mut record, "description", self.description.as_deref());
        fields::put_text(&mut record, "tax_code", self.tax_code.as_deref());
        record
    }
}

/// A JSON number with the places that the amount was written with.
fn digits(amount: Decimal) -> Value {
    serde_json::from_str(&amount.to_string()).unwrap_or(Value::Null)
}

/// A journal entry; its lines add up to zero.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: String,
    pub number: String,
    pub date: Date,
    pub description: String,
    pub reference: Option<String>,
    pub source: Source,
    /// The invoice, expense or bank transaction.
    pub source_id: Option<String>,
    pub lines: Vec<Line>,
    pub created_at: String,
    pub updated_at: String,
}

/// How two entries are compared: a pointer, since every closure would bring a sort of its own into the binary.
pub type EntryOrder = fn(&Entry, &Entry) -> Ordering;

impl Entry {
    /// The order of the books: by date, on one day as they were written.
    pub fn by_date(&self, other: &Self) -> Ordering {
        (self.date, &self.created_at).cmp(&(other.date, &other.created_at))
    }

    /// Reads a stored entry; none where its date is damaged.
    pub fn read(record: &Record) -> Option<Self> {
        let text = |name| fields::text(record, name).to_owned();
        Some(Self {
            id: text("id"),
            number: text("number"),
            date: fields::date(record, "date")?,
            description: text("description"),
            reference: fields::said(record, "reference").map(str::to_owned),
            source: Source::read(fields::text(record, "source")),
            source_id: fields::said(record, "source_id").map(str::to_owned),
            lines: fields::objects(record, "lines").map(Line::read).collect(),
            created_at: text("created_at"),
            updated_at: text("updated_at"),
        })
    }

    /// The entry as it is stored and shown.
    pub fn record(&self, currency: &str) -> Record {
        let lines: Vec<Value> = self.lines.iter().map(|line| Value::Object(line.record())).collect();
        let mut record = Record::new();
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("id", json!(self.id));
        put("number", json!(self.number));
        put("date", json!(self.date.to_string()));
        put("description", json!(self.description));
        if let Some(reference) = &self.reference {
            put("reference", json!(reference));
        }
        put("currency", json!(currency));
        put("lines", lines.into());
        put("source", json!(self.source.as_str()));
        if let Some(id) = &self.source_id {
            put("source_id", json!(id));
        }
        put("created_at", json!(self.created_at));
        put("updated_at", json!(self.updated_at));
        record
    }

    pub fn touches(&self, account: &str) -> bool {
        self.lines.iter().any(|line| line.account == account)
    }
}

/// Every entry of a profile, by date and within a day by creation.
pub struct Ledger {
    pub entries: Vec<Entry>,
}

impl Ledger {
    pub fn read(cx: &Context<'_>) -> Result<Self, Error> {
        let banks = documents::Banks::read(cx)?;
        let mut entries: Vec<Entry> =
            cx.tx.all("invoices")?.iter().filter_map(|doc| documents::invoice(doc, cx.currency())).collect();
        let reclaims = fields::flag(cx.profile, "vat_registered");
        entries.extend(
            cx.tx.all("expenses")?.iter().filter_map(|doc| documents::expense(doc, reclaims, &banks)),
        );
        entries.extend(cx.tx.all("journal-entries")?.iter().filter_map(Entry::read));
        let order: EntryOrder = Entry::by_date;
        entries.sort_by(order);
        Ok(Self { entries })
    }

    /// Debits minus credits per account over the days from `from` (the beginning without one) to `to`.
    pub fn balances(&self, from: Option<Date>, to: Date) -> BTreeMap<String, Decimal> {
        let mut balances = BTreeMap::new();
        for entry in self.between(from, to) {
            for line in &entry.lines {
                *balances.entry(line.account.clone()).or_default() += line.amount;
            }
        }
        balances
    }

    /// The entries of those days.
    pub fn between(&self, from: Option<Date>, to: Date) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| from.is_none_or(|from| entry.date >= from) && entry.date <= to)
    }
}

/// The id of the entry that a document makes; the same on every read.
pub fn entry_id(document_id: &str) -> String {
    let space = Uuid::parse_str(document_id).unwrap_or(Uuid::NAMESPACE_URL);
    Uuid::new_v5(&space, b"journal-entry").to_string()
}
