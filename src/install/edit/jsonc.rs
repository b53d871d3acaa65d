//! JSON with comments and trailing commas.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use super::NotEdited;
use super::flow::{Comments, Flow, Manner};
use super::json::{Style, written};
use super::layout::{appended, begins_line, indent, newline};
use super::tree::{Kind, Member, Node, Splice};

/// What clients read: comments and trailing commas beside JSON, nothing else.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The value of a file; none where it holds white space and comments only.
pub fn parse(text: &str) -> Result<Option<Node>, NotEdited> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS).map_err(|error| {
        let what = error.kind().to_string();
        let mut letters = what.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        NotEdited::Syntax {
            line: error.line_display(),
            column: error.column_display(),
            what: first.into_iter().chain(letters).collect(),
        }
    })?;
    Ok(parsed.value.map(node))
}

fn node(value: ast::Value<'_>) -> Node {
    let at = value.start()..value.end();
    let kind = match value {
        ast::Value::Object(object) => Kind::Map(object.properties.into_iter().map(member).collect()),
        ast::Value::Array(array) => Kind::List(array.elements.into_iter().map(node).collect()),
        ast::Value::StringLit(string) => Kind::Scalar(Value::String(string.value.into_owned())),
        ast::Value::BooleanLit(boolean) => Kind::Scalar(Value::Bool(boolean.value)),
        ast::Value::NullKeyword(_) => Kind::Scalar(Value::Null),
        ast::Value::NumberLit(number) => Kind::Scalar(
            number.value.parse().map_or_else(|_| Value::String(number.value.to_owned()), Value::Number),
        ),
    };
    Node { at, flow: true, kind }
}

fn member(property: ast::ObjectProp<'_>) -> Member {
    let key_at = property.name.start()..property.name.end();
    Member { key: property.name.into_string(), key_at, value: node(property.value) }
}

/// How a file writes what is new in it.
pub struct Writer<'a> {
    text: &'a str,
    unit: String,
    newline: &'static str,
    /// Whether empty brackets are opened up into lines.
    lines: bool,
    spaced: bool,
}

impl<'a> Writer<'a> {
    pub fn new(text: &'a str, root: Option<&Node>) -> Self {
        let written = root.and_then(|root| text.get(root.at.clone())).unwrap_or_default();
        Self {
            text,
            unit: root.and_then(|root| unit(text, root)).unwrap_or("  ").to_owned(),
            newline: newline(text),
            lines: written.contains('\n') || root.is_none_or(Node::is_empty),
            spaced: root.is_none_or(|root| spaced(text, root)),
        }
    }

    /// A file of its own with this value.
    pub fn whole(&self, value: &Value) -> Vec<Splice> {
        let end = self.text.len();
        let style = Style::Lines { indent: "", unit: &self.unit, newline: self.newline };
        vec![(end..end, appended(self.text, end, &written(value, &style), self.newline))]
    }

    /// One more part of a map (`key`) or a list.
    pub fn add(&self, parent: &Node, key: Option<&str>, value: &Value) -> Vec<Splice> {
        let flow = flow(self.text, parent);
        let manner = flow.manner(&self.unit, self.newline, self.lines);
        let style = match &manner {
            Manner::Lines { indent, unit, newline } => Style::Lines { indent, unit, newline },
            Manner::Line => Style::Line { spaced: self.spaced },
        };
        let value = written(value, &style);
        let space = if self.spaced || matches!(manner, Manner::Lines { .. }) { " " } else { "" };
        let words = match key {
            Some(key) => format!("{}:{space}{value}", Value::from(key)),
            None => value,
        };
        flow.add(&words, &manner, self.spaced)
    }

    /// Another value for a member.
    pub fn set(&self, member: &Member, value: &Value) -> Vec<Splice> {
        vec![(member.value.at.clone(), written(value, &self.style(member.key_at.start)))]
    }

    /// Another value for an item of a list.
    pub fn set_item(&self, item: &Node, value: &Value) -> Vec<Splice> {
        vec![(item.at.clone(), written(value, &self.style(item.at.start)))]
    }

    /// How what begins at this byte is written.
    fn style(&self, start: usize) -> Style<'_> {
        if begins_line(self.text, start) {
            Style::Lines { indent: indent(self.text, start), unit: &self.unit, newline: self.newline }
        } else {
            Style::Line { spaced: self.spaced }
        }
    }

    /// One part less.
    pub fn cut(&self, parent: &Node, index: usize) -> Option<Vec<Splice>> {
        flow(self.text, parent).cut(index)
    }
}

fn flow<'a>(text: &'a str, node: &Node) -> Flow<'a> {
    Flow { text, at: node.at.clone(), parts: node.parts(), comments: Comments::Slashes }
}

/// One level of indentation, from the first part that begins a line further in than the line of its bracket.
fn unit<'a>(text: &'a str, node: &Node) -> Option<&'a str> {
    let first = node.parts().first()?.start;
    if begins_line(text, first) {
        let (outer, inner) = (indent(text, node.at.start), indent(text, first));
        if let Some(unit) = inner.strip_prefix(outer).filter(|unit| !unit.is_empty()) {
            return Some(unit);
        }
    }
    children(node).find_map(|child| unit(text, child))
}

/// Whether a space follows the first colon.
fn spaced(text: &str, node: &Node) -> bool {
    let Kind::Map(members) = &node.kind else { return true };
    let Some(first) = members.first() else { return true };
    let between = text.get(first.key_at.end..first.value.at.start).unwrap_or_default();
    !between.trim_start().trim_start_matches(':').is_empty()
}

fn children(node: &Node) -> Box<dyn Iterator<Item = &Node> + '_> {
    match &node.kind {
        Kind::Map(members) => Box::new(members.iter().map(|member| &member.value)),
        Kind::List(items) => Box::new(items.iter()),
        Kind::Scalar(_) => Box::new(std::iter::empty()),
    }
}
