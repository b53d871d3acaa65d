//! What the entry is to serve, checked as `serve` will check it where the client starts it: there, what is set in
//! this shell is not set.

use super::in_file::NAMES;
use super::{Args, server_name};
use crate::failure::{Exit, Failure, here};
use crate::gateway::Selection;
use crate::install::Entry;
use crate::settings::{Account, Environment, Flags, Settings};
use crate::terminal;

/// The entry without its command.
pub fn of(args: &Args, settings: &Settings) -> Result<Entry, Failure> {
    let [real, practice] = NAMES;
    let (mut name, mut words) = (real.to_owned(), vec!["serve".to_owned()]);
    let toolsets: Vec<String> =
        args.toolsets.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    Selection { toolsets: toolsets.clone(), tools: Vec::new(), lean: false }.check()?;
    if args.sandbox {
        practice.clone_into(&mut name);
        words.push("--sandbox".to_owned());
    } else {
        let accounts = checked(args, &as_started(settings)?)?;
        name = accounts.server;
        for account in accounts.named {
            words.extend(["--account".to_owned(), account]);
        }
    }
    if args.read_only {
        words.push("--read-only".to_owned());
    }
    if !toolsets.is_empty() {
        words.extend(["--toolsets".to_owned(), toolsets.join(",")]);
    }
    Ok(Entry { name, command: String::new(), args: words })
}

/// The accounts of an entry.
struct Accounts {
    /// The entry's name.
    server: String,
    /// Those that the entry names.
    named: Vec<String>,
}

/// Every account has to be one that can be served.
fn checked(args: &Args, settings: &Settings) -> Result<Accounts, Failure> {
    let named: Vec<Option<&str>> = match args.account.as_slice() {
        [] => vec![None],
        names => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let mut accounts = Vec::new();
    for name in named {
        let account = settings.account(name)?;
        settings.policy(&Flags { read_only: args.read_only, ..Flags::default() }, &account)?;
        if accounts.iter().any(|known: &Account| known.name == account.name) {
            let message = format!("account `{}` is named twice; nothing was changed", account.name);
            return Err(Failure::new("account_twice", Exit::Usage, message).hint("name each account once"));
        }
        accounts.push(account);
    }
    let is_default =
        |account: &Account| settings.account(None).is_ok_and(|default| default.name == account.name);
    let server = match accounts.as_slice() {
        [only] => server_name(only, is_default(only)),
        _ => NAMES[0].to_owned(),
    };
    // With a further account it would be open which one is meant; for Lumabill's own API it is the first.
    let says = !args.account.is_empty() || accounts.iter().any(|account| account.service.is_remote());
    let named = accounts.into_iter().filter(|_| says).map(|account| account.name).collect();
    Ok(Accounts { server, named })
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
    let Some(settings_there) = settings.reread().ok().and_then(|settings| as_started(&settings).ok()) else {
        return;
    };
    let missing = |name: Option<&str>| {
        let account = settings_there.account(name).ok()?;
        settings_there.stored_account(&account.name).is_none().then_some(account.name)
    };
    let missing: Vec<String> = match args.account.as_slice() {
        [] => missing(None).into_iter().collect(),
        names => names.iter().filter_map(|name| missing(Some(name))).collect(),
    };
    for name in missing {
        say_login(&name, settings, args.account.len() > 1);
    }
}

fn say_login(name: &str, settings: &Settings, among: bool) {
    let flag = if name == NAMES[0] { String::new() } else { format!(" --account {name}") };
    let whom = if among { format!(" to account `{name}`") } else { String::new() };
    let key = if settings.environment.api_key.is_some() {
        " (`LUMABILL_API_KEY` is set in this shell, and clients may not pass it on)"
    } else {
        ""
    };
    terminal::line(&here(&format!("nobody is logged in{whom} yet{key}: run `lumabill login{flag}`")));
}

/// True where a process without our variables finds the same folders.
fn is_where_clients_look(settings: &Settings) -> bool {
    Settings::of(Environment::default()).is_ok_and(|other| {
        other.folders.config == settings.folders.config && other.folders.state == settings.folders.state
    })
}
