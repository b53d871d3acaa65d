//! A client's file on disk: read whole, and replaced in one step where it is still what was read. A link leads
//! to the file that is written; its mode and owner stay. Nothing here knows what the file says.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Exit, Explain};

/// No client's configuration is near this; more is somebody's mistake, or an attempt to fill the memory.
const MOST: u64 = 32 << 20;

/// Links that are followed one after the other.
const LINKS: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("`{}` cannot be read; nothing was changed", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("`{}` is not a regular file; nothing was changed", .0.display())]
    NoFile(PathBuf),
    #[error("`{}` is larger than {} MB; nothing was changed", .0.display(), MOST >> 20)]
    TooLarge(PathBuf),
    #[error("`{}` is not UTF-8 text (byte {at}); nothing was changed", file.display())]
    NoText { file: PathBuf, at: usize },
    #[error("`{}` is read-only; nothing was changed", .0.display())]
    ReadOnly(PathBuf),
    #[error("`{}` cannot be written; nothing was changed", file.display())]
    Unwritable { file: PathBuf, source: io::Error },
    #[error("`{}` was changed by another program again and again while it was to be written", .0.display())]
    Busy(PathBuf),
    #[error("`{}` does not hold what was written: another program wrote it at the same time", .0.display())]
    Overwritten(PathBuf),
}

impl Explain for FileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "client_file_unreadable",
            Self::NoFile(_) | Self::TooLarge(_) | Self::NoText { .. } => "client_file_odd",
            Self::ReadOnly(_) | Self::Unwritable { .. } => "client_file_unwritable",
            Self::Busy(_) | Self::Overwritten(_) => "client_file_busy",
        }
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { file, .. } => format!("make `{}` readable for you", file.display()),
            Self::NoFile(_) => "move it away, and run the command again".to_owned(),
            Self::TooLarge(_) => "look what fills it; no client's configuration is that large".to_owned(),
            Self::NoText { .. } => "save it as UTF-8 in an editor, and run the command again".to_owned(),
            Self::ReadOnly(file) => read_only_hint(file),
            Self::Unwritable { file, source } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    "make room on the disk, and run the command again".to_owned()
                }
                ErrorKind::ReadOnlyFilesystem => {
                    "the disk is mounted read-only: change that first".to_owned()
                }
                _ => {
                    let folder = file.parent().unwrap_or(file);
                    format!("make the folder `{}` writable for you", folder.display())
                }
            },
            Self::Busy(_) | Self::Overwritten(_) => {
                "quit the program whose file it is, and run the command again".to_owned()
            }
        })
    }
}

fn read_only_hint(file: &Path) -> String {
    if file.starts_with("/nix/store") {
        return "it is made by Nix: add the entry there; `lumabill install --print` shows it".to_owned();
    }
    let file = file.display();
    if cfg!(windows) {
        format!("take the mark read-only off `{file}`, and run the command again")
    } else {
        format!("run `chmod u+w '{file}'`, and the command again; or add the entry where the file is made")
    }
}

/// A file as it was at one moment, or that it was missing.
pub struct Snapshot {
    /// Where it really is: behind every link.
    pub file: PathBuf,
    bytes: Option<Vec<u8>>,
    held: Option<fs::Metadata>,
}

/// What became of an attempt to write.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// The file is no longer what was read; nothing was written.
    Changed,
}

