//! Names as every client takes them: letters, digits, `_` and `-`, few enough, no two alike.

use std::collections::HashSet;

use ring::digest;

use super::super::confirmation::hex;

/// Letters of a name: `mcp_lumabill_` before it makes 64, which is what Gemini and Copilot have room for, and Cursor
/// wants no more than 60 with the server's name.
pub const LONGEST: usize = 51;

/// Safe names for `given`, in the same order; `None` where even a longer digest clashes. A name that is safe as it is
/// keeps itself whatever the others are called; of others the first comes first.
pub fn safe_names<'a>(
    given: impl Iterator<Item = &'a str> + Clone,
    reserved: &[&str],
) -> Vec<Option<String>> {
    let mut taken: HashSet<String> = reserved.iter().map(|name| folded(name)).collect();
    let own: HashSet<&str> =
        given.clone().filter(|name| is_safe(name) && taken.insert(folded(name))).collect();
    let mut kept = HashSet::new();
    given
        .map(|name| {
            if own.contains(name) && kept.insert(name) {
                return Some(name.to_owned());
            }
            let replaced = replaced(name);
            let whole = (replaced.len() <= LONGEST).then(|| replaced.clone());
            let marked = [6, 16].map(|digits| with_digest(&replaced, name, digits, LONGEST));
            whole.into_iter().chain(marked).find(|name| taken.insert(folded(name)))
        })
        .collect()
}

/// A name cut to `longest`, told from others by a digest of all of it.
pub fn shortened(name: &str, longest: usize) -> String {
    if name.len() <= longest { name.to_owned() } else { with_digest(name, name, 6, longest) }
}

/// As clients compare names that take `-` and `_`, or large and small letters, for the same.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

fn is_safe(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && name.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn replaced(name: &str) -> String {
    let plain = |letter: char| u8::try_from(letter).is_ok_and(is_plain);
    let name: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    if name.is_empty() { "tool".to_owned() } else { name }
}

/// The beginning of a safe name and some digits of the digest of the whole one.
fn with_digest(safe: &str, whole: &str, digits: usize, longest: usize) -> String {
    let digest = hex(digest::digest(&digest::SHA256, whole.as_bytes()).as_ref());
    let start = safe.get(..safe.len().min(longest.saturating_sub(digits + 1))).unwrap_or_default();
    format!("{start}_{}", digest.get(..digits).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, safe_names, shortened};

    fn names(given: &[&str]) -> Vec<String> {
        safe_names(given.iter().copied(), &["why_not_available"]).into_iter().map(Option::unwrap).collect()
    }

    #[test]
    fn honest_names_stay_and_others_are_made_safe() {
        assert_eq!(
            names(&["create_invoice", "get-sum", "a.b c", "größe"]),
            ["create_invoice", "get-sum", "a_b_c", "gr__e"]
        );
    }

    #[test]
    fn clashes_are_told_apart_in_the_same_way_whatever_the_order() {
        let one = names(&["a.b", "a_b", "a b", "A-B", "why_not_available"]);
        assert_eq!(one[1], "a_b", "the name that is safe as it is keeps itself");
        let two = names(&["A-B", "why_not_available", "a b", "a_b", "a.b"]);
        assert_eq!(one[0], two[4]);
        assert_eq!(one[2], two[2]);
        assert_ne!(one[4], "why_not_available");
        let mut all: Vec<_> = one.iter().map(|name| name.to_lowercase().replace('-', "_")).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), one.len());
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (left, right) = ("x".repeat(200) + "1", "x".repeat(200) + "2");
        let cut = names(&[&left, &right, ""]);
        assert!(cut.iter().all(|name| (1..=LONGEST).contains(&name.len())), "{cut:?}");
        assert_ne!(cut[0], cut[1]);
        assert_eq!(shortened("faktoora__x", 51), "faktoora__x");
        assert_eq!(shortened(&"y".repeat(70), 51).len(), 51);
    }
}
