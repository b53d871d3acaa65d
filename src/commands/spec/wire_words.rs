//! What a description changes for a tool, in lines that people read: its operation, names, values, envelope.

use std::collections::BTreeMap;

use crate::catalogue::{self, Endpoint, Method};
use crate::spec::{Dialect, Field, Shape, Spoken, Verb};
use crate::text::in_line;

/// Levels of objects in objects.
const DEEPEST: usize = 6;
const WORDS: usize = 160;

/// `GET`.
pub fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

/// Method and path.
pub fn operation(of: Verb, path: &str) -> String {
    in_line(&format!("{} {path}", verb(of)), WORDS)
}

/// The tools of the catalogue that call an operation of their own.
pub fn tools() -> impl Iterator<Item = &'static Endpoint> {
    catalogue::all().filter(|row| !row.path.is_empty())
}

/// What the catalogue itself says.
pub fn ours(row: &Endpoint) -> String {
    format!("{} {}", format!("{:?}", row.method).to_uppercase(), row.path)
}

/// True where the operation is the catalogue's own.
fn is_ours(row: &Endpoint, spoken: &Spoken) -> bool {
    let same = matches!(
        (row.method, spoken.verb),
        (Method::Get, Verb::Get)
            | (Method::Post, Verb::Post)
            | (Method::Put, Verb::Put)
            | (Method::Delete, Verb::Delete)
    );
    same && template(row.path) == template(&spoken.path)
}

/// A path without the names in its braces, which do not go over the wire.
fn template(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| {
        format!("{whole}{{{}", part.find('}').map_or(part, |at| part.split_at(at).1))
    })
}

/// What differs from the catalogue, by tool: empty where nothing does, `None` where the description lacks it.
pub fn differing(dialect: &Dialect) -> BTreeMap<&'static str, Option<Vec<String>>> {
    tools().map(|row| (row.tool, dialect.spoken.get(row.tool).map(|spoken| lines(row, spoken)))).collect()
}

fn lines(row: &Endpoint, spoken: &Spoken) -> Vec<String> {
    let mut lines = Vec::new();
    if !is_ours(row, spoken) {
        lines.push(operation(spoken.verb, &spoken.path));
    }
    for (name, field) in &spoken.query {
        lines.extend(of_field("asks", name, field, DEEPEST));
    }
    lines.extend(of_shape("sends", "", &spoken.sends, DEEPEST));
    lines.extend(of_shape("answers", "", &spoken.answers, DEEPEST));
    if let Some(list) = &spoken.list {
        let records =
            if list.records.is_empty() { "the answer itself".to_owned() } else { list.records.join(".") };
        lines.push(format!("records are in {records}"));
    }
    if spoken.confirms {
        lines.push("asks first: its name says that it does something".to_owned());
    }
    lines.iter().map(|line| in_line(line, WORDS)).collect()
}

fn of_shape(what: &str, at: &str, shape: &Shape, levels: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if !shape.inside.is_empty() {
        lines.push(format!(
            "{what} {} inside {}",
            if at.is_empty() { "it" } else { at },
            shape.inside.join(".")
        ));
    }
    for (name, field) in &shape.fields {
        let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        lines.extend(of_field(what, &at, field, levels));
    }
    lines
}

fn of_field(what: &str, at: &str, field: &Field, levels: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let own = at.rsplit('.').next().unwrap_or_default();
    if field.name.is_empty() {
        lines.push(format!("{what} no {at}"));
    } else if field.name != own {
        lines.push(format!("{what} {at} → {}", field.name));
    }
    for (ours, theirs) in &field.values {
        if ours != theirs {
            lines.push(format!("{what} {at}: {ours} → {theirs}"));
        }
    }
    if let (Some(inner), 1..) = (&field.inner, levels) {
        lines.extend(of_shape(what, at, inner, levels - 1));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn names_in_braces_do_not_count() {
        assert_eq!(template("/v1/a/{id}/b/{other}.pdf"), "/v1/a/{}/b/{}.pdf");
        assert_eq!(template("/v1/a"), "/v1/a");
    }
}
