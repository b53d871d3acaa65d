//! The entries of one client's text that hold a key: out of it, and what of ours comes in their place.

use serde_json::Value;

use super::{Gone, Replacing};
use crate::install::clients::{Start, is_ours, without_variables};
use crate::install::edit::{self, Format, Listed, Spot};
use crate::install::{Entry, keys};
use crate::settings::Service;

/// Entries inside the blocks of a text (Claude Code keeps one block per project) that are taken out of it.
const MOST: usize = 200;

/// A text without a key.
pub struct Without {
    pub text: String,
    /// Names of the entries that are gone.
    pub removed: Vec<String>,
    /// Name and arguments of an entry that starts us and that lost the key only.
    kept: Option<(String, Vec<String>)>,
}

/// `text` without the entries that hold the key. An entry that holds another key too stays, with a word in the
/// place of this one: that other key may be nowhere else.
pub fn without_entries(text: &str, spot: &Spot, gone: Gone<'_>) -> Without {
    let mut without = Without { text: text.to_owned(), removed: Vec::new(), kept: None };
    while let Some(next) = one_less(&without.text, spot, gone) {
        without.take(next);
    }
    if spot.format == Format::Jsonc {
        without.nested(spot, gone);
    }
    without.text = gone.blanked(&without.text);
    without
}

/// A text with one entry less, or with one of ours without the key.
struct Less {
    text: String,
    removed: Option<String>,
    kept: Option<(String, Vec<String>)>,
}

impl Without {
    fn take(&mut self, less: Less) {
        self.text = less.text;
        self.removed.extend(less.removed);
        self.kept = self.kept.take().or(less.kept);
    }

    /// The same for the blocks inside the text in which entries stand as they do in the whole.
    fn nested(&mut self, spot: &Spot, gone: Gone<'_>) {
        for _ in 0..MOST {
            let places = keys::find(&self.text).into_iter().filter(|found| found.secret.is(gone.secret));
            let next = places.flat_map(|found| keys::brackets_around(&self.text, found.at.start)).find_map(
                |block| {
                    let mut less = one_less(self.text.get(block.clone())?, spot, gone)?;
                    let (before, after) = (self.text.get(..block.start)?, self.text.get(block.end..)?);
                    less.text = format!("{before}{}{after}", less.text);
                    Some(less)
                },
            );
            match next {
                Some(less) => self.take(less),
                None => return,
            }
        }
    }

    /// The entry of ours that serves the account.
    pub fn ours(&self, spot: &Spot, replacing: Replacing<'_>) -> Entry {
        let command = replacing.command.to_owned();
        if let Some((name, args)) = &self.kept {
            return Entry { name: name.clone(), command, args: with_account(args, replacing) };
        }
        let listed = edit::entries(&self.text, spot).unwrap_or_default();
        for listed in listed.iter().filter(|listed| is_ours(&listed.entry)) {
            let args = Start::of(&listed.entry).map(|start| start.args).unwrap_or_default();
            if serves(&args, replacing) {
                return Entry { name: listed.name.clone(), command, args: with_account(&args, replacing) };
            }
        }
        // The plain name is for the account that is served where none is named.
        let first = Service::Lumabill.name();
        let free = listed.iter().all(|listed| listed.name != first);
        let name = if free && replacing.is_default {
            first.to_owned()
        } else {
            format!("{first}-{}", replacing.account)
        };
        Entry { name, command, args: with_account(&["serve".to_owned()], replacing) }
    }
}

/// `text` with the first entry that holds the key out of it, or without the key.
fn one_less(text: &str, spot: &Spot, gone: Gone<'_>) -> Option<Less> {
    let listed = edit::entries(text, spot).ok()?;
    listed.iter().find_map(|listed| less(text, spot, listed, gone))
}

fn less(text: &str, spot: &Spot, listed: &Listed, gone: Gone<'_>) -> Option<Less> {
    let (entry, name) = (&listed.entry, &listed.name);
    let shown = entry.to_string();
    if !gone.is_in(&shown) {
        return None;
    }
    if let Some(start) = Start::of(entry).filter(Start::is_ours) {
        // Another key, and the address that goes with it, may be nowhere else.
        let without = without_variables(entry, |value| gone.is_in(value));
        let text = edit::put(text, spot, name, &without_address(&without)).ok()?;
        return Some(Less { text, removed: None, kept: Some((name.clone(), start.args)) })
            .filter(|less| !edit::entries(&less.text, spot).is_ok_and(|all| holds(&all, name, gone)));
    }
    if keys::find(&shown).iter().any(|found| !found.secret.is(gone.secret)) {
        return None;
    }
    let text = edit::remove(text, spot, name).ok()?;
    Some(Less { text, removed: Some(name.clone()), kept: None })
}

fn holds(listed: &[Listed], name: &str, gone: Gone<'_>) -> bool {
    listed.iter().any(|listed| listed.name == name && gone.is_in(&listed.entry.to_string()))
}

/// The address counts together with a key from the environment only; the account has its own.
fn without_address(entry: &Value) -> Value {
    let mut entry = entry.clone();
    for block in ["env", "environment", "envs"] {
        let Some(variables) = entry.get_mut(block).and_then(Value::as_object_mut) else { continue };
        if variables.contains_key("LUMABILL_API_KEY") {
            continue;
        }
        let was_there = variables.shift_remove("LUMABILL_API_URL").is_some();
        if was_there && variables.is_empty() {
            entry.as_object_mut().map(|fields| fields.shift_remove(block));
        }
    }
    entry
}

/// True where an entry of ours with these arguments serves the account.
fn serves(args: &[String], replacing: Replacing<'_>) -> bool {
    let named = args.iter().any(|word| word.starts_with("--account"));
    !args.iter().any(|word| word == "--sandbox")
        && if named { account_of(args) == Some(replacing.account) } else { replacing.is_default }
}

/// The account that the arguments name.
fn account_of(args: &[String]) -> Option<&str> {
    let at = args.iter().position(|word| word.starts_with("--account"))?;
    match args.get(at)?.strip_prefix("--account=") {
        Some(name) => Some(name),
        None => args.get(at + 1).map(String::as_str),
    }
}

/// The arguments with this account and no other.
fn with_account(args: &[String], replacing: Replacing<'_>) -> Vec<String> {
    if account_of(args) == Some(replacing.account) {
        return args.to_vec();
    }
    let (mut kept, mut words) = (Vec::new(), args.iter());
    while let Some(word) = words.next() {
        if word == "--account" {
            _ = words.next();
        } else if !word.starts_with("--account=") {
            kept.push(word.clone());
        }
    }
    // Any other name is said: a further account would leave it open which one is meant.
    if !replacing.is_default || replacing.account != Service::Lumabill.name() {
        kept.extend(["--account".to_owned(), replacing.account.to_owned()]);
    }
    kept
}

#[cfg(test)]
mod tests;
