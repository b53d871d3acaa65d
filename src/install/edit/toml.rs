//! TOML: entries are tables under headers, below dotted keys or in braces.

mod sections;
mod written;

use serde_json::Value;
use toml_edit::{Document, Item, Table, TableLike};

use self::sections::{Sections, key_start};
use super::expected::Steps;
use super::flow::{Comments, Flow};
use super::layout::{line_end, newline};
use super::tree::{Lines, Splice, spliced, syntax};
use super::{Listed, NotEdited, Spot};

fn parse(text: &str) -> Result<Document<&str>, NotEdited> {
    if let Some(at) = text.find('\0') {
        return Err(syntax(text, at, "a NUL character".to_owned()));
    }
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        syntax(text, at, error.message().replace('\n', "; "))
    })
}

pub fn value(text: &str) -> Result<Value, NotEdited> {
    Ok(written::table_value(parse(text)?.as_table(), text))
}

pub fn entries(text: &str, spot: &Spot) -> Result<Vec<Listed>, NotEdited> {
    let file = parse(text)?;
    let Some(holder) = holder(file.as_table(), spot)? else { return Ok(Vec::new()) };
    let lines = Lines::of(text);
    let listed = holder.iter().map(|(name, item)| Listed {
        name: name.to_owned(),
        entry: written::item_value(item, text),
        line: lines.at(start_of(holder, name, item)),
    });
    Ok(listed.collect())
}

/// Where an entry begins: at its header, or else at its first key.
fn start_of(holder: &dyn TableLike, name: &str, item: &Item) -> usize {
    let key = holder.get_key_value(name).and_then(|(key, _)| key.span());
    match item {
        Item::Table(table) => sections::first_byte(table).or(key.map(|span| span.start)),
        _ => key.map(|span| span.start),
    }
    .unwrap_or_default()
}

/// What holds the entries; none where the file has no such table.
fn holder<'t>(root: &'t Table, spot: &Spot) -> Result<Option<&'t dyn TableLike>, NotEdited> {
    let shape = |wanted| NotEdited::Shape { at: spot.at.join("."), wanted };
    if spot.list {
        return Err(shape("a list that can be edited in TOML"));
    }
    let mut table: &dyn TableLike = root;
    for key in spot.at {
        let Some(item) = table.get(key) else { return Ok(None) };
        table = item.as_table_like().ok_or_else(|| shape("a table of servers"))?;
    }
    Ok(Some(table))
}

fn path_of<'a>(spot: &Spot, name: &'a str) -> Vec<&'a str> {
    spot.at.iter().copied().chain([name]).collect()
}

/// The text with the entry: field by field, or where `whole` is true, an entry that is there written anew.
pub fn put(text: &str, spot: &Spot, name: &str, entry: &Value, whole: bool) -> Result<String, NotEdited> {
    let mut text = if whole { remove(text, spot, name)? } else { text.to_owned() };
    let (path, mut steps) = (path_of(spot, name), Steps::default());
    loop {
        let file = parse(&text).map_err(|error| steps.refused(error))?;
        let item = holder(file.as_table(), spot)?.and_then(|holder| holder.get(name));
        let present = item.map(|item| written::item_value(item, &text));
        if present.as_ref() == Some(entry) {
            return Ok(text);
        }
        steps.count(present.as_ref(), entry)?;
        let splices = match item {
            Some(item) => towards(&text, &file, &path, item, entry),
            None => add(&text, &file, spot, name, entry),
        };
        text = splices.and_then(|splices| spliced(&text, splices)).ok_or(NotEdited::Unsafe)?;
    }
}

pub fn remove(text: &str, spot: &Spot, name: &str) -> Result<String, NotEdited> {
    let file = parse(text)?;
    holder(file.as_table(), spot)?;
    cut(text, &file, &path_of(spot, name)).and_then(|splices| spliced(text, splices)).ok_or(NotEdited::Unsafe)
}

/// A new entry: in the braces that hold the others, else as a table of its own behind the last of them.
fn add(text: &str, file: &Document<&str>, spot: &Spot, name: &str, entry: &Value) -> Option<Vec<Splice>> {
    if let Some((braces, parts)) = braces(file.as_table(), spot.at) {
        let flow = Flow { text, at: braces, parts, comments: Comments::Hash };
        let manner = flow.manner("  ", newline(text), false);
        let words = format!("{} = {}", written::key(name), written::inline(entry)?);
        return Some(flow.add(&words, &manner, true));
    }
    let lines = written::table(&path_of(spot, name), entry)?.join(newline(text));
    Some(vec![placed(text, file, spot.at, &lines)])
}

