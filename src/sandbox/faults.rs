//! Faults: ordinary options that make the sandbox misbehave as real services do.
//! Written `KIND[:N][@WHERE]`, as in `500-after:1@create_invoice`.

mod shapes;

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub use shapes::{Envelope, ErrorShape};

/// The kinds as they are written, for help texts and messages.
pub const KINDS: &str = "latency=MS, 429[=SECONDS], 500-before, 500-after, 503-before, reset-before, reset-after, cut, \
    half-json, html, silent, huge, ignore-filters, repeat-page, \
    envelope=bare|items|results|resource|nested|cursor|offset|link|none, \
    errors=message|string|status|problem|html|list";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The answer comes late.
    Latency(Duration),
    /// 429 with this `Retry-After`, before anything is done.
    TooMany(u64),
    /// 500 before anything is done.
    ErrorBefore,
    /// 500 after the change is committed.
    ErrorAfter,
    /// 503 before anything is done.
    UnavailableBefore,
    /// The connection is dropped before anything is done.
    ResetBefore,
    /// The connection is dropped after the change is committed.
    ResetAfter,
    /// Half of the answer's body, then the connection is dropped.
    Cut,
    /// A body that ends in the middle of its JSON, with a `Content-Length` that says so.
    HalfJson,
    /// 200 with an HTML page, before anything is done.
    Html,
    /// No answer ever, before anything is done.
    Silent,
    /// A body without an end.
    Huge,
    /// Filters, search and order of lists are ignored.
    IgnoreFilters,
    /// Every page of a list is the first one.
    RepeatPage,
    /// Lists in another envelope.
    Envelope(Envelope),
    /// Errors in another shape.
    Errors(ErrorShape),
}

/// One fault, where it applies and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    place: Place,
    left: Option<Cell<u32>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Anywhere,
    Operation(String),
    /// Method (any when none) and path prefix.
    Path(Option<String>, String),
}

/// Why a fault cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    #[error("`{0}` is no fault; known are {KINDS}")]
    Unknown(String),
    #[error("fault `{0}` needs {1}")]
    Value(String, &'static str),
    #[error(
        "`{0}` says no place for a fault; write a path prefix, `METHOD /path-prefix` or an operation id such as `create_invoice`"
    )]
    Place(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (what, place) = text.split_once('@').map_or((text, None), |(what, place)| (what, Some(place)));
        let (kind, left) = match what.rsplit_once(':') {
            Some((kind, count)) => {
                let count =
                    count.parse().map_err(|_| FaultError::Value(text.to_owned(), "a number after `:`"))?;
                (kind, Some(Cell::new(count)))
            }
            None => (what, None),
        };
        Ok(Self { kind: kind.parse()?, place: place.map_or(Ok(Place::Anywhere), str::parse)?, left })
    }
}

impl FromStr for Kind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let need = |what| FaultError::Value(text.to_owned(), what);
        let kind =
            match (name, value) {
                ("latency", value) => {
                    let milliseconds = value.and_then(|value| value.parse().ok());
                    Self::Latency(Duration::from_millis(
                        milliseconds.ok_or(need("milliseconds, as in `latency=200`"))?,
                    ))
                }
                ("429", None) => Self::TooMany(1),
                ("429", Some(seconds)) => {
                    Self::TooMany(seconds.parse().map_err(|_| need("seconds, as in `429=5`"))?)
                }
                ("envelope", value) => Self::Envelope(value.and_then(Envelope::named).ok_or(need(
                    "one of bare, items, results, resource, nested, cursor, offset, link, none",
                ))?),
                ("errors", value) => Self::Errors(
                    value
                        .and_then(ErrorShape::named)
                        .ok_or(need("one of message, string, status, problem, html, list"))?,
                ),
                ("500-before", None) => Self::ErrorBefore,
                ("500-after", None) => Self::ErrorAfter,
                ("503-before", None) => Self::UnavailableBefore,
                ("reset-before", None) => Self::ResetBefore,
                ("reset-after", None) => Self::ResetAfter,
                ("cut", None) => Self::Cut,
                ("half-json", None) => Self::HalfJson,
                ("html", None) => Self::Html,
                ("silent", None) => Self::Silent,
                ("huge", None) => Self::Huge,
                ("ignore-filters", None) => Self::IgnoreFilters,
                ("repeat-page", None) => Self::RepeatPage,
                _ => return Err(FaultError::Unknown(text.to_owned())),
            };
        Ok(kind)
    }
}

