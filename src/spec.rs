//! The vendor's API as the user's OpenAPI file describes it: read, compared with the description that the catalogue was
//! made from, and turned into a [`Dialect`] in which the gateway's requests and answers are translated at one place.
//!
//! Nothing here reaches the network. A file is data from outside: bounded, its references local, its texts neutralised,
//! and its addresses are never followed: paths count below the account's own origin only.

mod compare;
mod dialect;
mod document;
mod envelope;
mod extra;
mod fields;
mod kept;
mod operation;
mod schema;
mod subjects;
mod words;

pub use compare::{Comparison, Row, Verdict};
pub use dialect::{Asking, Dialect, Field, Outgoing, Reading, Shape, Spoken, Unspoken};
pub use document::Document;
pub use extra::{Extra, Extras, row_of, rows};
pub use kept::Kept;
pub use operation::{Operation, Parameter, Verb};

/// The description that the catalogue was made from (`src/sandbox/openapi.yaml`, every guess marked in it): the same data
/// that the sandbox obeys, and no code of it.
pub const OURS: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
