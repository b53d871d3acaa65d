//! Which servers of this user are in use, which version each is, and who started it: a locked file for each, as in
//! `owner`, and one beside it that says it. Both say nothing of calls.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::owner::{Owners, create};

/// Endings of the files beside the locks: what is said, and what is about to be.
const SAID: &str = ".json";
const DRAFT: &str = ".new";
/// No server writes more about itself, in bytes.
const LONGEST: u64 = 4096;

/// What a running server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Of the program.
    pub version: String,
    pub pid: u32,
    /// The client's own name in `clientInfo`.
    pub client: String,
    /// When a tool was called first, RFC 3339.
    pub since: String,
    /// The program's file as it was at the start.
    pub program: Option<PathBuf>,
}

/// This process among the running ones, until it is dropped or the process ends in whatever way.
pub struct Presence {
    owners: Owners,
    folder: PathBuf,
}

impl Presence {
    /// Says that this server runs, and clears up after those that do not any more. Nothing waits for the disk.
    pub fn enter(state_folder: &Path, running: &Running) -> io::Result<Self> {
        let folder = folder(state_folder);
        let mut owners = Owners::at(&folder);
        owners.enter()?;
        let presence = Self { owners, folder };
        if let (Some(file), Some(id)) = (presence.file(), presence.owners.me()) {
            let draft = presence.folder.join(format!("{id}{DRAFT}"));
            create(&draft)?.write_all(&serde_json::to_vec(running)?)?;
            fs::rename(&draft, &file)?;
        }
        presence.sweep();
        Ok(presence)
    }

    fn file(&self) -> Option<PathBuf> {
        self.owners.me().map(|id| said_by(&self.folder, id))
    }

    fn sweep(&self) {
        for ending in [SAID, DRAFT] {
            for id in ids(&self.folder, ending) {
                if matches!(self.owners.alive(&id), Ok(false)) {
                    drop(fs::remove_file(self.folder.join(id + ending)));
                }
            }
        }
        // What is not said yet may be about to be: its lock tells.
        self.owners.sweep(|_| false);
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Some(file) = self.file() {
            drop(fs::remove_file(file));
        }
        self.owners.leave();
    }
}

impl Running {
    /// Every server of this user that runs, the longest first. Changes nothing.
    pub fn all(state_folder: &Path) -> Vec<Self> {
        let folder = folder(state_folder);
        let owners = Owners::at(&folder);
        let mut found: Vec<Self> = ids(&folder, SAID)
            .filter(|id| matches!(owners.alive(id), Ok(true)))
            .filter_map(|id| read(&said_by(&folder, &id)))
            .collect();
        found.sort_by(|one, other| (&one.since, one.pid).cmp(&(&other.since, other.pid)));
        found
    }
}

fn folder(state_folder: &Path) -> PathBuf {
    state_folder.join("running")
}

/// Where the server with the lock file `id` says what it is.
fn said_by(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}{SAID}"))
}

fn ids(folder: &Path, ending: &'static str) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(move |entry| Some(entry.file_name().to_str()?.strip_suffix(ending)?.to_owned()))
}

fn read(file: &Path) -> Option<Running> {
    let small = fs::symlink_metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= LONGEST);
    small.then(|| fs::read(file).ok()).flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok())
}
