//! What is said once a walk has ended: the rows, how many there are, why they may not be all, and how to go on.

use serde_json::{Map, Value, json};

use super::Walk;
use crate::gateway::calls::Walked;
use crate::gateway::lists::cursor::{Cursor, seal};
use crate::gateway::lists::go_on::{self, Part, Way};

impl Walk {
    pub(super) fn ended_early(&self) -> bool {
        self.from_start && self.ended && self.total.is_some_and(|total| total > self.seen)
    }

    /// The rows that there are, where that is known.
    fn of(&self) -> Option<u64> {
        match self.total {
            Some(total) if self.filtered_here.is_empty() && total >= self.seen => Some(total),
            _ if self.is_whole() && self.searched_out == 0 => Some(self.matched as u64),
            _ => None,
        }
    }

    /// Why the rows may not be all, where that is known.
    pub fn doubt(&self) -> Option<String> {
        if let Some(stop) = &self.stopped {
            return Some(format!(
                "cut off after {} pages ({} records): {}",
                self.reads,
                self.seen,
                stop.why(self.reads)
            ));
        }
        if let Some(why) = self.unsure {
            return Some(why.to_owned());
        }
        if self.ended_early() {
            return Some("the API ended the list before its own total, so it may not be whole".to_owned());
        }
        if self.matched == 0 && self.seen > 0 {
            return Some(format!(
                "none of the {} rows that the API gave shows what was asked for",
                self.seen
            ));
        }
        (self.searched_out > 0).then(|| {
            format!(
                "{} rows that the API gave do not show the word searched for and were left out: it may have \
                 ignored the search, or found them by fields that it does not show",
                self.searched_out
            )
        })
    }

    /// Narrower periods, where they would help.
    fn narrower(&self, way: &Way) -> Option<(Vec<String>, bool)> {
        if ["from", "to"].iter().any(|name| self.filtered_here.contains(name)) {
            return None;
        }
        let day = |name: &str| self.filters.get(name)?.as_str()?.parse().ok();
        let of = self.total.filter(|total| *total >= self.seen);
        let (days, rising) = (self.days, self.days.is_some_and(|(from, _)| self.first_day == Some(from)));
        let part = Part { of, seen: self.seen, asked: (day("from"), day("to")), days, rising };
        way.narrower(&part, self.today)
    }

    /// How the walk ended, for those that were handed its rows.
    pub fn outcome(&self, way: &Way) -> Walked {
        let complete = self.holds_all() && self.searched_out == 0;
        let go_on = self.stopped.as_ref().map(|_| go_on::rest(way, self.narrower(way)));
        Walked { n: self.given as u64, of: self.of(), complete, note: self.doubt(), go_on }
    }

    /// The answer: rows, `n`, `of`, `complete`, sums, and how to go on.
    pub fn answer(self, way: &Way) -> Map<String, Value> {
        let of = self.of();
        let complete = self.holds_all() && self.searched_out == 0;
        let (doubt, narrower, fields) = (self.doubt(), self.narrower(way), self.rows.unknown_fields());
        let unfinished = !self.ended && self.go_on.is_none();
        let whole = self.is_whole() && self.searched_out == 0;
        let (view, unshown) = (self.rows.view().clone(), self.unshown);
        let (currency, items) = self.rows.finish();
        let mut answer = Map::new();
        answer.insert("n".into(), json!(items.len()));
        answer.insert("of".into(), of.map_or(Value::Null, Value::from));
        answer.insert("complete".into(), json!(complete));
        if let Some(currency) = currency {
            answer.insert("currency".into(), currency);
        }
        answer.insert("items".into(), Value::Array(items));
        if whole && let Some(sums) = self.sums.value() {
            answer.insert("sums".into(), sums);
        }
        if !self.filtered_here.is_empty() {
            answer.insert("filtered_here".into(), json!(self.filtered_here));
        }
        if let Some(position) = self.go_on.or(unfinished.then_some(self.position)) {
            let cursor = Cursor { filters: self.filters, position, filtered: self.filtered_here, view };
            answer.insert("next_cursor".into(), json!(seal(self.endpoint.tool, &cursor, &self.profile)));
            answer.insert(
                "go_on".into(),
                json!(format!("more: call {} with cursor = next_cursor", self.endpoint.tool)),
            );
        }
        let nothing_said = of.is_none() && complete;
        let note = doubt.or_else(|| nothing_said.then(|| "the API gives no total".to_owned()));
        let unshown = (unshown > 0).then(|| {
            format!("{unshown} rows do not show what they were filtered by: that they belong here is the API's word")
        });
        let note: Vec<_> = note.into_iter().chain(unshown).chain(fields).collect();
        if !note.is_empty() {
            answer.insert("note".into(), json!(note.join("; ")));
        }
        if let Some(stop) = &self.stopped {
            go_on::say(&mut answer, self.endpoint.tool, stop, way, narrower);
        }
        answer
    }
}
