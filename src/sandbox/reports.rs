//! The reports: profit and loss, balance sheet and VAT return, all derived from postings and documents.

mod balance_sheet;
mod period;
mod profit_loss;
mod statement;
mod vat;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input, Query};
use super::dispatch::Handlers;
use super::fiscal_years::Years;
use super::money;
use super::postings::Ledger;
use super::{journal, list};
use period::Period;
use statement::Row;

pub const HANDLERS: Handlers = &[
    ("list_reports", list_reports),
    ("get_profit_and_loss", profit_and_loss),
    ("get_balance_sheet", balance),
    ("get_vat_report", vat::report),
];

#[expect(clippy::unnecessary_wraps, reason = "a handler may refuse; this one never does")]
fn list_reports(_: &Context<'_>, _: &Input) -> Result<Answer, Error> {
    let kinds = [
        ("profit-loss", "Profit and loss", "/v1/reports/profit-loss"),
        ("balance-sheet", "Balance sheet", "/v1/reports/balance-sheet"),
        ("vat", "VAT report", "/v1/reports/vat"),
    ];
    let row = |(kind, title, path)| {
        [("type", kind), ("title", title), ("path", path)]
            .into_iter()
            .map(|(name, text): (&str, &str)| (name.to_owned(), json!(text)))
            .collect()
    };
    Ok(list::cut(&Query::default(), kinds.into_iter().map(row).collect()))
}

fn profit_and_loss(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let years = Years::read(cx)?;
    let period = Period::asked(cx, &input.query, &years)?;
    let ledger = Ledger::read(cx)?;
    let double_entry = journal::require_double_entry(cx).is_ok();
    let rows_of = |period: Period| {
        let balances = ledger.balances(Some(period.from), period.to);
        if double_entry { profit_loss::rows(&balances) } else { profit_loss::simple_rows(&balances) }
    };
    let mut rows = rows_of(period);
    let compared = match input.query.text("compare") {
        Some("previous_period") => Some(period.previous()?),
        Some("previous_year") => Some(period.year_before()?),
        _ => None,
    };
    let others = compared.map(rows_of);
    for (row, other) in rows.iter_mut().zip(others.iter().flatten()) {
        row.compare(other);
    }
    let mut report = head(cx, "profit-loss");
    put_date(&mut report, "from", period.from);
    put_date(&mut report, "to", period.to);
    if let Some(compared) = compared {
        put_date(&mut report, "comparison_from", compared.from);
        put_date(&mut report, "comparison_to", compared.to);
    }
    let totals = rows.iter().map(|row| (row.key.clone(), money::json(row.amount))).collect();
    Ok(finish(report, &rows, totals))
}

fn balance(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    journal::require_double_entry(cx)?;
    let years = Years::read(cx)?;
    let as_of = match (input.query.date("as_of"), input.query.text("fiscal_year_id")) {
        (Some(as_of), _) => as_of,
        (None, Some(id)) => period::fiscal_year(&years, id)?.to,
        (None, None) => cx.today,
    };
    let ledger = Ledger::read(cx)?;
    let start = years.start_of(as_of);
    let before = start.yesterday().map(|last| ledger.balances(None, last)).unwrap_or_default();
    let sheet = balance_sheet::build(&before, &ledger.balances(Some(start), as_of));
    let mut report = head(cx, "balance-sheet");
    put_date(&mut report, "as_of", as_of);
    let totals = [
        ("assets", sheet.assets),
        ("liabilities", sheet.liabilities),
        ("equity", sheet.equity),
        ("liabilities_and_equity", sheet.liabilities + sheet.equity),
        ("result_of_the_year", sheet.result),
        ("difference", sheet.assets - sheet.liabilities - sheet.equity),
    ];
    let totals = totals.into_iter().map(|(key, amount)| (key.to_owned(), money::json(amount))).collect();
    Ok(finish(report, &sheet.rows, totals))
}

fn head(cx: &Context<'_>, kind: &str) -> Record {
    let mut report = Record::new();
    report.insert("type".to_owned(), json!(kind));
    report.insert("profile_id".to_owned(), json!(cx.profile_text("id")));
    report.insert("currency".to_owned(), json!(cx.currency()));
    report
}

fn put_date(report: &mut Record, name: &str, date: Date) {
    report.insert(name.to_owned(), json!(date.to_string()));
}

fn finish(mut report: Record, rows: &[Row], totals: Record) -> Answer {
    report.insert("rows".to_owned(), rows.iter().map(shown).collect());
    report.insert("totals".to_owned(), Value::Object(totals));
    Answer::ok(report)
}

fn shown(row: &Row) -> Value {
    let mut record = Record::new();
    record.insert("key".to_owned(), json!(row.key));
    record.insert("label".to_owned(), json!(row.label));
    if let Some(account) = &row.account {
        record.insert("account".to_owned(), json!(account));
    }
    record.insert("amount".to_owned(), money::json(row.amount));
    if let Some(comparison) = row.comparison {
        record.insert("comparison_amount".to_owned(), money::json(comparison));
    }
    if !row.children.is_empty() {
        record.insert("children".to_owned(), row.children.iter().map(shown).collect());
    }
    Value::Object(record)
}

#[cfg(test)]
mod tests;
