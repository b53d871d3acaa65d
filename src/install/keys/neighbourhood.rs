//! Whose entry a place in a text is in, by the address that stands in the same entry: by brackets in JSON, by
//! sections in TOML, by indentation elsewhere. A rough reading, for which a text need not be whole.

use std::ops::Range;

/// Places judged in one text: a hostile one is not read over and over.
const MOST: usize = 200;

/// Bytes read for that, over all places: a large text is not read as often as a small one.
const MOST_BYTES: usize = 1 << 28;

/// Says of places in one text whose entry they are in.
pub struct Entries<'a> {
    text: &'a str,
    judged: usize,
    /// Bytes that may still be read.
    left: usize,
}

impl<'a> Entries<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, judged: 0, left: MOST_BYTES }
    }

    /// True where the entry that `at` is in names `host`, which is in lower case.
    pub fn name(&mut self, at: usize, host: &str) -> bool {
        self.judged += 1;
        let may = self.judged <= MOST && self.left > 0;
        self.left = self.left.saturating_sub(self.text.len());
        may && names(self.text, at, host)
    }
}

fn names(text: &str, at: usize, host: &str) -> bool {
    if !text.contains(host) {
        return false;
    }
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let blocks = if ["{", "//", "/*"].iter().any(|opening| start.starts_with(opening)) {
        let whole = std::iter::once(0..text.len());
        brackets(text, at).into_iter().chain(whole).collect()
    } else if let Some(section) = section(text, at) {
        return section.iter().any(|part| part.contains(host));
    } else {
        indented(text, at)
    };
    for (level, block) in blocks.into_iter().enumerate() {
        let block = text.get(block).unwrap_or_default();
        if block.contains(host) {
            return true;
        }
        // The innermost block holds headers, arguments or variables; what is around it is the entry.
        if level > 0 && block.contains("://") {
            return false;
        }
    }
    false
}

/// The pairs of brackets around `at`, the innermost first.
pub fn brackets(text: &str, at: usize) -> Vec<Range<usize>> {
    let (mut open, mut around) = (Vec::new(), Vec::new());
    let mut letters = text.bytes().enumerate().peekable();
    while let Some((here, byte)) = letters.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = letters.next() {
                    match byte {
                        b'\\' => drop(letters.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'/' if letters.peek().is_some_and(|(_, next)| *next == b'/') => {
                while letters.next_if(|(_, byte)| *byte != b'\n').is_some() {}
            }
            b'{' | b'[' => open.push(here),
            b'}' | b']' => {
                if let Some(start) = open.pop()
                    && start <= at
                    && at < here
                {
                    around.push(start..here + 1);
                }
            }
            _ => {}
        }
    }
    around
}

/// The parts of a TOML text that belong to the same entry: those whose heading begins with the same two names.
fn section(text: &str, at: usize) -> Option<Vec<&str>> {
    let mut parts: Vec<(Vec<&str>, Range<usize>)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let heading = line.trim().strip_prefix('[').and_then(|line| line.split_once(']'));
        match (heading, parts.last_mut()) {
            (Some((heading, _)), _) => {
                let names = heading.trim_start_matches('[').split('.').map(str::trim).take(2).collect();
                parts.push((names, start..end));
            }
            (None, Some((_, part))) => part.end = end,
            (None, None) => {}
        }
        start = end;
    }
    let names = &parts.iter().find(|(_, part)| part.contains(&at))?.0;
    Some(
        parts
            .iter()
            .filter(|(other, _)| other == names)
            .filter_map(|(_, part)| text.get(part.clone()))
            .collect(),
    )
}

/// The blocks of an indented text around `at`, the innermost first, and then the whole text.
fn indented(text: &str, at: usize) -> Vec<Range<usize>> {
    let mut lines: Vec<(Range<usize>, usize)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let depth = line.len() - line.trim_start_matches([' ', '\t']).len();
        if !line.trim().is_empty() {
            lines.push((start..start + line.len(), depth));
        }
        start += line.len();
    }
    let mut blocks = Vec::new();
    let mut here = lines.iter().position(|(line, _)| line.contains(&at));
    while let Some(line) = here {
        let depth = lines.get(line).map_or(0, |(_, depth)| *depth);
        let parent = lines.iter().take(line).rposition(|(_, other)| *other < depth);
        if let Some(parent) = parent
            && let Some((first, above)) = lines.get(parent)
        {
            let inside = lines.iter().skip(parent + 1).take_while(|(_, other)| other > above);
            blocks.push(first.start..inside.last().map_or(first.end, |(line, _)| line.end));
        }
        here = parent;
    }
    blocks.push(0..text.len());
    blocks
}

#[cfg(test)]
mod tests {
    use super::Entries;

    #[test]
    fn a_large_text_is_not_read_over_and_over() {
        let text = r#"{"a": {"url": "https://api.faktoora.com", "x-api-key": ""}}"#;
        let at = text.find("x-api").unwrap();
        let mut entries = Entries { left: text.len() + 1, ..Entries::of(text) };
        assert!(entries.name(at, "faktoora.com") && entries.name(at, "faktoora.com"));
        assert!(!entries.name(at, "faktoora.com"));
    }
}
