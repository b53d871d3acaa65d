//! The VAT report by the effective method on the agreed basis: documents count with their own date and their
//! own VAT, so the report agrees with the ledger. It prepares figures and files nothing.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::period::Period;
use super::{head, put_date};
use crate::sandbox::answer::{Answer, Error, Record};
use crate::sandbox::chart::{INPUT_TAX_MATERIAL, INPUT_TAX_OTHER, VAT_SETTLEMENT};
use crate::sandbox::context::{Context, Input};
use crate::sandbox::fiscal_years::Years;
use crate::sandbox::postings::{Entry, Ledger, Source};
use crate::sandbox::{exchange, fields, money};

/// Boxes of the return per rate.
const BOXES: &[(&str, &str)] =
    &[("8.1", "303"), ("7.7", "302"), ("2.6", "313"), ("2.5", "312"), ("3.8", "343"), ("3.7", "342")];

/// What the report adds up.
#[derive(Default)]
struct Figures {
    /// Base and tax by rate, zero left out.
    rates: BTreeMap<Decimal, (Decimal, Decimal)>,
    /// Untaxed supplies to clients abroad, and at home.
    abroad: Decimal,
    exempt: Decimal,
    materials: Decimal,
    investments: Decimal,
    other: Decimal,
}

pub fn report(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    if !fields::flag(cx.profile, "vat_registered") {
        return Err(Error::conflict(
            "vat_not_enabled",
            format!(
                "profile {} is not registered for VAT, so there is no report",
                cx.profile_text("company_name")
            ),
        ));
    }
    let period = match input.query.text("period") {
        Some(name) => Period::named(name).ok_or_else(|| {
            Error::field("period", "must be a quarter or half-year such as 2026-Q3 or 2026-H1")
        })?,
        None if input.query.text("from").or(input.query.text("to")).is_some() => {
            Period::asked(cx, &input.query, &Years::read(cx)?)?
        }
        None => {
            Period::quarter_of(cx.today).unwrap_or(Period { from: cx.today.first_of_year(), to: cx.today })
        }
    };
    let figures = add_up(cx, period)?;
    let mut report = head(cx, "vat");
    put_date(&mut report, "from", period.from);
    put_date(&mut report, "to", period.to);
    report.insert("method".to_owned(), json!("effective"));
    report.insert("basis".to_owned(), json!("agreed"));
    figures.write(&mut report);
    Ok(Answer::ok(report))
}

fn add_up(cx: &Context<'_>, period: Period) -> Result<Figures, Error> {
    let mut figures = Figures::default();
    let countries = countries(cx)?;
    for invoice in cx.tx.all("invoices")? {
        let inside =
            fields::date(&invoice, "issue_date").is_some_and(|date| period.from <= date && date <= period.to);
        if inside && !matches!(fields::text(&invoice, "status"), "draft" | "cancelled" | "") {
            let country = countries.get(fields::text(&invoice, "client_id")).map(String::as_str);
            figures.add_invoice(
                &invoice,
                cx.currency(),
                country.is_none_or(|code| matches!(code, "" | "CH" | "LI")),
            );
        }
    }
    for expense in cx.tx.all("expenses")? {
        if fields::date(&expense, "date").is_some_and(|date| period.from <= date && date <= period.to) {
            let tax = money::field(&expense, "tax_amount").unwrap_or_default();
            figures.add_input_tax(fields::text(&expense, "account"), tax);
        }
    }
    for entry in Ledger::read(cx)?.between(Some(period.from), period.to) {
        if matches!(entry.source, Source::Manual | Source::Bank) {
            figures.add_entry(entry);
        }
    }
    Ok(figures)
}

/// The box for the tax of a Swiss rate.
fn box_of(rate: Decimal) -> Option<&'static str> {
    BOXES.iter().find(|(text, _)| money::parse(text) == Some(rate)).map(|(_, number)| *number)
}

/// Country of each client.
fn countries(cx: &Context<'_>) -> Result<HashMap<String, String>, Error> {
    let country = |client: &Record| {
        let address = client.get("address").and_then(Value::as_object);
        address.map_or_else(String::new, |address| fields::text(address, "country").to_owned())
    };
    Ok(cx
        .tx
        .all("clients")?
        .iter()
        .map(|client| (fields::text(client, "id").to_owned(), country(client)))
        .collect())
}

