//! Lists that tell the truth: walks whatever paging the API has, checks every row against the filters
//! that were asked for, counts, sums per currency where the list is whole, and says how to go on.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::api::pages::{Next, Page};
use crate::catalogue::{Check, Endpoint, Kind, ListOf, Place};
use crate::failure::{Exit, Failure};
use crate::rules::money;

/// Rows in one answer where `limit` is not given.
const DEFAULT_LIMIT: usize = 25;
/// Rows asked for at once, at the most.
const LARGEST_PAGE: usize = 100;
/// Requests one call spends on a list whose filter has to be applied here.
const MOST_READS: usize = 10;

/// A list call under way: what is asked for, where the walk stands, and what it has found.
pub struct Walk {
    filters: Map<String, Value>,
    limit: usize,
    /// Filters that the API does not know are applied to every page.
    unpaid: bool,
    to_the_end: bool,
    position: Position,
    from_start: bool,
    reads: usize,
    rows: Vec<Value>,
    matched: usize,
    total: Option<u64>,
    go_on: Option<Position>,
    ended: bool,
    filtered_here: Vec<&'static str>,
    last_page: Option<String>,
    repeated: bool,
    sums: Sums,
}

/// Where in the API's list the next row is: a page of some kind, and rows to skip in it.
#[derive(Clone, Debug, PartialEq)]
struct Position {
    query: Vec<(String, String)>,
    skip: usize,
}

