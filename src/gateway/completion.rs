//! Completes arguments while somebody types: periods from here, names and numbers from one page of the list
//! that holds them. One request at the most, and soon: whatever goes wrong, the answer is an empty list.

mod periods;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::prompts::{self, Given};
use super::rate_limit::Waits;
use super::resources::{Variable, words_for_id};
use super::{Caller, Gateway, answer};
use crate::api::pages::{Next, Page};
use crate::catalogue::{self, Answer, Endpoint};
use crate::failure::{Exit, Failure};
use crate::text::in_line;

/// Values in one answer: what the protocol allows.
const MOST: usize = 100;
/// From the request to its answer.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// A wait for a permit: somebody is typing.
const WAIT: Duration = Duration::from_millis(500);
/// How long names that were read are good for further letters.
const KEEP: Duration = Duration::from_secs(15);
/// How long nothing more is asked after a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// Requests in any minute: a fast typist leaves the budget to the calls. Beyond it the last names have to do.
const READS: usize = 12;
/// Characters of a value; what is longer is not offered, since a cut name is another one.
const LONGEST: usize = 200;
/// APIs give at most 10, 20, 25, 50, 100, … rows at once: so many may not be all.
const ROUND: usize = 5;

/// What is typed, and where.
pub struct Typing {
    pub place: Place,
    pub argument: String,
    pub typed: String,
    /// The profile that is named beside it, if any.
    pub profile: Option<String>,
}

pub enum Place {
    Prompt(String),
    /// A URI template as it is listed.
    Template(String),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// At most 100.
    pub values: Vec<String>,
    /// How many there are, where that is known.
    pub total: Option<u64>,
    /// There are more, or may be.
    pub more: bool,
}

/// Where values come from.
enum Source {
    Nowhere,
    Periods,
    Days,
    Profiles,
    List(Column),
}

/// A field of a list's rows.
#[derive(Clone, Copy)]
struct Column {
    tool: &'static str,
    field: &'static str,
}

const CLIENTS: Column = Column { tool: "list_clients", field: "name" };
const VENDORS: Column = Column { tool: "list_vendors", field: "name" };
const INVOICES: Column = Column { tool: "list_invoices", field: "number" };
const OFFERS: Column = Column { tool: "list_offers", field: "number" };

/// What was read last.
#[derive(Default)]
pub(super) struct Recent(Mutex<State>);

#[derive(Default)]
struct State {
    last: Option<Names>,
    /// When requests were made, within the last minute.
    reads: Vec<Instant>,
}

impl State {
    /// Counts a request; false where there may be no more for now.
    fn may_read(&mut self, now: Instant) -> bool {
        self.reads.retain(|read| now.duration_since(*read) < Duration::from_secs(60));
        let may = self.reads.len() < READS;
        if may {
            self.reads.push(now);
        }
        may
    }
}

struct Names {
    connection: Arc<Connection>,
    tool: &'static str,
    profile: Option<String>,
    searched: String,
    /// And whether there are no others; `None` after a failure.
    found: Option<(Vec<String>, bool)>,
    good_until: Instant,
}

impl Names {
    /// Of the same list in the same books.
    fn of_same(&self, connection: &Arc<Connection>, tool: &str, typing: &Typing) -> bool {
        Arc::ptr_eq(&self.connection, connection) && self.tool == tool && self.profile == typing.profile
    }

    /// Good for what is typed now: the same, or more letters where nothing was left out.
    fn serve(&self, typing: &Typing) -> bool {
        let longer = || typing.typed.to_lowercase().contains(&self.searched.to_lowercase());
        Instant::now() < self.good_until
            && match &self.found {
                None => true,
                Some((_, whole)) => self.searched == typing.typed || *whole && longer(),
            }
    }

    fn among(&self, typed: &str) -> Completion {
        let found = self.found.as_ref();
        found.map_or_else(Completion::default, |(names, whole)| {
            among(&mut names.iter().cloned(), typed, *whole)
        })
    }
}

impl Gateway {
    /// Completes what is typed; `None` where there is no such prompt or template.
    pub async fn complete(&self, typing: Typing) -> Option<Completion> {
        let typed = typing.typed.as_str();
        Some(match self.source(&typing)? {
            Source::Nowhere => Completion::default(),
            Source::Periods => among(&mut periods::offered(typed, answer::today()).into_iter(), typed, true),
            Source::Days => {
                let today = answer::today();
                let mut days = std::iter::once(today.to_string()).chain(periods::offered(typed, today));
                among(&mut days, typed, true)
            }
            Source::Profiles => {
                let known = self.connection().profiles.reachable();
                among(&mut known.into_iter().map(|profile| profile.name), typed, true)
            }
            Source::List(column) => self.names(column, &typing).await,
        })
    }

