//! What is read of descriptions, and what hostile ones come to.

use serde_json::{Value, json};

use super::{Document, SpecError};
use crate::spec::{In, OURS, Verb};

fn document(value: &Value) -> Document {
    Document::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn our_own_description_is_read() {
    let ours = Document::parse(OURS.as_bytes()).unwrap();
    let operations = ours.operations();
    let create = operations.iter().find(|one| one.id.as_deref() == Some("create_invoice")).unwrap();
    assert_eq!((create.verb, create.path.as_str()), (Verb::Post, "/v1/invoices"));
    assert!(
        create.body.as_ref().unwrap().schema["properties"]["lines"]["items"]["properties"]["price"]
            .is_object()
    );
    // `get_report` is any report by its name, which no path of ours is written for.
    for row in crate::catalogue::all().filter(|row| row.tool != "get_report") {
        assert!(operations.iter().any(|one| one.path == row.path), "{}", row.tool);
    }
    assert_eq!(ours.left_out(), [] as [&str; 0]);
    let yaml = Document::parse(include_bytes!("../../sandbox/openapi.yaml")).unwrap();
    assert_eq!(yaml.operations(), operations);
}
