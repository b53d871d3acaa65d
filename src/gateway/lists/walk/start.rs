//! The beginning of a walk: from the arguments of a call, from a cursor, or through a whole list.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;

use serde_json::{Map, Value, json};

use super::{Aim, DEFAULT_LIMIT, LARGEST_LIMIT, LARGEST_PAGE, MOST_PAGES, MOST_READS, Walk};
use crate::catalogue::{Answer, Endpoint, ListOf, Place};
use crate::failure::{Exit, Failure};
use crate::gateway::answer::today;
use crate::gateway::lists::cursor::{Cursor, Position, open};
use crate::gateway::lists::rows::{Rows, View};
use crate::gateway::lists::sums::Sums;

impl Walk {
    /// Starts a walk from checked arguments; `cursor` brings its own filters.
    pub fn start(
        endpoint: &'static Endpoint,
        mut arguments: Map<String, Value>,
        profile: &str,
    ) -> Result<Self, Failure> {
        let Answer::List(list) = endpoint.answer else {
            return Err(Failure::new("defect", Exit::Defect, format!("`{}` is no list", endpoint.tool)));
        };
        let asked = arguments.shift_remove("limit").as_ref().and_then(Value::as_u64);
        let limit = asked
            .and_then(|limit| usize::try_from(limit).ok())
            .map_or(if list.short { LARGEST_LIMIT } else { DEFAULT_LIMIT }, |limit| {
                limit.clamp(1, LARGEST_LIMIT)
            });
        let all = arguments.shift_remove("all") == Some(Value::Bool(true));
        let mut view = View::asked(&mut arguments);
        let given = arguments.shift_remove("cursor");
        let cursor = given.map(|given| going_on(endpoint, &given, &arguments, profile)).transpose()?;
        let from_start = cursor.is_none();
        let mut walk = Self::from_first_page(endpoint, list, profile);
        walk.from_start = from_start;
        if let Some(kept) = cursor {
            (walk.filters, walk.position, walk.filtered_here) = (kept.filters, kept.position, kept.filtered);
            view = view.or(Some(kept.view));
        } else {
            walk.filters = arguments;
        }
        let unpaid = walk.unpaid();
        if unpaid && !walk.filtered_here.contains(&"status") {
            walk.filtered_here.push("status");
        }
        if from_start && !unpaid && !all {
            walk.position = Position::first(limit.min(LARGEST_PAGE));
        }
        walk.limit = if all { usize::MAX } else { limit };
        walk.aim = match (all, unpaid && from_start) {
            (true, _) => Aim::All,
            (false, true) => Aim::Count,
            (false, false) => Aim::Limit,
        };
        walk.most_reads = if all || unpaid { MOST_PAGES } else { MOST_READS };
        walk.rows = Rows::new(view.unwrap_or_default(), list.columns);
        Ok(walk)
    }

    /// The same where the API has no parameters for some filters, by their names on the wire: its total counts more than
    /// is asked for, so the walk goes to the end.
    pub fn without(mut self, lacking: impl Fn(&str) -> bool) -> Self {
        let asked = self.endpoint.params.iter().filter(|param| matches!(param.place, Place::Query(_)));
        let asked = asked.filter(|param| self.filters.contains_key(param.name) && lacking(param.wire_name()));
        self.unasked = asked.map(|param| param.name).collect();
        let news = self
            .unasked
            .iter()
            .filter(|name| !self.filtered_here.contains(name))
            .copied()
            .collect::<Vec<_>>();
        if !news.is_empty() && self.from_start && self.aim == Aim::Limit {
            self.aim = Aim::Count;
            self.position = Position::first(LARGEST_PAGE);
        }
        self.filtered_here.extend(news);
        self
    }

    fn from_first_page(endpoint: &'static Endpoint, list: ListOf, profile: &str) -> Self {
        Self {
            endpoint,
            list,
            filters: Map::new(),
            profile: profile.to_owned(),
            today: today(),
            limit: DEFAULT_LIMIT,
            aim: Aim::Limit,
            position: Position::first(LARGEST_PAGE),
            from_start: true,
            guessed: false,
            reads: 0,
            most_reads: MOST_READS,
            rows: Rows::new(View::Columns, list.columns),
            given: 0,
            matched: 0,
            total: None,
            go_on: None,
            ended: false,
            filtered_here: Vec::new(),
            unasked: Vec::new(),
            seen: 0,
            searched_out: 0,
            unshown: 0,
            ids: HashSet::new(),
            hashes: RandomState::new(),
            unsure: None,
            stopped: None,
            days: None,
            first_day: None,
            sums: Sums::default(),
        }
    }

    /// A walk through a whole list, however long, for its raw records.
    pub fn through(
        endpoint: &'static Endpoint,
        mut filters: Map<String, Value>,
        profile: &str,
    ) -> Result<Self, Failure> {
        filters.insert("all".into(), Value::Bool(true));
        filters.insert("detail".into(), json!("full"));
        Self::start(endpoint, filters, profile)
    }
}

/// What a cursor goes on with; the filters beside it have to be its own.
fn going_on(
    endpoint: &'static Endpoint,
    given: &Value,
    arguments: &Map<String, Value>,
    profile: &str,
) -> Result<Cursor, Failure> {
    let cursor = open(endpoint, given.as_str().unwrap_or_default(), profile)?;
    let other =
        |(name, value): (&String, &Value)| name != "profile_id" && cursor.filters.get(name) != Some(value);
    if arguments.iter().any(other) {
        let message =
            format!("`{}` was given other filters than its `cursor` has; nothing was sent", endpoint.tool);
        return Err(Failure::new("bad_arguments", Exit::Refused, message)
            .hint("give `cursor` alone, or the filters without it"));
    }
    Ok(cursor)
}
