//! A home of its own for every run: nothing of the person who runs the tests is read or written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A temporary folder, removed when dropped. Shared between runs that belong together by reference.
pub struct Home {
    root: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lumabill-e2e-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        // What a killed run of a process with the same number left behind.
        drop(fs::remove_dir_all(&root));
        for folder in ["home", "config", "state", "runtime"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Self { root }
    }

    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The whole environment of a sealed run.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_STATE_HOME", "home/.local/state"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_RUNTIME_DIR", "runtime"),
            ("LUMABILL_CONFIG_DIR", "config"),
            ("LUMABILL_STATE_DIR", "state"),
        ]
        .map(|(name, folder)| (name.to_owned(), self.root.join(folder).display().to_string()))
        .to_vec()
    }

    /// Every file below the home with its bytes: what a run left behind.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut files, mut folders) = (Vec::new(), vec![self.root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    files.push((entry.path(), fs::read(entry.path()).unwrap()));
                }
            }
        }
        files
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}
