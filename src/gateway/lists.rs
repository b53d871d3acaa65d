//! Lists that tell the truth: walks whatever paging the API has, checks every row against the filters
//! that were asked for, counts, sums per currency where the list is whole, and says how to go on.

mod cursor;
mod sums;

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use sums::Sums;

use super::answer::today;
use crate::api::pages::{Next, Page};
use crate::catalogue::{Check, Endpoint, Kind, ListOf, Place};
use crate::failure::{Exit, Failure};
use crate::rules::money;
use cursor::{Cursor, Position, mark, open, seal};

/// Rows in one answer where `limit` is not given.
const DEFAULT_LIMIT: usize = 25;
/// Rows asked for at once, at the most.
const LARGEST_PAGE: usize = 100;
/// APIs give at most 10, 20, 25, 50, 100, … rows at once.
const ROUND: usize = 5;
/// Requests one call spends on a list whose filter has to be applied here.
const MOST_READS: usize = 10;
/// Requests that looking for one record may cost.
const MOST_OF_A_SEARCH: usize = 50;
const CHANGED: &str =
    "the list changed while it was read, so it may not be whole: call again for a whole one";
const NO_LIST: &str = "the API's answer holds no list, so this is what it said and not a whole list";

/// A list call under way: what is asked for, where the walk stands, and what it has found.
pub struct Walk {
    filters: Map<String, Value>,
    /// The profile that is named in the requests, if any: a cursor goes on in the same one only.
    profile: String,
    limit: usize,
    to_the_end: bool,
    position: Position,
    from_start: bool,
    reads: usize,
    most_reads: usize,
    rows: Vec<Value>,
    matched: usize,
    total: Option<u64>,
    go_on: Option<Position>,
    ended: bool,
    filtered_here: Vec<&'static str>,
    /// Records that the API gave, whether they were asked for or not.
    seen: u64,
    /// Their ids: one that comes twice shows that rows moved between two pages.
    ids: HashSet<String>,
    /// Rows that were left out since they do not show the word that was searched for.
    searched_out: usize,
    /// Why the end of the walk may not be the end of the list.
    unsure: Option<&'static str>,
    sums: Sums,
}

