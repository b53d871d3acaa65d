//! What is read of descriptions, and what hostile ones come to.

use serde_json::{Value, json};

use super::{Document, SpecError};
use crate::spec::operation::In;
use crate::spec::{OURS, Verb};

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

/// A document with these paths and components.
fn with(paths: &Value, components: &Value) -> Value {
    json!({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, "components": components})
}

/// One operation of `GET /a` with this answer, and the components behind it.
fn answer(schema: &Value, schemas: &Value) -> Value {
    let content = json!({"application/json": {"schema": schema}});
    let operation = json!({"responses": {"200": {"description": "", "content": content}}});
    let document = document(&with(&json!({"/a": {"get": operation}}), &json!({"schemas": schemas})));
    document.operations()[0].answer.clone().unwrap().schema
}

fn left_out(value: &Value) -> String {
    document(value).left_out().join("\n")
}

#[test]
fn references_lead_anywhere_in_the_file() {
    let value = with(
        &json!({
            "/clients": {"$ref": "#/components/pathItems/Clients"},
            "/v1/things/{thing id}": {"get": {}},
            "/v1/things/{thing~id}": {"get": {"responses": {"204": {}, "200": {"$ref": "#/components/responses/Thing"}}}},
            "/copy": {"get": {"responses": {"200": {
                "$ref": "#/paths/~1v1~1things~1%7Bthing~0id%7D/get/responses/200"}}}},
        }),
        &json!({
            "pathItems": {"Clients": {
                "parameters": [{"$ref": "#/components/parameters/Page"}, {"name": "x", "in": "query"}],
                "post": {
                    "parameters": [{"name": "x", "in": "query", "required": true, "description": "own"}],
                    "requestBody": {"$ref": "#/components/requestBodies/Client"},
                    "responses": {"2XX": {"$ref": "#/components/responses/Thing"}}}}},
            "parameters": {"Page": {"name": "page", "in": "query", "schema": {"$ref": "#/components/schemas/Number"}}},
            "requestBodies": {"Client": {"required": true, "content": {
                "text/csv": {}, "multipart/form-data": {}, "Application/JSON; charset=utf-8": {"schema": {
                    "$ref": "#/components/schemas/Client", "description": "as sent"}}}}},
            "responses": {"Thing": {"content": {"application/pdf": {}}}},
            "schemas": {
                "Number": {"type": "integer"},
                "Client": {"properties": {"id": {"$ref": "#/components/schemas/Client/$defs/Id"}}, "$defs": {"Id": {"type": "string"}}},
            },
        }),
    );
    let read = document(&value);
    let operations = read.operations();
    let create = &operations[0];
    assert_eq!((create.path.as_str(), create.verb, create.parameters.len()), ("/clients", Verb::Post, 2));
    assert_eq!(create.parameters[0].schema, json!({"type": "integer"}));
    assert!(create.parameters[1].required && create.parameters[1].description == "own");
    let body = create.body.as_ref().unwrap();
    assert_eq!((body.media_type.as_str(), body.required), ("application/json", true));
    assert_eq!(body.schema, json!({"properties": {"id": {"type": "string"}}, "description": "as sent"}));
    assert_eq!(create.answer.as_ref().unwrap().media_type, "application/pdf");
    assert_eq!(operations.len(), 3, "a path with a space is none");
    assert_eq!(operations[1].parameters[0].name, "thing~id");
    assert_eq!(operations[2].answer.as_ref().unwrap().media_type, "application/pdf");
    let unquoted =
        Document::parse(b"openapi: 3.0\ninfo: {title: 7, version: 1.10}\npaths: {/a: {get: {}}}").unwrap();
    assert_eq!(unquoted.title(), ("7", "1.10"));
}

#[test]
fn all_of_comes_together_and_one_of_stays() {
    let schemas = json!({
        "Base": {"type": "object", "description": "base", "required": ["id"], "properties": {
            "id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}}},
        "Both": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "x"], "properties": {"x": true}}],
            "description": "both", "properties": {"name": {"description": "whole"}}},
    });
    assert_eq!(
        answer(&json!({"$ref": "#/components/schemas/Both"}), &schemas),
        json!({"type": "object", "description": "both", "required": ["id", "x"], "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": "string", "description": "whole"},
            "x": {}}})
    );
    let one = json!({"oneOf": [{"$ref": "#/components/schemas/Base/properties/name"}, {"type": "integer"}],
        "discriminator": {"propertyName": "x"}, "example": {"$ref": "nowhere"}});
    assert_eq!(answer(&one, &schemas), json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}));
}

