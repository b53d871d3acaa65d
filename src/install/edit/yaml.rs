//! YAML: one document, read from the parser's events.

mod block;
mod scalar;

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};
use serde_json::Value;

pub use self::block::Writer;
use super::NotEdited;
use super::tree::{Kind, Member, Node, syntax};

/// Collections in collections, and what aliases may amount to in all.
const DEEPEST: usize = 128;
const MOST_ALIASED: usize = 1_000_000;

/// A file: its value, and where a new last key of its document goes.
pub struct Document {
    pub root: Option<Node>,
    pub end: usize,
}

/// A collection that is being read.
struct Open {
    start: usize,
    flow: bool,
    list: bool,
    anchor: usize,
    /// Values of a list; keys and values of a map by turns.
    nodes: Vec<Node>,
}

struct Reading<'a> {
    text: &'a str,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: std::collections::HashMap<usize, (Value, usize)>,
    aliased: usize,
}

pub fn parse(text: &str) -> Result<Document, NotEdited> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    let mut reading =
        Reading { text, open: Vec::new(), root: None, anchors: std::collections::HashMap::new(), aliased: 0 };
    let (mut documents, mut end) = (0, text.len());
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| NotEdited::Syntax {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            what: error.info(),
        })?;
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return Err(syntax(
                        text,
                        bytes(&span, text).start,
                        "a second document begins here".to_owned(),
                    ));
                }
            }
            Event::DocumentEnd => {
                let mark = bytes(&span, text);
                if !mark.is_empty() {
                    end = mark.start;
                }
            }
            other => reading.event(other, bytes(&span, text))?,
        }
    }
    Ok(Document { root: reading.root, end })
}

fn bytes(span: &Span, text: &str) -> Range<usize> {
    span.byte_range().unwrap_or(text.len()..text.len())
}

impl Reading<'_> {
    fn event(&mut self, event: Event<'_>, at: Range<usize>) -> Result<(), NotEdited> {
        match event {
            Event::SequenceStart(style, anchor, _) => self.begin(at.start, style, true, anchor),
            Event::MappingStart(style, anchor, _) => self.begin(at.start, style, false, anchor),
            Event::SequenceEnd | Event::MappingEnd => self.finish(&at)?,
            Event::Scalar(value, style, anchor, tag) => {
                let plain =
                    style == ScalarStyle::Plain && tag.is_none_or(|tag| !tag.is_yaml_core_schema_tag("str"));
                let at = self.scalar_range(at, style, &value);
                let empty = plain && at.is_empty();
                let value = if empty {
                    Value::Null
                } else if plain {
                    scalar::read(&value)
                } else {
                    Value::String(value.into_owned())
                };
                let flow = self.open.last().is_some_and(|open| open.flow);
                self.closed(Node { at, flow, kind: Kind::Scalar(value) }, anchor)?;
            }
            Event::Alias(anchor) => {
                let Some((value, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(syntax(self.text, at.start, "an alias of what is around it".to_owned()));
                };
                self.aliased += size;
                if self.aliased > MOST_ALIASED {
                    return Err(syntax(self.text, at.start, "too much behind aliases".to_owned()));
                }
                self.closed(Node { at, flow: true, kind: Kind::Scalar(value) }, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, start: usize, style: StructureStyle, list: bool, anchor: usize) {
        self.open.push(Open { start, flow: style == StructureStyle::Flow, list, anchor, nodes: Vec::new() });
    }

    fn finish(&mut self, at: &Range<usize>) -> Result<(), NotEdited> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let end = if open.flow { at.end } else { open.nodes.last().map_or(open.start, |node| node.at.end) };
        let kind = if open.list { Kind::List(open.nodes) } else { Kind::Map(members(open.nodes)) };
        self.closed(Node { at: open.start..end, flow: open.flow, kind }, open.anchor)
    }

    fn closed(&mut self, node: Node, anchor: usize) -> Result<(), NotEdited> {
        if anchor != 0 {
            let value = node.value();
            let size = size(&value);
            self.aliased += size;
            if self.aliased > MOST_ALIASED {
                return Err(syntax(self.text, node.at.start, "too much behind aliases".to_owned()));
            }
            self.anchors.insert(anchor, (value, size));
        }
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    /// Where a scalar stands, without the white space behind a block of text but for what belongs to it.
    fn scalar_range(&self, at: Range<usize>, style: ScalarStyle, value: &str) -> Range<usize> {
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return at;
        }
        let words = self.text.get(at.clone()).unwrap_or_default();
        let kept = value.ends_with("\n\n") || value.trim().is_empty();
        let words = if kept {
            // The range goes on to what comes next, which may stand further in.
            let words = words.trim_end_matches([' ', '\t']);
            words.strip_suffix('\n').map_or(words, |words| words.strip_suffix('\r').unwrap_or(words))
        } else {
            words.trim_end_matches(['\n', '\r', ' ', '\t'])
        };
        at.start..at.start + words.len()
    }
}

fn members(nodes: Vec<Node>) -> Vec<Member> {
    let (mut members, mut nodes) = (Vec::with_capacity(nodes.len() / 2), nodes.into_iter());
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        let words = match key.value() {
            Value::String(words) => words,
            other => other.to_string(),
        };
        members.push(Member { key: words, key_at: key.at, value });
    }
    members
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Object(map) => map.values().map(size).sum(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::String(words) => words.len() / 64,
        _ => 0,
    }
}
