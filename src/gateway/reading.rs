//! The reads of a call: one path, or a list page by page.

use std::time::Duration;

use serde_json::{Map, Value};

use super::lists::{self, Stop, Walk, Way};
use super::{Gateway, Work, described, spoken};
use crate::api::{self, pages::Page};
use crate::catalogue::{self, Answer, Endpoint};
use crate::failure::Failure;

/// Left of the time of a call for its answer, once no more pages are read.
const MARGIN: Duration = Duration::from_secs(5);
/// Pages that an API of some speed gives in the time of one call.
const MOST_IN_TIME: u64 = 150;
/// Pauses one after the other that are waited out for one page.
const MOST_WAITS: u32 = 20;

impl Gateway {
    /// One GET in the profile of the call.
    pub(super) async fn read(
        &self,
        work: &Work,
        path: String,
        query: Vec<(String, String)>,
    ) -> Result<api::Reply, Failure> {
        Ok(self.try_read(work, path, query).await??)
    }

    /// The same of a row that may be one of the user's description.
    async fn read_as(
        &self,
        work: &Work,
        endpoint: &'static Endpoint,
        path: String,
        query: Vec<(String, String)>,
    ) -> Result<api::Reply, Failure> {
        Ok(self.read_verbatim(work, described::verbatim(endpoint), path, query).await??)
    }

    /// The same, with the API's own error beside that of the way there.
    pub(super) async fn try_read(
        &self,
        work: &Work,
        path: String,
        query: Vec<(String, String)>,
    ) -> Result<Result<api::Reply, api::ApiError>, Failure> {
        self.read_verbatim(work, None, path, query).await
    }

    async fn read_verbatim(
        &self,
        work: &Work,
        verbatim: Option<&'static str>,
        path: String,
        query: Vec<(String, String)>,
    ) -> Result<Result<api::Reply, api::ApiError>, Failure> {
        let request = api::Request {
            tool: work.endpoint.tool.to_owned(),
            method: api::Method::GET,
            path,
            query,
            body: api::Body::None,
            profile: work.profile.header(),
            idempotency_key: None,
            if_match: None,
            patience: None,
            safety: api::Safety::Read,
            verbatim,
        };
        let _permit = self.admit(work, request.safety).await?;
        let asked = api::Moment::now();
        let reply = self.transmit(work, &request).await;
        if let Some(date) = reply.as_ref().ok().and_then(|reply| reply.date) {
            work.connection.clock.note(asked, date);
        }
        Ok(reply)
    }

    /// Hands a request that has its permit to the API client, which signs it: in the words of the API, where its
    /// description is in use.
    pub(super) async fn transmit(
        &self,
        work: &Work,
        request: &api::Request,
    ) -> Result<api::Reply, api::ApiError> {
        let waiting = |wait: Duration, why: &str| {
            if let Some(progress) = &work.caller.progress {
                progress(0.0, None, &format!("waiting {} s: {why}", wait.as_secs().max(1)));
            }
        };
        let further = self.further(work);
        let watch = api::Watch {
            cancelled: work.caller.cancelled.clone(),
            waiting: &waiting,
            permits: Some(&further),
        };
        let described = work.connection.described();
        let spoken = match described {
            Some(kept) => spoken::outgoing(kept, request, spoken::changes(work).as_ref())?,
            None => None,
        };
        let wire = spoken.as_ref().map_or(request, |(wire, _)| wire);
        let answer = work.connection.client.send(wire, self.keys.as_ref(), &watch).await;
        spoken::incoming(described, spoken.as_ref().map(|(_, reading)| reading), answer)
    }

    /// A list as it was asked for.
    pub(super) async fn list(&self, work: &Work) -> Result<Map<String, Value>, Failure> {
        let profile = work.profile.header().unwrap_or_default();
        let lacks = |name: &str| work.connection.lacks(work.endpoint, name);
        let mut walk = Walk::start(work.endpoint, work.arguments.clone(), &profile)?
            .on(work.now().date())
            .without(lacks);
        self.walk(work, &mut walk, &mut |_| ()).await?;
        let way = self.way(work, &walk);
        let mut answer = walk.answer(&way);
        if work.endpoint.tool == "list_profiles" {
            work.connection.profiles.leave_out_others(&mut answer);
        }
        Ok(answer)
    }

    /// All records of a list as they came, and how the walk through it ended.
    pub(super) async fn records(
        &self,
        work: &Work,
        endpoint: &'static Endpoint,
        filters: Map<String, Value>,
    ) -> Result<(Vec<Value>, Walk), Failure> {
        let mut records = Vec::new();
        let mut keep = |page: Vec<Value>| records.extend(page);
        let walk = self.walk_through(work, endpoint, filters, &mut keep).await?;
        Ok((records, walk))
    }

