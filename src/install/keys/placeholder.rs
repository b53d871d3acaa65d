//! What stands where a key belongs and is none: `your_key_here`, `xxxxxxxx`, the name of a variable.

/// A text with one of these words in it is written for a person to replace.
const TELLING: &[&str] = &["your", "example", "placeholder", "changeme", "redacted", "removed"];

/// A text of nothing but these words is no key either.
const EMPTY: &[&str] = &[
    "a",
    "abc",
    "access",
    "api",
    "apikey",
    "auth",
    "bearer",
    "change",
    "goes",
    "here",
    "insert",
    "key",
    "live",
    "me",
    "my",
    "paste",
    "replace",
    "sample",
    "secret",
    "sk",
    "some",
    "test",
    "the",
    "this",
    "to",
    "token",
    "undefined",
    "value",
    "with",
];

/// True where `body`, a key without its prefix, is a placeholder.
pub fn is_placeholder(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    if lower.starts_with("your") || lower.contains("xxxx") || one_letter(&lower) || is_variable(body) {
        return true;
    }
    let mut words = lower.split(['_', '-', '.', '~']).filter(|word| !word.is_empty());
    words.clone().any(|word| TELLING.contains(&word))
        || words.all(|word| EMPTY.contains(&word) || (word.len() > 1 && one_letter(word)))
}

/// `xxxx`, `0000`.
fn one_letter(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|first| letters.all(|letter| letter == first))
}

/// `FAKTOORA_API_KEY`: some clients take the name of a variable where others take a value.
fn is_variable(word: &str) -> bool {
    word.contains('_')
        && word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}
