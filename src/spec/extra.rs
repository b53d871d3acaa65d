//! Operations that the catalogue does not have, as further tools: what is kept of each, and what is left out and why.

mod effects;
mod naming;
mod rows;
mod schemas;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::operation::{Content, In, Operation, Verb};
use crate::text::in_line;
use naming::Names;
pub use rows::{row_of, rows};

/// Further tools that are kept of one description.
pub const MOST: usize = 200;
/// Bytes of all their schemas together.
const MOST_BYTES: usize = 600_000;
/// Bytes of a description, its mark included.
const ABOUT: usize = 1_024;
/// Before every description: these words are not ours.
const MARK: &str = "[spec] ";
/// Arguments of one tool; where a body has more fields it is one argument.
const ARGUMENTS: usize = 60;

/// One further tool, as it is kept: all that its row is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// From the `operationId`, made safe; unlike every name of ours.
    pub tool: String,
    /// Neutralised, cut to 1 KB, marked.
    pub about: String,
    pub verb: Verb,
    pub path: String,
    /// In the order in which they are listed: of the path, of the query, of the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// Its name, path or summary says that it does something, whatever its method.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acts: bool,
    /// The type of the answer where it is no JSON: `application/pdf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The answer is a list of records that is paged as our own lists are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
}

/// One argument of a further tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Argument {
    pub name: String,
    /// Its name in the request where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<String>,
    pub place: Place,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// JSON Schema, pruned and neutralised.
    pub schema: Value,
}

/// Where an argument goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    Path,
    Query,
    /// A field of the body.
    Body,
    /// The body itself.
    Whole,
    /// The one file of a multipart body, given by its path.
    File,
}

/// What became of a description's further operations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// In the order of the document.
    pub tools: Vec<Extra>,
    /// `POST /v1/x: why`, for people; neutralised.
    pub left_out: Vec<String>,
}

impl Extras {
    /// The further tools of these operations. `taken` are names that none of them may have, or look like.
    pub fn of(operations: &[Operation], taken: &[&str]) -> Self {
        let mut names = Names::new(taken);
        let mut extras = Self::default();
        let mut bytes = 0;
        let mut beyond = 0;
        for operation in operations {
            let left_out = |why: &str| format!("{}: {why}", called(operation));
            if extras.tools.len() == MOST {
                beyond += 1;
                continue;
            }
            match Extra::from(operation, &mut names) {
                Ok(extra) => {
                    let size: usize = extra.arguments.iter().map(|one| one.schema.to_string().len()).sum();
                    bytes += size;
                    if bytes > MOST_BYTES {
                        bytes -= size;
                        extras.left_out.push(left_out("the schemas of all further tools are too large"));
                        continue;
                    }
                    extras.tools.push(extra);
                }
                Err(why) => extras.left_out.push(left_out(&why)),
            }
        }
        if beyond > 0 {
            extras.left_out.push(format!("{beyond} more operations: at most {MOST} become tools"));
        }
        extras
    }
}

impl Extra {
    /// One operation as a further tool, or why it cannot be one.
    fn from(operation: &Operation, names: &mut Names) -> Result<Self, String> {
        if !rows::is_safe(&operation.path) {
            return Err("its path is none that is safely sent".to_owned());
        }
        let mut arguments = Arguments::default();
        arguments.of_path(operation)?;
        let list = is_paged_list(operation);
        arguments.of_query(operation, list)?;
        if let Some(body) = &operation.body {
            arguments.of_body(body)?;
        }
        if arguments.0.len() > ARGUMENTS {
            return Err(format!("it takes more than {ARGUMENTS} arguments"));
        }
        let media_type = operation.answer.as_ref().map(|answer| answer.media_type.as_str());
        let media_type = media_type.filter(|media| !is_json(media) && is_media_type(media));
        Ok(Self {
            tool: names.of(operation),
            about: about(operation),
            verb: operation.verb,
            path: operation.path.clone(),
            arguments: arguments.0,
            acts: effects::says_that_it_acts(operation),
            media_type: media_type.map(str::to_owned),
            list,
        })
    }
}

/// Arguments while they are gathered, with names that differ.
#[derive(Default)]
struct Arguments(Vec<Argument>);

impl Arguments {
    fn of_path(&mut self, operation: &Operation) -> Result<(), String> {
        for name in rows::parameters_in(&operation.path) {
            if self.0.iter().any(|known| known.wire.as_deref().unwrap_or(&known.name) == name) {
                return Err("its path names a parameter twice".to_owned());
            }
            let of = |one: &&super::Parameter| one.place == In::Path && one.name == name;
            let parameter = operation.parameters.iter().find(of);
            let schema = parameter.map_or_else(
                || serde_json::json!({ "type": "string" }),
                |parameter| schemas::pruned(&parameter.schema, &parameter.description),
            );
            self.put(name, Place::Path, true, schema);
        }
        Ok(())
    }

    fn of_query(&mut self, operation: &Operation, list: bool) -> Result<(), String> {
        for parameter in operation.parameters.iter().filter(|one| one.place == In::Query) {
            let ours = list && PAGING.contains(&parameter.name.as_str());
            let wire = parameter.name.as_str();
            if ours || wire.is_empty() || wire.len() > 128 || wire.chars().any(crate::text::is_hidden) {
                continue;
            }
            let Some(written) = schemas::in_query(&parameter.schema, &parameter.description) else {
                if parameter.required {
                    return Err("it needs a parameter that is written in a way of its own".to_owned());
                }
                continue;
            };
            self.put(wire, Place::Query, parameter.required, written);
        }
        Ok(())
    }

