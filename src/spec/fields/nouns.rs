//! What they call our resources, as far as the operations that were found say: names of fields and values that hold such a
//! word are ours with it in place.

use crate::spec::words::{canonical, key};

/// Their words for a resource with ours, both canonical; the longest first.
#[derive(Debug, Default)]
pub struct Nouns(Vec<(Vec<String>, Vec<String>)>);

impl Nouns {
    /// `theirs` are the words of a path for the resource that we call `ours`.
    pub fn of(all: impl Iterator<Item = (Vec<String>, Vec<String>)>) -> Self {
        let mut nouns: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for (theirs, ours) in all {
            if theirs != ours && !theirs.is_empty() && !nouns.iter().any(|(known, _)| *known == theirs) {
                nouns.push((theirs, ours));
            }
        }
        nouns.sort_by_key(|(theirs, _)| std::cmp::Reverse(theirs.len()));
        Self(nouns)
    }

    /// The key of the name with our word for the resource; `None` where it names none that they call otherwise.
    pub fn ours(&self, name: &str) -> Option<String> {
        let words = canonical(name);
        self.0.iter().find_map(|(theirs, ours)| {
            let at = words.windows(theirs.len()).position(|part| part == theirs.as_slice())?;
            let (before, rest) = words.split_at_checked(at)?;
            let after = rest.get(theirs.len()..)?;
            Some(key(&[before, ours.as_slice(), after].concat()))
        })
    }
}
