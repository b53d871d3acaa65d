//! Expenses: a gross amount split into net and VAT, booked by category, read-only in closed fiscal years.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Issue, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::fiscal_years::Years;
use super::records::Shape;
use super::store::Filter;
use super::{bank_accounts, chart, fields, list, money};

pub const HANDLERS: Handlers = &[
    ("list_expenses", list_expenses),
    ("get_expense", get),
    ("create_expense", create),
    ("update_expense", update),
    ("delete_expense", delete),
];

pub const EXPENSE: Shape = Shape {
    resource: "expenses",
    kind: "expense",
    writable: &[
        "amount",
        "date",
        "vendor_id",
        "category",
        "tax_rate",
        "description",
        "currency",
        "account",
        "paid",
        "bank_account_id",
    ],
    computed: &["net_amount", "tax_amount", "receipt_attached", "fiscal_year_closed", "bank_transaction_id"],
};

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
        filters.push(Filter::Is("vendor_id", id.to_ascii_lowercase()));
    }
    if let Some(category) = query.text("category") {
        filters.push(Filter::Is("category", chart::category(category)));
    }
    filters.extend(query.date("from").map(|from| Filter::From("date", from)));
    filters.extend(query.date("to").map(|to| Filter::To("date", to)));
    let (rows, total) = list::page(cx, query, EXPENSE.resource, "-date", filters)?;
    let years = Years::read(cx)?;
    Ok(list::answer(query, rows.into_iter().map(|row| shown(row, &years)).collect(), total))
}

fn get(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(shown(EXPENSE.find(cx, &input.id)?, &Years::read(cx)?)))
}

fn create(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let years = Years::read(cx)?;
    let record = build(cx, &input.body, None)?;
    refuse_closed(&years, &record)?;
    cx.tx.put(EXPENSE.resource, &record)?;
    Ok(Answer::created(shown(record, &years)))
}

/// Replaces every writable field: what the body leaves out falls back to its default.
fn update(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let before = EXPENSE.find(cx, &input.id)?;
    let years = Years::read(cx)?;
    refuse_closed(&years, &before)?;
    let mut record = build(cx, &input.body, Some(&before))?;
    refuse_closed(&years, &record)?;
    if fields::said(&before, "bank_transaction_id").is_some() {
        if money::field(&before, "amount") != money::field(&record, "amount") {
            return Err(paid_by_bank("its amount cannot change"));
        }
        record.insert("paid".to_owned(), json!(true));
    }
    cx.tx.put(EXPENSE.resource, &record)?;
    Ok(Answer::ok(shown(record, &years)))
}

fn delete(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let record = EXPENSE.find(cx, &input.id)?;
    refuse_closed(&Years::read(cx)?, &record)?;
    if fields::said(&record, "bank_transaction_id").is_some() {
        return Err(paid_by_bank("it cannot be deleted"));
    }
    EXPENSE.remove(cx, &input.id)
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

/// An expense out of a body: defaults, the account of its category, and the split into net and VAT.
pub fn build(cx: &Context<'_>, body: &Record, old: Option<&Record>) -> Result<Record, Error> {
    let mut body = body.clone();
    for name in ["vendor_id", "bank_account_id"] {
        if let Some(id) = fields::said(&body, name).map(str::to_ascii_lowercase) {
            body.insert(name.to_owned(), json!(id));
        }
    }
    let issues = check(cx, &body)?;
    if !issues.is_empty() {
        return Err(Error::invalid(issues));
    }
    let account = fields::said(&body, "account");
    let category = match (fields::said(&body, "category"), account) {
        (Some(category), _) => chart::category(category),
        (None, Some(account)) => chart::category_of_account(account).to_owned(),
        (None, None) => "Other".to_owned(),
    };
    let account = account.unwrap_or_else(|| chart::account_of_category(&category)).to_owned();
    let rate = body.get("tax_rate").cloned().unwrap_or_else(|| default_rate(cx, &account));
    let gross = money::field(&body, "amount").unwrap_or_default();
    let tax = tax_in(gross, money::read(&rate).unwrap_or_default());
    let paid = fields::flag(&body, "paid");
    for (name, value) in [
        ("category", json!(category)),
        ("account", json!(account)),
        ("tax_rate", rate),
        ("currency", json!(cx.currency())),
        ("paid", json!(paid)),
    ] {
        body.insert(name.to_owned(), value);
    }
    let mut record = EXPENSE.assemble(cx, &body, old);
    record.insert("net_amount".to_owned(), money::json(gross - tax));
    record.insert("tax_amount".to_owned(), money::json(tax));
    record.insert("receipt_attached".to_owned(), json!(false));
    Ok(record)
}

/// What is wrong with a body.
fn check(cx: &Context<'_>, body: &Record) -> Result<Vec<Issue>, Error> {
    let mut issues = Vec::new();
    let mut issue = |field: &str, issue: String| issues.push(Issue { field: field.to_owned(), issue });
    let gross = money::field(body, "amount").unwrap_or_default();
    if gross <= Decimal::ZERO || gross > LARGEST {
        issue("amount", "must be above 0 and at most 1000000000000".to_owned());
    }
    let date = fields::date(body, "date");
    if date.is_none() {
        issue("date", "must be a date such as 2026-01-31".to_owned());
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
    for (field, resource, kind) in [
        ("vendor_id", "vendors", "vendor"),
        ("bank_account_id", bank_accounts::BANK_ACCOUNT.resource, "bank account"),
    ] {
        if let Some(id) = fields::said(body, field)
            && cx.tx.get(resource, id)?.is_none()
        {
            issue(field, format!("no {kind} with this id in this profile"));
        }
    }
    let account = fields::said(body, "account");
    if account.is_some_and(|account| !chart::find(account).is_some_and(chart::takes_expenses)) {
        issue("account", "must be an expense or fixed asset account of the chart".to_owned());
    }
    Ok(issues)
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
