//! Operations that the catalogue does not have, as rows of further tools.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Verb;

/// One further tool, as it is kept: all that its row is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// From the `operationId`, made safe; unlike every name of ours.
    pub tool: String,
    /// Neutralised, cut to 1 KB, marked.
    pub about: String,
    pub verb: Verb,
    pub path: String,
    /// Names of path parameters, then of query parameters and of fields of the body, each with its schema and whether it is
    /// required.
    pub path_params: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, Value, bool)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<(String, Value, bool)>,
    /// The type of the answer where it is no JSON: `application/pdf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The answer is a list of records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
}
