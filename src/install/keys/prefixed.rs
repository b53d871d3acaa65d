//! Keys that are known by how they begin: `lmb_` of Lumabill and `bb_` of Billbot.

use std::ops::Range;

use super::neighbourhood::Entries;
use super::placeholder::is_placeholder;
use crate::settings::{SANDBOX_KEY_PREFIX, Service};

/// Nothing shorter is a key. Lumabill's prefix is nobody else's, so this is all that is asked of it.
const SHORTEST: usize = 8;

/// `bb_` begins other words too (`bb_build_x86_64`): without a sign that it is Billbot's, so many letters and
/// digits in a row, both of them, make it a key.
const UNBROKEN: usize = 12;

/// Nothing longer is a key.
const LONGEST: usize = 512;

/// Characters of a URL looked at in front of a key.
const URL: usize = 400;

/// Host of Lumabill's hosted MCP server, in whose URL its documentation puts the key.
const HOSTED: &str = "mcp.lumabill.ch";

/// Every key with its service, in no order.
pub fn places(text: &str) -> Vec<(Service, Range<usize>)> {
    let mut places = Vec::new();
    let mut entries = Entries::of(text);
    // By the one letter, since that is found many times faster than a word.
    for (end, _) in text.match_indices('_') {
        let before = text.get(..end).unwrap_or_default();
        if before.ends_with("lmb") {
            let Some(at) = key(text, end - 3, "lmb_") else { continue };
            if !text.get(at.clone()).is_some_and(|key| key.starts_with(SANDBOX_KEY_PREFIX)) {
                let hosted = before_in_word(text, at.start).to_ascii_lowercase().contains(HOSTED);
                places.push((if hosted { Service::LumabillHosted } else { Service::Lumabill }, at));
            }
        } else if before.ends_with("bb") {
            let Some(at) = key(text, end - 2, "bb_") else { continue };
            if is_billbots(text, &at) || entries.name(at.start, "billbot.io") {
                places.push((Service::Billbot, at));
            }
        }
    }
    places
}

/// The key that begins at `start` with `prefix`.
fn key(text: &str, start: usize, prefix: &str) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    if !begins_word(text.get(..start)?) {
        return None;
    }
    // The vendors put keys into URLs as they are, so these are all the characters that one can have.
    let word = rest.find(|letter: char| !unreserved(letter)).map_or(rest, |end| rest.split_at(end).0);
    let key = word.trim_end_matches(['.', '~']);
    let body = key.strip_prefix(prefix)?;
    let elided = word.ends_with("..") || rest.get(word.len()..).is_some_and(|rest| rest.starts_with('…'));
    let is_key = !elided && (SHORTEST..=LONGEST).contains(&body.len()) && !is_placeholder(body);
    is_key.then(|| start..start + key.len())
}

pub fn unreserved(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '~')
}

/// True where no word goes on behind `before`. The letters of an escape (`%3D`, `\n`, `\u003d`) end one.
fn begins_word(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return true };
    if !(last.is_ascii_alphanumeric() || last == '_') {
        return true;
    }
    let escaped = |opening: &str, digits: usize| {
        before.len().checked_sub(opening.len() + digits).and_then(|at| before.get(at..)).is_some_and(|tail| {
            tail.strip_prefix(opening)
                .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        })
    };
    ["\\n", "\\r", "\\t"].iter().any(|escape| before.ends_with(escape))
        || escaped("%", 2)
        || escaped("\\u", 4)
        || escaped("\\x", 2)
}

/// What stands directly in front of `at` without white space, a quote or a comma between.
fn before_in_word(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | ',' | '<' | '>');
    let start = before.rfind(ends).unwrap_or(0).max(at.saturating_sub(URL));
    before.get(start..).unwrap_or(before)
}

/// True where a word that begins with `bb_` is a key by its shape, or by `Bearer` in front of it.
fn is_billbots(text: &str, at: &Range<usize>) -> bool {
    let word = text.get(at.clone()).unwrap_or_default();
    let mixed = |run: &str| {
        run.len() >= UNBROKEN
            && run.bytes().any(|byte| byte.is_ascii_digit())
            && run.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let before = text.get(..at.start).unwrap_or_default();
    let before = before.trim_end_matches([' ', '+']).trim_end_matches("%20");
    let bearer = before.len().checked_sub(6).and_then(|at| before.get(at..));
    word.split(|letter: char| !letter.is_ascii_alphanumeric()).any(mixed)
        || bearer.is_some_and(|bearer| bearer.eq_ignore_ascii_case("bearer"))
}
