//! A client that has a command for its servers is told by that command: it may be writing its file all the time.
//! The file is read before and after, so that no entry is lost and none is said to be there that is not.

use std::path::PathBuf;

use serde_json::Value;

use super::Done;
use super::in_file::{Place, Put, Taken, bears_our_name};
use super::installed::Installed;
use super::own_command::{Ran, as_typed, run};
use crate::failure::{Exit, Failure};
use crate::install::clients::{OwnCommand, Start, Way, is_ours, updated};
use crate::install::{Client, Entry, keys};
use crate::settings::UserFolders;
use crate::terminal;

/// A client's own command, and where it is.
pub struct Told {
    own: OwnCommand,
    program: PathBuf,
    /// Where it is started: some versions start what the folder around them names.
    home: PathBuf,
}

/// The client's own command, where it has one that is on PATH.
pub fn of(client: &Client, folders: &UserFolders) -> Option<Told> {
    if client.way != Way::Command {
        return None;
    }
    Some(Told { own: client.own?, program: client.program(folders)?, home: folders.home.clone() })
}

impl Told {
    fn run(&self, arguments: &[String]) -> Result<Ran, Failure> {
        run(&self.program, arguments, &self.home)
    }

    fn typed(&self, arguments: &[String]) -> String {
        as_typed(self.own.program, arguments)
    }

    /// Adds the entry, or takes an older one of ours out and adds it anew with what a person added to it.
    pub fn put(&self, place: &Place, entry: &Entry, installed: &mut Installed) -> Result<Done, Failure> {
        let file = format!("`{}`", place.file.display());
        let Some(old) = place.entry(&entry.name)? else {
            return self.add(place, entry, installed);
        };
        place.check_ours(&entry.name, &old)?;
        let wanted = updated(&old, &(place.client.shape)(entry));
        if wanted == old {
            return Ok(Done { put: Put::Same, place: file });
        }
        // No key is an argument, whosever it is: where a person put variables into the entry, the file is edited.
        if has_variables(&wanted) || !keys::find(&wanted.to_string()).is_empty() {
            return Ok(Done { put: place.put(entry, installed)?, place: file });
        }
        let removed = self.run(&(self.own.remove)(&entry.name));
        if place.entry(&entry.name)?.is_some() {
            self.note(&removed);
            return Ok(Done { put: place.put(entry, installed)?, place: file });
        }
        let add = (self.own.add_fields)(&entry.name, &wanted);
        let added = self.run(&add);
        if starts(place, entry)? {
            return Ok(Done { put: Put::Updated, place: format!("{file} by `{}`", self.typed(&add)) });
        }
        self.note(&added);
        match place.put_fields(&entry.name, &wanted, installed) {
            Ok(_) => Ok(Done { put: Put::Updated, place: file }),
            Err(failure) => Err(self.bring_back(place, &entry.name, &old, failure)),
        }
    }

    fn add(&self, place: &Place, entry: &Entry, installed: &mut Installed) -> Result<Done, Failure> {
        let add = (self.own.add)(entry);
        let added = self.run(&add);
        let told = |place| Ok(Done { put: Put::Added, place: format!("{place} by `{}`", self.typed(&add)) });
        if starts(place, entry)? {
            return told(format!("`{}`", place.file.display()));
        }
        let shown = || {
            let ran = self.run(&(self.own.show)(&entry.name));
            ran.is_ok_and(|ran| ran.succeeded() && ran.said.contains(&entry.command))
        };
        if added.as_ref().is_ok_and(Ran::succeeded) && shown() {
            // It keeps it elsewhere than the versions that are known here.
            return told(place.client.title.to_owned());
        }
        self.note(&added);
        Ok(Done { put: place.put(entry, installed)?, place: format!("`{}`", place.file.display()) })
    }

    /// The old entry, which was taken out, is put back; or the person is told how.
    fn bring_back(&self, place: &Place, name: &str, old: &Value, failure: Failure) -> Failure {
        let add = (self.own.add_fields)(name, old);
        drop(self.run(&add));
        let (message, hint) = match place.entry(name) {
            Ok(Some(_)) => {
                (format!("the entry `{name}` could not be changed; it is as it was"), failure.hint)
            }
            _ => (
                format!("the entry `{name}` was taken out and could not be added again"),
                Some(format!("type `{}` to have the old one back", self.typed(&add))),
            ),
        };
        let failed = Failure::new("entry_not_changed", Exit::Refused, message).because(failure.message);
        Failure { hint, ..failed }
    }

    fn note(&self, ran: &Result<Ran, Failure>) {
        let problem = match ran {
            Ok(ran) if ran.succeeded() => {
                "it said that it was done, and its file does not show it".to_owned()
            }
            Ok(ran) => ran.problem(),
            Err(failure) => failure.causes.first().unwrap_or(&failure.message).clone(),
        };
        let program = self.own.program;
        terminal::note(&format!("note: `{program}` did not do it ({problem}); its file is edited instead"));
    }

    /// Takes our entries out by the command; what it leaves is taken out of the file.
    pub fn take_out(&self, place: &Place, installed: &mut Installed) -> Result<Taken, Failure> {
        // What we wrote into the file ourselves can be taken back byte for byte.
        if installed.has_changes(place.file) {
            return place.take_out(installed);
        }
        let mut taken = Taken::default();
        for listed in place.entries()?.iter().filter(|listed| bears_our_name(listed)) {
            if !is_ours(&listed.entry) {
                taken.foreign.push((listed.name.clone(), listed.line));
                continue;
            }
            let ran = self.run(&(self.own.remove)(&listed.name));
            taken.names.push(listed.name.clone());
            if place.entry(&listed.name)?.is_some() {
                self.note(&ran);
                place.take_out(installed)?;
            }
        }
        Ok(taken)
    }
}

/// True where an entry sets variables, which may hold a key of anybody's.
fn has_variables(entry: &Value) -> bool {
    let variables = entry.get("env").and_then(Value::as_object);
    variables.is_some_and(|variables| !variables.is_empty())
}

/// True where the file has an entry that starts what `entry` does.
fn starts(place: &Place, entry: &Entry) -> Result<bool, Failure> {
    let wanted = Start { command: entry.command.clone(), args: entry.args.clone() };
    Ok(place.entry(&entry.name)?.and_then(|now| Start::of(&now)) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Told;
    use crate::install::clients::by_id;

    #[test]
    fn a_command_is_typed_as_a_shell_takes_it() {
        let own = by_id("claude-code").and_then(|client| client.own).unwrap();
        let told = Told { own, program: PathBuf::from("/x/claude"), home: PathBuf::from("/") };
        let fields = serde_json::json!({ "command": "/a b/lumabill", "args": ["serve"] });
        assert_eq!(
            told.typed(&(own.add_fields)("lumabill", &fields)),
            r#"claude mcp add-json -s user lumabill '{"command":"/a b/lumabill","args":["serve"]}'"#
        );
    }
}
