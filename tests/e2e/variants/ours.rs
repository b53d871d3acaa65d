//! The reconstruction of the vendor's document as data: operations and schemas, with references followed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

/// One operation of the reconstruction.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its operationId, which is the name of the tool.
    pub tool: String,
    /// Lower case.
    pub method: String,
    pub path: String,
    pub raw: Value,
}

/// The document itself, as the sandbox serves it.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))).unwrap()
    })
}

/// All operations, in the order of the document.
pub fn operations() -> &'static [Operation] {
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let mut operations = Vec::new();
        for (path, item) in document()["paths"].as_object().unwrap() {
            for (method, raw) in item.as_object().unwrap() {
                operations.push(Operation {
                    tool: raw["operationId"].as_str().unwrap().to_owned(),
                    method: method.clone(),
                    path: path.clone(),
                    raw: raw.clone(),
                });
            }
        }
        operations
    })
}

impl Operation {
    /// Parameters with references followed.
    pub fn parameters(&self) -> Vec<&Value> {
        self.raw["parameters"].as_array().into_iter().flatten().map(follow).collect()
    }

    /// The JSON schema of the request body.
    pub fn sends(&self) -> Option<&Value> {
        self.raw.pointer("/requestBody/content/application~1json/schema")
    }

    /// Status and schema of the answer that says that it worked.
    pub fn answers(&self) -> (&str, Option<&Value>) {
        let responses = self.raw["responses"].as_object().unwrap();
        let (status, answer) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        (status, answer.pointer("/content/application~1json/schema"))
    }

    /// The schema of a record, where the answer is a list of them.
    pub fn lists(&self) -> Option<&Value> {
        let schema = self.answers().1?;
        schema.pointer("/properties/pagination")?;
        schema.pointer("/properties/data/items")
    }

    /// What its records or fields are about: the subject of its answer.
    pub fn subject(&self) -> String {
        let schema = self.lists().or(self.answers().1).or(self.sends());
        schema.and_then(component).map_or_else(
            || if self.tool == "list_revenue" { "revenue_entry".to_owned() } else { self.tool.clone() },
            subject_of,
        )
    }

    /// The resource of the first segment of the path (behind the version).
    pub fn segment(&self) -> &str {
        self.path.split('/').nth(2).unwrap()
    }
}

/// The component that a schema refers to.
pub fn component(schema: &Value) -> Option<&str> {
    let direct = schema.get("$ref").and_then(Value::as_str);
    direct.or_else(|| nullable(schema)?.get("$ref")?.as_str())?.rsplit('/').next()
}

/// The schema in `anyOf: [schema, null]`.
pub fn nullable(schema: &Value) -> Option<&Value> {
    let choices = schema.get("anyOf")?.as_array()?;
    let others: Vec<&Value> = choices.iter().filter(|choice| choice["type"] != "null").collect();
    (others.len() == 1 && choices.len() == 2).then(|| others[0])
}

/// A schema, parameter or answer with its reference followed (a nullable one too).
pub fn follow(value: &Value) -> &Value {
    let value = nullable(value).unwrap_or(value);
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document().pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// `InvoiceInput`, `InvoiceUpdate` and `Invoice` are all about `invoice`.
pub fn subject_of(component: &str) -> String {
    let stem = ["Input", "Update", "Summary"].iter().find_map(|ending| component.strip_suffix(ending));
    super::names::snake(stem.unwrap_or(component))
}

/// Every object of the document by subject, with all fields that its schemas name.
pub fn subjects() -> &'static BTreeMap<String, BTreeSet<String>> {
    static SUBJECTS: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        let mut subjects = BTreeMap::new();
        for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
            collect(&subject_of(name), schema, &mut subjects);
        }
        for operation in operations().iter().filter(|operation| operation.lists().is_some()) {
            if component(operation.lists().unwrap()).is_none() {
                collect(&operation.tool, operation.lists().unwrap(), &mut subjects);
            }
        }
        subjects
    })
}

fn collect(subject: &str, schema: &Value, subjects: &mut BTreeMap<String, BTreeSet<String>>) {
    if let Some(items) = schema.get("items") {
        return collect(subject, items, subjects);
    }
    for (field, inner) in schema["properties"].as_object().into_iter().flatten() {
        subjects.entry(subject.to_owned()).or_default().insert(field.clone());
        if component(inner.get("items").unwrap_or(inner)).is_none() {
            collect(&format!("{subject}.{field}"), inner, subjects);
        }
    }
}

pub fn has_field(subject: &str, field: &str) -> bool {
    subjects().get(subject).is_some_and(|fields| fields.contains(field))
}
