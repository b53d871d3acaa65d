//! Putting one entry into a client's file and taking it out: every other byte stays. Each edit is checked
//! before it is handed out: the new text, read again, is the old one with exactly that entry changed.

mod document;
mod expected;
mod flow;
mod json;
mod jsonc;
mod layout;
mod toml;
mod tree;
mod yaml;

use serde_json::Value;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with comments and trailing commas.
    Jsonc,
    Toml,
    Yaml,
}

/// Where the entries of MCP servers stand in a file.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub format: Format,
    /// Keys from the root to what holds the entries: `["mcpServers"]`.
    pub at: &'static [&'static str],
    /// True where entries are a list of records with a `name`, false where they are a map from name to record.
    /// In TOML they are always a map.
    pub list: bool,
}

/// One entry as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub name: String,
    /// The whole record: in a list with its `name`.
    pub entry: Value,
    /// Line on which it begins, from 1.
    pub line: usize,
}

/// Why a text is left as it is.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotEdited {
    #[error("line {line}, column {column}: {what}")]
    Syntax { line: usize, column: usize, what: String },
    #[error("`{at}` is not {wanted}")]
    Shape { at: String, wanted: &'static str },
    /// The edit would have changed something else: never written.
    #[error("the change could not be made without changing something else")]
    Unsafe,
}

/// Some editors begin a file with it; it is no part of what is read.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// `text` with `entry` under `name`: in the place of one that is there, else after the last. An empty text is
/// an empty file. The same text where it is there already. Of an entry that is there only the fields that differ
/// are written anew. In a list, `name` is added to a record that has none.
pub fn put(text: &str, spot: &Spot, name: &str, entry: &Value) -> Result<String, NotEdited> {
    let entry = &expected::record(spot, name, entry);
    let before = entries(text, spot)?;
    if before.iter().any(|listed| listed.name == name && listed.entry == *entry) {
        return Ok(text.to_owned());
    }
    let (mark, text) = without_mark(text);
    let wanted = expected::with(value(text, spot.format)?, spot, name, entry)?;
    let edited = |whole| match spot.format {
        Format::Toml => toml::put(text, spot, name, entry, whole),
        Format::Jsonc | Format::Yaml => document::put(text, spot, name, entry, whole),
    };
    let new = match edited(false) {
        Ok(new) if expected::says(&new, spot, &wanted, false) => new,
        // An alias to a field, a spelling that cannot be changed piece by piece.
        Ok(_) | Err(NotEdited::Unsafe) => edited(true)?,
        Err(refused) => return Err(refused),
    };
    expected::check(&new, spot, &wanted)?;
    Ok(format!("{mark}{new}"))
}

/// `text` without the entry `name`; the same text where there is none. What holds the entries stays, and be it
/// empty; in TOML headers alone can have held them.
pub fn remove(text: &str, spot: &Spot, name: &str) -> Result<String, NotEdited> {
    if !entries(text, spot)?.iter().any(|listed| listed.name == name) {
        return Ok(text.to_owned());
    }
    let (mark, text) = without_mark(text);
    let wanted = expected::without(value(text, spot.format)?, spot, name);
    let new = match spot.format {
        Format::Toml => toml::remove(text, spot, name)?,
        Format::Jsonc | Format::Yaml => document::remove(text, spot, name)?,
    };
    if !expected::says(&new, spot, &wanted, spot.format == Format::Toml) {
        return Err(NotEdited::Unsafe);
    }
    Ok(format!("{mark}{new}"))
}

/// Whether `earlier` says what `text` says without the entry `name`, and nothing else.
pub fn is_without(text: &str, earlier: &str, spot: &Spot, name: &str) -> bool {
    let Ok(file) = value(text, spot.format) else { return false };
    let none_left = entries(earlier, spot).is_ok_and(|left| left.iter().all(|listed| listed.name != name));
    none_left && expected::says(earlier, spot, &expected::without(file, spot, name), true)
}

/// The entries in order; none where the file does not hold what would hold them.
pub fn entries(text: &str, spot: &Spot) -> Result<Vec<Listed>, NotEdited> {
    let text = without_mark(text).1;
    match spot.format {
        Format::Toml => toml::entries(text, spot),
        Format::Jsonc | Format::Yaml => document::entries(text, spot),
    }
}

/// The value of a whole file: null where there is none. A number keeps its own text; what JSON does not know
/// (dates, `nan`) is its text.
pub fn value(text: &str, format: Format) -> Result<Value, NotEdited> {
    let text = without_mark(text).1;
    match format {
        Format::Toml => toml::value(text),
        Format::Jsonc | Format::Yaml => document::value(text, format),
    }
}

/// The byte order mark, where there is one, and what stands behind it.
fn without_mark(text: &str) -> (&str, &str) {
    text.split_at(if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 })
}

#[cfg(test)]
mod tests;
