//! `--lean` for a remote server: the four tools of ours in place of its own. What they run is a call like any other.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::offers::{Offers, Seen};
use super::tools::Offered;
use crate::failure::Failure;
use crate::gateway::lean::search::{Text, ranked};
use crate::gateway::lean::{self, DESCRIBE, MOST, RUN_READ, RUN_WRITE, SEARCH};
use crate::gateway::{Call, Done, Tool, tools};

/// Their names: no tool of the server's is called so.
pub const NAMES: [&str; 4] = [SEARCH, DESCRIBE, RUN_READ, RUN_WRITE];
const FIND: &str =
    "Find tools. Gives names and whether run_read or run_write runs them. Without a query: all names.";

/// What is listed in place of all that is served.
pub fn list(account: &str, served: &[Arc<Offered>]) -> Vec<Tool> {
    let mut listed = lean::list(only_reads(served));
    for tool in &mut listed {
        let about = if tool.name == SEARCH { FIND } else { &tool.description };
        tool.description = format!("[{account}] {about}");
        // Names and descriptions are the server's.
        tool.open_world = None;
    }
    listed
}

fn only_reads(served: &[Arc<Offered>]) -> bool {
    served.iter().all(|offered| !offered.writes())
}

/// The tool that runs it.
fn runner(offered: &Offered) -> &'static str {
    if offered.writes() { RUN_WRITE } else { RUN_READ }
}

impl Offers {
    /// Answers what finds and describes, and turns what runs a tool into the call of that tool, to be carried out.
    pub fn unwrapped(&self, mut call: Call) -> Result<ControlFlow<Done, Call>, Failure> {
        let Some(row) = lean::row(&call.tool).filter(|_| self.setup.selection.lean) else {
            return Ok(ControlFlow::Continue(call));
        };
        let seen = self.seen();
        let facts = match row.tool {
            SEARCH => {
                let arguments = lean::checked(row, call.arguments)?;
                found(&seen, arguments.get("query").and_then(Value::as_str).unwrap_or_default())
            }
            DESCRIBE => {
                let arguments = lean::checked(row, call.arguments)?;
                let offered = self.find(lean::named(&arguments))?;
                let mut facts = Map::from_iter([("run".to_owned(), json!(runner(&offered)))]);
                facts.extend(offered.tool.json());
                facts
            }
            _ => {
                if row.tool == RUN_WRITE && only_reads(seen.served()) {
                    return Err(tools::read_only(RUN_WRITE));
                }
                let (tool, arguments) = lean::inner(row, call.arguments)?;
                let offered = self.find(&tool)?;
                if runner(&offered) != row.tool {
                    return Err(lean::wrong_runner(&tool, offered.writes(), row.tool));
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

/// The tools that fit best, or all names by topic where nothing was asked for or nothing fits.
fn found(seen: &Seen, query: &str) -> Map<String, Value> {
    let served = seen.served();
    let texts: Vec<Text> = served.iter().map(|offered| text(offered)).collect();
    let hits: Vec<_> = ranked(&texts, query).into_iter().filter_map(|at| served.get(at)).collect();
    let mut facts = Map::new();
    if hits.is_empty() {
        if !query.trim().is_empty() {
            facts.insert("note".into(), json!("nothing fits these words: these are all tools by topic"));
        }
        let mut topics: Map<String, Value> = Map::new();
        for offered in served {
            let topic = topics.entry(offered.toolset).or_insert_with(|| json!({}));
            if let Some(Value::String(names)) =
                topic.as_object_mut().map(|topic| topic.entry(runner(offered)).or_insert_with(|| json!("")))
            {
                if !names.is_empty() {
                    names.push_str(", ");
                }
                names.push_str(&offered.tool.name);
            }
        }
        facts.insert("topics".into(), Value::Object(topics));
        return facts;
    }
    let line = |offered: &&Arc<Offered>| json!({ "name": offered.tool.name, "description": offered.tool.description, "run": runner(offered) });
    facts.insert("tools".into(), hits.iter().take(MOST).map(line).collect());
    if hits.len() > MOST {
        let names: Vec<_> =
            hits.iter().skip(MOST).take(2 * MOST).map(|offered| offered.tool.name.as_str()).collect();
        facts.insert("also".into(), json!(names.join(", ")));
    }
    facts
}

fn text(offered: &Offered) -> Text {
    let properties = offered.tool.input_schema.get("properties").and_then(Value::as_object);
    let arguments = properties.into_iter().flat_map(Map::keys).map(String::as_str);
    Text::new(&offered.tool.name, &offered.tool.description, offered.toolset, arguments)
}
