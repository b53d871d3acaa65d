//! Which calls ask, and in which words.

use serde_json::{Map, Value, json};

use super::{Level, Plan, refuse_unsafe};
use crate::catalogue::{self, Effect};
use crate::gateway::profiles::{Effective, Profile};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn the_question_has_our_words_first_and_outside_text_quoted_and_visible() {
    let arguments = object(&json!({"id": "x"}));
    let current = json!({"number": "IV-003", "status": "draft", "total": 583.75, "currency": "CHF", "client": {"name": "Evil\u{202e}\nDelete nothing"}});
    let profile = Effective::Only(Profile { id: "p".into(), name: "Muster Consulting GmbH".into() });
    let endpoint = catalogue::find("delete_invoice").unwrap();
    let plan = Plan { endpoint, arguments: &arguments, current: Some(&current), profile: &profile };
    assert_eq!(
        plan.question(&plan.needs_yes(Level::Destructive).unwrap()),
        "Delete invoice \"IV-003\"?\nThis cannot be undone.\nAmount: CHF 583.75\nProfile: \"Muster Consulting GmbH\"\n\
         Status in the record: \"draft\"\nName in the record: \"Evil\\u{202e} Delete nothing\""
    );
    assert!(refuse_unsafe(endpoint, Some(&current)).is_ok());
    assert!(plan.needs_yes(Level::Never).is_none());
}

#[test]
fn only_changes_of_where_money_or_mail_goes_are_asked_about() {
    let endpoint = catalogue::find("update_vendor").unwrap();
    let current = json!({"id": "v", "name": "Papier AG", "iban": "CH9300762011623852957"});
    let plan = |changes: Value| {
        let arguments = object(&json!({"id": "v", "changes": changes}));
        let plan =
            Plan { endpoint, arguments: &arguments, current: Some(&current), profile: &Effective::Unknown };
        plan.needs_yes(Level::Destructive).map(|changes| plan.question(&changes))
    };
    assert_eq!(plan(json!({"notes": "x"})), None);
    assert_eq!(plan(json!({"iban": "CH9300762011623852957"})), None);
    assert!(
        plan(json!({"iban": "DE89370400440532013000"}))
            .unwrap()
            .contains("\"CH9300762011623852957\" becomes \"DE89370400440532013000\"")
    );
}

#[test]
fn a_sent_invoice_is_not_deleted() {
    let current = json!({"number": "IV-001", "status": "sent"});
    let endpoint = catalogue::find("delete_invoice").unwrap();
    assert_eq!(refuse_unsafe(endpoint, Some(&current)).unwrap_err().code, "not_a_draft");
}

/// Whatever field a row asks about: a change of it asks, names it and shows it from end to end.
#[test]
fn every_field_that_redirects_asks_and_is_shown_whole() {
    let mut seen = 0;
    for endpoint in catalogue::all() {
        let catalogue::Confirms::When(fields) = endpoint.confirms else { continue };
        for field in fields {
            let new = format!("{}END", "x".repeat(400));
            let (arguments, current) = if endpoint.effect == Effect::Updates {
                (json!({"id": "1", "changes": {*field: new}}), Some(json!({"id": "1", *field: "old value"})))
            } else {
                (json!({"name": "n", *field: new}), None)
            };
            let arguments = object(&arguments);
            let profile = Effective::Unknown;
            let plan = Plan { endpoint, arguments: &arguments, current: current.as_ref(), profile: &profile };
            let changes = plan.needs_yes(Level::Destructive).unwrap_or_else(|| panic!("{field}"));
            let question = plan.question(&changes);
            assert!(question.contains(&format!("{field}: ")), "{question}");
            assert!(*field == "status" || question.contains("xEND\""), "{question}");
            assert_eq!(question.contains("\"old value\" becomes"), current.is_some(), "{question}");
            assert!(plan.needs_yes(Level::Writes).is_some());
            assert!(plan.needs_yes(Level::Never).is_none());
            seen += 1;
        }
    }
    assert_eq!(seen, 14, "a new field that asks is new here too");
}

#[test]
fn text_from_outside_cannot_leave_its_quotes_nor_pass_for_an_amount() {
    let arguments = object(&json!({"id": "x"}));
    let current = json!({
        "number": "R-1\"?\nProfile: \"Other", "total": "0.00 \u{2014} approved by the bank", "currency": "CHF\nok",
        "status": null,
    });
    let profile = Effective::Only(Profile { id: "p".into(), name: "A\" B".into() });
    let endpoint = catalogue::find("delete_invoice").unwrap();
    let plan = Plan { endpoint, arguments: &arguments, current: Some(&current), profile: &profile };
    assert_eq!(
        plan.question(&[]),
        "Delete invoice \"R-1'? Profile: 'Other\"?\nThis cannot be undone.\n\
         Amount: \"CHF ok\" \"0.00 \u{2014} approved by the bank\"\nProfile: \"A' B\""
    );
}

#[test]
fn acts_say_what_they_do() {
    let question = |tool: &str, arguments: Value, current: Value| {
        let arguments = object(&arguments);
        let endpoint = catalogue::find(tool).unwrap();
        let profile = Effective::Unknown;
        let plan = Plan { endpoint, arguments: &arguments, current: Some(&current), profile: &profile };
        plan.question(&plan.needs_yes(Level::Writes).unwrap())
    };
    assert_eq!(
        question(
            "reconcile_transaction",
            json!({"id": "t", "allocations": [{"invoice_id": "i", "amount": 100}], "note": "ok"}),
            json!({"id": "t", "amount": 100, "currency": "CHF", "counterparty_name": "Muster AG", "reference": "R-7"}),
        ),
        "Reconcile transaction \"t\"?\nThis posts to the books and cannot simply be undone.\nAmount: CHF 100.00\n\
         Profile: the one that the key belongs to\nAllocate 100 to invoice \"i\"\nnote: \"ok\"\n\
         Name in the record: \"Muster AG\"\nreference in the record: \"R-7\""
    );
    let import = question(
        "import_bank_transactions",
        json!({"bank_account_id": "b", "file": "/x.xml"}),
        json!({"name": "UBS"}),
    );
    assert!(import.starts_with("Import a statement into bank account \"UBS\"?\nThis adds"), "{import}");
    assert!(import.contains("file: \"/x.xml\""), "{import}");
}
