//! `installed.json` in the state folder: what was changed in which client's file, so that it can be taken back,
//! and copies of those files as they were before, without their keys. One process at a time changes either.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};
use crate::install::keys::{find, without_keys};
use crate::install::undo::Change;
use crate::settings::write_private_file;
use crate::terminal;

const VERSION: u32 = 1;

/// What is known of all files; locked for other processes as long as it lives.
pub struct Installed {
    folder: PathBuf,
    content: Content,
    _lock: File,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(default)]
    files: Vec<Record>,
}

/// What was changed in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The client's id.
    pub client: String,
    /// Behind every link.
    pub file: PathBuf,
    /// True for the file of a project.
    #[serde(default)]
    pub project: bool,
    /// True where there was no such file before.
    #[serde(default)]
    pub made: bool,
    /// Folders that were made for it, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<PathBuf>,
    /// A digest of the file as it was before.
    #[serde(default)]
    pub before: String,
    /// A copy of it, without keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<PathBuf>,
    /// What was changed, in order.
    #[serde(default)]
    pub changes: Vec<Named>,
}

/// The change that brought one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    #[serde(flatten)]
    pub change: Change,
}

impl Installed {
    /// Waits for other processes that install, and reads. A file that is damaged is put aside and said.
    pub fn open(state: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(
                "state_unwritable",
                Exit::Refused,
                format!("the state folder `{}` cannot be written; nothing was changed", state.display()),
            )
            .because(error.to_string())
            .hint("make it writable for you: what is changed is noted there, so that it can be taken back")
        };
        let lock = open_lock(state).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let file = state.join("installed.json");
        let content = match fs::read(&file) {
            Ok(bytes) if version(&bytes) > u64::from(VERSION) => return Err(newer(&file)),
            Ok(bytes) => read(&bytes).unwrap_or_else(|problem| {
                let aside = state.join("installed.json.damaged");
                drop(fs::rename(&file, &aside));
                terminal::note(&format!(
                    "warning: `{}` could not be read ({problem}) and is now `{}`: what was installed before is \
                     taken out entry by entry, without putting back how the file was laid out",
                    file.display(),
                    aside.display()
                ));
                Content::default()
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Content::default(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { folder: state.to_owned(), content, _lock: lock })
    }

    pub fn records(&self) -> &[Record] {
        &self.content.files
    }

    pub fn of(&self, file: &Path) -> Option<&Record> {
        self.content.files.iter().find(|record| record.file == file)
    }

    /// True where something of ours was written into this file, by whatever way it is named.
    pub fn has_changes(&self, file: &Path) -> bool {
        let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        self.of(&real).is_some_and(|record| !record.changes.is_empty())
    }

    /// Notes `record` in the place of what was known of its file, durably.
    pub fn put(&mut self, record: Record) -> Result<(), Failure> {
        self.content.files.retain(|known| known.file != record.file);
        self.content.files.push(record);
        self.save()
    }

    /// Forgets a file, and the copy of it.
    pub fn forget(&mut self, file: &Path) -> Result<(), Failure> {
        let Some(record) = self.of(file).cloned() else { return Ok(()) };
        self.content.files.retain(|known| known.file != file);
        self.save()?;
        // Only what lies where we put it: the path comes from a file that others could have written.
        if let Some(backup) = record.backup.filter(|backup| backup.parent() == Some(&self.backups())) {
            drop(fs::remove_file(backup));
            drop(fs::remove_dir(self.backups()));
        }
        Ok(())
    }

    /// Keeps a copy of `text`, with words in the place of every key; returns where.
    pub fn back_up(&self, client: &str, file: &Path, text: &str) -> Result<PathBuf, Failure> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let id = uuid::Uuid::new_v4().simple().to_string();
        let short = id.get(..8).unwrap_or_default();
        let backup = self.backups().join(format!("{client}-{short}-{name}"));
        write_private_file(&backup, without_keys(text).as_bytes())
            .map_err(|error| unwritten(&backup, &error))?;
        Ok(backup)
    }

    fn backups(&self) -> PathBuf {
        self.folder.join("backups")
    }

    fn save(&mut self) -> Result<(), Failure> {
        self.content.version = VERSION;
        let file = self.folder.join("installed.json");
        if self.content.files.is_empty() {
            return match fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritten(&file, &error)),
                _ => Ok(()),
            };
        }
        let written = serde_json::to_vec_pretty(&self.content)
            .map_err(std::io::Error::from)
            .and_then(|bytes| write_private_file(&file, &bytes));
        written.map_err(|error| unwritten(&file, &error))
    }
}

/// The file that all processes lock, in a folder that is private if it is new.
fn open_lock(state: &Path) -> std::io::Result<File> {
    let (mut folder, mut file) = (fs::DirBuilder::new(), OpenOptions::new());
    folder.recursive(true);
    file.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    folder.create(state)?;
    file.open(state.join("installed.lock"))
}

