//! The tools of a remote server as they are offered here: safe names, our arguments in the schemas, and what each one
//! does as far as that is known.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::policy::Level;
use super::super::tools::Selection;
use super::super::{Tool, redaction};
use super::definitions::Definitions;
use super::effects::{self, Evidence, Judged};
use super::schemas::{self, Ours};
use super::work::may_be_meant_twice;
use super::{files, lean, naming, waiting};
use crate::catalogue::Effect;
use crate::text::in_line;

/// Characters of a description, the account's mark included.
const ABOUT: usize = 1_000;
/// Characters of a title.
const TITLE: usize = 100;

/// Listed in place of tools while nothing is known of them; its call says why.
pub const WHY_NOT: &str = "why_not_available";

/// One tool as it is offered and called.
#[derive(Clone, Debug)]
pub struct Offered {
    /// As it is listed, and as the server knows it in `remote_name`.
    pub tool: Tool,
    pub remote_name: String,
    pub effect: Effect,
    /// The word for `--toolsets`.
    pub toolset: &'static str,
    /// A person is asked first, with this sentence of ours on what happens; at every level but `never`.
    pub asks: Option<String>,
    /// The server's own definition, as it came but for what was cut.
    pub definition: Arc<Map<String, Value>>,
    /// A tool of ours, made of several of the server's.
    pub whole: bool,
    /// Arguments that are called otherwise at the server: (here, there).
    pub(super) renamed: Vec<(String, String)>,
}

impl Offered {
    /// Everything but a read.
    pub fn writes(&self) -> bool {
        self.effect != Effect::Reads
    }

    /// A request beside tools, on the way of a tool that reads.
    pub(super) fn beside(method: &str) -> Self {
        let tool = Tool { name: method.to_owned(), description: String::new(), ..why_not_tool("") };
        Self {
            tool,
            remote_name: method.to_owned(),
            effect: Effect::Reads,
            toolset: effects::EXTRA,
            asks: None,
            definition: Arc::default(),
            whole: false,
            renamed: Vec::new(),
        }
    }

    /// Arguments under the names that the server knows them by.
    pub fn for_remote(&self, mut arguments: Map<String, Value>) -> Map<String, Value> {
        for (here, there) in &self.renamed {
            if let Some(value) = arguments.shift_remove(here) {
                arguments.insert(there.clone(), value);
            }
        }
        arguments
    }
}

/// What decides how tools are offered, beside their definitions.
pub struct Terms<'a> {
    pub account: &'a str,
    pub service: &'a str,
    pub host: &'a str,
    /// Tools that the user says only read.
    pub reads: &'a [String],
    pub level: Level,
    pub lean: bool,
}

/// All tools of a server, in its order.
pub fn offered(definitions: &Definitions, terms: &Terms<'_>) -> Vec<Offered> {
    let rows: Vec<(&str, &Map<String, Value>)> = definitions
        .tools
        .iter()
        .filter_map(|tool| Some((tool.get("name")?.as_str()?, tool.as_object()?)))
        .collect();
    let mut reserved = vec![WHY_NOT];
    if terms.lean {
        reserved.extend(lean::NAMES);
    }
    if terms.service == waiting::SERVICE {
        reserved.push(waiting::WHOLE);
    }
    let names = naming::safe_names(rows.iter().map(|(name, _)| *name), &reserved);
    let rows = rows.into_iter().zip(names).filter_map(|((remote, row), name)| Some((remote, row, name?)));
    let mut all: Vec<Offered> = rows
        .map(|(remote_name, row, name)| {
            let evidence = Evidence {
                service: terms.service,
                host: terms.host,
                said_to_read: terms.reads.iter().any(|read| *read == name || read == remote_name),
                accepted: definitions.is_accepted(remote_name),
            };
            one(remote_name, row, name, effects::judge(row, &evidence), terms)
        })
        .collect();
    all.extend(waiting::whole(terms.service, terms.account, &all));
    all
}

