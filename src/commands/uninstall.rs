//! `lumabill uninstall`: our entry out of the configuration of MCP clients.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use serde_json::Value;

use super::install::client_file::Snapshot;
use super::install::in_file::{Place, Taken, bears_our_name};
use super::install::installed::Installed;
use super::install::{by_command, which};
use crate::failure::{Exit, Failure, here};
use crate::install::clients::{ALL, Way, is_ours};
use crate::install::{Client, edit, keys};
use crate::settings::{Settings, UserFolders};
use crate::terminal;

/// Take lumabill out of the configuration of MCP clients, and leave the rest as it is
#[derive(clap::Args)]
pub struct Args {
    /// The clients; without one you are shown where an entry of ours is and asked
    #[arg(value_name = "CLIENT", value_parser = PossibleValuesParser::new(which::names()))]
    clients: Vec<String>,
    /// Every client that has an entry of ours
    #[arg(long, conflicts_with = "clients")]
    all: bool,
    /// The file in this project's folder instead of your own
    #[arg(long)]
    project: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let folders = which::folders()?;
    let settings = Settings::load()?;
    let clients = if args.clients.is_empty() {
        if !args.project {
            note_local(&folders);
        }
        let with_entry = {
            // Others wait for as long as this is open: not while a person chooses.
            let installed = Installed::open(&settings.folders.state)?;
            with_entry(args.project, &installed, &folders)
        };
        if with_entry.is_empty() {
            terminal::line("no client has an entry of ours; nothing was changed");
            return Ok(());
        }
        if args.all {
            with_entry.into_iter().map(|(client, _)| client).collect()
        } else {
            choose(args, &with_entry, &folders)?
        }
    } else {
        which::named(&args.clients)
    };
    let mut installed = Installed::open(&settings.folders.state)?;
    let (mut failed, mut taken_out) = (Vec::new(), false);
    for client in &clients {
        if !args.clients.is_empty() && client.own.is_some() && !args.project {
            note_local(&folders);
        }
        match take_out(client, args.project, &mut installed, &folders) {
            Ok(taken) => taken_out |= taken,
            Err(failure) => failed.push((*client, failure)),
        }
    }
    if taken_out && !settings.stored_accounts().is_empty() {
        terminal::line(&here("your key is still stored: `lumabill logout` removes it"));
    }
    which::summary("uninstalled", clients.len(), failed)
}

/// The files in which an entry of ours may be: the client's own, and those where we put one while the client was
/// told to keep it elsewhere. The note of that lies where other programs can write: a file that is not called like
/// one of the client's is none.
fn files(client: &Client, project: bool, installed: &Installed, folders: &UserFolders) -> Vec<PathBuf> {
    if project {
        return which::file(client, true, folders).into_iter().collect();
    }
    let mut files = (client.files)(folders);
    let noted = installed.records().iter().filter(|record| record.client == client.id && !record.project);
    let named: Vec<_> = files.iter().filter_map(|file| file.file_name().map(ToOwned::to_owned)).collect();
    let is_named = |file: &Path| file.file_name().is_some_and(|name| named.iter().any(|known| known == name));
    for record in noted.filter(|record| !record.changes.is_empty() && is_named(&record.file)) {
        let known = files
            .iter()
            .any(|file| *file == record.file || file.canonicalize().is_ok_and(|file| file == record.file));
        if !known {
            files.push(record.file.clone());
        }
    }
    files
}

/// The clients in whose files an entry of ours stands, or may stand since they cannot be read; with that file.
fn with_entry(
    project: bool,
    installed: &Installed,
    folders: &UserFolders,
) -> Vec<(&'static Client, PathBuf)> {
    let has = |client: &'static Client, file: &PathBuf| match (Place { client, file, project }).entries() {
        Ok(entries) => entries.iter().any(|listed| bears_our_name(listed) && is_ours(&listed.entry)),
        Err(_) => installed.has_changes(file),
    };
    let first = |client: &'static Client| {
        let mut files = files(client, project, installed, folders).into_iter();
        files.find(|file| has(client, file)).map(|file| (client, file))
    };
    ALL.iter().filter_map(first).collect()
}

