//! A walk through a list: what is asked for, where the walk stands, and what it has found.

mod outcome;
mod start;

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::cursor::{Position, mark};
use super::filters::{honours, is_unpaid, shows, tells};
use super::go_on::Stop;
use super::rows::{Rows, View};
use super::sums::Sums;
use super::text;
use crate::api::pages::{Next, Page};
use crate::catalogue::{Check, Endpoint, ListOf, Place};
use crate::failure::Failure;

/// Rows in one answer where `limit` is not given.
const DEFAULT_LIMIT: usize = 25;
const LARGEST_LIMIT: usize = 200;
/// Rows asked for at once, at the most: an API may answer more with its default or a refusal.
const LARGEST_PAGE: usize = 100;
/// APIs give at most 10, 20, 25, 50, 100, … rows at once.
const ROUND: usize = 5;
/// Requests that a list spends unasked on a filter which has to be applied here.
const MOST_READS: usize = 10;
/// The end of a walk to the end, in an API that has none.
const MOST_PAGES: usize = 2_000;
const CHANGED: &str =
    "the list changed while it was read, so it may not be whole: call again for a whole one";
const NO_LIST: &str = "the API's answer holds no list, so this is what it said and not a whole list";
const UNTOLD: &str = "the API has no such filter, and some of its rows do not show whether they are meant, so these are not all";
const REPEATED: &str = "the API repeated a page, so this list may not be whole";

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// Until there are enough rows.
    Limit,
    /// To the end, since only that says how many rows there are.
    Count,
    /// To the end, for all rows: a page that may be the last is followed by another one, until that is empty.
    All,
}

pub struct Walk {
    endpoint: &'static Endpoint,
    list: ListOf,
    filters: Map<String, Value>,
    /// The profile that is named in the requests, if any: a cursor goes on in the same one only.
    profile: String,
    /// Where the books are kept.
    today: Date,
    limit: usize,
    aim: Aim,
    position: Position,
    from_start: bool,
    /// The API did not say that there is this page.
    guessed: bool,
    reads: usize,
    most_reads: usize,
    rows: Rows,
    /// Rows that were shown or handed over.
    given: usize,
    matched: usize,
    total: Option<u64>,
    go_on: Option<Position>,
    ended: bool,
    filtered_here: Vec<&'static str>,
    /// Filters among these that the API has no parameters for.
    unasked: Vec<&'static str>,
    /// Records that the API gave, whether they were asked for or not.
    seen: u64,
    /// Hashes of their ids: one that comes twice shows that rows moved between two pages.
    ids: HashSet<u64>,
    hashes: RandomState,
    /// Rows that were left out since they do not show the word that was searched for.
    searched_out: usize,
    /// Rows among those asked for that do not show a field which a filter goes by.
    unshown: usize,
    /// Why the end of the walk may not be the end of the list.
    unsure: Option<&'static str>,
    stopped: Option<Stop>,
    /// First and last day among the records.
    days: Option<(Date, Date)>,
    /// The day of the first record.
    first_day: Option<Date>,
    sums: Sums,
}

impl Walk {
    /// `unpaid` is no status of the API: it is applied here, to every page.
    fn unpaid(&self) -> bool {
        self.filters.get("status").and_then(Value::as_str) == Some("unpaid")
    }

    /// The same walk where the books are kept in another time zone.
    pub fn on(mut self, today: Date) -> Self {
        self.today = today;
        self
    }

    /// What is walked through.
    pub fn list(&self) -> (&'static Endpoint, ListOf) {
        (self.endpoint, self.list)
    }

    /// The filters that go to the API.
    pub fn filters(&self) -> Map<String, Value> {
        let mut filters = self.filters.clone();
        if self.unpaid() {
            filters.shift_remove("status");
        }
        filters
    }

