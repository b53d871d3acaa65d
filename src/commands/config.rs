//! `lumabill config`: shows and sets the settings that hold for every client on this machine.

use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, KEYS, Service, Settings, SettingsError, Value, me, tool_names};
use crate::terminal;
use crate::text::in_line;

/// Show or change settings; what is set here binds every client, whose flags can only tighten it
#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// Setting to show or change; without it, all are shown
    key: Option<String>,
    /// New value; '' goes back to the default
    value: Option<String>,
    /// Account whose `profile` or `reads` is meant
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

fn after_help() -> String {
    let width = KEYS.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let keys: Vec<String> = KEYS.iter().map(|(key, about)| format!("  {key:width$}  {about}")).collect();
    format!(
        "Settings:\n{}\n\nExamples:\n  lumabill config read_only true\n  lumabill config profile 'Muster AG'\n  \
         lumabill config confirm ''\n  lumabill config reads search,get_rows --account mcp-example-com",
        keys.join("\n")
    )
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let mut settings = Settings::load()?;
    let account = match (&args.account, &args.key, &args.value) {
        // Listing works whatever account there is.
        (None, None, None) => settings.account(None).unwrap_or_else(|_| Account::unknown("lumabill")),
        (None, Some(key), _) if key != "profile" && key != "reads" => {
            settings.account(None).unwrap_or_else(|_| Account::unknown("lumabill"))
        }
        (named, ..) => settings.account(named.as_deref())?,
    };
    let Some(key) = &args.key else {
        for value in settings.values(&account) {
            terminal::line(&listed(&value));
        }
        terminal::line(&format!("\nkept in {}", settings.folders.config_file().display()));
        return Ok(());
    };
    if let Some(text) = &args.value {
        if key == "reads" {
            check_reads(text, &account, &settings)?;
        }
        settings.set(key, text, &account)?;
        if key == "reads" && !text.trim().is_empty() {
            terminal::note(
                "these tools are not asked about and are called again after a lost answer: name only what changes nothing",
            );
        }
    }
    let account = settings.stored_account(&account.name).unwrap_or(account);
    let values = settings.values(&account);
    let Some(value) = values.iter().find(|value| value.key == *key) else {
        return Err(SettingsError::NoSuchKey(key.clone()).into());
    };
    terminal::line(&value.text);
    Ok(())
}

/// The tools that only read have to be tools of the server.
fn check_reads(text: &str, account: &Account, settings: &Settings) -> Result<(), Failure> {
    let names = tool_names(text);
    // What is wrong with the account is said by the settings.
    if names.is_empty() || account.service != Service::Url {
        return Ok(());
    }
    let login = format!("run `{} login --account {}`", me(), account.name);
    let refused =
        |message: String| Failure::new("unknown_tool", Exit::Usage, message + "; nothing was changed");
    let stored = Definitions::load(&settings.folders.state, &account.name, &account.origin)
        .ok_or_else(|| refused("what the server offers is not known here".to_owned()).hint(&*login))?;
    let known: Vec<&str> = stored.tools.iter().filter_map(|tool| tool.get("name")?.as_str()).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let all: Vec<_> = known.iter().map(|name| in_line(name, 64)).collect();
            Err(refused(format!("account `{}` has no tool `{name}`", account.name))
                .hint(format!("it has {}", all.join(", "))))
        }
        None => Ok(()),
    }
}

fn listed(value: &Value) -> String {
    let text = if value.text.is_empty() { "(none)" } else { &value.text };
    format!("{:17} {text}  [{}]", value.key, value.from)
}
