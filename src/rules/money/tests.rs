//! Vectors for the arithmetic of documents.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Line, Terms, compute, decimal, number, preview, to_cent, to_five_rappen};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn line(quantity: &str, price: &str, discount: &str, rate: Option<&str>) -> Line {
    Line { quantity: d(quantity), price: d(price), discount_percent: d(discount), tax_rate: rate.map(d) }
}

const SWISS: Terms = Terms {
    default_rate: Decimal::from_parts(81, 0, 0, false, 1),
    currency: "CHF",
    prices_include_tax: false,
};

#[test]
fn half_steps_go_away_from_zero() {
    for (amount, rounded) in [
        ("10.02", "10.00"),
        ("10.025", "10.05"),
        ("10.07", "10.05"),
        ("10.075", "10.10"),
        ("-10.025", "-10.05"),
    ] {
        assert_eq!(to_five_rappen(d(amount)).unwrap().to_string(), rounded, "{amount}");
    }
    for (amount, rounded) in [("1.005", "1.01"), ("-1.005", "-1.01"), ("2", "2.00"), ("0.0049999", "0.00")] {
        assert_eq!(to_cent(d(amount)).to_string(), rounded, "{amount}");
    }
}

#[test]
fn three_hours_at_180_come_to_583_74_and_583_75_in_cash() {
    let totals = compute(&[line("3", "180", "0", None)], &SWISS).unwrap();
    assert_eq!((totals.net, totals.tax, totals.total), (d("540.00"), d("43.74"), d("583.74")));
    assert_eq!(totals.five_rappen, Some(d("583.75")));
}

#[test]
fn two_at_150_come_to_324_30() {
    let totals = compute(&[line("2", "150", "0", None)], &SWISS).unwrap();
    assert_eq!((totals.net, totals.tax, totals.total), (d("300.00"), d("24.30"), d("324.30")));
}

#[test]
fn vat_is_taken_of_the_sum_of_each_rate() {
    let lines = [
        line("1", "0.33", "0", None),
        line("1", "0.33", "0", Some("2.6")),
        line("1", "0.33", "0", Some("8.10")),
        line("1", "10", "12.5", Some("0")),
    ];
    let totals = compute(&lines, &SWISS).unwrap();
    let parts: Vec<_> = totals.taxes.iter().map(|part| (part.rate, part.base, part.amount)).collect();
    // By the line it would be 0.03 + 0.03 = 0.06.
    assert_eq!(parts[0], (d("8.1"), d("0.66"), d("0.05")));
    assert_eq!(parts[1], (d("2.6"), d("0.33"), d("0.01")));
    assert_eq!(parts[2], (d("0"), d("8.75"), d("0.00")));
    assert_eq!(totals.total, d("9.80"));
}

#[test]
fn the_office_supplies_of_49_90_hold_3_74_of_vat() {
    let terms = Terms { prices_include_tax: true, ..SWISS };
    let totals = compute(&[line("1", "49.90", "0", None)], &terms).unwrap();
    assert_eq!((totals.net, totals.tax, totals.total), (d("46.16"), d("3.74"), d("49.90")));
}

#[test]
fn credit_lines_are_negative_and_euros_are_never_rounded_to_five() {
    let terms = Terms { currency: "EUR", ..SWISS };
    let totals = compute(&[line("-1.5", "33.37", "0", None)], &terms).unwrap();
    assert_eq!((totals.net, totals.tax, totals.total), (d("-50.06"), d("-4.05"), d("-54.11")));
    assert_eq!(totals.five_rappen, None);
}

#[test]
fn numbers_too_large_to_stay_exact_give_no_total() {
    let huge = "79228162514264337593543950335";
    assert_eq!(compute(&[line(huge, "2", "0", None)], &SWISS), None);
}

#[test]
fn a_number_is_read_from_its_own_text() {
    for text in ["49.90", "0.1", "1234567.89", "1234567.890123456789012", "-0.05"] {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(decimal(&value).unwrap().to_string(), text);
        assert_eq!(number(decimal(&json!(text)).unwrap()).to_string(), text);
    }
    assert_eq!(decimal(&serde_json::from_str("1.5e2").unwrap()), Some(d("150")));
    assert_eq!(decimal(&json!("12,5")), None);
    assert_eq!(decimal(&json!(true)), None);
}

#[test]
fn a_preview_says_what_it_knows() {
    let lines = json!([{"description": "Consulting", "quantity": 3, "price": 180}]);
    assert_eq!(
        preview(&json!({"lines": lines, "tax_rate": 8.1, "currency": "CHF"})).unwrap().to_string(),
        r#"{"line_amounts":[540.00],"subtotal":540.00,"tax_breakdown":[{"rate":8.1,"base":540.00,"tax":43.74}],"tax_total":43.74,"total":583.74,"total_if_rounded_to_five_rappen":583.75}"#
    );
    let rounded = json!({"lines": lines, "tax_rate": 8.1, "currency": "CHF", "round_to_five_rappen": true});
    let rounded = preview(&rounded).unwrap();
    assert_eq!(
        (rounded["rounding"].to_string(), rounded["total"].to_string()),
        ("0.01".into(), "583.75".into())
    );
    let unknown = preview(&json!({"lines": lines})).unwrap();
    assert_eq!((unknown["subtotal"].to_string(), unknown.get("total")), ("540.00".into(), None));
    assert_eq!(preview(&json!({"lines": [{"account": "1020", "debit": 5}]})), None);
    assert_eq!(preview(&json!({"name": "Muster AG"})), None);
}
