//! `--lean`: four tools in place of all, for clients with little room. One finds tools, one describes a tool and two
//! run it: one what only reads, one what writes, so that a client that always allows reading allows no writing.
//! What they run is a call like any other: here it is only unwrapped, and every later station sees the inner one.

pub(super) mod search;

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::connection::Connection;
use super::tools::{Served, describe};
use super::{Call, Done, Gateway, Tool, unoffered};
use crate::catalogue::check::{self, ArgumentError, Issue};
use crate::catalogue::params::{object, text};
use crate::catalogue::{Endpoint, Param, Toolset, schema};
use crate::failure::{Exit, Failure};

pub(super) const SEARCH: &str = "search_tools";
pub(super) const DESCRIBE: &str = "describe_tool";
pub(super) const RUN_READ: &str = "run_read";
pub(super) const RUN_WRITE: &str = "run_write";
const ARGUMENTS: &str = "arguments";
/// Tools that a search names at the most.
pub(super) const MOST: usize = 8;

const TOOL: Param = text("tool").gateway().required();
const RUN: &[Param] = &[TOOL, object(ARGUMENTS, &[]).gateway()];

/// Their names, what they say, and what they take.
const TOOLS: &[Endpoint] = &[
    Endpoint {
        tool: SEARCH,
        about: "Find billing tools: invoices, offers, clients, vendors, expenses, bookkeeping, banking, reports, VAT. Gives names and whether run_read or run_write runs them. Without a query: all names.",
        params: &[text("query").gateway().about("words, or a topic")],
        ..Endpoint::COMPOSED
    },
    Endpoint {
        tool: DESCRIBE,
        about: "One tool's description and arguments. Call it before a tool is run for the first time.",
        params: &[TOOL],
        ..Endpoint::COMPOSED
    },
    Endpoint { tool: RUN_READ, about: "Run a tool that only reads.", params: RUN, ..Endpoint::COMPOSED },
    Endpoint {
        tool: RUN_WRITE,
        about: "Run a tool that changes data. dry_run: true in its arguments shows what would be sent.",
        params: RUN,
        ..Endpoint::COMPOSED
    },
];

/// One of the four.
pub fn is_lean(tool: &str) -> bool {
    row(tool).is_some()
}

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|row| row.tool)
}

pub(super) fn row(tool: &str) -> Option<&'static Endpoint> {
    TOOLS.iter().find(|row| row.tool == tool)
}

/// The tool that runs it.
fn runner(endpoint: &Endpoint) -> &'static str {
    if endpoint.writes() { RUN_WRITE } else { RUN_READ }
}

/// What is listed in place of all that is served.
pub(super) fn list(only_reads: bool) -> Vec<Tool> {
    let listed = TOOLS.iter().filter(|row| !only_reads || row.tool != RUN_WRITE);
    listed
        .map(|row| Tool {
            name: row.tool.to_owned(),
            description: row.about.to_owned(),
            input_schema: Arc::new(schema::input(row, schema::Options::default())),
            output_schema: None,
            more: None,
            read_only: row.tool != RUN_WRITE,
            destructive: None,
            idempotent: None,
            // What is run may show what others wrote; names and descriptions are ours.
            open_world: matches!(row.tool, SEARCH | DESCRIBE).then_some(false),
        })
        .collect()
}

impl Gateway {
    /// Answers what finds and describes, and turns what runs a tool into the call of that tool, to be carried out. A
    /// served tool that is called by its own name is left as it is: the search finds it, so it may be called.
    pub(super) fn unwrapped(
        &self,
        connection: &Connection,
        mut call: Call,
    ) -> Result<ControlFlow<Done, Call>, Failure> {
        let served = &connection.served;
        let Some(row) = row(&call.tool).filter(|_| served.lean()) else {
            return Ok(ControlFlow::Continue(call));
        };
        let facts = match row.tool {
            SEARCH => found(served, &checked(row, call.arguments)?),
            DESCRIBE => {
                let arguments = checked(row, call.arguments)?;
                let endpoint = served.find(named(&arguments))?;
                let tool = describe(endpoint, self.schemas(connection));
                let mut facts = Map::from_iter([("run".to_owned(), json!(runner(endpoint)))]);
                facts.extend(tool.json());
                facts
            }
            _ => {
                if row.tool == RUN_WRITE && served.only_reads() {
                    return Err(super::tools::read_only(RUN_WRITE));
                }
                let (tool, arguments) = inner(row, call.arguments)?;
                let endpoint = served.find(&tool)?;
                if runner(endpoint) != row.tool {
                    return Err(wrong_runner(endpoint.tool, endpoint.writes(), row.tool));
                }
                call.tool = tool;
                call.arguments = arguments;
                return Ok(ControlFlow::Continue(call));
            }
        };
        let text = Value::Object(facts.clone()).to_string();
        Ok(ControlFlow::Break(Done { structured: facts, text, receipt: None }))
    }
}

