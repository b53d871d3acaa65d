//! The import of a statement file: every booked movement once, whichever files carry it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::RESOURCE;
use crate::sandbox::answer::{Answer, Error, Record};
use crate::sandbox::camt::{self, Movement, Statement};
use crate::sandbox::context::{Context, Input};
use crate::sandbox::matching::OpenItems;
use crate::sandbox::store::Filter;
use crate::sandbox::{bank_accounts, expenses, fields, ids, money};

/// What the import did.
#[derive(Default)]
struct Tally {
    transactions: u64,
    imported: u64,
    duplicates: u64,
    suggested: u64,
}

pub fn import(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let mut account = bank_accounts::BANK_ACCOUNT.find(cx, &input.id)?;
    let Some(bytes) = input.file.as_deref().filter(|bytes| !bytes.is_empty()) else {
        return Err(Error::field(
            "file",
            "is missing: send the camt.053 or camt.054 file in the form field `file`",
        ));
    };
    let file = camt::read(bytes).map_err(|problem| Error::new(422, problem.code, problem.message))?;
    let import_id = ids::new();
    let mut tally = Tally::default();
    let mut known = Known::read(cx, &input.id)?;
    let open = OpenItems::read(cx)?;
    for statement in &file.statements {
        check_account(&account, statement)?;
        for movement in &statement.movements {
            tally.transactions += 1;
            if !known.admit(cx, movement)? {
                tally.duplicates += 1;
                continue;
            }
            let record = record(cx, movement, &input.id, &import_id)?;
            tally.imported += 1;
            tally.suggested += u64::from(!open.suggestions(&record).is_empty());
            cx.tx.put(RESOURCE, &record)?;
            known.add(record);
        }
        if let Some((date, balance)) = statement.closing {
            bank_accounts::note_balance(&mut account, &date.to_string(), money::json(balance));
        }
    }
    account.insert("updated_at".to_owned(), json!(cx.now));
    cx.tx.put(bank_accounts::BANK_ACCOUNT.resource, &account)?;
    let result = json!({
        "import_id": import_id, "message_id": file.message_id, "format": file.format,
        "statements": file.statements.len(), "transactions": tally.transactions, "imported": tally.imported,
        "duplicates": tally.duplicates, "suggested_matches": tally.suggested,
    });
    Ok(Answer { status: 201, body: Some(result) })
}

fn check_account(account: &Record, statement: &Statement) -> Result<(), Error> {
    let (iban, currency) = (fields::text(account, "iban"), fields::text(account, "currency"));
    if statement.iban != iban {
        return Err(Error::new(
            422,
            "iban_mismatch",
            format!("statement `{}` is of {}, but the bank account is {iban}", statement.id, statement.iban),
        ));
    }
    match &statement.currency {
        Some(found) if found != currency => Err(Error::new(
            422,
            "currency_mismatch",
            format!("statement `{}` is in {found}, but the bank account is in {currency}", statement.id),
        )),
        _ => Ok(()),
    }
}

/// The transactions a bank account has already.
struct Known {
    keys: HashMap<String, String>,
    /// Collective entries that came without their payments: entry key to record.
    wholes: HashMap<String, Record>,
}

impl Known {
    fn read(cx: &Context<'_>, bank_account_id: &str) -> Result<Self, Error> {
        let mut known = Self { keys: HashMap::new(), wholes: HashMap::new() };
        for record in cx.tx.find(RESOURCE, vec![Filter::Is("bank_account_id", bank_account_id.to_owned())])? {
            known.add(record);
        }
        Ok(known)
    }

    fn add(&mut self, record: Record) {
        let entry = fields::text(&record, "entry_key").to_owned();
        let position = record.get("position").and_then(Value::as_u64).unwrap_or(0);
        self.keys.insert(format!("{entry}|{}", position.max(1)), fields::text(&record, "id").to_owned());
        if position == 0 {
            self.wholes.insert(entry, record);
        }
    }

    /// Whether a movement is new. The payments of an entry take the place of the entry as a whole, unless it
    /// has been matched already.
    fn admit(&mut self, cx: &Context<'_>, movement: &Movement) -> Result<bool, Error> {
        if movement.position > 0
            && let Some(whole) = self.wholes.get(&movement.entry_key)
        {
            if fields::text(whole, "status") != "unmatched" {
                return Ok(false);
            }
            cx.tx.delete(RESOURCE, fields::text(whole, "id"))?;
            self.wholes.remove(&movement.entry_key);
            self.keys.remove(&format!("{}|1", movement.entry_key));
        }
        Ok(!self.keys.contains_key(&movement.key()))
    }
}

/// A movement as it is stored, not matched yet.
pub fn record(cx: &Context<'_>, movement: &Movement, account: &str, import: &str) -> Result<Record, Error> {
    if movement.amount.abs() > expenses::LARGEST {
        return Err(Error::new(422, "invalid_statement", "an amount is above 1000000000000"));
    }
    let mut record = Record::new();
    let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
    put("id", json!(ids::new()));
    put("bank_account_id", json!(account));
    put("booking_date", json!(movement.booking_date.to_string()));
    put("value_date", json!(movement.value_date.to_string()));
    put("amount", money::json(movement.amount));
    put("currency", json!(movement.currency));
    let texts = [
        ("reference", &movement.reference),
        ("counterparty_name", &movement.counterparty_name),
        ("counterparty_iban", &movement.counterparty_iban),
        ("remittance", &movement.remittance),
        ("bank_reference", &movement.bank_reference),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            put(name, json!(text));
        }
    }
    put("reversal", json!(movement.reversal));
    put("status", json!("unmatched"));
    put("import_id", json!(import));
    put("entry_key", json!(movement.entry_key));
    put("position", json!(movement.position));
    put("created_at", json!(cx.now));
    put("updated_at", json!(cx.now));
    Ok(record)
}
