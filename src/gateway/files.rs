//! Files that a tool may read or write: in folders that the user allowed, without following links. What is read
//! has to be what it is said to be; what is written is new, and there whole or not at all.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::redaction::quoted;
use super::{Gateway, Work};
use crate::failure::{Exit, Failure};

/// The largest statement that is read: 20 MB.
const LARGEST: u64 = 20_000_000;

impl Gateway {
    /// The arguments with `file` replaced by the `xml` it holds; `None` where there is no `file`.
    pub(super) fn with_file(&self, work: &Work) -> Result<Option<Map<String, Value>>, Failure> {
        let Some(path) = work.arguments.get("file").and_then(Value::as_str) else { return Ok(None) };
        let mut arguments = work.arguments.clone();
        arguments.shift_remove("file");
        arguments.insert("xml".into(), json!(read_xml(Path::new(path), &self.files)?));
        Ok(Some(arguments))
    }
}

pub(super) fn read_xml(path: &Path, folders: &[PathBuf]) -> Result<String, Failure> {
    let shown = quoted(&path.to_string_lossy());
    let refuse = |why: String| {
        Failure::new(
            "file_refused",
            Exit::Refused,
            format!("`{shown}` was not read: {why}; nothing was sent"),
        )
    };
    if folders.is_empty() {
        return Err(refuse("no folder is allowed".into())
            .hint("the person allows one with `lumabill config files FOLDER` or `serve --files FOLDER`"));
    }
    let real = fs::canonicalize(path).map_err(|error| refuse(error.to_string()))?;
    let is_link = fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_symlink());
    let inside = folders
        .iter()
        .filter_map(|folder| fs::canonicalize(folder).ok())
        .any(|folder| real.starts_with(folder));
    if is_link || !inside {
        return Err(refuse("it is not in a folder that the person allowed".into()));
    }
    // Opening a pipe would wait for its writer.
    if !fs::metadata(&real).is_ok_and(|data| data.is_file()) {
        return Err(refuse("it is no plain file".into()));
    }
    let file = File::open(&real).map_err(|error| refuse(error.to_string()))?;
    let plain = file.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
    if !plain {
        return Err(refuse("it is no plain file of at most 20 MB".into()));
    }
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        Ok(text)
    } else {
        Err(refuse("it holds no XML".into()))
    }
}

/// Where a new file would be: in one of the folders, which a bare name need not say where there is only one.
pub(super) fn place(path: &Path, folders: &[PathBuf]) -> Result<PathBuf, Failure> {
    let refuse = |why: &str| unwritten(path, why);
    let real = |folder: &PathBuf| fs::canonicalize(folder).ok();
    let allowed: Vec<PathBuf> = folders.iter().filter_map(real).collect();
    if allowed.is_empty() {
        return Err(refuse("no folder is allowed")
            .hint("the person allows one with `lumabill config files FOLDER` or `serve --files FOLDER`"));
    }
    let names: Vec<_> =
        allowed.iter().map(|folder| format!("`{}`", quoted(&folder.to_string_lossy()))).collect();
    let whole = format!("give a whole path in {}", names.join(" or "));
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(refuse("it names no file").hint(whole));
    };
    let place = match (folder.as_os_str().is_empty(), allowed.as_slice()) {
        (true, [only]) => only.join(name),
        _ if !path.is_absolute() => return Err(refuse("it is no whole path").hint(whole)),
        _ => {
            let folder =
                fs::canonicalize(folder).map_err(|error| refuse(&error.to_string()).hint(whole.clone()))?;
            if !allowed.iter().any(|allowed| folder.starts_with(allowed)) {
                return Err(refuse("it is not in a folder that the person allowed").hint(whole));
            }
            folder.join(name)
        }
    };
    if fs::symlink_metadata(&place).is_ok() {
        return Err(
            refuse("something has that name already, and nothing is overwritten").hint("give another name")
        );
    }
    Ok(place)
}

