//! The balance sheet out of all balances up to a date. The result of the running year and the results of
//! earlier years stand inside equity, whether or not a closing entry was written, so the sides are equal.

use super::statement::{Balances, Row, account_rows, class_and_group};
use crate::sandbox::chart::{self, CARRIED_FORWARD, RESULT};
use rust_decimal::Decimal;

/// Both sides, and what they come to.
#[derive(Debug)]
pub struct BalanceSheet {
    pub rows: Vec<Row>,
    pub assets: Decimal,
    pub liabilities: Decimal,
    pub equity: Decimal,
    /// Result of the running fiscal year up to the date.
    pub result: Decimal,
}

/// `before` holds everything booked before the running fiscal year, `running` what was booked since.
pub fn build(before: &Balances, running: &Balances) -> BalanceSheet {
    let mut all = before.clone();
    for (number, balance) in running {
        *all.entry(number.clone()).or_default() += *balance;
    }
    let debit = |picked: fn(u32, u32) -> bool| account_rows(&all, Decimal::ONE, by_group(picked));
    let credit = |picked: fn(u32, u32) -> bool| account_rows(&all, Decimal::NEGATIVE_ONE, by_group(picked));
    let assets = vec![
        Row::section("current_assets", "Current assets", debit(|_, group| (10..=13).contains(&group))),
        Row::section("fixed_assets", "Fixed assets", debit(|_, group| (14..=19).contains(&group))),
    ];
    let liabilities = vec![
        Row::section(
            "short_term_liabilities",
            "Short-term liabilities",
            credit(|_, group| (20..=23).contains(&group)),
        ),
        Row::section(
            "long_term_liabilities",
            "Long-term liabilities",
            credit(|_, group| (24..=27).contains(&group)),
        ),
    ];
    let result = result_of(running);
    let equity = equity(&all, result_of(before), result);
    let rows = vec![
        Row::section("assets", "Assets", assets),
        Row::section("liabilities", "Liabilities", liabilities),
        Row::section("equity", "Equity", equity),
    ];
    let amount = |key: &str| rows.iter().find(|row| row.key == key).map_or(Decimal::ZERO, |row| row.amount);
    BalanceSheet {
        assets: amount("assets"),
        liabilities: amount("liabilities"),
        equity: amount("equity"),
        result,
        rows,
    }
}

/// Equity accounts with the results in them. Balances of closing accounts (class 9) belong here as well:
/// they are what an opening or closing entry has not yet been completed with.
fn equity(all: &Balances, earlier: Decimal, result: Decimal) -> Vec<Row> {
    let mut shown = all.clone();
    *shown.entry(CARRIED_FORWARD.to_owned()).or_default() -= earlier;
    *shown.entry(RESULT.to_owned()).or_default() -= result;
    account_rows(
        &shown,
        Decimal::NEGATIVE_ONE,
        by_group(|class, group| class == 9 || group == 28 || group == 29),
    )
}

/// What the result accounts come to: revenue minus costs.
pub fn result_of(balances: &Balances) -> Decimal {
    let is_result = |number: &str| chart::find(number).is_some_and(|account| account.kind.is_result());
    balances.iter().filter(|(number, _)| is_result(number)).map(|(_, balance)| -*balance).sum()
}

fn by_group(picked: fn(u32, u32) -> bool) -> impl Fn(&str) -> bool {
    move |number| {
        let (class, group) = class_and_group(number);
        picked(class, group)
    }
}
