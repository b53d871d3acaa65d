//! The list of accounts with their balances at a date.

use rust_decimal::Decimal;
use serde_json::json;

use super::{ACCOUNTS, Account};
use crate::sandbox::answer::{Answer, Error, Record};
use crate::sandbox::context::{Context, Input};
use crate::sandbox::dispatch::Handlers;
use crate::sandbox::fiscal_years::{self, Years};
use crate::sandbox::postings::Ledger;
use crate::sandbox::{journal, list, money};

pub const HANDLERS: Handlers = &[("list_accounts", list_accounts)];

/// Balance sheet accounts carry everything up to the date, result accounts start with the fiscal year.
fn list_accounts(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    journal::require_double_entry(cx)?;
    let query = fiscal_years::whole(&input.query);
    let as_of = query.date("as_of").unwrap_or(cx.today);
    let ledger = Ledger::read(cx)?;
    let lasting = ledger.balances(None, as_of);
    let running = ledger.balances(Some(Years::read(cx)?.start_of(as_of)), as_of);
    let wanted = query.text("search").map(|text| text.trim().to_lowercase()).unwrap_or_default();
    let kind = query.text("type");
    let rows = ACCOUNTS
        .iter()
        .filter(|account| kind.is_none_or(|kind| account.kind.as_str() == kind))
        .filter(|account| {
            account.number.starts_with(&wanted) || account.name.to_lowercase().contains(&wanted)
        })
        .map(|account| {
            let balances = if account.kind.is_result() { &running } else { &lasting };
            record(account, balances.get(account.number).copied().unwrap_or_default())
        })
        .collect();
    Ok(list::cut(&query, rows))
}

fn record(account: &Account, debit: Decimal) -> Record {
    let mut record = Record::new();
    record.insert("number".to_owned(), json!(account.number));
    record.insert("name".to_owned(), json!(account.name));
    record.insert("type".to_owned(), json!(account.kind.as_str()));
    record.insert("active".to_owned(), json!(true));
    let shown = if account.kind.is_debit() { debit } else { -debit };
    record.insert("balance".to_owned(), money::json(shown));
    record
}
