//! The layouts of the reports on balances made here.

use super::balance_sheet;
use super::profit_loss;
use super::statement::{Balances, Row};
use rust_decimal::Decimal;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn balances(pairs: &[(&str, &str)]) -> Balances {
    pairs.iter().map(|(number, amount)| ((*number).to_owned(), dec(amount))).collect()
}

fn amount(rows: &[Row], key: &str) -> Decimal {
    rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no row {key}")).amount
}

#[test]
fn profit_and_loss_follows_the_order_of_the_sme_chart() {
    let rows = profit_loss::rows(&balances(&[
        ("1020", "999"),
        ("3400", "-1000"),
        ("3805", "50"),
        ("4400", "200"),
        ("5000", "300"),
        ("6000", "100"),
        ("6800", "40"),
        ("6940", "5"),
        ("6950", "-1"),
        ("7500", "-12"),
        ("8500", "8"),
        ("8900", "30"),
    ]));
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "revenue",
            "material",
            "gross_profit_1",
            "staff",
            "gross_profit_2",
            "other_operating",
            "ebitda",
            "depreciation",
            "ebit",
            "financial",
            "side",
            "extraordinary",
            "before_tax",
            "taxes",
            "net_result"
        ]
    );
    for (key, expected) in [
        ("revenue", "950"),
        ("gross_profit_1", "750"),
        ("gross_profit_2", "450"),
        ("ebitda", "350"),
        ("ebit", "310"),
        ("financial", "-4"),
        ("side", "12"),
        ("extraordinary", "-8"),
        ("before_tax", "310"),
        ("net_result", "280"),
    ] {
        assert_eq!(amount(&rows, key), dec(expected), "{key}");
    }
}

#[test]
fn a_comparison_keeps_accounts_of_either_period() {
    let mut now = profit_loss::rows(&balances(&[("3400", "-100"), ("6500", "10")]));
    let then = profit_loss::rows(&balances(&[("3400", "-80"), ("6510", "7")]));
    for (row, other) in now.iter_mut().zip(&then) {
        row.compare(other);
    }
    let operating = now.iter().find(|row| row.key == "other_operating").unwrap();
    let seen: Vec<_> = operating
        .children
        .iter()
        .map(|row| (row.key.as_str(), row.amount, row.comparison.unwrap()))
        .collect();
    assert_eq!(seen, [("6500", dec("-10"), dec("0")), ("6510", dec("0"), dec("-7"))]);
    assert_eq!(now.last().unwrap().comparison, Some(dec("73")));
}

#[test]
fn the_balance_sheet_balances_with_results_inside_equity() {
    let before = balances(&[("1020", "150"), ("2800", "-100"), ("3400", "-80"), ("6000", "30")]);
    let running = balances(&[("1020", "20"), ("1100", "40"), ("3400", "-55"), ("2200", "-5")]);
    let sheet = balance_sheet::build(&before, &running);
    assert_eq!(sheet.assets, dec("210"));
    assert_eq!(sheet.liabilities, dec("5"));
    assert_eq!(sheet.equity, dec("205"));
    assert_eq!(sheet.result, dec("55"));
    assert_eq!(sheet.assets - sheet.liabilities - sheet.equity, Decimal::ZERO);
}

#[test]
fn a_booked_carry_forward_and_closing_accounts_keep_it_balanced() {
    let before = balances(&[("1020", "50"), ("3400", "-50"), ("2979", "50"), ("2970", "-50")]);
    let running = balances(&[("1000", "10"), ("9100", "-10")]);
    let sheet = balance_sheet::build(&before, &running);
    assert_eq!(sheet.assets, dec("60"));
    assert_eq!(sheet.equity, dec("60"));
}
