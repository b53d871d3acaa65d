//! From the parsed file to its operations, and what of it is left out.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::inlining::{self, literal};
use super::{MOST_OPERATIONS, paths};
use crate::spec::operation::{Content, Operation, Verb};
use crate::text::{in_line, visible};

/// References that lead to references.
const HOPS: usize = 16;
/// Values in all schemas that are read, of which each operation has its share.
const MOST_IN_SCHEMAS: usize = 200_000;
/// Values in one schema, the least and the most.
const LEAST: usize = 60;
const MOST: usize = 3_000;

const NAME: usize = 200;
const SUMMARY: usize = 300;
const DESCRIPTION: usize = 4_000;
const TAGS: usize = 10;
/// Values in an extension, and extensions of one operation.
const EXTENSION: usize = 100;
const EXTENSIONS: usize = 20;
/// Fields of an operation, its answers, and the types of a body, that are looked at.
const FIELDS: usize = 200;
const TYPES: usize = 20;
/// Bytes of a reference.
const POINTER: usize = 1_000;
/// Things that are named where some are left out.
const NAMED: usize = 3;

const VERBS: [(&str, Verb); 5] = [
    ("get", Verb::Get),
    ("post", Verb::Post),
    ("put", Verb::Put),
    ("patch", Verb::Patch),
    ("delete", Verb::Delete),
];

pub struct Reader<'a> {
    root: &'a Value,
    /// Values that schemas may still have, and operations that are still to be read.
    pub values: usize,
    operations: usize,
    pub left_out: LeftOut,
}

/// What was met and not used. Names are neutralised, and each is told once.
#[derive(Default)]
pub struct LeftOut {
    outside: BTreeSet<String>,
    nowhere: BTreeSet<String>,
    paths: Vec<String>,
    pub headers: BTreeSet<String>,
    pub names: BTreeSet<String>,
    pub parameters: usize,
    operations: usize,
    pub shortened: usize,
    servers: BTreeSet<String>,
}

/// Names of one kind that are kept in mind.
const MIND: usize = 1_000;

impl LeftOut {
    pub fn note(kind: &mut BTreeSet<String>, name: &str) {
        if kind.len() < MIND {
            kind.insert(line(name, 80));
        }
    }

    fn said(&self) -> Vec<String> {
        let kinds = [
            (&self.outside, "reference leads", "references lead", "outside the file"),
            (&self.nowhere, "reference leads", "references lead", "to nothing in the file"),
            (&self.names, "name has", "names have", "hidden characters or no end"),
        ];
        let mut lines = Vec::new();
        for (names, one, several, what) in kinds {
            lines.extend(sentence(
                names.iter(),
                names.len(),
                (one, several),
                &format!("{what} and was left out"),
            ));
        }
        lines.extend(sentence(
            self.paths.iter(),
            self.paths.len(),
            ("path", "paths"),
            "cannot be put below the account's address and was left out",
        ));
        lines.extend(sentence(
            self.servers.iter(),
            self.servers.len(),
            ("server's path", "servers' paths"),
            "cannot be put before the paths and was left out",
        ));
        lines.extend(sentence(
            self.headers.iter(),
            self.headers.len(),
            ("header is required that is", "headers are required that are"),
            "not sent",
        ));
        let count = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
        lines.extend(count(
            self.operations,
            &format!("operations behind the first {MOST_OPERATIONS} were left out"),
        ));
        lines.extend(count(self.parameters, "parameters of operations with very many were left out"));
        lines.extend(count(self.shortened, "schemas are very large, and their inner levels were left out"));
        lines
    }
}

/// `2 paths … were left out: a, b`.
fn sentence<'n>(
    names: impl Iterator<Item = &'n String>,
    count: usize,
    (one, several): (&str, &str),
    what: &str,
) -> Option<String> {
    let shown: Vec<String> = names.take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = if count > NAMED { ", …" } else { "" };
    let number = if count >= MIND { format!("{count} or more") } else { count.to_string() };
    match count {
        0 => None,
        1 => Some(format!("1 {one} {what}: {}", shown.join(", "))),
        _ => Some(format!(
            "{number} {several} {}: {}{more}",
            what.replace("was left out", "were left out"),
            shown.join(", ")
        )),
    }
}

