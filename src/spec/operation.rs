//! One operation of an OpenAPI document, with its references resolved.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A method of HTTP that operations are read for; others (`HEAD`, `OPTIONS`, `TRACE`) are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One method of one path.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub verb: Verb,
    /// As in the document, behind the path of its `servers` where that has one: `/v1/invoices/{id}`.
    pub path: String,
    /// `operationId`.
    pub id: Option<String>,
    pub tags: Vec<String>,
    pub summary: String,
    pub description: String,
    pub deprecated: bool,
    /// Those of the path and the operation, without the ones of headers and cookies.
    pub parameters: Vec<Parameter>,
    /// The request body: JSON where there is one, else multipart, else whatever comes first.
    pub body: Option<Content>,
    /// The first 2xx answer that has a body, or `default` where no 2xx is described; `None` where there is none.
    pub answer: Option<Content>,
    /// `x-…` of the operation, where they are small.
    pub extensions: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub place: In,
    pub required: bool,
    pub description: String,
    /// JSON Schema without references; with the parameter's own `x-lumabill-field`, and with `x-style` and `x-explode` where
    /// it is written otherwise than `name=value` for each value.
    pub schema: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum In {
    Path,
    Query,
}

/// A body and its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// `application/json`, `application/pdf`, …: lower case, without parameters.
    pub media_type: String,
    /// Must be sent (requests).
    pub required: bool,
    /// JSON Schema without references, `allOf` and `nullable`; what is recursive or deeper than 16 levels is `{}`.
    pub schema: Value,
}
