//! Amounts as people here write them (1'234.50), out of their own digits, and what is an amount at all.

use serde_json::Value;

use crate::rules::money;

/// Words in names of fields that hold money, whatever stands before or after them.
const MONEY: &[&str] = &[
    "amount",
    "amounts",
    "total",
    "totals",
    "subtotal",
    "price",
    "net",
    "gross",
    "tax",
    "vat",
    "balance",
    "debit",
    "credit",
    "credits",
    "debits",
    "base",
    "sum",
    "sums",
    "fee",
    "fees",
    "revenue",
    "liability",
    "income",
    "cost",
    "costs",
    "result",
    "turnover",
    "difference",
    "opening",
    "closing",
    "rounding",
    "payable",
    "materials",
    "investments",
    "taxable",
];
/// Words that are names of states as well: money where some figure of theirs has decimals.
const PERHAPS: &[&str] = &[
    "paid",
    "due",
    "open",
    "overdue",
    "outstanding",
    "remaining",
    "expenses",
    "other",
    "invoiced",
    "billed",
    "received",
];
/// Words of what is counted or measured, even beside one of the others.
const COUNTED: &[&str] = &[
    "count", "counts", "n", "of", "day", "days", "rate", "rates", "percent", "quantity", "version", "year",
    "years", "number", "numbers", "page", "pages", "row", "rows", "id", "date", "month", "code", "codes",
    "period", "status", "type", "kind",
];

/// True where the figures under this name are amounts of money. `in_currency`: they stand below a currency, where
/// what may be money is.
pub fn are_money<'a>(name: &str, values: impl IntoIterator<Item = &'a Value>, in_currency: bool) -> bool {
    let lower = name.to_lowercase();
    let has = |list: &[&str]| {
        lower.split(|letter: char| !letter.is_alphanumeric()).any(|word| list.contains(&word))
    };
    if has(COUNTED) {
        return false;
    }
    let decimals = || values.into_iter().any(|value| value.to_string().contains('.'));
    has(MONEY) || (has(PERHAPS) && (in_currency || decimals()))
}

/// An amount: two decimals at least, thousands set apart. What is no number stays as it is.
pub fn amount(value: &Value) -> String {
    match value {
        Value::Number(_) => grouped(&money::shown(value)),
        Value::String(text) if money::decimal(value).is_some() && !text.contains(['e', 'E']) => {
            let number = text.trim().parse().map(Value::Number);
            number.map_or_else(|_| text.clone(), |number| grouped(&money::shown(&number)))
        }
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// True for a number, as such or as text.
pub fn is_figure(value: &Value) -> bool {
    value.is_number() || (value.is_string() && money::decimal(value).is_some())
}

fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut shown = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            shown.push('\'');
        }
        shown.push(digit);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{amount, are_money};

    #[test]
    fn amounts_keep_their_digits() {
        for (given, shown) in [
            ("0", "0.00"),
            ("-0.5", "-0.50"),
            ("1234.5", "1'234.50"),
            ("-1234567.89", "-1'234'567.89"),
            ("999", "999.00"),
            ("1000", "1'000.00"),
            ("12.345", "12.345"),
            ("123456789012345678901234567890.10", "123'456'789'012'345'678'901'234'567'890.10"),
            ("1e+3", "1e+3"),
            (r#""1234.5""#, "1'234.50"),
            (r#""free""#, "free"),
            ("null", ""),
        ] {
            let value: Value = serde_json::from_str(given).unwrap();
            assert_eq!(amount(&value), shown);
        }
    }

    #[test]
    fn names_say_what_is_money() {
        for name in ["total", "amount_due", "net_amount", "Gross", "tax_total", "net-result"] {
            assert!(are_money(name, [&json!(1)], false), "{name}");
        }
        for name in ["n", "total_count", "tax_rate", "days_overdue", "quantity", "overdue", "paid", "kind"] {
            assert!(!are_money(name, [&json!(1)], false), "{name}");
        }
        let cents: Value = serde_json::from_str("1.50").unwrap();
        assert!(are_money("overdue", [&json!(1), &cents], false) && are_money("open", [&json!(0)], true));
    }
}
