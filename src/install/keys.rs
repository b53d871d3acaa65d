//! Billing keys in plain text: where a file holds one, whose it is, and how it is shown without being told.
//! Knows no format: JSON with comments, TOML, YAML, files of variables and command lines are read alike, so
//! that a key is found in a comment, in a URL's query, and in a JSON text inside a JSON string too.

mod named;
mod neighbourhood;
mod placeholder;
mod prefixed;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::credentials::Secret;
use crate::settings::Service;

/// What stands in the place of a key: one word, without a character that means something in JSON, TOML,
/// YAML, a URL or a shell.
pub const REMOVED: &str = "key-removed-by-lumabill";

/// A key found in a text. `Debug` shows it masked.
pub struct Found {
    pub service: Service,
    pub secret: Secret,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// From 1.
    pub line: usize,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} in line {}", self.service, self.secret.masked(), self.line)
    }
}

/// Every billing key in `text`, in order; sandbox keys and placeholders such as `${KEY}` are none. Keys of
/// Lumabill and Billbot are known by how they begin, those of the others by what stands before them and whose
/// address stands in the same entry.
pub fn find(text: &str) -> Vec<Found> {
    let mut places = prefixed::places(text);
    for (service, at) in named::places(text) {
        if !places.iter().any(|(_, other)| other.start < at.end && at.start < other.end) {
            places.push((service, at));
        }
    }
    places.sort_by_key(|(_, at)| at.start);
    let (mut line, mut counted) = (1, 0);
    let mut found = Vec::new();
    for (service, at) in places {
        line += text.get(counted..at.start).unwrap_or_default().matches('\n').count();
        counted = at.start;
        let Some(key) = text.get(at.clone()) else { continue };
        found.push(Found { service, secret: Secret::new(key.to_owned()), at, line });
    }
    found
}

/// The brackets of a JSON text around the place `at`, the innermost pair first: each from the opening bracket to
/// the closing one.
pub fn brackets_around(text: &str, at: usize) -> Vec<Range<usize>> {
    neighbourhood::brackets(text, at)
}

/// `text` with every key that `find` finds replaced by [`REMOVED`].
pub fn without_keys(text: &str) -> String {
    without(text, |_| true)
}

/// `text` with those of the keys that `find` finds replaced by [`REMOVED`] of which `is_meant` is true.
pub fn without(text: &str, is_meant: impl Fn(&Found) -> bool) -> String {
    let (mut kept, mut from) = (String::with_capacity(text.len()), 0);
    for found in find(text).iter().filter(|found| is_meant(found)) {
        kept.push_str(text.get(from..found.at.start).unwrap_or_default());
        kept.push_str(REMOVED);
        from = found.at.end;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}
