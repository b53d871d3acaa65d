//! Words of an error from outside, made harmless: on one line, with hidden characters written out, without the
//! key, and no longer than asked for.

use crate::credentials::Key;
use crate::text::{in_line, is_hidden};

/// Makes texts of one answer harmless. Where hidden characters split the key, they are left out instead of
/// written out, so that it is found and masked.
pub struct Cleaner<'a> {
    key: &'a Key,
}

impl<'a> Cleaner<'a> {
    pub fn new(key: &'a Key) -> Self {
        Self { key }
    }

    /// `text`, harmless and of `most` characters at most.
    pub fn clean(&self, text: &str, most: usize) -> String {
        let bare = stripped(text);
        if self.key.is_in(&bare) {
            return in_line(&self.key.scrub(&bare), most);
        }
        in_line(text, most)
    }
}

/// `text` on one line with single spaces, and without hidden characters.
fn stripped(text: &str) -> String {
    let kept: String = text.chars().filter(|letter| *letter == '\n' || !is_hidden(*letter)).collect();
    in_line(&kept, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::Cleaner;
    use crate::credentials::{Key, Origin, Secret};

    fn key() -> Key {
        Key::new(Secret::new("lmb_0123456789abcdef".to_owned()), Origin::parse("https://h.example").unwrap())
    }

    #[test]
    fn text_from_outside_keeps_its_words_and_shows_the_rest() {
        let key = key();
        let cleaner = Cleaner::new(&key);
        assert_eq!(
            cleaner.clean("  Zürich\r\n\t8001\u{1b}[31m \u{7f}", 100),
            "Zürich 8001\\u{1b}[31m \\u{7f}"
        );
        assert_eq!(cleaner.clean("a\u{200b}b\u{202e}c\u{e0041}d", 100), "a\\u{200b}b\\u{202e}c\\u{e0041}d");
        assert_eq!(cleaner.clean("äöüß", 3), "äö…");
    }

    #[test]
    fn a_key_that_comes_back_in_pieces_is_masked_too() {
        let key = key();
        let cleaner = Cleaner::new(&key);
        assert_eq!(cleaner.clean("no such key: lmb_0123\u{200b}456789abcdef", 100), "no such key: lmb_…cdef");
        assert_eq!(
            cleaner.clean("no such key: lmb_0123\u{1b}4567\u{ad}89abcdef", 100),
            "no such key: lmb_…cdef"
        );
        assert_eq!(cleaner.clean("key lmb_0123456789abcdef", 9), "key lmb_…");
    }
}
