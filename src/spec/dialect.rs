//! How the API spells what the catalogue says: paths, methods, names of parameters and fields, values, envelopes. Requests
//! are translated on their way out, answers on their way in; everything in between speaks the catalogue's words.

mod answer;
mod names;
mod paging;
mod request;
mod route;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Verb;
use crate::catalogue::{self, Effect, Endpoint};
pub use answer::Reading;
pub use request::{Asking, Outgoing, Unspoken};

/// What differs, for every tool of the catalogue that the description has. Tools that it lacks are not in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dialect {
    /// By tool name.
    pub spoken: BTreeMap<String, Spoken>,
}

/// One tool's operation there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spoken {
    pub verb: Verb,
    /// Path parameters in the order of ours: `/v2/customers/{customerId}`.
    pub path: String,
    /// Query parameters that are spelled differently: ours on the wire → theirs. Those that it does not have map to `""`
    /// and are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Field>,
    #[serde(default)]
    pub sends: Shape,
    /// The record in the answer, or a record of the list.
    #[serde(default)]
    pub answers: Shape,
    /// Lists only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Listing>,
    /// What the description says makes a yes necessary although the catalogue's row does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirms: bool,
}

/// An object on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// What is spelled differently, or holds something that is: by our name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Field>,
    /// Keys around the object, outermost first: `["data"]`, `["payload", "invoice"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
    /// Their names of all fields that a request may carry, where the description lists them and does not say that it
    /// takes any other: what is not among them is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<String>>,
}

/// One field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Their name.
    pub name: String,
    /// Values that are spelled differently: ours → theirs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// Of an object, or of the objects in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<Shape>,
    /// It holds what it stands in, to any depth: rows of rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// The envelope and paging of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Keys to the array of records; empty where the answer is the array.
    pub records: Vec<String>,
    /// Keys to the number of all records, `[]` where it is not told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub total: Vec<String>,
    /// Keys to the cursor of the next page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cursor: Vec<String>,
    /// Keys to a yes or no whether there is more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
    /// Their parameters, where they have them.
    #[serde(default, skip_serializing_if = "Sides::is_empty")]
    pub asks: Sides,
}

/// The parameters by which a page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sides {
    /// Number of the page, with the number of the first page.
    pub page: Option<(String, u64)>,
    /// Records to leave out.
    pub offset: Option<String>,
    pub cursor: Option<String>,
    /// Records on a page, with the most that it takes.
    pub limit: Option<(String, Option<u64>)>,
}

impl Sides {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Dialect {
    /// The tool whose operation the description lacks although a call of this row needs it: the row's own, or the read of the
    /// record that it changes.
    pub fn lacking(&self, row: &Endpoint) -> Option<&'static str> {
        let own = catalogue::find(row.tool).filter(|row| self.of(row).is_none()).map(|row| row.tool);
        own.or_else(|| {
            let changes = matches!(row.effect, Effect::Updates | Effect::Deletes | Effect::Acts);
            let end = row.path.find("{id}").filter(|_| changes)? + "{id}".len();
            let reads = route::routes(Verb::Get, row.path.get(..end)?);
            let first = reads.first()?.endpoint.tool;
            let read = reads.iter().any(|route| self.of(route.endpoint).is_some());
            (!read).then_some(first)
        })
    }

    /// How the operation of a row is called. A read that by its description needs a yes is none: `GET …` that is called
    /// `sendInvoice`.
    fn of(&self, row: &Endpoint) -> Option<&Spoken> {
        self.spoken.get(row.tool).filter(|spoken| row.writes() || !spoken.confirms)
    }

    /// True where the description makes a person's yes necessary for the tool.
    pub fn confirms(&self, tool: &str) -> bool {
        self.spoken.get(tool).is_some_and(|spoken| spoken.confirms)
    }

    /// True where a tool's operation has no parameter for what the catalogue calls so on the wire.
    pub fn lacks(&self, tool: &str, parameter: &str) -> bool {
        let field = self.spoken.get(tool).and_then(|spoken| spoken.query.get(parameter));
        field.is_some_and(|field| field.name.is_empty())
    }

    /// Why this cannot be spoken: a path that leads elsewhere, or that wants more than the catalogue's path has, or a
    /// method that does something else than the tool.
    pub fn check(&self) -> Result<(), String> {
        for (tool, spoken) in &self.spoken {
            let Some(row) = catalogue::find(tool) else { continue };
            let path = &spoken.path;
            if !does(row.effect, spoken.verb) {
                return Err(format!("`{tool}` cannot be called with {:?} `{path}`", spoken.verb));
            }
            let segments = || path.split('/').skip(1);
            let sound = path.starts_with('/')
                && !path.contains(['?', '#', '\\'])
                && !path.chars().any(|letter| letter.is_control() || letter.is_whitespace())
                && segments().enumerate().all(|(at, segment)| {
                    !matches!(segment, "." | "..") && (!segment.is_empty() || (at > 0 && path.ends_with('/')))
                });
            if !sound {
                return Err(format!("the path `{path}` of `{tool}` is none below the address"));
            }
            if route::placeholders(path) != route::placeholders(row.path) {
                return Err(format!(
                    "the path `{path}` of `{tool}` wants other parameters than `{}`",
                    row.path
                ));
            }
        }
        Ok(())
    }
}

/// Methods that may stand for what a tool does: a read never writes, and a delete is nothing else.
fn does(effect: Effect, verb: Verb) -> bool {
    match effect {
        Effect::Reads => verb == Verb::Get,
        Effect::Creates => verb == Verb::Post,
        Effect::Updates => matches!(verb, Verb::Put | Verb::Patch | Verb::Post),
        Effect::Deletes => verb == Verb::Delete,
        Effect::Acts => matches!(verb, Verb::Post | Verb::Put),
    }
}

#[cfg(test)]
mod tests;
