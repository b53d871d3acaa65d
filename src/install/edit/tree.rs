//! A file as a tree that knows where everything stands. What JSON and YAML have in common.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::{Map, Value};

use super::{Listed, NotEdited, Spot};

/// A value and where it stands, in bytes.
pub struct Node {
    /// From the first byte of the value to the one after its last: brackets and quotes included; in a block of
    /// YAML from its first key to the end of its last value.
    pub at: Range<usize>,
    /// False for what YAML shows by indentation.
    pub flow: bool,
    pub kind: Kind,
}

pub enum Kind {
    Map(Vec<Member>),
    List(Vec<Node>),
    /// Everything else, an alias of YAML with what it stands for.
    Scalar(Value),
}

pub struct Member {
    pub key: String,
    pub key_at: Range<usize>,
    pub value: Node,
}

/// A change of the text: what stands at the range gives way to the words.
pub type Splice = (Range<usize>, String);

impl Node {
    pub fn value(&self) -> Value {
        match &self.kind {
            Kind::Map(members) => Value::Object(
                members
                    .iter()
                    .map(|member| (member.key.clone(), member.value.value()))
                    .collect::<Map<String, Value>>(),
            ),
            Kind::List(items) => Value::Array(items.iter().map(Node::value).collect()),
            Kind::Scalar(value) => value.clone(),
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Scalar(Value::Null))
    }

    /// Nothing in it: `{}`, `[]` or null.
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            Kind::Map(members) => members.is_empty(),
            Kind::List(items) => items.is_empty(),
            Kind::Scalar(value) => value.is_null(),
        }
    }

    /// Where its parts stand, each with its key.
    pub fn parts(&self) -> Vec<Range<usize>> {
        match &self.kind {
            Kind::Map(members) => {
                members.iter().map(|member| member.key_at.start..member.value.at.end).collect()
            }
            Kind::List(items) => items.iter().map(|item| item.at.clone()).collect(),
            Kind::Scalar(_) => Vec::new(),
        }
    }

    /// The member of this key; one that stands here twice is refused.
    pub fn member(&self, key: &str, text: &str) -> Result<Option<(usize, &Member)>, NotEdited> {
        let Kind::Map(members) = &self.kind else { return Ok(None) };
        let mut found = members.iter().enumerate().filter(|(_, member)| member.key == key);
        let first = found.next();
        match found.next() {
            Some((_, second)) => {
                Err(syntax(text, second.key_at.start, format!("`{key}` stands here a second time")))
            }
            None => Ok(first),
        }
    }

    /// The record of a list with this `name`; one that stands here twice is refused.
    pub fn record(&self, name: &str, text: &str) -> Result<Option<(usize, &Self)>, NotEdited> {
        let Kind::List(items) = &self.kind else { return Ok(None) };
        let mut first = None;
        for (index, item) in items.iter().enumerate() {
            if item.name(text)? != Some(name) {
                continue;
            }
            if first.is_some() {
                return Err(syntax(text, item.at.start, format!("a second entry has the name `{name}`")));
            }
            first = Some((index, item));
        }
        Ok(first)
    }

    /// The `name` of a record, where it has one.
    pub fn name(&self, text: &str) -> Result<Option<&str>, NotEdited> {
        Ok(match self.member("name", text)?.map(|(_, member)| &member.value.kind) {
            Some(Kind::Scalar(Value::String(name))) => Some(name),
            _ => None,
        })
    }
}

/// Where the entries are, as far as the file goes.
pub enum Place<'t> {
    /// A file without a value.
    Nothing,
    /// This map has no such key, nor what would stand below it.
    Missing { parent: &'t Node, rest: &'static [&'static str] },
    /// This key is there and has no value; `rest` is what would stand below it.
    Null { parent: &'t Node, member: &'t Member, rest: &'static [&'static str] },
    /// The value of this key holds them.
    Container { parent: &'t Node, member: &'t Member },
}

/// Walks to what holds the entries, and refuses what has another shape.
pub fn locate<'t>(root: Option<&'t Node>, spot: &Spot, text: &str) -> Result<Place<'t>, NotEdited> {
    let Some(mut node) = root.filter(|node| !node.is_null() || !node.at.is_empty()) else {
        return Ok(Place::Nothing);
    };
    let shape = |keys: &[&str], wanted| {
        let at = if keys.is_empty() { "the file".to_owned() } else { keys.join(".") };
        Err(NotEdited::Shape { at, wanted })
    };
    let mut found = None;
    for (depth, key) in spot.at.iter().enumerate() {
        let (above, rest) = spot.at.split_at(depth);
        if !matches!(node.kind, Kind::Map(_)) {
            return shape(above, "a map of keys");
        }
        let Some((_, member)) = node.member(key, text)? else {
            return Ok(Place::Missing { parent: node, rest });
        };
        if member.value.is_null() && !member.value.flow {
            return Ok(Place::Null { parent: node, member, rest: rest.get(1..).unwrap_or_default() });
        }
        found = Some((node, member));
        node = &member.value;
    }
    let Some((parent, member)) = found else { return shape(&[], "what this client reads") };
    match (&member.value.kind, spot.list) {
        (Kind::Map(_), false) | (Kind::List(_), true) => Ok(Place::Container { parent, member }),
        (_, true) => shape(spot.at, "a list of servers"),
        (_, false) => shape(spot.at, "a map of servers"),
    }
}

/// The entries in order; a name that stands there twice is refused.
pub fn entries(root: Option<&Node>, spot: &Spot, text: &str) -> Result<Vec<Listed>, NotEdited> {
    let Place::Container { member, .. } = locate(root, spot, text)? else { return Ok(Vec::new()) };
    let mut found: Vec<(&str, &Node, usize)> = Vec::new();
    match &member.value.kind {
        Kind::Map(members) => {
            found.extend(members.iter().map(|entry| (entry.key.as_str(), &entry.value, entry.key_at.start)));
        }
        Kind::List(items) => {
            for item in items {
                found.extend(item.name(text)?.map(|name| (name, item, item.at.start)));
            }
        }
        Kind::Scalar(_) => {}
    }
    let (mut names, lines) = (HashSet::new(), Lines::of(text));
    if let Some((name, _, start)) = found.iter().find(|(name, ..)| !names.insert(*name)) {
        return Err(syntax(text, *start, format!("`{name}` stands here a second time")));
    }
    let listed = found.into_iter().map(|(name, node, start)| Listed {
        name: name.to_owned(),
        entry: node.value(),
        line: lines.at(start),
    });
    Ok(listed.collect())
}

/// Where the lines of a text end.
pub struct Lines(Vec<usize>);

impl Lines {
    pub fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    pub fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|end| *end < byte) + 1
    }
}

/// Line and column of a byte, both from 1, the column in characters.
pub fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

pub fn syntax(text: &str, at: usize, what: String) -> NotEdited {
    let (line, column) = position(text, at);
    NotEdited::Syntax { line, column, what }
}

/// The text with the splices done; `None` where they lie across each other.
pub fn spliced(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|(range, _)| (range.start, range.end));
    let (mut out, mut done) = (String::with_capacity(text.len() + 256), 0);
    for (range, words) in splices {
        out.push_str(text.get(done..range.start)?);
        out.push_str(&words);
        done = range.end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}
