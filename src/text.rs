//! Text from outside as it may be shown. What nobody sees, or what changes how the rest is seen, is written
//! out: so that it can neither steer a terminal, nor hide words from a person who is asked to say yes, nor
//! carry orders to a model past that person's eyes. What scripts and emoji need stays.

/// Invisible characters and those that change the direction of text, by range. Beside them all control
/// characters, and the joiners and selectors that [`is_needed`] lets through in their proper place.
const HIDDEN: &[(char, char)] = &[
    ('\u{00ad}', '\u{00ad}'),
    ('\u{034f}', '\u{034f}'),
    ('\u{061c}', '\u{061c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Scripts whose letters change shape at a joiner or a non-joiner: Arabic and its kin, those of India,
/// Myanmar, Khmer and Mongolian.
const JOINING: &[(char, char)] = &[
    ('\u{0620}', '\u{06ff}'),
    ('\u{0700}', '\u{074f}'),
    ('\u{0750}', '\u{077f}'),
    ('\u{08a0}', '\u{08ff}'),
    ('\u{0900}', '\u{0dff}'),
    ('\u{1000}', '\u{109f}'),
    ('\u{1780}', '\u{17d3}'),
    ('\u{1820}', '\u{18aa}'),
    ('\u{fb50}', '\u{fdff}'),
    ('\u{fe70}', '\u{fefc}'),
];

/// Signs that have a form in colour, their parts included.
const EMOJI: &[(char, char)] = &[
    ('\u{203c}', '\u{203c}'),
    ('\u{2049}', '\u{2049}'),
    ('\u{2122}', '\u{2122}'),
    ('\u{2139}', '\u{2139}'),
    ('\u{2190}', '\u{21ff}'),
    ('\u{2300}', '\u{23ff}'),
    ('\u{24c2}', '\u{24c2}'),
    ('\u{25a0}', '\u{27bf}'),
    ('\u{2934}', '\u{2935}'),
    ('\u{2b00}', '\u{2bff}'),
    ('\u{3030}', '\u{3030}'),
    ('\u{303d}', '\u{303d}'),
    ('\u{3297}', '\u{3299}'),
    ('\u{1f000}', '\u{1faff}'),
];

fn among(ranges: &[(char, char)], letter: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

/// True for a character that is written out wherever nothing needs it: all controls but line break and tab,
/// and what [`HIDDEN`] lists.
pub fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' | ' '..='~' => false,
        letter => letter.is_control() || among(HIDDEN, letter),
    }
}

/// Whether a text holds a character that [`is_hidden`] names. Most texts are plain bytes, and that is seen at
/// once.
fn any_hidden(text: &str) -> bool {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
    !plain && text.chars().any(is_hidden)
}

/// True where a hidden character does what it is there for: one selector after a sign that has a form in
/// colour, a joiner between two such signs or between letters of a script that joins.
fn is_needed(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let (Some(before), after) = (before, after.unwrap_or(' ')) else { return false };
    let letters = among(JOINING, before) && among(JOINING, after);
    match letter {
        '\u{fe0e}' | '\u{fe0f}' => {
            among(EMOJI, before)
                || matches!(before, '\u{a9}' | '\u{ae}')
                || (matches!(before, '0'..='9' | '#' | '*') && after == '\u{20e3}')
        }
        '\u{200d}' => letters || ((among(EMOJI, before) || before == '\u{fe0f}') && among(EMOJI, after)),
        '\u{200c}' => letters,
        _ => false,
    }
}

/// The text with hidden characters written out, for example `\u{202e}`. Line breaks and tabs stay; a line
/// break of two characters becomes one.
pub fn visible(text: &str) -> String {
    if !any_hidden(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    // The last character that stands as it is; a written-out one joins nothing.
    let mut before = None;
    while let Some(letter) = letters.next() {
        let after = letters.peek().copied();
        if letter == '\r' && after == Some('\n') {
            continue;
        }
        if is_hidden(letter) && !is_needed(before, letter, after) {
            shown.extend(letter.escape_unicode());
            before = None;
        } else {
            shown.push(letter);
            before = Some(letter);
        }
    }
    shown
}

/// True where [`visible`] would change the text.
pub fn hides(text: &str) -> bool {
    any_hidden(text) && visible(text) != text
}

/// Visible, on one line, with single spaces, and of at most `most` characters: the end is cut with `…`.
pub fn in_line(text: &str, most: usize) -> String {
    let line = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most.saturating_sub(1)) {
        Some((end, letter)) if end + letter.len_utf8() < line.len() => {
            format!("{}…", line.get(..end).unwrap_or_default())
        }
        _ => line,
    }
}

/// JSON text that holds the same values with hidden characters as JSON's own escapes.
pub fn visible_json(json: &str) -> String {
    if !any_hidden(json) {
        return json.to_owned();
    }
    json.chars().fold(String::with_capacity(json.len() + 16), |mut shown, letter| {
        if is_hidden(letter) {
            let mut units = [0; 2];
            shown.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(letter);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::{hides, in_line, visible, visible_json};

    #[test]
    fn hidden_characters_are_written_out() {
        for (input, shown) in [
            ("a\u{202e}b", "a\\u{202e}b"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("\u{1b}[2J\u{9b}31m", "\\u{1b}[2J\\u{9b}31m"),
            ("x\u{200b}y\u{feff}", "x\\u{200b}y\\u{feff}"),
            ("t\u{e0041}\u{e0020}", "t\\u{e0041}\\u{e0020}"),
            ("a\rb\u{8}\u{7f}\0", "a\\u{d}b\\u{8}\\u{7f}\\u{0}"),
            ("pay\u{3164}\u{115f}\u{2800}", "pay\\u{3164}\\u{115f}\\u{2800}"),
            // Words hidden in selectors, behind letters and behind an emoji.
            ("a\u{fe00}\u{e0101}\u{fe0f}", "a\\u{fe00}\\u{e0101}\\u{fe0f}"),
            ("\u{1f600}\u{fe0f}\u{fe0e}\u{e0110}", "\u{1f600}\u{fe0f}\\u{fe0e}\\u{e0110}"),
            // Joiners that join nothing.
            ("a\u{200d}b\u{200c}c\u{200d}", "a\\u{200d}b\\u{200c}c\\u{200d}"),
            ("\u{1f469}\u{200d}\u{200d}\u{1f680}", "\u{1f469}\\u{200d}\\u{200d}\u{1f680}"),
        ] {
            assert_eq!(visible(input), shown);
            assert!(hides(input), "{input:?}");
            assert_eq!(visible(shown), shown, "it stays what it is");
        }
    }

    #[test]
    fn honest_text_stays_as_it_is() {
        for text in [
            "Müller & Söhne\n\tZürich",
            "Cafe\u{301}, Ω, 張偉, 株式会社\u{3000}東京",
            "שלום בע\u{22}מ, شركة النور",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f469}\u{1f3fd}\u{200d}\u{1f680}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308} 1\u{fe0f}\u{20e3} \u{a9}\u{fe0f}",
            "\u{1f1e8}\u{1f1ed} – “quoted” \u{a0}CHF 1’200.–",
        ] {
            assert_eq!(visible(text), text);
            assert!(!hides(text), "{text:?}");
        }
        assert_eq!(visible("a\r\nb\u{200b}"), "a\nb\\u{200b}");
    }

    #[test]
    fn a_line_is_one_and_no_longer_than_asked_for() {
        assert_eq!(in_line("a\n  b\u{2028}c", 120), "a b\\u{2028}c");
        assert_eq!(in_line("äöü", 3), "äöü");
        assert_eq!(in_line("äöüß", 3), "äö…");
        assert_eq!(in_line(&in_line(&"x".repeat(500), 120), 120), in_line(&"x".repeat(500), 120));
        assert_eq!(in_line("", 3), "");
    }

    #[test]
    fn json_stays_json() {
        let value = serde_json::json!({"a\u{202e}": "\u{e0041}\n\u{1b}", "b": "é"});
        let shown = visible_json(&format!("{value:#}"));
        assert!(shown.contains("\\u202e") && shown.contains("\\udb40\\udc41"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
