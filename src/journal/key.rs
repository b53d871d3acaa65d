//! The key under which contents are hashed: 32 random bytes of this machine's user in a file of their own.
//! Without the same key the journal recognises nothing, so its hash of a constant stands in the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::Digest;

const LENGTH: usize = 32;
const CHECKED: &[&str] = &["lumabill journal key check"];

/// The key, and by what the database recognises it.
#[derive(Clone)]
pub(super) struct Key {
    hmac: hmac::Key,
    pub check: Digest,
}

impl Key {
    /// `None` where there is no key, or one that lost bytes.
    pub fn read(file: &Path) -> io::Result<Option<Self>> {
        match fs::read(file) {
            Ok(bytes) if bytes.len() == LENGTH => Ok(Some(Self::new(&bytes))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a key where there is none; of two processes that make one the first wins.
    pub fn make(file: &Path) -> io::Result<Self> {
        let mut fresh = [0_u8; LENGTH];
        SystemRandom::new()
            .fill(&mut fresh)
            .map_err(|_| io::Error::other("the system gives no random numbers"))?;
        if fs::metadata(file).is_ok_and(|known| known.len() != LENGTH as u64) {
            fs::remove_file(file)?;
        }
        // Written beside and linked into place: another process never reads half a key.
        let draft = draft(file);
        let linked = write(&draft, &fresh).and_then(|()| match fs::hard_link(&draft, file) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
        drop(fs::remove_file(&draft));
        linked?;
        sync_folder(file)?;
        Self::read(file)?.ok_or_else(|| io::Error::other("the key that was just made cannot be read"))
    }

    /// The hash of `parts`, none of which runs into the next.
    pub fn digest(&self, parts: &[&str]) -> Digest {
        digest(&self.hmac, parts)
    }

    fn new(bytes: &[u8]) -> Self {
        let hmac = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let check = digest(&hmac, CHECKED);
        Self { hmac, check }
    }
}

fn digest(key: &hmac::Key, parts: &[&str]) -> Digest {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let tag = context.sign();
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    Digest(short)
}

fn draft(file: &Path) -> PathBuf {
    file.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()))
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A power cut must not take the key and leave the rows. Windows keeps a folder's entries by itself.
fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
