//! What a handler gets: the profile, the clock, the transaction, and the request's checked parts.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Rounding;
use super::answer::{Answer, Error, Record};
use super::store::Tx;

/// Handles one operation inside one transaction; an error rolls back.
pub type Handler = fn(&Context<'_>, &Input) -> Result<Answer, Error>;

/// The circumstances of one request.
pub struct Context<'a> {
    /// The open transaction, bound to the profile.
    pub tx: Tx<'a>,
    /// The profile's record.
    pub profile: &'a Record,
    /// Every profile the key reaches, the default first.
    pub profiles: &'a [Record],
    /// Today in Europe/Zurich.
    pub today: Date,
    /// The moment of the request, RFC 3339 in UTC.
    pub now: &'a str,
    pub rounding: Rounding,
}

impl Context<'_> {
    /// A text field of the profile; empty where it has none.
    pub fn profile_text(&self, field: &str) -> &str {
        self.profile.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The profile's base currency.
    pub fn currency(&self) -> &str {
        self.profile_text("default_currency")
    }
}

/// The request's own parts, already checked against the OpenAPI file.
#[derive(Debug, Default)]
pub struct Input {
    /// The `{id}` of the path; empty where the path has none.
    pub id: String,
    pub query: Query,
    /// The JSON body; empty where there is none.
    pub body: Record,
    /// The file of a multipart or raw upload.
    pub file: Option<Vec<u8>>,
}

/// Query parameters, checked against their schemas; unknown ones are dropped.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    offset: Option<u64>,
}

impl Query {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, offset: None }
    }

    /// The last value given for a name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn date(&self, name: &str) -> Option<Date> {
        self.text(name)?.parse().ok()
    }

    pub fn decimal(&self, name: &str) -> Option<Decimal> {
        super::money::parse(self.text(name)?)
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)?.parse().ok()
    }

    /// Page number, from 1.
    pub fn page(&self) -> u64 {
        self.text("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1)
    }

    /// Rows a page, 1 to 100; 50 where nothing is said.
    pub fn limit(&self) -> u64 {
        self.text("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50).clamp(1, 100)
    }

    /// Rows to pass over before the page begins.
    pub fn offset(&self) -> u64 {
        self.offset.unwrap_or_else(|| (self.page() - 1).saturating_mul(self.limit()))
    }

    /// Begins the page at a row instead of a page number.
    pub fn start_at(&mut self, offset: u64) {
        self.offset = Some(offset);
    }

    /// Keeps the named parameters only.
    pub fn keep(&mut self, names: &[&str]) {
        self.pairs.retain(|(name, _)| names.contains(&name.as_str()));
    }

    /// Sets a parameter, in place of what was sent.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.retain(|(key, _)| key != name);
        self.pairs.push((name.to_owned(), value.into()));
    }
}
