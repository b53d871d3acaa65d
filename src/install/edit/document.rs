//! Entries in a tree: which splices bring a file of JSON or YAML to what is wanted, one step after the other.

use serde_json::{Map, Value};

use super::expected::Steps;
use super::tree::{Kind, Member, Node, Place, Splice, locate, spliced, syntax};
use super::{Format, Listed, NotEdited, Spot, jsonc, tree, yaml};

/// A file that was read, and how to write into it.
struct Read {
    root: Option<Node>,
    /// Where the document ends.
    end: usize,
    format: Format,
}

fn read(text: &str, format: Format) -> Result<Read, NotEdited> {
    if let Some(at) = text.find('\0') {
        return Err(syntax(text, at, "a NUL character".to_owned()));
    }
    if format == Format::Yaml {
        let document = yaml::parse(text)?;
        return Ok(Read { root: document.root, end: document.end, format });
    }
    Ok(Read { root: jsonc::parse(text)?, end: text.len(), format })
}

pub fn value(text: &str, format: Format) -> Result<Value, NotEdited> {
    Ok(read(text, format)?.root.map_or(Value::Null, |root| root.value()))
}

pub fn entries(text: &str, spot: &Spot) -> Result<Vec<Listed>, NotEdited> {
    tree::entries(read(text, spot.format)?.root.as_ref(), spot, text)
}

/// The text with the entry: field by field, or where `whole` is true, an entry that is there written anew.
pub fn put(text: &str, spot: &Spot, name: &str, entry: &Value, whole: bool) -> Result<String, NotEdited> {
    let (mut text, mut steps) = (text.to_owned(), Steps::default());
    loop {
        let file = read(&text, spot.format).map_err(|error| steps.refused(error))?;
        steps.count(entry_of(&file, spot, name, &text)?.as_ref(), entry)?;
        let writer = Writer::new(&text, file);
        let Some(splices) = step(&writer, spot, (name, entry), whole)? else { return Ok(text) };
        text = spliced(&text, splices).ok_or(NotEdited::Unsafe)?;
    }
}

fn entry_of(file: &Read, spot: &Spot, name: &str, text: &str) -> Result<Option<Value>, NotEdited> {
    let Place::Container { member, .. } = locate(file.root.as_ref(), spot, text)? else { return Ok(None) };
    Ok(if spot.list {
        member.value.record(name, text)?.map(|(_, record)| record.value())
    } else {
        member.value.member(name, text)?.map(|(_, member)| member.value.value())
    })
}

pub fn remove(text: &str, spot: &Spot, name: &str) -> Result<String, NotEdited> {
    let writer = Writer::new(text, read(text, spot.format)?);
    let Place::Container { member, .. } = locate(writer.root(), spot, text)? else {
        return Ok(text.to_owned());
    };
    let index = if spot.list {
        member.value.record(name, text)?.map(|(index, _)| index)
    } else {
        member.value.member(name, text)?.map(|(index, _)| index)
    };
    let Some(index) = index else { return Ok(text.to_owned()) };
    let splices = writer.cut(&member.value, Some(member), index).ok_or(NotEdited::Unsafe)?;
    spliced(text, splices).ok_or(NotEdited::Unsafe)
}

/// The next splices on the way to `entry`; none where it is there.
fn step(
    writer: &Writer<'_>,
    spot: &Spot,
    (name, entry): (&str, &Value),
    whole: bool,
) -> Result<Option<Vec<Splice>>, NotEdited> {
    let text = writer.text;
    let fresh = || {
        if spot.list {
            Value::Array(vec![entry.clone()])
        } else {
            Value::Object(Map::from_iter([(name.to_owned(), entry.clone())]))
        }
    };
    let splices = match locate(writer.root(), spot, text)? {
        Place::Nothing => Some(writer.whole(&nested(spot.at, fresh()))),
        Place::Missing { parent, rest } => {
            let Some((key, rest)) = rest.split_first() else { return Err(NotEdited::Unsafe) };
            writer.add(parent, Some(key), &nested(rest, fresh()))
        }
        Place::Null { parent, member, rest } => writer.set(parent, member, &nested(rest, fresh())),
        Place::Container { parent, member } => {
            let holder = &member.value;
            let present = if spot.list {
                holder.record(name, text)?
            } else {
                holder.member(name, text)?.map(|(index, member)| (index, &member.value))
            };
            match present {
                None if holder.is_empty() && writer.opens(parent, holder) => {
                    writer.set(parent, member, &fresh())
                }
                None => writer.add(holder, (!spot.list).then_some(name), entry),
                Some((_, record)) if record.value() == *entry => return Ok(None),
                Some((index, record)) => {
                    let owner = member_at(holder, index);
                    let nearer = if whole { None } else { writer.towards(record, owner, entry) };
                    nearer.or_else(|| match owner {
                        Some(owner) => writer.set(holder, owner, entry),
                        None => writer.set_item(holder, record, entry),
                    })
                }
            }
        }
    };
    splices.map(Some).ok_or(NotEdited::Unsafe)
}

