//! `lumabill tools`: what would be served, by topic, and one tool's schema.

mod accepting;

use std::sync::Arc;

use serde_json::Value;

use super::connect::{Choice, Connected, Missing, block_on};
use super::offered::does;
use crate::catalogue::Toolset;
use crate::failure::{Failure, here};
use crate::gateway::bridged::definitions::Definitions;
use crate::gateway::bridged::{Bridged, Offered, WHY_NOT};
use crate::gateway::{self, Tool};
use crate::settings::{Settings, me};
use crate::terminal;

/// Show the tools that would be served, or one tool's schema
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  lumabill tools --toolsets all
  lumabill tools create_invoice
  lumabill tools --account billbot            what each tool of a remote server does
  lumabill tools --account billbot --accept   look at what is new or changed there")]
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
    match offered(&tool.name, &connected, choice.account.len() > 1) {
        Some(offered) => terminal::line(&match &offered.asks {
            Some(asks) => format!("({}: {asks})\n", does(&offered)),
            None => format!("({})\n", does(&offered)),
        }),
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
    let several = choice.account.len() > 1;
    let names = if several { choice.account.clone() } else { vec![String::new()] };
    for account in names {
        if several {
            terminal::line(&format!("account `{account}`\n"));
        }
        match connected.remotes.iter().find(|(name, _)| *name == account || !several) {
            Some((name, bridged)) => remote(name, bridged, several),
            None => by_topic(&own(&tools, several.then_some(&account))),
        }
    }
    terminal::line(&here("One tool's arguments: `lumabill tools NAME`. More tools: `--toolsets all`."));
    Ok(())
}

/// The tools of one account among several, or all, with their names there.
fn own(tools: &[Tool], account: Option<&String>) -> Vec<(Tool, String)> {
    let own = |tool: &Tool| {
        let name = match account {
            Some(account) => of_account(&tool.name, account)?,
            None => &tool.name,
        };
        Some((tool.clone(), name.to_owned()))
    };
    tools.iter().filter_map(own).collect()
}

/// The name without its account's.
fn of_account<'a>(tool: &'a str, account: &str) -> Option<&'a str> {
    tool.strip_prefix(account)?.strip_prefix("__")
}

/// What is known of a tool, where it is a remote server's.
fn offered(tool: &str, connected: &Connected, several: bool) -> Option<Arc<Offered>> {
    connected.remotes.iter().find_map(|(account, bridged)| {
        let name = if several { of_account(tool, account)? } else { tool };
        bridged.offered().into_iter().find(|offered| offered.tool.name == name)
    })
}

fn by_topic(tools: &[(Tool, String)]) {
    let width = tools.iter().map(|(tool, _)| tool.name.len()).max().unwrap_or_default();
    for set in std::iter::once(None).chain(Toolset::ALL.iter().copied().map(Some)) {
        let lines: Vec<_> = tools
            .iter()
            .filter(|(_, name)| gateway::row(name).map(|row| row.toolset) == set)
            .map(|(tool, _)| format!("  {:width$}  {}", tool.name, first_sentence(&tool.description)))
            .collect();
        if !lines.is_empty() {
            let absent = tools.iter().any(|(_, name)| name == WHY_NOT);
            let topic = set.map_or(if absent { "not available" } else { "lean" }, Toolset::name);
            terminal::line(&format!("{topic}\n{}\n", lines.join("\n")));
        }
    }
}

/// The tools of a remote server with what each does, and what is new there.
fn remote(account: &str, bridged: &Bridged, several: bool) {
    let offered = bridged.offered();
    if offered.is_empty() {
        let login = format!("{} login --account {account}", me());
        terminal::line(&format!(
            "nothing is known here of what the server offers, or nothing of it was chosen: `{login}` asks it\n"
        ));
        return;
    }
    let news = unaccepted(account);
    let shown = |tool: &Offered| {
        if several { format!("{account}__{}", tool.tool.name) } else { tool.tool.name.clone() }
    };
    let width = offered.iter().map(|tool| shown(tool).len()).max().unwrap_or_default();
    let what = offered.iter().map(|tool| does(tool).len()).max().unwrap_or_default();
    for set in Toolset::ALL.iter().map(|set| set.name()) {
        let line = |tool: &Arc<Offered>| {
            let mark = if news.contains(&tool.remote_name) { '!' } else { ' ' };
            let about = first_sentence(without_account(&tool.tool.description));
            format!("{mark} {:width$}  {:what$}  {about}", shown(tool), does(tool))
        };
        let lines: Vec<_> = offered.iter().filter(|tool| tool.toolset == set).map(line).collect();
        if !lines.is_empty() {
            terminal::line(&format!("{set}\n{}\n", lines.join("\n")));
        }
    }
    if offered.iter().any(|tool| news.contains(&tool.remote_name)) {
        terminal::line(&format!(
            "! new, or defined otherwise than when you accepted it: each call is asked about. To look at it and accept \
             it:\n  {} tools --account {account} --accept\n",
            me()
        ));
    }
}

/// Names of the tools of an account, as the server has them, that are not accepted as they are defined now.
fn unaccepted(account: &str) -> Vec<String> {
    let settings = Settings::load().ok();
    let kept = settings.and_then(|settings| {
        let account = settings.account(Some(account)).ok()?;
        Definitions::load(&settings.folders.state, &account.name, &account.origin)
    });
    kept.map(|kept| kept.unaccepted()).unwrap_or_default()
}

/// A description begins with the account's name for the model.
fn without_account(text: &str) -> &str {
    text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(text, |(_, rest)| rest)
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}
