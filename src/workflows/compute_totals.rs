//! `compute_totals`: net, VAT per rate and total of lines, exactly, as an invoice of them would have them. Sends
//! nothing.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{CURRENCY, TAX_RATE, boolean, date, decimal, id, objects, text};
use crate::catalogue::{Endpoint, Param, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Stop, quoted};
use crate::rules::money::{self, Line, Terms, Totals, number};
use crate::rules::vat;

const LINE: &[Param] = &[
    decimal("quantity").required(),
    decimal("price").required(),
    TAX_RATE,
    decimal("discount_percent"),
    text("description"),
    // As a document's lines have them.
    text("unit"),
    id("catalog_item_id"),
];

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "compute_totals",
        toolset: Toolset::Invoicing,
        about: "Add up lines exactly: net, VAT per rate, total. Instead of mental arithmetic.",
        params: &[
            objects("lines", LINE).gateway().required(),
            CURRENCY.gateway().required(),
            boolean("prices_include_tax").gateway(),
            TAX_RATE.gateway(),
            date("service_date").gateway(),
        ],
        ..Endpoint::LOCAL
    },
    creates: None,
    output: &[decimal("total")],
    run: |calls| Box::pin(async { run(calls) }),
};

fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let arguments = calls.arguments();
    let currency = currency(arguments)?;
    let default_rate = percent(arguments, "tax_rate", "")?;
    let on = arguments.get("service_date").and_then(Value::as_str).and_then(|day| day.parse().ok());
    let on: Date = on.unwrap_or_else(|| calls.today());
    let given = arguments.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let lines =
        given.iter().enumerate().map(|(at, line)| line_of(line, at)).collect::<Result<Vec<_>, _>>()?;
    if default_rate.is_none() && lines.iter().any(|line| line.tax_rate.is_none()) {
        return Err(without_rate(&lines, &currency, on).into());
    }
    let terms = Terms {
        default_rate: default_rate.unwrap_or_default(),
        currency: &currency,
        prices_include_tax: arguments.get("prices_include_tax") == Some(&Value::Bool(true)),
    };
    let totals = money::compute(&lines, &terms).ok_or_else(|| {
        refuse("the numbers are too large to be added exactly").hint("check quantities and prices")
    })?;
    Ok(answer(given, &terms, &totals, &notes(&totals, &terms, on)))
}

/// Three letters, in capitals.
fn currency(arguments: &Map<String, Value>) -> Result<String, Failure> {
    let given = arguments.get("currency").and_then(Value::as_str).unwrap_or_default().trim();
    if given.len() == 3 && given.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(given.to_ascii_uppercase());
    }
    let message = format!("`{}` is no currency", quoted(given));
    Err(refuse(&message).hint("give its three letters, such as CHF or EUR; one currency for all lines"))
}

fn line_of(line: &Value, at: usize) -> Result<Line, Failure> {
    let path = format!("lines[{at}].");
    let fields = line.as_object().ok_or_else(|| refuse(&format!("`lines[{at}]` is no object")))?;
    let exact = |name: &str| {
        let number = fields.get(name).and_then(money::decimal);
        number.ok_or_else(|| refuse(&format!("`{path}{name}` has too many digits to stay exact")))
    };
    Ok(Line {
        quantity: exact("quantity")?,
        price: exact("price")?,
        discount_percent: percent(fields, "discount_percent", &path)?.unwrap_or_default(),
        tax_rate: percent(fields, "tax_rate", &path)?,
    })
}

/// A share from 0 to 100; `None` where it is left out.
fn percent(fields: &Map<String, Value>, name: &str, path: &str) -> Result<Option<Decimal>, Failure> {
    let Some(given) = fields.get(name) else { return Ok(None) };
    match money::decimal(given).filter(|share| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(share)) {
        Some(share) => Ok(Some(share)),
        None => Err(refuse(&format!("`{path}{name}` is no per cent from 0 to 100, for example 8.1"))),
    }
}

/// A guessed rate would be a guessed total: the rates are named instead.
fn without_rate(lines: &[Line], currency: &str, on: Date) -> Failure {
    let message = if lines.iter().all(|line| line.tax_rate.is_none()) {
        "no VAT rate is given".to_owned()
    } else {
        let bare = lines.iter().enumerate().filter(|(_, line)| line.tax_rate.is_none());
        let names: Vec<String> = bare.map(|(at, _)| format!("`lines[{at}]`")).take(5).collect();
        format!("some lines have a VAT rate and others have none: {}", names.join(", "))
    };
    refuse(&message).hint(format!(
        "give `tax_rate` for all or in each line, 0 for none; in force on {on}: {}",
        rates(currency, on)
    ))
}

/// Whose VAT may be meant. Swiss companies bill in other currencies too.
fn countries(currency: &str) -> &'static [&'static str] {
    if currency == "CHF" { &["CH"] } else { &["CH", "DE", "AT"] }
}

/// In words, by country.
fn rates(currency: &str, on: Date) -> String {
    let of = |country: &&str| {
        let rates: Vec<String> = vat::in_force(country, on).map(|rate| rate.percent().to_string()).collect();
        format!("{country} {}", if rates.is_empty() { "unknown".to_owned() } else { rates.join(", ") })
    };
    countries(currency).iter().map(of).collect::<Vec<_>>().join("; ")
}

fn notes(totals: &Totals, terms: &Terms, on: Date) -> Vec<String> {
    let mut notes = Vec::new();
    let known = |rate: Decimal| {
        let countries = countries(terms.currency).iter();
        rate.is_zero()
            || countries.flat_map(|country| vat::in_force(country, on)).any(|other| other.percent() == rate)
    };
    for tax in totals.taxes.iter().filter(|tax| !known(tax.rate)) {
        notes.push(format!(
            "{} % is none of the rates in force on {on} ({}): the day of supply (`service_date`) picks them",
            tax.rate,
            rates(terms.currency, on)
        ));
    }
    if !["CHF", "EUR", "USD", "GBP"].contains(&terms.currency) {
        notes.push(format!("amounts in {} are rounded to 0.01 too", terms.currency));
    }
    notes
}

fn answer(given: &[Value], terms: &Terms, totals: &Totals, notes: &[String]) -> Map<String, Value> {
    let line = |(line, amount): (&Value, &Decimal)| {
        let mut facts = Map::new();
        facts.extend(line.get("description").map(|words| ("description".to_owned(), words.clone())));
        facts.insert("amount".into(), number(*amount));
        Value::Object(facts)
    };
    let mut facts = Map::new();
    facts.insert("currency".into(), json!(terms.currency));
    facts.insert("lines".into(), given.iter().zip(&totals.lines).map(line).collect());
    facts.insert("net".into(), number(totals.net));
    let vat = totals.taxes.iter().map(
        |tax| json!({ "rate": number(tax.rate), "base": number(tax.base), "amount": number(tax.amount) }),
    );
    facts.insert("vat".into(), vat.collect());
    facts.insert("vat_total".into(), number(totals.tax));
    facts.insert("total".into(), number(totals.total));
    if let Some(rounded) = totals.five_rappen {
        facts.insert("total_if_rounded_to_five_rappen".into(), number(rounded));
    }
    if !notes.is_empty() {
        facts.insert("notes".into(), json!(notes));
    }
    facts
}

fn refuse(why: &str) -> Failure {
    Failure::new("bad_arguments", Exit::Refused, format!("nothing was added up: {why}"))
}
