//! Which row of the catalogue a request is for, found by our own method and path, and the same path as the API has it.

use crate::catalogue::{self, Endpoint, Method};
use crate::spec::Verb;

/// A row and the arguments in its path, as they stand there: percent-encoded.
pub(super) struct Route<'p> {
    pub endpoint: &'static Endpoint,
    pub arguments: Vec<&'p str>,
}

/// The rows whose path has this form, those with more words of their own first: `/v1/reports/vat` is the VAT report
/// rather than any report of this name.
pub(super) fn routes(verb: Verb, path: &str) -> Vec<Route<'_>> {
    let rows = catalogue::all().filter(|row| verb_of(row.method) == verb && !row.path.is_empty());
    let mut routes: Vec<_> = rows.filter_map(|row| matched(row, path)).collect();
    routes.sort_by_key(|route| route.arguments.len());
    routes
}

fn matched<'p>(endpoint: &'static Endpoint, path: &'p str) -> Option<Route<'p>> {
    let mut arguments = Vec::new();
    let (mut ours, mut given) = (endpoint.path.split('/'), path.split('/'));
    loop {
        match (ours.next(), given.next()) {
            (None, None) => return Some(Route { endpoint, arguments }),
            (Some(template), Some(segment)) if template.starts_with('{') && !segment.is_empty() => {
                arguments.push(segment);
            }
            (Some(template), Some(segment)) if template == segment => {}
            _ => return None,
        }
    }
}

pub(super) fn verb_of(method: Method) -> Verb {
    match method {
        Method::Get => Verb::Get,
        Method::Post => Verb::Post,
        Method::Put => Verb::Put,
        Method::Patch => Verb::Patch,
        Method::Delete => Verb::Delete,
    }
}

/// How many parameters a path takes.
pub(super) fn placeholders(path: &str) -> usize {
    pieces(path).filter(|piece| matches!(piece, Piece::Argument)).count()
}

enum Piece<'a> {
    Text(&'a str),
    Argument,
}

/// `/items({id}).json` as `/items(`, the argument, `).json`.
fn pieces(path: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = path;
    std::iter::from_fn(move || {
        if let Some(inner) = rest.strip_prefix('{')
            && let Some((_, after)) = inner.split_once('}')
        {
            rest = after;
            return Some(Piece::Argument);
        }
        let end =
            rest.char_indices().skip(1).find(|(_, letter)| *letter == '{').map_or(rest.len(), |(at, _)| at);
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        (!text.is_empty()).then_some(Piece::Text(text))
    })
}

/// The path with the arguments in it. They are encoded already and hold no slash: they cannot change its form.
pub(super) fn filled(path: &str, arguments: &[&str]) -> String {
    let mut arguments = arguments.iter();
    pieces(path)
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Argument => arguments.next().copied().unwrap_or_default(),
        })
        .collect()
}
