//! What calls pass, what they become, and what a refusal says.

use serde_json::{Map, Value, json};

use super::{ArgumentError, check};
use crate::catalogue::find;
use crate::failure::{Failure, Sent};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn pass(tool: &str, arguments: &Value) -> Value {
    let checked = check(find(tool).unwrap(), object(arguments));
    Value::Object(checked.unwrap_or_else(|error| panic!("{error}")))
}

fn refuse(tool: &str, arguments: &Value) -> ArgumentError {
    check(find(tool).unwrap(), object(arguments)).expect_err("the call passed")
}

/// The whole sentence between the tool's name and "nothing was sent".
fn complaint(tool: &str, arguments: &Value) -> String {
    let text = refuse(tool, arguments).to_string();
    let text = text.strip_prefix(&format!("`{tool}` ")).unwrap();
    text.strip_suffix("; nothing was sent").unwrap().to_owned()
}

#[test]
fn an_unknown_argument_is_refused_with_the_accepted_ones() {
    let failure = Failure::from(refuse("list_clients", &json!({"customer_id": "x"})));
    assert_eq!(failure.message, "`list_clients` has no argument `customer_id`; nothing was sent");
    let hint = "`list_clients` takes `search`, `limit`, `cursor`, `all`, `fields`, `detail`, `profile_id`";
    assert_eq!(failure.hint.as_deref(), Some(hint));
    assert_eq!((failure.code, failure.sent), ("unknown_argument", Sent::Nothing));
    let failure = Failure::from(refuse("list_invoices", &json!({"customer_id": "x"})));
    assert!(failure.hint.unwrap().starts_with("use `client_id`; `list_invoices` takes `status`, "));
}

#[test]
fn everything_wrong_is_said_at_once_with_its_path() {
    let arguments = json!({
        "colour": "red",
        "lines": [{"description": "x", "quantity": 1, "price": "1'234.50"}, {"description": "y", "qty": 1}],
        "issue_date": "31.03.2026",
        "language": "rm"
    });
    let error = refuse("create_invoice", &arguments);
    assert_eq!(
        error.to_string(),
        "`create_invoice` has no argument `colour`; \
         wants `lines[0].price` to be a number such as 1234.50, without separators, signs or currency, not `1'234.50`; \
         has no argument `lines[1].qty`; needs `lines[1].quantity`; needs `lines[1].price`; \
         wants `issue_date` to be a day such as 2026-03-31, not `31.03.2026`; \
         wants `language` to be one of `de`, `fr`, `it`, `en`, not `rm`; \
         needs `client_id` or `client_name`; nothing was sent"
    );
    let failure = Failure::from(error);
    assert_eq!(failure.code, "bad_arguments");
    assert!(failure.hint.unwrap().contains("use `quantity`; `lines[1]` takes `description`, `quantity`"));
    let issues = failure.facts["field_issues"].as_array().unwrap();
    assert_eq!(issues.len(), 8);
    assert_eq!(issues[0], json!({"field": "colour", "issue": "is unknown"}));
}

#[test]
fn missing_ones_are_named_together() {
    let failure = Failure::from(refuse("create_recurring_invoice", &json!({})));
    assert_eq!(
        failure.message,
        "`create_recurring_invoice` needs `client_id` or `client_name`; needs `interval`; needs `start_date`; \
         needs `lines`; nothing was sent"
    );
    assert_eq!(failure.code, "missing_argument");
    assert_eq!(complaint("get_invoice", &json!({"id": null})), "needs `id` or `number`");
    assert_eq!(
        complaint("create_invoice", &json!({"client_id": "c", "lines": []})),
        "wants `lines` to be a list with at least one object"
    );
}

#[test]
fn of_two_alternatives_one_is_taken() {
    assert_eq!(
        complaint("get_invoice", &json!({"id": "a", "number": "b"})),
        "takes `id` or `number`, not both"
    );
    let arguments = json!({"period": "2026-Q1", "from": "2026-01-01"});
    assert_eq!(complaint("get_vat_report", &arguments), "takes `from` or `period`, not both");
    assert_eq!(pass("get_vat_report", &json!({"period": "2026-Q1"})), json!({"period": "2026-Q1"}));
    assert_eq!(pass("get_invoice", &json!({"number": 10})), json!({"number": "10"}));
}

#[test]
fn what_is_null_or_empty_counts_as_left_out() {
    let arguments = json!({"search": "", "status": null, "limit": " ", "number": "IV-1"});
    assert_eq!(pass("list_invoices", &arguments), json!({"number": "IV-1"}));
    let line = json!({"description": "x", "quantity": 1, "price": 2, "unit": null, "tax_rate": ""});
    let checked = pass("create_invoice", &json!({"client_id": "c", "lines": [line]}));
    assert_eq!(checked["lines"][0], json!({"description": "x", "quantity": 1, "price": 2}));
}

