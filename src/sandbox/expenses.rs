//! Expenses: a gross amount split into net and VAT, booked by category, read-only in closed fiscal years.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Issue, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::fiscal_years::Years;
use super::store::Filter;
use super::{chart, fields, ids, list, money};

pub const RESOURCE: &str = "expenses";

pub const HANDLERS: Handlers = &[
    ("list_expenses", list_expenses),
    ("get_expense", get),
    ("create_expense", create),
    ("update_expense", update),
    ("delete_expense", delete),
];

/// Amounts above this are taken for slips.
pub const LARGEST: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0); // 10^12

/// Swiss VAT rates with the first and last day they apply to.
const RATES: &[(&str, Option<Date>, Option<Date>)] = &[
    ("0", None, None),
    ("8.1", Some(Date::constant(2024, 1, 1)), None),
    ("2.6", Some(Date::constant(2024, 1, 1)), None),
    ("3.8", Some(Date::constant(2024, 1, 1)), None),
    ("7.7", Some(Date::constant(2018, 1, 1)), Some(Date::constant(2023, 12, 31))),
    ("2.5", Some(Date::constant(2018, 1, 1)), Some(Date::constant(2023, 12, 31))),
    ("3.7", Some(Date::constant(2018, 1, 1)), Some(Date::constant(2023, 12, 31))),
];

fn list_expenses(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let query = &input.query;
    let mut filters = Vec::new();
    if let Some(id) = query.text("vendor_id") {
        filters.push(Filter::Is("vendor_id", id.to_owned()));
    }
    if let Some(category) = query.text("category") {
        filters.push(Filter::Is("category", chart::category(category)));
    }
    filters.extend(query.date("from").map(|from| Filter::From("date", from)));
    filters.extend(query.date("to").map(|to| Filter::To("date", to)));
    let (rows, total) = list::page(cx, query, RESOURCE, "-date", filters)?;
    let years = Years::read(cx)?;
    Ok(list::answer(query, rows.into_iter().map(|row| shown(row, &years)).collect(), total))
}

fn get(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(shown(stored(cx, &input.id)?, &Years::read(cx)?)))
}

fn create(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let years = Years::read(cx)?;
    let mut record = Record::new();
    record.insert("id".to_owned(), json!(ids::new()));
    fill(cx, &mut record, &input.body)?;
    refuse_closed(&years, &record)?;
    record.insert("created_at".to_owned(), json!(cx.now));
    record.insert("updated_at".to_owned(), json!(cx.now));
    cx.tx.put(RESOURCE, &record)?;
    Ok(Answer::created(shown(record, &years)))
}

/// Replaces every writable field: what the body leaves out falls back to its default.
fn update(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let before = stored(cx, &input.id)?;
    let years = Years::read(cx)?;
    refuse_closed(&years, &before)?;
    let mut record = Record::new();
    record.insert("id".to_owned(), json!(input.id));
    fill(cx, &mut record, &input.body)?;
    refuse_closed(&years, &record)?;
    if let Some(transaction) = fields::said(&before, "bank_transaction_id") {
        if money::field(&before, "amount") != money::field(&record, "amount") {
            return Err(paid_by_bank("its amount cannot change"));
        }
        record.insert("paid".to_owned(), json!(true));
        record.insert("bank_transaction_id".to_owned(), json!(transaction));
    }
    record.insert("created_at".to_owned(), before.get("created_at").cloned().unwrap_or(Value::Null));
    record.insert("updated_at".to_owned(), json!(cx.now));
    cx.tx.put(RESOURCE, &record)?;
    Ok(Answer::ok(shown(record, &years)))
}

fn delete(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let record = stored(cx, &input.id)?;
    refuse_closed(&Years::read(cx)?, &record)?;
    if fields::said(&record, "bank_transaction_id").is_some() {
        return Err(paid_by_bank("it cannot be deleted"));
    }
    cx.tx.delete(RESOURCE, &input.id)?;
    Ok(Answer::deleted())
}

fn stored(cx: &Context<'_>, id: &str) -> Result<Record, Error> {
    cx.tx.get(RESOURCE, id)?.ok_or_else(|| Error::not_found("expense", id))
}

fn paid_by_bank(what: &str) -> Error {
    Error::conflict("expense_reconciled", format!("the expense is matched to a bank transaction, so {what}"))
}

fn refuse_closed(years: &Years, record: &Record) -> Result<(), Error> {
    fields::date(record, "date").map_or(Ok(()), |date| years.refuse_closed(date, "expense"))
}

fn shown(mut record: Record, years: &Years) -> Record {
    let closed = fields::date(&record, "date").is_some_and(|date| years.is_closed(date));
    record.insert("fiscal_year_closed".to_owned(), json!(closed));
    record
}