    fn of_body(&mut self, body: &Content) -> Result<(), String> {
        if body.media_type.starts_with("multipart/") {
            return self.of_upload(body);
        }
        if !is_json(&body.media_type) {
            let media = in_line(&body.media_type, 60);
            return if body.required { Err(format!("it is sent as {media}")) } else { Ok(()) };
        }
        let schema = schemas::merged(&body.schema);
        let Some(fields) = schemas::fields(&schema) else {
            self.put_whole(&schema, body.required);
            return Ok(());
        };
        let room = ARGUMENTS.saturating_sub(self.0.len());
        let clash = fields.iter().any(|(name, _, _)| {
            self.0.iter().any(|known| known.name == *name || known.wire.as_deref() == Some(*name))
        });
        if clash || fields.len() > room || fields.iter().any(|(name, _, _)| !naming::is_plain(name)) {
            self.put_whole(&schema, body.required);
            return Ok(());
        }
        for (name, field, required) in fields {
            self.put(name, Place::Body, required && body.required, schemas::pruned(field, ""));
        }
        Ok(())
    }

    /// A form with one file, and nothing else that has to be sent.
    fn of_upload(&mut self, body: &Content) -> Result<(), String> {
        let schema = schemas::merged(&body.schema);
        let fields = schemas::fields(&schema).unwrap_or_default();
        let (files, others): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(_, field, _)| schemas::is_binary(field));
        let [(name, _, _)] = files.as_slice() else {
            return Err("it is sent as a form without exactly one file".to_owned());
        };
        if others.iter().any(|(_, _, required)| *required) || !naming::is_plain(name) {
            return Err("it is sent as a form with further fields".to_owned());
        }
        let says = "path of a file in an allowed folder (up to 20 MB)";
        let schema = serde_json::json!({ "type": "string", "description": says });
        self.0.push(Argument {
            name: self.free(if *name == "file" { "upload" } else { name }),
            wire: Some((*name).to_owned()),
            place: Place::File,
            required: true,
            schema,
        });
        Ok(())
    }

    fn put_whole(&mut self, schema: &Value, required: bool) {
        let name = self.free("body");
        let schema = schemas::pruned(schema, "");
        self.0.push(Argument { name, wire: None, place: Place::Whole, required, schema });
    }

    fn put(&mut self, wire: &str, place: Place, required: bool, schema: Value) {
        let name = self.free(&naming::argument(wire));
        let wire = (name != wire).then(|| wire.to_owned());
        self.0.push(Argument { name, wire, place, required, schema });
    }

    /// A name that is neither one of ours nor given already.
    fn free(&self, name: &str) -> String {
        let name = if OURS.contains(&name) { format!("{name}_param") } else { name.to_owned() };
        let is_free = |name: &str| self.0.iter().all(|known| known.name != name);
        let further = (2..).map(|number| format!("{name}_{number}"));
        std::iter::once(name.clone()).chain(further).find(|name| is_free(name)).unwrap_or(name)
    }
}

/// Arguments of ours that every tool may take.
const OURS: &[&str] = &[
    "dry_run",
    "confirm_number",
    "allow_duplicate",
    "profile_id",
    "limit",
    "cursor",
    "fields",
    "detail",
    "file",
    "all",
];

/// Parameters by which our own lists are paged.
const PAGING: &[&str] = &["page", "limit", "offset", "cursor"];

/// A list of records that takes the parameters by which our lists ask for a page.
fn is_paged_list(operation: &Operation) -> bool {
    let has = |name: &str| {
        operation.parameters.iter().any(|parameter| parameter.place == In::Query && parameter.name == name)
    };
    let paged = has("limit") && (has("page") || has("cursor"));
    let answers = operation.answer.as_ref().filter(|answer| is_json(&answer.media_type));
    operation.verb == Verb::Get
        && !operation.path.ends_with('}')
        && paged
        && answers.is_some_and(|answer| schemas::holds_records(&answer.schema))
}

fn is_json(media_type: &str) -> bool {
    media_type.is_empty() || media_type == "*/*" || media_type.contains("json")
}

/// `type/subtype` and nothing else.
fn is_media_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-*".contains(&byte);
    let parts = text.split_once('/');
    text.len() <= 100
        && parts.is_some_and(|(one, other)| {
            [one, other].iter().all(|part| !part.is_empty() && part.bytes().all(plain))
        })
}

fn about(operation: &Operation) -> String {
    let summary = in_line(&operation.summary, ABOUT);
    let description = in_line(&operation.description, ABOUT);
    let mut text = MARK.to_owned();
    if operation.deprecated {
        text.push_str("Deprecated. ");
    }
    text.push_str(&summary);
    if !description.is_empty() && description != summary {
        if !summary.is_empty() {
            text.push_str(if summary.ends_with(['.', '!', '?']) { " " } else { ". " });
        }
        text.push_str(&description);
    }
    if summary.is_empty() && description.is_empty() {
        text.push_str(&called(operation));
    }
    cut(&text, ABOUT)
}

/// At most so many bytes, with a mark where something is missing.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most - '…'.len_utf8()).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// Method and path, as a person may see them.
fn called(operation: &Operation) -> String {
    format!("{} {}", operation.verb.name(), in_line(&operation.path, 200))
}

/// Fields of an object without those that are not there to be given.
type Fields<'a> = Vec<(&'a str, &'a Value, bool)>;

fn names_in(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn object(schema: &Value) -> Map<String, Value> {
    schema.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
