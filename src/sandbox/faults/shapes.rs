//! Other shapes of list envelopes and error bodies, as other services have them.

use serde_json::{Map, Value, json};

use crate::sandbox::answer::Error;
use crate::sandbox::context::Query;

/// How a list is wrapped, when not as `{data, pagination}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `[…]`
    Bare,
    /// `{items, total, page, limit}`
    Items,
    /// `{count, next, previous, results}`
    Results,
    /// `{invoices, meta}`
    Resource,
    /// `{data: {invoices, pagination}}`
    Nested,
    /// `{data, next_cursor, has_more}`, continued by `cursor=`
    Cursor,
    /// `{data, offset, limit, total}`, continued by `offset=`
    Offset,
    /// `[…]` with a `Link` header
    Link,
    /// `{data}`
    None,
}

/// How an error is written, when not as `{error: {code, message, details}, request_id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{message}`
    Message,
    /// `{error: "…"}`
    String,
    /// `{statusCode, error, message: […]}`
    Status,
    /// RFC 9457 `application/problem+json`
    Problem,
    /// An HTML page
    Html,
    /// `{errors: [{field, message}]}`
    List,
}

/// A body and its media type.
#[derive(Debug)]
pub struct Shaped {
    pub body: Vec<u8>,
    pub media: &'static str,
}

impl Envelope {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bare" => Self::Bare,
            "items" => Self::Items,
            "results" => Self::Results,
            "resource" => Self::Resource,
            "nested" => Self::Nested,
            "cursor" => Self::Cursor,
            "offset" => Self::Offset,
            "link" => Self::Link,
            "none" => Self::None,
            _ => return None,
        })
    }

    /// Reads the envelope's own way to continue out of the raw query.
    pub fn prepare(self, raw: &[(String, String)], query: &mut Query) {
        let given = |name: &str| raw.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let start = match self {
            Self::Cursor => given("cursor").and_then(|cursor| cursor.strip_prefix("after_")?.parse().ok()),
            Self::Offset => given("offset").and_then(|offset| offset.parse().ok()),
            _ => None,
        };
        if let Some(start) = start {
            query.start_at(start);
        }
    }

    /// Wraps the rows of a list; `path` is the request's own. What is no list stays as it is.
    pub fn wrap(self, body: Value, query: &Query, path: &str) -> (Value, Option<String>) {
        let Value::Object(mut fields) = body else { return (body, None) };
        let (Some(Value::Array(rows)), Some(pagination)) =
            (fields.remove("data"), fields.remove("pagination"))
        else {
            return (Value::Object(fields), None);
        };
        let total = pagination.get("total").and_then(Value::as_u64).unwrap_or(0);
        let (page, limit, offset) = (query.page(), query.limit(), query.offset());
        let end = offset.saturating_add(rows.len() as u64);
        let more = end < total && !rows.is_empty();
        let next = more.then(|| format!("{path}?page={}&limit={limit}", page + 1));
        let name = path.trim_start_matches("/v1/").replace('-', "_");
        let named = |rows: Vec<Value>| Map::from_iter([(name, Value::Array(rows))]);
        let body = match self {
            Self::Bare => json!(rows),
            Self::Link => {
                return (json!(rows), next.map(|next| format!("<{next}>; rel=\"next\"")));
            }
            Self::Items => json!({ "items": rows, "total": total, "page": page, "limit": limit }),
            Self::Results => {
                let previous = (page > 1).then(|| format!("{path}?page={}&limit={limit}", page - 1));
                json!({ "count": total, "next": next, "previous": previous, "results": rows })
            }
            Self::Resource => {
                let mut body = named(rows);
                body.insert("meta".to_owned(), pagination);
                Value::Object(body)
            }
            Self::Nested => {
                let mut inner = named(rows);
                inner.insert("pagination".to_owned(), pagination);
                json!({ "data": inner })
            }
            Self::Cursor => {
                json!({ "data": rows, "next_cursor": more.then(|| format!("after_{end}")), "has_more": more })
            }
            Self::Offset => json!({ "data": rows, "offset": offset, "limit": limit, "total": total }),
            Self::None => json!({ "data": rows }),
        };
        (body, None)
    }
}

impl ErrorShape {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "message" => Self::Message,
            "string" => Self::String,
            "status" => Self::Status,
            "problem" => Self::Problem,
            "html" => Self::Html,
            "list" => Self::List,
            _ => return None,
        })
    }

    /// Writes an error in this shape.
    pub fn write(self, error: &Error) -> Shaped {
        let title = title(error.status);
        let of_fields = || error.details.iter().map(|d| (d.field.as_str(), d.issue.as_str()));
        let mut media = "application/json";
        let body = match self {
            Self::Message => json!({ "message": error.message }),
            Self::String => json!({ "error": error.message }),
            Self::Status => {
                let mut messages: Vec<String> =
                    of_fields().map(|(field, issue)| format!("{field} {issue}")).collect();
                if messages.is_empty() {
                    messages.push(error.message.clone());
                }
                json!({ "statusCode": error.status, "error": title, "message": messages })
            }
            Self::Problem => {
                media = "application/problem+json";
                let errors: Vec<Value> =
                    of_fields().map(|(f, i)| json!({ "pointer": f, "detail": i })).collect();
                json!({ "type": "about:blank", "title": title, "status": error.status, "detail": error.message, "errors": errors })
            }
            Self::List => {
                let mut errors: Vec<Value> =
                    of_fields().map(|(f, i)| json!({ "field": f, "message": i })).collect();
                if errors.is_empty() {
                    errors.push(json!({ "message": error.message }));
                }
                json!({ "errors": errors })
            }
            Self::Html => {
                let page =
                    format!("<!doctype html><title>{0} {title}</title><h1>{0} {title}</h1>\n", error.status);
                return Shaped { body: page.into_bytes(), media: "text/html" };
            }
        };
        Shaped { body: body.to_string().into_bytes(), media }
    }
}

fn title(status: u16) -> &'static str {
    hyper::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}
