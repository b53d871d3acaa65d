//! One client's file: our entry put in and taken out again, noted before it is done and read back after.

mod planned;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::planned::{Planned, plan};
use super::client_file::{FileError, Snapshot, Written, remove_folders};
use super::installed::{Installed, Record, digest};
use crate::failure::{Exit, Failure};
use crate::install::clients::{is_ours, updated};
use crate::install::edit::{self, Listed, NotEdited, Spot};
use crate::install::keys::find;
use crate::install::{Client, Entry, undo};

/// Names under which clients know us.
pub const NAMES: [&str; 2] = ["lumabill", "lumabill-sandbox"];

/// True for an entry that `uninstall` looks at: one of our names, whoever's entry it is, or one of ours for a
/// further account, as `moving` calls it: `lumabill-ACCOUNT`.
pub fn bears_our_name(listed: &Listed) -> bool {
    let [first, ..] = NAMES;
    let of_account = listed.name.strip_prefix(first).is_some_and(|rest| rest.starts_with('-'));
    NAMES.contains(&listed.name.as_str()) || (of_account && is_ours(&listed.entry))
}

/// The code of the failure that an entry of our name is somebody else's.
pub const NAME_TAKEN: &str = "name_taken";

/// Another program may write the file while we do; so often we begin anew.
const ATTEMPTS: usize = 3;

/// What `install` did to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    Added,
    Updated,
    /// It was there already, as it is to be.
    Same,
}

/// What `uninstall` did to a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Names of the entries that were taken out.
    pub names: Vec<String>,
    /// Names of ours that somebody else's entries have, with their lines: left alone.
    pub foreign: Vec<(String, usize)>,
    /// The file is byte for byte what it was before it was first changed.
    pub restored: bool,
    /// The file was made by `install`, and is gone again.
    pub file_removed: bool,
    /// The copy of the file as it was, which is kept since others changed the file too.
    pub backup: Option<PathBuf>,
}

/// A client, and the file of its that is meant.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub client: &'a Client,
    pub file: &'a Path,
    /// True for the file of a project.
    pub project: bool,
}

