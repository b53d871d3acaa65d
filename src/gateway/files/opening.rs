//! Opening a file below a folder in such a way that it is opened there and nowhere else: step by step from the
//! folder's own handle, and no step follows a link. What is looked at is what is opened.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// A file below a folder, by the way down to it.
pub struct Place {
    /// Absolute and without links.
    pub folder: PathBuf,
    /// Names of folders below it.
    pub below: PathBuf,
    pub name: OsString,
}

impl Place {
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.below).join(&self.name)
    }

    /// Opens it for reading. It may be anything that has a name: a pipe is not waited for.
    #[cfg(unix)]
    pub fn open(&self) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags, openat};
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(File::from(openat(self.enter()?, &self.name, flags, Mode::empty()).map_err(no_link)?))
    }

    /// Makes it anew and opens it for writing; fails where something has that name already, a link included.
    #[cfg(unix)]
    pub fn create(&self) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags, openat};
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o666);
        Ok(File::from(openat(self.enter()?, &self.name, flags, mode)?))
    }

    /// Takes away again what [`Place::create`] made.
    #[cfg(unix)]
    pub fn remove(&self) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self.enter()?, &self.name, rustix::fs::AtFlags::empty())?)
    }

    #[cfg(unix)]
    fn enter(&self) -> io::Result<std::os::fd::OwnedFd> {
        use rustix::fs::{Mode, OFlags, open, openat};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = open(&self.folder, flags, Mode::empty()).map_err(no_link)?;
        for part in &self.below {
            folder = openat(folder, part, flags, Mode::empty()).map_err(no_link)?;
        }
        Ok(folder)
    }
}

/// A link is told apart by two errors, of which the standard library has a word for one only.
#[cfg(unix)]
fn no_link(error: rustix::io::Errno) -> io::Error {
    if error == rustix::io::Errno::LOOP { io::ErrorKind::NotADirectory.into() } else { error.into() }
}

/// There is no opening relative to a folder's handle here. Where the path leads is looked at before and after:
/// a folder that is swapped for a link in between, and back, goes unseen.
#[cfg(not(unix))]
impl Place {
    pub fn open(&self) -> io::Result<File> {
        self.unmoved()?;
        let file = File::open(self.path())?;
        self.unmoved()?;
        Ok(file)
    }

    pub fn create(&self) -> io::Result<File> {
        let file = File::create_new(self.path())?;
        self.unmoved()?;
        Ok(file)
    }

    pub fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(self.path())
    }

    fn unmoved(&self) -> io::Result<()> {
        if std::fs::canonicalize(self.path())? == self.path() {
            Ok(())
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }
}