impl<'a> Reader<'a> {
    pub fn new(root: &'a Value) -> Self {
        Self { root, values: MOST_IN_SCHEMAS, operations: 0, left_out: LeftOut::default() }
    }

    /// Every operation, and what was left out.
    pub fn read(mut self) -> (Vec<Operation>, Vec<String>) {
        let root = self.root;
        let items = root.get("paths").and_then(Value::as_object);
        let mut found = Vec::new();
        for (path, item) in items.into_iter().flatten() {
            if path.starts_with("x-") {
                continue;
            }
            let Some(item) = self.resolved(item).and_then(Value::as_object) else { continue };
            for (name, verb) in VERBS {
                if let Some(operation) = item.get(name).and_then(Value::as_object) {
                    found.push((verb, path.as_str(), item, operation));
                }
            }
        }
        self.left_out.operations = found.len().saturating_sub(MOST_OPERATIONS);
        found.truncate(MOST_OPERATIONS);
        self.operations = found.len();
        let mut operations = Vec::new();
        for (verb, path, item, operation) in found {
            match self.path(path, item, operation) {
                Ok(path) => operations.push(self.operation(verb, path, item, operation)),
                Err(why) => {
                    let said = format!("{} {why}", line(path, 80));
                    if self.left_out.paths.len() < MIND && self.left_out.paths.last() != Some(&said) {
                        self.left_out.paths.push(said);
                    }
                }
            }
            self.operations = self.operations.saturating_sub(1);
        }
        (operations, self.left_out.said())
    }

