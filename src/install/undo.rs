//! What an installation changed in a file, so that taking it back leaves the file as it was, byte for byte,
//! also after somebody else edited another part of it.

use serde::{Deserialize, Serialize};

use super::edit::{self, NotEdited, Spot};

/// One change of a text: at one place, `removed` gave way to `inserted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub removed: String,
    pub inserted: String,
}

/// Places at which a change may have been made; a text with more of them says nothing about which it was.
const MOST_PLACES: usize = 64;

/// The one place in which `after` differs from `before`.
pub fn between(before: &str, after: &str) -> Change {
    let same = |(one, other): &(char, char)| one == other;
    let head: usize =
        before.chars().zip(after.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let (before, after) = (before.get(head..).unwrap_or_default(), after.get(head..).unwrap_or_default());
    let tail: usize = before
        .chars()
        .rev()
        .zip(after.chars().rev())
        .take_while(same)
        .map(|(letter, _)| letter.len_utf8())
        .sum();
    let middle = |text: &str| text.get(..text.len() - tail).unwrap_or_default().to_owned();
    Change { removed: middle(before), inserted: middle(after) }
}

/// `text` without the entry `name`: as it was before `change` where that place still reads so, else by
/// [`super::edit::remove`].
pub fn undo(text: &str, change: &Change, spot: &Spot, name: &str) -> Result<String, NotEdited> {
    let mut found: Option<String> = None;
    if !change.inserted.is_empty() && edit::entries(text, spot)?.iter().any(|listed| listed.name == name) {
        for (place, (at, _)) in text.match_indices(change.inserted.as_str()).enumerate() {
            let (head, tail) = (text.get(..at), text.get(at + change.inserted.len()..));
            let (Some(head), Some(tail)) = (head, tail) else { continue };
            let earlier = format!("{head}{}{tail}", change.removed);
            if edit::is_without(text, &earlier, spot, name) {
                let other = found.as_ref().is_some_and(|found| *found != earlier);
                if other || place >= MOST_PLACES {
                    return edit::remove(text, spot, name);
                }
                found = Some(earlier);
            }
        }
    }
    found.map_or_else(|| edit::remove(text, spot, name), Ok)
}

#[cfg(test)]
mod tests;
