//! Entries that Claude Code keeps for one folder only, in its own file: they win over the user's. Other clients have
//! none of these.

use std::path::Path;

use serde_json::Value;

use super::{Entry, program};
use crate::commands::doctor::row::Row;
use crate::commands::doctor::started;
use crate::install::Client;
use crate::install::clients::{Start, is_ours};
use crate::install::edit::Listed;
use crate::settings::{UserFolders, quoted};

/// The rows on entries of ours for `folder` in the client's `file`, and the entries.
pub fn check(client: &'static Client, file: &Path, folder: &Path, user: &UserFolders) -> Vec<(Row, Entry)> {
    if client.id != "claude-code" {
        return Vec::new();
    }
    // What is wrong with the file is said where the user's entries are read.
    let text = super::text(file).ok().flatten().unwrap_or_default();
    let all: Value = serde_json::from_str(&text).unwrap_or_default();
    let here =
        folder.to_str().and_then(|folder| all.get("projects")?.get(folder)?.get("mcpServers")?.as_object());
    let ours = here.into_iter().flatten().filter(|(_, entry)| is_ours(entry));
    ours.filter_map(|(name, entry)| {
        let start = Start::of(entry)?;
        let listed = Listed { name: name.clone(), entry: entry.clone(), line: 0 };
        Some((row(name, &start.command, user), Entry { client, listed, project: true }))
    })
    .collect()
}

fn row(name: &str, command: &str, user: &UserFolders) -> Row {
    let this = std::env::current_exe().ok();
    let file = program(command, user);
    let remove = format!("remove it: `claude mcp remove -s local {}`", quoted(name));
    let seen = format!("for this folder alone Claude Code has an entry `{name}`, which wins: it starts");
    match file {
        Some(file) if this.is_some_and(|this| started::same(&file, &this)) => {
            Row::ok("client_entry", format!("{seen} this program"))
        }
        Some(file) => {
            Row::warning("client_entry", format!("{seen} another file: `{}`", file.display()), remove)
        }
        None => Row::failed("client_entry", format!("{seen} `{command}`, which is not there"), remove),
    }
}