fn nested(keys: &[&str], value: Value) -> Value {
    keys.iter().rev().fold(value, |value, key| Value::Object(Map::from_iter([((*key).to_owned(), value)])))
}

fn member_at(node: &Node, index: usize) -> Option<&Member> {
    match &node.kind {
        Kind::Map(members) => members.get(index),
        _ => None,
    }
}

/// What writes into a file of either format.
struct Writer<'a> {
    text: &'a str,
    root: Option<Node>,
    kind: WriterKind<'a>,
}

enum WriterKind<'a> {
    Json(jsonc::Writer<'a>),
    Yaml(yaml::Writer<'a>),
}

impl<'a> Writer<'a> {
    fn new(text: &'a str, file: Read) -> Self {
        let kind = match file.format {
            Format::Yaml => WriterKind::Yaml(yaml::Writer::new(text, file.root.as_ref(), file.end)),
            _ => WriterKind::Json(jsonc::Writer::new(text, file.root.as_ref())),
        };
        Self { text, root: file.root, kind }
    }

    fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// Whether empty brackets give way to lines below their key.
    fn opens(&self, parent: &Node, holder: &Node) -> bool {
        let inner = self.text.get(holder.at.clone()).unwrap_or_default();
        !parent.flow && holder.flow && inner.len() <= "[  ]".len()
    }

    fn whole(&self, value: &Value) -> Vec<Splice> {
        match &self.kind {
            WriterKind::Json(json) => json.whole(value),
            WriterKind::Yaml(yaml) => yaml.whole(value),
        }
    }

    fn add(&self, parent: &Node, key: Option<&str>, value: &Value) -> Option<Vec<Splice>> {
        match &self.kind {
            WriterKind::Json(json) => Some(json.add(parent, key, value)),
            WriterKind::Yaml(yaml) => yaml.add(parent, key, value),
        }
    }

    fn set(&self, parent: &Node, member: &Member, value: &Value) -> Option<Vec<Splice>> {
        match &self.kind {
            WriterKind::Json(json) => Some(json.set(member, value)),
            WriterKind::Yaml(yaml) => yaml.set(parent, member, value),
        }
    }

    fn set_item(&self, parent: &Node, item: &Node, value: &Value) -> Option<Vec<Splice>> {
        match &self.kind {
            WriterKind::Json(json) => Some(json.set_item(item, value)),
            WriterKind::Yaml(yaml) => yaml.set_item(parent, item, value),
        }
    }

    fn cut(&self, parent: &Node, owner: Option<&Member>, index: usize) -> Option<Vec<Splice>> {
        match &self.kind {
            WriterKind::Json(json) => json.cut(parent, index),
            WriterKind::Yaml(yaml) => yaml.cut(parent, owner, index),
        }
    }

    /// One field of `record`, which is the value of `owner`, nearer to `wanted`.
    fn towards(&self, record: &Node, owner: Option<&Member>, wanted: &Value) -> Option<Vec<Splice>> {
        let (Kind::Map(members), Value::Object(wanted)) = (&record.kind, wanted) else { return None };
        for (key, value) in wanted {
            let Some(member) = members.iter().find(|member| member.key == *key) else {
                return self.add(record, Some(key), value);
            };
            if member.value.value() == *value {
                continue;
            }
            let deeper =
                if member.value.is_empty() { None } else { self.towards(&member.value, Some(member), value) };
            return deeper.or_else(|| self.set(record, member, value));
        }
        let gone = members.iter().position(|member| !wanted.contains_key(&member.key))?;
        self.cut(record, owner, gone)
    }
}
