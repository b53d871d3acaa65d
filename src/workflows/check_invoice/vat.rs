//! VAT: the rates against those in force where the sender is, on the days of supply; and who may show any.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Findings;
use super::subject::{Subject, country_of};
use crate::rules::{money, vat};
use crate::workflows::copying::text;

pub fn check(subject: &Subject, findings: &mut Findings) {
    let rates = rates(subject);
    let (first, last) = subject.supply();
    for (field, rate) in &rates {
        in_force(subject, field, *rate, (first, last), findings);
    }
    let Some(sender) = &subject.sender else { return };
    let charged = rates.iter().find(|(_, rate)| *rate > Decimal::ZERO);
    match (sender.get("vat_registered").and_then(Value::as_bool), charged) {
        (Some(false), Some((field, rate))) => {
            let what =
                format!("{rate} % though the profile is not registered for VAT: tax that is shown is owed");
            findings.error(field.as_str(), what);
        }
        (Some(true), Some(_)) if text(sender, "vat_number").is_empty() => {
            findings.warning("sender.vat_number", "missing: an invoice with VAT has to show it");
        }
        _ => {}
    }
    let (own, theirs) = (subject.country(), subject.client.as_ref().and_then(country_of));
    let (Some(own), Some(theirs), Some((field, rate))) = (own, theirs, charged) else { return };
    // Liechtenstein has Switzerland's VAT.
    let home = |code: &str| if code == "LI" { "CH".to_owned() } else { code.to_owned() };
    if home(&own) != home(&theirs) {
        findings.note(
            field.as_str(),
            format!("{rate} % for a client in {theirs}: is the supply taxed in {own}?"),
        );
    }
}

/// Each rate once, with the field that says it first.
fn rates(subject: &Subject) -> Vec<(String, Decimal)> {
    let document = subject.document.get("tax_rate").and_then(money::decimal);
    let mut rates: Vec<(String, Decimal)> = Vec::new();
    for (at, line) in subject.lines().iter().enumerate() {
        let own = line.get("tax_rate").and_then(money::decimal);
        let said = own.map(|rate| (format!("lines[{at}].tax_rate"), rate));
        let said = said.or_else(|| document.map(|rate| ("tax_rate".to_owned(), rate)));
        if let Some((field, rate)) = said
            && !rates.iter().any(|(_, other)| *other == rate)
        {
            rates.push((field, rate));
        }
    }
    rates
}

fn in_force(subject: &Subject, field: &str, rate: Decimal, supply: (Date, Date), findings: &mut Findings) {
    let country = subject.country();
    let table = country.clone().filter(|code| vat::in_force(code, supply.1).next().is_some());
    // 0 % may be right everywhere: exports and exempt supplies carry it.
    let holds = |on: Date| match &table {
        Some(code) => rate.is_zero() || vat::in_force(code, on).any(|known| known.percent() == rate),
        None => vat::is_known(rate, on),
    };
    let place = table.as_deref().unwrap_or("CH, LI, DE or AT");
    match (holds(supply.0), holds(supply.1)) {
        (true, true) => {}
        (false, false) => {
            let there: Vec<String> = table
                .iter()
                .flat_map(|code| vat::in_force(code, supply.1))
                .map(|known| known.percent().to_string())
                .collect();
            let there =
                if there.is_empty() { String::new() } else { format!(" (there are {})", there.join(", ")) };
            findings.warning(field, format!("{rate} % is not in force in {place} on {}{there}", supply.1));
        }
        _ => {
            let what = format!(
                "{rate} % does not hold for all of {} to {} in {place}: the rates changed in between, so split the lines",
                supply.0, supply.1
            );
            findings.warning(field, what);
        }
    }
}
