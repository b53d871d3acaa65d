//! What the API said when it refused, read from whatever shape its error body has.

use std::time::Duration;

use serde_json::{Map, Value};

use super::text::Cleaner;

const MESSAGE: usize = 600;
const ISSUE: usize = 300;
const NAME: usize = 120;
const ISSUES: usize = 30;
/// Where a complaint names its field.
const NAMES: &[&str] =
    &["field", "path", "param", "pointer", "name", "loc", "property", "attribute", "source"];
/// Where a complaint says what is wrong.
const SAYINGS: &[&str] = &["issue", "message", "msg", "detail", "reason", "description", "error", "title"];

/// An answer that is neither 2xx nor 3xx. All texts are neutralised, cut and free of the key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    pub status: u16,
    /// The API's own name of the error.
    pub code: Option<String>,
    pub message: Option<String>,
    pub field_issues: Vec<FieldIssue>,
    pub request_id: Option<String>,
    pub retry_after: Option<Duration>,
    /// What the body was.
    pub body: ErrorBody,
    /// The request went by the user's description of the API.
    pub described: bool,
}

/// One complaint, and the field it is about where the API named one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldIssue {
    pub field: Option<String>,
    pub issue: String,
}

/// The kind of an error body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorBody {
    #[default]
    Empty,
    Json,
    /// A web page.
    Page,
    /// Plain text or something unreadable.
    Other,
}

/// Why a 403 was answered, as far as the API said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// The plan does not include the API, or has lapsed.
    Plan,
    /// The key may read only.
    ReadOnlyKey,
    /// The key belongs to another profile.
    Scope,
    Untold,
}

