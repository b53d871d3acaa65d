//! Files that a tool may read and write: in folders that the user allowed, without following links, and read
//! only where the content is what it is said to be.

mod opening;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::redaction::quoted;
use super::{Gateway, Work};
use crate::failure::{Exit, Failure};
use opening::Place;

/// The largest file that is read: 20 MB.
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

/// The text of an XML file in one of the folders, which are absolute and without links.
pub(super) fn read_xml(path: &Path, folders: &[PathBuf]) -> Result<String, Failure> {
    let refused = |why: &str| not_read(Refusal::because(why), path, folders);
    let text = String::from_utf8(read(path, folders)?).map_err(|_| refused("it is no text in UTF-8"))?;
    if is_xml(&text) { Ok(text) } else { Err(refused("it holds no XML")) }
}

/// A PDF or XML file in one of the folders, and its media type.
pub(super) fn read_document(path: &Path, folders: &[PathBuf]) -> Result<(Vec<u8>, &'static str), Failure> {
    let bytes = read(path, folders)?;
    match media_type(&bytes) {
        Some(media_type) => Ok((bytes, media_type)),
        None => Err(not_read(Refusal::because("it holds neither PDF nor XML"), path, folders)),
    }
}

/// What a document is by its content, where that is PDF or XML.
pub(super) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"%PDF-") {
        return Some("application/pdf");
    }
    std::str::from_utf8(bytes).is_ok_and(is_xml).then_some("application/xml")
}

fn is_xml(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

fn not_read(why: Refusal, path: &Path, folders: &[PathBuf]) -> Failure {
    why.failure(path, "not read", "; nothing was sent", folders)
}

/// A file in one of the folders, whatever it holds.
pub(super) fn read(path: &Path, folders: &[PathBuf]) -> Result<Vec<u8>, Failure> {
    let refused = |why: Refusal| not_read(why, path, folders);
    let file = place(path, folders).and_then(|place| Ok(place.open()?)).map_err(refused)?;
    let plain = file.metadata().is_ok_and(|data| data.is_file());
    if !plain {
        return Err(refused(Refusal::because("it is no plain file")));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| refused(error.into()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(Refusal::because("it is larger than 20 MB")));
    }
    Ok(bytes)
}

/// Writes a new file into one of the folders and comes back with its whole path. What could not be written to
/// its end is taken away again.
pub(super) fn write_new(path: &Path, bytes: &[u8], folders: &[PathBuf]) -> Result<String, Failure> {
    let refused = |why: Refusal| why.failure(path, "not written", "", folders);
    let place = place(path, folders).map_err(refused)?;
    let mut file = place.create().map_err(|error| refused(error.into()))?;
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        drop(file);
        drop(place.remove());
        return Err(refused(error.into()));
    }
    Ok(place.path().to_string_lossy().into_owned())
}

/// What [`write_new`] would refuse by now, asked before a long list is read for what is to be written.
pub(super) fn refuse_unwritable(path: &Path, folders: &[PathBuf]) -> Result<(), Failure> {
    let refused = |why: Refusal| why.failure(path, "not written", "", folders);
    let place = place(path, folders).map_err(refused)?;
    match fs::symlink_metadata(place.path()) {
        Ok(_) => Err(refused(std::io::Error::from(ErrorKind::AlreadyExists).into())),
        Err(_) => Ok(()),
    }
}

/// Why a file is left alone.
struct Refusal {
    why: String,
    hint: Option<String>,
}

impl Refusal {
    fn because(why: &str) -> Self {
        Self { why: why.to_owned(), hint: None }
    }

    /// Names the folders that are allowed, where the path leads to none of them.
    fn outside(why: &str, folders: &[PathBuf]) -> Self {
        let named: Vec<String> =
            folders.iter().map(|folder| format!("`{}`", quoted(&folder.to_string_lossy()))).collect();
        Self {
            why: why.to_owned(),
            hint: Some(format!("give the whole path of a file in {}", named.join(" or "))),
        }
    }

    fn failure(self, path: &Path, what: &str, sent: &str, folders: &[PathBuf]) -> Failure {
        let shown = quoted(&path.to_string_lossy());
        let message = format!("`{shown}` was {what}: {}{sent}", self.why);
        let failure = Failure::new("file_refused", Exit::Refused, message);
        let allow = "the person allows one with `lumabill config files FOLDER` or `serve --files FOLDER`";
        match self.hint {
            _ if folders.is_empty() => failure.hint(allow),
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::because(&match error.kind() {
            ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            ErrorKind::AlreadyExists => {
                "something has that name already, and nothing is overwritten: give another name".to_owned()
            }
            // What opening says where the last or an earlier part of a path is a link.
            ErrorKind::NotADirectory => "a part of its path is a link, or no folder".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// Where in which folder a path leads. The last part may be a link, and the rest may change until it is opened:
/// [`Place`] then follows neither.
fn place(path: &Path, folders: &[PathBuf]) -> Result<Place, Refusal> {
    let whole = match folders {
        [] => return Err(Refusal::because("no folder is allowed")),
        [only] => only.join(path),
        _ if path.is_absolute() => path.to_owned(),
        _ => return Err(Refusal::outside("its path is relative, and several folders are allowed", folders)),
    };
    let (Some(parent), Some(name)) = (whole.parent(), whole.file_name()) else {
        return Err(Refusal::because("it names no file"));
    };
    let parent = fs::canonicalize(parent)?;
    let inside = folders.iter().find_map(|folder| Some((folder, parent.strip_prefix(folder).ok()?)));
    let Some((folder, below)) = inside else {
        return Err(Refusal::outside("it is not in a folder that the person allowed", folders));
    };
    Ok(Place { folder: folder.clone(), below: below.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests;
