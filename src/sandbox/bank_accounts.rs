//! Bank accounts: checked IBAN, the ledger account behind them, and the balance of their last statement.

use serde_json::{Value, json};

use super::answer::{Answer, Error, Issue, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::records::Shape;
use super::store::Filter;
use super::{bank_transactions, chart, expenses, fields, list, references};

pub const HANDLERS: Handlers = &[
    ("list_bank_accounts", list_accounts),
    ("get_bank_account", get),
    ("create_bank_account", create),
    ("update_bank_account", update),
    ("delete_bank_account", delete),
];

pub const BANK_ACCOUNT: Shape = Shape {
    resource: "bank-accounts",
    kind: "bank account",
    writable: &["name", "iban", "bic", "bank_name", "currency", "account"],
    computed: &["is_qr_iban", "balance", "balance_date"],
};

fn list_accounts(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let (rows, total) = list::page(cx, &input.query, BANK_ACCOUNT.resource, "name", Vec::new())?;
    Ok(list::answer(&input.query, rows, total))
}

fn get(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(BANK_ACCOUNT.find(cx, &input.id)?))
}

fn create(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let record = build(cx, &input.body, None)?;
    cx.tx.put(BANK_ACCOUNT.resource, &record)?;
    Ok(Answer::created(record))
}

/// Replaces every writable field; IBAN and currency stay as they are once statements were imported.
fn update(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let before = BANK_ACCOUNT.find(cx, &input.id)?;
    let record = build(cx, &input.body, Some(&before))?;
    let moved = ["iban", "currency"].into_iter().find(|field| before.get(*field) != record.get(*field));
    if let Some(field) = moved
        && transactions(cx, &input.id)? > 0
    {
        return Err(Error::conflict(
            "bank_account_in_use",
            format!("{field} cannot change: transactions were imported into this bank account"),
        ));
    }
    cx.tx.put(BANK_ACCOUNT.resource, &record)?;
    Ok(Answer::ok(record))
}

fn delete(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    BANK_ACCOUNT.find(cx, &input.id)?;
    let of_account = || vec![Filter::Is("bank_account_id", input.id.clone())];
    let links = [
        (transactions(cx, &input.id)?, "imported transactions"),
        (cx.tx.count(expenses::EXPENSE.resource, of_account())?, "expenses paid from it"),
    ];
    if let Some((count, what)) = links.into_iter().find(|(count, _)| *count > 0) {
        return Err(Error::conflict(
            "bank_account_in_use",
            format!("the bank account has {count} {what} and cannot be deleted"),
        ));
    }
    BANK_ACCOUNT.remove(cx, &input.id)
}

fn transactions(cx: &Context<'_>, id: &str) -> Result<u64, Error> {
    cx.tx.count(bank_transactions::RESOURCE, vec![Filter::Is("bank_account_id", id.to_owned())])
}

/// A bank account out of a body.
pub fn build(cx: &Context<'_>, body: &Record, old: Option<&Record>) -> Result<Record, Error> {
    let mut issues = Vec::new();
    let mut issue = |field: &str, issue: &str| {
        issues.push(Issue { field: field.to_owned(), issue: issue.to_owned() });
    };
    if fields::said(body, "name").is_none() {
        issue("name", "must not be empty");
    }
    let iban = references::check_iban(fields::text(body, "iban"));
    if iban.is_none() {
        issue("iban", "is no valid IBAN (country, length or check digits)");
    }
    let bic = fields::said(body, "bic").map(references::compact);
    if bic.as_deref().is_some_and(|bic| !is_bic(bic)) {
        issue("bic", "must have 8 or 11 letters and digits");
    }
    let currency = fields::said(body, "currency").unwrap_or(cx.currency()).to_owned();
    let usual = if currency == cx.currency() { chart::BANK } else { "1025" };
    let account = fields::said(body, "account").unwrap_or(usual).to_owned();
    if !account.starts_with("10") || chart::find(&account).is_none() {
        issue("account", "must be a cash or bank account of the chart, such as 1020");
    }
    let Some(iban) = iban.filter(|_| issues.is_empty()) else { return Err(Error::invalid(issues)) };
    refuse_taken(cx, old, &iban.iban)?;
    let mut body = body.clone();
    for (name, value) in [("iban", iban.iban.as_str()), ("currency", &currency), ("account", &account)] {
        body.insert(name.to_owned(), json!(value));
    }
    if let Some(bic) = bic {
        body.insert("bic".to_owned(), json!(bic));
    }
    let mut record = BANK_ACCOUNT.assemble(cx, &body, old);
    record.insert("is_qr_iban".to_owned(), json!(iban.is_qr));
    Ok(record)
}

fn refuse_taken(cx: &Context<'_>, old: Option<&Record>, iban: &str) -> Result<(), Error> {
    let same = cx.tx.find(BANK_ACCOUNT.resource, vec![Filter::Is("iban", iban.to_owned())])?;
    let own = old.and_then(|old| old.get("id"));
    match same.iter().find(|other| other.get("id") != own) {
        None => Ok(()),
        Some(other) => Err(Error::conflict(
            "iban_taken",
            format!("bank account `{}` of this profile has that IBAN already", fields::text(other, "name")),
        )),
    }
}

/// Keeps the closing balance of the latest statement.
pub fn note_balance(record: &mut Record, date: &str, balance: Value) {
    if fields::text(record, "balance_date") <= date {
        record.insert("balance".to_owned(), balance);
        record.insert("balance_date".to_owned(), json!(date));
    }
}

fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