impl Walk {
    /// Starts a walk from checked arguments; `cursor` brings its own filters.
    pub fn start(endpoint: &Endpoint, mut arguments: Map<String, Value>) -> Result<Self, Failure> {
        let asked = arguments.shift_remove("limit").as_ref().and_then(Value::as_u64);
        let limit = asked
            .and_then(|limit| usize::try_from(limit).ok())
            .map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, 200));
        let mut position = Position { query: vec![("page".into(), "1".into())], skip: 0 };
        let mut from_start = true;
        if let Some(cursor) = arguments.shift_remove("cursor") {
            let (filters, at) = open(endpoint.tool, cursor.as_str().unwrap_or_default())?;
            if arguments.iter().any(|(name, value)| name != "profile_id" && filters.get(name) != Some(value))
            {
                let message = format!(
                    "`{}` was given other filters than its `cursor` has; nothing was sent",
                    endpoint.tool
                );
                return Err(Failure::new("bad_arguments", Exit::Refused, message)
                    .hint("give `cursor` alone, or the filters without it"));
            }
            (arguments, position, from_start) = (filters, at, false);
        }
        let unpaid = arguments.get("status").and_then(Value::as_str) == Some("unpaid");
        Ok(Self {
            filters: arguments,
            limit,
            unpaid,
            to_the_end: unpaid && from_start,
            position,
            from_start,
            reads: 0,
            rows: Vec::new(),
            matched: 0,
            total: None,
            go_on: None,
            ended: false,
            filtered_here: if unpaid { vec!["status"] } else { Vec::new() },
            last_page: None,
            repeated: false,
            sums: Sums::default(),
        })
    }

    /// The filters that go to the API.
    pub fn filters(&self) -> Map<String, Value> {
        let mut filters = self.filters.clone();
        if self.unpaid {
            filters.shift_remove("status");
        }
        filters
    }

    /// The paging part of the next request, or `None` when the walk is over.
    pub fn next_query(&self) -> Option<Vec<(String, String)>> {
        let enough = self.go_on.is_some() && !self.to_the_end;
        if self.ended || enough || self.reads >= MOST_READS {
            return None;
        }
        let mut query = self.position.query.clone();
        if !query.iter().any(|(name, _)| name == "limit") {
            query.push(("limit".into(), self.page_size().to_string()));
        }
        Some(query)
    }

    /// Rows that a request asks for.
    fn page_size(&self) -> usize {
        if self.to_the_end || self.unpaid { LARGEST_PAGE } else { self.limit.min(LARGEST_PAGE) }
    }

    /// The query of the next page. Where the API says nothing of paging, a full page may have one after it;
    /// a page that repeats ends that.
    fn position_after(&self, next: Next, full: bool) -> Option<Vec<(String, String)>> {
        match next {
            Next::Page(page) => Some(vec![("page".into(), page.to_string())]),
            Next::Offset(offset) => Some(vec![("offset".into(), offset.to_string())]),
            Next::Cursor(name, value) => Some(vec![(name, value)]),
            Next::LinkQuery(query) => Some(query),
            Next::Unknown if full => {
                let page = self.position.query.iter().find(|(name, _)| name == "page")?;
                Some(vec![("page".into(), (page.1.parse::<u64>().ok()? + 1).to_string())])
            }
            Next::Unknown | Next::End => None,
        }
    }

    /// Takes in one page.
    pub fn take(&mut self, endpoint: &Endpoint, list: ListOf, page: Page) {
        self.reads += 1;
        let shape = format!("{}{:?}{:?}", page.records.len(), page.records.first(), page.records.last());
        if !page.records.is_empty() && self.last_page.as_ref() == Some(&shape) {
            self.ended = true;
            self.repeated = true;
            return;
        }
        self.last_page = Some(shape);
        self.total = page.total.or(self.total);
        let full = page.records.len() >= self.page_size();
        let here = Position { query: self.position.query.clone(), skip: 0 };
        let skip = std::mem::take(&mut self.position.skip);
        for (index, row) in page.records.into_iter().enumerate().skip(skip) {
            if !self.keeps(endpoint, &row) {
                continue;
            }
            self.matched += 1;
            self.sums.add(list, &row);
            if self.rows.len() < self.limit {
                self.rows.push(row);
            } else if self.go_on.is_none() {
                self.go_on = Some(Position { skip: index, ..here.clone() });
            }
        }
        match self.position_after(page.next, full) {
            Some(query) => {
                self.position = Position { query, skip: 0 };
                if self.rows.len() >= self.limit && self.go_on.is_none() && !self.to_the_end {
                    self.go_on = Some(self.position.clone());
                }
            }
            None => self.ended = true,
        }
    }

    /// True if the row is one of those asked for; a row that is not shows that a filter was ignored.
    fn keeps(&mut self, endpoint: &Endpoint, row: &Value) -> bool {
        if self.unpaid && !is_unpaid(row) {
            return false;
        }
        for param in endpoint.params {
            let Place::Query(check) = param.place else { continue };
            let Some(wanted) = self.filters.get(param.name) else { continue };
            if self.unpaid && param.name == "status" {
                continue;
            }
            if !honours(check, param.kind, wanted, row) {
                if !self.filtered_here.contains(&param.name) {
                    self.filtered_here.push(param.name);
                    // The API's own total no longer says how many there are: only a walk to the end does.
                    self.to_the_end = self.from_start;
                }
                return false;
            }
        }
        true
    }

    /// The answer: rows, `n`, `of`, `complete`, sums, and how to go on.
    pub fn answer(self, endpoint: &Endpoint) -> Map<String, Value> {
        let whole = self.from_start && self.ended && !self.repeated;
        let of = match self.total {
            Some(total) if self.filtered_here.is_empty() => Some(total),
            _ if whole => Some(self.matched as u64),
            _ => None,
        };
        let complete = whole && self.rows.len() == self.matched;
        let unfinished = !self.ended && self.go_on.is_none();
        let go_on = self.go_on.or(unfinished.then_some(self.position));
        let mut answer = Map::new();
        answer.insert("n".into(), json!(self.rows.len()));
        answer.insert("of".into(), of.map_or(Value::Null, Value::from));
        answer.insert("complete".into(), json!(complete));
        answer.insert("items".into(), Value::Array(self.rows));
        if whole && let Some(sums) = self.sums.value() {
            answer.insert("sums".into(), sums);
        }
        if !self.filtered_here.is_empty() {
            answer.insert("filtered_here".into(), json!(self.filtered_here));
        }
        if let Some(position) = go_on {
            answer.insert("next_cursor".into(), json!(seal(endpoint.tool, &self.filters, &position)));
            answer.insert(
                "go_on".into(),
                json!(format!("more: call {} with cursor = next_cursor", endpoint.tool)),
            );
        }
        if self.repeated {
            answer.insert("note".into(), json!("the API repeated a page, so this list may not be whole"));
        } else if of.is_none() && complete {
            answer.insert("note".into(), json!("the API gives no total"));
        }
        answer
    }
}

