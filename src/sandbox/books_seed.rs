//! The books of the seed: fiscal years, opening balance, salaries and rent, expenses, bank accounts, and the
//! bank transactions behind every payment. Everything is dated back from today and goes through the same
//! checks as a request, on the day it happened.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Error, Record};
use super::bank_accounts::{self, BANK_ACCOUNT};
use super::bank_transactions::{self, import};
use super::camt::Movement;
use super::context::{Context, Input};
use super::expenses::{self, EXPENSE};
use super::fiscal_years::{self, Years};
use super::postings::{Entry, Ledger};
use super::reconcile::{self, Allocation, Payment, Target};
use super::seed::{Seed, back};
use super::store::Filter;
use super::{chart, fields, ids, journal, matching, money};

const DATA: &str = include_str!("books_seed/data.json");

/// How long after its end a fiscal year stays open, in days.
const CLOSED_AFTER: i64 = 60;

/// Something that happened on a day.
enum Step<'a> {
    Entry(Record),
    /// A payment that an invoice was given.
    Received(Record),
    /// An expense that was paid from the bank.
    Spent(Record),
    /// A bank transaction that nobody has matched yet.
    Loose(&'a Record),
}

/// Fills the books of one company, whose clients, vendors and invoices exist already.
pub fn fill(seed: &Seed<'_>) -> Result<(), Error> {
    let companies: Vec<Record> = serde_json::from_str(DATA)?;
    let name = fields::text(seed.profile, "company_name");
    let Some(company) = companies.iter().find(|company| fields::text(company, "company") == name) else {
        return Ok(());
    };
    let first = back(seed.today, 500).first_of_year();
    let years = make_years(seed, first)?;
    for body in fields::objects(company, "bank_accounts") {
        seed.on(first, |cx| cx.tx.put(BANK_ACCOUNT.resource, &bank_accounts::build(cx, body, None)?))?;
    }
    let mut steps = Vec::new();
    for sample in fields::objects(company, "expenses") {
        let day = back(seed.today, integer(sample, "ago"));
        let expense = seed.on(day, |cx| expense(cx, sample, day))?;
        if sample.contains_key("bank") {
            steps.push((day.saturating_add(integer(sample, "bank").days()), Step::Spent(expense)));
        }
    }
    for payment in seed.tx.all("payments")? {
        steps.extend(fields::date(&payment, "date").map(|day| (day, Step::Received(payment))));
    }
    for sample in fields::objects(company, "transactions") {
        steps.push((back(seed.today, integer(sample, "ago")), Step::Loose(sample)));
    }
    steps.extend(
        entries(company, seed.today, first, &years).into_iter().map(|(day, body)| (day, Step::Entry(body))),
    );
    steps.sort_by_key(|(day, _)| *day);
    for (number, (day, step)) in steps.into_iter().enumerate() {
        seed.on(day, |cx| take(cx, step, number))?;
    }
    seed.on(seed.today, note_balances)?;
    close_years(seed)
}

