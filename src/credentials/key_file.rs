//! The key file, which exists only where `login --insecure-storage` made one: readable for its owner only,
//! refused where that is no longer so. It names its origin, as a keyring item does.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Secret;
use crate::failure::{Exit, Explain};
use crate::settings::{Folders, me, write_private_file};

/// Longer than any key, and any sign-in.
const LIMIT: u64 = 64 * 1024;

/// The key file of one account.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("the key file `{}` cannot be read or written", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the key file `{}` was not read: {problem}", path.display())]
    Unsafe { path: PathBuf, problem: &'static str },
    #[error("the key file `{}` holds a key for {belongs}, not for {asked}", path.display())]
    OtherOrigin { path: PathBuf, belongs: String, asked: String },
    #[error("the key file `{}` does not hold a key", path.display())]
    NoKey { path: PathBuf },
}

impl Explain for KeyFileError {
    fn code(&self) -> &'static str {
        "key_file"
    }
    fn exit(&self) -> Exit {
        Exit::NotLoggedIn
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unsafe { path, .. } => {
                format!(
                    "others may have read the key: revoke it in Lumabill (Settings > API), remove `{}`, and \
                     run `{} login`",
                    path.display(),
                    me()
                )
            }
            Self::Io { path, .. } => {
                let folder = path.parent().unwrap_or(path).display();
                format!("see that `{folder}` can be read and written and has room, then run `{} login`", me())
            }
            Self::OtherOrigin { .. } | Self::NoKey { .. } => format!("run `{} login`", me()),
        })
    }
}

impl KeyFile {
    pub fn of(folders: &Folders, account: &str) -> Self {
        Self { path: folders.config.join(format!("{account}.key")) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key for `origin`; `None` where there is no file.
    pub fn read(&self, origin: &str) -> Result<Option<Secret>, KeyFileError> {
        let mut file = match open_unfollowed(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) if fs::symlink_metadata(&self.path).is_ok_and(|meta| meta.is_symlink()) => {
                return Err(self.not_safe("it is a symbolic link"));
            }
            Err(source) => return Err(self.io(source)),
        };
        self.check(&file)?;
        let mut text = String::new();
        file.by_ref().take(LIMIT).read_to_string(&mut text).map_err(|source| self.io(source))?;
        let mut lines = text.lines();
        let (belongs, key) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if key.is_empty() {
            return Err(KeyFileError::NoKey { path: self.path.clone() });
        }
        let secret = Secret::new(key.to_owned());
        if belongs != origin {
            let (belongs, asked) = (belongs.to_owned(), origin.to_owned());
            return Err(KeyFileError::OtherOrigin { path: self.path.clone(), belongs, asked });
        }
        // The buffer held the key too.
        drop(Secret::new(text));
        Ok(Some(secret))
    }

    /// Writes the key in one step, reads it back and compares.
    pub fn write(&self, origin: &str, secret: &Secret) -> Result<(), KeyFileError> {
        let text = Secret::new(format!("{origin}\n{}\n", secret.expose()));
        write_private_file(&self.path, text.expose().as_bytes()).map_err(|source| self.io(source))?;
        match self.read(origin)? {
            Some(stored) if stored.is(secret) => Ok(()),
            _ => Err(KeyFileError::NoKey { path: self.path.clone() }),
        }
    }

    /// Removes the file; false where there was none.
    pub fn delete(&self) -> Result<bool, KeyFileError> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.io(source)),
        }
    }

    fn io(&self, source: io::Error) -> KeyFileError {
        KeyFileError::Io { path: self.path.clone(), source }
    }

    fn not_safe(&self, problem: &'static str) -> KeyFileError {
        KeyFileError::Unsafe { path: self.path.clone(), problem }
    }

    #[cfg(unix)]
    fn check(&self, file: &File) -> Result<(), KeyFileError> {
        use std::os::unix::fs::MetadataExt;
        let meta = file.metadata().map_err(|source| self.io(source))?;
        if !meta.is_file() {
            return Err(self.not_safe("it is no regular file"));
        }
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(self.not_safe("it belongs to another user"));
        }
        if meta.mode() & 0o077 != 0 {
            return Err(self.not_safe("other users may read it"));
        }
        Ok(())
    }

    /// On Windows the access list of the user's own folder protects the file.
    #[cfg(not(unix))]
    fn check(&self, file: &File) -> Result<(), KeyFileError> {
        let meta = file.metadata().map_err(|source| self.io(source))?;
        if meta.is_file() { Ok(()) } else { Err(self.not_safe("it is no regular file")) }
    }
}

#[cfg(unix)]
fn open_unfollowed(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(File::from(open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_unfollowed(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(ErrorKind::InvalidInput.into());
    }
    File::open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::{KeyFile, KeyFileError};
    use crate::credentials::Secret;
    use crate::settings::Folders;

    const ORIGIN: &str = "https://api.lumabill.ch";

    #[test]
    fn a_key_file_is_read_only_while_it_is_private_and_for_its_own_origin() {
        let folder = std::env::temp_dir().join(format!("lumabill-file-{}", uuid::Uuid::new_v4()));
        let file = KeyFile::of(&Folders { config: folder.join("c"), state: folder.clone() }, "lumabill");
        assert!(file.read(ORIGIN).unwrap().is_none());
        file.write(ORIGIN, &Secret::new("lmb_0123456789abcdef".into())).unwrap();
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.join("c")), 0o700);
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(file.read(ORIGIN).unwrap().unwrap().masked(), "lmb_…cdef");
        assert!(matches!(file.read("https://evil.example"), Err(KeyFileError::OtherOrigin { .. })));

        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(file.read(ORIGIN), Err(KeyFileError::Unsafe { .. })));
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        let moved = folder.join("elsewhere");
        fs::rename(file.path(), &moved).unwrap();
        symlink(&moved, file.path()).unwrap();
        assert!(matches!(file.read(ORIGIN), Err(KeyFileError::Unsafe { .. })));
        assert!(file.delete().unwrap());
        assert!(!file.delete().unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
