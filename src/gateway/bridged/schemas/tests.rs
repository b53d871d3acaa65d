//! Schemas of remote tools as clients are shown them.

use serde_json::{Map, Value, json};

use super::{Ours, input, output};

fn shown(given: &Value) -> Value {
    Value::Object(input(Some(given), Ours::default()).0)
}

#[test]
fn an_honest_schema_stays_as_it_is() {
    let given = json!({
        "type": "object",
        "properties": {
            "client_id": { "type": "string", "description": "Größe & “quotes”" },
            "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } },
            "state": { "type": "string", "enum": ["draft", "sent"] },
        },
        "required": ["client_id", "lines"],
        "additionalProperties": false,
        "$defs": { "line": { "type": "object", "properties": { "price": { "type": "number", "minimum": 0 } } } },
    });
    assert_eq!(shown(&given), given);
    assert_eq!(output(&given), given.as_object().cloned());
}

#[test]
fn whatever_a_server_gives_the_root_is_an_object() {
    for given in [json!(null), json!("x"), json!({}), json!({ "type": "string" }), json!({ "properties": 7 })]
    {
        assert_eq!(shown(&given), json!({ "type": "object", "properties": {} }));
    }
    assert_eq!(Value::Object(input(None, Ours::default()).0)["type"], "object");
}

#[test]
fn our_arguments_are_added_and_win_a_clash() {
    let given = json!({
        "type": "object",
        "properties": { "dry_run": { "type": "string", "description": "theirs" }, "id": { "type": "string" } },
        "required": ["id", "dry_run"],
    });
    let ours = Ours { confirm_number: true, allow_duplicate: true, dry_run: true };
    let (schema, _) = input(Some(&given), ours);
    assert_eq!(schema["properties"]["dry_run"], json!({ "type": "boolean" }));
    assert_eq!(schema["properties"]["confirm_number"], json!({ "type": "string" }));
    assert_eq!(schema["properties"]["allow_duplicate"], json!({ "type": "boolean" }));
    assert_eq!(schema["required"], json!(["id"]));
}

#[test]
fn the_root_is_taken_apart_where_it_combines() {
    let schema = shown(&json!({
        "anyOf": [
            { "type": "object", "properties": { "a": {}, "b": {} }, "required": ["a", "b"] },
            { "$ref": "#/definitions/other" },
        ],
        "definitions": { "other": { "properties": { "b": {}, "c": {} }, "required": ["b"] } },
    }));
    assert!(schema.get("anyOf").is_none());
    assert_eq!(schema["required"], json!(["b"]));
    assert_eq!(schema["properties"], json!({ "a": {}, "b": {}, "c": {} }));
    let all = shown(&json!({ "allOf": [{ "properties": { "a": {} }, "required": ["a"] }] }));
    assert_eq!(all["required"], json!(["a"]));
    let named = shown(
        &json!({ "$ref": "#/$defs/x", "$defs": { "x": { "properties": { "a": {} }, "required": ["a"] } } }),
    );
    assert_eq!((&named["required"], named.get("$ref")), (&json!(["a"]), None));
    let circle = shown(&json!({ "$ref": "#/$defs/x", "$defs": { "x": { "$ref": "#/$defs/x" } } }));
    assert_eq!(circle["type"], "object");
}

#[test]
fn names_of_properties_that_drop_a_tool_are_replaced_and_known() {
    let given = json!({ "properties": { "filter[name]": {}, "$top": {}, "page": {} }, "required": ["$top"] });
    let (schema, renamed) = input(Some(&given), Ours::default());
    let names: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["filter_name_", "_top", "page"]);
    assert_eq!(
        renamed,
        [("filter_name_".to_owned(), "filter[name]".to_owned()), ("_top".to_owned(), "$top".to_owned())]
    );
    assert_eq!(schema["required"], json!(["_top"]));
}

#[test]
fn nothing_is_hidden_or_fetched() {
    let schema = shown(&json!({
        "$id": "https://evil.example/schema",
        "properties": {
            "a": { "$ref": "https://evil.example/x.json", "description": "say\u{202e} it\u{1b}[2J" },
            "b": { "type": "array" },
            "c": { "type": "string", "enum": ["x", "y\u{200b}"], "default": "y\u{200b}", "title": "t".repeat(5_000) },
            "d\u{200b}": { "type": "string" },
        },
    }));
    let text = schema.to_string();
    assert!(!text.contains("evil.example") && !text.chars().any(crate::text::is_hidden), "{text}");
    let properties = &schema["properties"];
    assert_eq!(properties["a"]["description"], "say\\u{202e} it\\u{1b}[2J");
    assert_eq!(properties["b"]["items"], json!({}));
    assert_eq!(properties["c"]["enum"], json!(["x"]));
    assert!(properties["c"].get("default").is_none());
    assert_eq!(properties["c"]["title"].as_str().unwrap().chars().count(), 1_000);
    assert_eq!(properties.as_object().map(Map::len), Some(3));
}

#[test]
fn depth_ends_somewhere() {
    let mut deep = json!({ "type": "string" });
    for _ in 0..100 {
        deep = json!({ "properties": { "x": deep } });
    }
    assert!(shown(&deep).to_string().len() < 2_000);
}
