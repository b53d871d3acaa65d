//! The entries that invoices and expenses make by themselves.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::{Entry, Line, Source, entry_id};
use crate::sandbox::answer::{Error, Record};
use crate::sandbox::context::Context;
use crate::sandbox::{chart, exchange, fields, money};

/// Ledger account of each bank account.
pub struct Banks(HashMap<String, String>);

impl Banks {
    pub fn read(cx: &Context<'_>) -> Result<Self, Error> {
        let banks = cx.tx.all("bank-accounts")?;
        let text = |bank: &Record, name: &str| fields::text(bank, name).to_owned();
        Ok(Self(banks.iter().map(|bank| (text(bank, "id"), text(bank, "account"))).collect()))
    }

    fn account(&self, bank_account_id: &str) -> &str {
        self.0
            .get(bank_account_id)
            .map(String::as_str)
            .filter(|account| !account.is_empty())
            .unwrap_or(chart::BANK)
    }
}

/// Receivables against revenue and VAT owed, in the base currency. Drafts and cancelled invoices book nothing.
pub fn invoice(doc: &Record, base: &str) -> Option<Entry> {
    if matches!(fields::text(doc, "status"), "draft" | "cancelled" | "") {
        return None;
    }
    let currency = fields::said(doc, "currency").unwrap_or(base);
    let amount = |name| exchange::convert(money::field(doc, name).unwrap_or_default(), currency, base);
    let (total, tax, rounding) = (amount("total"), amount("tax_total"), amount("rounding"));
    let number = fields::text(doc, "number");
    let client = doc.get("client").and_then(|client| client.as_object());
    let client = client.map_or("", |client| fields::text(client, "name"));
    let lines = [
        Line::new(chart::RECEIVABLES, total),
        // What is left after tax and rounding, so that a converted entry balances to the cent.
        Line::new(chart::SERVICES, -(total - tax - rounding)),
        Line::new(chart::VAT_OWED, -tax),
        Line::new(chart::ROUNDING, -rounding),
    ];
    entry(doc, Source::Invoice, &format!("Invoice {number} {client}"), number, lines.to_vec())
}

/// Costs and input VAT against the bank when paid at once, else against payables. Without VAT registration
/// nothing is reclaimed, so the gross amount is the cost.
pub fn expense(doc: &Record, reclaims_vat: bool, banks: &Banks) -> Option<Entry> {
    let gross = money::field(doc, "amount")?;
    let tax = if reclaims_vat { money::field(doc, "tax_amount").unwrap_or_default() } else { Decimal::ZERO };
    let account = fields::said(doc, "account").unwrap_or(chart::OTHER_EXPENSE);
    let input_tax = if account.starts_with('4') { chart::INPUT_TAX_MATERIAL } else { chart::INPUT_TAX_OTHER };
    let paid_at_once = fields::flag(doc, "paid") && fields::said(doc, "bank_transaction_id").is_none();
    let against =
        if paid_at_once { banks.account(fields::text(doc, "bank_account_id")) } else { chart::PAYABLES };
    let id = fields::text(doc, "id");
    let number = format!("EX-{}", id.get(..8).unwrap_or(id));
    let category = fields::text(doc, "category");
    let description = match fields::said(doc, "description") {
        Some(description) => format!("Expense {category}: {description}"),
        None => format!("Expense {category}"),
    };
    let lines = vec![Line::new(account, gross - tax), Line::new(input_tax, tax), Line::new(against, -gross)];
    entry(doc, Source::Expense, &description, &number, lines)
}

fn entry(doc: &Record, source: Source, description: &str, number: &str, lines: Vec<Line>) -> Option<Entry> {
    let lines: Vec<Line> = lines.into_iter().filter(|line| !line.amount.is_zero()).collect();
    if lines.is_empty() {
        return None;
    }
    let id = fields::text(doc, "id");
    Some(Entry {
        id: entry_id(id),
        number: number.to_owned(),
        date: fields::date(doc, if source == Source::Invoice { "issue_date" } else { "date" })?,
        description: description.trim_end().to_owned(),
        reference: None,
        source,
        source_id: Some(id.to_owned()),
        lines,
        created_at: fields::text(doc, "created_at").to_owned(),
        updated_at: fields::text(doc, "updated_at").to_owned(),
    })
}
