//! Lines and totals: what is missing, what is odd, and our own exact arithmetic against the server's.

use rust_decimal::Decimal;
use serde_json::Value;

use super::Findings;
use super::subject::Subject;
use crate::rules::money;
use crate::workflows::copying::text;

/// Beyond this the server's figure and ours are not the same; below lies rounding.
const TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// Gives the totals by our arithmetic, where the lines allow one.
pub fn check(subject: &Subject, findings: &mut Findings) -> Option<Value> {
    if subject.lines().is_empty() {
        findings.error("lines", "no lines");
        return None;
    }
    let whole =
        subject.lines().iter().enumerate().filter(|(at, line)| check_line(*at, line, findings)).count();
    if whole < subject.lines().len() {
        return None;
    }
    let document = with_rounding(&subject.document);
    let Some(mut totals) = money::preview(&document) else {
        findings.error("lines", "the amounts are too large to be added up");
        return None;
    };
    if let Some(totals) = totals.as_object_mut() {
        totals.shift_remove("line_amounts");
    }
    if subject.is_record {
        compare(&totals, &subject.document, findings);
    }
    if let Some(total) = payable(&totals) {
        if total < Decimal::ZERO {
            findings.warning("total", format!("negative ({total}): a credit, which no QR slip can pay"));
        } else if total.is_zero() {
            findings.warning("total", "zero: nothing is to be paid");
        }
    }
    Some(totals)
}

/// What is to be paid; without VAT where the rate is not known.
pub fn payable(totals: &Value) -> Option<Decimal> {
    totals.get("total").or_else(|| totals.get("subtotal")).and_then(money::decimal)
}

/// True where the line has what its amount is made of.
fn check_line(at: usize, line: &Value, findings: &mut Findings) -> bool {
    let field = |name: &str| format!("lines[{at}].{name}");
    if text(line, "description").is_empty() {
        findings.error(field("description"), "empty: an invoice has to say what was supplied");
    }
    let number = |name: &str| line.get(name).and_then(money::decimal);
    for name in ["quantity", "price"] {
        match number(name) {
            None => findings.error(field(name), "missing, or no number"),
            Some(amount) if amount.is_zero() => findings.warning(field(name), "zero"),
            Some(_) => {}
        }
    }
    let off = number("discount_percent").unwrap_or_default();
    if off < Decimal::ZERO || off > Decimal::ONE_HUNDRED {
        findings.warning(field("discount_percent"), format!("{off} is not between 0 and 100"));
    }
    number("quantity").is_some() && number("price").is_some()
}

/// A record that was rounded says so by its amount, if not by the flag.
fn with_rounding(document: &Value) -> Value {
    let mut document = document.clone();
    let rounded = document.get("rounding").and_then(money::decimal).is_some_and(|part| !part.is_zero());
    let unsaid = document.get("round_to_five_rappen").is_none_or(Value::is_null);
    if let (true, true, Some(fields)) = (rounded, unsaid, document.as_object_mut()) {
        fields.insert("round_to_five_rappen".to_owned(), Value::Bool(true));
    }
    document
}

fn compare(ours: &Value, record: &Value, findings: &mut Findings) {
    for name in ["subtotal", "tax_total", "total"] {
        let figure = |of: &Value| of.get(name).and_then(money::decimal);
        let (Some(own), Some(theirs)) = (figure(ours), figure(record)) else { continue };
        if own.checked_sub(theirs).is_none_or(|apart| apart.abs() > TOLERANCE) {
            findings
                .warning(name, format!("the server has {theirs}, our arithmetic {}", money::to_cent(own)));
        }
    }
}