/// Drafts, paid and cancelled invoices are not unpaid; every other state is, known or not.
fn is_unpaid(row: &Value) -> bool {
    let status = row.get("status").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    !matches!(status.as_str(), "draft" | "paid" | "cancelled" | "canceled" | "void" | "voided" | "deleted")
}

/// False only where the row itself shows that the filter was not applied.
fn honours(check: Check, kind: Kind, wanted: &Value, row: &Value) -> bool {
    let ordering = |field: &str| {
        let found = row.get(field)?;
        match kind {
            Kind::Decimal | Kind::Integer => Some(money::decimal(found)?.cmp(&money::decimal(wanted)?)),
            // The day is the first ten characters of a date and of a date with a time.
            _ => Some(found.as_str()?.get(..10)?.cmp(wanted.as_str()?)),
        }
    };
    match check {
        Check::None => true,
        Check::Equals(field) => {
            row.get(field).is_none_or(|found| text(found).eq_ignore_ascii_case(&text(wanted)))
        }
        Check::AtLeast(field) => ordering(field).is_none_or(std::cmp::Ordering::is_ge),
        Check::AtMost(field) => ordering(field).is_none_or(std::cmp::Ordering::is_le),
        Check::Contains => contains(row, &text(wanted).to_lowercase()),
    }
}

fn contains(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| contains(item, wanted)),
        Value::Object(fields) => fields.values().any(|field| contains(field, wanted)),
        Value::Null => false,
        other => text(other).to_lowercase().contains(wanted),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Sums per currency, dropped as a whole if one amount cannot be read exactly.
#[derive(Default)]
struct Sums {
    by_currency: BTreeMap<String, BTreeMap<&'static str, Decimal>>,
    unreadable: bool,
}

impl Sums {
    fn add(&mut self, list: ListOf, row: &Value) {
        for field in list.sums {
            let Some(found) = row.get(*field).filter(|value| !value.is_null()) else { continue };
            let currency = row.get("currency").and_then(Value::as_str).unwrap_or("?").to_owned();
            let sum = self.by_currency.entry(currency).or_default().entry(field).or_default();
            match money::decimal(found).and_then(|amount| sum.checked_add(amount)) {
                Some(next) => *sum = next,
                None => self.unreadable = true,
            }
        }
    }

    fn value(&self) -> Option<Value> {
        if self.unreadable || self.by_currency.is_empty() {
            return None;
        }
        let sums = self.by_currency.iter().map(|(currency, fields)| {
            let fields: Map<_, _> =
                fields.iter().map(|(field, sum)| ((*field).to_owned(), money::number(*sum))).collect();
            (currency.clone(), Value::Object(fields))
        });
        Some(Value::Object(sums.collect()))
    }
}

/// A self-contained cursor: tool, filters and position.
fn seal(tool: &str, filters: &Map<String, Value>, position: &Position) -> String {
    URL_SAFE_NO_PAD.encode(json!([tool, filters, position.query, position.skip]).to_string())
}

fn open(tool: &str, cursor: &str) -> Result<(Map<String, Value>, Position), Failure> {
    let parts = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Vec<Value>>(&bytes).ok());
    let read = || -> Option<(String, Map<String, Value>, Position)> {
        let [tool, filters, query, skip] = <[Value; 4]>::try_from(parts?).ok()?;
        let query = serde_json::from_value(query).ok()?;
        let skip = usize::try_from(skip.as_u64()?).ok()?;
        Some((tool.as_str()?.to_owned(), filters.as_object()?.clone(), Position { query, skip }))
    };
    match read() {
        Some((made_by, filters, position)) if made_by == tool => Ok((filters, position)),
        _ => {
            let message = format!("`cursor` is none that `{tool}` gave; nothing was sent");
            Err(Failure::new("bad_arguments", Exit::Refused, message)
                .hint("use `next_cursor` of the last answer as it is, or start without `cursor`"))
        }
    }
}
