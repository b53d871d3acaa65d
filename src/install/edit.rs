//! Putting one entry into a client's file and taking it out: every other byte stays. Each edit is checked
//! before it is handed out: the new text, read again, is the old one with exactly that entry changed.

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
    pub list: bool,
}

/// One entry as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub name: String,
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

/// `text` with `entry` under `name`: in the place of one that is there, else after the last. An empty text is
/// an empty file. The same text where it is there already.
pub fn put(text: &str, spot: &Spot, name: &str, entry: &Value) -> Result<String, NotEdited> {
    let _ = (text, spot, name, entry);
    Err(NotEdited::Unsafe)
}

/// `text` without the entry `name`; the same text where there is none.
pub fn remove(text: &str, spot: &Spot, name: &str) -> Result<String, NotEdited> {
    let _ = (text, spot, name);
    Err(NotEdited::Unsafe)
}

/// The entries in order; none where the file does not hold what would hold them.
pub fn entries(text: &str, spot: &Spot) -> Result<Vec<Listed>, NotEdited> {
    let _ = (text, spot);
    Err(NotEdited::Unsafe)
}