    /// The path behind that of the servers that hold for the operation.
    fn path(
        &mut self,
        path: &str,
        item: &Map<String, Value>,
        operation: &Map<String, Value>,
    ) -> Result<String, &'static str> {
        if let Some(why) = paths::refused(path) {
            return Err(why);
        }
        let root = self.root.as_object();
        let servers = [Some(operation), Some(item), root].into_iter().flatten();
        let mut servers = servers.filter_map(|holder| holder.get("servers")?.as_array()?.first());
        let Some(address) = servers.next().and_then(paths::address) else { return Ok(path.to_owned()) };
        match paths::base(&address) {
            Ok(base) => {
                let whole = format!("{base}{path}");
                paths::refused(&whole).map_or(Ok(whole), Err)
            }
            Err(why) => {
                LeftOut::note(&mut self.left_out.servers, &format!("{} {why}", in_line(&address, 60)));
                Ok(path.to_owned())
            }
        }
    }

    fn operation(
        &mut self,
        verb: Verb,
        path: String,
        item: &'a Map<String, Value>,
        operation: &'a Map<String, Value>,
    ) -> Operation {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let tags = operation.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let tags = tags.iter().filter_map(Value::as_str).take(TAGS).map(|tag| line(tag, NAME)).collect();
        let parameters = self.parameters(&path, item, operation);
        let body = operation.get("requestBody").and_then(|body| self.resolved(body));
        let required = body.and_then(|body| body.get("required")) == Some(&Value::Bool(true));
        Operation {
            verb,
            id: operation.get("operationId").and_then(Value::as_str).map(|id| line(id, NAME)),
            tags,
            summary: line(text("summary"), SUMMARY),
            description: cut(text("description"), DESCRIPTION),
            deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
            parameters,
            body: body.and_then(|body| self.content(body, required)),
            answer: self.answer(operation),
            extensions: self.extensions(operation),
            path,
        }
    }

    fn extensions(&mut self, operation: &Map<String, Value>) -> Map<String, Value> {
        let mut extensions = Map::new();
        let named =
            operation.iter().take(FIELDS).filter(|(name, _)| name.starts_with("x-") && name.len() <= NAME);
        for (name, value) in named.take(EXTENSIONS) {
            let most = EXTENSION.min(self.values);
            let mut left = most;
            if let Some(value) = literal(value, &mut left, 4) {
                extensions.insert(name.clone(), value);
            }
            self.values -= most - left;
        }
        extensions
    }

    /// The first 2xx answer that has a body, where there is no 2xx the one that is meant for all.
    fn answer(&mut self, operation: &'a Map<String, Value>) -> Option<Content> {
        let answers = operation.get("responses")?.as_object()?;
        let mut good: Vec<&'a Value> = Vec::new();
        for (status, answer) in answers.iter().take(FIELDS) {
            if status.starts_with('2') {
                good.push(answer);
            }
        }
        if good.is_empty() {
            good.extend(answers.get("default"));
        }
        good.into_iter().find_map(|answer| {
            let answer = self.resolved(answer)?;
            self.content(answer, false)
        })
    }

    /// The body of a request or an answer, of its types the one that is read best.
    pub fn content(&mut self, holder: &'a Value, required: bool) -> Option<Content> {
        let content = holder.get("content")?.as_object()?;
        let plain = |media: &str| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let rank = |media: &str| match plain(media).as_str() {
            "application/json" => 0,
            media if media.ends_with("+json") || media.contains("json") => 1,
            media if media.starts_with("multipart/") => 2,
            "application/x-www-form-urlencoded" => 3,
            _ => 4,
        };
        let types = content.iter().filter(|(media, _)| media.len() <= NAME).take(TYPES);
        let (media, inner) = types.min_by_key(|(media, _)| rank(media))?;
        let schema =
            inner.get("schema").map_or_else(|| Value::Object(Map::new()), |schema| self.schema(schema));
        Some(Content { media_type: in_line(&plain(media), NAME), required, schema })
    }

    /// A schema without references. Its inner levels are left out where the whole would be too large.
    pub fn schema(&mut self, schema: &'a Value) -> Value {
        // Only with very many parameters: what is left is too little for anything.
        if self.values < LEAST {
            self.left_out.shortened += 1;
            return Value::Object(Map::new());
        }
        // A body, an answer and some parameters.
        let share = self.values / (2 * self.operations.max(1));
        let most = share.clamp(LEAST, MOST);
        let (value, used, whole) = inlining::inlined(self, schema, most);
        self.values = self.values.saturating_sub(used);
        self.left_out.shortened += usize::from(!whole);
        value
    }

    /// What a value or the references that it leads to come to.
    pub fn resolved(&mut self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..HOPS {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Some(value) };
            value = self.target(reference)?;
        }
        None
    }

    /// What a reference leads to, where that is in the file.
    pub fn target(&mut self, reference: &str) -> Option<&'a Value> {
        let Some(pointer) = reference.strip_prefix('#') else {
            LeftOut::note(&mut self.left_out.outside, reference);
            return None;
        };
        let found = Some(pointer).filter(|pointer| pointer.len() <= POINTER).and_then(decoded);
        let found = found.filter(|pointer| !pointer.is_empty());
        let found = found.and_then(|pointer| self.root.pointer(&pointer));
        if found.is_none() {
            LeftOut::note(&mut self.left_out.nowhere, reference);
        }
        found
    }
}

/// The beginning of a text on one line. Its end is not even looked at: many references may lead to one very long text.
pub fn line(text: &str, most: usize) -> String {
    let end = text.char_indices().nth(4 * most).map_or(text.len(), |(end, _)| end);
    in_line(text.get(..end).unwrap_or_default(), most)
}

/// A text with what nobody sees written out, and no longer than asked for.
pub fn cut(text: &str, most: usize) -> String {
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    visible(text.get(..end).unwrap_or_default()).trim().to_owned()
}

/// Without percent-encoding, which a reference may have since it is a part of an address.
fn decoded(pointer: &str) -> Option<String> {
    if !pointer.contains('%') {
        return Some(pointer.to_owned());
    }
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%');
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
        bytes.push(byte.unwrap_or(*first));
    }
    String::from_utf8(bytes).ok()
}