/// A new table behind the last one of this path, or at the end of the file, with an empty line before it.
fn placed(text: &str, file: &Document<&str>, path: &[&str], lines: &str) -> Splice {
    let newline = newline(text);
    if let Some(end) = Sections::of(file).last_end(path) {
        let place = line_end(text, end);
        return (place..place, format!("{newline}{newline}{lines}"));
    }
    let end = text.len();
    let gap = match text.trim_end_matches(['\r', '\n', ' ', '\t']) {
        "" => "",
        _ if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
        _ => newline,
    };
    let words = if text.is_empty() || text.ends_with('\n') {
        format!("{gap}{lines}{newline}")
    } else {
        format!("{newline}{gap}{lines}")
    };
    (end..end, words)
}

/// The braces at this path, and the parts in them.
fn braces(root: &Table, path: &[&str]) -> Option<(std::ops::Range<usize>, Vec<std::ops::Range<usize>>)> {
    let mut table: &dyn TableLike = root;
    let mut found = None;
    for key in path {
        let item = table.get(key)?;
        found = item.as_inline_table().filter(|table| !table.is_dotted());
        table = item.as_table_like()?;
    }
    let found = found?;
    let mut parts = Vec::new();
    for (key, _) in found {
        let (key, item) = found.get_key_value(key)?;
        if item.as_inline_table().is_some_and(toml_edit::InlineTable::is_dotted) {
            return None;
        }
        parts.push(key.span()?.start..item.span()?.end);
    }
    Some((found.span()?, parts))
}

/// One field of an entry nearer to what is wanted.
fn towards(
    text: &str,
    file: &Document<&str>,
    path: &[&str],
    item: &Item,
    wanted: &Value,
) -> Option<Vec<Splice>> {
    let Value::Object(fields) = wanted else { return None };
    let table = match item {
        Item::Table(table) => table,
        Item::Value(old) if !written::is_dotted(old) => {
            return Some(vec![(old.span()?, written::inline(wanted)?)]);
        }
        _ => return None,
    };
    if table.is_dotted() || table.is_implicit() {
        return None;
    }
    for (key, value) in fields {
        let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        let Some(present) = table.get(key) else {
            return field(text, file, table, &path, value);
        };
        if written::item_value(present, text) == *value {
            continue;
        }
        return match present {
            Item::Value(old) if !written::is_dotted(old) => {
                Some(vec![(old.span()?, written::inline(value)?)])
            }
            other => towards(text, file, &path, other, value),
        };
    }
    let gone = table.iter().map(|(key, _)| key).find(|key| !fields.contains_key(*key))?;
    let path: Vec<&str> = path.iter().copied().chain([gone]).collect();
    cut(text, file, &path)
}

/// A new field: a line behind the last one of its table, or a table behind the last one of the entry.
fn field(
    text: &str,
    file: &Document<&str>,
    table: &Table,
    path: &[&str],
    value: &Value,
) -> Option<Vec<Splice>> {
    let (key, above) = path.split_last()?;
    if value.as_object().is_some_and(|fields| !fields.is_empty()) {
        return Some(vec![placed(text, file, above, &written::table(path, value)?.join(newline(text)))]);
    }
    let end = sections::body_end(table)?;
    let place = line_end(text, end);
    let indent = sections::body_indent(text, table);
    let words = format!("{}{indent}{} = {}", newline(text), written::key(key), written::inline(value)?);
    Some(vec![(place..place, words)])
}

/// Everything at this path and below it.
fn cut(text: &str, file: &Document<&str>, path: &[&str]) -> Option<Vec<Splice>> {
    let (name, above) = path.split_last()?;
    if let Some((at, parts)) = braces(file.as_table(), above) {
        let mut table: &dyn TableLike = file.as_table();
        for key in above {
            table = table.get(key)?.as_table_like()?;
        }
        let start = key_start(table, name)?;
        let index = parts.iter().position(|part| part.start == start)?;
        return Flow { text, at, parts, comments: Comments::Hash }.cut(index);
    }
    let cuts = Sections::of(file).cuts(text, path);
    (!cuts.is_empty()).then(|| cuts.into_iter().map(|cut| (cut, String::new())).collect())
}