impl Place<'_> {
    fn spot(&self) -> &Spot {
        &self.client.spot
    }

    /// Entries of the file in order; a missing one has none.
    pub fn entries(&self) -> Result<Vec<Listed>, Failure> {
        let snapshot = Snapshot::read(self.file)?;
        self.listed(&snapshot, snapshot.text()?)
    }

    /// The entry of this name, as the file has it now.
    pub fn entry(&self, name: &str) -> Result<Option<Value>, Failure> {
        let entries = self.entries()?;
        Ok(entries.into_iter().find(|listed| listed.name == name).map(|listed| listed.entry))
    }

    fn listed(&self, snapshot: &Snapshot, text: &str) -> Result<Vec<Listed>, Failure> {
        edit::entries(text, self.spot()).map_err(|error| self.not_edited(&snapshot.file, &error))
    }

    fn not_edited(&self, file: &Path, error: &NotEdited) -> Failure {
        let (shown, id) = (file.display(), self.client.id);
        let (message, hint) = match error {
            NotEdited::Syntax { line, column, what } => (
                format!(
                    "`{shown}` does not parse, line {line}, column {column}: {what}; it was left as it is"
                ),
                "correct that line, and run the command again".to_owned(),
            ),
            NotEdited::Shape { at, wanted } => (
                format!("in `{shown}`, `{at}` is not {wanted}; the file was left as it is"),
                format!("correct it, or run `lumabill install {id} --print` and paste what it prints"),
            ),
            NotEdited::Unsafe => (
                format!(
                    "`{shown}` is written in a way in which our entry alone cannot be changed; it was left as it is"
                ),
                format!("run `lumabill install {id} --print`, and change the entry by hand"),
            ),
        };
        Failure::new("client_file_not_edited", Exit::Refused, message).hint(hint)
    }

    /// An entry of our name that starts something else is somebody's, and may hold a key.
    pub fn check_ours(&self, name: &str, entry: &Value) -> Result<(), Failure> {
        if is_ours(entry) {
            return Ok(());
        }
        let file = self.file.display();
        let message = format!(
            "`{file}` has an entry `{name}` already that does not start this program; it was left as it is"
        );
        let hint = if find(&entry.to_string()).is_empty() {
            "rename or remove it there, and run the command again".to_owned()
        } else {
            format!(
                "run `lumabill install {}` in a terminal: it offers to move the key that stands there into the \
                 keyring, and to put its own entry in the place",
                self.client.id
            )
        };
        Err(Failure::new(NAME_TAKEN, Exit::Refused, message).hint(hint))
    }

    /// Puts `entry` in, or brings the one that is there up to date. What is done is noted first.
    pub fn put(&self, entry: &Entry, installed: &mut Installed) -> Result<Put, Failure> {
        for _ in 0..ATTEMPTS {
            let snapshot = Snapshot::read(self.file)?;
            let text = snapshot.text()?;
            let listed = self.listed(&snapshot, text)?;
            let old = listed.iter().find(|listed| listed.name == entry.name);
            old.map_or(Ok(()), |old| self.check_ours(&old.name, &old.entry))?;
            let shaped = (self.client.shape)(entry);
            let wanted = old.map_or_else(|| shaped.clone(), |old| updated(&old.entry, &shaped));
            if old.is_some_and(|old| old.entry == wanted) {
                return Ok(Put::Same);
            }
            let before = installed.of(&snapshot.file).cloned();
            let known = self.known(before.clone(), &snapshot, &listed);
            let planned = plan(self.client, text, &known, (&entry.name, &wanted))
                .map_err(|error| self.not_edited(&snapshot.file, &error))?;
            let after = planned.after.clone();
            installed.put(self.noted(&known, planned, &snapshot, installed)?)?;
            match snapshot.replace(&after) {
                Ok(Written::Done) => {
                    self.check(&snapshot.file, &entry.name, &wanted)?;
                    return Ok(if old.is_some() { Put::Updated } else { Put::Added });
                }
                Ok(Written::Changed) => restore(installed, &snapshot.file, before)?,
                Err(error) => {
                    restore(installed, &snapshot.file, before)?;
                    return Err(error.into());
                }
            }
        }
        Err(FileError::Busy(self.file.to_owned()).into())
    }

    /// What is known of the file. Where nothing of ours is left in it, it is a new file: its client or a person
    /// wrote it since.
    fn known(&self, record: Option<Record>, snapshot: &Snapshot, listed: &[Listed]) -> Record {
        let fresh = Record::new(self.client.id, &snapshot.file, self.project);
        match record {
            Some(known)
                if known
                    .changes
                    .iter()
                    .any(|change| listed.iter().any(|there| there.name == change.name)) =>
            {
                known
            }
            Some(known) => Record { backup: known.backup, ..fresh },
            None => fresh,
        }
    }

    /// What is noted before it is done: with what a first change has to keep of the file as it was.
    fn noted(
        &self,
        known: &Record,
        planned: Planned,
        snapshot: &Snapshot,
        installed: &Installed,
    ) -> Result<Record, Failure> {
        let (mut record, text) = (planned.record, snapshot.text()?);
        if known.changes.is_empty() {
            record.before = digest(&planned.without);
            if !snapshot.exists() {
                record.made = true;
                record.folders = snapshot.missing_folders();
            } else if record.backup.is_none() && !text.is_empty() {
                record.backup = Some(installed.back_up(self.client.id, &snapshot.file, text)?);
            }
        }
        Ok(record)
    }

    /// What was written has to be there when the file is read again.
    fn check(&self, file: &Path, name: &str, wanted: &Value) -> Result<(), Failure> {
        if self.entry(name)?.as_ref() == Some(wanted) {
            Ok(())
        } else {
            Err(FileError::Overwritten(file.to_owned()).into())
        }
    }

    /// Takes every entry of ours out.
    pub fn take_out(&self, installed: &mut Installed) -> Result<Taken, Failure> {
        for _ in 0..ATTEMPTS {
            let snapshot = Snapshot::read(self.file)?;
            let text = snapshot.text()?;
            let listed = self.listed(&snapshot, text)?;
            let (ours, foreign): (Vec<&Listed>, Vec<&Listed>) = listed
                .iter()
                .filter(|listed| bears_our_name(listed))
                .partition(|listed| is_ours(&listed.entry));
            let mut taken = Taken {
                names: ours.iter().map(|listed| listed.name.clone()).collect(),
                foreign: foreign.iter().map(|listed| (listed.name.clone(), listed.line)).collect(),
                ..Taken::default()
            };
            let record = installed.of(&snapshot.file).cloned();
            if ours.is_empty() {
                if let Some(record) = record {
                    keep_backup(installed, record)?;
                }
                return Ok(taken);
            }
            let after = self
                .without(text, &listed, record.as_ref(), &taken.names)
                .map_err(|error| self.not_edited(&snapshot.file, &error))?;
            let made = record.as_ref().is_some_and(|record| record.made);
            taken.file_removed = made && self.is_empty(&after);
            let written = if taken.file_removed { snapshot.remove()? } else { snapshot.replace(&after)? };
            if written == Written::Changed {
                continue;
            }
            if !taken.file_removed && self.entries()?.iter().any(|now| taken.names.contains(&now.name)) {
                return Err(FileError::Overwritten(snapshot.file).into());
            }
            if let Some(record) = record {
                taken.restored = taken.file_removed || digest(&after) == record.before;
                if taken.file_removed {
                    remove_folders(&record.folders);
                }
                if taken.restored {
                    installed.forget(&snapshot.file)?;
                } else {
                    taken.backup = keep_backup(installed, record)?;
                }
            }
            return Ok(taken);
        }
        Err(FileError::Busy(self.file.to_owned()).into())
    }

    /// `text` without the entries `names`: as it was before them where that can be told, and in any case with
    /// all other entries as they are.
    fn without(
        &self,
        text: &str,
        listed: &[Listed],
        record: Option<&Record>,
        names: &[String],
    ) -> Result<String, NotEdited> {
        let changes = record.map(|record| record.changes.as_slice()).unwrap_or_default();
        let mut after = text.to_owned();
        for known in changes.iter().rev().filter(|known| names.contains(&known.name)) {
            after = undo::undo(&after, &known.change, self.spot(), &known.name)?;
        }
        for name in names {
            after = edit::remove(&after, self.spot(), name)?;
        }
        let rest = |listed: &[Listed]| {
            let rest = listed.iter().filter(|listed| !names.contains(&listed.name));
            rest.map(|listed| (listed.name.clone(), listed.entry.clone())).collect::<Vec<_>>()
        };
        if rest(&edit::entries(&after, self.spot())?) == rest(listed) {
            return Ok(after);
        }
        names.iter().try_fold(text.to_owned(), |text, name| edit::remove(&text, self.spot(), name))
    }

    /// True where nothing is left in a file that we made: it says no more than one that never had an entry.
    fn is_empty(&self, text: &str) -> bool {
        let words = |text: &str| text.split_whitespace().collect::<String>();
        let [name, ..] = NAMES;
        let fresh = self
            .client
            .put("", name, &Value::Object(serde_json::Map::new()))
            .and_then(|text| edit::remove(&text, self.spot(), name));
        words(text).is_empty() || fresh.is_ok_and(|fresh| words(&fresh) == words(text))
    }
}

/// Back to what was noted before an attempt that did nothing.
fn restore(installed: &mut Installed, file: &Path, before: Option<Record>) -> Result<(), Failure> {
    match before {
        Some(record) => installed.put(record),
        None => installed.forget(file),
    }
}

/// Forgets the changes and keeps the copy, as long as there is one.
fn keep_backup(installed: &mut Installed, record: Record) -> Result<Option<PathBuf>, Failure> {
    let backup = record.backup.clone().filter(|backup| backup.exists());
    if backup.is_none() {
        installed.forget(&record.file)?;
    } else if !record.changes.is_empty() {
        installed.put(Record { changes: Vec::new(), ..record })?;
    }
    Ok(backup)
}