/// Writes the checked fields of a body into a record, with defaults and the split into net and VAT.
pub fn fill(cx: &Context<'_>, record: &mut Record, body: &Record) -> Result<(), Error> {
    let mut issues = Vec::new();
    let mut issue = |field: &str, issue: String| issues.push(Issue { field: field.to_owned(), issue });
    let gross = money::field(body, "amount").unwrap_or_default();
    if gross <= Decimal::ZERO || gross > LARGEST {
        issue("amount", "must be above 0 and at most 1000000000000".to_owned());
    }
    let date = fields::date(body, "date");
    if date.is_none() {
        issue("date", "must be a date (YYYY-MM-DD)".to_owned());
    }
    if let Some(problem) = date.and_then(|date| rate_problem(body, date)) {
        issue("tax_rate", problem);
    }
    if let Some(currency) = fields::said(body, "currency").filter(|currency| *currency != cx.currency()) {
        issue(
            "currency",
            format!("expenses are kept in {}, not {currency}: convert the amount", cx.currency()),
        );
    }
    for (field, resource) in [("vendor_id", "vendors"), ("bank_account_id", "bank-accounts")] {
        if let Some(id) = fields::said(body, field)
            && cx.tx.get(resource, id)?.is_none()
        {
            issue(field, format!("no record with id {id} in this profile"));
        }
    }
    let account = fields::said(body, "account");
    if account.is_some_and(|account| !chart::find(account).is_some_and(chart::takes_expenses)) {
        issue("account", "must be an expense or fixed asset account of the chart".to_owned());
    }
    if !issues.is_empty() {
        return Err(Error::invalid(issues));
    }
    copy_sent(record, body);
    let category = match (fields::said(body, "category"), account) {
        (Some(category), _) => chart::category(category),
        (None, Some(account)) => chart::category_of_account(account).to_owned(),
        (None, None) => "Other".to_owned(),
    };
    let account = account.unwrap_or_else(|| chart::account_of_category(&category)).to_owned();
    record.insert("category".to_owned(), json!(category));
    record.insert("account".to_owned(), json!(account));
    record.insert("currency".to_owned(), json!(cx.currency()));
    record.insert("paid".to_owned(), json!(fields::flag(body, "paid")));
    record.insert("receipt_attached".to_owned(), json!(false));
    let rate = body.get("tax_rate").filter(|rate| rate.is_number()).cloned();
    let rate = rate.unwrap_or_else(|| default_rate(cx, &account));
    let tax = tax_in(gross, money::read(&rate).unwrap_or_default());
    record.insert("tax_rate".to_owned(), rate);
    record.insert("net_amount".to_owned(), money::json(gross - tax));
    record.insert("tax_amount".to_owned(), money::json(tax));
    Ok(())
}

/// Fields that are kept as they were sent; amounts with their digits.
fn copy_sent(record: &mut Record, body: &Record) {
    for name in ["amount", "date", "vendor_id", "description", "bank_account_id"] {
        if let Some(value) = body.get(name).filter(|value| !value.is_null()) {
            record.insert(name.to_owned(), value.clone());
        }
    }
}

/// The VAT inside a gross amount, to the cent.
pub fn tax_in(gross: Decimal, rate: Decimal) -> Decimal {
    money::cents(gross * rate / (Decimal::ONE_HUNDRED + rate))
}

/// The profile's rate; none without VAT registration and on costs that bear no VAT.
fn default_rate(cx: &Context<'_>, account: &str) -> Value {
    let bears_vat = !matches!(account, "6300" | "6900" | "6940" | "8900" | "5000" | "5700");
    let registered = fields::flag(cx.profile, "vat_registered");
    let rate = cx.profile.get("default_tax_rate").filter(|_| registered && bears_vat);
    rate.filter(|rate| rate.is_number()).cloned().unwrap_or_else(|| json!(0))
}

fn rate_problem(body: &Record, date: Date) -> Option<String> {
    let rate = money::field(body, "tax_rate")?;
    let applies = |first: &Option<Date>, last: &Option<Date>| {
        first.is_none_or(|first| first <= date) && last.is_none_or(|last| date <= last)
    };
    let allowed: Vec<&str> =
        RATES.iter().filter(|(_, first, last)| applies(first, last)).map(|(rate, ..)| *rate).collect();
    if allowed.iter().any(|text| money::parse(text) == Some(rate)) {
        return None;
    }
    Some(format!("{rate} is no Swiss VAT rate on {date}; choose one of {}", allowed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vat_is_taken_out_of_the_gross_amount() {
        let gross: Decimal = "49.90".parse().unwrap();
        let tax = tax_in(gross, "8.1".parse().unwrap());
        assert_eq!(tax.to_string(), "3.74");
        assert_eq!((gross - tax).to_string(), "46.16");
        assert_eq!(LARGEST.to_string(), "1000000000000");
    }

    #[test]
    fn rates_follow_the_date() {
        let body = |rate: &str| serde_json::from_str::<Record>(&format!(r#"{{"tax_rate":{rate}}}"#)).unwrap();
        let (old, new) = (Date::constant(2023, 12, 31), Date::constant(2024, 1, 1));
        assert_eq!(rate_problem(&body("7.7"), old), None);
        assert_eq!(rate_problem(&body("8.10"), new), None);
        assert_eq!(rate_problem(&body("0"), old), None);
        assert!(rate_problem(&body("7.7"), new).unwrap().contains("8.1"));
        assert!(rate_problem(&body("8.1"), old).is_some());
    }
}
