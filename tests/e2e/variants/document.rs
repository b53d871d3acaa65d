//! A variant's OpenAPI document.

use serde_json::{Map, Value, json};

use super::arrange::arrange;
use super::dice::Dice;
use super::envelope::{Paging, wrap_schema};
use super::noise;
use super::ours::component;
use super::plan::{Plan, Route};
use super::schema::Schemas;
use super::style::Act;
use super::yaml;

/// The document as a value.
pub fn document(plan: &Plan) -> Value {
    let mut schemas = Schemas::new(plan);
    let mut paths: Map<String, Value> = Map::new();
    let mut put = |path: &str, method: &str, operation: Value| {
        let item = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        item[method] = operation;
    };
    for route in &plan.routes {
        put(&route.path, &route.method, operation(plan, route, &mut schemas));
    }
    for noise in noise::operations(plan) {
        put(&noise.path, &noise.method, noise.operation);
    }
    if plan.noise && Dice::of(plan.seed, "paths").chance(50) {
        let mut entries: Vec<(String, Value)> = paths.into_iter().collect();
        Dice::of(plan.seed, "path order").shuffle(&mut entries);
        paths = entries.into_iter().collect();
    }
    let security = json!({ "token": { "type": "http", "scheme": "bearer" } });
    let mut whole = json!({
        "openapi": if plan.old { "3.0.3" } else { "3.1.0" },
        "info": { "title": "Vendor API", "version": "4.2.0" },
        "paths": paths,
        "components": { "securitySchemes": security, "schemas": schemas.components() },
        "security": [{ "token": [] }],
    });
    if !plan.server.is_empty() {
        let mut server = json!({ "url": plan.server });
        if plan.server.contains("{tenant}") {
            server["variables"] = json!({ "tenant": { "default": "demo" } });
        }
        whole["servers"] = json!([server, { "url": "https://sandbox.vendor.example/other" }]);
    }
    arrange(plan, &mut whole);
    whole
}

/// The document as a file's text.
pub fn text(plan: &Plan) -> String {
    let document = document(plan);
    if plan.yaml { yaml::text(&document) } else { format!("{document:#}") }
}

fn operation(plan: &Plan, route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({});
    if let Some(name) = &route.name {
        operation["operationId"] = json!(name);
    }
    if let Some(tag) = &route.tag {
        operation["tags"] = json!([tag]);
    }
    if let Some(summary) = summary(plan, route) {
        operation["summary"] = json!(summary);
    }
    operation["parameters"] = Value::Array(parameters(plan, route, schemas));
    if let Some(body) = body(plan, route, schemas) {
        operation["requestBody"] = body;
    }
    operation["responses"] = responses(plan, route, schemas);
    operation
}

fn summary(plan: &Plan, route: &Route) -> Option<String> {
    let (one, many) = (route.one.replace('_', " "), route.many.replace('_', " "));
    let style = Dice::of(plan.seed, "summaries").below(4);
    // An operation without a name and without a line about it would be a document that nobody publishes.
    if style == 0 && route.name.is_some() {
        return None;
    }
    Some(match route.act {
        Act::Special => format!("{one}{}", if style == 1 { "." } else { "" }),
        act => {
            let verbs = match style {
                1 => [
                    "Returns a list of",
                    "Returns one",
                    "Creates a new",
                    "Updates an existing",
                    "Deletes an existing",
                ],
                2 => ["List all", "Retrieve a single", "Add", "Edit", "Remove"],
                _ => ["List", "Get", "Create", "Update", "Delete"],
            };
            format!("{} {}", verbs[act as usize], if act == Act::List { many } else { one })
        }
    })
}

fn parameters(plan: &Plan, route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let mut written = Vec::new();
    let mut paged = false;
    for parameter in route.ours.parameters() {
        let name = parameter["name"].as_str().unwrap();
        match parameter["in"].as_str().unwrap() {
            "path" => {
                let name = route.path.split(['{', '}']).nth(1).unwrap();
                written.push(
                    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
                );
            }
            "header" if name == "X-Profile-Id" => {
                written.push(
                    json!({ "name": name, "in": "header", "schema": { "type": "string", "format": "uuid" } }),
                );
            }
            "query" if name == "page" || name == "limit" => paged = true,
            "query" if route.is_lost(plan, name) => {}
            "query" => {
                let subject = route.ours.subject();
                let mut schema = schemas.of(&parameter["schema"], &subject, name);
                if let Some(values) = parameter["schema"]["enum"].as_array().filter(|_| name == "sort") {
                    let theirs =
                        values.iter().map(|value| plan.names.sort_value(&subject, value.as_str().unwrap()));
                    schema["enum"] = theirs.collect();
                }
                let mut entry =
                    json!({ "name": route.parameter(plan, name), "in": "query", "schema": schema });
                if let Some(text) = parameter.get("description").filter(|_| plan.described) {
                    entry["description"] = text.clone();
                }
                written.push(entry);
            }
            _ => {}
        }
    }
    if paged {
        written.extend(plan.paging.parameters());
    }
    let mut dice = Dice::of(plan.seed, "headers");
    if plan.noise && dice.chance(30) {
        written.push(json!({ "name": "X-Api-Client", "in": "header", "required": true, "schema": { "type": "string" } }));
    }
    written
}

