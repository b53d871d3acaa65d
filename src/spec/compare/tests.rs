//! Comparisons with descriptions as others write them, and with traps in them.

mod fields;
mod styles;
mod traps;

use serde_json::{Map, Value, json};

use super::{Comparison, Row, Verdict};
use crate::spec::{Document, OURS, Spoken};

/// A description with these operations: method, path, and the operation.
fn document(operations: Vec<(&str, &str, Value)>) -> Value {
    let mut paths = Map::new();
    for (method, path, operation) in operations {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = operation;
    }
    json!({"openapi": "3.0.3", "info": {"title": "theirs", "version": "1"}, "paths": paths})
}

/// Properties from words: `name:text id:uuid! lines:[description:text price:number]`. `!` is required.
fn object(words: &str) -> Value {
    let mut words = words.split_whitespace();
    read(&mut words)
}

fn read<'a>(words: &mut impl Iterator<Item = &'a str>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    while let Some(word) = words.next() {
        if word == "]" || word == "}" {
            break;
        }
        let (name, kind) = word.split_once(':').unwrap();
        let plain = kind.trim_end_matches('!');
        if plain != kind {
            required.push(Value::from(name));
        }
        let schema = match plain {
            "[" => json!({"type": "array", "items": read(words)}),
            "{" => read(words),
            "text" => json!({"type": "string"}),
            "uuid" | "date" | "date-time" | "email" | "uri" => json!({"type": "string", "format": plain}),
            "number" | "integer" | "boolean" | "object" => json!({"type": plain}),
            values => json!({"type": "string", "enum": values.split('|').collect::<Vec<_>>()}),
        };
        properties.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// An operation with this name, query, body and answer; `Null` leaves one out.
fn operation(id: &str, query: &str, body: Value, answer: Value) -> Value {
    let query = object(query);
    let parameters: Vec<Value> = query["properties"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, schema)| {
            let required = query["required"].as_array().unwrap().contains(&Value::from(name.as_str()));
            json!({"name": name, "in": "query", "required": required, "schema": schema})
        })
        .collect();
    let mut operation = json!({"parameters": parameters, "responses": {"200": {"description": ""}}});
    if !id.is_empty() {
        operation["operationId"] = id.into();
    }
    if !body.is_null() {
        operation["requestBody"]["content"]["application/json"]["schema"] = body;
    }
    if !answer.is_null() {
        operation["responses"]["200"]["content"]["application/json"]["schema"] = answer;
    }
    operation
}

fn list(of: &Value) -> Value {
    json!({"type": "object", "properties": {"data": {"type": "array", "items": of}}})
}

fn compared(theirs: &Value) -> Comparison {
    let ours = Document::parse(OURS.as_bytes()).unwrap();
    let theirs = Document::parse(theirs.to_string().as_bytes()).unwrap();
    Comparison::of(&ours, &theirs)
}

impl Comparison {
    fn row(&self, tool: &str) -> &Row {
        self.rows.iter().find(|row| row.tool == tool).unwrap()
    }

    fn spoken(&self, tool: &str) -> &Spoken {
        let row = self.row(tool);
        self.dialect.spoken.get(tool).unwrap_or_else(|| panic!("{tool} is missing: {:?}", row.notes))
    }

    /// `PUT /v2/customers/{id}`, or empty where there is none.
    fn line(&self, tool: &str) -> String {
        let spoken = self.dialect.spoken.get(tool);
        spoken.map_or(String::new(), |spoken| {
            format!("{:?} {}", spoken.verb, spoken.path).replacen(' ', " ", 1)
        })
    }

    fn found(&self) -> Vec<String> {
        let rows = self.rows.iter().filter(|row| row.verdict != Verdict::Missing);
        rows.map(|row| format!("{} = {}", row.tool, self.line(row.tool))).collect()
    }

    fn sends(&self, tool: &str, field: &str) -> &str {
        self.spoken(tool).sends.fields.get(field).map_or("", |field| field.name.as_str())
    }