fn integer(sample: &Record, name: &str) -> i64 {
    sample.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// Calendar years from the first to the running one, all open for now.
fn make_years(seed: &Seed<'_>, first: Date) -> Result<Vec<(Date, Date)>, Error> {
    let mut years = Vec::new();
    let mut start = first;
    while start <= seed.today {
        let end = start.last_of_year();
        let body = json!({ "start_date": start.to_string(), "end_date": end.to_string() });
        let body = body.as_object().cloned().unwrap_or_default();
        seed.on(start, |cx| fiscal_years::create(cx, &Input { body, ..Input::default() }))?;
        years.push((start, end));
        start = end.saturating_add(1.day());
    }
    Ok(years)
}

/// Years that ended long enough ago are closed: the later ones are still being worked on.
fn close_years(seed: &Seed<'_>) -> Result<(), Error> {
    for mut year in seed.tx.all(fiscal_years::RESOURCE)? {
        let ended = fields::date(&year, "end_date").is_some_and(|end| end < back(seed.today, CLOSED_AFTER));
        if ended {
            year.insert("status".to_owned(), json!("closed"));
            seed.tx.put(fiscal_years::RESOURCE, &year)?;
        }
    }
    Ok(())
}

fn expense(cx: &Context<'_>, sample: &Record, day: Date) -> Result<Record, Error> {
    let mut body = sample.clone();
    body.retain(|name, _| !["ago", "vendor", "bank"].contains(&name.as_str()));
    body.insert("date".to_owned(), json!(day.to_string()));
    if let Some(name) = fields::said(sample, "vendor") {
        let vendors = cx.tx.find("vendors", vec![Filter::Is("name", name.to_owned())])?;
        if let Some(id) = vendors.first().and_then(|vendor| vendor.get("id")) {
            body.insert("vendor_id".to_owned(), id.clone());
        }
    }
    let record = expenses::build(cx, &body, None)?;
    cx.tx.put(EXPENSE.resource, &record)?;
    Ok(record)
}

/// The bodies of all entries written by hand, with their days.
fn entries(company: &Record, today: Date, first: Date, years: &[(Date, Date)]) -> Vec<(Date, Record)> {
    let mut entries = Vec::new();
    if company.contains_key("opening") {
        entries.push((first, body("Eröffnungsbilanz", first, company.get("opening"))));
    }
    for sample in fields::objects(company, "monthly") {
        let mut month = back(today, 420).first_of_month();
        while month <= today {
            let day = month.saturating_add((integer(sample, "day") - 1).days());
            let text = format!("{} {}", fields::text(sample, "description"), month.strftime("%m/%Y"));
            entries.push((day, body(&text, day, sample.get("lines"))));
            month = month.saturating_add(1.month());
        }
    }
    for sample in fields::objects(company, "year_end") {
        for (_, end) in years {
            entries.push((*end, body(fields::text(sample, "description"), *end, sample.get("lines"))));
        }
    }
    for sample in fields::objects(company, "entries") {
        let day = back(today, integer(sample, "ago"));
        entries.push((day, body(fields::text(sample, "description"), day, sample.get("lines"))));
    }
    entries.retain(|(day, _)| *day <= today);
    entries
}

/// A body out of lines such as `["5000", 1800]`: account, debit (credit when negative), tax code.
fn body(description: &str, day: Date, lines: Option<&Value>) -> Record {
    let lines: Vec<Value> = lines
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|line| {
            let amount = line.get(1).and_then(money::read).unwrap_or_default();
            let side = if amount.is_sign_negative() { "credit" } else { "debit" };
            let mut record = Record::new();
            record.insert("account".to_owned(), line.get(0).cloned().unwrap_or_default());
            record.insert(side.to_owned(), money::json(amount.abs()));
            if let Some(code) = line.get(2) {
                record.insert("tax_code".to_owned(), code.clone());
            }
            Value::Object(record)
        })
        .collect();
    let mut body = Record::new();
    body.insert("date".to_owned(), json!(day.to_string()));
    body.insert("description".to_owned(), json!(description));
    body.insert("lines".to_owned(), lines.into());
    body
}

fn take(cx: &Context<'_>, step: Step<'_>, number: usize) -> Result<(), Error> {
    match step {
        Step::Entry(body) => {
            let entry =
                Entry { number: journal::number(cx)?, ..journal::written(cx, &body, &Years::read(cx)?)? };
            cx.tx.put(journal::RESOURCE, &entry.record(cx.currency()))
        }
        Step::Received(payment) => received(cx, payment, number),
        Step::Spent(expense) => spent(cx, &expense, number),
        Step::Loose(sample) => loose(cx, sample, number),
    }
}

/// A transaction of the bank account in that currency, not matched yet.
fn transaction(
    cx: &Context<'_>,
    number: usize,
    amount: Decimal,
    currency: &str,
) -> Result<Option<Record>, Error> {
    let accounts = cx.tx.find(BANK_ACCOUNT.resource, vec![Filter::Is("currency", currency.to_owned())])?;
    let Some(account) = accounts.first() else { return Ok(None) };
    let movement = Movement {
        amount,
        currency: currency.to_owned(),
        booking_date: cx.today,
        value_date: cx.today,
        reference: None,
        counterparty_name: None,
        counterparty_iban: None,
        remittance: None,
        bank_reference: Some(format!("MB{:06}", 100_000 + number)),
        reversal: false,
        entry_key: format!("{}|MB{:06}", fields::text(account, "iban"), 100_000 + number),
        position: 0,
    };
    import::record(cx, &movement, fields::text(account, "id"), &ids::new()).map(Some)
}

