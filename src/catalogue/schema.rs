//! A row as clients see it: input schema and behaviour hints. Plain objects, no combinators at the root,
//! `items` on every array; what some clients drop (formats, patterns) is not used, [`check`](super::check)
//! checks it instead. Every word here is paid for in tokens by every session.

use serde_json::{Map, Value, json};

use super::{Answer, CHANGES, Confirms, Effect, Endpoint, Kind, Param, Toolset, params};

/// What the schema of a tool depends on beside its row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The account reaches several profiles, so that `profile_id` is worth declaring.
    pub several_profiles: bool,
    /// A person is asked before every write, so that `confirm_number` is declared for each.
    pub confirms_writes: bool,
    /// Tools listed beside it: shapes that one of them shows are named in words (the lines of a document, the
    /// fields of an update).
    pub listed: &'a [&'static Endpoint],
}

impl Options<'_> {
    fn shows(&self, tool: &str) -> Option<&'static Endpoint> {
        self.listed.iter().find(|row| row.tool == tool).copied()
    }
}

/// The input schema of a tool.
pub fn input(endpoint: &Endpoint, options: Options<'_>) -> Map<String, Value> {
    let wanted = |param: &&Param| match param.name {
        "profile_id" => options.several_profiles && has_a_profile(endpoint),
        "confirm_number" => options.confirms_writes || endpoint.confirms != Confirms::Never,
        "limit" | "cursor" | "all" | "fields" | "detail" => match endpoint.answer {
            Answer::List(list) => !list.short,
            _ => param.name != "detail",
        },
        _ => true,
    };
    let params: Vec<&Param> = endpoint.accepted().filter(wanted).collect();
    let mut schema = object(&params);
    if let Some(Kind::Object(fields)) =
        params.iter().find(|param| param.name == CHANGES).map(|param| param.kind)
        && let Some(Value::Object(properties)) = schema.get_mut("properties")
    {
        properties.insert(CHANGES.to_owned(), Value::Object(changes(endpoint, fields, options)));
    }
    for (tool, shape, words) in SHOWN {
        let elsewhere = endpoint.tool != *tool && options.shows(tool).is_some();
        if let (true, Some(property)) = (elsewhere, of_shape(shape, &mut schema, &params)) {
            let kind =
                if matches!(shape.kind, Kind::Object(_)) { map("object") } else { list(map("object")) };
            *property = Value::Object(said(words, kind));
        }
    }
    schema
}

/// Shapes that several tools take, the tool that shows them, and what is said of them beside it.
const SHOWN: &[(&str, Param, &str)] = &[
    ("create_invoice", params::LINES, "as in create_invoice"),
    ("create_client", params::ADDRESS, "as in create_client"),
];

/// The schema of the argument that takes such a shape, or a part of it.
fn of_shape<'a>(
    shape: &Param,
    schema: &'a mut Map<String, Value>,
    params: &[&Param],
) -> Option<&'a mut Value> {
    let fields = |kind| match kind {
        Kind::Object(fields) | Kind::Objects(fields) => fields,
        _ => &[],
    };
    let known = fields(shape.kind);
    let alike = |param: &&Param| {
        let own = fields(param.kind);
        !own.is_empty() && own.iter().all(|own| known.iter().any(|field| field.name == own.name))
    };
    let name = params.iter().copied().find(alike)?.name;
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
        // Whoever pays writes the text of a bank transaction, and of the statement that it is imported from; of what only
        // the user's description has nobody knows.
        open_world: endpoint.is_extra()
            || endpoint.tool.contains("transaction")
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
        // It says itself what it is for.
        Kind::Schema(schema) => return schema.clone(),
        kind => scalar(kind),
    };
    Value::Object(said(param.about, schema))
}

/// The fields of an update: as in the tool that creates where that one is listed too, else by name. Values to
/// choose from stand beside a field that only the update has.
fn changes(endpoint: &Endpoint, fields: &[Param], options: Options<'_>) -> Map<String, Value> {
    let creates = options.shows(&endpoint.tool.replacen("update_", "create_", 1));
    let shown = |name: &str| creates.is_some_and(|row| row.params.iter().any(|param| param.name == name));
    let field = |field: &Param| match field.kind {
        Kind::Objects(_) => format!("{} (replaces all)", field.name),
        Kind::Choice(values) if !shown(field.name) => format!("{} ({})", field.name, values.join("|")),
        _ => field.name.to_owned(),
    };
    let named = |param: &&Param| !shown(param.name) || matches!(param.kind, Kind::Objects(_));
    let as_created = creates.map(|row| format!("as in {}", row.tool));
    let words: Vec<_> = as_created.into_iter().chain(fields.iter().filter(named).map(field)).collect();
    said(&words.join(", "), map("object"))
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
        Kind::Choice(values) if values.len() > 1 => {
            let mut schema = map("string");
            schema.insert("enum".into(), json!(values));
            schema
        }
        // One value alone is named by the instructions, and by the refusal of another.
        Kind::Text | Kind::Iban | Kind::Id | Kind::Date | Kind::Choice(_) => map("string"),
        Kind::Object(_) => map("object"),
        Kind::Objects(_) => list(map("object")),
        Kind::Schema(schema) => schema.as_object().cloned().unwrap_or_default(),
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
