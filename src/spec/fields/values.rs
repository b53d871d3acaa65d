//! Which value of an enumeration of theirs is which of ours.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Nouns;
use super::concepts::VALUES;
use crate::spec::schema;
use crate::spec::words::{canonical, key, names as list, squashed};

/// Values that are spelled differently, ours → theirs, and those of ours that theirs lacks. Both empty where one of the
/// two is no enumeration.
pub fn same(ours: &Value, theirs: &Value, nouns: &Nouns) -> (BTreeMap<String, String>, Vec<String>) {
    let (ours, theirs) = (schema::values(ours), schema::values(theirs));
    if ours.is_empty() || theirs.is_empty() {
        return (BTreeMap::new(), Vec::new());
    }
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let named = |ours: &str, theirs: &str| nouns.ours(theirs) == Some(key(&canonical(ours)));
    let tiers: [&dyn Fn(&str, &str) -> bool; 5] = [
        &|ours, theirs| ours == theirs,
        &|ours, theirs| squashed(ours) == squashed(theirs),
        &|ours, theirs| key(&canonical(ours)) == key(&canonical(theirs)),
        &named,
        &is_synonym,
    ];
    for tier in tiers {
        let free: Vec<&&str> =
            theirs.iter().filter(|theirs| !found.values().any(|taken| taken == **theirs)).collect();
        let left: Vec<&&str> = ours.iter().filter(|ours| !found.contains_key(**ours)).collect();
        for our in &left {
            let mut fits = free.iter().filter(|their| tier(our, their));
            if let (Some(their), None) = (fits.next(), fits.next())
                && left.iter().filter(|other| tier(other, their)).count() == 1
            {
                found.insert((**our).to_owned(), (***their).to_owned());
            }
        }
    }
    let lacking =
        ours.iter().filter(|ours| !found.contains_key(**ours)).map(|ours| format!("`{ours}`")).collect();
    found.retain(|ours, theirs| ours != theirs);
    (found, lacking)
}

fn is_synonym(ours: &str, theirs: &str) -> bool {
    let theirs = key(&canonical(theirs));
    let row = VALUES.iter().find(|(name, _)| *name == ours);
    row.is_some_and(|(_, names)| list(names).any(|name| key(&canonical(name)) == theirs))
}
