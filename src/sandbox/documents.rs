//! What invoices and offers share: smart defaults, lines, totals, numbers.

mod lines;
pub mod numbers;
pub mod totals;
pub mod vat;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::answer::{Error, Record};
use super::context::Context;
use super::records::Shape;
use super::{fields, money};
pub use lines::{resolve as resolve_lines, write_amounts};
use totals::Terms;

/// What tells invoices and offers apart.
#[derive(Debug)]
pub struct Kind {
    pub shape: Shape,
    /// The profile's field with the prefix of the numbers.
    pub prefix: &'static str,
    /// The field with the last day: `due_date` or `valid_until`.
    pub last_day: &'static str,
}

/// Puts a document together: what the body says, and the smart defaults for the rest. `old` is the record
/// that is replaced; its number, dates of issue and computed fields stay.
pub fn build(cx: &Context<'_>, kind: &Kind, body: &Record, old: Option<&Record>) -> Result<Record, Error> {
    let client = client(cx, body)?;
    let mut body = body.clone();
    let issued = date(&body, "issue_date").or_else(|| date(old?, "issue_date")).unwrap_or(cx.today);
    let supplied = supply_date(&body, issued)?;
    let preferred = |name: &str, profile: &str| {
        fields::said(&client, name).map_or_else(|| cx.profile_text(profile).to_owned(), str::to_owned)
    };
    let set = |body: &mut Record, name: &str, value: Value| {
        body.entry(name).or_insert(value);
    };
    set(&mut body, "issue_date", issued.to_string().into());
    set(&mut body, "currency", preferred("currency", "default_currency").into());
    set(&mut body, "language", preferred("language", "language").into());
    set(&mut body, "tax_rate", money::json(vat::default_rate(cx.profile, supplied)));
    set(&mut body, "prices_include_tax", false.into());
    set(&mut body, "payment_info", cx.profile.get("payment_info").cloned().unwrap_or(Value::Null));
    let wanted = body.get("round_to_five_rappen").or_else(|| cx.profile.get("round_to_five_rappen"));
    let rounded =
        fields::text(&body, "currency") == "CHF" && wanted.and_then(Value::as_bool).unwrap_or(false);
    body.insert("round_to_five_rappen".to_owned(), rounded.into());
    let last_day = last_day(cx, kind, &body, &client, issued)?;
    set(&mut body, kind.last_day, last_day.to_string().into());
    let rate = money::field(&body, "tax_rate").unwrap_or_default();
    vat::refuse_unregistered(cx.profile, rate, "tax_rate")?;
    let (mut lines, items) = lines::resolve(cx, &body, rate)?;
    let terms = Terms {
        rounding: cx.rounding,
        prices_include_tax: fields::flag(&body, "prices_include_tax"),
        five_rappen: rounded,
    };
    let totals = totals::of(&items, terms);
    write_amounts(&mut lines, &totals);
    let number = numbers::assign(cx, kind, &body, old)?;
    body.insert("number".to_owned(), number.into());
    body.insert("client_id".to_owned(), client.get("id").cloned().unwrap_or_default());
    body.insert("lines".to_owned(), lines.into_iter().map(Value::Object).collect());
    let mut record = kind.shape.assemble(cx, &body, old);
    record.insert("client".to_owned(), json!({ "id": client.get("id"), "name": client.get("name") }));
    write_totals(&mut record, &totals);
    Ok(record)
}

fn client(cx: &Context<'_>, body: &Record) -> Result<Record, Error> {
    let id = fields::text(body, "client_id").to_ascii_lowercase();
    cx.tx
        .get("clients", &id)?
        .ok_or_else(|| Error::field("client_id", "no client with this id in this profile"))
}

fn date(record: &Record, name: &str) -> Option<Date> {
    fields::date(record, name)
}

/// The day that decides the VAT rate: the start of the supply, else its end, else the day of issue.
fn supply_date(body: &Record, issued: Date) -> Result<Date, Error> {
    let (from, to) = (date(body, "service_date_from"), date(body, "service_date_to"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Error::field("service_date_to", "is before service_date_from"));
    }
    Ok(from.or(to).unwrap_or(issued))
}

fn last_day(
    cx: &Context<'_>,
    kind: &Kind,
    body: &Record,
    client: &Record,
    issued: Date,
) -> Result<Date, Error> {
    if let Some(day) = date(body, kind.last_day) {
        return if day < issued { Err(Error::field(kind.last_day, "is before issue_date")) } else { Ok(day) };
    }
    let days = |record: &Record| money::field(record, "payment_deadline_days").and_then(|days| days.to_i64());
    let days = days(client).or_else(|| days(cx.profile)).unwrap_or(30).clamp(0, 3650);
    Ok(issued.saturating_add(days.days()))
}

fn write_totals(record: &mut Record, totals: &totals::Totals) {
    let rates = totals.rates.iter().map(|rate| {
        json!({ "rate": money::json(rate.percent), "base": money::json(rate.base), "tax": money::json(rate.tax) })
    });
    record.insert("tax_breakdown".to_owned(), rates.collect());
    for (name, amount) in [
        ("subtotal", totals.subtotal),
        ("tax_total", totals.tax_total),
        ("rounding", totals.rounding),
        ("total", totals.total),
    ] {
        record.insert(name.to_owned(), money::json(amount));
    }
}

/// The first field that the law freezes once a document is issued and that differs between two records.
pub fn frozen_difference(old: &Record, new: &Record) -> Option<&'static str> {
    const PLAIN: &[&str] =
        &["client_id", "currency", "number", "issue_date", "service_date_from", "service_date_to"];
    const AMOUNTS: &[&str] = &["subtotal", "tax_total", "total"];
    const OF_LINES: &[&str] = &["quantity", "price", "tax_rate", "discount_percent"];
    let amount = |record: &Record, name: &str| money::field(record, name).unwrap_or(Decimal::ZERO);
    if let Some(name) = PLAIN.iter().find(|name| old.get(**name) != new.get(**name)) {
        return Some(name);
    }
    if let Some(name) = AMOUNTS.iter().find(|name| amount(old, name) != amount(new, name)) {
        return Some(name);
    }
    let lines = |record| fields::objects(record, "lines").collect::<Vec<&Record>>();
    let (before, after) = (lines(old), lines(new));
    let same = before.len() == after.len()
        && before.iter().zip(&after).all(|(before, after)| {
            fields::text(before, "description") == fields::text(after, "description")
                && OF_LINES.iter().all(|name| amount(before, name) == amount(after, name))
        });
    (!same).then_some("lines")
}
