//! Who carries an intent: a random id for each process, and a locked file of that name. The system frees the
//! lock however the process ends, and keeps it for one that is merely stopped.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How often a new id is tried: another process may sweep a file away before it is locked.
const TRIES: usize = 16;

/// This process among the owners.
pub(super) struct Owners {
    folder: PathBuf,
    pub(super) mine: Option<Mine>,
}

/// The lock lasts as long as this.
pub(super) struct Mine {
    id: String,
    _lock: File,
}

impl Owners {
    pub fn new(state_folder: &Path) -> Self {
        Self::at(&state_folder.join("owners"))
    }

    /// Those whose files lie in `folder` itself.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), mine: None }
    }

    /// Our id; none before the first claim.
    pub fn me(&self) -> Option<&str> {
        self.mine.as_ref().map(|mine| mine.id.as_str())
    }

    /// Locks a file for this process unless that was done.
    pub fn enter(&mut self) -> io::Result<()> {
        if self.mine.is_some() {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)?;
        for _ in 0..TRIES {
            let id = uuid::Uuid::new_v4().simple().to_string();
            let path = self.folder.join(&id);
            let file = create(&path)?;
            match file.try_lock() {
                // Still there, so it is the file that we locked: nobody else makes one of this name.
                Ok(()) if path.try_exists()? => {
                    self.mine = Some(Mine { id, _lock: file });
                    return Ok(());
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other("no owner file could be locked"))
    }

    /// Gives up the id, and takes its file away.
    pub fn leave(&mut self) {
        if let Some(mine) = self.mine.take() {
            drop(fs::remove_file(self.folder.join(&mine.id)));
        }
    }

    /// Gives up an id whose file is gone, so that others do not take us for dead.
    pub fn leave_if_gone(&mut self) {
        if self.me().is_some_and(|id| !self.folder.join(id).exists()) {
            self.mine = None;
        }
    }

    /// Whether the process behind `id` lives.
    pub fn alive(&self, id: &str) -> io::Result<bool> {
        // Never by locking: the second lock of one process fails or, on some systems, does not.
        if self.me() == Some(id) {
            return Ok(true);
        }
        let file = match File::open(self.folder.join(id)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        // Shared, so that two who look at the same time do not take each other for the owner.
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes the files of dead owners, unless `needed`.
    pub fn sweep(&self, needed: impl Fn(&str) -> bool) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(id) = name.to_str() else { continue };
            // What somebody says of himself lies beside his lock, under its name and an ending.
            if self.me() == Some(id) || needed(id) || id.contains('.') {
                continue;
            }
            let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else { continue };
            if file.try_lock().is_ok() {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

/// A new file, for its owner only.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