    fn reads(&self, tool: &str, field: &str) -> &str {
        self.spoken(tool).answers.fields.get(field).map_or("", |field| field.name.as_str())
    }
}

const CLIENT: &str =
    "id:uuid name:text email:email phone:text vat_number:text currency:text language:text notes:text";
const INVOICE: &str = "id:uuid number:text status:draft|sent|paid client_id:uuid issue_date:date due_date:date \
    currency:text total:number subtotal:number amount_due:number lines:[ description:text quantity:number price:number ]";

#[test]
fn our_own_description_is_all_the_same() {
    let ours: Value = serde_json::from_str(OURS).unwrap();
    let compared = compared(&ours);
    for row in &compared.rows {
        assert_eq!(row.verdict, Verdict::Same, "{}: {:?}", row.tool, row.notes);
        assert!(row.notes.is_empty(), "{}: {:?}", row.tool, row.notes);
    }
    assert!(compared.new.is_empty(), "{:?}", compared.new);
    for (tool, spoken) in &compared.dialect.spoken {
        assert!(spoken.query.is_empty() && spoken.sends.fields.is_empty(), "{tool}: {spoken:?}");
        assert!(spoken.answers.fields.is_empty() && spoken.sends.only.is_none(), "{tool}: {spoken:?}");
        assert!(!spoken.confirms, "{tool}");
    }
}

#[test]
fn another_version_and_prefix_move_all_and_rename_nothing() {
    let text = OURS.replace("\"/v1/", "\"/acme/api/v2/");
    let compared = compared(&serde_json::from_str(&text).unwrap());
    for row in &compared.rows {
        assert_eq!(row.verdict, Verdict::Moved, "{}: {:?}", row.tool, row.notes);
        assert_eq!(row.notes.len(), 1, "{}: {:?}", row.tool, row.notes);
    }
    assert!(compared.new.is_empty());
}

#[test]
fn nothing_of_ours_is_all_missing() {
    let pets = document(vec![
        (
            "get",
            "/pets",
            operation("listPets", "limit:integer", Value::Null, list(&object("id:uuid name:text tag:text"))),
        ),
        ("delete", "/pets/{petId}", operation("deletePet", "", Value::Null, Value::Null)),
        (
            "post",
            "/store/orders",
            operation("placeOrder", "", object("petId:uuid quantity:integer"), Value::Null),
        ),
    ]);
    let compared = compared(&pets);
    assert_eq!(compared.found(), Vec::<String>::new());
    assert_eq!(compared.new.len(), 3);
    assert!(compared.dialect.spoken.is_empty());
}

/// As many operations as are read, all of ours among them: far less than a second in release, so a few in a test build.
#[test]
fn a_large_description_is_compared_in_time() {
    let mut ours: Value = serde_json::from_str(OURS).unwrap();
    let record = object(INVOICE);
    for number in 0..380 {
        let path = format!("/v1/things-{}{number}", if number % 2 == 0 { "invoice-" } else { "" });
        ours["paths"][&path] = json!({
            "get": operation(&format!("listThing{number}"), "page:integer limit:integer q:text", Value::Null, list(&record)),
            "post": operation(&format!("createThing{number}"), "", record.clone(), record.clone()),
        });
        ours["paths"][format!("{path}/{{id}}")] = json!({
            "get": operation(&format!("getInvoice{number}"), "", Value::Null, record.clone()),
            "put": operation(&format!("updateInvoice{number}"), "", record.clone(), record.clone()),
            "delete": operation(&format!("deleteThing{number}"), "", Value::Null, Value::Null),
        });
    }
    let begun = std::time::Instant::now();
    let compared = compared(&ours);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert!(compared.rows.iter().all(|row| row.verdict == Verdict::Same), "{:?}", compared.found());
    assert_eq!(compared.new.len(), 1_900);
}
