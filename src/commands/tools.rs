//! `lumabill tools`: what would be served, by topic, and one tool's schema.

mod accepting;

use std::sync::Arc;

use serde_json::Value;

use super::connect::{Choice, Connected, Missing, block_on};
use super::offered::{EXTRA, Offered, standing};
use crate::catalogue::Toolset;
use crate::failure::Failure;
use crate::gateway::{self, Tool};
use crate::settings::{Account, Settings, me};
use crate::terminal;

/// Show the tools that would be served, or one tool's schema
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  lumabill tools --toolsets all
  lumabill tools create_invoice
  lumabill tools --account billbot                    what each tool of a remote server does
  lumabill tools --account billbot --accept           look at what is new or changed there, and accept it")]
pub struct Args {
    /// A tool, for example `create_invoice`
    tool: Option<String>,
    /// Accept tools of a remote server as they are defined now, after showing what changed; without a name, you are asked
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with_all = ["tool", "json", "sandbox"])]
    accept: Option<Vec<String>>,
    /// With `--accept`: all of them, without being asked
    #[arg(long, requires = "accept")]
    all: bool,
    /// Print as JSON, as `tools/list` has it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(names) = &args.accept {
        return accepting::run(&args.choice, names, args.all);
    }
    let Some(name) = args.tool else { return list(&args.choice, args.json) };
    // As `call`: naming a tool is choosing it.
    let choice = args.choice.naming(&name);
    let connected = Connected::new(&choice, Missing::Fails)?;
    let tools = tools_of(&connected)?;
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return Err(connected.accounts.why_not(&name));
    };
    if args.json {
        terminal::line(&Value::Object(tool.json()).to_string());
        return Ok(());
    }
    terminal::line(&format!("{}\n  {}\n", tool.name, tool.description));
    match whose(&tool.name, &choice) {
        Some((account, name)) => {
            let offered = Offered::of(tool, account.service, name);
            terminal::line(&match offered.asks() {
                Some(asks) => format!("({}: {asks})\n", offered.does()),
                None => format!("({})\n", offered.does()),
            });
        }
        None => {
            if let Some(row) = gateway::row(&tool.name) {
                let method = format!("{:?}", row.method).to_uppercase();
                terminal::line(&match row.path {
                    "" => format!("({})\n", row.evidence.words()),
                    path => format!("{method} {path} ({})\n", row.evidence.words()),
                });
            }
        }
    }
    terminal::line(&format!("{:#}", Value::Object((*tool.input_schema).clone())));
    Ok(())
}

/// A list that is old is asked for again behind it, for which there has to be a runtime.
fn tools_of(connected: &Connected) -> Result<Arc<Vec<Tool>>, Failure> {
    block_on(async { connected.accounts.tools() })
}

/// Names and first sentences, grouped by toolset.
pub fn list(choice: &Choice, as_json: bool) -> Result<(), Failure> {
    let connected = Connected::new(choice, Missing::Fails)?;
    let tools = tools_of(&connected)?;
    if as_json {
        terminal::line(
            &Value::Array(tools.iter().map(|tool| Value::Object(tool.json())).collect()).to_string(),
        );
        return Ok(());
    }
    let settings = Settings::load()?;
    let accounts = choice.accounts(&settings);
    let several = accounts.len() > 1;
    for account in &accounts {
        let own: Vec<(&Tool, &str)> = tools
            .iter()
            .filter_map(|tool| {
                Some((tool, if several { of_account(&tool.name, &account.name)? } else { &tool.name }))
            })
            .collect();
        if several {
            terminal::line(&format!("account `{}`\n", account.name));
        }
        if account.service.is_remote() {
            remote(account, &own, &settings);
        } else {
            by_topic(&own);
        }
    }
    if accounts.is_empty() {
        by_topic(&tools.iter().map(|tool| (tool, tool.name.as_str())).collect::<Vec<_>>());
    }
    terminal::line("One tool's arguments: lumabill tools NAME. More tools: --toolsets all.");
    Ok(())
}

/// The name without its account's.
fn of_account<'a>(tool: &'a str, account: &str) -> Option<&'a str> {
    tool.strip_prefix(account)?.strip_prefix("__")
}

/// The account of a remote server that has this tool, and the tool's name there.
fn whose<'a>(tool: &'a str, choice: &Choice) -> Option<(Account, &'a str)> {
    let accounts = choice.accounts(&Settings::load().ok()?);
    let several = accounts.len() > 1;
    let own = |account: Account| {
        let name = if several { of_account(tool, &account.name)? } else { tool };
        account.service.is_remote().then_some((account, name))
    };
    accounts.into_iter().find_map(own)
}

fn by_topic(tools: &[(&Tool, &str)]) {
    let width = tools.iter().map(|(tool, _)| tool.name.len()).max().unwrap_or_default();
    for set in std::iter::once(None).chain(Toolset::ALL.iter().copied().map(Some)) {
        let lines: Vec<_> = tools
            .iter()
            .filter(|(_, name)| gateway::row(name).map(|row| row.toolset) == set)
            .map(|(tool, _)| format!("  {:width$}  {}", tool.name, first_sentence(&tool.description)))
            .collect();
        if !lines.is_empty() {
            let topic = set.map_or("lean", Toolset::name);
            terminal::line(&format!("{topic}\n{}\n", lines.join("\n")));
        }
    }
}

/// The tools of a remote server with what each does, and what is new there.
fn remote(account: &Account, tools: &[(&Tool, &str)], settings: &Settings) {
    let news = standing(account, settings);
    let offered: Vec<_> =
        tools.iter().map(|(tool, name)| (Offered::of(tool, account.service, name), *name)).collect();
    let width = tools.iter().map(|(tool, _)| tool.name.len()).max().unwrap_or_default();
    let does = offered.iter().map(|(tool, _)| tool.does().len()).max().unwrap_or_default();
    let sets = Toolset::ALL.iter().map(|set| set.name()).chain([EXTRA]);
    for set in sets {
        let lines: Vec<_> = offered
            .iter()
            .filter(|(tool, _)| tool.toolset() == set)
            .map(|(tool, name)| {
                let mark = if news.iter().any(|news| news == name) { "! " } else { "  " };
                let about = without_account(&tool.tool.description);
                format!("{mark}{:width$}  {:does$}  {}", tool.tool.name, tool.does(), first_sentence(about))
            })
            .collect();
        if !lines.is_empty() {
            terminal::line(&format!("{set}\n{}\n", lines.join("\n")));
        }
    }
    if !news.is_empty() {
        terminal::line(&format!(
            "! new, or defined otherwise than when you accepted it: each call is asked about. To look at what changed, \
             and accept it:\n  {} tools --account {} --accept\n",
            me(),
            account.name
        ));
    }
}

/// A description begins with the account's name for the model.
fn without_account(text: &str) -> &str {
    text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(text, |(_, rest)| rest)
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}
