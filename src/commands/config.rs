//! `lumabill config`: shows and sets the settings that hold for every client on this machine.

use crate::failure::Failure;
use crate::settings::{Account, KEYS, Settings, SettingsError, Value};
use crate::terminal;

/// Show or change settings; what is set here binds every client, whose flags can only tighten it
#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// Setting to show or change; without it, all are shown
    key: Option<String>,
    /// New value; '' goes back to the default
    value: Option<String>,
    /// Account whose `profile` is meant
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

fn after_help() -> String {
    let width = KEYS.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let keys: Vec<String> = KEYS.iter().map(|(key, about)| format!("  {key:width$}  {about}")).collect();
    format!(
        "Settings:\n{}\n\nExamples:\n  lumabill config read_only true\n  lumabill config profile 'Muster AG'\n  \
         lumabill config confirm ''",
        keys.join("\n")
    )
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let mut settings = Settings::load()?;
    let account = match (&args.account, &args.key, &args.value) {
        // Listing works whatever account there is.
        (None, None, None) => settings.account(None).unwrap_or_else(|_| Account::unknown("lumabill")),
        (None, Some(key), _) if key != "profile" => {
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
        settings.set(key, text, &account)?;
    }
    let account = settings.stored_account(&account.name).unwrap_or(account);
    let values = settings.values(&account);
    let Some(value) = values.iter().find(|value| value.key == *key) else {
        return Err(SettingsError::NoSuchKey(key.clone()).into());
    };
    terminal::line(&value.text);
    Ok(())
}

fn listed(value: &Value) -> String {
    let text = if value.text.is_empty() { "(none)" } else { &value.text };
    format!("{:17} {text}  [{}]", value.key, value.from)
}