#[test]
fn words_of_the_older_version_become_those_of_the_newer() {
    let long: Value = serde_json::from_str("12345678901234567890.123400").unwrap();
    let old = json!({"properties": {
        "a": {"type": "string", "nullable": true, "enum": ["x"]},
        "b": {"nullable": true, "allOf": [{"type": "integer"}]},
        "c": {"type": ["string", "null"]},
        "d": {"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false},
        "e": {"$ref": "#/components/schemas/E", "x-lumabill-field": "client_id"},
        "$ref": {"type": "string"},
    }, "additionalProperties": false});
    assert_eq!(
        answer(&old, &json!({"E": {"type": "string", "default": long}})),
        json!({"properties": {
            "a": {"type": ["string", "null"], "enum": ["x", null]},
            "b": {"type": ["integer", "null"]},
            "c": {"type": ["string", "null"]},
            "d": {"type": "number", "exclusiveMinimum": 1, "maximum": 9},
            "e": {"type": "string", "default": long, "x-lumabill-field": "client_id"},
            "$ref": {"type": "string"},
        }, "additionalProperties": false})
    );
}

#[test]
fn parameters_are_read_in_every_form() {
    let value = with(
        &json!({"/a/{id}/{other}": {"get": {"parameters": [
            {"name": "id", "in": "path", "schema": {"type": "integer"}},
            {"name": "gone", "in": "path", "schema": {}},
            {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
            {"name": "deep", "in": "query", "style": "deepObject", "explode": true, "schema": {"type": "object"}},
            {"name": "list", "in": "query", "explode": false, "x-lumabill-field": "status", "schema": {"type": "array"}},
            {"name": "X-Profile-Id", "in": "header", "required": true},
            {"name": "X-Tenant", "in": "header", "required": true},
            {"name": "X-Trace", "in": "header"},
            {"name": "bad\u{202e}", "in": "query"},
            {"in": "query"},
            "nonsense",
        ], "responses": {"default": {"content": {"application/json": {"schema": {"type": "array"}}}}}}}}),
        &json!({}),
    );
    let read = document(&value);
    let operation = &read.operations()[0];
    let found: Vec<_> = operation
        .parameters
        .iter()
        .map(|one| (one.name.as_str(), one.place, one.schema.to_string()))
        .collect();
    assert_eq!(
        found,
        [
            ("id", In::Path, r#"{"type":"integer"}"#.to_owned()),
            ("filter", In::Query, r#"{"type":"object"}"#.to_owned()),
            ("deep", In::Query, r#"{"type":"object","x-style":"deepObject"}"#.to_owned()),
            (
                "list",
                In::Query,
                r#"{"type":"array","x-lumabill-field":"status","x-explode":false}"#.to_owned()
            ),
            ("other", In::Path, r#"{"type":"string"}"#.to_owned()),
        ]
    );
    assert!(operation.parameters[0].required);
    assert_eq!(operation.answer.as_ref().unwrap().schema["type"], "array", "of `default`");
    let told = read.left_out().join("\n");
    assert!(told.contains("`X-Tenant`") && !told.contains("X-Trace") && !told.contains("Profile"), "{told}");
    assert!(told.contains("bad\\u{202e}"), "{told}");
}

#[test]
fn the_path_of_the_first_server_stands_before_the_paths() {
    let mut value = with(
        &json!({
            "/a": {"get": {}, "post": {"servers": [{"url": "/own"}]}},
            "/b": {"servers": [{"url": "https://other.example/b2/"}], "get": {}},
        }),
        &json!({}),
    );
    let paths = |value: &Value| {
        document(value).operations().iter().map(|one| one.path.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(paths(&value), "/a /own/a /b2/b");
    value["servers"] = json!([{"url": "https://{h}/v{n}", "variables": {"h": {"default": "x.example"}, "n": {"default": "2"}}},
        {"url": "https://user:pw@staging.example/v9"}]);
    assert_eq!(paths(&value), "/v2/a /own/a /b2/b");
    assert_eq!(document(&value).servers()[0], "https://x.example/v2");
    value["servers"] = json!([{"url": "https://{region}.example/{base}"}]);
    assert_eq!(paths(&value), "/a /own/a /b2/b");
    assert!(left_out(&value).contains("variable without a default"), "{}", left_out(&value));
    let mut below = document(&with(&json!({"/api/v1/a": {"get": {}}, "/api/v1": {"get": {}}}), &json!({})));
    below.without_prefix("/api");
    assert_eq!(below.operations()[0].path, "/v1/a");
    below.without_prefix("/v");
    below.without_prefix("/v1");
    assert_eq!(below.operations()[0].path, "/v1/a", "not all lie below it");
}

#[test]
fn what_is_no_description_is_refused_in_words() {
    let refused = |text: &str| Document::parse(text.as_bytes()).unwrap_err();
    for (text, words) in [
        ("<!DOCTYPE html><html>", "web page"),
        ("\u{feff}<?xml?>", "web page"),
        (r#"{"swagger":"2.0","paths":{}}"#, "Swagger 2.0"),
        ("swagger: '2.0'\npaths: {}\n", "Swagger 2.0"),
        ("openapi: 4.0.0\npaths: {}\n", "openapi: 4.0.0"),
        (r#"{"asyncapi":"2.6.0"}"#, "asyncapi"),
        (r#"{"info":{"schema":"https://schema.getpostman.com/x"}}"#, "Postman"),
        ("[1, 2]", "no map"),
        ("just words", "no map"),
        ("{\"openapi\": \"3.0.0\", ", "neither JSON nor YAML"),
        ("a: b: c:\n - {", "neither JSON nor YAML"),
        ("openapi: 3.1.0\npaths: {}\n", "no operation"),
        ("openapi: 3.1.0\nwebhooks: {x: {post: {}}}\n", "no operation"),
        ("openapi: 3.0.0\nopenapi: 3.0.0\n", "twice"),
    ] {
        let error = refused(text);
        assert!(error.to_string().contains(words), "{text}: {error}");
        assert!(crate::failure::Explain::hint(&error).is_some());
    }
    assert!(Document::parse(b"openapi: 3.1\npaths: {/a: {get: {}}}\n").is_ok());
    assert!(Document::parse(b"{openapi: '3.0.1', paths: {/a: {get: }}}").is_err());
}

#[test]
fn references_out_of_the_file_and_to_nothing_are_told() {
    let schema = |reference: &str| json!({"content": {"application/json": {"schema": {"$ref": reference}}}});
    let value = with(
        &json!({"/a": {"get": {"responses": {"200": schema("https://evil.example/x.json#/A")}},
            "post": {"requestBody": schema("./other.yaml"), "responses": {"200": schema("file:///etc/passwd")}}},
            "/b": {"$ref": "paths.yaml#/b"}, "/c": {"get": {"parameters": [{"$ref": "#/nowhere"}]}}}),
        &json!({}),
    );
    let told = left_out(&value);
    assert!(told.contains("4 references lead outside the file and were left out"), "{told}");
    assert!(
        told.contains("1 reference leads to nothing in the file and was left out: `#/nowhere`"),
        "{told}"
    );
    let read = document(&value).operations();
    assert_eq!((read.len(), &read[0].answer.as_ref().unwrap().schema), (3, &json!({})));
}

#[test]
fn cycles_end() {
    let schemas = json!({
        "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"},
            "list": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
        "A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"},
        "Self": {"allOf": [{"$ref": "#/components/schemas/Self"}], "type": "string"},
    });
    let of = |name: &str| answer(&json!({"$ref": format!("#/components/schemas/{name}")}), &schemas);
    assert_eq!(of("Tree")["properties"], json!({"left": {}, "list": {"type": "array", "items": {}}}));
    assert_eq!((of("A"), of("Self")), (json!({}), json!({"type": "string"})));
    let looped = with(
        &json!({"/a": {"$ref": "#/components/pathItems/A"}, "/b": {"get": {"requestBody": {"$ref": "#/paths/~1b/get/requestBody"}}}}),
        &json!({"pathItems": {"A": {"$ref": "#/paths/~1a"}}}),
    );
    assert_eq!(document(&looped).operations().len(), 1);
}

#[test]
fn paths_that_leave_the_address_are_left_out_and_told() {
    let bad =
        ["v1/x", "https://evil.example/x", "//evil.example", "/a/../b", "/a?b=c", "/a\u{1b}[2J", "/a//b"];
    let mut paths: serde_json::Map<String, Value> =
        bad.iter().map(|path| ((*path).to_owned(), json!({"get": {}}))).collect();
    paths.insert("/good".to_owned(), json!({"get": {}, "head": {}, "trace": {}, "x-get": 1}));
    let read = document(&with(&Value::Object(paths), &json!({})));
    assert_eq!(read.operations().len(), 1);
    let told = read.left_out().join("\n");
    assert!(told.contains("7 paths cannot be put below the account's address and were left out"), "{told}");
    assert!(!told.contains('\u{1b}'), "{}", told.escape_debug());
    let only = with(&json!({"https://evil.example/x": {"get": {}}}), &json!({}));
    let error = Document::parse(only.to_string().as_bytes()).unwrap_err();
    assert!(matches!(&error, SpecError::NotOpenApi(why) if why.contains("whole address")), "{error}");
}

/// Resident memory of this process that was not there before, at its highest, in MB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn hostile_files_are_refused_or_cut_in_little_time() {
    let began = std::time::Instant::now();
    let operations: serde_json::Map<String, Value> =
        (0..100_000).map(|number| (format!("/p{number}"), json!({"get": {}}))).collect();
    let many = with(&Value::Object(operations), &json!({})).to_string();
    let read = Document::parse(many.as_bytes()).unwrap();
    assert_eq!(read.operations().len(), 2_000);
    assert!(read.left_out()[0].starts_with("98000 operations"), "{:?}", read.left_out());

    let deep = format!("{{\"openapi\":\"3.0.0\",\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Document::parse(deep.as_bytes()).is_err());
    let wide = format!("{{\"openapi\":\"3.0.0\",\"x\":[{}1]}}", "[],".repeat(3_000_000));
    assert_eq!(Document::parse(wide.as_bytes()).unwrap_err(), SpecError::TooManyParts(400_000));
    let wide = format!("openapi: 3.0.0\nx: [{}1]\n", "1,".repeat(4_000_000));
    assert!(Document::parse(wide.as_bytes()).unwrap_err().to_string().contains("more parts"));
    let long = format!("openapi: 3.0.0\nx: {}\npaths: {{/a: {{get: {{}}}}}}\n", "a".repeat(9_000_000));
    assert_eq!(Document::parse(long.as_bytes()).unwrap().operations().len(), 1);

    // Ten properties, each of which holds ten of the next: 10^16 in all.
    let mut schemas = serde_json::Map::new();
    for level in 0..16 {
        let inner = json!({"$ref": format!("#/components/schemas/S{}", level + 1)});
        let fields: serde_json::Map<String, Value> =
            (0..10).map(|number| (format!("f{number}"), inner.clone())).collect();
        schemas.insert(format!("S{level}"), json!({"type": "object", "properties": fields}));
    }
    schemas.insert("S16".to_owned(), json!({"type": "string"}));
    let body = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}});
    let operation = json!({"requestBody": body, "responses": {"200": body}});
    let paths: serde_json::Map<String, Value> =
        (0..2_000).map(|number| (format!("/p{number}"), json!({"post": operation}))).collect();
    let read = document(&with(&Value::Object(paths), &json!({"schemas": schemas})));
    let first = read.operations()[0].body.clone().unwrap().schema;
    assert_eq!(first["properties"].as_object().unwrap().len(), 10, "the outer level is whole");
    assert!(read.left_out().join(" ").contains("very large"), "{:?}", read.left_out());

    // One large text behind many references, and many parameters in each.
    let item = json!({"get": {"summary": "s".repeat(1_000_000), "description": "d".repeat(1_000_000),
        "operationId": "o".repeat(1_000_000), "tags": vec!["t".repeat(100_000); 20],
        "parameters": vec![json!({"name": "n", "in": "query", "schema": {"enum": ["e".repeat(1_000)]}}); 2_000]}});
    let paths: serde_json::Map<String, Value> = (0..2_000)
        .map(|number| (format!("/p{number}"), json!({"$ref": "#/components/pathItems/I"})))
        .collect();
    let read = document(&with(&Value::Object(paths), &json!({"pathItems": {"I": item}})));
    assert_eq!(read.operations().len(), 2_000);
    assert!(read.operations()[0].description.len() <= 4_000);
    let limit = if cfg!(debug_assertions) { 60 } else { 10 };
    assert!(began.elapsed().as_secs() < limit, "{:?}", began.elapsed());
    // What the other tests of this process took at the same time counts too.
    #[cfg(target_os = "linux")]
    assert!(peak() < 400, "{} MB", peak());
}
