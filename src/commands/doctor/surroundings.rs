//! What a client gives us that a shell does not, and the reverse: variables that are set here only, and the few
//! that Codex hands on.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::clients::{Entry, renewed};
use super::entry;
use super::row::Row;
use super::started;
use crate::settings::{Environment, Settings, StoredIn};

/// What Codex hands on of its own environment; everything else has to be named in the entry.
const CODEX: [&str; 11] = [
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "__CF_USER_TEXT_ENCODING",
];
/// A keyring that does not answer takes 3 s.
const LIMIT: Duration = Duration::from_secs(6);

/// Our own variables that are set here and that a client would not know. Names only.
pub fn variables(settings: &Settings, ours: &[Entry]) -> Option<Row> {
    let set = settings.environment.names();
    if let Some(ignored) = settings.warnings().first() {
        return Some(Row::warning("variables", ignored, "unset `LUMABILL_API_URL`"));
    }
    if set.contains(&"LUMABILL_API_KEY") {
        let seen =
            "`LUMABILL_API_KEY` is set in this shell: a client that is started elsewhere does not see it";
        return Some(Row::warning(
            "variables",
            seen,
            "store the key: `lumabill login`, then unset the variable",
        ));
    }
    let knows = |entry: &Entry, name: &str| {
        let listed = &entry.listed.entry;
        entry::variables(listed).iter().any(|(known, _)| known == name)
            || entry::handed_on(listed).iter().any(|known| known == name)
    };
    let unknown: Vec<String> = set
        .iter()
        .filter(|name| ours.iter().any(|entry| !knows(entry, name)))
        .map(|name| format!("`{name}`"))
        .collect();
    if unknown.is_empty() {
        return None;
    }
    let verb = if unknown.len() == 1 { "is" } else { "are" };
    let seen = format!(
        "{} {verb} set in this shell: a client that is started elsewhere does not see that",
        unknown.join(", ")
    );
    Some(Row::warning("variables", seen, "keep settings in the config file: `lumabill config`"))
}

/// Whether the account and its key are found with what Codex gives us. `chosen` is the account that the entry
/// names. Nothing is said where the key cannot be had here either.
pub fn codex(entry: &Entry, this: &Path, settings: &Settings, chosen: Option<&str>) -> Option<Row> {
    let account = settings.account(chosen).ok()?;
    let from_shell = account.stored_in == StoredIn::Environment;
    let here = if from_shell { None } else { status(this, None, &account.name) };
    if !from_shell && !matches!(here, Some(Found::Key)) {
        return None;
    }
    let listed = &entry.listed.entry;
    let more = entry::handed_on(listed);
    let names: Vec<&str> = CODEX.into_iter().chain(more.iter().map(String::as_str)).collect();
    let mut variables = Environment::handed_on(&names);
    variables.extend(entry::variables(listed).into_iter().map(|(name, value)| (name, value.into())));
    let (next, fix) = renewed(entry, true);
    let failed = |seen: String, next: String| Row::failed("client_environment", seen, next);
    let row = match status(this, Some(&variables), &account.name)? {
        Found::Key => {
            let seen = "with the few variables that Codex hands on, the account and its key are found";
            return Some(Row::ok("client_environment", seen));
        }
        Found::Nothing if from_shell => {
            let seen = format!(
                "Codex hands on {} variables only, and `LUMABILL_API_KEY` is none of them",
                CODEX.len()
            );
            return Some(failed(seen, "store the key: `lumabill login`".to_owned()));
        }
        Found::Nothing => {
            failed("with the few variables that Codex hands on, the account is not found".to_owned(), next)
        }
        Found::Trouble(message) => failed(
            format!("with the few variables that Codex hands on, the key is not found: {message}"),
            next,
        ),
    };
    Some(row.fix(fix))
}

/// What our own `status` finds of an account.
enum Found {
    Key,
    /// No such account.
    Nothing,
    Trouble(String),
}

fn status(this: &Path, variables: Option<&[(String, OsString)]>, account: &str) -> Option<Found> {
    let said = started::said(this, &["status", "--json"], variables, LIMIT)?;
    let said: Value = serde_json::from_str(&said).ok()?;
    let accounts = said.get("accounts")?.as_array()?;
    let Some(found) = accounts.iter().find(|found| found.get("account").is_some_and(|name| name == account))
    else {
        return Some(Found::Nothing);
    };
    Some(match found.pointer("/problem/message").and_then(Value::as_str) {
        Some(message) => Found::Trouble(message.to_owned()),
        None => Found::Key,
    })
}