impl Walk {
    /// Starts a walk from checked arguments; `cursor` brings its own filters.
    pub fn start(
        endpoint: &Endpoint,
        mut arguments: Map<String, Value>,
        profile: &str,
    ) -> Result<Self, Failure> {
        let asked = arguments.shift_remove("limit").as_ref().and_then(Value::as_u64);
        let limit = asked
            .and_then(|limit| usize::try_from(limit).ok())
            .map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, 200));
        let (mut cursor, mut filtered_here) = (None, Vec::new());
        if let Some(given) = arguments.shift_remove("cursor") {
            let Cursor { filters, position, filtered } =
                open(endpoint, given.as_str().unwrap_or_default(), profile)?;
            if arguments.iter().any(|(name, value)| name != "profile_id" && filters.get(name) != Some(value))
            {
                let message = format!(
                    "`{}` was given other filters than its `cursor` has; nothing was sent",
                    endpoint.tool
                );
                return Err(Failure::new("bad_arguments", Exit::Refused, message)
                    .hint("give `cursor` alone, or the filters without it"));
            }
            (arguments, cursor, filtered_here) = (filters, Some(position), filtered);
        }
        let unpaid = arguments.get("status").and_then(Value::as_str) == Some("unpaid");
        if unpaid && !filtered_here.contains(&"status") {
            filtered_here.push("status");
        }
        let from_start = cursor.is_none();
        let size = if unpaid { LARGEST_PAGE } else { limit.min(LARGEST_PAGE) };
        Ok(Self {
            filters: arguments,
            profile: profile.to_owned(),
            limit,
            to_the_end: unpaid && from_start,
            position: cursor.unwrap_or_else(|| Position::first(size)),
            from_start,
            reads: 0,
            most_reads: MOST_READS,
            rows: Vec::new(),
            matched: 0,
            total: None,
            go_on: None,
            ended: false,
            filtered_here,
            seen: 0,
            searched_out: 0,
            ids: HashSet::new(),
            unsure: None,
            sums: Sums::default(),
        })
    }

    /// A walk through a whole list, however long, to look for a record in it.
    pub fn through(endpoint: &Endpoint, filters: Map<String, Value>, profile: &str) -> Result<Self, Failure> {
        let walk = Self::start(endpoint, filters, profile)?;
        let position = Position::first(LARGEST_PAGE);
        Ok(Self { limit: usize::MAX, to_the_end: true, most_reads: MOST_OF_A_SEARCH, position, ..walk })
    }

    /// In a search a page that may be the last is followed by another one, until that is empty.
    fn is_thorough(&self) -> bool {
        self.most_reads == MOST_OF_A_SEARCH
    }

    /// `unpaid` is no status of the API: it is applied here, to every page.
    fn unpaid(&self) -> bool {
        self.filters.get("status").and_then(Value::as_str) == Some("unpaid")
    }

    /// The filters that go to the API.
    pub fn filters(&self) -> Map<String, Value> {
        let mut filters = self.filters.clone();
        if self.unpaid() {
            filters.shift_remove("status");
        }
        filters
    }

    /// The paging part of the next request, or `None` when the walk is over.
    pub fn next_query(&self) -> Option<Vec<(String, String)>> {
        let enough = self.go_on.is_some() && !self.to_the_end;
        if self.ended || enough || self.reads >= self.most_reads {
            return None;
        }
        Some(self.position.query.clone())
    }

    /// The query of the next page, in pages of the same size, or `None` at the end.
    fn query_after(&mut self, next: Next, count: usize) -> Option<Vec<(String, String)>> {
        let step = match next {
            Next::Page(page) => ("page".to_owned(), page.to_string()),
            Next::Offset(offset) => ("offset".to_owned(), offset.to_string()),
            Next::Cursor(name, value) => (name, value),
            Next::LinkQuery(query) => return Some(query),
            Next::Unknown => {
                let asked = self.position.number("limit").unwrap_or(LARGEST_PAGE as u64);
                // Where the API says nothing, a page that is full may have one after it, and so may one that
                // holds a round number of rows: that can be the API's own limit.
                let short = (count as u64) < asked && !count.is_multiple_of(ROUND);
                if count == 0 || (short && !self.is_thorough()) {
                    return None;
                }
                let Some(page) = self.position.number("page") else {
                    self.unsure = Some("the API does not say how to go on, so this list may not be whole");
                    return None;
                };
                ("page".to_owned(), (page + 1).to_string())
            }
            Next::End => return None,
        };
        let size = self.position.query.iter().find(|(name, _)| name == "limit").cloned();
        Some([step].into_iter().chain(size).collect())
    }

    /// Takes in one page.
    pub fn take(&mut self, endpoint: &Endpoint, list: ListOf, page: Page) {
        self.reads += 1;
        let mark = mark(&page.records);
        if !page.records.is_empty() && self.position.after.as_ref() == Some(&mark) {
            self.ended = true;
            // Where pages are ignored, what is no round number of rows is all there is.
            if !(self.is_thorough() && self.total.is_none() && !page.records.len().is_multiple_of(ROUND)) {
                self.unsure = Some("the API repeated a page, so this list may not be whole");
            }
            return;
        }
        if !page.listed {
            self.unsure = Some(NO_LIST);
        }
        if self.total.is_some_and(|total| page.total.is_some_and(|now| now != total)) {
            self.unsure = Some(CHANGED);
        }
        self.total = page.total.or(self.total);
        let known = self.filtered_here.len();
        let (count, next) = (page.records.len(), page.next);
        let here = std::mem::replace(&mut self.position.skip, 0);
        for (index, row) in page.records.into_iter().enumerate().skip(here) {
            self.seen += 1;
            if row.get("id").is_some_and(|id| !self.ids.insert(text(id))) {
                self.unsure = Some(CHANGED);
            }
            if !self.keeps(endpoint, &row) {
                continue;
            }
            self.matched += 1;
            self.sums.add(list, &row);
            if self.rows.len() < self.limit {
                self.rows.push(row);
            } else if self.go_on.is_none() {
                self.go_on = Some(Position { skip: index, ..self.position.clone() });
            }
        }
        if self.filtered_here.len() > known
            && self.from_start
            && self.position.number("limit") < Some(LARGEST_PAGE as u64)
        {
            return self.start_again();
        }
        let next = if page.listed { next } else { Next::End };
        match self.query_after(next, count) {
            Some(query) => {
                self.position = Position { query, skip: 0, after: Some(mark) };
                if self.rows.len() >= self.limit && self.go_on.is_none() && !self.to_the_end {
                    self.go_on = Some(self.position.clone());
                }
            }
            None => self.ended = true,
        }
    }

    /// A filter is ignored: the API's own total no longer says how many there are. Only a walk to the end
    /// does, and in the largest pages.
    fn start_again(&mut self) {
        self.to_the_end = true;
        self.position = Position::first(LARGEST_PAGE);
        (self.go_on, self.total, self.matched, self.seen) = (None, None, 0, 0);
        self.searched_out = 0;
        self.rows.clear();
        self.ids.clear();
        self.unsure = None;
        self.sums = Sums::default();
    }

    /// True if the row is one of those asked for; a row that is not shows that a filter was ignored.
    fn keeps(&mut self, endpoint: &Endpoint, row: &Value) -> bool {
        if self.unpaid() && !is_unpaid(row) {
            return false;
        }
        for param in endpoint.params {
            let Place::Query(check) = param.place else { continue };
            let Some(wanted) = self.filters.get(param.name) else { continue };
            if self.unpaid() && param.name == "status" {
                continue;
            }
            if !honours(check, param.kind, wanted, row) {
                self.searched_out += usize::from(check == Check::Contains);
                if !self.filtered_here.contains(&param.name) {
                    self.filtered_here.push(param.name);
                    self.to_the_end = self.from_start;
                }
                return false;
            }
        }
        true
    }

    /// True if every row that shows what was asked for is among the rows.
    pub fn holds_all(&self) -> bool {
        let whole = self.from_start && self.ended && self.unsure.is_none() && !self.ended_early();
        whole && self.rows.len() == self.matched
    }

    fn ended_early(&self) -> bool {
        self.from_start && self.ended && self.total.is_some_and(|total| total > self.seen)
    }

    /// The answer: rows, `n`, `of`, `complete`, sums, and how to go on.
    pub fn answer(mut self, endpoint: &Endpoint) -> Map<String, Value> {
        if self.ended_early() {
            self.unsure =
                self.unsure.or(Some("the API ended the list before its own total, so it may not be whole"));
        }
        let whole = self.from_start && self.ended && self.unsure.is_none() && self.searched_out == 0;
        let of = match self.total {
            Some(total) if self.filtered_here.is_empty() && total >= self.seen => Some(total),
            _ if whole => Some(self.matched as u64),
            _ => None,
        };
        let complete = self.holds_all() && self.searched_out == 0;
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
            answer.insert(
                "next_cursor".into(),
                json!(seal(endpoint.tool, &self.filters, &position, &self.filtered_here, &self.profile)),
            );
            answer.insert(
                "go_on".into(),
                json!(format!("more: call {} with cursor = next_cursor", endpoint.tool)),
            );
        }
        if let Some(why) = self.unsure {
            answer.insert("note".into(), json!(why));
        } else if self.matched == 0 && self.seen > 0 {
            let why = format!("none of the {} rows that the API gave shows what was asked for", self.seen);
            answer.insert("note".into(), json!(why));
        } else if self.searched_out > 0 {
            let why = format!(
                "{} rows that the API gave do not show the word searched for and were left out: it may have \
                 ignored the search, or found them by fields that it does not show",
                self.searched_out
            );
            answer.insert("note".into(), json!(why));
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
        // Overdue is a matter of dates: an API may filter by it and still call the record `sent`.
        Check::Equals("status") if text(wanted) == "overdue" && is_unpaid(row) => {
            let late = |due: &str| due.get(..10).is_some_and(|day| *day < *today().to_string());
            row.get("status").is_some_and(|found| text(found).eq_ignore_ascii_case("overdue"))
                || row.get("due_date").and_then(Value::as_str).is_none_or(late)
        }
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

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Page, Walk};
    use crate::catalogue::{self, Answer};

    /// Walks through bare arrays with so many rows from such a one on; gives the rows it has and whether it
    /// takes them for all.
    fn searched(pages: &[(usize, usize)]) -> (usize, bool) {
        let endpoint = catalogue::find("list_invoices").unwrap();
        let Answer::List(list) = endpoint.answer else { panic!("no list") };
        let mut walk = Walk::through(endpoint, Map::new(), "").unwrap();
        for (from, count) in pages {
            assert!(walk.next_query().is_some(), "the walk ended before {from}");
            let rows = (*from..from + count).map(|n| json!({ "id": n.to_string() })).collect();
            walk.take(endpoint, list, Page::read(Value::Array(rows), None, "invoices"));
        }
        assert!(walk.next_query().is_none(), "the walk goes on");
        (walk.rows.len(), walk.holds_all())
    }

    #[test]
    fn a_search_goes_on_until_a_page_is_empty_or_comes_again() {
        assert_eq!(searched(&[(0, 24), (24, 24), (48, 3), (0, 0)]), (51, true));
        // An API that ignores pages: a round number may be its own limit.
        assert_eq!(searched(&[(0, 24), (0, 24)]), (24, true));
        assert_eq!(searched(&[(0, 25), (0, 25)]), (25, false));
    }
}
