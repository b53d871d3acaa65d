//! What the preview says of a file.

use serde_json::{Map, Value, json};

use super::preview;
use crate::rules::camt;

const OF_08: &str = include_str!("../../../tests/data/statement-08.xml");

fn of(xml: &str, start: usize, limit: usize) -> Map<String, Value> {
    preview(&camt::read(xml).unwrap(), start, limit)
}

fn notes(facts: &Map<String, Value>) -> String {
    facts.get("notes").map(Value::to_string).unwrap_or_default()
}

#[test]
fn pages_make_the_whole() {
    let whole = of(OF_08, 0, 25);
    assert_eq!((&whole["n"], &whole["of"], &whole["complete"]), (&json!(8), &json!(8), &json!(true)));
    assert!(!whole.contains_key("next_cursor"));
    let (mut rows, mut start) = (Vec::new(), 0);
    loop {
        let page = of(OF_08, start, 3);
        assert_eq!(page["complete"], json!(false));
        rows.extend(page["items"].as_array().unwrap().clone());
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => start = next.parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(Value::Array(rows), whole["items"]);
    assert_eq!(of(OF_08, 99, 3)["n"], json!(0));
}

#[test]
fn sums_are_over_all_entries_whatever_the_page() {
    for limit in [1, 200] {
        let facts = of(OF_08, 0, limit);
        assert_eq!(facts["sums"].to_string(), r#"{"CHF":{"entries":6,"credits":7316.85,"debits":-211.40}}"#);
        assert_eq!(facts["not_counted"], json!({ "PDNG": 1 }));
        assert_eq!(facts["statements"][0]["adds_up"], json!(true));
    }
}

#[test]
fn rows_say_what_people_reconcile_by() {
    let facts = of(OF_08, 0, 25);
    let rows = facts["items"].as_array().unwrap();
    assert_eq!(rows[0]["reference"], "210000000000000000000000270");
    assert_eq!((&rows[0]["reference_type"], &rows[0]["reference_valid"]), (&json!("QRR"), &json!(true)));
    assert_eq!(rows[0]["amount"].to_string(), "1959.20");
    assert_eq!(rows[1]["debtor_iban"], "CH5800791123000889012");
    assert_eq!(rows[4]["collective"], "2 of 2, together 4275.30");
    assert_eq!((&rows[5]["reversal"], rows[5]["amount"].to_string()), (&json!(true), "-99.00".to_owned()));
    assert_eq!(rows[7]["status"], "PDNG");
    assert!(rows[0].get("status").is_none() && rows[0].get("currency").is_none());
    assert!(notes(&facts).contains("never book the same money twice"));
}

#[test]
fn what_is_odd_is_said() {
    let altered = OF_08.replace("67760.35", "67760.30");
    let facts = of(&altered, 0, 25);
    assert_eq!(facts["statements"][0]["adds_up"], json!(false));
    assert!(notes(&facts).contains("make 67760.35"), "{}", notes(&facts));
    let short = OF_08.replace("1140.40", "1140.45");
    assert!(notes(&of(&short, 0, 25)).contains("collective entry `20261120-000004`"));
    let wrong = OF_08.replace("CH6930999000000000001", "CH6930999000000000002");
    assert!(notes(&of(&wrong, 0, 25)).contains("IBAN of statement `STMT-20261120` is wrong"));
    let bad_reference = OF_08.replace("210000000000000000000000270", "210000000000000000000000271");
    let facts = of(&bad_reference, 0, 25);
    assert_eq!(facts["items"][0]["reference_valid"], json!(false));
    assert!(facts["items"][0]["reference_wrong"].as_str().unwrap().contains("check digit"));
}

#[test]
fn the_same_money_twice_in_a_file_is_seen() {
    let (start, end) = (OF_08.find("<Stmt>").unwrap(), OF_08.find("</Stmt>").unwrap() + "</Stmt>".len());
    let twice = OF_08.replace(&OF_08[start..end], &OF_08[start..end].repeat(2));
    let facts = of(&twice, 0, 25);
    let notes = notes(&facts);
    assert!(notes.contains("statement `STMT-20261120` is there twice"), "{notes}");
    assert!(notes.contains("the entry `20261120-000001` of 1959.20 is there twice"), "{notes}");
    assert_eq!((&facts["of"], facts["statements"].as_array().unwrap().len()), (&json!(16), 2));
    assert_eq!(facts["items"][8]["statement"], "STMT-20261120");
}

#[test]
fn a_collective_entry_without_its_payments_points_to_the_054() {
    let (start, end) =
        (OF_08.find("</NbOfTxs></Btch>").unwrap(), OF_08.find("<AddtlNtryInf>Sammel").unwrap());
    let details = &OF_08[start + "</NbOfTxs></Btch>".len()..end];
    let bare = OF_08.replace(details, "</NtryDtls>");
    let facts = of(&bare, 0, 25);
    assert_eq!(facts["of"], json!(7));
    let row = &facts["items"][3];
    assert_eq!(row["collective"], "2 payments, told in a camt.054");
    assert_eq!(row["amount"].to_string(), "4275.30");
}
