//! Where the tables of a TOML file stand: each header with the lines below it.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

use super::super::layout::{line_end, line_start, next_line};

/// A header with its lines, or one line outside of them.
struct Section {
    /// Keys from the root, without numbers in arrays of tables.
    path: Vec<String>,
    /// From the header or the key to the end of the last value.
    at: Range<usize>,
    header: bool,
}

/// A file in parts.
pub struct Sections(Vec<Section>);

impl Sections {
    pub fn of(file: &Document<&str>) -> Self {
        let mut sections = Vec::new();
        walk(file.as_table(), &[], &mut sections);
        sections.sort_by_key(|section| section.at.start);
        Self(sections)
    }

    /// The end of the last header's lines at this path or below it.
    pub fn last_end(&self, path: &[&str]) -> Option<usize> {
        let below = |section: &&Section| section.header && section.is_below(path);
        self.0.iter().rfind(below).map(|section| section.at.end)
    }

    /// What has to go for everything at this path and below it to be gone: whole lines.
    pub fn cuts(&self, text: &str, path: &[&str]) -> Vec<Range<usize>> {
        let mut cuts: Vec<(Range<usize>, bool)> = Vec::new();
        for section in self.0.iter().filter(|section| section.is_below(path)) {
            let start = line_start(text, section.at.start);
            let end = next_line(text, line_end(text, section.at.end));
            match cuts.last_mut() {
                Some((last, _)) if text.get(last.end..start).is_none_or(|gap| gap.trim().is_empty()) => {
                    last.end = last.end.max(end);
                }
                _ => cuts.push((start..end, section.header)),
            }
        }
        cuts.into_iter().map(|(lines, header)| with_gap(text, lines, header)).collect()
    }
}

impl Section {
    fn is_below(&self, path: &[&str]) -> bool {
        self.path.len() >= path.len() && self.path.iter().zip(path).all(|(own, key)| own == key)
    }
}

/// Lines that go, with one of the two empty lines around a header that would be left, and at the end of a file
/// with the line ending before them where they have none.
fn with_gap(text: &str, lines: Range<usize>, header: bool) -> Range<usize> {
    let Range { mut start, mut end } = lines;
    let blank = |from: usize| {
        text.get(from..line_end(text, from)).is_none_or(|line| line.trim_matches([' ', '\t']).is_empty())
    };
    let above = start.checked_sub(1).map(|newline| line_start(text, newline));
    if header
        && blank(end)
        && let Some(above) = above.filter(|above| blank(*above))
    {
        start = above;
    } else if header && start == 0 && end < text.len() && blank(end) {
        end = next_line(text, end);
    }
    if !text.get(..end).is_some_and(|before| before.ends_with('\n')) {
        let kept = text.get(..start).unwrap_or_default();
        let kept = kept.strip_suffix('\n').unwrap_or(kept);
        start = kept.strip_suffix('\r').unwrap_or(kept).len();
    }
    start..end
}

fn walk(table: &Table, path: &[String], sections: &mut Vec<Section>) {
    let headed = !table.is_dotted() && !table.is_implicit();
    if let Some(span) = table.span().filter(|span| headed && !span.is_empty()) {
        let end = body_end(table).unwrap_or(span.end);
        sections.push(Section { path: path.to_vec(), at: span.start..end, header: true });
    }
    for (name, item) in table {
        let path: Vec<String> = path.iter().cloned().chain([name.to_owned()]).collect();
        match item {
            Item::Table(table) => walk(table, &path, sections),
            Item::ArrayOfTables(tables) => {
                for table in tables {
                    walk(table, &path, sections);
                }
            }
            Item::Value(value) => {
                if let (Some(start), Some(span)) = (key_start(table, name), value.span()) {
                    sections.push(Section { path, at: start..span.end, header: false });
                }
            }
            Item::None => {}
        }
    }
}

pub fn key_start(table: &dyn TableLike, name: &str) -> Option<usize> {
    table.get_key_value(name).and_then(|(key, _)| key.span()).map(|span| span.start)
}

/// The end of the last value below a header, or of the header.
pub fn body_end(table: &Table) -> Option<usize> {
    let header = table.span().map(|span| span.end);
    table.iter().filter_map(|(_, item)| end_of(item)).chain(header).max()
}

fn end_of(item: &Item) -> Option<usize> {
    match item {
        Item::Value(value) => value.span().map(|span| span.end),
        Item::Table(table) if table.is_dotted() => table.iter().filter_map(|(_, item)| end_of(item)).max(),
        _ => None,
    }
}

/// The first byte of a table: of its header, or of the first one below it.
pub fn first_byte(table: &Table) -> Option<usize> {
    let own = table.span().filter(|span| !span.is_empty()).map(|span| span.start);
    own.or_else(|| {
        let below = table.iter().filter_map(|(name, item)| match item {
            Item::Table(table) => first_byte(table),
            _ => key_start(table, name),
        });
        below.min()
    })
}

/// The indentation of the lines below a header.
pub fn body_indent<'a>(text: &'a str, table: &Table) -> &'a str {
    let first = table.iter().find_map(|(name, item)| match item {
        Item::Value(Value::InlineTable(table)) if table.is_dotted() => None,
        Item::Value(_) => key_start(table, name),
        _ => None,
    });
    first
        .or_else(|| table.span().map(|span| span.start))
        .map_or("", |start| super::super::layout::indent(text, start))
}
