//! Which clients are meant: named, all that were found, or chosen at the terminal; and which file of theirs.

use std::path::PathBuf;

use clap::builder::PossibleValue;

use super::in_file::Place;
use crate::failure::{Exit, Failure, here};
use crate::install::Client;
use crate::install::clients::{ALL, Way, by_id, is_ours};
use crate::settings::{UserFolders, me};
use crate::terminal;

/// The clients as words of the command line.
pub fn names() -> Vec<PossibleValue> {
    ALL.iter().map(|client| PossibleValue::new(client.id).help(client.title)).collect()
}

/// The clients of these names, each once.
pub fn named(names: &[String]) -> Vec<&'static Client> {
    let mut clients: Vec<&'static Client> = Vec::new();
    for client in names.iter().filter_map(|name| by_id(name)) {
        if !clients.iter().any(|known| known.id == client.id) {
            clients.push(client);
        }
    }
    clients
}

/// Where the person's clients keep their configuration.
pub fn folders() -> Result<UserFolders, Failure> {
    UserFolders::read().ok_or_else(|| {
        Failure::new("no_home", Exit::Refused, "there is no home folder, so no client's configuration")
            .hint("set `HOME` to your home folder")
    })
}

/// The file that is meant: the person's own, or the project's in this folder.
pub fn file(client: &Client, project: bool, folders: &UserFolders) -> Result<PathBuf, Failure> {
    let id = client.id;
    if !project {
        return client.file(folders).ok_or_else(|| {
            let older = (client.older)(folders).into_iter().find(|file| file.is_file());
            let message = match older {
                Some(older) => format!(
                    "{} is set up by its older file `{}`, which is not edited",
                    client.title,
                    older.display()
                ),
                None => format!("{} keeps no file that is edited", client.title),
            };
            Failure::new("no_client_file", Exit::Refused, message)
                .hint(format!("run `lumabill install {id} --print`, and paste what it prints"))
        });
    }
    let Some(below) = client.project else {
        let message = format!("{} knows no configuration of a project", client.title);
        return Err(Failure::new("no_project_file", Exit::Refused, message)
            .hint(format!("run `lumabill install {id}` for your own")));
    };
    let here = std::env::current_dir().map_err(|error| {
        Failure::new("no_folder", Exit::Refused, "the current folder cannot be told")
            .because(error.to_string())
    })?;
    Ok(here.join(below))
}

/// The clients that were found here, for which there is a file to write.
fn found(folders: &UserFolders, project: bool) -> Vec<&'static Client> {
    here_at_all(folders, project).filter(|client| file(client, project, folders).is_ok()).collect()
}

fn here_at_all(folders: &UserFolders, project: bool) -> impl Iterator<Item = &'static Client> {
    ALL.iter().filter(move |client| {
        client.way != Way::Print && (!project || client.project.is_some()) && client.is_here(folders)
    })
}

/// The same for `--all`; none is a failure, and one that has to be done by hand is said.
pub fn all_found(folders: &UserFolders, project: bool) -> Result<Vec<&'static Client>, Failure> {
    for client in here_at_all(folders, project) {
        if let Err(failure) = file(client, project, folders) {
            terminal::note(&format!("note: {}", failure.message));
            failure.hint.iter().for_each(|hint| terminal::note(&format!("  {}", here(hint))));
        }
    }
    let found = found(folders, project);
    if found.is_empty() { Err(none_found(Exit::Refused)) } else { Ok(found) }
}

fn none_found(exit: Exit) -> Failure {
    let ids: Vec<&str> = ALL.iter().map(|client| client.id).collect();
    Failure::new("no_client_found", exit, "no MCP client was found on this machine; nothing was changed").hint(
        format!(
            "name one all the same, as in `lumabill install {}` (known: {}), or run `lumabill install --print` for \
             the entry itself",
            ids.first().unwrap_or(&"CLIENT"),
            ids.join(", ")
        ),
    )
}

