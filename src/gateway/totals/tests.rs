//! Server and own arithmetic side by side.

use serde_json::{Value, json};

use super::compare;

fn hours(lines: &Value) -> Value {
    json!({ "currency": "CHF", "tax_rate": 8.1, "lines": lines })
}

#[test]
fn agreement_is_not_worth_a_word() {
    for (body, record) in [
        (
            hours(&json!([{"quantity": 3, "price": 180}])),
            json!({"subtotal": 540, "tax_total": 43.74, "total": 583.74}),
        ),
        // Only the payable total is rounded, and it may be rounded without being told so.
        (
            hours(&json!([{"quantity": 3, "price": 180}])),
            json!({"subtotal": 540, "tax_total": "43.74", "rounding": 0.01, "total": 583.75}),
        ),
        // VAT line by line: within what rounding explains.
        (
            hours(
                &json!([{"quantity": 1, "price": 0.33}, {"quantity": 1, "price": 0.33}, {"quantity": 1, "price": 0.33}]),
            ),
            json!({"subtotal": 0.99, "tax_total": 0.09, "total": 1.08}),
        ),
        (
            hours(
                &json!([{"quantity": 1, "price": 10, "discount_percent": 12.5}, {"quantity": 2, "price": 5, "tax_rate": 2.6}]),
            ),
            json!({"subtotal": 18.75, "tax_total": 0.97, "total": 19.72}),
        ),
        (
            json!({"currency": "EUR", "prices_include_tax": true, "tax_rate": 19, "lines": [{"quantity": 1, "price": 119}]}),
            json!({"subtotal": 100, "tax_total": 19, "total": 119}),
        ),
    ] {
        assert_eq!(compare(&body, &record), None, "{body}");
    }
}

#[test]
fn a_difference_is_said_with_both_figures() {
    let body = hours(&json!([{"quantity": 3, "price": 180}]));
    let record = json!({"subtotal": 540, "tax_total": 41.58, "total": 581.58});
    assert_eq!(
        compare(&body, &record).unwrap(),
        "the server's totals differ from what was sent: `tax_total` is 41.58, by our arithmetic 43.74; \
         `total` is 581.58, by our arithmetic 583.74; please check rates and lines"
    );
    // A discount that the server ignored.
    let body = hours(&json!([{"quantity": 1, "price": 100, "discount_percent": 10}]));
    let note = compare(&body, &json!({"subtotal": 100, "tax_total": 8.1, "total": 108.1})).unwrap();
    assert!(note.contains("`subtotal` is 100, by our arithmetic 90.00"), "{note}");
    // Prices taken as net.
    let body =
        json!({"prices_include_tax": true, "tax_rate": 8.1, "lines": [{"quantity": 1, "price": 108.1}]});
    let note = compare(&body, &json!({"total": 116.86})).unwrap();
    assert!(note.contains("`total` is 116.86, by our arithmetic 108.10"), "{note}");
}

#[test]
fn a_difference_begins_above_five_hundredths() {
    let body = hours(&json!([{"quantity": 1, "price": 100}]));
    assert_eq!(compare(&body, &json!({"total": 108.15})), None);
    assert!(compare(&body, &json!({"total": "108.1500000000000000000000001"})).is_some());
    assert!(compare(&body, &json!({"total": 108.049})).is_some());
}

#[test]
fn what_was_left_out_is_taken_as_the_server_decided_it() {
    let line = json!({"quantity": 1, "price": 100});
    let body = json!({ "lines": [line, {"quantity": 1, "price": 100, "tax_rate": 0}] });
    let record = json!({
        "currency": "CHF", "tax_rate": 8.1, "lines": [{"tax_rate": 2.6}, {"tax_rate": 0}],
        "subtotal": 200, "tax_total": 2.6, "total": 202.6
    });
    assert_eq!(compare(&body, &record), None);
    // Without lines in the answer the document's rate holds.
    let record = json!({ "tax_rate": 8.1, "subtotal": 200, "tax_total": 8.1, "total": 208.1 });
    assert_eq!(compare(&body, &record), None);
    // Gross prices and rounding that come from the profile.
    let body = json!({ "lines": [{"quantity": 1, "price": 100.02}] });
    let record = json!({
        "currency": "CHF", "tax_rate": 8.1, "prices_include_tax": true, "round_to_five_rappen": true,
        "subtotal": 92.53, "tax_total": 7.49, "rounding": -0.02, "total": 100
    });
    assert_eq!(compare(&body, &record), None);
    // A rate that was sent is not taken from the answer.
    let body = json!({ "lines": [{"quantity": 1, "price": 100, "tax_rate": 8.1}] });
    let record = json!({ "lines": [{"tax_rate": 7.7}], "tax_total": 7.7, "total": 107.7 });
    assert!(compare(&body, &record).is_some());
}

#[test]
fn nothing_is_said_where_nothing_can_be_told() {
    let whole = hours(&json!([{"quantity": 1, "price": 100}]));
    for (body, record) in [
        (json!({"name": "Muster AG"}), json!({"total": 5})),
        (json!({"lines": [{"debit": 5, "account": "1000"}]}), json!({"total": 5})),
        (json!({"lines": [{"quantity": 1, "catalog_item_id": "c"}]}), json!({"total": 5})),
        (whole.clone(), json!({})),
        (whole.clone(), Value::Null),
        (whole, json!({"subtotal": null, "total": "a lot"})),
        // No rate anywhere: only the sum of the lines is known.
        (json!({"lines": [{"quantity": 1, "price": 100}]}), json!({"subtotal": 100, "total": 108.1})),
    ] {
        assert_eq!(compare(&body, &record), None, "{body} {record}");
    }
}
