//! A yes that outlives its call: for what one call could not do in its time, it is kept for an hour under a
//! token. A file per token, named by a keyed hash, holds keyed hashes of what the yes is for, and no text.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::{Binding, Confirmations, create_folder, hex, new_file, unusable};
use crate::failure::Failure;
use crate::journal::Confirmed;

/// Counted from when the yes was given.
const KEPT_FOR: Duration = Duration::from_secs(3600);

/// What a kept yes holds for.
pub struct Kept {
    /// How it was given.
    pub confirmed: Confirmed,
    marks: HashSet<String>,
    key: hmac::Key,
    token: String,
}

impl Kept {
    /// True if the yes holds for this part.
    pub fn holds(&self, part: &str) -> bool {
        self.marks.contains(&mark(&self.key, &self.token, part))
    }

    /// How many parts it holds for.
    pub fn len(&self) -> usize {
        self.marks.len()
    }
}

impl Confirmations {
    /// Keeps a yes for `parts`: under the token of an earlier call, so that its hour goes on, or a new one.
    pub fn keep(
        &self,
        binding: &Binding,
        confirmed: Confirmed,
        token: Option<&str>,
        parts: &[String],
    ) -> Result<String, Failure> {
        let key = self.key()?;
        let token = token.map_or_else(new_token, |token| Ok(token.to_owned()))?;
        let mut lines = vec![word(confirmed).to_owned()];
        lines.extend(parts.iter().map(|part| mark(&key, &token, part)));
        self.sweep_kept();
        let path = self.kept_path(&key, binding, &token);
        let written = create_folder(&self.kept_folder())
            .and_then(|()| new_file(&path))
            .and_then(|mut file| file.write_all(lines.join("\n").as_bytes()));
        written.map_err(|error| unusable(&error.to_string()))?;
        Ok(token)
    }

    /// Takes a kept yes; `None` where there is none of this token for this tool, account and profile, where
    /// its hour is over, or where another call has it.
    pub fn recall(&self, binding: &Binding, token: &str) -> Result<Option<Kept>, Failure> {
        let given = token.split_once('-').and_then(|(_, time)| u64::from_str_radix(time, 16).ok());
        let Some(given) = given else { return Ok(None) };
        let key = self.key()?;
        let path = self.kept_path(&key, binding, token);
        let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
        // Of two calls that take it at once only one removes the file.
        if fs::remove_file(&path).is_err() || !is_young(given) {
            return Ok(None);
        }
        let mut lines = text.lines();
        let confirmed = match lines.next() {
            Some(line) if line == word(Confirmed::Person) => Confirmed::Person,
            Some(line) if line == word(Confirmed::NotAsked) => Confirmed::NotAsked,
            _ => Confirmed::Repeated,
        };
        Ok(Some(Kept { confirmed, marks: lines.map(str::to_owned).collect(), key, token: token.to_owned() }))
    }

    fn kept_folder(&self) -> PathBuf {
        self.folder.join("kept")
    }

    /// Bound to account, origin, profile and tool, and to the token with its time.
    fn kept_path(&self, key: &hmac::Key, binding: &Binding, token: &str) -> PathBuf {
        let tag = hmac::sign(key, &[b"kept".as_slice(), &binding.digest(), token.as_bytes()].concat());
        self.kept_folder().join(hex(tag.as_ref()))
    }

    fn sweep_kept(&self) {
        let old = |at: SystemTime| at.elapsed().unwrap_or_default() > 2 * KEPT_FOR;
        for entry in fs::read_dir(self.kept_folder()).into_iter().flatten().flatten() {
            if entry.metadata().and_then(|file| file.modified()).is_ok_and(old) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

/// A random number, and when the yes was given.
fn new_token() -> Result<String, Failure> {
    let mut nonce = [0_u8; 8];
    SystemRandom::new().fill(&mut nonce).map_err(|_| unusable("the system gives no random numbers"))?;
    Ok(format!("{}-{:x}", hex(&nonce), now()))
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Under the token, so that no two files show that they are about the same.
fn mark(key: &hmac::Key, token: &str, part: &str) -> String {
    let tag = hmac::sign(key, format!("part\n{token}\n{part}").as_bytes());
    hex(tag.as_ref().get(..16).unwrap_or_default())
}

/// A time from the future is one from before the clock was set back: nobody knows how old it is.
fn is_young(given: u64) -> bool {
    now().checked_sub(given).is_some_and(|age| age <= KEPT_FOR.as_secs())
}

fn word(confirmed: Confirmed) -> &'static str {
    match confirmed {
        Confirmed::NotAsked => "not_asked",
        Confirmed::Person => "person",
        Confirmed::Repeated => "repeated",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{Binding, Confirmations};
    use crate::journal::Confirmed;

    fn confirmations(name: &str) -> Confirmations {
        let path = std::env::temp_dir().join(format!("lumabill-kept-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        Confirmations::new(&path)
    }

    const BINDING: Binding = Binding {
        account: "a",
        origin: "https://h",
        profile: "p",
        tool: "reconcile_sure_matches",
        arguments: &Value::Null,
        shown: "",
    };

    #[test]
    fn a_kept_yes_is_taken_once_and_holds_for_its_parts_only() {
        let confirmations = confirmations("once");
        let parts = ["one".to_owned(), "two".to_owned()];
        let token = confirmations.keep(&BINDING, Confirmed::Person, None, &parts).unwrap();
        let other = Binding { profile: "q", ..BINDING };
        assert!(confirmations.recall(&other, &token).unwrap().is_none());
        let kept = confirmations.recall(&BINDING, &token).unwrap().unwrap();
        assert!(kept.holds("one") && kept.holds("two") && !kept.holds("three"));
        assert_eq!((kept.len(), kept.confirmed), (2, Confirmed::Person));
        assert!(confirmations.recall(&BINDING, &token).unwrap().is_none());
        // What is left goes on under the same token.
        let again = confirmations.keep(&BINDING, Confirmed::Person, Some(&token), &parts[1..]).unwrap();
        assert_eq!(again, token);
        assert!(!confirmations.recall(&BINDING, &token).unwrap().unwrap().holds("one"));
    }

    #[test]
    fn an_hour_counts_from_the_yes_and_a_token_cannot_be_rewritten() {
        let confirmations = confirmations("hour");
        let parts = ["one".to_owned()];
        let token = confirmations.keep(&BINDING, Confirmed::Repeated, None, &parts).unwrap();
        let (nonce, time) = token.split_once('-').unwrap();
        let time = u64::from_str_radix(time, 16).unwrap();
        let younger = format!("{nonce}-{:x}", time + 60);
        assert!(confirmations.recall(&BINDING, &younger).unwrap().is_none());
        let old = format!("{nonce}-{:x}", time - 3601);
        confirmations.keep(&BINDING, Confirmed::Repeated, Some(&old), &parts).unwrap();
        assert!(confirmations.recall(&BINDING, &old).unwrap().is_none());
        for wrong in ["", "x", "../key", "x-zz"] {
            assert!(confirmations.recall(&BINDING, wrong).unwrap().is_none(), "{wrong}");
        }
        assert!(confirmations.recall(&BINDING, &token).unwrap().is_some());
    }

    #[test]
    fn the_file_holds_no_text() {
        let confirmations = confirmations("text");
        confirmations.keep(&BINDING, Confirmed::Person, None, &["IV-027".to_owned()]).unwrap();
        let file = std::fs::read_dir(confirmations.kept_folder()).unwrap().next().unwrap().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.lines().skip(1).all(|line| line.bytes().all(|byte| byte.is_ascii_hexdigit())), "{text}");
    }
}
