//! The shape of a report: rows with accounts below them, and named totals. Pure: balances in, rows out.
//! Amounts are given by what they do to the result or to the side of the balance sheet they stand on.

use crate::sandbox::chart;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Debits minus credits per account.
pub type Balances = BTreeMap<String, Decimal>;

/// One row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: String,
    pub label: String,
    pub account: Option<String>,
    pub amount: Decimal,
    /// The same row of the period it is compared with.
    pub comparison: Option<Decimal>,
    pub children: Vec<Self>,
}

impl Row {
    pub fn total(key: &str, label: &str, amount: Decimal) -> Self {
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            account: None,
            amount,
            comparison: None,
            children: Vec::new(),
        }
    }

    /// A section: its accounts, and their sum.
    pub fn section(key: &str, label: &str, children: Vec<Self>) -> Self {
        let amount = children.iter().map(|row| row.amount).sum();
        Self { children, ..Self::total(key, label, amount) }
    }

    /// Takes the amounts of another period into this row; accounts that only the other period has are added.
    pub fn compare(&mut self, other: &Self) {
        self.comparison = Some(other.amount);
        for child in &mut self.children {
            match other.children.iter().find(|row| row.key == child.key) {
                Some(row) => child.compare(row),
                None => child.comparison = Some(Decimal::ZERO),
            }
        }
        for row in &other.children {
            if !self.children.iter().any(|child| child.key == row.key) {
                let mut added = Self { amount: Decimal::ZERO, children: Vec::new(), ..row.clone() };
                added.comparison = Some(row.amount);
                self.children.push(added);
            }
        }
        self.children.sort_by(|a, b| a.key.cmp(&b.key));
    }
}

/// The accounts of `balances` that `belongs` picks, as rows; `sign` turns debit minus credit into what is shown.
pub fn account_rows(balances: &Balances, sign: Decimal, belongs: impl Fn(&str) -> bool) -> Vec<Row> {
    balances
        .iter()
        .filter(|(number, balance)| belongs(number) && !balance.is_zero())
        .map(|(number, balance)| Row {
            account: Some(number.clone()),
            ..Row::total(number, chart::find(number).map_or("", |account| account.name), *balance * sign)
        })
        .collect()
}

/// Class (first digit) and group (first two digits) of an account number.
pub fn class_and_group(number: &str) -> (u32, u32) {
    let digits = |count: usize| number.get(..count).and_then(|text| text.parse().ok()).unwrap_or(0);
    (digits(1), digits(2))
}
