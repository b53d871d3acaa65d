//! Every declared argument reaches the wire, or is one that the gateway turns into something else.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::catalogue::check::check;
use crate::catalogue::request::{Wire, build};
use crate::catalogue::{CHANGES, Endpoint, Kind, Param, Place, all};

/// What the gateway handles, and what it makes of it.
const GATEWAY: &[(&str, &str)] = &[
    ("limit", "rows in one answer"),
    ("cursor", "where a list goes on"),
    ("all", "all rows of a list"),
    ("fields", "what a row shows"),
    ("detail", "rows as they came"),
    ("dry_run", "shows the request instead of sending it"),
    ("confirm_number", "a person's yes"),
    ("allow_duplicate", "another one of the same is meant"),
    ("period", "`from` and `to`, or `as_of`"),
    ("client_name", "`client_id`"),
    ("vendor_name", "`vendor_id`"),
    ("number", "`id`"),
    ("due_days", "`due_date`"),
    ("file", "`xml`: the content of the file"),
];

/// A value of the kind, different from name to name, with letters that have to be encoded.
fn sample(kind: Kind, name: &str) -> Value {
    match kind {
        Kind::Text => json!(format!("{name}-ä&=+%2F /")),
        Kind::Id => json!(format!("{name}-&=+ä")),
        Kind::Iban => json!("CH9300762011623852957"),
        Kind::Date => json!("2026-02-28"),
        Kind::Decimal => serde_json::from_str("1234567.890123456789012").unwrap(),
        Kind::Integer => json!(name.len()),
        Kind::Boolean => json!(true),
        Kind::Choice(values) => json!(values.last().unwrap()),
        Kind::Object(fields) => Value::Object(samples(fields)),
        Kind::Objects(fields) => json!([samples(fields), samples(fields)]),
        Kind::Schema(_) => panic!("{name}: no row of ours has a schema from outside"),
    }
}

fn samples(fields: &[Param]) -> Map<String, Value> {
    fields.iter().map(|field| (field.name.to_owned(), sample(field.kind, field.name))).collect()
}

fn exclude(left: &Param, right: &Param) -> bool {
    left.or == Some(right.name) || right.or == Some(left.name)
}

/// A call with this argument and all others that may stand beside it.
fn call_with(row: &Endpoint, param: &'static Param) -> Map<String, Value> {
    let mut given: Vec<&Param> = vec![param];
    for other in row.arguments() {
        if other.name != param.name && given.iter().all(|present| !exclude(present, other)) {
            given.push(other);
        }
    }
    given.iter().map(|param| (param.name.to_owned(), sample(param.kind, param.name))).collect()
}

/// The value stands in `found` under the wire's names, with every field and every digit.
fn assert_same(kind: Kind, sent: &Value, found: &Value, place: &str) {
    match (kind, sent) {
        (Kind::Object(fields), Value::Object(_)) => {
            for field in fields {
                let place = format!("{place}.{}", field.name);
                assert_same(field.kind, &sent[field.name], &found[field.wire_name()], &place);
            }
        }
        (Kind::Objects(fields), Value::Array(rows)) => {
            assert_eq!(rows.len(), found.as_array().unwrap().len(), "{place}");
            for (row, found) in rows.iter().zip(found.as_array().unwrap()) {
                assert_same(Kind::Object(fields), row, found, place);
            }
        }
        _ => assert_eq!(sent.to_string(), found.to_string(), "{place}"),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn assert_arrived(row: &Endpoint, param: &Param, sent: &Value, wire: &Wire) {
    let place = format!("{} {}", row.tool, param.name);
    match param.place {
        Place::Path => {
            let segment = format!("{}-%26%3D%2B%C3%A4", param.name);
            assert!(wire.path.split('/').any(|part| part == segment), "{place}: {}", wire.path);
        }
        Place::Query(_) => {
            assert!(
                wire.query.contains(&(param.wire_name().to_owned(), plain(sent))),
                "{place}: {:?}",
                wire.query
            );
        }
        Place::File => assert_eq!(wire.file.as_deref(), Some(plain(sent).as_bytes()), "{place}"),
        Place::Body if param.name == CHANGES => {
            assert_same(param.kind, sent, wire.body.as_ref().unwrap(), &place);
        }
        Place::Body => assert_same(param.kind, sent, &wire.body.as_ref().unwrap()[param.wire_name()], &place),
        Place::Whole => assert_eq!(wire.body.as_ref(), Some(sent), "{place}"),
        Place::Gateway => assert!(GATEWAY.iter().any(|(name, _)| *name == param.name), "{place}"),
    }
}

#[test]
fn every_declared_argument_reaches_the_wire() {
    let current = json!({"id": "x", "something_new": {"deep": 1}});
    for row in all() {
        for param in row.arguments() {
            let arguments = check(row, call_with(row, param)).unwrap_or_else(|error| panic!("{error}"));
            assert!(arguments.contains_key(param.name), "{} {}", row.tool, param.name);
            if param.place == Place::Gateway {
                assert!(GATEWAY.iter().any(|(name, _)| *name == param.name), "{} {}", row.tool, param.name);
                continue;
            }
            let wire = build(row, &arguments, Some(&current)).unwrap();
            assert_arrived(row, param, &arguments[param.name], &wire);
        }
    }
}

#[test]
fn what_the_gateway_handles_stays_out_of_the_request() {
    let used: BTreeSet<_> = all()
        .flat_map(Endpoint::arguments)
        .filter(|param| param.place == Place::Gateway)
        .map(|param| param.name)
        .collect();
    assert_eq!(used, GATEWAY.iter().map(|(name, _)| *name).collect());
    for row in all() {
        for param in row.arguments().filter(|param| param.place != Place::Gateway) {
            let wire = build(row, &check(row, call_with(row, param)).unwrap(), None).unwrap();
            let body = wire.body.as_ref().and_then(Value::as_object);
            let sent: BTreeSet<&str> = wire
                .query
                .iter()
                .map(|(name, _)| name.as_str())
                .chain(body.into_iter().flat_map(Map::keys).map(String::as_str))
                .collect();
            let own: BTreeSet<&str> = row
                .params
                .iter()
                .filter(|param| param.place != Place::Gateway)
                .chain(row.changes())
                .map(Param::wire_name)
                .collect();
            assert!(sent.is_subset(&own), "{}: {sent:?}", row.tool);
        }
    }
}

#[test]
fn numbers_arrive_digit_for_digit() {
    let row = crate::catalogue::find("create_invoice").unwrap();
    for digits in ["49.90", "0.1", "1234567.89", "1234567.890123456789012", "-3", "180.00"] {
        for price in [digits.to_owned(), format!("\"{digits}\"")] {
            let text = format!(
                r#"{{"client_id":"c","lines":[{{"description":"x","quantity":1,"price":{price}}}]}}"#
            );
            let arguments = check(row, serde_json::from_str(&text).unwrap()).unwrap();
            let body = build(row, &arguments, None).unwrap().body.unwrap().to_string();
            assert!(body.contains(&format!("\"price\":{digits}}}")), "{body}");
        }
    }
}