fn body(plan: &Plan, route: &Route, schemas: &mut Schemas) -> Option<Value> {
    if route.ours.tool == "import_bank_transactions" {
        let schema = json!({ "type": "string" });
        return Some(json!({ "required": true, "content": {
            "multipart/form-data": { "schema": { "type": "object", "required": ["file"],
                "properties": { "file": { "type": "string", "format": "binary" } } } },
            "application/xml": { "schema": schema } } }));
    }
    let ours = route.ours.sends()?;
    let subject = component(ours).map(super::ours::subject_of)?;
    let mut schema = schemas.of(ours, &subject, "");
    if route.method == "patch"
        && let Some(schema) = schema.as_object_mut()
    {
        schema.remove("required");
    }
    let schema = wrap_schema(&route.request_keys(plan), schema);
    Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }))
}

fn responses(plan: &Plan, route: &Route, schemas: &mut Schemas) -> Value {
    let (status, schema) = route.ours.answers();
    let mut responses = Map::new();
    let case = plan.names.fields_case;
    let good = match schema {
        None => json!({ "description": "Done." }),
        Some(schema) => {
            let subject = route.ours.subject();
            let schema = if let Some(record) = route.ours.lists() {
                let record = schemas.of(record, &subject, "");
                let null = schemas.nullable_text();
                plan.envelope.list.schema(record, &route.many, case, null)
            } else {
                let record = schemas.of(schema, &subject, "");
                wrap_schema(&route.answer_keys(plan), record)
            };
            json!({ "description": "OK", "content": { "application/json": { "schema": schema } } })
        }
    };
    responses.insert(status.to_owned(), good);
    responses.insert("401".to_owned(), json!({ "description": "Unauthorized" }));
    if Dice::of(plan.seed, "errors").chance(50) {
        let schema = json!({ "type": "object", "properties": { "message": { "type": "string" } } });
        let content = json!({ "application/json": { "schema": schema } });
        responses.insert("422".to_owned(), json!({ "description": "Invalid", "content": content }));
    }
    Value::Object(responses)
}

impl Route {
    /// What a query parameter of ours is called here.
    pub fn parameter(&self, plan: &Plan, name: &str) -> String {
        let subject = self.ours.subject();
        let theirs = plan.names.parameter(&subject, name);
        let others = self.ours.parameters();
        let others = others.iter().filter(|other| other["in"] == "query" && other["name"] != name);
        // Two of ours with the same word for them: this one is called as ours.
        let clash = others
            .map(|other| other["name"].as_str().unwrap())
            .any(|other| plan.names.parameter(&subject, other) == theirs && other < name);
        let paging = plan.paging.parameters();
        if clash || paging.iter().any(|taken| taken["name"] == theirs.as_str()) {
            return plan.names.parameters_case.of(&format!("{name}_filter"));
        }
        theirs
    }

    /// Whether the variant's list has no such parameter.
    pub fn is_lost(&self, plan: &Plan, name: &str) -> bool {
        let spare = !["search", "from", "to", "status", "period", "as_of"].contains(&name);
        plan.level >= 3 && spare && Dice::of(plan.seed, &format!("lost {} {name}", self.ours.tool)).chance(8)
    }

    /// The keys around a record in an answer.
    pub fn answer_keys(&self, plan: &Plan) -> Vec<String> {
        plan.envelope.answer.keys(&self.noun(), plan.names.fields_case)
    }

    /// The keys around a record in a request.
    pub fn request_keys(&self, plan: &Plan) -> Vec<String> {
        plan.envelope.request.keys(&self.noun(), plan.names.fields_case)
    }

    /// The noun that envelopes are named by.
    fn noun(&self) -> String {
        match self.act {
            Act::Special => self.one.split_once('_').map_or(&*self.one, |(_, rest)| rest).to_owned(),
            _ => self.one.clone(),
        }
    }

    /// True where the list is asked for by pages.
    pub fn paged(&self) -> bool {
        self.ours.parameters().iter().any(|parameter| parameter["name"] == "limit")
    }
}

/// The paging that lists without parameters for it have.
pub fn unpaged() -> Paging {
    Paging::ours()
}
