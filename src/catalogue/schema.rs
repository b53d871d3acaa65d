//! A row as clients see it: input schema and behaviour hints. Plain objects, no combinators at the root,
//! `items` on every array; what some clients drop (formats, patterns) is not used, [`check`](super::check)
//! checks it instead. Every word here is paid for in tokens by every session.

use serde_json::{Map, Value, json};

use super::{CHANGES, Confirms, Effect, Endpoint, Kind, Param, Toolset};

/// What the schema of a tool depends on beside its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The account reaches several profiles, so that `profile_id` is worth declaring.
    pub several_profiles: bool,
    /// A person is asked before every write, so that `confirm_number` is declared for each.
    pub confirms_writes: bool,
}

/// The input schema of a tool.
pub fn input(endpoint: &Endpoint, options: Options) -> Map<String, Value> {
    let wanted = |param: &&Param| match param.name {
        "profile_id" => options.several_profiles && !endpoint.is_local(),
        "confirm_number" => options.confirms_writes || endpoint.confirms != Confirms::Never,
        _ => true,
    };
    let params: Vec<&Param> = endpoint.accepted().filter(wanted).collect();
    let mut schema = object(&params);
    schema.insert("additionalProperties".into(), json!(false));
    schema
}

/// The output schema of a tool of ours, short and loose: nothing is required, and anything may be added.
pub fn output(fields: &[Param]) -> Map<String, Value> {
    let mut schema = map("object");
    if !fields.is_empty() {
        let fields = fields.iter().map(|field| (field.name.to_owned(), Value::Object(scalar(field.kind))));
        schema.insert("properties".into(), Value::Object(fields.collect()));
    }
    schema
}

/// Behaviour hints of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "MCP's hints are four independent booleans")]
pub struct Annotations {
    pub read_only: bool,
    pub destructive: bool,
    pub idempotent: bool,
    /// The answer carries text that third parties wrote.
    pub open_world: bool,
}

/// Follow from the effect: reads change nothing, creates add only, updates and deletes may be repeated,
/// acts may not.
pub fn annotations(endpoint: &Endpoint) -> Annotations {
    let (destructive, idempotent) = match endpoint.effect {
        Effect::Reads => (false, true),
        Effect::Creates => (false, false),
        Effect::Updates | Effect::Deletes => (true, true),
        Effect::Acts => (true, false),
    };
    Annotations {
        read_only: !endpoint.writes(),
        destructive,
        idempotent,
        // Whoever pays writes the text of a bank transaction, and of the statement that it is imported from.
        open_world: endpoint.tool.contains("transaction")
            || (endpoint.toolset == Toolset::Banking && endpoint.path.is_empty()),
    }
}

fn object(params: &[&Param]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        params.iter().map(|param| (param.name.to_owned(), property(param))).collect();
    let required: Vec<&str> =
        params.iter().filter(|param| param.required && param.or.is_none()).map(|param| param.name).collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema
}

fn property(param: &Param) -> Value {
    let mut schema = match param.kind {
        Kind::Object(fields) if param.name == CHANGES => changes(fields),
        Kind::Object(fields) => object(&fields.iter().collect::<Vec<_>>()),
        Kind::Objects(fields) if param.brief => words("", list(map("object")), fields),
        Kind::Objects(fields) => list(object(&fields.iter().collect::<Vec<_>>())),
        kind => scalar(kind),
    };
    if !param.about.is_empty() {
        schema.insert("description".into(), json!(param.about));
    }
    Value::Object(schema)
}

/// No field of `changes` is required, and nested fields are named in words: their types stand in the
/// schema of the tool that creates.
fn changes(fields: &[Param]) -> Map<String, Value> {
    let field = |field: &Param| {
        let schema = match field.kind {
            Kind::Object(nested) => words("", map("object"), nested),
            Kind::Objects(nested) => words("replaces all: ", list(map("object")), nested),
            kind => scalar(kind),
        };
        (field.name.to_owned(), Value::Object(schema))
    };
    let mut schema = map("object");
    schema.insert("properties".into(), Value::Object(fields.iter().map(field).collect()));
    schema
}

fn words(lead: &str, mut schema: Map<String, Value>, fields: &[Param]) -> Map<String, Value> {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    schema.insert("description".into(), json!(format!("{lead}{}", names.join(", "))));
    schema
}

fn scalar(kind: Kind) -> Map<String, Value> {
    match kind {
        Kind::Decimal => map("number"),
        Kind::Integer => map("integer"),
        Kind::Boolean => map("boolean"),
        Kind::Choice(values) => {
            let mut schema = map("string");
            schema.insert("enum".into(), json!(values));
            schema
        }
        Kind::Text | Kind::Iban | Kind::Id | Kind::Date => map("string"),
        Kind::Object(_) => map("object"),
        Kind::Objects(_) => list(map("object")),
    }
}

fn map(kind: &str) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!(kind))])
}

fn list(items: Map<String, Value>) -> Map<String, Value> {
    let mut schema = map("array");
    schema.insert("items".into(), Value::Object(items));
    schema
}