/// Without a name there has to be a person to ask.
pub fn check_attended(folders: &UserFolders, project: bool) -> Result<(), Failure> {
    let found = found(folders, project);
    if found.is_empty() {
        return Err(none_found(Exit::Usage));
    }
    if terminal::is_attended() {
        return Ok(());
    }
    Err(unattended("install", project, &found))
}

/// Nobody can be asked: the commands to type.
pub fn unattended(command: &str, project: bool, clients: &[&Client]) -> Failure {
    let (me, flag) = (me(), if project { " --project" } else { "" });
    let lines: Vec<String> = clients
        .iter()
        .map(|client| format!("\n  {me} {command} {}{flag}", client.id))
        .chain([format!("\n  {me} {command} --all{flag}")])
        .collect();
    Failure::new(
        "no_client_named",
        Exit::Usage,
        "no client was named, and there is no terminal to ask at; nothing was changed",
    )
    .hint(format!("type one of:{}", lines.concat()))
}

/// Shows the clients that were found and asks which ones are meant; `name` is the entry's.
pub fn ask(folders: &UserFolders, project: bool, name: &str) -> Result<Vec<&'static Client>, Failure> {
    let mut rows = Vec::new();
    for client in found(folders, project) {
        let file = file(client, project, folders)?;
        let place = Place { client, file: &file, project };
        let entries = place.entries();
        let there = entries
            .is_ok_and(|entries| entries.iter().any(|listed| listed.name == name && is_ours(&listed.entry)));
        rows.push((client, tilde(&file, folders), there));
    }
    choose("Which clients shall start lumabill?", "installs", &rows)
}

/// Lets a person choose among clients: each with its file, and whether an entry of ours is there.
pub fn choose(
    question: &str,
    does: &str,
    rows: &[(&'static Client, String, bool)],
) -> Result<Vec<&'static Client>, Failure> {
    let width = rows.iter().map(|(client, ..)| client.title.chars().count()).max().unwrap_or_default();
    let removing = does != "installs";
    let lines: Vec<(String, bool)> = rows
        .iter()
        .map(|(client, file, there)| {
            let state = if *there && !removing { "  (there already)" } else { "" };
            (format!("{:width$}  {file}{state}", client.title), *there == removing)
        })
        .collect();
    let question = format!("{question} Space marks, Enter {does}, Esc leaves");
    let chosen = terminal::choose(&question, &lines).ok_or_else(|| {
        Failure::new("not_chosen", Exit::Refused, "you left the choice; nothing was changed")
    })?;
    if chosen.is_empty() {
        return Err(Failure::new("not_chosen", Exit::Refused, "no client was marked; nothing was changed")
            .hint("mark with the space bar, then press Enter"));
    }
    Ok(chosen.into_iter().filter_map(|row| rows.get(row)).map(|(client, ..)| *client).collect())
}

/// A path as people write it.
pub fn tilde(file: &std::path::Path, folders: &UserFolders) -> String {
    match file.strip_prefix(&folders.home) {
        Ok(below) => format!("~/{}", below.display()),
        Err(_) => file.display().to_string(),
    }
}

/// Says for which clients it failed, and why.
pub fn tell(failed: &[(&'static Client, Failure)]) {
    for (client, failure) in failed {
        let message = format!("{}: {}", client.title, failure.message);
        terminal::failure(&Failure { message, ..failure.clone() });
    }
}

/// The end of a command over several clients: a failure where one of them failed, said for each.
pub fn summary(did: &str, of: usize, mut failed: Vec<(&'static Client, Failure)>) -> Result<(), Failure> {
    if of == 1
        && let Some((_, failure)) = failed.pop()
    {
        return Err(failure);
    }
    if failed.is_empty() {
        return Ok(());
    }
    tell(&failed);
    let names: Vec<&str> = failed.iter().map(|(client, _)| client.title).collect();
    let message = format!("{did} for {} of {of} clients; not for {}", of - failed.len(), names.join(", "));
    Err(Failure::new("some_clients_failed", Exit::Refused, here(&message)))
}
