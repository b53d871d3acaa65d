//! `lumabill tools`: what would be served, by topic, and one tool's schema.

use serde_json::Value;

use super::connect::{Choice, Connected, Missing};
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
    let connected = Connected::new(&args.choice.naming(&name), Missing::Fails)?;
    let tools = connected.accounts.tools();
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return Err(connected.accounts.why_not(&name));
    };
    if args.json {
        terminal::line(&Value::Object(tool.json()).to_string());
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
    let connected = Connected::new(choice, Missing::Fails)?;
    let tools = connected.accounts.tools();
    if as_json {
        terminal::line(
            &Value::Array(tools.iter().map(|tool| Value::Object(tool.json())).collect()).to_string(),
        );
        return Ok(());
    }
    let width = tools.iter().map(|tool| tool.name.len()).max().unwrap_or_default();
    let set_of = |tool: &Tool| gateway::row(&tool.name).map(|row| row.toolset);
    for set in std::iter::once(None).chain(Toolset::ALL.iter().copied().map(Some)) {
        let lines: Vec<_> = tools
            .iter()
            .filter(|tool| set_of(tool) == set)
            .map(|tool| format!("  {:width$}  {}", tool.name, first_sentence(&tool.description)))
            .collect();
        if !lines.is_empty() {
            let topic = set.map_or("lean", Toolset::name);
            terminal::line(&format!("{topic}\n{}\n", lines.join("\n")));
        }
    }
    terminal::line("One tool's arguments: lumabill tools NAME. More tools: --toolsets all.");
    Ok(())
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}