impl Refusal {
    /// Reads an error body; `html` says that its content type names a web page.
    pub fn read(status: u16, html: bool, body: &[u8], cleaner: &Cleaner<'_>) -> Self {
        let mut refusal = Self { status, ..Self::default() };
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return refusal;
        }
        if html || text.starts_with('<') {
            refusal.body = ErrorBody::Page;
        } else if let Ok(json) = serde_json::from_str::<Value>(text) {
            refusal.body = ErrorBody::Json;
            refusal.absorb(&json, cleaner, 0);
        } else {
            refusal.body = ErrorBody::Other;
            refusal.message = Some(cleaner.clean(text, MESSAGE));
        }
        refusal
    }

    /// `Retry-After` in whole seconds, rounded up.
    pub fn retry_after_s(&self) -> Option<u64> {
        self.retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }

    /// What a 403 is about.
    pub fn forbidden(&self) -> Forbidden {
        let text = self.words();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["read-only", "read only", "readonly", "read_only", "write access", "not allowed to write"]) {
            Forbidden::ReadOnlyKey
        } else if has(&["plan", "subscription", "upgrade", "billing_required", "lifetime", "trial"]) {
            Forbidden::Plan
        } else if has(&["profile", "scope", "tenant"]) {
            Forbidden::Scope
        } else {
            Forbidden::Untold
        }
    }

    /// True when a 404 is about the path itself rather than about a record: no JSON error came, or one
    /// that a router writes.
    pub fn path_unknown(&self) -> bool {
        if self.status != 404 {
            return false;
        }
        if self.body != ErrorBody::Json || (self.message.is_none() && self.code.is_none()) {
            return true;
        }
        let text = self.words();
        [
            "route",
            "endpoint",
            "cannot get /",
            "cannot post /",
            "cannot put /",
            "cannot delete /",
            "no such path",
            "unknown_path",
            "unknown path",
            "path not found",
            "path_not_found",
        ]
        .iter()
        .any(|word| text.contains(word))
    }

    /// Code and message in lower case.
    fn words(&self) -> String {
        let code = self.code.as_deref().unwrap_or_default();
        let message = self.message.as_deref().unwrap_or_default();
        format!("{code} {message}").to_lowercase()
    }

    /// Takes what `json` tells; what is known already stays.
    fn absorb(&mut self, json: &Value, cleaner: &Cleaner<'_>, depth: u8) {
        if depth > 4 {
            return;
        }
        match json {
            Value::String(text) => self.say(text, cleaner),
            Value::Array(items) => {
                for item in items {
                    self.issue(None, item, cleaner, depth);
                }
            }
            Value::Object(object) => self.absorb_object(object, cleaner, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn absorb_object(&mut self, object: &Map<String, Value>, cleaner: &Cleaner<'_>, depth: u8) {
        for name in ["code", "error_code", "errorCode", "type"] {
            self.name(object.get(name), cleaner);
        }
        for name in ["message", "error_description", "detail", "title", "description", "msg", "reason"] {
            match object.get(name) {
                Some(Value::String(text)) => self.say(text, cleaner),
                Some(Value::Array(items)) => self.absorb(&Value::Array(items.clone()), cleaner, depth + 1),
                Some(Value::Object(fields)) => self.fields(fields, cleaner, depth + 1),
                _ => {}
            }
        }
        match object.get("error") {
            // Beside a message, the text is a name; alone, it is the message.
            Some(Value::String(text)) if self.message.is_some() || !self.field_issues.is_empty() => {
                self.name(Some(&Value::String(text.clone())), cleaner);
            }
            Some(inner) => self.absorb(inner, cleaner, depth + 1),
            None => {}
        }
        for name in ["errors", "details", "issues", "violations", "fields", "field_errors", "fieldErrors"] {
            match object.get(name) {
                Some(Value::Object(fields)) => self.fields(fields, cleaner, depth + 1),
                Some(other) => self.absorb(other, cleaner, depth + 1),
                None => {}
            }
        }
        for name in ["invalid-params", "invalid_params", "invalidParams"] {
            if let Some(list) = object.get(name) {
                self.absorb(list, cleaner, depth + 1);
            }
        }
    }

    /// `{"price": ["must be positive"], …}`
    fn fields(&mut self, fields: &Map<String, Value>, cleaner: &Cleaner<'_>, depth: u8) {
        for (field, value) in fields {
            self.issue(Some(field), value, cleaner, depth);
        }
    }

    /// One entry of a list of complaints.
    fn issue(&mut self, field: Option<&str>, item: &Value, cleaner: &Cleaner<'_>, depth: u8) {
        if depth > 4 {
            return;
        }
        match item {
            Value::Object(object) => {
                let named = NAMES.iter().find_map(|name| object.get(*name).and_then(place));
                let named = named.as_deref().or(field);
                let said = SAYINGS.iter().find_map(|name| object.get(*name).and_then(Value::as_str));
                if let Some(text) = said.or_else(|| object.get("code").and_then(Value::as_str)) {
                    self.push(named, text, cleaner);
                } else if let Some(Value::Object(rules)) = object.get("constraints") {
                    for text in rules.values().filter_map(Value::as_str) {
                        self.push(named, text, cleaner);
                    }
                } else {
                    for (name, value) in object {
                        let field = field.map_or_else(|| name.clone(), |field| format!("{field}.{name}"));
                        self.issue(Some(&field), value, cleaner, depth + 1);
                    }
                }
            }
            Value::String(text) => self.push(field, text, cleaner),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let nth = field.filter(|_| item.is_object()).map(|field| format!("{field}[{index}]"));
                    self.issue(nth.as_deref().or(field), item, cleaner, depth + 1);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn push(&mut self, field: Option<&str>, text: &str, cleaner: &Cleaner<'_>) {
        let issue = FieldIssue {
            field: field.map(|field| cleaner.clean(field, NAME)).filter(|field| !field.is_empty()),
            issue: cleaner.clean(text, ISSUE),
        };
        if !issue.issue.is_empty() && self.field_issues.len() < ISSUES && !self.field_issues.contains(&issue)
        {
            self.field_issues.push(issue);
        }
    }

    fn say(&mut self, text: &str, cleaner: &Cleaner<'_>) {
        let text = cleaner.clean(text, MESSAGE);
        if self.message.is_none() && !text.is_empty() {
            self.message = Some(text);
        }
    }

    /// A code: a text, a number, or the last part of a problem type's address.
    fn name(&mut self, value: Option<&Value>, cleaner: &Cleaner<'_>) {
        let text = match value {
            Some(Value::String(text)) if text != "about:blank" => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return,
        };
        let text = if text.contains("://") {
            text.trim_end_matches('/').rsplit(['/', '#']).next().unwrap_or_default().to_owned()
        } else {
            text
        };
        let text = cleaner.clean(&text, NAME);
        if self.code.is_none() && !text.is_empty() {
            self.code = Some(text);
        }
    }
}

/// The field that a complaint names: `lines[0].price`, from a text, a pointer or a list of steps.
fn place(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.starts_with('/') => Some(steps(text.split('/').map(str::to_owned))),
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| match part {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            Some(steps(texts))
        }
        Value::Object(object) => object.get("pointer").or_else(|| object.get("parameter")).and_then(place),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

fn steps(parts: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    for (index, part) in parts.filter(|part| !part.is_empty()).enumerate() {
        if index == 0 && (part == "body" || part == "query") {
            continue;
        }
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push('[');
            out.push_str(&part);
            out.push(']');
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&part);
        }
    }
    out
}
