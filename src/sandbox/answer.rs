//! What a handler hands back: an answer with a body, or an error with a code and issues by field.

use serde_json::{Map, Value, json};

/// One stored document: a JSON object whose numbers keep the digits they came with.
pub type Record = Map<String, Value>;

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status: 200, 201 or 204.
    pub status: u16,
    /// The JSON body; none for 204.
    pub body: Option<Value>,
}

impl Answer {
    /// 200 with a record.
    pub fn ok(record: Record) -> Self {
        Self { status: 200, body: Some(Value::Object(record)) }
    }

    /// 201 with the new record.
    pub fn created(record: Record) -> Self {
        Self { status: 201, body: Some(Value::Object(record)) }
    }

    /// 204 without a body.
    pub fn deleted() -> Self {
        Self { status: 204, body: None }
    }
}

/// A refusal: everything from a malformed request (400) to a state that forbids the change (409).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub status: u16,
    /// Stable, machine-readable name, for example `validation_error`.
    pub code: &'static str,
    pub message: String,
    /// Issues by field, as in `lines[0].price`.
    pub details: Vec<Issue>,
    /// Seconds to wait, for 429.
    pub retry_after: Option<u64>,
    /// Methods that the path knows, for 405.
    pub allow: Option<String>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Path of the field, as in `lines[0].price`.
    pub field: String,
    pub issue: String,
}

impl Error {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), retry_after: None, allow: None }
    }

    /// 404 for a record that this profile does not have. `kind` is singular, as in `invoice`.
    pub fn not_found(kind: &str, id: &str) -> Self {
        Self::new(404, "not_found", format!("no {kind} with id {id} in this profile"))
    }

    /// 409: the state of the record, or another record, forbids the change.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(409, code, message)
    }

    /// 422 with issues by field.
    pub fn invalid(details: Vec<Issue>) -> Self {
        let message = match details.as_slice() {
            [only] => format!("{}: {}", only.field, only.issue),
            several => format!("{} fields are not valid", several.len()),
        };
        Self { details, ..Self::new(422, "validation_error", message) }
    }

    /// 422 with one issue.
    pub fn field(field: impl Into<String>, issue: impl Into<String>) -> Self {
        Self::invalid(vec![Issue { field: field.into(), issue: issue.into() }])
    }

    /// The body as this API sends it.
    pub fn body(&self, request_id: &str) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(error) = error.as_object_mut()
            && !self.details.is_empty()
        {
            let details = self.details.iter().map(|d| json!({ "field": d.field, "issue": d.issue }));
            error.insert("details".to_owned(), details.collect());
        }
        json!({ "error": error, "request_id": request_id })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(500, "store_failed", format!("the data file could not be used: {error}"))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::new(500, "store_damaged", format!("a stored record could not be read: {error}"))
    }
}
