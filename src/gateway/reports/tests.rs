//! Compact reports: which shapes become tables, and that no figure is lost.

use serde_json::{Value, json};

use super::compact;

/// Every number inside, in its own digits.
fn figures(value: &Value) -> Vec<String> {
    match value {
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(figures).collect(),
        Value::Object(fields) => fields.values().flat_map(figures).collect(),
        _ => Vec::new(),
    }
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

#[test]
fn rows_with_rows_below_them_become_a_table() {
    let report = read(
        r#"{"type":"profit-loss","currency":"CHF","note":null,"rows":[
            {"key":"revenue","label":"Revenue","amount":8543.80,"comparison_amount":0,"children":[
                {"key":"3400","label":"Services","account":"3400","amount":8543.80,"comparison_amount":0}]},
            {"key":"material","label":"Material","amount":-1.10,"comparison_amount":0},
            {"key":"net_result","label":"Result","amount":8542.70,"comparison_amount":0}],
          "totals":{"revenue":8543.80,"net_result":8542.70,"difference":0.00}}"#,
    );
    let shown = read(
        r#"{"type":"profit-loss","currency":"CHF","rows":[
            ["label","amount","comparison_amount"],["Revenue",8543.80,0],["  3400 Services",8543.80,0],
            ["Material",-1.10,0],["Result",8542.70,0]],
          "totals":{"difference":0.00}}"#,
    );
    assert_eq!(compact(report).to_string(), shown.to_string());
}

#[test]
fn other_names_and_shapes_are_recognised_too() {
    let report = read(
        r#"{"sections":[
            {"title":"Ertrag","total":"100.00","currency":"CHF","accounts":[
                {"number":3400,"name":"Dienstleistungen","balance":"60.00","currency":"CHF"},
                {"number":3200,"name":"Handel","balance":40,"currency":"CHF","lines":[]}]}],
          "assets":{"total":5,"accounts":[
            {"code":"1020","name":"Bank","debit":3},{"code":"1000","name":"Kasse","credit":2},
            {"code":"1100","name":"Forderungen"}]}}"#,
    );
    let shown = read(
        r#"{"currency":"CHF","sections":[
            ["title","total","balance"],["Ertrag","100.00"],["  3400 Dienstleistungen",null,"60.00"],
            ["  3200 Handel",null,40]],
          "assets":{"total":5,"accounts":[
            ["name","debit","credit"],["1020 Bank",3],["1000 Kasse",null,2],["1100 Forderungen"]]}}"#,
    );
    assert_eq!(compact(report), shown);
}

#[test]
fn what_is_not_recognised_stays_as_it_came() {
    for report in [
        r#"{"rows":[{"label":"A","amount":1,"by_month":[1,2]},{"label":"B","amount":2},{"label":"C","amount":3}]}"#,
        r#"{"rows":[{"label":"A","amount":1,"meta":{"x":1}},{"label":"B","amount":2},{"label":"C","amount":3}]}"#,
        r#"{"rows":[{"label":"A","amount":1},{"amount":2},{"label":"C","amount":3}]}"#,
        r#"{"rows":[{"label":"A"},{"label":"B"},{"label":"C"}]}"#,
        r#"{"rows":[{"rate":8.1,"base":1.00,"tax":0.08},{"rate":2.6,"base":1,"tax":0.03},{"rate":0,"base":1,"tax":0}]}"#,
        r#"[["A",1],["B",2]]"#,
        r#""nothing""#,
        "12.50",
    ] {
        let report = read(report);
        assert_eq!(compact(report.clone()), report);
    }
    assert_eq!(
        compact(read(r#"{"a":null,"b":"","c":[null,""],"d":{"e":null}}"#)),
        json!({"c":[null,""],"d":{}})
    );
}

#[test]
fn no_figure_is_lost_and_none_is_rounded() {
    let report = read(
        r#"{"rows":[{"key":"a","label":"A","amount":0.10,"children":[{"key":"b","label":"B","amount":1e-3},
            {"key":"302","label":"Box","amount":12345678901234567890.123}]},{"key":"c","label":"C","amount":7}],
          "totals":{"a":0.1,"c":7,"d":9}}"#,
    );
    let mut wanted = figures(&report);
    let shown = compact(report);
    // `c` is said by its row; `a` has other digits, and stays.
    wanted.remove(wanted.iter().rposition(|figure| figure == "7").unwrap());
    assert_eq!(figures(&shown), wanted);
    assert!(shown.to_string().contains("302 Box"));
}