#[test]
fn values_that_clients_send_as_text_get_their_type() {
    let arguments = json!({
        "client_name": "Muster AG", "lines": r#"[{"description":"x","quantity":"3","price":"180.00"}]"#,
        "due_days": "10", "prices_include_tax": "TRUE", "language": "DE", "dry_run": "true"
    });
    let checked = pass("create_invoice", &arguments);
    assert_eq!(checked["lines"].to_string(), r#"[{"description":"x","quantity":3,"price":180.00}]"#);
    let flags =
        json!([checked["due_days"], checked["prices_include_tax"], checked["language"], checked["dry_run"]]);
    assert_eq!(flags, json!([10, true, "de", true]));
    let one = json!({"client_id": "c", "lines": {"description": "x", "quantity": 1, "price": 2}});
    assert_eq!(pass("create_invoice", &one)["lines"].as_array().unwrap().len(), 1);
    let address = json!({"name": "x", "address": {"postal_code": 8000}});
    assert_eq!(pass("create_client", &address)["address"], json!({"postal_code": "8000"}));
    assert_eq!(pass("list_bank_accounts", &json!({"limit": 3.0}))["limit"], json!(3));
}

#[test]
fn numbers_are_exact_or_refused() {
    let price = |given: Value| {
        check(find("create_catalog_item").unwrap(), object(&json!({"name": "x", "price": given})))
    };
    for text in ["49.90", "0.1", "1234567.890123456789012", "-3", "0", " 7 "] {
        assert_eq!(price(json!(text)).unwrap()["price"].to_string(), text.trim());
    }
    for text in
        ["1'234.50", "1,5", "CHF 5", "8.1%", "1e3", "007", "+5", ".5", "5.", "--1", "NaN", "0x10", "١"]
    {
        assert!(price(json!(text)).is_err(), "{text}");
    }
    assert!(price(json!(true)).is_err() && price(json!([1])).is_err());
    // A credit line.
    let line = json!({"description": "x", "quantity": -1, "price": 100});
    assert_eq!(
        pass("create_invoice", &json!({"client_id": "c", "lines": [line]}))["lines"][0]["quantity"],
        json!(-1)
    );
}

#[test]
fn days_are_real_and_spelled_one_way() {
    for text in ["2026-02-29", "20260228", "2026-2-28", "2026-02-28T00:00", "today", "28.02.2026"] {
        assert!(
            complaint("list_revenue", &json!({"from": text})).starts_with("wants `from` to be a day"),
            "{text}"
        );
    }
    assert_eq!(pass("list_revenue", &json!({"from": "2028-02-29"})), json!({"from": "2028-02-29"}));
}

#[test]
fn an_id_is_one_segment_of_a_path() {
    for id in ["a/b", "..", ".", "a b", "a\u{0}", "a?b", "a#b", "a\\b", "%2e%2e", "a\u{85}b"] {
        let wanted = "wants `id` to be one id, without spaces or slashes";
        assert_eq!(complaint("get_client", &json!({"id": id})), wanted, "{id:?}");
    }
    assert_eq!(pass("get_client", &json!({"id": " 7f0c1f0e "})), json!({"id": "7f0c1f0e"}));
}

#[test]
fn an_iban_has_good_check_digits() {
    let create =
        |iban: &str| check(find("create_bank_account").unwrap(), object(&json!({"name": "x", "iban": iban})));
    for iban in [
        "CH93 0076 2011 6238 5295 7",
        "ch5800791123000889012",
        "DE89 3704 0044 0532 0130 00",
        "CH6930999000000000001",
    ] {
        let plain = iban.replace(' ', "").to_uppercase();
        assert_eq!(create(iban).unwrap()["iban"], json!(plain));
    }
    assert!(create("CH93 0076 2011 6238 5295 8").is_err());
}

#[test]
fn fields_beside_changes_are_put_in() {
    let arguments = json!({"id": "c", "email": "a@b.ch", "changes": {"notes": ""}, "phone": null});
    let wanted = json!({"id": "c", "changes": {"notes": "", "email": "a@b.ch"}});
    assert_eq!(pass("update_client", &arguments), wanted);
    assert_eq!(pass("update_client", &json!({"id": "c", "name": "x"}))["changes"], json!({"name": "x"}));
    // `number` names the invoice; within `changes` it is the new one.
    let arguments = json!({"number": "IV-1", "changes": r#"{"number":"IV-2"}"#});
    assert_eq!(pass("update_invoice", &arguments), json!({"number": "IV-1", "changes": {"number": "IV-2"}}));
    let twice = json!({"id": "c", "email": "a@b.ch", "changes": {"email": "c@d.ch"}});
    assert_eq!(complaint("update_client", &twice), "got two different values for `email`");
}

#[test]
fn changes_may_empty_a_field_but_not_a_required_one() {
    let arguments = json!({"id": "r", "changes": {"end_date": null}});
    assert_eq!(pass("update_recurring_invoice", &arguments)["changes"], json!({"end_date": null}));
    let arguments = json!({"id": "r", "changes": {"lines": null}});
    assert_eq!(
        complaint("update_recurring_invoice", &arguments),
        "wants `changes.lines` to be a list of objects"
    );
    let failure = Failure::from(refuse("update_fiscal_year", &json!({"id": "f", "changes": {}})));
    assert_eq!(failure.message, "`update_fiscal_year` got nothing in `changes`; nothing was sent");
    assert_eq!(
        failure.hint.as_deref(),
        Some("name a field to change: `changes` takes `name`, `start_date`, `end_date`, `status`")
    );
    let line = json!({"id": "o", "changes": {"lines": [{"description": "x"}], "total": 5}});
    assert_eq!(
        complaint("update_offer", &line),
        "needs `changes.lines[0].quantity`; needs `changes.lines[0].price`; has no argument `changes.total`"
    );
    assert_eq!(complaint("update_client", &json!({"id": "c"})), "needs `changes`");
    assert_eq!(
        complaint("update_client", &json!({"id": "c", "changes": 1})),
        "wants `changes` to be an object"
    );
}

#[test]
fn the_profile_is_accepted_by_every_tool() {
    for tool in crate::catalogue::all().map(|row| row.tool).filter(|tool| tool.starts_with("list_")) {
        assert_eq!(
            pass(tool, &json!({"profile_id": "Beispiel Studio"})),
            json!({"profile_id": "Beispiel Studio"})
        );
    }
}

#[test]
fn no_refusal_repeats_a_key() {
    let text = complaint("list_revenue", &json!({"from": "lmb_0123456789abcdef"}));
    assert!(!text.contains("lmb_"), "{text}");
}
