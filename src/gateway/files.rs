//! Files that a tool may read: from folders that the user allowed, without following links, and only
//! where the content is what it is said to be.

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

/// Writes a new file into one of the folders.
pub(super) fn write_new(path: &Path, bytes: &[u8], folders: &[PathBuf]) -> Result<String, Failure> {
    let shown = quoted(&path.to_string_lossy());
    let refuse = |why: String| {
        Failure::new("file_refused", Exit::Refused, format!("`{shown}` was not written: {why}"))
    };
    if folders.is_empty() {
        return Err(refuse("no folder is allowed".into())
            .hint("the person allows one with `lumabill config files FOLDER` or `serve --files FOLDER`"));
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(refuse("it names no file".into()));
    };
    let folder = fs::canonicalize(folder).map_err(|error| refuse(error.to_string()))?;
    let allowed = folders.iter().filter_map(|folder| fs::canonicalize(folder).ok());
    if !allowed.into_iter().any(|allowed| folder.starts_with(allowed)) {
        return Err(refuse("it is not in a folder that the person allowed".into()));
    }
    let real = folder.join(name);
    // Fails where something has that name already, a link included.
    let mut file = File::create_new(&real).map_err(|error| refuse(error.to_string()))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| refuse(error.to_string()))?;
    Ok(real.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::read_xml;

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
}
