//! Sums of money per currency, exact.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::catalogue::ListOf;
use crate::rules::money;

/// Sums per currency, dropped as a whole if one amount cannot be read exactly; a field that one row of the
/// currency leaves out has no sum.
#[derive(Default)]
pub(super) struct Sums {
    by_currency: BTreeMap<String, BTreeMap<&'static str, Option<Decimal>>>,
    unreadable: bool,
}

impl Sums {
    pub(super) fn add(&mut self, list: ListOf, row: &Value) {
        for field in list.sums {
            let found = row.get(*field).filter(|value| !value.is_null());
            let currency = row.get("currency").and_then(Value::as_str).unwrap_or("?").to_owned();
            let sum =
                self.by_currency.entry(currency).or_default().entry(field).or_insert(Some(Decimal::ZERO));
            let Some(known) = *sum else { continue };
            match found.map(|found| money::decimal(found).and_then(|amount| known.checked_add(amount))) {
                Some(Some(next)) => *sum = Some(next),
                Some(None) => self.unreadable = true,
                None => *sum = None,
            }
        }
    }

    pub(super) fn value(&self) -> Option<Value> {
        if self.unreadable || self.by_currency.is_empty() {
            return None;
        }
        let sums = self.by_currency.iter().filter_map(|(currency, fields)| {
            let fields: Map<_, _> = fields
                .iter()
                .filter_map(|(field, sum)| Some(((*field).to_owned(), money::number((*sum)?))))
                .collect();
            (!fields.is_empty()).then(|| (currency.clone(), Value::Object(fields)))
        });
        let sums: Map<_, _> = sums.collect();
        (!sums.is_empty()).then_some(Value::Object(sums))
    }
}
