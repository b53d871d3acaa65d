//! Requests from checked arguments: paths that keep their shape, and bodies of updates.

use serde_json::{Map, Value, json};

use super::{Wire, build};
use crate::catalogue::{Method, find};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn wire(tool: &str, arguments: &Value, current: Option<&Value>) -> Wire {
    build(find(tool).unwrap(), &object(arguments), current).unwrap()
}

#[test]
fn an_argument_never_changes_the_shape_of_a_path() {
    let at = |id: &str| {
        build(find("get_client").unwrap(), &object(&json!({ "id": id })), None).map(|wire| wire.path)
    };
    assert_eq!(at("a:b@c;d&e=f+ü").unwrap(), "/v1/clients/a%3Ab%40c%3Bd%26e%3Df%2B%C3%BC");
    for id in ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "%2e%2e", "a\nb", " "] {
        assert!(at(id).is_err(), "{id:?}");
    }
    let missing = build(find("get_invoice").unwrap(), &Map::new(), None).unwrap_err();
    assert_eq!(missing.to_string(), "`get_invoice` needs `id` or `number`; nothing was sent");
}

#[test]
fn the_vendors_own_example_is_sent_as_it_is() {
    let body =
        json!({"client_id": "7f0c", "lines": [{"description": "Consulting", "quantity": 2, "price": 150}]});
    let wire = wire("create_invoice", &body, None);
    assert_eq!((wire.method, wire.path.as_str()), (Method::Post, "/v1/invoices"));
    assert_eq!((wire.query, wire.body, wire.file), (Vec::new(), Some(body), None));
}

#[test]
fn a_query_carries_text_unencoded_and_in_order() {
    let arguments = json!({"limit": 5, "search": "a&b", "active": true});
    let wire = wire("list_catalog_items", &arguments, None);
    assert_eq!(wire.query, [("search".into(), "a&b".into()), ("active".into(), "true".into())]);
    assert_eq!((wire.body, wire.path.as_str()), (None, "/v1/catalog"));
}

#[test]
fn an_update_sends_the_whole_record_with_the_changes() {
    let current = json!({
        "id": "i", "number": "IV-007", "status": "draft", "client_id": "c", "client": {"id": "c", "name": "Muster AG"},
        "lines": [{"id": "l", "description": "old", "quantity": 1.50, "price": 10, "net_amount": 15, "colour": "red"}],
        "total": 16.20, "notes": "keep", "something_new": {"deep": [1]}, "updated_at": "2026-01-01T00:00:00Z"
    });
    let arguments = json!({"id": "i", "changes": {"service_from": "2026-01-01", "title": "New"}});
    let wire = wire("update_invoice", &arguments, Some(&current));
    assert_eq!((wire.method, wire.path.as_str()), (Method::Put, "/v1/invoices/i"));
    assert_eq!(
        wire.body.unwrap(),
        json!({
            "number": "IV-007", "status": "draft", "client_id": "c",
            "lines": [{"description": "old", "quantity": 1.50, "price": 10, "colour": "red"}],
            "notes": "keep", "something_new": {"deep": [1]}, "service_date_from": "2026-01-01", "title": "New"
        })
    );
}

#[test]
fn objects_are_merged_and_lists_replaced() {
    let current =
        json!({"name": "Muster AG", "address": {"street": "Weg", "city": "Bern", "co": "x"}, "tags": [1, 2]});
    let arguments = json!({"id": "c", "changes": {"address": {"city": "Thun"}, "notes": null}});
    assert_eq!(
        wire("update_client", &arguments, Some(&current)).body.unwrap(),
        json!({"name": "Muster AG", "address": {"street": "Weg", "city": "Thun", "co": "x"}, "tags": [1, 2], "notes": null})
    );
    let current = json!({"date": "2026-01-01", "lines": [{"account": "1020"}, {"account": "1100"}]});
    let arguments = json!({"id": "j", "changes": {"lines": [{"account": "3400", "credit": 5}]}});
    assert_eq!(
        wire("update_journal_entry", &arguments, Some(&current)).body.unwrap(),
        json!({"date": "2026-01-01", "lines": [{"account": "3400", "credit": 5}]})
    );
}

#[test]
fn a_statement_is_sent_as_a_file() {
    let wire = wire("import_bank_transactions", &json!({"bank_account_id": "b", "xml": "<Document/>"}), None);
    assert_eq!(wire.path, "/v1/bank-accounts/b/camt-imports");
    assert_eq!((wire.file.as_deref(), wire.body), (Some(b"<Document/>".as_slice()), None));
}

#[test]
fn deletes_have_no_body_and_reconciling_one_without_gateway_arguments() {
    assert_eq!(wire("delete_invoice", &json!({"id": "i", "confirm_number": "IV-1"}), None).body, None);
    let arguments = json!({"id": "t", "allocations": [{"invoice_id": "i", "amount": 5}], "dry_run": true});
    let wire = wire("reconcile_transaction", &arguments, None);
    assert_eq!(wire.path, "/v1/bank-transactions/t/reconcile");
    assert_eq!(wire.body.unwrap(), json!({"allocations": [{"invoice_id": "i", "amount": 5}]}));
}