/// The bank's side of a payment that the invoice knows of already.
fn received(cx: &Context<'_>, mut payment: Record, number: usize) -> Result<(), Error> {
    let amount = money::field(&payment, "amount").unwrap_or_default();
    let currency = fields::text(&payment, "currency").to_owned();
    let Some(mut invoice) = cx.tx.get("invoices", fields::text(&payment, "invoice_id"))? else {
        return Ok(());
    };
    let Some(mut record) = transaction(cx, number, amount, &currency)? else { return Ok(()) };
    describe(&mut record, &invoice);
    let id = fields::text(&record, "id").to_owned();
    payment.insert("bank_transaction_id".to_owned(), json!(id));
    cx.tx.put("payments", &payment)?;
    invoice.insert("amount_paid".to_owned(), money::json(amount));
    let allocation = Allocation { target: Target::Invoice(invoice), amount };
    record.insert("status".to_owned(), json!("matched"));
    record.insert("allocations".to_owned(), json!([allocation.record()]));
    if journal::require_double_entry(cx).is_ok() {
        let paid = Payment { id, amount, currency, date: cx.today };
        let entry = reconcile::entry(cx, &paid, &record, &[allocation], None)?;
        cx.tx.put(journal::RESOURCE, &entry.record(cx.currency()))?;
        record.insert("journal_entry_id".to_owned(), json!(entry.id));
    }
    cx.tx.put(bank_transactions::RESOURCE, &record)
}

/// Who paid which invoice.
fn describe(record: &mut Record, invoice: &Record) {
    let client = invoice.get("client").and_then(Value::as_object);
    let name = client.and_then(|client| fields::said(client, "name"));
    fields::put_text(record, "counterparty_name", name);
    fields::put_text(record, "reference", fields::said(invoice, "payment_reference"));
    let text = format!("Rechnung {}", fields::text(invoice, "number"));
    fields::put_text(record, "remittance", Some(&text));
}

fn spent(cx: &Context<'_>, expense: &Record, number: usize) -> Result<(), Error> {
    let amount = money::field(expense, "amount").unwrap_or_default();
    let Some(mut record) = transaction(cx, number, -amount, cx.currency())? else { return Ok(()) };
    fields::put_text(&mut record, "remittance", fields::said(expense, "description"));
    if let Some(vendor) = cx.tx.get("vendors", fields::text(expense, "vendor_id"))? {
        fields::put_text(&mut record, "counterparty_name", fields::said(&vendor, "name"));
    }
    cx.tx.put(bank_transactions::RESOURCE, &record)?;
    let body = json!({ "allocations": [{ "expense_id": expense.get("id"), "amount": money::json(amount) }] });
    let id = fields::text(&record, "id").to_owned();
    let body = body.as_object().cloned().unwrap_or_default();
    reconcile::reconcile(cx, &Input { id, body, ..Input::default() }).map(drop)
}

fn loose(cx: &Context<'_>, sample: &Record, number: usize) -> Result<(), Error> {
    let client = fields::text(sample, "open_invoice_of");
    let open = cx.tx.find("invoices", vec![Filter::Is("client.name", client.to_owned())])?;
    let open = open.iter().rev().find(|invoice| matching::open_amount(invoice).is_some());
    let amount = money::field(sample, "amount").or_else(|| matching::open_amount(open?)).unwrap_or_default();
    let Some(mut record) = transaction(cx, number, amount, cx.currency())? else { return Ok(()) };
    if client.is_empty() {
        fields::put_text(&mut record, "counterparty_name", fields::said(sample, "name"));
        fields::put_text(&mut record, "remittance", fields::said(sample, "remittance"));
    } else if let Some(invoice) = open {
        describe(&mut record, invoice);
    }
    cx.tx.put(bank_transactions::RESOURCE, &record)
}

/// What the last statement said: what the ledger holds, and what was not matched yet.
fn note_balances(cx: &Context<'_>) -> Result<(), Error> {
    let ledger = Ledger::read(cx)?.balances(None, cx.today);
    for mut account in cx.tx.all(BANK_ACCOUNT.resource)? {
        let of_account = vec![Filter::Is("bank_account_id", fields::text(&account, "id").to_owned())];
        let transactions = cx.tx.find(bank_transactions::RESOURCE, of_account)?;
        let in_ledger =
            journal::require_double_entry(cx).is_ok() && fields::text(&account, "account") == chart::BANK;
        let counted =
            transactions.iter().filter(|record| !in_ledger || fields::text(record, "status") != "matched");
        let loose: Decimal = counted.filter_map(|record| money::field(record, "amount")).sum();
        let booked = ledger.get(chart::BANK).copied().filter(|_| in_ledger).unwrap_or_default();
        let last = transactions.iter().map(|record| fields::text(record, "booking_date")).max();
        bank_accounts::note_balance(&mut account, last.unwrap_or_default(), money::json(booked + loose));
        cx.tx.put(BANK_ACCOUNT.resource, &account)?;
    }
    Ok(())
}
