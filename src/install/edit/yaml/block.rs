//! Writing into blocks of YAML, which live by lines and indentation; what stands in brackets is left to `flow`.

use std::ops::Range;

use serde_json::Value;

use super::super::flow::{Comments, Flow};
use super::super::json::{self, Style};
use super::super::layout::{appended, begins_line, line_end, line_start, newline, next_line};
use super::super::tree::{Kind, Member, Node, Splice};
use super::scalar;

/// How a file writes what is new in it.
pub struct Writer<'a> {
    text: &'a str,
    end: usize,
    root_start: Option<usize>,
    newline: &'static str,
    /// Spaces of one level.
    unit: usize,
    /// Whether the dashes of a list stand further in than its key.
    indented: bool,
}

impl<'a> Writer<'a> {
    pub fn new(text: &'a str, root: Option<&Node>, end: usize) -> Self {
        Self {
            text,
            end,
            root_start: root.filter(|root| !root.flow).map(|root| root.at.start),
            newline: newline(text),
            unit: root.and_then(|root| unit(text, root)).unwrap_or(2),
            indented: root.and_then(|root| indented(text, root)).unwrap_or(true),
        }
    }

    /// The keys and values of `value` as a document of their own.
    pub fn whole(&self, value: &Value) -> Vec<Splice> {
        let lines = self.block(value, 0).join(self.newline);
        vec![(self.end..self.end, appended(self.text, self.end, &lines, self.newline))]
    }

    /// One more part of a map (`key`) or a list.
    pub fn add(&self, parent: &Node, key: Option<&str>, value: &Value) -> Option<Vec<Splice>> {
        if parent.flow {
            return Some(self.add_to_flow(parent, key, value));
        }
        let (lines, column) = match (&parent.kind, key) {
            (Kind::Map(members), Some(key)) => {
                let column = column(self.text, members.first()?.key_at.start);
                (self.member(key, value, column), column)
            }
            (Kind::List(items), None) => {
                let dash = dash(self.text, items.first()?)?;
                let column = column(self.text, dash);
                (self.item(value, column), column)
            }
            _ => return None,
        };
        let lines = indented_lines(&lines, column, self.newline);
        if self.root_start == Some(parent.at.start) && key.is_some() {
            return Some(vec![(self.end..self.end, appended(self.text, self.end, &lines, self.newline))]);
        }
        let place = line_end(self.text, parent.at.end);
        Some(vec![(place..place, format!("{}{lines}", self.newline))])
    }

    /// Another value for a member of a block.
    pub fn set(&self, parent: &Node, member: &Member, value: &Value) -> Option<Vec<Splice>> {
        let old = &member.value;
        if parent.flow {
            return Some(vec![(old.at.clone(), json::written(value, &Style::Line { spaced: true }))]);
        }
        let colon = colon(self.text, member)?;
        let old_end = line_end(self.text, old.at.end);
        let one_line = line_end(self.text, colon) == old_end;
        let key_column = column(self.text, member.key_at.start);
        let lines = self.below(value, key_column);
        match lines {
            None if one_line && !old.at.is_empty() => Some(vec![(old.at.clone(), scalar::written(value))]),
            None if one_line => Some(vec![(colon..colon, format!(" {}", scalar::written(value)))]),
            None => {
                let words = format!(" {}", scalar::written(value));
                Some(vec![(self.header(colon, old), words), (self.body(colon, old, old_end), String::new())])
            }
            Some(lines) => {
                let lines = format!("{}{}", self.newline, indented_lines(&lines.0, lines.1, self.newline));
                if one_line {
                    let gone = if old.at.is_empty() { colon..colon } else { colon..old.at.end };
                    return Some(vec![(gone, String::new()), (old_end..old_end, lines)]);
                }
                Some(vec![(self.header(colon, old), String::new()), (self.body(colon, old, old_end), lines)])
            }
        }
    }