fn unwritten(file: &Path, error: &std::io::Error) -> Failure {
    let message = format!("`{}` cannot be written; nothing was changed", file.display());
    Failure::new("state_unwritable", Exit::Refused, message).because(error.to_string())
}

impl Record {
    /// Of a file that was not changed yet.
    pub fn new(client: &str, file: &Path, project: bool) -> Self {
        Self {
            client: client.to_owned(),
            file: file.to_owned(),
            project,
            made: false,
            folders: Vec::new(),
            before: String::new(),
            backup: None,
            changes: Vec::new(),
        }
    }

    /// Notes the last change of an entry. One whose words hold a key is not kept: it is taken back by taking
    /// the entry out.
    pub fn changed(&mut self, name: &str, change: Change) {
        self.changes.retain(|known| known.name != name);
        if find(&change.removed).is_empty() && find(&change.inserted).is_empty() {
            self.changes.push(Named { name: name.to_owned(), change });
        }
    }
}

/// What tells a file's text from every other, and does not tell what it says.
pub fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

fn read(bytes: &[u8]) -> Result<Content, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// The version that a file says it has, whatever else it says.
fn version(bytes: &[u8]) -> u64 {
    let content = serde_json::from_slice::<serde_json::Value>(bytes).ok();
    content.and_then(|content| content.get("version")?.as_u64()).unwrap_or_default()
}

/// What a newer version needs to take its changes back is not put aside.
fn newer(file: &Path) -> Failure {
    let shown = file.display();
    let message = format!("`{shown}` was written by a newer version of this program; nothing was changed");
    Failure::new("state_of_newer_version", Exit::Refused, message)
        .hint("run the newer version, or update this one")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Installed, Record, digest};
    use crate::install::undo::Change;

    struct State(PathBuf);

    impl State {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("lumabill-installed-{}", uuid::Uuid::new_v4())))
        }
    }

    impl Drop for State {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn record() -> Record {
        let mut record = Record::new("cursor", Path::new("/home/ada/.cursor/mcp.json"), false);
        let change = Change { removed: "{}".into(), inserted: "{ours}".into() };
        record.changed("lumabill", change);
        record
    }

    #[test]
    fn what_is_noted_is_there_for_the_next_process() {
        let state = State::new();
        let mut installed = Installed::open(&state.0).unwrap();
        let backup = installed.back_up("cursor", Path::new("/x/mcp.json"), "{}").unwrap();
        installed.put(Record { backup: Some(backup.clone()), ..record() }).unwrap();
        drop(installed);
        let mut installed = Installed::open(&state.0).unwrap();
        assert_eq!(installed.records().len(), 1);
        assert_eq!(installed.of(&record().file).unwrap().changes, record().changes);
        assert_eq!(std::fs::read_to_string(&backup).unwrap(), "{}");
        installed.forget(&record().file).unwrap();
        assert!(!backup.exists() && installed.records().is_empty());
    }

    #[test]
    fn a_damaged_file_is_put_aside() {
        let state = State::new();
        drop(Installed::open(&state.0).unwrap());
        for damaged in ["{", "[]", r#"{"version":1,"files":7}"#] {
            std::fs::write(state.0.join("installed.json"), damaged).unwrap();
            assert!(Installed::open(&state.0).unwrap().records().is_empty());
            assert_eq!(std::fs::read_to_string(state.0.join("installed.json.damaged")).unwrap(), damaged);
        }
    }

    #[test]
    fn what_a_newer_version_wrote_is_left_to_it() {
        let state = State::new();
        drop(Installed::open(&state.0).unwrap());
        let newer = r#"{"version":9,"files":{"more":"than we know"}}"#;
        std::fs::write(state.0.join("installed.json"), newer).unwrap();
        let failure = Installed::open(&state.0).map(drop).unwrap_err();
        assert!(failure.message.contains("newer version"), "{}", failure.message);
        assert_eq!(std::fs::read_to_string(state.0.join("installed.json")).unwrap(), newer);
    }

    #[test]
    fn a_backup_elsewhere_is_not_ours_to_remove() {
        let state = State::new();
        let mut installed = Installed::open(&state.0).unwrap();
        let foreign = state.0.join("foreign");
        std::fs::write(&foreign, "x").unwrap();
        installed.put(Record { backup: Some(foreign.clone()), ..record() }).unwrap();
        installed.forget(&record().file).unwrap();
        assert!(foreign.exists());
    }

    #[test]
    fn texts_are_told_apart() {
        assert_eq!(digest("a"), digest("a"));
        assert_ne!(digest("a"), digest("b"));
    }
}
