//! Whether the catalog has other prices or VAT rates by now than the lines that are copied.

use serde_json::Value;

use crate::gateway::calls::{Calls, quoted};
use crate::rules::money;
use crate::workflows::copying::text;

/// Catalog items that are read for one invoice.
const MOST: usize = 10;

/// A sentence for each line whose item is priced or taxed otherwise, or sold no more. What cannot be read is said.
pub async fn changed(calls: &dyn Calls, source: &Value) -> Vec<String> {
    let lines = source.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (mut notes, mut seen) = (Vec::new(), Vec::new());
    for line in lines {
        let id = text(line, "catalog_item_id");
        if id.is_empty() || seen.contains(&id) {
            continue;
        }
        if seen.len() == MOST {
            notes.push(format!("only {MOST} catalog items were compared with their lines"));
            break;
        }
        seen.push(id);
        match calls.record("get_catalog_item", id).await {
            Ok(item) => notes.extend(differences(source, line, &item)),
            Err(failure) => notes.push(format!(
                "the price of \"{}\" was not compared with the catalog: {}",
                quoted(text(line, "description")),
                failure.message
            )),
        }
    }
    notes
}

fn differences(source: &Value, line: &Value, item: &Value) -> Option<String> {
    let number = |of: &Value, name: &str| of.get(name).and_then(money::decimal);
    let (own, theirs) = (text(source, "currency").to_uppercase(), text(item, "currency").to_uppercase());
    let same_currency = own.is_empty() || theirs.is_empty() || own == theirs;
    let mut said = Vec::new();
    if let (Some(billed), Some(now), true) = (number(line, "price"), number(item, "price"), same_currency)
        && billed != now
    {
        let price = |of: &Value| of.get("price").map(money::shown).unwrap_or_default();
        said.push(format!(
            "costs {} in the catalog now, the line has {}",
            quoted(&price(item)),
            quoted(&price(line))
        ));
    }
    let rate = number(line, "tax_rate").or_else(|| number(source, "tax_rate"));
    if let (Some(billed), Some(now)) = (rate, number(item, "tax_rate"))
        && billed != now
    {
        said.push(format!("has {now} % VAT in the catalog now, the line {billed} %"));
    }
    if item.get("active") == Some(&Value::Bool(false)) {
        said.push("is not active in the catalog any more".to_owned());
    }
    (!said.is_empty()).then(|| format!("\"{}\" {}", quoted(text(line, "description")), said.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::differences;

    #[test]
    fn another_price_or_rate_in_the_catalog_is_said() {
        let source = json!({ "currency": "CHF", "tax_rate": 7.7 });
        let line = json!({ "description": "Hosting", "price": 49.90 });
        let said = |item: Value| differences(&source, &line, &item);
        assert_eq!(said(json!({ "price": 49.9, "tax_rate": 7.70, "currency": "CHF", "active": true })), None);
        assert_eq!(said(json!({ "price": 10, "currency": "EUR" })), None);
        assert_eq!(
            said(json!({ "price": 59.90, "tax_rate": 8.1, "active": false })).as_deref(),
            Some(
                "\"Hosting\" costs 59.90 in the catalog now, the line has 49.90, has 8.1 % VAT in the catalog now, \
                 the line 7.7 %, is not active in the catalog any more"
            )
        );
    }
}