    /// Another value for an item of a list.
    pub fn set_item(&self, parent: &Node, item: &Node, value: &Value) -> Option<Vec<Splice>> {
        if parent.flow || item.flow {
            return Some(vec![(item.at.clone(), json::written(value, &Style::Line { spaced: true }))]);
        }
        dash(self.text, item)?;
        let column = column(self.text, item.at.start);
        let lines = indented_lines(&self.block(value, column), column, self.newline);
        let end = line_end(self.text, item.at.end);
        Some(vec![(item.at.start..end, lines.trim_start().to_owned())])
    }

    /// One part less; `owner` is the member whose value `parent` is.
    pub fn cut(&self, parent: &Node, owner: Option<&Member>, index: usize) -> Option<Vec<Splice>> {
        if parent.flow {
            return self.flow(parent).cut(index);
        }
        let part = parent.parts().get(index)?.clone();
        let (start, empty) = match &parent.kind {
            Kind::Map(members) => (members.get(index)?.key_at.start, " {}"),
            Kind::List(items) => (dash(self.text, items.get(index)?)?, " []"),
            Kind::Scalar(_) => return None,
        };
        if !begins_line(self.text, start) {
            // The first field of a record, behind the dash of the list: the next one takes its place.
            let next = parent.parts().get(index + 1)?.start;
            return Some(vec![(start..next, String::new())]);
        }
        let mut cuts = vec![(self.whole_lines(start..part.end), String::new())];
        if parent.parts().len() == 1 {
            let colon = colon(self.text, owner?)?;
            cuts.push((colon..colon, empty.to_owned()));
        }
        Some(cuts)
    }

    /// From the start of the first line to the start of the line after the last, or what there is at the end.
    fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        let start = line_start(self.text, range.start);
        let end = next_line(self.text, line_end(self.text, range.end));
        let ends = self.text.get(..end).is_some_and(|before| before.ends_with('\n'));
        match self.text.get(..start) {
            Some(before) if !ends => {
                let kept = before.strip_suffix('\n').unwrap_or(before);
                kept.strip_suffix('\r').unwrap_or(kept).len()..end
            }
            _ => start..end,
        }
    }

    /// What belongs to a value on the line of its key: the sign of a block of text, or its own beginning.
    fn header(&self, colon: usize, old: &Node) -> Range<usize> {
        let end = line_end(self.text, colon);
        let line = self.text.get(colon..end).unwrap_or_default();
        let below = old.at.start >= end;
        let marked = line.trim_start().starts_with(['|', '>', '&', '!']);
        if below && !marked { colon..colon } else { colon..end }
    }

    /// What belongs to a value below the line of its key.
    fn body(&self, colon: usize, old: &Node, old_end: usize) -> Range<usize> {
        let _ = old;
        line_end(self.text, colon)..old_end
    }

    fn add_to_flow(&self, parent: &Node, key: Option<&str>, value: &Value) -> Vec<Splice> {
        let flow = self.flow(parent);
        let unit = " ".repeat(self.unit);
        let manner = flow.manner(&unit, self.newline, false);
        let words = json::written(value, &Style::Line { spaced: true });
        let words = match key {
            Some(key) => format!("{}: {words}", Value::from(key)),
            None => words,
        };
        flow.add(&words, &manner, true)
    }

    fn flow(&self, node: &Node) -> Flow<'a> {
        Flow { text: self.text, at: node.at.clone(), parts: node.parts(), comments: Comments::Hash }
    }

    /// The lines of a value below its key, and the column they begin in; none where it stands beside the key.
    fn below(&self, value: &Value, key_column: usize) -> Option<(Vec<String>, usize)> {
        let column = match value {
            Value::Object(map) if !map.is_empty() => key_column + self.unit,
            Value::Array(items) if !items.is_empty() && self.indented => key_column + self.unit,
            Value::Array(items) if !items.is_empty() => key_column,
            _ => return None,
        };
        Some((self.block(value, column), column))
    }

    /// The lines of a map or a list with parts, without their first indentation, which is `column`.
    fn block(&self, value: &Value, column: usize) -> Vec<String> {
        match value {
            Value::Object(map) => {
                map.iter().flat_map(|(key, value)| self.member(key, value, column)).collect()
            }
            Value::Array(items) => items.iter().flat_map(|value| self.item(value, column)).collect(),
            plain => vec![scalar::written(plain)],
        }
    }

    fn member(&self, key: &str, value: &Value, column: usize) -> Vec<String> {
        let key = scalar::written(&Value::from(key));
        match self.below(value, column) {
            None => vec![format!("{key}: {}", scalar::written(value))],
            Some((lines, inner)) => {
                let pad = " ".repeat(inner - column);
                let lines = lines.into_iter().map(|line| format!("{pad}{line}"));
                std::iter::once(format!("{key}:")).chain(lines).collect()
            }
        }
    }

    fn item(&self, value: &Value, column: usize) -> Vec<String> {
        let lines = match value {
            Value::Array(_) => vec![json::written(value, &Style::Line { spaced: true })],
            Value::Object(map) if map.is_empty() => vec!["{}".to_owned()],
            other => self.block(other, column + 2),
        };
        let marks = std::iter::once("- ").chain(std::iter::repeat("  "));
        marks.zip(lines).map(|(mark, line)| format!("{mark}{line}")).collect()
    }
}

