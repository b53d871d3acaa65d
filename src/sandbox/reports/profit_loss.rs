//! Profit and loss out of the balances of a period, in the order of the Swiss SME chart. Every amount counts
//! towards the result (revenue positive, costs negative), so a subtotal is the sum of the sections above it.

use super::statement::{Balances, Row, account_rows, class_and_group};
use crate::sandbox::chart::{self, Kind};
use rust_decimal::Decimal;

/// A section: key, label, and which accounts belong to it.
type Section = (&'static str, &'static str, fn(u32, u32) -> bool);

const REVENUE: Section = ("revenue", "Revenue", |class, _| class == 3);
const MATERIAL: Section = ("material", "Material and services bought", |class, _| class == 4);
const STAFF: Section = ("staff", "Staff", |class, _| class == 5);
const OPERATING: Section =
    ("other_operating", "Other operating expenses", |class, group| class == 6 && group != 68 && group != 69);
const DEPRECIATION: Section = ("depreciation", "Depreciation", |_, group| group == 68);
const FINANCIAL: Section = ("financial", "Financial result", |_, group| group == 69);
const SIDE: Section = ("side", "Side results", |class, _| class == 7);
const EXTRAORDINARY: Section =
    ("extraordinary", "Extraordinary result", |class, group| class == 8 && group != 89);
const TAXES: Section = ("taxes", "Direct taxes", |_, group| group == 89);

/// The steps: sections, then the subtotal they lead to.
const STEPS: &[(&[Section], &str, &str)] = &[
    (&[REVENUE, MATERIAL], "gross_profit_1", "Gross profit after material"),
    (&[STAFF], "gross_profit_2", "Gross profit after staff"),
    (&[OPERATING], "ebitda", "Operating result before depreciation (EBITDA)"),
    (&[DEPRECIATION], "ebit", "Operating result (EBIT)"),
    (&[FINANCIAL, SIDE, EXTRAORDINARY], "before_tax", "Result before taxes"),
    (&[TAXES], "net_result", "Net result"),
];

/// All rows of the report, sections and subtotals.
pub fn rows(balances: &Balances) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut result = Decimal::ZERO;
    for (sections, key, label) in STEPS {
        for (section, title, belongs) in *sections {
            let accounts = account_rows(balances, Decimal::NEGATIVE_ONE, |number| {
                let (class, group) = class_and_group(number);
                belongs(class, group)
            });
            let row = Row::section(section, title, accounts);
            result += row.amount;
            rows.push(row);
        }
        rows.push(Row::total(key, label, result));
    }
    rows
}

/// Income, costs and what remains: the report of a profile without double-entry bookkeeping.
pub fn simple_rows(balances: &Balances) -> Vec<Row> {
    let is_income = |number: &str| chart_kind(number) == Some(Kind::Revenue);
    let is_cost = |number: &str| chart_kind(number) == Some(Kind::Expense);
    let plain = |picked: Vec<Row>| picked.into_iter().map(|row| Row { account: None, ..row }).collect();
    let income =
        Row::section("revenue", "Income", plain(account_rows(balances, Decimal::NEGATIVE_ONE, is_income)));
    let costs =
        Row::section("expenses", "Expenses", plain(account_rows(balances, Decimal::NEGATIVE_ONE, is_cost)));
    let result = Row::total("net_result", "Result", income.amount + costs.amount);
    vec![income, costs, result]
}

fn chart_kind(number: &str) -> Option<Kind> {
    chart::find(number).map(|account| account.kind)
}