fn one(
    remote_name: &str,
    row: &Map<String, Value>,
    name: String,
    judged: Judged,
    terms: &Terms<'_>,
) -> Offered {
    let Judged { effect, toolset, asks } = judged;
    let writes = effect != Effect::Reads;
    let ours = Ours {
        confirm_number: writes
            && match terms.level {
                Level::Never => false,
                Level::Destructive => asks.is_some(),
                Level::Writes => true,
            },
        allow_duplicate: may_be_meant_twice(effect),
        dry_run: writes,
    };
    let (mut input, renamed) = schemas::input(row.get("inputSchema"), ours);
    files::describe(terms.service, remote_name, &mut input);
    let destroys =
        row.get("annotations").and_then(|hints| hints.get("destructiveHint")) == Some(&json!(true));
    let tool = Tool {
        name,
        description: about(terms.account, row),
        input_schema: Arc::new(input),
        // Answers of ours to a write, such as a preview, would not fit the server's.
        output_schema: row.get("outputSchema").filter(|_| !writes).and_then(schemas::output).map(Arc::new),
        more: more(terms.account, row),
        read_only: !writes,
        destructive: (effect == Effect::Creates && !destroys).then_some(false),
        idempotent: matches!(effect, Effect::Updates | Effect::Deletes).then_some(true),
        open_world: None,
    };
    let definition = Arc::new(row.clone());
    let remote_name = remote_name.to_owned();
    Offered { tool, remote_name, effect, toolset, asks, definition, whole: false, renamed }
}

/// The server's words under the account's mark.
fn about(account: &str, row: &Map<String, Value>) -> String {
    marked(account, row.get("description").or_else(|| row.get("title")), ABOUT)
}

/// A text of the server's that a person or model is shown: visible, on one line, with the account in front.
pub(super) fn marked(account: &str, text: Option<&Value>, most: usize) -> String {
    let text = in_line(text.and_then(Value::as_str).unwrap_or_default(), most);
    if text.is_empty() { format!("[{account}]") } else { format!("[{account}] {text}") }
}

/// What else the server says of its tool.
fn more(account: &str, row: &Map<String, Value>) -> Option<Arc<Map<String, Value>>> {
    let mut more = further(row);
    if row.get("title").and_then(Value::as_str).is_some() {
        more.insert("title".into(), json!(marked(account, row.get("title"), TITLE)));
    }
    let hints = row.get("annotations").and_then(|hints| hints.get("title")).filter(|title| title.is_string());
    if hints.is_some() {
        more.insert("annotations".into(), json!({ "title": marked(account, hints, TITLE) }));
    }
    if let Some(execution) = row.get("execution").filter(|execution| execution.is_object()) {
        more.insert("execution".into(), visible(execution));
    }
    (!more.is_empty()).then(|| Arc::new(more))
}

/// Icons and `_meta` of a row of any list.
pub(super) fn further(row: &Map<String, Value>) -> Map<String, Value> {
    let mut further = Map::new();
    let icons: Vec<Value> = row
        .get("icons")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|icon| is_icon(icon))
        .cloned()
        .collect();
    if !icons.is_empty() {
        further.insert("icons".into(), visible(&Value::Array(icons)));
    }
    if let Some(meta) = row.get("_meta").filter(|meta| meta.is_object()) {
        further.insert("_meta".into(), visible(meta));
    }
    further
}

/// Neither fetched in the clear nor from this machine's files.
fn is_icon(icon: &Value) -> bool {
    let source = icon.get("src").and_then(Value::as_str).unwrap_or_default();
    source.starts_with("https://") || source.starts_with("data:image/")
}

fn visible(value: &Value) -> Value {
    let mut value = value.clone();
    redaction::apply(&mut value);
    value
}

impl Selection {
    /// Whether a remote tool is served: all are by default.
    pub(super) fn has_remote(&self, offered: &Offered) -> bool {
        let by_default = self.toolsets.is_empty() && self.tools.is_empty();
        by_default
            || self.tools.iter().any(|name| *name == offered.tool.name || *name == offered.remote_name)
            || self
                .toolsets
                .iter()
                .any(|name| matches!(name.as_str(), "all" | "default") || name == offered.toolset)
    }
}

/// The tool that is listed while nothing is known of the others.
pub fn why_not_tool(account: &str) -> Tool {
    let empty = json!({ "type": "object", "properties": {} });
    Tool {
        name: WHY_NOT.to_owned(),
        description: format!(
            "[{account}] Says why the tools of this account are not available, and what mends it."
        ),
        input_schema: Arc::new(empty.as_object().cloned().unwrap_or_default()),
        output_schema: None,
        more: None,
        read_only: true,
        destructive: None,
        idempotent: None,
        open_world: None,
    }
}