impl Figures {
    fn add_supply(&mut self, rate: Decimal, base: Decimal, tax: Decimal, at_home: bool) {
        if !rate.is_zero() && box_of(rate).is_none() {
            // VAT of another country: taxed there, not taxable here.
            self.abroad += base;
        } else if rate.is_zero() {
            *(if at_home { &mut self.exempt } else { &mut self.abroad }) += base;
        } else {
            let sums = self.rates.entry(rate.normalize()).or_default();
            sums.0 += base;
            sums.1 += tax;
        }
    }

    fn add_invoice(&mut self, invoice: &Record, currency: &str, at_home: bool) {
        let from = fields::said(invoice, "currency").unwrap_or(currency);
        for part in fields::objects(invoice, "tax_breakdown") {
            let amount =
                |name| exchange::convert(money::field(part, name).unwrap_or_default(), from, currency);
            self.add_supply(
                money::field(part, "rate").unwrap_or_default(),
                amount("base"),
                amount("tax"),
                at_home,
            );
        }
    }

    /// By the account that was charged: class 4, fixed assets, anything else.
    fn add_input_tax(&mut self, account: &str, tax: Decimal) {
        match account.get(..1) {
            Some("4") => self.materials += tax,
            Some("1") => self.investments += tax,
            _ => self.other += tax,
        }
    }

    /// Revenue and input VAT of entries written by hand. A settlement with the tax office is no supply.
    fn add_entry(&mut self, entry: &Entry) {
        if entry.touches(VAT_SETTLEMENT) {
            return;
        }
        for line in &entry.lines {
            match line.account.as_str() {
                INPUT_TAX_MATERIAL => self.materials += line.amount,
                INPUT_TAX_OTHER => self.other += line.amount,
                number if number.starts_with('3') => {
                    let rate = match line.tax_code.as_deref() {
                        Some("UST81") => Decimal::new(81, 1),
                        Some("UST26") => Decimal::new(26, 1),
                        Some("UST38") => Decimal::new(38, 1),
                        _ => Decimal::ZERO,
                    };
                    let tax = money::cents(money::percent(-line.amount, rate));
                    self.add_supply(rate, -line.amount, tax, true);
                }
                _ => {}
            }
        }
    }

    fn write(&self, report: &mut Record) {
        let taxable: Decimal = self.rates.values().map(|(base, _)| base).sum();
        let due: Decimal = self.rates.values().map(|(_, tax)| tax).sum();
        let untaxed = self.abroad + self.exempt;
        let other_input = self.investments + self.other;
        let net = due - self.materials - other_input;
        let mut boxes = BTreeMap::from([
            ("200", taxable + untaxed),
            ("205", Decimal::ZERO),
            ("220", Decimal::ZERO),
            ("221", self.abroad),
            ("225", Decimal::ZERO),
            ("230", self.exempt),
            ("235", Decimal::ZERO),
            ("280", Decimal::ZERO),
            ("289", untaxed),
            ("299", taxable),
            ("303", Decimal::ZERO),
            ("313", Decimal::ZERO),
            ("343", Decimal::ZERO),
            ("383", Decimal::ZERO),
            ("399", due),
            ("400", self.materials),
            ("405", other_input),
            ("410", Decimal::ZERO),
            ("415", Decimal::ZERO),
            ("420", Decimal::ZERO),
            ("479", self.materials + other_input),
            ("500", net.max(Decimal::ZERO)),
            ("510", (-net).max(Decimal::ZERO)),
            ("900", Decimal::ZERO),
            ("910", Decimal::ZERO),
        ]);
        for (rate, (_, tax)) in &self.rates {
            if let Some(number) = box_of(*rate) {
                boxes.insert(number, *tax);
            }
        }
        let boxes: Record =
            boxes.into_iter().map(|(number, amount)| (number.to_owned(), money::json(amount))).collect();
        let by_rate: Vec<Value> = self.rates.iter().rev().map(|(rate, (base, tax))| {
            json!({ "rate": money::json(*rate), "base": money::json(*base), "tax": money::json(*tax) })
        }).collect();
        report.insert("fields".to_owned(), Value::Object(boxes));
        report.insert(
            "revenue".to_owned(),
            json!({
                "total": money::json(taxable + untaxed), "non_taxable": money::json(untaxed),
                "taxable_by_rate": by_rate, "vat_due": money::json(due),
            }),
        );
        report.insert(
            "input_tax".to_owned(),
            json!({
                "materials": money::json(self.materials), "investments": money::json(self.investments),
                "other": money::json(self.other),
            }),
        );
        report.insert("net_liability".to_owned(), money::json(net));
    }
}
