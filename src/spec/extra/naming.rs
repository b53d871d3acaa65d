//! Names of further tools and of their arguments: of plain letters, and none that is or looks like one of ours.

use std::collections::HashSet;

use crate::spec::{Operation, Verb};

/// Characters of a tool's name.
const LONGEST: usize = 48;
/// What a name gets behind it that is one of ours, or looks like it.
const SUFFIX: &str = "_spec";
/// Letters of other alphabets' names that stand for plain ones.
const PLAIN: &[(&str, &str)] = &[
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("ß", "ss"),
    ("àáâãå", "a"),
    ("èéêë", "e"),
    ("ìíîï", "i"),
    ("òóôõ", "o"),
    ("ùúû", "u"),
    ("ç", "c"),
    ("ñ", "n"),
];

/// Names that are given, by what they look like.
pub struct Names(HashSet<String>);

impl Names {
    pub fn new(taken: &[&str]) -> Self {
        let ours = crate::catalogue::all().map(|row| row.tool);
        Self(taken.iter().copied().chain(ours).map(looks).collect())
    }

    /// The tool's name of an operation, which is taken from now on.
    pub fn of(&mut self, operation: &Operation) -> String {
        let named = operation.id.as_deref().map(|id| joined(words(id))).filter(|name| !name.is_empty());
        let name = named.unwrap_or_else(|| {
            let path = operation.path.split('/').filter(|part| !part.starts_with('{') && !is_version(part));
            let verb = operation.verb.name().to_ascii_lowercase();
            joined(std::iter::once(verb).chain(path.flat_map(words)))
        });
        let name = if name.starts_with(|first: char| first.is_ascii_digit()) {
            shortened(&format!("op_{name}"), LONGEST)
        } else {
            name
        };
        let further = (2..).map(|number| format!("{SUFFIX}{number}"));
        let suffixes = [String::new(), SUFFIX.to_owned()].into_iter().chain(further);
        let mut candidates =
            suffixes.map(|suffix| format!("{}{suffix}", shortened(&name, LONGEST - suffix.len())));
        // As many are looked at as names may be taken: the last is free in any case.
        candidates.find(|name| self.0.insert(looks(name))).unwrap_or(name)
    }
}

/// `v1`, `v2.1`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

fn joined(words: impl IntoIterator<Item = String>) -> String {
    shortened(&words.into_iter().collect::<Vec<_>>().join("_"), LONGEST)
}

/// Cut at the end of a word, where one fits.
fn shortened(name: &str, most: usize) -> String {
    let Some(start) = name.get(..most).filter(|_| name.len() > most) else { return name.to_owned() };
    let whole = start.rsplit_once('_').map(|(whole, _)| whole).filter(|whole| whole.len() * 2 > most);
    whole.unwrap_or(start).trim_end_matches('_').to_owned()
}

/// The words of a name in plain small letters: `createInvoicePDF`, `create-invoice_pdf` and `create.invoice.PDF` alike.
pub fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().take(300).collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or(' ');
        let after = letters.get(at + 1).copied().unwrap_or(' ');
        let starts = letter.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && after.is_lowercase()));
        if starts || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        let Some(word) = words.last_mut() else { continue };
        for small in letter.to_lowercase() {
            let plain = PLAIN.iter().find(|(letters, _)| letters.contains(small)).map(|(_, plain)| *plain);
            match plain {
                Some(plain) => word.push_str(plain),
                None if small.is_ascii_lowercase() || small.is_ascii_digit() => word.push(small),
                None => {}
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What a name looks like at a glance: equal for names that could pass for each other.
fn looks(name: &str) -> String {
    let plain = name.to_ascii_lowercase().replace("rn", "m").replace("vv", "w");
    let alike = plain.chars().filter(|letter| *letter != '_').map(|letter| match letter {
        '1' | 'i' => 'l',
        '0' => 'o',
        '5' => 's',
        other => other,
    });
    alike.collect()
}

/// The name of an argument as clients take it.
pub fn argument(wire: &str) -> String {
    if is_plain(wire) {
        return wire.to_owned();
    }
    let safe: String =
        wire.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let parts: Vec<&str> = safe.split('_').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("_").chars().take(60).collect();
    if name.is_empty() { "argument".to_owned() } else { name }
}

/// What Claude Code and the Anthropic API take as a property's name.
pub fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// A name that a tool may have.
pub fn is_tool_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain) && !name.contains("__")
}

impl Verb {
    /// As HTTP writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}
