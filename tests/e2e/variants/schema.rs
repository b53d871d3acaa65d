//! Schemas of ours in a variant's words, layout and version of OpenAPI.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::names::Names;
use super::ours::{self, component, follow, subject_of};
use super::plan::{Layout, Plan};
use super::style::capital;

/// Writes schemas, and keeps the components that they refer to.
pub struct Schemas<'a> {
    plan: &'a Plan,
    components: BTreeMap<String, Option<Value>>,
}

impl<'a> Schemas<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, components: BTreeMap::new() }
    }

    /// What was referred to so far.
    pub fn components(&self) -> Map<String, Value> {
        self.components.iter().filter_map(|(name, schema)| Some((name.clone(), schema.clone()?))).collect()
    }

    /// A schema of ours in theirs. `subject` is what names are looked up by; `field` names the property that it is of.
    pub fn of(&mut self, schema: &Value, subject: &str, field: &str) -> Value {
        if let Some(inner) = ours::nullable(schema) {
            let inner = self.of(inner, subject, field);
            return self.or_null(inner);
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let choices: Vec<Value> = choices.iter().map(|choice| self.of(choice, subject, field)).collect();
            return json!({ "oneOf": choices });
        }
        let Some(name) = component(schema) else { return self.plain(schema, subject, field) };
        let target = follow(schema);
        // Enumerations are written out: what they are called depends on the field.
        if target.get("properties").is_none() {
            return self.plain(target, subject, field);
        }
        let subject = subject_of(name);
        let sent = name.ends_with("Input") || name.ends_with("Update");
        if self.plan.layout == Layout::Inline && name != "ReportRow" {
            return self.closed(sent, target, &subject, field);
        }
        let theirs = self.component_name(name);
        if !self.components.contains_key(&theirs) {
            self.components.insert(theirs.clone(), None);
            let written = self.closed(sent, target, &subject, field);
            let written =
                if self.plan.layout == Layout::AllOf { self.split(&theirs, written) } else { written };
            self.components.insert(theirs.clone(), Some(written));
        }
        json!({ "$ref": format!("#/components/schemas/{theirs}") })
    }

    /// An object of a request, which says so where other fields are refused (with `allOf` it cannot).
    fn closed(&mut self, sent: bool, target: &Value, subject: &str, field: &str) -> Value {
        let mut written = self.plain(target, subject, field);
        if sent && self.plan.strict && self.plan.layout != Layout::AllOf {
            written["additionalProperties"] = json!(false);
        }
        written
    }

    fn or_null(&self, schema: Value) -> Value {
        match (self.plan.old, schema.get("$ref").is_some()) {
            (true, true) => json!({ "nullable": true, "allOf": [schema] }),
            (true, false) => {
                let mut schema = schema;
                schema["nullable"] = json!(true);
                schema
            }
            (false, _) => json!({ "oneOf": [schema, { "type": "null" }] }),
        }
    }

    /// A text that may be null.
    pub fn nullable_text(&self) -> Value {
        if self.plan.old {
            json!({ "type": "string", "nullable": true })
        } else {
            json!({ "type": ["string", "null"] })
        }
    }

    fn plain(&mut self, schema: &Value, subject: &str, field: &str) -> Value {
        let mut written = Map::new();
        let mut null = false;
        for (key, value) in schema.as_object().unwrap() {
            match key.as_str() {
                "type" if value.is_array() => {
                    let kinds: Vec<&Value> =
                        value.as_array().unwrap().iter().filter(|kind| *kind != "null").collect();
                    null = true;
                    written.insert(
                        "type".to_owned(),
                        if self.plan.old { kinds[0].clone() } else { value.clone() },
                    );
                }
                "properties" => {
                    let properties = self.properties(value, subject);
                    written.insert(key.clone(), properties);
                }
                "required" => {
                    let names = value.as_array().unwrap().iter();
                    let names = names.filter(|name| !self.plan.names.is_lost(name.as_str().unwrap()));
                    let names: Vec<String> =
                        names.map(|name| self.plan.names.field(subject, name.as_str().unwrap())).collect();
                    written.insert(key.clone(), json!(names));
                }
                "items" => {
                    let items = self.of(value, subject, field);
                    written.insert(key.clone(), items);
                }
                "enum" => {
                    let theirs = |value: &Value| match value.as_str() {
                        Some(text) => json!(self.plan.names.value(field, text)),
                        None => value.clone(),
                    };
                    written.insert(key.clone(), value.as_array().unwrap().iter().map(theirs).collect());
                }
                "additionalProperties" if value.is_object() => {
                    written.insert(key.clone(), json!({ "type": "number" }));
                }
                "description" if self.plan.described => {
                    written.insert(key.clone(), value.clone());
                }
                "type" | "format" | "minimum" | "maximum" | "minItems" | "maxItems" | "minLength"
                | "maxLength" | "pattern" => {
                    written.insert(key.clone(), value.clone());
                }
                _ => {}
            }
        }
        if null && self.plan.old {
            written.insert("nullable".to_owned(), json!(true));
        }
        Value::Object(written)
    }

    fn properties(&mut self, properties: &Value, subject: &str) -> Value {
        let mut dice = Dice::of(self.plan.seed, &format!("properties {subject}"));
        let mut entries: Vec<(String, Value)> = Vec::new();
        for (field, schema) in properties.as_object().unwrap() {
            if self.plan.names.is_lost(field) {
                continue;
            }
            let inner = Names::inner_subject(subject, field, schema);
            let written = self.of(schema, &inner, field);
            entries.push((self.plan.names.field(subject, field), written));
        }
        if self.plan.noise && dice.chance(40) {
            for (name, schema) in EXTRA_FIELDS {
                let name = self.plan.names.fields_case.of(name);
                if dice.chance(30) && !entries.iter().any(|(taken, _)| *taken == name) {
                    entries.push((name, json!({ "type": schema })));
                }
            }
        }
        if dice.chance(50) {
            dice.shuffle(&mut entries);
        }
        Value::Object(entries.into_iter().collect())
    }

    /// A base with half of the properties, and the rest.
    fn split(&mut self, name: &str, schema: Value) -> Value {
        let Some(properties) = schema["properties"].as_object().filter(|all| all.len() > 3) else {
            return schema;
        };
        let half = properties.len() / 2;
        let part = |from: usize, to: usize| -> Map<String, Value> {
            properties
                .iter()
                .skip(from)
                .take(to - from)
                .map(|(name, schema)| (name.clone(), schema.clone()))
                .collect()
        };
        let base = format!("{name}Base");
        self.components.insert(base.clone(), Some(json!({ "type": "object", "properties": part(0, half) })));
        let mut rest = json!({ "type": "object", "properties": part(half, properties.len()) });
        if let Some(required) = schema.get("required") {
            rest["required"] = required.clone();
        }
        json!({ "allOf": [{ "$ref": format!("#/components/schemas/{base}") }, rest] })
    }

    /// What a component of ours is called.
    fn component_name(&self, name: &str) -> String {
        let mut dice = Dice::of(self.plan.seed, "components");
        let subject = subject_of(name);
        let words = &self.plan.names.resources;
        let known = ours::operations()
            .iter()
            .any(|operation| super::words::of_segment(operation.segment()) == subject);
        let stem: String = if known { words.one(&subject).to_owned() } else { subject };
        let stem: String = stem.split('_').map(capital).collect();
        let plain = dice.pick(&["", "", "Dto", "Resource", "Response"]);
        let (input, update) = dice.pick(&[
            ("{}Input", "{}Update"),
            ("Create{}Request", "Update{}Request"),
            ("New{}", "{}Patch"),
            ("{}Create", "{}Edit"),
        ]);
        if name.ends_with("Summary") {
            return format!("{stem}Ref");
        }
        if name.ends_with("Input") {
            return input.replace("{}", &stem);
        }
        if name.ends_with("Update") {
            return update.replace("{}", &stem);
        }
        format!("{stem}{plain}")
    }
}

/// Fields that have nothing to do with ours, with their types.
pub const EXTRA_FIELDS: &[(&str, &str)] = &[
    ("external_key", "string"),
    ("tenant", "string"),
    ("lock_version", "integer"),
    ("archived", "boolean"),
    ("owner_user", "string"),
    ("color", "string"),
    ("is_favourite", "boolean"),
];
