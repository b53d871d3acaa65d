//! Taking a key out of the files that hold it. In a client's own file the entry with the key gives way to one of
//! ours; anywhere else a word stands in the key's place. Begun only once the key is stored and read back, and
//! each file is searched again after it was written.

mod entries;

use std::path::PathBuf;

use self::entries::without_entries;
use super::super::install::client_file::{FileError, Snapshot, Written};
use super::super::install::in_file::Place;
use super::super::install::installed::Installed;
use super::{Exposed, shown};
use crate::credentials::{Key, Secret};
use crate::failure::{Exit, Failure};
use crate::install::clients::Way;
use crate::install::{Client, keys};
use crate::settings::{UserFolders, me};
use crate::terminal;

/// Another program may write a file while we do; so often we begin anew.
const ATTEMPTS: usize = 3;

/// The key that is to go.
#[derive(Clone, Copy)]
pub struct Gone<'a> {
    pub secret: &'a Secret,
    pub key: &'a Key,
}

impl Gone<'_> {
    fn is_in(self, text: &str) -> bool {
        self.key.is_in(text)
    }

    /// `text` without the key, wherever in it the key stands.
    fn blanked(self, text: &str) -> String {
        let without = keys::without(text, |found| found.secret.is(self.secret));
        // Where it is glued to other letters it is not found as a key.
        self.key.scrub(&without)
    }
}

/// What entries with the key give way to.
#[derive(Clone, Copy)]
pub struct Replacing<'a> {
    /// Path of this program.
    pub command: &'a str,
    /// Name of the account that has the key now.
    pub account: &'a str,
    /// True where `serve` takes this account by itself.
    pub is_default: bool,
}

/// What was done, for the advice.
#[derive(Default)]
pub struct Changed {
    /// Files that git tracks.
    pub tracked: Vec<PathBuf>,
    /// True where an entry gave way to one of ours.
    pub replaced: bool,
    /// What each client needs after a change.
    pub next: Vec<String>,
}

/// Takes the key out of every file, of backups after a question. What fails is said, and the rest goes on.
pub fn take_out(
    files: &[&Exposed],
    gone: Gone<'_>,
    replacing: Option<Replacing<'_>>,
    installed: &mut Installed,
    folders: &UserFolders,
) -> Changed {
    let mut changed = Changed::default();
    let (backups, own): (Vec<&Exposed>, Vec<&Exposed>) = files.iter().partition(|file| file.backup);
    for file in own {
        let (done, next) = match (replacing, file.client()) {
            (Some(replacing), Some(client)) if client.way != Way::Print => {
                let done = replace(file, client, gone, replacing, installed);
                changed.replaced |= done.is_ok();
                (done, Some(client.next.to_owned()))
            }
            (Some(_), Some(client)) => {
                let next = format!(
                    "{} is not written by us: `{} install {} --print` prints the entry, to be pasted",
                    client.title,
                    me(),
                    client.id
                );
                (blank(file, gone), Some(next))
            }
            _ => (blank(file, gone), None),
        };
        changed.next.extend(next.filter(|next| done.is_ok() && !changed.next.contains(next)));
        report(file, done, &mut changed, folders);
    }
    if !backups.is_empty() {
        let names: Vec<_> = backups.iter().map(|file| shown(&file.file, folders)).collect();
        terminal::note(&format!("backups or older files hold it too: {}", names.join(", ")));
        if terminal::yes("Take it out there as well?") {
            for file in backups {
                report(file, blank(file, gone), &mut changed, folders);
            }
        }
    }
    changed
}

fn report(file: &Exposed, done: Result<String, Failure>, changed: &mut Changed, folders: &UserFolders) {
    match done {
        Ok(said) => terminal::note(&format!("{}: {said}", shown(&file.file, folders))),
        Err(failure) => terminal::failure(&failure),
    }
    if file.tracked {
        changed.tracked.push(file.file.clone());
    }
}

/// A word in the place of the key.
fn blank(file: &Exposed, gone: Gone<'_>) -> Result<String, Failure> {
    for _ in 0..ATTEMPTS {
        let snapshot = Snapshot::read(&file.file)?;
        if snapshot.replace(&gone.blanked(snapshot.text()?))? == Written::Done {
            searched(file, gone)?;
            return Ok("the key is gone from it".to_owned());
        }
    }
    Err(FileError::Busy(file.file.clone()).into())
}

/// The entries with the key out, one of ours in.
fn replace(
    file: &Exposed,
    client: &Client,
    gone: Gone<'_>,
    replacing: Replacing<'_>,
    installed: &mut Installed,
) -> Result<String, Failure> {
    let place = Place { client, file: &file.file, project: file.project };
    for _ in 0..ATTEMPTS {
        let snapshot = Snapshot::read(&file.file)?;
        let text = snapshot.text()?;
        let without = without_entries(text, &client.spot, gone);
        // What else stood in an entry that goes (other variables, other services) may be nowhere else.
        let copy = if without.removed.is_empty() {
            None
        } else {
            Some(installed.back_up(client.id, &snapshot.file, &gone.blanked(text))?)
        };
        let written = snapshot.replace(&without.text);
        if !matches!(written, Ok(Written::Done))
            && let Some(copy) = &copy
        {
            drop(std::fs::remove_file(copy));
        }
        if written? == Written::Changed {
            continue;
        }
        searched(file, gone)?;
        let entry = without.ours(&client.spot, replacing);
        let put = place.put(&entry, installed);
        searched(file, gone)?;
        put.map_err(|mut failure| {
            failure.message.push_str("; the key is gone from it");
            failure
        })?;
        let out = match without.removed.as_slice() {
            [] => "the key is gone from it".to_owned(),
            names => format!("the entry `{}` is gone, and the key with it", names.join("`, `")),
        };
        let copy = copy.map(|copy| format!("; a copy without the key is in `{}`", copy.display()));
        return Ok(format!(
            "{out}; `{}` starts lumabill with account `{}`{}",
            entry.name,
            replacing.account,
            copy.unwrap_or_default()
        ));
    }
    Err(FileError::Busy(file.file.clone()).into())
}

/// Reads the file again: some clients write it all the time, out of their memory.
fn searched(file: &Exposed, gone: Gone<'_>) -> Result<(), Failure> {
    if gone.is_in(Snapshot::read(&file.file)?.text()?) {
        let message =
            format!("`{}` holds the key again: another program wrote it meanwhile", file.file.display());
        return Err(Failure::new("client_file_busy", Exit::Refused, message)
            .hint("quit the program whose file it is, and run `lumabill doctor --fix`"));
    }
    Ok(())
}

/// How many keys a file still holds.
pub fn keys_left(file: &Exposed) -> usize {
    match Snapshot::read(&file.file) {
        Ok(snapshot) => snapshot.text().map_or(file.keys.len(), |text| keys::find(text).len()),
        Err(_) => file.keys.len(),
    }
}