    fn source(&self, typing: &Typing) -> Option<Source> {
        let is_typed = |name: &str| name == typing.argument;
        Some(match &typing.place {
            Place::Prompt(name) => match prompts::arguments(name)?.find(|(name, _)| is_typed(name)) {
                Some((_, Given::Client)) => Source::List(CLIENTS),
                Some((_, Given::Period(_))) => Source::Periods,
                _ => Source::Nowhere,
            },
            Place::Template(uri) => match self.variables(uri)?.into_iter().find(|(name, _)| is_typed(name)) {
                Some((_, Variable::Period)) => Source::Periods,
                Some((_, Variable::Day)) => Source::Days,
                Some((_, Variable::Profile)) => Source::Profiles,
                Some((_, Variable::Record(endpoint))) => match (words_for_id(endpoint), endpoint.tool) {
                    (Some("client_name"), _) => Source::List(CLIENTS),
                    (Some("vendor_name"), _) => Source::List(VENDORS),
                    (Some("number"), "get_offer") => Source::List(OFFERS),
                    (Some("number"), _) => Source::List(INVOICES),
                    (_, "get_profile") => Source::Profiles,
                    _ => Source::Nowhere,
                },
                None => Source::Nowhere,
            },
        })
    }

    /// One after the other: what the first letter finds often serves the next ones.
    async fn names(&self, column: Column, typing: &Typing) -> Completion {
        let until = Instant::now() + PATIENCE;
        let Ok(mut state) = timeout_at(until, self.completions.0.lock()).await else {
            return Completion::default();
        };
        let connection = self.connection();
        let last = state.last.take().filter(|names| names.of_same(&connection, column.tool, typing));
        if let Some(names) = last {
            let serves = names.serve(typing);
            if serves || !state.may_read(Instant::now()) {
                let found = names.among(&typing.typed);
                state.last = Some(names);
                return if serves { found } else { Completion { total: None, more: true, ..found } };
            }
        } else if !state.may_read(Instant::now()) {
            return Completion::default();
        }
        let read = self.read_names(&connection, column, typing, until);
        let found = timeout_at(until, read).await.ok().and_then(Result::ok);
        let keep = if found.is_some() { KEEP } else { PAUSE };
        let names = Names {
            connection,
            tool: column.tool,
            profile: typing.profile.clone(),
            searched: typing.typed.clone(),
            found,
            good_until: Instant::now() + keep,
        };
        let found = names.among(&typing.typed);
        state.last = Some(names);
        found
    }

    /// The names on one page, and whether there are no others.
    async fn read_names(
        &self,
        connection: &Arc<Connection>,
        column: Column,
        typing: &Typing,
        until: Instant,
    ) -> Result<(Vec<String>, bool), Failure> {
        let endpoint = connection.served.find(column.tool)?;
        let caller = Caller {
            name: "completion".to_owned(),
            can_ask: false,
            elicitation: None,
            // Who types on withdraws this; what it finds serves what is typed next.
            cancelled: CancellationToken::new(),
            progress: None,
            until: Some(until),
        };
        let mut arguments = Map::new();
        let filters = [
            ("search", (!typing.typed.is_empty()).then_some(&typing.typed)),
            ("profile_id", typing.profile.as_ref()),
        ];
        for (name, value) in filters {
            if let Some(value) = value {
                arguments.insert(name.to_owned(), json!(value));
            }
        }
        let mut work = super::check(Arc::clone(connection), endpoint, arguments, caller)?;
        let by_name = work.connection.profiles.names_need_the_list(typing.profile.as_deref());
        work.waits = Waits::brief(WAIT, 1 + u32::from(by_name));
        work.profile = self.profile(&mut work).await?;
        let page = self.first_page(&work, endpoint).await?;
        let whole = is_whole(&page);
        let name = |row: &Value| row.get(column.field)?.as_str().map(|name| in_line(name, LONGEST + 1));
        let names = page.records.iter().filter_map(name).filter(|name| name.chars().count() <= LONGEST);
        Ok((names.collect(), whole))
    }

    async fn first_page(&self, work: &super::Work, endpoint: &Endpoint) -> Result<Page, Failure> {
        let Answer::List(list) = endpoint.answer else {
            return Err(Failure::new("defect", Exit::Defect, format!("`{}` is no list", endpoint.tool)));
        };
        let wire = catalogue::request::build(endpoint, &work.arguments, None)?;
        let paging = [("page", "1".to_owned()), ("limit", MOST.to_string())];
        let paging = paging.map(|(name, value)| (name.to_owned(), value));
        let reply = self.read(work, wire.path, wire.query.into_iter().chain(paging).collect()).await?;
        Ok(Page::read(reply.body, reply.link.as_deref(), list.resource))
    }
}

/// True where the page surely holds all that there is.
fn is_whole(page: &Page) -> bool {
    let count = page.records.len();
    let all = page.total.map(|total| total <= count as u64);
    match page.next {
        _ if !page.listed => false,
        Next::End => all.unwrap_or(true),
        Next::Unknown => all.unwrap_or(count < MOST && (count == 0 || !count.is_multiple_of(ROUND))),
        _ => false,
    }
}

/// Those that begin with what is typed, then those that contain it, whatever the case.
fn among(candidates: &mut dyn Iterator<Item = String>, typed: &str, whole: bool) -> Completion {
    let wanted = typed.trim().to_lowercase();
    let mut once = HashSet::new();
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let lower = candidate.to_lowercase();
        if candidate.is_empty() || !lower.contains(&wanted) || !once.insert(candidate.clone()) {
            continue;
        }
        if lower.starts_with(&wanted) { &mut first } else { &mut then }.push(candidate);
    }
    first.append(&mut then);
    let found = first.len();
    first.truncate(MOST);
    Completion { values: first, total: whole.then_some(found as u64), more: !whole || found > MOST }
}

#[cfg(test)]
mod tests;