impl Snapshot {
    pub fn read(file: &Path) -> Result<Self, FileError> {
        let file = real(file);
        let unreadable = |source| FileError::Unreadable { file: file.clone(), source };
        let held = match fs::metadata(&file) {
            Ok(held) => held,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { file, bytes: None, held: None });
            }
            Err(source) => return Err(unreadable(source)),
        };
        if !held.is_file() {
            return Err(FileError::NoFile(file));
        }
        let mut bytes = Vec::new();
        File::open(&file).and_then(|open| open.take(MOST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
        if bytes.len() as u64 > MOST {
            return Err(FileError::TooLarge(file));
        }
        Ok(Self { file, bytes: Some(bytes), held: Some(held) })
    }

    /// What it says; nothing where it is missing.
    pub fn text(&self) -> Result<&str, FileError> {
        let bytes = self.bytes.as_deref().unwrap_or_default();
        str::from_utf8(bytes)
            .map_err(|error| FileError::NoText { file: self.file.clone(), at: error.valid_up_to() + 1 })
    }

    /// True where there is a file.
    pub fn exists(&self) -> bool {
        self.bytes.is_some()
    }

    /// The folders that have to be made before the file can be, the outermost first.
    pub fn missing_folders(&self) -> Vec<PathBuf> {
        let above = self.file.ancestors().skip(1);
        let mut missing: Vec<_> = above.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        missing.reverse();
        missing
    }

    /// Puts `text` in the place of what was read, in one step, or does nothing. Folders that are missing are
    /// made; a new file is readable for its owner only, since its neighbours may bring secrets into it.
    pub fn replace(&self, text: &str) -> Result<Written, FileError> {
        let unwritable = |source| FileError::Unwritable { file: self.file.clone(), source };
        self.writable()?;
        let made = self.missing_folders();
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let written = self.write_beside(text);
        if matches!(written, Ok(Written::Done)) {
            self.note_other_names();
        } else {
            remove_folders(&made, &self.file);
        }
        written
    }

    /// Where the file had several names (hard links), the others keep what it said, and a key that stands there.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "only Unix says how many names a file has"))]
    fn note_other_names(&self) {
        #[cfg(unix)]
        if let Some(held) = &self.held
            && std::os::unix::fs::MetadataExt::nlink(held) > 1
        {
            crate::terminal::note(&format!(
                "warning: `{}` had other names on this disk (hard links), and under those it is as it was: `find ~ \
                 -inum {}` lists them",
                self.file.display(),
                std::os::unix::fs::MetadataExt::ino(held)
            ));
        }
    }

    /// Removes the file where it is still what was read.
    pub fn remove(&self) -> Result<Written, FileError> {
        if !self.is_current()? {
            return Ok(Written::Changed);
        }
        let unwritable = |source| FileError::Unwritable { file: self.file.clone(), source };
        fs::remove_file(&self.file).map_err(unwritable)?;
        Ok(Written::Done)
    }

    /// A file that its owner may not write is none that we replace, though its folder would let us.
    fn writable(&self) -> Result<(), FileError> {
        let Some(held) = &self.held else { return Ok(()) };
        if held.permissions().readonly() {
            return Err(FileError::ReadOnly(self.file.clone()));
        }
        match OpenOptions::new().write(true).open(&self.file) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(FileError::ReadOnly(self.file.clone()))
            }
            Err(source) => Err(FileError::Unwritable { file: self.file.clone(), source }),
        }
    }

    fn write_beside(&self, text: &str) -> Result<Written, FileError> {
        let unwritable = |source| FileError::Unwritable { file: self.file.clone(), source };
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let new = self.file.with_file_name(format!(".{name}.{}.new", uuid::Uuid::new_v4().simple()));
        let written = private(&new)
            .and_then(|mut out| {
                out.write_all(text.as_bytes())?;
                if let Some(held) = &self.held {
                    keep_owner(&out, held)?;
                    out.set_permissions(held.permissions())?;
                }
                out.sync_all()
            })
            .map_err(unwritable)
            .and_then(|()| {
                if !self.is_current()? {
                    return Ok(Written::Changed);
                }
                fs::rename(&new, &self.file).map_err(unwritable)?;
                sync_folder(&self.file);
                Ok(Written::Done)
            });
        if !matches!(written, Ok(Written::Done)) {
            drop(fs::remove_file(&new));
        }
        written
    }

    /// True where the file on disk is still what was read.
    fn is_current(&self) -> Result<bool, FileError> {
        let now = Self::read(&self.file)?;
        Ok(now.file == self.file
            && now.bytes == self.bytes
            && mode(now.held.as_ref()) == mode(self.held.as_ref()))
    }
}

fn mode(held: Option<&fs::Metadata>) -> Option<Permissions> {
    held.map(fs::Metadata::permissions)
}

/// Removes folders that we made for `file`, the innermost first, as far as they are empty and lie around it.
pub fn remove_folders(outermost_first: &[PathBuf], file: &Path) {
    for folder in outermost_first.iter().rev().filter(|folder| file.starts_with(folder)) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// The file behind every link, also where the last one leads to nothing yet.
fn real(file: &Path) -> PathBuf {
    let mut at = file.to_owned();
    for _ in 0..LINKS {
        if let Ok(real) = at.canonicalize() {
            return plain(real);
        }
        let Ok(target) = fs::read_link(&at) else { break };
        at = at.parent().map(|folder| folder.join(&target)).unwrap_or(target);
    }
    // A missing file: as much of its folder as there is may still be behind links.
    let there = at.ancestors().skip(1).find_map(|folder| {
        let below = at.strip_prefix(folder).ok()?;
        Some(folder.canonicalize().ok()?.join(below))
    });
    there.map_or(at, plain)
}

/// Without the `\\?\` that Windows puts before canonical paths.
fn plain(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(text) if !text.starts_with("UNC") => text.into(),
        _ => path,
    }
}

