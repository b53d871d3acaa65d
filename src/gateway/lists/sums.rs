//! Sums of money per currency, exact.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::catalogue::ListOf;
use crate::rules::money;

/// Sums per currency, dropped as a whole if one amount cannot be read exactly.
#[derive(Default)]
pub(super) struct Sums {
    by_currency: BTreeMap<String, BTreeMap<&'static str, Decimal>>,
    unreadable: bool,
}

impl Sums {
    pub(super) fn add(&mut self, list: ListOf, row: &Value) {
        for field in list.sums {
            let Some(found) = row.get(*field).filter(|value| !value.is_null()) else { continue };
            let currency = row.get("currency").and_then(Value::as_str).unwrap_or("?").to_owned();
            let sum = self.by_currency.entry(currency).or_default().entry(field).or_default();
            match money::decimal(found).and_then(|amount| sum.checked_add(amount)) {
                Some(next) => *sum = next,
                None => self.unreadable = true,
            }
        }
    }

    pub(super) fn value(&self) -> Option<Value> {
        if self.unreadable || self.by_currency.is_empty() {
            return None;
        }
        let sums = self.by_currency.iter().map(|(currency, fields)| {
            let fields: Map<_, _> =
                fields.iter().map(|(field, sum)| ((*field).to_owned(), money::number(*sum))).collect();
            (currency.clone(), Value::Object(fields))
        });
        Some(Value::Object(sums.collect()))
    }
}
