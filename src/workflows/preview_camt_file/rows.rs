//! The payments of a statement as rows: an entry is one, a collective entry as many as it has payments.

use serde_json::{Map, Value, json};

use crate::rules::camt::{Detail, Entry, File, Found, Party, Statement};
use crate::rules::money::number;

/// Rows in all.
pub fn count(file: &File) -> usize {
    file.statements.iter().flat_map(|statement| &statement.entries).map(in_entry).sum()
}

fn in_entry(entry: &Entry) -> usize {
    entry.details.len().max(1)
}

/// At most `limit` rows from the one at `start`, in the order of the file.
pub fn page(file: &File, start: usize, limit: usize) -> Vec<Value> {
    let several = file.statements.len() > 1;
    let entries = file
        .statements
        .iter()
        .flat_map(|statement| statement.entries.iter().map(move |entry| (statement, entry)));
    let rows =
        entries.flat_map(|(statement, entry)| (0..in_entry(entry)).map(move |at| (statement, entry, at)));
    rows.skip(start).take(limit).map(|(statement, entry, at)| row(statement, entry, at, several)).collect()
}

/// The payment at `at` of an entry. What goes without saying is left out: the account's currency, a value date
/// like the booking date, a status of booked.
fn row(statement: &Statement, entry: &Entry, at: usize, several: bool) -> Value {
    let none = Detail::default();
    let detail = entry.details.get(at).unwrap_or(&none);
    let mut row = Row(Map::new());
    row.put("statement", several.then_some(&statement.id));
    row.put("booking_date", entry.booked.as_ref());
    row.put("value_date", entry.valued.as_ref().filter(|valued| entry.booked.as_ref() != Some(valued)));
    let own = detail.amount.or_else(|| (!entry.is_collective()).then_some(entry.amount));
    let currency = detail.currency.as_ref().filter(|_| detail.amount.is_some()).unwrap_or(&entry.currency);
    row.0.insert("amount".into(), number(own.unwrap_or(entry.amount)));
    row.put("currency", Some(currency).filter(|currency| statement.currency.as_ref() != Some(currency)));
    row.put("status", (!entry.is_booked()).then_some(&entry.status));
    if entry.reversal {
        row.0.insert("reversal".into(), json!(true));
    }
    row.references(&detail.references);
    // The bank's words for the sort of entry say nothing beside a reference.
    let banks = entry.text.as_ref().filter(|_| detail.references.is_empty());
    row.put("text", detail.text.as_ref().or(banks));
    row.party("debtor", &detail.debtor, statement);
    row.party("creditor", &detail.creditor, statement);
    row.put("bank_reference", detail.bank_reference.as_ref().or(entry.bank_reference.as_ref()));
    let charges = detail.charges.or_else(|| (!entry.is_collective()).then_some(entry.charges).flatten());
    row.0.extend(charges.map(|charges| ("charges".to_owned(), number(charges))));
    if entry.is_collective() {
        row.put("collective", Some(&collective(entry, at, own.is_none())));
    }
    Value::Object(row.0)
}

/// Which of how many payments, and what they come to.
fn collective(entry: &Entry, at: usize, untold: bool) -> String {
    let of = entry.announced.unwrap_or(entry.details.len() as u64);
    let which = if entry.details.is_empty() {
        format!("{of} payments, told in a camt.054")
    } else {
        format!("{} of {of}, together {}", at + 1, entry.amount)
    };
    let untold = if untold && !entry.details.is_empty() { ", its own amount is not told" } else { "" };
    let charges = entry.charges.map(|charges| format!(", charges {charges}")).unwrap_or_default();
    format!("{which}{untold}{charges}")
}

struct Row(Map<String, Value>);

impl Row {
    fn put(&mut self, name: &str, value: Option<&String>) {
        self.0.extend(value.map(|value| (name.to_owned(), json!(value))));
    }

    /// One reference lies flat in the row; several are rare, and a list.
    fn references(&mut self, found: &[Found]) {
        match found {
            [] => {}
            [only] => self.0.extend(reference(only)),
            several => {
                let several = several.iter().map(|found| Value::Object(reference(found)));
                self.0.insert("references".into(), several.collect());
            }
        }
    }

    /// Name and IBAN, unless it is the account's own.
    fn party(&mut self, role: &str, party: &Party, statement: &Statement) {
        if party.iban.is_some() && party.iban == statement.iban {
            return;
        }
        self.put(role, party.name.as_ref());
        self.put(&format!("{role}_iban"), party.iban.as_ref());
    }
}

fn reference(found: &Found) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("reference".into(), json!(found.text));
    facts.extend(found.kind.map(|kind| ("reference_type".to_owned(), json!(kind.name()))));
    facts.insert("reference_valid".into(), json!(found.wrong.is_none()));
    facts.extend(found.wrong.as_ref().map(|why| ("reference_wrong".to_owned(), json!(why))));
    facts
}
