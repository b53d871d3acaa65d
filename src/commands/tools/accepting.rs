//! `lumabill tools --accept`: what is new or changed in a remote server's tools, shown to the person, whose word makes
//! it count as looked at.

use serde_json::Value;

use super::super::connect::{Choice, block_on, remote_setup};
use super::super::offered::{differences, name_of};
use crate::bridge::Remote;
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, Settings, me};
use crate::terminal;
use crate::text::in_line;

/// Characters of a description.
const MOST: usize = 1000;

/// Shows what is not accepted, and accepts what the person says: by name, all, or by a yes to each.
pub fn run(choice: &Choice, names: &[String], all: bool) -> Result<(), Failure> {
    let settings = Settings::load()?;
    let account = one(choice, &settings)?;
    refresh(&account, &settings)?;
    let Some(kept) = Definitions::load(&settings.folders.state, &account.name, &account.origin) else {
        let message =
            format!("nothing is known here of what the server of account `{}` offers", account.name);
        return Err(Failure::new("no_tools", Exit::Refused, message).hint(format!(
            "run `{} login --account {}`, which asks it",
            me(),
            account.name
        )));
    };
    let open = kept.unaccepted();
    for name in names {
        check(name, &kept, &account)?;
    }
    let wanted: Vec<&String> = open.iter().filter(|name| names.is_empty() || names.contains(name)).collect();
    if wanted.is_empty() {
        terminal::line(&format!(
            "the tools of account `{}` are as you accepted them; nothing was changed",
            account.name
        ));
        return Ok(());
    }
    let asked = !all && names.is_empty();
    if asked && !terminal::is_attended() {
        for name in &wanted {
            show(name, &kept);
        }
        let message = "nobody can be asked, so nothing was accepted";
        return Err(Failure::new("not_accepted", Exit::Usage, message).hint(format!(
            "name the tools behind `--accept`, or run `{} tools --account {} --accept --all`",
            me(),
            account.name
        )));
    }
    let mut agreed = Vec::new();
    for name in wanted {
        show(name, &kept);
        if !asked || terminal::yes(&format!("Accept `{}` as it is now?", in_line(name, 64))) {
            agreed.push(name.clone());
        }
    }
    let accepted = if agreed.is_empty() {
        Vec::new()
    } else {
        kept.accept(&settings.folders.state, &account.name, &account.origin, &agreed)?
    };
    terminal::line(&match accepted.len() {
        0 => "nothing was accepted: each call of these tools is asked about".to_owned(),
        _ => format!(
            "accepted: {}",
            accepted.iter().map(|name| in_line(name, 64)).collect::<Vec<_>>().join(", ")
        ),
    });
    Ok(())
}

/// Asks the server what it offers by now. Where it does not answer, what is kept is looked at.
fn refresh(account: &Account, settings: &Settings) -> Result<(), Failure> {
    let (state, name, origin) = (&settings.folders.state, &account.name, &account.origin);
    // What was never looked at is no change: the first lists are those of a login.
    if Definitions::load(state, name, origin).is_none() {
        return Ok(());
    }
    let setup = remote_setup(account, settings)?;
    let found = block_on(async {
        let remote = Remote::new(setup);
        let found = Definitions::fetch(&remote).await;
        remote.close().await;
        found
    })?;
    match found {
        Ok(found) => found.store(state, name, origin, false),
        Err(failure) => {
            terminal::note(&format!("note: what the server offers now is not known: {}", failure.message));
            Ok(())
        }
    }
}

/// The account that is meant: the only one of a remote server among those that are named.
fn one(choice: &Choice, settings: &Settings) -> Result<Account, Failure> {
    let usage =
        |message: String| Failure::new("account_not_chosen", Exit::Usage, message + "; nothing was changed");
    let mut accounts = match choice.account.as_slice() {
        [] => vec![settings.account(None)?],
        names => names.iter().map(|name| settings.account(Some(name))).collect::<Result<_, _>>()?,
    };
    accounts.retain(|account| account.service.is_remote());
    match (accounts.pop(), accounts.is_empty()) {
        (Some(account), true) => Ok(account),
        (Some(_), false) => {
            Err(usage("several accounts are named".to_owned()).hint("name one with `--account`"))
        }
        (None, _) => {
            Err(usage("the tools of Lumabill's own API are ours, and need not be accepted".to_owned())
                .hint("name the account of a remote server with `--account`"))
        }
    }
}

fn check(name: &str, kept: &Definitions, account: &Account) -> Result<(), Failure> {
    if kept.tools.iter().any(|tool| tool.get("name").and_then(Value::as_str) == Some(name)) {
        return Ok(());
    }
    let message =
        format!("account `{}` has no tool `{}`; nothing was changed", account.name, in_line(name, 64));
    Err(Failure::new("unknown_tool", Exit::Usage, message).hint(format!(
        "see what there is: `{} tools --account {} --toolsets all`",
        me(),
        account.name
    )))
}

/// One tool as it is defined now.
fn show(name: &str, kept: &Definitions) {
    let Some(tool) = kept.tools.iter().find(|tool| tool.get("name").and_then(Value::as_str) == Some(name))
    else {
        return;
    };
    let Some(before) = kept.accepted_as(name) else {
        terminal::line(&format!("new      {}", name_of(tool)));
        describe(tool);
        return;
    };
    terminal::line(&format!("changed  {}", name_of(tool)));
    let what = differences(before, tool);
    if what.is_empty() {
        terminal::line("  in the end of a text that is too long to be kept");
    }
    for what in what {
        terminal::line(&format!("  {what}"));
    }
}

/// What a tool is that nobody has looked at yet.
fn describe(tool: &Value) {
    let about = tool.get("description").and_then(Value::as_str).unwrap_or("(without a description)");
    terminal::line(&format!("  {}", in_line(about, MOST)));
    let fields = tool.get("inputSchema").and_then(|schema| schema.get("properties")?.as_object());
    let fields: Vec<_> =
        fields.into_iter().flat_map(|fields| fields.keys()).map(|name| in_line(name, 64)).collect();
    terminal::line(&format!(
        "  takes {}",
        if fields.is_empty() { "nothing".to_owned() } else { fields.join(", ") }
    ));
    if let Some(hints) =
        tool.get("annotations").filter(|hints| hints.as_object().is_some_and(|hints| !hints.is_empty()))
    {
        terminal::line(&format!("  the server says of it: {}", in_line(&hints.to_string(), 200)));
    }
}
