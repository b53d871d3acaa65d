//! Parts between brackets with commas between them: one more, or one less. JSON, and what looks like it in YAML
//! and TOML.

use std::ops::Range;

use super::layout::{after_blanks, before_blanks, begins_line, ends_line, indent, line_start, next_line};
use super::tree::Splice;

/// How comments begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// `//` and `/* */`.
    Slashes,
    /// `#`.
    Hash,
}

/// Something between brackets.
pub struct Flow<'a> {
    pub text: &'a str,
    /// From the opening bracket to behind the closing one.
    pub at: Range<usize>,
    /// Each part, from its key to the end of its value.
    pub parts: Vec<Range<usize>>,
    pub comments: Comments,
}

/// Where a new part goes.
pub enum Manner<'a> {
    /// On a line of its own that begins with this indentation.
    Lines { indent: String, unit: &'a str, newline: &'a str },
    /// On the line of the others.
    Line,
}

/// What stands between two parts, but for white space.
enum Mark {
    Comma(Range<usize>),
    Comment(Range<usize>),
}

impl<'a> Flow<'a> {
    /// Where a new last part would go. `lines` says whether an empty pair of brackets is opened up.
    pub fn manner(&self, unit: &'a str, newline: &'a str, lines: bool) -> Manner<'a> {
        let inner = self.text.get(self.inner()).unwrap_or_default();
        let above = indent(self.text, self.at.start);
        let below = Manner::Lines { indent: format!("{above}{unit}"), unit, newline };
        match self.parts.last() {
            None if lines || !inner.trim_matches([' ', '\t']).is_empty() => below,
            None => Manner::Line,
            Some(last) if begins_line(self.text, last.start) => {
                Manner::Lines { indent: indent(self.text, last.start).to_owned(), unit, newline }
            }
            Some(last) => match self.text.get(self.at.start..last.start) {
                Some(before) if before.contains('\n') => below,
                _ => Manner::Line,
            },
        }
    }

    /// One more part at the end; `words` are written as `manner` says.
    pub fn add(&self, words: &str, manner: &Manner<'_>, spaced: bool) -> Vec<Splice> {
        let space = if spaced { " " } else { "" };
        let Some(last) = self.parts.last() else { return vec![self.first(words, manner)] };
        let marks = self.marks(last.end..self.close());
        let comma = marks.iter().find_map(|mark| match mark {
            Mark::Comma(at) => Some(at.clone()),
            Mark::Comment(_) => None,
        });
        let after = comma.as_ref().map_or(last.end, |comma| comma.end);
        let trailing = if comma.is_some() { "," } else { "" };
        let missing = || (last.end..last.end, ",".to_owned());
        match manner {
            Manner::Line if comma.is_some() => vec![(after..after, format!("{space}{words},"))],
            Manner::Line => vec![(after..after, format!(",{space}{words}"))],
            Manner::Lines { indent, newline, .. } => {
                let place = self.behind_comments(after, &marks);
                let line = format!("{newline}{indent}{words}{trailing}");
                match comma {
                    Some(_) => vec![(place..place, line)],
                    None if place == last.end => vec![(place..place, format!(",{line}"))],
                    None => vec![missing(), (place..place, line)],
                }
            }
        }
    }

    /// The first part of all.
    fn first(&self, words: &str, manner: &Manner<'_>) -> Splice {
        let inner = self.inner();
        let Manner::Lines { indent: inside, newline, .. } = manner else {
            let pad = self.text.get(inner.clone()).unwrap_or_default();
            return (inner, format!("{pad}{words}{pad}"));
        };
        let place = self
            .marks(inner.clone())
            .iter()
            .map(|mark| match mark {
                Mark::Comma(at) | Mark::Comment(at) => at.end,
            })
            .next_back()
            .unwrap_or(inner.start);
        let line = format!("{newline}{inside}{words}");
        if self.text.get(place..inner.end).is_some_and(|tail| tail.contains('\n')) {
            return (place..place, line);
        }
        (place..inner.end, format!("{line}{newline}{}", indent(self.text, self.at.start)))
    }

    /// The end of the last comment that begins on the line of `after`.
    fn behind_comments(&self, after: usize, marks: &[Mark]) -> usize {
        let mut place = after;
        for mark in marks {
            let Mark::Comment(at) = mark else { continue };
            if self.text.get(place..at.start).is_some_and(|gap| gap.trim_matches([' ', '\t']).is_empty()) {
                place = at.end;
            }
        }
        place
    }

    /// One part less.
    pub fn cut(&self, index: usize) -> Option<Vec<Splice>> {
        let part = self.parts.get(index)?.clone();
        let before = index.checked_sub(1).and_then(|index| self.parts.get(index));
        let after = self.parts.get(index + 1);
        let (from, to) = (
            before.map_or(self.at.start + 1, |before| before.end),
            after.map_or(self.close(), |after| after.start),
        );
        let mut cuts = Vec::new();
        let mut main = part.clone();
        let following = self.marks(part.end..to);
        match following.iter().position(|mark| matches!(mark, Mark::Comma(_))) {
            Some(0) => main.end = mark_end(&following, 0),
            Some(place) => cuts.extend(comma_at(&following, place)),
            // The last one, and no comma behind it: then the one before it goes.
            None => {
                let preceding = self.marks(from..part.start);
                let comma = preceding.iter().position(|mark| matches!(mark, Mark::Comma(_)));
                cuts.extend(comma.and_then(|place| comma_at(&preceding, place)));
            }
        }
        let comments = |marks: &[Mark]| marks.iter().any(|mark| matches!(mark, Mark::Comment(_)));
        if self.parts.len() == 1 && !comments(&following) && !comments(&self.marks(from..part.start)) {
            return Some(vec![(self.inner(), String::new())]);
        }
        let commented = matches!(self.marks(from..part.start).last(), Some(Mark::Comment(_)));
        cuts.push(if after.is_none() && !commented && main.end + self.blanks(main.end) == self.close() {
            self.text.get(..main.start).unwrap_or_default().trim_end().len()..main.end
        } else {
            self.with_blanks(main, after.is_some())
        });
        Some(cuts.into_iter().map(|cut| (cut, String::new())).collect())
    }

    /// What is cut, with the white space that would be left over.
    fn with_blanks(&self, cut: Range<usize>, more: bool) -> Range<usize> {
        let text = self.text;
        match (begins_line(text, cut.start), ends_line(text, cut.end)) {
            (true, true) => line_start(text, cut.start)..next_line(text, cut.end),
            (true, false) => cut.start..after_blanks(text, cut.end),
            (false, false) if more => cut.start..after_blanks(text, cut.end),
            (false, _) => before_blanks(text, cut.start)..cut.end,
        }
    }

    fn blanks(&self, at: usize) -> usize {
        after_blanks(self.text, at) - at
    }

    fn inner(&self) -> Range<usize> {
        self.at.start + 1..self.close()
    }

    fn close(&self) -> usize {
        self.at.end.saturating_sub(1)
    }

    /// Commas and comments in a range that holds nothing else but white space.
    fn marks(&self, range: Range<usize>) -> Vec<Mark> {
        let (mut marks, mut at) = (Vec::new(), range.start);
        while let Some(rest) = self.text.get(at..range.end).filter(|rest| !rest.is_empty()) {
            let line = || rest.find(['\n', '\r']).unwrap_or(rest.len());
            let comment = match self.comments {
                Comments::Slashes if rest.starts_with("//") => Some(line()),
                Comments::Slashes if rest.starts_with("/*") => {
                    Some(rest.get(2..).and_then(|inner| inner.find("*/")).map_or(rest.len(), |end| end + 4))
                }
                Comments::Hash if rest.starts_with('#') => Some(line()),
                _ => None,
            };
            let length = comment.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
            if comment.is_some() {
                marks.push(Mark::Comment(at..at + length));
            } else if rest.starts_with(',') {
                marks.push(Mark::Comma(at..at + 1));
            }
            at += length;
        }
        marks
    }
}

fn mark_end(marks: &[Mark], place: usize) -> usize {
    match marks.get(place) {
        Some(Mark::Comma(at) | Mark::Comment(at)) => at.end,
        None => 0,
    }
}

fn comma_at(marks: &[Mark], place: usize) -> Option<Range<usize>> {
    match marks.get(place) {
        Some(Mark::Comma(at)) => Some(at.clone()),
        _ => None,
    }
}
