//! The files of a description in use: what follows from it, and its copy.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Compared, source};
use crate::commands::connect::block_on;
use crate::failure::{Exit, Failure};
use crate::settings::{Account, Settings, write_private_file};
use crate::spec::Kept;

/// SHA-256, hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in ring::digest::digest(&ring::digest::SHA256, bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// RFC 3339, to the second.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes both files, each in one step and for their owner only; gives the one that counts. The copy is first: what counts
/// never stands without it.
pub fn write(kept: &Kept, copy: &[u8], account: &Account, settings: &Settings) -> Result<PathBuf, Failure> {
    let folder = &settings.folders.config;
    let file = Kept::path(folder, &account.name);
    let json = serde_json::to_vec_pretty(kept).map_err(|error| unwritable(&file, &error.to_string()))?;
    let copy_file = Kept::copy_path(folder, &account.name);
    write_private_file(&copy_file, copy).map_err(|error| unwritable(&copy_file, &error.to_string()))?;
    write_private_file(&file, &json).map_err(|error| unwritable(&file, &error.to_string()))?;
    Ok(file)
}

fn unwritable(file: &Path, why: &str) -> Failure {
    let message = format!("`{}` cannot be written, so the description is not in use", file.display());
    Failure::new("spec_not_kept", Exit::Refused, message).because(why)
}

/// Removes both files; true where there was one.
pub fn forget(account: &str, settings: &Settings) -> Result<bool, Failure> {
    let folder = &settings.folders.config;
    let mut removed = false;
    for file in [Kept::path(folder, account), Kept::copy_path(folder, account)] {
        match fs::remove_file(&file) {
            Ok(()) => removed = true,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let message = format!("`{}` cannot be removed", file.display());
                return Err(
                    Failure::new("spec_not_removed", Exit::Refused, message).because(error.to_string())
                );
            }
        }
    }
    Ok(removed)
}

/// The files as they were before a login, which may fail.
pub struct Before {
    files: [(PathBuf, Option<Vec<u8>>); 2],
}

impl Before {
    /// Puts them back.
    pub fn restore(self) {
        for (file, bytes) in self.files {
            match bytes {
                Some(bytes) => drop(write_private_file(&file, &bytes)),
                None => drop(fs::remove_file(&file)),
            }
        }
    }
}

/// A description that was read for an account that is about to be logged in to.
pub struct Prepared(Compared);

impl Prepared {
    pub fn read(source: &str, account: &Account, settings: &Settings) -> Result<Self, Failure> {
        let compared = Compared::of(block_on(source::given(Some(source), account, settings))??)?;
        compared.is_usable()?;
        Ok(Self(compared))
    }

    /// Keeps it, so that the login itself speaks as it says.
    pub fn keep(&self, account: &Account, settings: &Settings) -> Result<Before, Failure> {
        let folder = &settings.folders.config;
        let files = [Kept::path(folder, &account.name), Kept::copy_path(folder, &account.name)]
            .map(|file| (file.clone(), fs::read(&file).ok()));
        write(&self.0.kept(account), &self.0.given.bytes, account, settings)?;
        Ok(Before { files })
    }
}
