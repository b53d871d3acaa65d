//! Cursors of lists: where a walk goes on, self-contained, so that no state is kept between calls.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::rows::View;
use crate::catalogue::Endpoint;
use crate::failure::{Exit, Failure};

/// Where in the API's list the next row is: a page of some kind and size, and rows to skip in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub query: Vec<(String, String)>,
    pub skip: usize,
    /// The mark of the page before, by which a page that repeats is known.
    pub after: Option<String>,
}

impl Position {
    /// The first row, in pages of this size.
    pub fn first(size: usize) -> Self {
        let query = vec![("page".to_owned(), "1".to_owned()), ("limit".to_owned(), size.to_string())];
        Self { query, skip: 0, after: None }
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.query.iter().find(|(given, _)| given == name)?.1.parse().ok()
    }
}

/// What a page is known by.
pub fn mark(records: &[Value]) -> String {
    let shape = format!("{}{:?}{:?}", records.len(), records.first(), records.last());
    let digest = ring::digest::digest(&ring::digest::SHA256, shape.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.as_ref().get(..6).unwrap_or_default())
}

/// What a cursor holds beside its tool.
pub struct Cursor {
    pub filters: Map<String, Value>,
    pub position: Position,
    /// Filters that the API was seen to ignore.
    pub filtered: Vec<&'static str>,
    /// How rows are shown.
    pub view: View,
}

/// A self-contained cursor: tool, filters, position, what is filtered here, the profile, and how rows are shown.
pub fn seal(tool: &str, cursor: &Cursor, profile: &str) -> String {
    let Cursor { filters, position: Position { query, skip, after }, filtered, view } = cursor;
    let parts = json!([tool, filters, query, skip, after, filtered, profile, view.sealed()]);
    URL_SAFE_NO_PAD.encode(parts.to_string())
}

/// Reads a cursor that the same tool gave in the same profile.
pub fn open(endpoint: &Endpoint, cursor: &str, profile: &str) -> Result<Cursor, Failure> {
    let parts = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Vec<Value>>(&bytes).ok());
    let read = || -> Option<(String, String, Cursor)> {
        let [tool, filters, query, skip, after, filtered, read_in, view] =
            <[Value; 8]>::try_from(parts?).ok()?;
        let position = Position {
            query: serde_json::from_value(query).ok()?,
            skip: usize::try_from(skip.as_u64()?).ok()?,
            after: after.as_str().map(str::to_owned),
        };
        let ignored = |name: &&'static str| {
            filtered.as_array().is_some_and(|names| names.iter().any(|given| given == name))
        };
        let filtered = endpoint.params.iter().map(|param| param.name).filter(ignored).collect();
        Some((
            tool.as_str()?.to_owned(),
            read_in.as_str()?.to_owned(),
            Cursor { filters: filters.as_object()?.clone(), position, filtered, view: View::unsealed(view) },
        ))
    };
    match read() {
        Some((made_by, read_in, cursor)) if made_by == endpoint.tool && read_in == profile => Ok(cursor),
        Some((made_by, read_in, _)) if made_by == endpoint.tool => {
            let message = "`cursor` goes on in another profile; nothing was sent";
            let hint = match read_in.as_str() {
                "" => "give it without `profile_id`, as in the call before".to_owned(),
                id => format!("give it with `profile_id`: `{id}`, as in the call before"),
            };
            Err(Failure::new("bad_arguments", Exit::Refused, message).hint(hint))
        }
        _ => {
            let message = format!("`cursor` is none that `{}` gave; nothing was sent", endpoint.tool);
            Err(Failure::new("bad_arguments", Exit::Refused, message)
                .hint("use `next_cursor` of the last answer as it is, or start without `cursor`"))
        }
    }
}