fn unwritten(path: &Path, why: &str) -> Failure {
    let shown = quoted(&path.to_string_lossy());
    Failure::new("file_refused", Exit::Refused, format!("`{shown}` was not written: {why}"))
}

/// Writes a new file into one of the folders, whole or not at all.
pub(super) fn write_new(path: &Path, bytes: &[u8], folders: &[PathBuf]) -> Result<String, Failure> {
    let place = place(path, folders)?;
    // Fails where something has come to have that name, a link included.
    let mut file = File::create_new(&place).map_err(|error| unwritten(path, &error.to_string()))?;
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        drop(file);
        drop(fs::remove_file(&place));
        return Err(unwritten(path, &error.to_string()));
    }
    Ok(place.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{read_xml, write_new};

    #[test]
    fn only_xml_in_allowed_folders_and_no_links() {
        let base = std::env::temp_dir().join(format!("lumabill-files-{}", std::process::id()));
        drop(fs::remove_dir_all(&base));
        let (allowed, other) = (base.join("allowed"), base.join("other"));
        fs::create_dir_all(&allowed).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(allowed.join("a.xml"), "<Document/>").unwrap();
        fs::write(allowed.join("a.txt"), "secret").unwrap();
        fs::write(other.join("b.xml"), "<Document/>").unwrap();
        let folders = [allowed.clone()];
        assert_eq!(read_xml(&allowed.join("a.xml"), &folders).unwrap(), "<Document/>");
        for refused in [
            allowed.join("a.txt"),
            other.join("b.xml"),
            allowed.join("../other/b.xml"),
            allowed.join("none.xml"),
            allowed.clone(),
        ] {
            assert_eq!(read_xml(&refused, &folders).unwrap_err().code, "file_refused", "{refused:?}");
        }
        assert!(read_xml(&allowed.join("a.xml"), &[]).is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(other.join("b.xml"), allowed.join("link.xml")).unwrap();
            assert!(read_xml(&allowed.join("link.xml"), &folders).is_err());
        }
        fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn new_files_lie_in_allowed_folders_and_nothing_is_overwritten() {
        let base = std::env::temp_dir().join(format!("lumabill-new-files-{}", std::process::id()));
        let (allowed, other) = (base.join("allowed"), base.join("other"));
        fs::create_dir_all(allowed.join("inner")).unwrap();
        fs::create_dir_all(&other).unwrap();
        let (one, both) = ([allowed.clone()], [allowed.clone(), other.clone()]);
        let written = |path: &Path, folders: &[PathBuf]| write_new(path, b"a", folders);
        let first = written(Path::new("a.csv"), &one).unwrap();
        assert_eq!(fs::read(&first).unwrap(), b"a");
        assert_eq!(PathBuf::from(first), fs::canonicalize(&allowed).unwrap().join("a.csv"));
        written(&allowed.join("inner/b.csv"), &one).unwrap();
        for (refused, folders) in [
            (Path::new("a.csv"), &one[..]),
            (&allowed.join("a.csv"), &one[..]),
            (&other.join("c.csv"), &one[..]),
            (&allowed.join("../other/c.csv"), &one[..]),
            (&allowed.join("none/c.csv"), &one[..]),
            (Path::new("inner/c.csv"), &one[..]),
            (Path::new("../c.csv"), &one[..]),
            (Path::new("c.csv"), &both[..]),
            (Path::new("c.csv"), &[]),
            (Path::new(""), &one[..]),
            (Path::new(".."), &one[..]),
            (Path::new("/"), &one[..]),
        ] {
            let failure = written(refused, folders).unwrap_err();
            assert!(failure.code == "file_refused" && failure.hint.is_some(), "{refused:?}: {failure:?}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&other, allowed.join("out")).unwrap();
            std::os::unix::fs::symlink(other.join("d.csv"), allowed.join("d.csv")).unwrap();
            for link in ["out/c.csv", "d.csv"] {
                assert!(written(&allowed.join(link), &one).is_err(), "{link}");
            }
        }
        assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
        fs::remove_dir_all(base).unwrap();
    }
}
