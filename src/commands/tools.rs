//! `lumabill tools`: what would be served, by topic, and one tool's schema.

use serde_json::{Value, json};

use super::connect::{Choice, Connected};
use crate::catalogue::Toolset;
use crate::failure::Failure;
use crate::gateway::{self, Tool};
use crate::terminal;

/// Show the tools that would be served, or one tool's schema
#[derive(clap::Args)]
pub struct Args {
    /// A tool, for example `create_invoice`
    tool: Option<String>,
    /// Print as JSON, as `tools/list` has it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let Some(name) = args.tool else { return list(&args.choice, args.json) };
    // As `call`: naming a tool is choosing it.
    let mut choice = args.choice;
    choice.tools.push(name.clone());
    let connected = Connected::new(&choice)?;
    let tools = connected.gateway.tools();
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return Err(connected.gateway.why_not(&name));
    };
    if args.json {
        terminal::line(&described(tool).to_string());
        return Ok(());
    }
    terminal::line(&format!("{}\n  {}\n", tool.name, tool.description));
    if let Some(row) = gateway::row(&tool.name) {
        let method = format!("{:?}", row.method).to_uppercase();
        terminal::line(&match row.path {
            "" => format!("({})\n", row.evidence.words()),
            path => format!("{method} {path} ({})\n", row.evidence.words()),
        });
    }
    terminal::line(&format!("{:#}", Value::Object((*tool.input_schema).clone())));
    Ok(())
}

/// Names and first sentences, grouped by toolset.
pub fn list(choice: &Choice, as_json: bool) -> Result<(), Failure> {
    let connected = Connected::new(choice)?;
    let tools = connected.gateway.tools();
    if as_json {
        terminal::line(&Value::Array(tools.iter().map(described).collect()).to_string());
        return Ok(());
    }
    let width = tools.iter().map(|tool| tool.name.len()).max().unwrap_or_default();
    for set in Toolset::ALL {
        let of_set = |tool: &&Tool| gateway::row(&tool.name).is_some_and(|row| row.toolset == *set);
        let lines: Vec<_> = tools
            .iter()
            .filter(of_set)
            .map(|tool| format!("  {:width$}  {}", tool.name, first_sentence(&tool.description)))
            .collect();
        if !lines.is_empty() {
            terminal::line(&format!("{}\n{}\n", set.name(), lines.join("\n")));
        }
    }
    terminal::line("One tool's arguments: lumabill tools NAME. More tools: --toolsets all.");
    Ok(())
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

fn described(tool: &Tool) -> Value {
    let mut hints = json!({ "readOnlyHint": tool.read_only });
    let others = [
        ("destructiveHint", tool.destructive),
        ("idempotentHint", tool.idempotent),
        ("openWorldHint", tool.open_world),
    ];
    for (name, hint) in others {
        if let (Some(hint), Some(hints)) = (hint, hints.as_object_mut()) {
            hints.insert(name.to_owned(), json!(hint));
        }
    }
    let mut described = json!({
        "name": tool.name, "description": tool.description, "inputSchema": *tool.input_schema, "annotations": hints
    });
    if let (Some(schema), Some(fields)) = (&tool.output_schema, described.as_object_mut()) {
        fields.insert("outputSchema".to_owned(), Value::Object((**schema).clone()));
    }
    described
}
