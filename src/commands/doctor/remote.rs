//! What a remote server says to the account's credential, and whether its tools are still those that were accepted.
//! Asks for the lists once, and keeps nothing of them.

use std::time::{Duration, Instant};

use super::accounts::whose;
use super::row::Row;
use crate::bridge::Remote;
use crate::commands::connect::remote_setup;
use crate::commands::offered::{Change, changes};
use crate::credentials::Origin;
use crate::failure::Failure;
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, Auth, Settings};

/// For the connection and all lists.
const PATIENCE: Duration = Duration::from_secs(12);

/// Names in a row.
const SHOWN: usize = 6;

/// Rows on reaching the server, the credential there, and its tools.
pub async fn check(account: &Account, settings: &Settings) -> Vec<Row> {
    let remote = match remote_setup(account, settings) {
        Ok(setup) => Remote::new(setup),
        Err(failure) => return vec![Row::failure("server_answer", &failure)],
    };
    let began = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, Definitions::fetch(&remote)).await;
    let took = began.elapsed();
    remote.close().await;
    let stored = Definitions::load(&settings.folders.state, &account.name, &account.origin);
    match answer {
        Ok(Ok(found)) => vec![
            Row::ok("server_answer", format!("answers in {} ms, {}", took.as_millis(), way(account))),
            tools(account, stored.as_ref(), &found),
        ],
        Ok(Err(failure)) => vec![trouble(account, &failure), kept(account, stored.as_ref())],
        Err(_) => {
            let seen = format!("the server did not list its tools within {} s", PATIENCE.as_secs());
            let row = Row::failed("server_answer", seen, "try again later, or ask those who run the server");
            vec![row, kept(account, stored.as_ref())]
        }
    }
}

fn way(account: &Account) -> String {
    let origin = Origin::parse(&account.origin);
    let place = match &origin {
        Ok(origin) if origin.is_loopback() => "on this machine",
        _ => "at its address",
    };
    let trust = match (origin.is_ok_and(|origin| origin.is_encrypted()), &account.ca_file) {
        (false, _) => "not encrypted".to_owned(),
        (true, Some(file)) => format!("trusted by the system or `{}`", file.display()),
        (true, None) => "trusted by the system".to_owned(),
    };
    format!("{place}, {trust}")
}

fn trouble(account: &Account, failure: &Failure) -> Row {
    let row = Row::failure("server_answer", failure);
    let status = failure.facts.get("http_status").and_then(serde_json::Value::as_u64);
    match (status, row.next.is_some()) {
        (Some(401 | 403), _) => {
            let page = account.service.keys_page().map(|page| format!(" ({page})")).unwrap_or_default();
            let next = if account.auth == Auth::OAuth {
                format!("sign in again: `lumabill login{}`", whose(account))
            } else {
                format!("make a new key{page} and give it with `lumabill login{}`", whose(account))
            };
            Row::failed("key_accepted", row.seen, next)
        }
        (_, true) => row,
        (_, false) => Row::failed("server_answer", row.seen, format!("check the address {}", account.origin)),
    }
}

/// The tools as they are kept, where the server could not be asked.
fn kept(account: &Account, stored: Option<&Definitions>) -> Row {
    match stored {
        Some(stored) => Row::ok("server_tools", format!("{} tools are kept from before", stored.tools.len())),
        None => nothing_kept(account),
    }
}

fn nothing_kept(account: &Account) -> Row {
    let next = format!("run `lumabill login{}`, which keeps what the server offers", whose(account));
    Row::warning("server_tools", "no tools are kept yet, so none are served", next)
}

/// What the server offers, beside what was accepted.
fn tools(account: &Account, stored: Option<&Definitions>, found: &Definitions) -> Row {
    let Some(stored) = stored else { return nothing_kept(account) };
    let mut names = stored.unaccepted();
    for change in changes(&stored.tools, &found.tools) {
        if let Change::New(name) | Change::Changed(name, _) = change
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    let count = found.tools.len();
    if names.is_empty() {
        return Row::ok("server_tools", format!("{count} tools, as they were accepted"));
    }
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let seen = format!(
        "{count} tools; new or defined otherwise since they were accepted, so that each call is asked about: {}{more}",
        names
            .iter()
            .map(|name| format!("`{}`", crate::text::in_line(name, 64)))
            .collect::<Vec<_>>()
            .join(", ")
    );
    Row::warning("server_tools", seen, format!("look at them: `lumabill tools{} --accept`", whose(account)))
}
