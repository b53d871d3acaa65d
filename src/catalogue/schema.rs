//! A row as clients see it: input schema and behaviour hints. Plain objects, no combinators at the root,
//! `items` on every array; what some clients drop (formats, patterns) is not used, [`check`](super::check)
//! checks it instead. Every word here is paid for in tokens by every session.

use serde_json::{Map, Value, json};

use super::{CHANGES, Confirms, Effect, Endpoint, Kind, Param, Toolset, find, params};

/// What the schema of a tool depends on beside its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The account reaches several profiles, so that `profile_id` is worth declaring.
    pub several_profiles: bool,
    /// A person is asked before every write, so that `confirm_number` is declared for each.
    pub confirms_writes: bool,
    /// Shapes that another listed tool shows are named in words: the lines of a document.
    pub lines_in_words: bool,
}

/// The tool whose schema shows the lines of documents.
pub const SHOWS_LINES: &str = "create_invoice";

/// The input schema of a tool.
pub fn input(endpoint: &Endpoint, options: Options) -> Map<String, Value> {
    let wanted = |param: &&Param| match param.name {
        "profile_id" => options.several_profiles && has_a_profile(endpoint),
        "confirm_number" => options.confirms_writes || endpoint.confirms != Confirms::Never,
        _ => true,
    };
    let params: Vec<&Param> = endpoint.accepted().filter(wanted).collect();
    let mut schema = object(&params);
    if let Some(Kind::Object(fields)) =
        params.iter().find(|param| param.name == CHANGES).map(|param| param.kind)
        && let Some(Value::Object(properties)) = schema.get_mut("properties")
    {
        properties.insert(CHANGES.to_owned(), Value::Object(changes(endpoint, fields)));
    }
    let elsewhere = options.lines_in_words && endpoint.tool != SHOWS_LINES;
    if let (true, Some(lines)) = (elsewhere, lines_of_documents(&mut schema, &params)) {
        *lines = Value::Object(said(LINES_IN_WORDS, list(map("object"))));
    }
    schema
}

const LINES_IN_WORDS: &str = "as in create_invoice: description, quantity, price …";

/// The schema of the lines that invoices, offers and recurring invoices have in common.
fn lines_of_documents<'a>(schema: &'a mut Map<String, Value>, params: &[&Param]) -> Option<&'a mut Value> {
    let shared = |param: &&Param| match (param.kind, params::LINES.kind) {
        (Kind::Objects(own), Kind::Objects(shared)) => {
            own.iter().map(|field| field.name).eq(shared.iter().map(|field| field.name))
        }
        _ => false,
    };
    let name = params.iter().copied().find(shared)?.name;
    schema.get_mut("properties")?.get_mut(name)
}

/// Which profile is meant matters: not to what is computed here, nor to the profiles themselves.
fn has_a_profile(endpoint: &Endpoint) -> bool {
    !endpoint.is_local() && !matches!(endpoint.tool, "list_profiles" | "get_profile")
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
    let schema = match param.kind {
        Kind::Object(fields) if !fields.is_empty() => object(&fields.iter().collect::<Vec<_>>()),
        Kind::Objects(fields) if !fields.is_empty() => list(object(&fields.iter().collect::<Vec<_>>())),
        kind => scalar(kind),
    };
    Value::Object(said(param.about, schema))
}

/// The fields of an update by name: what they look like is said by the schema of the tool that creates.
/// Values to choose from stand beside the name where it takes none of them.
fn changes(endpoint: &Endpoint, fields: &[Param]) -> Map<String, Value> {
    let creates = find(&endpoint.tool.replacen("update_", "create_", 1));
    let shown = |name: &str| creates.is_some_and(|row| row.params.iter().any(|param| param.name == name));
    let field = |field: &Param| match field.kind {
        Kind::Objects(_) => format!("{} (replaces all)", field.name),
        Kind::Choice(values) if !shown(field.name) => format!("{} ({})", field.name, values.join("|")),
        _ => field.name.to_owned(),
    };
    said(&fields.iter().map(field).collect::<Vec<_>>().join(", "), map("object"))
}

fn said(words: &str, mut schema: Map<String, Value>) -> Map<String, Value> {
    if !words.is_empty() {
        schema.insert("description".into(), json!(words));
    }
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
