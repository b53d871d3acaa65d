//! The server's totals of a document against our own exact arithmetic: a difference is said, not hidden.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::rules::money;

/// Beyond this the two are not the same; below lies rounding.
const TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// A sentence with both figures where the server's totals differ from what `body`, as it was sent, comes to.
/// `None` where they agree, and where one of the two cannot be told. Rates, prices with or without VAT and
/// rounding that `body` leaves to the server are taken from `record`.
pub(super) fn compare(body: &Value, record: &Value) -> Option<String> {
    let ours = money::preview(&completed(body, record))?;
    let differing: Vec<String> = ["subtotal", "tax_total", "total"]
        .iter()
        .filter_map(|name| {
            let (own, theirs) = (money::decimal(ours.get(*name)?)?, money::decimal(record.get(*name)?)?);
            let apart = own.checked_sub(theirs)?.abs() > TOLERANCE;
            apart.then(|| format!("`{name}` is {theirs}, by our arithmetic {}", money::to_cent(own)))
        })
        .collect();
    let figures = differing.join("; ");
    (!differing.is_empty()).then(|| {
        format!("the server's totals differ from what was sent: {figures}; please check rates and lines")
    })
}

/// The body with what the server decided where it was left out.
fn completed(body: &Value, record: &Value) -> Value {
    let mut body = body.clone();
    let Some(fields) = body.as_object_mut() else { return body };
    for name in ["currency", "tax_rate", "prices_include_tax", "round_to_five_rappen"] {
        if fields.get(name).is_none_or(Value::is_null)
            && let Some(decided) = record.get(name).filter(|value| !value.is_null())
        {
            fields.insert(name.to_owned(), decided.clone());
        }
    }
    let rounded = record.get("rounding").and_then(money::decimal).is_some_and(|part| !part.is_zero());
    if rounded && record.get("round_to_five_rappen").is_none_or(Value::is_null) {
        fields.insert("round_to_five_rappen".to_owned(), Value::Bool(true));
    }
    let theirs = record.get("lines").and_then(Value::as_array);
    if let Some(lines) = fields.get_mut("lines").and_then(Value::as_array_mut) {
        let theirs = theirs.filter(|theirs| theirs.len() == lines.len());
        for (line, decided) in lines.iter_mut().zip(theirs.into_iter().flatten()) {
            let rate = decided.get("tax_rate").filter(|rate| !rate.is_null());
            if let (Some(line), Some(rate)) = (line.as_object_mut(), rate)
                && line.get("tax_rate").is_none_or(Value::is_null)
            {
                line.insert("tax_rate".to_owned(), rate.clone());
            }
        }
    }
    body
}

#[cfg(test)]
mod tests;
