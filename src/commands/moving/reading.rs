//! Reading a file of somebody else's: bounded, never waiting for a pipe, and never by a link that leads out of
//! the folders that clients keep their configuration in.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file as it was found.
pub struct Text {
    /// Without links: what is read and what would be written.
    pub real: PathBuf,
    /// What is not UTF-8 is replaced.
    pub text: String,
}

/// The text of `file`, where it is a plain file of at most `most` bytes that lies, links followed, below one
/// of `roots`, which are without links.
pub fn read(file: &Path, roots: &[PathBuf], most: u64) -> Option<Text> {
    let real = file.canonicalize().ok()?;
    if !roots.iter().any(|root| real.starts_with(root)) || !real.metadata().ok()?.is_file() {
        return None;
    }
    let opened = open(&real).ok()?;
    // What was opened may be something else than what was looked at.
    let facts = opened.metadata().ok()?;
    if !facts.is_file() || facts.len() > most {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or_default());
    opened.take(most).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Some(Text { real, text })
}

#[cfg(unix)]
fn open(file: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Opening a pipe would wait for somebody who writes into it.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default()).open(file)
}

#[cfg(not(unix))]
fn open(file: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(file)
}
