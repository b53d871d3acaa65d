//! Exact money: reading and writing JSON numbers by their own text, and the two kinds of rounding.

use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

use super::answer::Record;

/// Reads a decimal from its text, plain or scientific; none where it does not fit 28 digits. What is smaller
/// than the 28th place is 0.
pub fn parse(text: &str) -> Option<Decimal> {
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok().or_else(|| {
        let (digits, exponent) = text.split_once(['e', 'E'])?;
        let exponent: i64 = exponent.parse().ok()?;
        let digits = Decimal::from_str(digits).ok()?;
        (exponent < -28 && digits.abs() < Decimal::ONE_THOUSAND).then_some(Decimal::ZERO)
    })
}

/// Whether a JSON number is whole, by its own text: `3.0` is, `1e-40` is not.
pub fn is_whole(value: &Value) -> bool {
    let Value::Number(number) = value else { return false };
    let digits = number.as_str().split(['e', 'E']).next().unwrap_or_default();
    let vanished = digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    parse(number.as_str()).is_some_and(|number| number.fract().is_zero() && !(number.is_zero() && vanished))
}

/// Reads a JSON number by its own text.
pub fn read(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse(number.as_str()),
        _ => None,
    }
}

/// Reads a field of a record; none where it is absent, null or no number.
pub fn field(record: &Record, name: &str) -> Option<Decimal> {
    read(record.get(name)?)
}

/// A JSON number without trailing zeros, as most servers write it.
pub fn json(amount: Decimal) -> Value {
    let amount = amount.normalize();
    let amount = if amount.is_zero() { Decimal::ZERO } else { amount };
    Number::from_str(&amount.to_string()).map_or(Value::Null, Value::Number)
}

/// Two places, half away from zero.
pub fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// To the next 0.05, half away from zero: the cash custom for Swiss francs.
pub fn five_rappen(amount: Decimal) -> Decimal {
    let twentieths = amount * Decimal::from(20);
    twentieths.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero) / Decimal::from(20)
}

/// `rate` percent of `base`, unrounded.
pub fn percent(base: Decimal, rate: Decimal) -> Decimal {
    base * rate / Decimal::ONE_HUNDRED
}

/// A text that sorts as the number does, so that `SQLite` can compare amounts without floating point.
pub fn sort_key(amount: Decimal) -> String {
    let text = amount.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole:0>30}.{fraction:0<28}");
    if amount.is_sign_negative() && !amount.is_zero() {
        let complement = |c: char| c.to_digit(10).and_then(|d| char::from_digit(9 - d, 10)).unwrap_or(c);
        format!("0{}", digits.chars().map(complement).collect::<String>())
    } else {
        format!("1{digits}")
    }
}

#[cfg(test)]
mod tests {
    use super::{cents, five_rappen, json, parse, percent, sort_key};

    fn d(text: &str) -> rust_decimal::Decimal {
        parse(text).unwrap()
    }

    #[test]
    fn five_rappen_vectors() {
        for (amount, rounded) in [
            ("10.02", "10.00"),
            ("10.025", "10.05"),
            ("10.07", "10.05"),
            ("10.075", "10.10"),
            ("-10.025", "-10.05"),
            ("583.74", "583.75"),
            ("324.30", "324.30"),
        ] {
            assert_eq!(five_rappen(d(amount)), d(rounded), "{amount}");
        }
    }

    #[test]
    fn vat_vectors() {
        assert_eq!(cents(percent(d("540"), d("8.1"))), d("43.74"));
        assert_eq!(cents(percent(d("300"), d("8.1"))), d("24.30"));
    }

    #[test]
    fn numbers_are_written_without_trailing_zeros() {
        assert_eq!(json(d("324.30")).to_string(), "324.3");
        assert_eq!(json(d("-0.00")).to_string(), "0");
        assert_eq!(json(d("1234567.890123456789012")).to_string(), "1234567.890123456789012");
        assert_eq!(json(d("1e3")).to_string(), "1000");
        assert_eq!(d("-4.26e-45"), d("0"));
        assert_eq!(parse("1e400"), None);
    }

    #[test]
    fn sort_keys_sort_as_numbers() {
        let sorted = ["-100.5", "-2", "-1.99", "0", "0.05", "1.9", "1.95", "10", "9999999999999999"];
        let mut keys: Vec<String> = sorted.iter().map(|text| sort_key(d(text))).collect();
        let before = keys.clone();
        keys.sort();
        assert_eq!(keys, before);
    }
}
