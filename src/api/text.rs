//! Text from outside, made harmless: no control characters, nothing invisible, no more than asked for.

use crate::credentials::Key;

/// Makes texts of one answer harmless: neutralised first, so that no hidden character splits the key,
/// then scrubbed of the key, then cut.
pub struct Cleaner<'a> {
    key: &'a Key,
}

impl<'a> Cleaner<'a> {
    pub fn new(key: &'a Key) -> Self {
        Self { key }
    }

    /// `text`, harmless and of `most` characters at most.
    pub fn clean(&self, text: &str, most: usize) -> String {
        cut(&self.key.scrub(&neutral(text)), most)
    }
}

/// `text` with white space collapsed to single spaces, and without control and invisible characters.
pub fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.chars().filter(|letter| !invisible(*letter)) {
        if letter.is_whitespace() || letter.is_control() {
            gap = !out.is_empty();
        } else {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.push(letter);
        }
    }
    out
}

/// Characters that show nothing or turn the direction of what follows.
fn invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The first `most` characters of `text`, with `…` where something was left off.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cleaner, cut, neutral};
    use crate::credentials::{Key, Origin, Secret};

    #[test]
    fn text_from_outside_keeps_its_words_and_loses_the_rest() {
        assert_eq!(neutral("  Zürich\r\n\t8001\u{1b}[31m \u{7f}"), "Zürich 8001 [31m");
        assert_eq!(neutral("a\u{200b}b\u{202e}c\u{e0041}d\u{feff}"), "abcd");
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }

    #[test]
    fn a_key_that_comes_back_in_pieces_is_masked_too() {
        let key = Key::new(
            Secret::new("lmb_0123456789abcdef".to_owned()),
            Origin::parse("https://h.example").unwrap(),
        );
        let cleaner = Cleaner::new(&key);
        assert_eq!(cleaner.clean("no such key: lmb_0123\u{200b}456789abcdef", 100), "no such key: lmb_…cdef");
        assert_eq!(cleaner.clean("key lmb_0123456789abcdef", 8), "key lmb_…");
    }
}