fn private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// The new file belongs to whom the old one belonged: with `sudo` a client could not read it else.
#[cfg(unix)]
fn keep_owner(new: &File, held: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let now = new.metadata()?;
    if now.uid() != held.uid() {
        fchown(new, Some(held.uid()), Some(held.gid()))?;
    } else if now.gid() != held.gid() {
        // A group that we are not in cannot be kept; the mode then gives our own group what it gave that one.
        drop(fchown(new, None, Some(held.gid())));
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "what it stands for elsewhere can fail")]
fn keep_owner(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// After a power cut the folder knows the new file; where that cannot be had, the old one is there whole.
#[cfg(unix)]
fn sync_folder(file: &Path) {
    if let Some(folder) = file.parent() {
        drop(File::open(folder).and_then(|folder| folder.sync_all()));
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::{FileError, Snapshot, Written, remove_folders};

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("lumabill-file-{}", uuid::Uuid::new_v4()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder.canonicalize().unwrap())
        }

        fn names(&self) -> Vec<String> {
            let listed = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> =
                listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_link_stays_a_link_and_the_mode_stays() {
        let folder = Folder::new();
        let (target, link) = (folder.0.join("real.json"), folder.0.join("mcp.json"));
        fs::write(&target, "{}").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.json", &link).unwrap();
        let read = Snapshot::read(&link).unwrap();
        assert_eq!((read.text().unwrap(), &read.file), ("{}", &target));
        assert_eq!(read.replace("{ }").unwrap(), Written::Done);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&link).unwrap(), "{ }");
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o640);
        assert_eq!(folder.names(), ["mcp.json", "real.json"]);
    }

    #[test]
    fn a_link_to_nothing_yet_is_followed_too() {
        let folder = Folder::new();
        symlink("dotfiles/mcp.json", folder.0.join("mcp.json")).unwrap();
        let read = Snapshot::read(&folder.0.join("mcp.json")).unwrap();
        assert!(!read.exists());
        assert_eq!(read.missing_folders(), [folder.0.join("dotfiles")]);
        assert_eq!(read.replace("x").unwrap(), Written::Done);
        assert_eq!(fs::read_to_string(folder.0.join("dotfiles/mcp.json")).unwrap(), "x");
        assert_eq!(fs::metadata(folder.0.join("mcp.json")).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn below_a_home_that_is_a_link_folders_are_made_too() {
        let folder = Folder::new();
        fs::create_dir(folder.0.join("disk")).unwrap();
        symlink("disk", folder.0.join("home")).unwrap();
        let file = folder.0.join("home/.cursor/deep/mcp.json");
        let read = Snapshot::read(&file).unwrap();
        assert_eq!(read.file, folder.0.join("disk/.cursor/deep/mcp.json"));
        assert_eq!(read.replace("x").unwrap(), Written::Done);
        assert_eq!(Snapshot::read(&file).unwrap().file, read.file);
    }

    #[test]
    fn what_another_program_wrote_meanwhile_is_not_overwritten() {
        let folder = Folder::new();
        let file = folder.0.join("mcp.json");
        fs::write(&file, "one").unwrap();
        let read = Snapshot::read(&file).unwrap();
        fs::write(&file, "two").unwrap();
        assert_eq!(read.replace("ours").unwrap(), Written::Changed);
        assert_eq!(read.remove().unwrap(), Written::Changed);
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        let missing = Snapshot::read(&folder.0.join("a/b/c.json")).unwrap();
        fs::create_dir_all(folder.0.join("a/b")).unwrap();
        fs::write(folder.0.join("a/b/c.json"), "theirs").unwrap();
        assert_eq!(missing.replace("ours").unwrap(), Written::Changed);
        assert_eq!(folder.names(), ["a", "mcp.json"]);
    }

    #[test]
    fn what_cannot_be_a_configuration_is_refused() {
        let folder = Folder::new();
        let refused = |name: &str| Snapshot::read(&folder.0.join(name)).and_then(|read| read.replace("ours"));
        fs::create_dir(folder.0.join("folder")).unwrap();
        assert!(matches!(refused("folder"), Err(FileError::NoFile(_))));
        fs::write(folder.0.join("kept"), "x").unwrap();
        fs::set_permissions(folder.0.join("kept"), fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(refused("kept"), Err(FileError::ReadOnly(_))));
        fs::write(folder.0.join("latin"), b"ab\xfc").unwrap();
        let latin = Snapshot::read(&folder.0.join("latin")).unwrap();
        assert!(matches!(latin.text(), Err(FileError::NoText { at: 3, .. })));
        let large = fs::File::create(folder.0.join("large")).unwrap();
        large.set_len(super::MOST + 1).unwrap();
        assert!(matches!(refused("large"), Err(FileError::TooLarge(_))));
        assert!(matches!(refused("kept/below.json"), Err(FileError::Unreadable { .. })));
        assert_eq!(fs::read(folder.0.join("kept")).unwrap(), b"x");
    }

    #[test]
    fn folders_go_only_where_they_are_empty() {
        let folder = Folder::new();
        let made = [folder.0.join("a"), folder.0.join("a/b")];
        fs::create_dir_all(&made[1]).unwrap();
        fs::write(folder.0.join("a/other"), "").unwrap();
        remove_folders(&made, &folder.0.join("c/b/mcp.json"));
        assert!(made[1].exists(), "it does not lie around the file");
        remove_folders(&made, &folder.0.join("a/b/mcp.json"));
        assert!(made[0].exists() && !made[1].exists());
    }
}
