//! What the entry is to serve, checked as `serve` will check it where the client starts it: there, what is set in
//! this shell is not set.

use super::Args;
use super::in_file::NAMES;
use crate::failure::{Failure, here};
use crate::gateway::Selection;
use crate::install::Entry;
use crate::settings::{Environment, Flags, Settings};
use crate::terminal;

/// The entry without its command.
pub fn of(args: &Args, settings: &Settings) -> Result<Entry, Failure> {
    let [real, practice] = NAMES;
    let mut words = vec!["serve".to_owned()];
    let toolsets: Vec<String> =
        args.toolsets.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    Selection { toolsets: toolsets.clone(), tools: Vec::new(), lean: false }.check()?;
    if args.sandbox {
        words.push("--sandbox".to_owned());
    } else {
        let settings = as_started(settings)?;
        let account = settings.account(args.account.as_deref())?;
        settings.policy(&Flags { read_only: args.read_only, ..Flags::default() }, &account)?;
    }
    if let Some(account) = &args.account {
        words.extend(["--account".to_owned(), account.clone()]);
    }
    if args.read_only {
        words.push("--read-only".to_owned());
    }
    if !toolsets.is_empty() {
        words.extend(["--toolsets".to_owned(), toolsets.join(",")]);
    }
    let name = if args.sandbox { practice } else { real };
    Ok(Entry { name: name.to_owned(), command: String::new(), args: words })
}

/// The settings of a process without the variables of this shell.
fn as_started(settings: &Settings) -> Result<Settings, Failure> {
    let mut environment = settings.environment.clone();
    environment.api_key = None;
    environment.api_url = None;
    environment.profile_id = None;
    environment.account = None;
    environment.rate_limit = None;
    Ok(Settings::of(environment)?)
}

/// What is still to be done before the entry works: nobody is logged in, or only in this shell.
pub fn say_what_is_missing(settings: &Settings, args: &Args) {
    if !is_where_clients_look(settings) {
        terminal::note(
            "warning: `LUMABILL_CONFIG_DIR` or `LUMABILL_STATE_DIR` is set here; where a client does not pass it \
             on, lumabill finds other accounts there",
        );
    }
    if args.project {
        terminal::note(
            "note: the entry holds a path of this machine: keep the file out of version control, or let the \
             others run the command too",
        );
    }
    if args.sandbox {
        return;
    }
    let account = settings.reread().ok().and_then(|settings| {
        let settings = as_started(&settings).ok()?;
        let account = settings.account(args.account.as_deref()).ok()?;
        settings.stored_account(&account.name).is_none().then_some(account.name)
    });
    let Some(name) = account else { return };
    let flag = if name == NAMES[0] { String::new() } else { format!(" --account {name}") };
    let key = if settings.environment.api_key.is_some() {
        " (`LUMABILL_API_KEY` is set in this shell, and clients may not pass it on)"
    } else {
        ""
    };
    terminal::line(&here(&format!("nobody is logged in yet{key}: run `lumabill login{flag}`")));
}

/// True where a process without our variables finds the same folders.
fn is_where_clients_look(settings: &Settings) -> bool {
    Settings::of(Environment::default()).is_ok_and(|other| {
        other.folders.config == settings.folders.config && other.folders.state == settings.folders.state
    })
}