fn indented_lines(lines: &[String], column: usize, newline: &str) -> String {
    let pad = " ".repeat(column);
    let lines: Vec<String> = lines.iter().map(|line| format!("{pad}{line}")).collect();
    lines.join(newline)
}

/// How many characters stand before a byte on its line.
fn column(text: &str, at: usize) -> usize {
    text.get(line_start(text, at)..at).map_or(0, |before| before.chars().count())
}

/// Behind the colon of a member.
fn colon(text: &str, member: &Member) -> Option<usize> {
    let end = member.key_at.end;
    let rest = text.get(end..)?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest.get(blanks..)?.starts_with(':').then_some(end + blanks + 1)
}

/// The dash of an item that begins its line; none where it stands behind something else.
fn dash(text: &str, item: &Node) -> Option<usize> {
    let mut start = line_start(text, item.at.start);
    let mut upto = item.at.start;
    loop {
        let line = text.get(start..upto)?;
        let words = line.trim_start_matches(' ');
        if words.starts_with('-') {
            let rest = words.trim_start_matches('-');
            return (rest.is_empty() || rest.starts_with([' ', '\t', '\r']) && words.len() - rest.len() == 1)
                .then_some(start + line.len() - words.len());
        }
        let words = words.trim();
        if !words.is_empty() && !words.starts_with('#') || start == 0 {
            return None;
        }
        upto = start - 1;
        start = line_start(text, upto);
    }
}

/// Spaces of the first level that is further in than the one around it.
fn unit(text: &str, node: &Node) -> Option<usize> {
    let Kind::Map(members) = &node.kind else { return None };
    members.iter().filter(|_| !node.flow).find_map(|member| {
        let Kind::Map(inner) = &member.value.kind else { return None };
        let first = inner.first().filter(|_| !member.value.flow)?;
        let (outer, inner) = (column(text, member.key_at.start), column(text, first.key_at.start));
        inner.checked_sub(outer).filter(|unit| *unit > 0)
    })
}

/// Whether the dashes of the first list stand further in than its key.
fn indented(text: &str, node: &Node) -> Option<bool> {
    let Kind::Map(members) = &node.kind else { return None };
    members.iter().find_map(|member| match &member.value.kind {
        Kind::List(items) if !member.value.flow => {
            let dash = dash(text, items.first()?)?;
            Some(column(text, dash) > column(text, member.key_at.start))
        }
        _ => indented(text, &member.value),
    })
}