    /// The arguments that would begin this walk anew.
    pub fn asked(&self) -> Map<String, Value> {
        let mut asked = self.filters.clone();
        match self.rows.view() {
            View::Columns => {}
            View::Fields(names) => drop(asked.insert("fields".into(), json!(names.join(",")))),
            View::Full => drop(asked.insert("detail".into(), json!("full"))),
        }
        asked
    }

    /// The paging part of the next request, or `None` when the walk is over.
    pub fn next_query(&mut self) -> Option<Vec<(String, String)>> {
        let enough = self.go_on.is_some() && self.aim == Aim::Limit;
        if self.ended || enough || self.stopped.is_some() {
            return None;
        }
        if self.reads >= self.most_reads {
            let ignored = self.most_reads == MOST_READS && !self.filtered_here.is_empty();
            self.stopped = Some(if ignored { Stop::Ignored } else { Stop::Pages });
            return None;
        }
        Some(self.position.query.clone())
    }

    /// Ends the walk before its end.
    pub fn stop(&mut self, why: Stop) {
        self.stopped = Some(why);
    }

    /// The failure that ended the walk before its end.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.stopped {
            Some(Stop::Failed(failure)) => Some(failure),
            _ => None,
        }
    }

    pub fn ran_out_of_time(&self) -> bool {
        matches!(self.stopped, Some(Stop::Time))
    }

    /// Pages read, and pages in all where that is known.
    pub fn pages(&self) -> (u64, Option<u64>) {
        let read = self.reads as u64;
        let in_all = self.total.filter(|total| *total >= self.seen && self.seen > 0 && self.from_start);
        (read, in_all.map(|total| total.saturating_mul(read).div_ceil(self.seen).max(read)))
    }

    /// Records that were read in these pages.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The rows that came in since the last time.
    pub fn drain(&mut self) -> Vec<Value> {
        self.rows.drain()
    }

    /// The API refused to give the page: true where that is an answer all the same. There may be no page where
    /// one was guessed, and where a first page was refused for its size there may be a smaller one.
    pub fn refused(&mut self, failure: &Failure) -> bool {
        let status = failure.facts.get("http_status").and_then(Value::as_u64);
        let first = self.position.number("page") == Some(1) && self.position.after.is_none();
        match status {
            Some(404) if self.guessed => self.ended = true,
            Some(400 | 422)
                if first
                    && self.position.number("limit") > Some(DEFAULT_LIMIT as u64)
                    && names_size(failure) =>
            {
                self.position = Position::first(DEFAULT_LIMIT);
            }
            _ => return false,
        }
        true
    }

    /// The query of the next page, in pages of the same size, or `None` at the end.
    fn query_after(&mut self, next: Next, count: usize) -> Option<Vec<(String, String)>> {
        self.guessed = next == Next::Unknown;
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
                if count == 0 || (short && self.aim != Aim::All) {
                    return None;
                }
                let Some(page) = self.position.number("page") else {
                    self.unsure = Some("the API does not say how to go on, so this list may not be whole");
                    return None;
                };
                ("page".to_owned(), page.saturating_add(1).to_string())
            }
            Next::End => return None,
        };
        let size = self.position.query.iter().find(|(name, _)| name == "limit").cloned();
        Some([step].into_iter().chain(size).collect())
    }

    /// Takes in one page.
    pub fn take(&mut self, page: Page) {
        self.reads += 1;
        let mark = mark(&page.records);
        if !page.records.is_empty() && self.position.after.as_ref() == Some(&mark) {
            self.ended = true;
            // Where pages are ignored, what is no round number of rows is all there is.
            if !(self.aim == Aim::All && self.total.is_none() && !page.records.len().is_multiple_of(ROUND)) {
                self.unsure = Some(REPEATED);
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
        let mut news = false;
        for (index, row) in page.records.into_iter().enumerate().skip(here) {
            news |= self.take_row(index, row);
        }
        // A walk for all goes to the end anyway, and its first pages may be handed over already.
        if self.filtered_here.len() > known
            && self.aim != Aim::All
            && self.from_start
            && self.position.number("limit") < Some(LARGEST_PAGE as u64)
        {
            return self.start_again();
        }
        if count > here && !news {
            // Pages that come round again would never end.
            self.ended = true;
            self.unsure = Some(REPEATED);
            return;
        }
        let next = if page.listed { next } else { Next::End };
        match self.query_after(next, count) {
            Some(query) => {
                self.position = Position { query, skip: 0, after: Some(mark) };
                if self.given >= self.limit && self.go_on.is_none() && self.aim == Aim::Limit {
                    self.go_on = Some(self.position.clone());
                }
            }
            None => self.ended = true,
        }
    }

    /// Takes in one row; false where a row with its id was there before.
    fn take_row(&mut self, index: usize, row: Value) -> bool {
        self.seen += 1;
        let is_new = row.get("id").is_none_or(|id| self.ids.insert(self.hashes.hash_one(text(id))));
        if !is_new {
            self.unsure = Some(CHANGED);
        }
        let day = self.list.date.and_then(|date| row.get(date)?.as_str()?.get(..10)?.parse().ok());
        if let Some(day) = day {
            self.first_day = self.first_day.or(Some(day));
            let (from, to) = self.days.unwrap_or((day, day));
            self.days = Some((from.min(day), to.max(day)));
        }
        if !self.keeps(&row) {
            return is_new;
        }
        self.matched += 1;
        self.sums.add(self.list, &row);
        if self.given < self.limit {
            self.given += 1;
            self.rows.push(row);
        } else if self.go_on.is_none() {
            self.go_on = Some(Position { skip: index, ..self.position.clone() });
        }
        is_new
    }

    /// A filter is ignored: the API's own total no longer says how many there are. Only a walk to the end
    /// does, and in the largest pages.
    fn start_again(&mut self) {
        self.aim = Aim::Count;
        self.position = Position::first(LARGEST_PAGE);
        (self.go_on, self.total, self.matched, self.seen) = (None, None, 0, 0);
        (self.searched_out, self.given, self.unshown) = (0, 0, 0);
        self.rows.clear();
        self.ids.clear();
        self.unsure = None;
        self.sums = Sums::default();
    }

    /// True if the row is one of those asked for; a row that is not shows that a filter was ignored.
    fn keeps(&mut self, row: &Value) -> bool {
        if self.unpaid() && !is_unpaid(row) {
            return false;
        }
        let mut shown = true;
        for param in self.endpoint.params {
            let Place::Query(check) = param.place else { continue };
            let Some(wanted) = self.filters.get(param.name) else { continue };
            if self.unpaid() && param.name == "status" {
                continue;
            }
            if !honours(check, param.kind, wanted, row, self.today) {
                self.searched_out += usize::from(check == Check::Contains);
                if !self.filtered_here.contains(&param.name) {
                    self.filtered_here.push(param.name);
                    if self.from_start && self.aim == Aim::Limit {
                        self.aim = Aim::Count;
                    }
                }
                return false;
            }
            if self.unasked.contains(&param.name) && !tells(check, row) {
                self.unsure = Some(UNTOLD);
                return false;
            }
            shown &= shows(check, row);
        }
        self.unshown += usize::from(!shown);
        true
    }

    /// The walk came to the end of the list, and nothing says that the list is longer.
    fn is_whole(&self) -> bool {
        self.from_start && self.ended && self.unsure.is_none() && !self.ended_early()
    }

    /// True if every row that shows what was asked for is among the rows.
    pub fn holds_all(&self) -> bool {
        self.is_whole() && self.given == self.matched
    }
}

/// The refusal is about the size of the page.
fn names_size(failure: &Failure) -> bool {
    let said = failure.json().to_string().to_lowercase();
    ["limit", "page_size", "pagesize", "page size", "per_page"].iter().any(|name| said.contains(name))
}

#[cfg(test)]
mod tests;