    /// Walks through a whole list and hands the records of each page to `take`.
    pub(super) async fn walk_through(
        &self,
        work: &Work,
        endpoint: &'static Endpoint,
        filters: Map<String, Value>,
        take: &mut (dyn FnMut(Vec<Value>) + Send),
    ) -> Result<Walk, Failure> {
        let profile = work.profile.header().unwrap_or_default();
        let lacks = |name: &str| work.connection.lacks(endpoint, name);
        let mut walk = Walk::through(endpoint, filters, &profile)?.on(work.now().date()).without(lacks);
        self.walk(work, &mut walk, &mut |walk| {
            let page = walk.drain();
            if !page.is_empty() {
                take(page);
            }
        })
        .await?;
        Ok(walk)
    }

    /// Walks as far as the call has time and permits; where it stops before the end, the walk says why. Only a
    /// first page that fails is a failure: what was read later is not lost.
    async fn walk(
        &self,
        work: &Work,
        walk: &mut Walk,
        each: &mut (dyn FnMut(&mut Walk) + Send),
    ) -> Result<(), Failure> {
        let mut waits = 0;
        while let Some(paging) = walk.next_query() {
            let (endpoint, list) = walk.list();
            let wire = catalogue::request::build(endpoint, &walk.filters(), None)?;
            let query =
                wire.query.into_iter().filter(|(name, _)| !paging.iter().any(|(paged, _)| paged == name));
            let query = query.chain(paging.iter().cloned()).collect();
            let first = walk.pages().0 == 0;
            let until = work.caller.until.filter(|_| !first).map(|until| until - MARGIN);
            let read = self.read_as(work, endpoint, wire.path, query);
            let reply = match until {
                Some(until) => tokio::time::timeout_at(until, read).await.ok(),
                None => Some(read.await),
            };
            match reply {
                Some(Ok(reply)) => {
                    waits = 0;
                    walk.take(Page::read(reply.body, reply.link.as_deref(), list.resource));
                    each(walk);
                    tell(work, walk);
                }
                None => walk.stop(Stop::Time),
                Some(Err(failure))
                    if waits < MOST_WAITS && work.caller.until.is_none() && is_busy(&failure) =>
                {
                    waits += 1;
                    self.wait_out(work, &failure).await;
                }
                Some(Err(failure)) if walk.refused(&failure) => {}
                Some(Err(failure)) if first || work.caller.cancelled.is_cancelled() => return Err(failure),
                Some(Err(failure)) => walk.stop(Stop::Failed(failure)),
            }
        }
        Ok(())
    }

    /// The API wants a pause that is longer than one request waits: a terminal waits all the same.
    async fn wait_out(&self, work: &Work, failure: &Failure) {
        let seconds = failure.facts.get("retry_after_s").and_then(Value::as_u64).unwrap_or(3).clamp(1, 120);
        if let Some(progress) = &work.caller.progress {
            progress(0.0, None, &format!("waiting {seconds} s: {}", failure.message));
        }
        let pause = tokio::time::sleep(Duration::from_secs(seconds));
        work.caller.cancelled.run_until_cancelled(pause).await;
    }

    /// How the rest of a list is had that did not fit into this call.
    pub(super) fn way(&self, work: &Work, walk: &Walk) -> Way {
        let mut arguments = work.given.clone();
        let is_list = matches!(work.endpoint.answer, Answer::List(_));
        if arguments.contains_key("cursor") {
            arguments = walk.asked();
        }
        if is_list {
            arguments.shift_remove("limit");
            arguments.insert("all".into(), Value::Bool(true));
        }
        if let Some(profile) = work.profile.header() {
            arguments.insert("profile_id".into(), Value::String(profile));
        }
        let account = work.connection.account.as_str();
        let options: &[_] = if self.sandbox { &[("--sandbox", "")] } else { &[("--account", account)] };
        let (pages, _) = walk.pages();
        let reads = self.rate_limits.reads().map_or(MOST_IN_TIME, |reads| u64::from(reads).min(MOST_IN_TIME));
        Way {
            command: lists::command(work.endpoint.tool, options, &arguments),
            fits: if walk.ran_out_of_time() {
                walk.seen()
            } else {
                walk.seen() / pages.max(1) * reads.max(1)
            },
            periods: work.endpoint.argument("period").is_some(),
        }
    }

    /// `GET /v1/company` is named on one page only: where it does not exist, the profile says the same.
    pub(super) async fn company_from_profile(
        &self,
        work: &Work,
        missing: Failure,
    ) -> Result<api::Reply, Failure> {
        if work.connection.profiles.known().is_none() {
            self.learn_profiles(work).await?;
        }
        let Ok(Some(profile)) =
            work.connection.profiles.effective(None).map(|effective| effective.profile().cloned())
        else {
            return Err(missing);
        };
        self.read(work, format!("/v1/profiles/{}", catalogue::request::segment(&profile.id)), Vec::new())
            .await
    }
}

fn tell(work: &Work, walk: &Walk) {
    if let Some(progress) = &work.caller.progress {
        let (read, in_all) = walk.pages();
        let count = |pages: u64| f64::from(u32::try_from(pages).unwrap_or(u32::MAX));
        progress(count(read), in_all.map(count), "pages read");
    }
}

/// Refused for now, and only for now.
fn is_busy(failure: &Failure) -> bool {
    failure.facts.get("retryable") == Some(&Value::Bool(true)) && failure.facts.contains_key("retry_after_s")
}
