//! What a copy takes over and what it leaves.

use serde_json::{Map, Value, json};

use super::{ANEW, WORKFLOW};
use crate::catalogue::{self, Confirms, Endpoint};
use crate::workflows::copying::{CREATE, Copy, other_payment_info};

fn source() -> Value {
    json!({
        "id": "S", "number": "IV-007", "status": "paid", "client_id": "C", "client": { "id": "C", "name": "Muster AG" },
        "issue_date": "2026-10-01", "due_date": "2026-10-31", "service_date_from": "2026-09-01",
        "currency": "EUR", "title": "Hosting", "notes": null, "reference": "PO-1", "language": "fr", "intro_text": "",
        "payment_info": "IBAN …", "prices_include_tax": false, "x_new": 1,
        "lines": [
            { "id": "L1", "position": 1, "description": "Hosting", "quantity": 2.50, "price": 49.90, "unit": null,
                "tax_rate": 8.1, "net_amount": 124.75 },
            { "id": "L2", "description": "Domain", "quantity": 1, "price": 15 },
        ],
        "total": 151.07, "payment_reference": "RF18", "created_at": "2026-10-01T08:00:00Z",
    })
}

fn given(arguments: &Value) -> Map<String, Value> {
    arguments.as_object().unwrap().clone()
}

#[test]
fn the_content_is_taken_over_and_the_rest_is_named() {
    let copy = Copy::of(&source(), &given(&json!({ "id": "S" })), ANEW);
    assert_eq!(
        Value::Object(copy.arguments),
        json!({
            "client_id": "C", "currency": "EUR", "title": "Hosting", "reference": "PO-1", "language": "fr",
            "prices_include_tax": false,
            "lines": [
                { "description": "Hosting", "quantity": 2.50, "price": 49.90, "tax_rate": 8.1 },
                { "description": "Domain", "quantity": 1, "price": 15 },
            ],
        })
    );
    assert_eq!(
        copy.dropped,
        [
            "id",
            "number",
            "status",
            "client",
            "issue_date",
            "due_date",
            "service_date_from",
            "payment_info",
            "x_new",
            "lines.id",
            "lines.position",
            "lines.net_amount",
            "total",
            "payment_reference",
            "created_at"
        ]
    );
}

#[test]
fn what_is_given_replaces_what_the_source_says() {
    let overrides = json!({
        "id": "S", "title": "Hosting November", "service_from": "2026-11-01", "due_date": "2026-12-01",
    });
    let copy = Copy::of(&source(), &given(&overrides), ANEW);
    let taken = |name: &str| copy.arguments.get(name).cloned().unwrap_or_default();
    assert_eq!(
        (taken("title"), taken("service_from"), taken("due_date"), taken("id"), taken("number")),
        (json!("Hosting November"), json!("2026-11-01"), json!("2026-12-01"), json!(null), json!(null))
    );
}

#[test]
fn another_client_gets_neither_order_number_nor_language_of_the_first() {
    let copy = Copy::of(&source(), &given(&json!({ "id": "S", "client_id": "D" })), ANEW);
    assert_eq!(copy.arguments["client_id"], "D");
    assert!(!copy.arguments.contains_key("reference") && !copy.arguments.contains_key("language"));
    assert!(copy.dropped.contains(&"reference".to_owned()), "{:?}", copy.dropped);
    let same = Copy::of(&source(), &given(&json!({ "id": "S", "client_id": "C" })), ANEW);
    assert_eq!(same.arguments["reference"], "PO-1");
}

#[test]
fn a_client_that_only_the_embedded_record_names_is_found() {
    let mut source = source();
    source.as_object_mut().unwrap().remove("client_id");
    assert_eq!(Copy::of(&source, &Map::new(), ANEW).arguments["client_id"], "C");
}

#[test]
fn another_way_to_pay_is_said() {
    let note = |copy: &Value| other_payment_info(&source(), copy);
    assert_eq!(note(&json!({ "payment_info": "IBAN …" })), None);
    assert!(note(&json!({ "payment_info": "IBAN CH56" })).is_some() && note(&json!({})).is_some());
    assert_eq!(other_payment_info(&json!({ "payment_info": " " }), &json!({})), None);
}

#[test]
fn nothing_that_the_server_computes_is_taken_over() {
    let update = catalogue::find("update_invoice").unwrap();
    let mut source = source();
    for name in update.computed.iter().filter(|name| !name.contains('.')) {
        source[*name] = json!("x");
    }
    let copy = Copy::of(&source, &Map::new(), ANEW);
    let sent = |name: &&&str| copy.arguments.contains_key(**name);
    assert_eq!(update.computed.iter().find(sent), None);
    let all_named = update.computed.iter().all(|name| match name.strip_prefix("lines.") {
        Some(field) => source["lines"][0].get(field).is_none() || copy.dropped.iter().any(|one| one == name),
        None => copy.dropped.iter().any(|one| one == name),
    });
    assert!(all_named, "{:?}", copy.dropped);
}

#[test]
fn every_argument_is_one_of_the_create_or_names_the_source() {
    let create = catalogue::find(CREATE).unwrap();
    let of = |row: &Endpoint, name: &str| row.params.iter().any(|param| param.name == name);
    for param in WORKFLOW.row.params.iter().filter(|param| param.name != "id") {
        assert!(of(create, param.name), "{}", param.name);
    }
    // It takes nothing of what a create is asked about.
    let Confirms::When(asked) = create.confirms else { panic!("{:?}", create.confirms) };
    assert!(asked.iter().all(|name| !of(&WORKFLOW.row, name) && ANEW.contains(name)), "{asked:?}");
    assert_eq!((WORKFLOW.row.toolset, WORKFLOW.row.effect), (create.toolset, create.effect));
}