impl FromStr for Place {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError::Place(text.to_owned());
        if text.starts_with('/') {
            return Ok(Self::Path(None, text.to_owned()));
        }
        if let Some((method, path)) = text.split_once(' ') {
            let path = path.trim();
            return if path.starts_with('/') {
                Ok(Self::Path(Some(method.to_uppercase()), path.to_owned()))
            } else {
                Err(wrong())
            };
        }
        if ["GET", "POST", "PUT", "DELETE"].contains(&text) {
            return Ok(Self::Path(Some(text.to_owned()), "/".to_owned()));
        }
        let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_name { Ok(Self::Operation(text.to_owned())) } else { Err(wrong()) }
    }
}

impl Place {
    fn takes_in(&self, method: &str, path: &str, operation_id: &str) -> bool {
        match self {
            Self::Anywhere => path.starts_with("/v1/"),
            Self::Operation(id) => id == operation_id,
            Self::Path(wanted, prefix) => {
                wanted.as_deref().is_none_or(|wanted| wanted == method) && path.starts_with(prefix)
            }
        }
    }
}

/// The faults of a sandbox, in the order they were given.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Reads every fault, or says which one cannot be read and why.
    pub fn parse<T: AsRef<str>>(faults: &[T]) -> Result<Self, FaultError> {
        faults.iter().map(|fault| fault.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// The faults that strike this request; counted ones are used up by it.
    pub fn strike(&self, method: &str, path: &str, operation_id: &str) -> Vec<Kind> {
        self.0
            .iter()
            .filter(|fault| fault.place.takes_in(method, path, operation_id))
            .filter(|fault| match &fault.left {
                None => true,
                Some(left) => {
                    let before = left.get();
                    left.set(before.saturating_sub(1));
                    before > 0
                }
            })
            .map(|fault| fault.kind)
            .collect()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} faults", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Envelope, Faults, Kind};

    #[test]
    fn a_counted_fault_strikes_its_place_only_and_then_no_more() {
        let faults = Faults::parse(&["429=5:2@POST /v1/invoices", "latency=20@list_clients"]).unwrap();
        let strike = |method, path, id| faults.strike(method, path, id);
        assert!(strike("GET", "/v1/invoices", "list_invoices").is_empty());
        assert_eq!(strike("POST", "/v1/invoices", "create_invoice"), [Kind::TooMany(5)]);
        assert_eq!(strike("POST", "/v1/invoices", "create_invoice"), [Kind::TooMany(5)]);
        assert!(strike("POST", "/v1/invoices", "create_invoice").is_empty());
        assert_eq!(strike("GET", "/v1/clients", "list_clients"), [Kind::Latency(Duration::from_millis(20))]);
    }

    #[test]
    fn a_fault_without_a_place_leaves_the_description_alone() {
        let faults = Faults::parse(&["envelope=cursor"]).unwrap();
        assert!(faults.strike("GET", "/openapi.json", "").is_empty());
        assert_eq!(faults.strike("GET", "/v1/vendors", "list_vendors"), [Kind::Envelope(Envelope::Cursor)]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, word) in [
            ("500", "`500` is no fault"),
            ("latency", "milliseconds"),
            ("429=soon", "seconds"),
            ("cut:x", "a number after `:`"),
            ("envelope=odd", "bare, items"),
            ("cut@Somewhere", "no place"),
        ] {
            let error = Faults::parse(&[text]).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