fn choose(
    args: &Args,
    with_entry: &[(&'static Client, PathBuf)],
    folders: &UserFolders,
) -> Result<Vec<&'static Client>, Failure> {
    if !terminal::is_attended() {
        let clients: Vec<&Client> = with_entry.iter().map(|(client, _)| *client).collect();
        return Err(which::unattended("uninstall", args.project, &clients));
    }
    let row = |(client, file): &(&'static Client, PathBuf)| (*client, which::tilde(file, folders), true);
    let rows: Vec<_> = with_entry.iter().map(row).collect();
    which::choose("Which clients shall no longer start lumabill?", "takes it out", &rows)
}

/// True where something was taken out.
fn take_out(
    client: &'static Client,
    project: bool,
    installed: &mut Installed,
    folders: &UserFolders,
) -> Result<bool, Failure> {
    let mut files = files(client, project, installed, folders);
    // One that is missing stands for all where none is there.
    if files.iter().any(|file| file.exists()) {
        files.retain(|file| file.exists());
    } else {
        files.truncate(1);
    }
    let mut any = false;
    for file in &files {
        let place = Place { client, file, project };
        if client.way == Way::Print {
            by_hand(&place)?;
            continue;
        }
        check_keys(&place)?;
        let taken = match by_command::of(client, folders) {
            Some(told) if !project => told.take_out(&place, installed)?,
            _ => place.take_out(installed)?,
        };
        any |= !taken.names.is_empty();
        say(&place, &taken);
    }
    if files.is_empty() {
        let title = client.title;
        terminal::line(&format!(
            "{title}: it keeps no file that is read here: take the entry out where you pasted it"
        ));
    }
    Ok(any)
}

/// A key that stands in an entry of ours may be nowhere else, and no copy of ours holds one.
fn check_keys(place: &Place) -> Result<(), Failure> {
    for listed in place.entries()?.iter().filter(|listed| bears_our_name(listed) && is_ours(&listed.entry)) {
        let Some(found) = keys::find(&listed.entry.to_string()).pop() else { continue };
        let message = format!(
            "`{}` in `{}` (line {}) holds the key {}, which would be lost with it; nothing was changed",
            listed.name,
            place.file.display(),
            listed.line,
            found.secret.masked()
        );
        return Err(Failure::new("entry_holds_key", Exit::Refused, message).hint(
            "run `lumabill doctor --fix` in a terminal, which moves it into the keyring; or take the entry out by hand",
        ));
    }
    Ok(())
}

/// Claude Code keeps entries of single projects too, where `claude mcp add` puts one that names no scope. Only its
/// own command, started there, takes it out.
fn note_local(folders: &UserFolders) {
    for client in ALL.iter().filter(|client| client.own.is_some()) {
        let text = client.file(folders).and_then(|file| Snapshot::read(&file).ok());
        let text = text.as_ref().and_then(|snapshot| snapshot.text().ok()).unwrap_or_default();
        let Ok(whole) = edit::value(text, client.spot.format) else { continue };
        for (project, settings) in whole.get("projects").and_then(Value::as_object).into_iter().flatten() {
            let servers = client.spot.at.iter().try_fold(settings, |value, key| value.get(key));
            let servers = servers.and_then(Value::as_object).into_iter().flatten();
            for (name, _) in servers.filter(|(name, entry)| name.starts_with("lumabill") && is_ours(entry)) {
                terminal::note(&format!(
                    "note: {} has an entry `{name}` of the project `{project}` alone; to take it out, type there: \
                     claude mcp remove -s local {name}",
                    client.title
                ));
            }
        }
    }
}

/// A file that is read and never written.
fn by_hand(place: &Place) -> Result<(), Failure> {
    let (title, file) = (place.client.title, place.file.display());
    let entries = place.entries()?;
    match entries.iter().find(|listed| bears_our_name(listed) && is_ours(&listed.entry)) {
        None => {
            terminal::line(&format!("{title}: there is no entry of ours in `{file}`"));
            Ok(())
        }
        Some(listed) => {
            let message =
                format!("{title} is not edited: `{}` stands in `{file}`, line {}", listed.name, listed.line);
            Err(Failure::new("edited_by_hand", Exit::Refused, message).hint("take it out there"))
        }
    }
}

fn say(place: &Place, taken: &Taken) {
    let (title, file) = (place.client.title, place.file.display());
    for (name, line) in &taken.foreign {
        terminal::note(&format!(
            "note: `{name}` in `{file}` (line {line}) does not start this program: it was left as it is"
        ));
    }
    let left = place.entries().unwrap_or_default();
    for listed in left.iter().filter(|listed| is_ours(&listed.entry) && !bears_our_name(listed)) {
        terminal::note(&format!(
            "note: `{}` in `{file}` (line {}) starts this program under a name of yours: it was left as it is",
            listed.name, listed.line
        ));
    }
    if taken.names.is_empty() {
        terminal::line(&format!("{title}: there is no entry of ours in `{file}`"));
        return;
    }
    let names = taken.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
    let end = match (taken.file_removed, taken.restored) {
        (true, _) => "; the file was made by `install`, and is gone again",
        (false, true) => "; the rest is byte for byte as it was before",
        (false, false) => "",
    };
    terminal::line(&format!("{title}: took {names} out of `{file}`{end}"));
    if let Some(backup) = &taken.backup {
        terminal::line(&format!("  a copy from before the installation is in `{}`", backup.display()));
    }
    terminal::line(&format!("  next  restart {title} if it is running"));
}
