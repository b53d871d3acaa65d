//! A client that has a command for its servers is told by that command: it may be writing its file all the time.
//! The file is read before and after, so that no entry is lost and none is said to be there that is not.

use std::path::{Path, PathBuf};

use super::Done;
use super::in_file::{Place, Put, Taken};
use super::installed::Installed;
use super::own_command::{Ran, as_typed, run};
use crate::failure::{Exit, Failure};
use crate::install::clients::{OwnCommand, Start, Way, is_ours, updated};
use crate::install::edit::Listed;
use crate::install::{Client, Entry};
use crate::settings::UserFolders;
use crate::terminal;

/// The client's own command, where it has one that is on PATH.
pub fn of(client: &Client, folders: &UserFolders) -> Option<(OwnCommand, PathBuf)> {
    if client.way != Way::Command {
        return None;
    }
    Some((client.own?, client.program(folders)?))
}

/// Adds the entry, or takes the old one out and adds it anew.
pub fn put(
    place: &Place,
    own: OwnCommand,
    program: &Path,
    entry: &Entry,
    installed: &mut Installed,
) -> Result<Done, Failure> {
    let by_file = |installed: &mut Installed| {
        let put = place.put(entry, installed)?;
        Ok(Done { put, place: format!("`{}`", place.file.display()) })
    };
    let add = (own.add)(entry);
    let typed = as_typed(own.program, &add);
    let done = |put| Ok(Done { put, place: format!("`{}` by `{typed}`", place.file.display()) });
    let before = place.entries()?;
    let old = before.iter().find(|listed| listed.name == entry.name);
    if let Some(old) = old {
        // Whose it is, and whether it is as it is to be, is told as for every file.
        place.check_ours(old)?;
        let wanted = updated(&old.entry, &(place.client.shape)(entry));
        if wanted == old.entry {
            return done(Put::Same);
        }
        // The command knows no fields that a person added: where there are some, the file is edited.
        if has_more(old, entry, place.client) {
            return by_file(installed);
        }
        let removed = run(program, &(own.remove)(&entry.name));
        if place.entries()?.iter().any(|listed| listed.name == entry.name) {
            note_fallback(own.program, &problem(&removed));
            return by_file(installed);
        }
    }
    let added = run(program, &add);
    let succeeded = added.as_ref().is_ok_and(Ran::succeeded);
    let now = place.entries()?;
    let there = now.iter().find(|listed| listed.name == entry.name);
    if there.is_some_and(|there| starts(there, entry)) {
        return done(if old.is_some() { Put::Updated } else { Put::Added });
    }
    if succeeded && there.is_none() && run(program, &(own.show)(&entry.name)).is_ok_and(|ran| ran.succeeded())
    {
        // It keeps it elsewhere than it did in the versions that are known here.
        let put = if old.is_some() { Put::Updated } else { Put::Added };
        return Ok(Done { put, place: format!("{} by `{typed}`", place.client.title) });
    }
    note_fallback(own.program, &problem(&added));
    by_file(installed).map_err(|failure| match old {
        // It was taken out, and neither way brought it back.
        Some(old) if there.is_none() => lost(own, old, entry, failure),
        _ => failure,
    })
}

/// True where the entry has fields that the command could not set again.
fn has_more(old: &Listed, entry: &Entry, client: &Client) -> bool {
    let shaped = (client.shape)(entry);
    let (Some(old), Some(new)) = (old.entry.as_object(), shaped.as_object()) else { return true };
    old.iter().any(|(name, value)| {
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
        !new.contains_key(name) && !is_empty
    })
}

fn starts(listed: &Listed, entry: &Entry) -> bool {
    let wanted = Start { command: entry.command.clone(), args: entry.args.clone() };
    Start::of(&listed.entry) == Some(wanted)
}

fn problem(ran: &Result<Ran, Failure>) -> String {
    match ran {
        Ok(ran) if ran.succeeded() => "it said that it was done, but the entry does not show it".to_owned(),
        Ok(ran) => ran.problem(),
        Err(failure) => failure.causes.first().unwrap_or(&failure.message).clone(),
    }
}

fn note_fallback(program: &str, problem: &str) {
    terminal::note(&format!("note: `{program}` did not do it ({problem}); its file is edited instead"));
}

fn lost(own: OwnCommand, old: &Listed, entry: &Entry, failure: Failure) -> Failure {
    let old =
        Start::of(&old.entry).unwrap_or(Start { command: entry.command.clone(), args: entry.args.clone() });
    let again = Entry { name: entry.name.clone(), command: old.command, args: old.args };
    let typed = as_typed(own.program, &(own.add)(&again));
    let message = format!("the entry `{}` was taken out and could not be added again", entry.name);
    Failure::new("entry_lost", Exit::Refused, message)
        .because(failure.message)
        .hint(format!("type `{typed}` to have the old one back"))
}

/// Takes our entries out by the client's command; what it leaves is taken out of the file.
pub fn take_out(
    place: &Place,
    own: OwnCommand,
    program: &Path,
    installed: &mut Installed,
) -> Result<Taken, Failure> {
    // What we wrote into the file ourselves can be taken back byte for byte.
    let by_us = installed.has_changes(place.file);
    if by_us {
        return place.take_out(installed);
    }
    let mut taken = Taken::default();
    for listed in
        place.entries()?.iter().filter(|listed| super::in_file::NAMES.contains(&listed.name.as_str()))
    {
        if !is_ours(&listed.entry) {
            taken.foreign.push((listed.name.clone(), listed.line));
            continue;
        }
        let ran = run(program, &(own.remove)(&listed.name));
        taken.names.push(listed.name.clone());
        if place.entries()?.iter().any(|now| now.name == listed.name) {
            note_fallback(own.program, &problem(&ran));
            place.take_out(installed)?;
        }
    }
    Ok(taken)
}
