//! Long secrets in several items: `account@origin`, `account@origin#2`, …, since Credential Manager takes 2,560 bytes in
//! each. The further parts are written beside those that are in use, and the first item last: whenever the process ends,
//! what the first item names is whole, and is the old secret or the new one.

use ring::rand::{SecureRandom, SystemRandom};

use super::KeyringError;
use crate::credentials::Secret;
use crate::failure::here;

/// A secret is in one item up to this many bytes, as is each part.
const LONGEST: usize = 1200;
/// Parts at most; the longest tokens in use have about 8 KB.
const MOST: usize = 32;
/// The numbers of further parts begin here, and at the second one when the first are in use.
const STARTS: [usize; 2] = [2, 2 + MOST];

/// What every part of a generation begins with, besides what follows it.
const MARK: &str = "lumabill-part ";

/// The items of a keyring, each with a short secret.
pub trait Items {
    fn read(&self, item: &str) -> Result<Option<Secret>, KeyringError>;
    fn write(&self, item: &str, secret: &Secret) -> Result<(), KeyringError>;
    /// False where there was none.
    fn delete(&self, item: &str) -> Result<bool, KeyringError>;
}

/// What the first item of a long secret says: which parts belong to it. A part's text is
/// `lumabill-part GENERATION START COUNT`, a line break, and its part of the secret.
#[derive(PartialEq, Eq)]
struct Head {
    generation: String,
    start: usize,
    /// With the first item.
    count: usize,
}

impl Head {
    /// Head and part of an item; `None` where its text is a whole secret.
    fn read(text: &str) -> Option<(Self, &str)> {
        let (head, part) = text.strip_prefix(MARK)?.split_once('\n')?;
        let mut words = head.split(' ');
        let generation = words.next()?.to_owned();
        let mut number = || words.next()?.parse::<usize>().ok();
        let (start, count) = (number()?, number()?);
        (STARTS.contains(&start) && (2..=MOST).contains(&count))
            .then_some((Self { generation, start, count }, part))
    }

    fn part(&self, part: &str) -> Secret {
        Secret::new(format!("{MARK}{} {} {}\n{part}", self.generation, self.start, self.count))
    }

    /// The names of the further items.
    fn names(&self, item: &str) -> impl DoubleEndedIterator<Item = String> {
        (self.start..self.start + self.count - 1).map(move |number| named(item, number))
    }
}

fn named(item: &str, number: usize) -> String {
    format!("{item}#{number}")
}

/// The item whose part this is, or is itself.
pub fn whole(item: &str) -> &str {
    match item.rsplit_once('#') {
        Some((first, number)) if number.parse::<usize>().is_ok() => first,
        _ => item,
    }
}

/// The whole secret of `item`.
pub fn read(items: &impl Items, item: &str) -> Result<Option<Secret>, KeyringError> {
    let mut before = None;
    loop {
        let Some(first) = items.read(item)? else { return Ok(None) };
        let Some((head, part)) = Head::read(first.expose()) else { return Ok(Some(first)) };
        if let Some(secret) = joined(items, item, &head, part)? {
            return Ok(Some(secret));
        }
        // Another process may have replaced the parts between one look and the next.
        if before.as_ref() == Some(&head) {
            let told =
                "a part of the stored sign-in is missing or of another one; `lumabill login` stores it anew";
            return Err(KeyringError::Failed(here(told)));
        }
        before = Some(head);
    }
}

fn joined(items: &impl Items, item: &str, head: &Head, first: &str) -> Result<Option<Secret>, KeyringError> {
    // One allocation, so that growing leaves no copies behind.
    let mut text = String::with_capacity(head.count * LONGEST);
    text.push_str(first);
    for name in head.names(item) {
        let stored = items.read(&name)?;
        match stored.as_ref().and_then(|stored| Head::read(stored.expose())) {
            Some((theirs, part)) if theirs == *head => text.push_str(part),
            _ => {
                drop(Secret::new(text));
                return Ok(None);
            }
        }
    }
    Ok(Some(Secret::new(text)))
}

/// Stores `secret` in place of what is there.
pub fn write(items: &impl Items, item: &str, secret: &Secret) -> Result<(), KeyringError> {
    // One that cannot be read is replaced; only which parts it had is not known then.
    let old = items.read(item).ok().flatten();
    let old = old.as_ref().and_then(|old| Head::read(old.expose())).map(|(head, _)| head);
    let text = secret.expose();
    if text.len() <= LONGEST && Head::read(text).is_none() {
        items.write(item, secret)?;
    } else {
        let parts = cut(text);
        if parts.len() > MOST {
            return Err(KeyringError::Failed(format!("the secret is longer than {} bytes", LONGEST * MOST)));
        }
        let [one, other] = STARTS;
        let start = if old.as_ref().is_some_and(|old| old.start == one) { other } else { one };
        let head = Head { generation: generation()?, start, count: parts.len().max(2) };
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        for name in head.names(item) {
            items.write(&name, &head.part(parts.next().unwrap_or_default()))?;
        }
        items.write(item, &head.part(first))?;
    }
    let Some(old) = old else { return Ok(()) };
    // From the end: what is left where a process ends has no gap, and is found by its numbers.
    for name in old.names(item).rev() {
        items.delete(&name)?;
    }
    Ok(())
}

/// Removes the item with all its parts, those that a process left behind among them; false where there was none.
pub fn delete(items: &impl Items, item: &str) -> Result<bool, KeyringError> {
    let mut removed = false;
    for start in STARTS {
        for number in start..start + MOST {
            if !items.delete(&named(item, number))? {
                break;
            }
            removed = true;
        }
    }
    // Those behind a gap.
    let first = items.read(item).ok().flatten();
    if let Some((head, _)) = first.as_ref().and_then(|first| Head::read(first.expose())) {
        for name in head.names(item).rev() {
            removed |= items.delete(&name)?;
        }
    }
    // The first one last: as long as it is there, another try finds what is left.
    Ok(items.delete(item)? || removed)
}

/// Parts of at most [`LONGEST`] bytes, the head's included, at the ends of characters.
fn cut(text: &str) -> Vec<&str> {
    const ROOM: usize = LONGEST - 64;
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > ROOM {
        let end = (0..=ROOM).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(ROOM);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn generation() -> Result<String, KeyringError> {
    let mut bytes = [0; 8];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| KeyringError::Failed("this system gave no random numbers".to_owned()))?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests;