pub(super) fn checked(
    row: &'static Endpoint,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    Ok(check::check(row, arguments)?)
}

pub(super) fn named(arguments: &Map<String, Value>) -> &str {
    arguments.get("tool").and_then(Value::as_str).unwrap_or_default().trim()
}

/// The tool to run and its arguments: an object, its JSON text, or what stands beside `tool`.
pub(super) fn inner(
    row: &'static Endpoint,
    mut given: Map<String, Value>,
) -> Result<(String, Map<String, Value>), Failure> {
    let refused = |issue| Failure::from(ArgumentError { tool: row.tool, issues: vec![issue] });
    let tool: Map<String, Value> = given.shift_remove_entry("tool").into_iter().collect();
    let tool = named(&checked(row, tool)?).to_owned();
    let mut arguments = match given.shift_remove(ARGUMENTS) {
        None | Some(Value::Null) => Map::new(),
        Some(value) => match check::unquoted(value) {
            Value::Object(arguments) => arguments,
            Value::String(text) if text.trim().is_empty() => Map::new(),
            _ => {
                let wanted = format!("an object with the arguments of `{tool}`");
                return Err(refused(Issue::Wrong { path: ARGUMENTS.to_owned(), wanted }));
            }
        },
    };
    for (name, value) in given {
        if arguments.get(&name).is_some_and(|other| *other != value) {
            return Err(refused(Issue::Twice { path: name }));
        }
        arguments.insert(name, value);
    }
    Ok((tool, arguments))
}

pub(super) fn wrong_runner(tool: &str, writes: bool, asked: &str) -> Failure {
    let (does, other) = if writes { ("changes data", RUN_WRITE) } else { ("only reads", RUN_READ) };
    let message = format!("`{tool}` {does}, so `{asked}` does not run it; nothing was sent");
    Failure::new("wrong_runner", Exit::Refused, message)
        .hint(format!("call `{other}` with the same `tool` and `arguments`"))
        .fact("run", other)
}

/// The tools that fit best, or all names by topic where nothing was asked for, or a topic was.
fn found(served: &Served, arguments: &Map<String, Value>) -> Map<String, Value> {
    let query = arguments.get("query").and_then(Value::as_str).unwrap_or_default().trim();
    let topic = |set: &&Toolset| set.name().eq_ignore_ascii_case(query);
    let mut facts = Map::new();
    if let Some(topic) = Toolset::ALL.iter().find(topic) {
        facts.insert("tools".into(), by_runner(served, *topic));
        return facts;
    }
    let hits = search::best(served.endpoints(), query);
    let tools: Vec<&str> = served.endpoints().iter().map(|endpoint| endpoint.tool).collect();
    if let Some(instead) = unoffered::asked_for(query, &tools) {
        facts.insert("not_offered".into(), json!(instead));
    }
    if hits.is_empty() {
        if !query.is_empty() {
            facts.insert("note".into(), json!("nothing fits these words: these are all tools by topic"));
        }
        let topics = Toolset::ALL.iter().map(|set| (set.name().to_owned(), by_runner(served, *set)));
        let topics = topics.filter(|(_, tools)| tools.as_object().is_some_and(|tools| !tools.is_empty()));
        facts.insert("topics".into(), Value::Object(topics.collect()));
        return facts;
    }
    let line = |endpoint: &&Endpoint| json!({ "name": endpoint.tool, "description": endpoint.about, "run": runner(endpoint) });
    facts.insert("tools".into(), hits.iter().take(MOST).map(line).collect());
    if hits.len() > MOST {
        let names: Vec<_> = hits.iter().skip(MOST).take(2 * MOST).map(|endpoint| endpoint.tool).collect();
        facts.insert("also".into(), json!(names.join(", ")));
    }
    facts
}

/// The names of a topic's tools, by what runs them.
fn by_runner(served: &Served, topic: Toolset) -> Value {
    let names = |run: &str| {
        let of_topic = |endpoint: &&&Endpoint| endpoint.toolset == topic && runner(endpoint) == run;
        let names: Vec<_> =
            served.endpoints().iter().filter(of_topic).map(|endpoint| endpoint.tool).collect();
        (!names.is_empty()).then(|| (run.to_owned(), json!(names.join(", "))))
    };
    Value::Object([RUN_READ, RUN_WRITE].into_iter().filter_map(names).collect())
}

#[cfg(test)]
mod tests;
