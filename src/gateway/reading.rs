//! The reads of a call: one path, or a list page by page.

use std::time::Duration;

use serde_json::{Map, Value};

use super::lists::Walk;
use super::{Gateway, Work};
use crate::api::{self, pages::Page};
use crate::catalogue::{self, Answer, Endpoint, ListOf};
use crate::failure::{Exit, Failure};

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

    /// The same, with the API's own error beside that of the way there.
    pub(super) async fn try_read(
        &self,
        work: &Work,
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
        };
        let _permit = self.admit(work, request.safety).await?;
        let asked = api::Moment::now();
        let reply = self.transmit(work, &request).await;
        if let Some(date) = reply.as_ref().ok().and_then(|reply| reply.date) {
            work.connection.clock.note(asked, date);
        }
        Ok(reply)
    }

    /// Hands a request that has its permit to the API client, which signs it.
    pub(super) async fn transmit(
        &self,
        work: &Work,
        request: &api::Request,
    ) -> Result<api::Reply, api::ApiError> {
        let waiting = |wait: Duration, why: &str| {
            if let Some(progress) = &work.caller.progress {
                progress(0, None, &format!("waiting {} s: {why}", wait.as_secs().max(1)));
            }
        };
        let further = self.further(work);
        let watch = api::Watch {
            cancelled: work.caller.cancelled.clone(),
            waiting: &waiting,
            permits: Some(&further),
        };
        work.connection.client.send(request, self.keys.as_ref(), &watch).await
    }

    /// A list as it was asked for.
    pub(super) async fn list(&self, work: &Work, list: ListOf) -> Result<Map<String, Value>, Failure> {
        let mut walk =
            Walk::start(work.endpoint, work.arguments.clone(), &work.profile.header().unwrap_or_default())?;
        self.walk(work, work.endpoint, list, &mut walk).await?;
        Ok(walk.answer(work.endpoint))
    }

    /// All rows that a look-up finds, and whether the list was walked to its end.
    pub(super) async fn rows(
        &self,
        work: &Work,
        endpoint: &Endpoint,
        filters: Map<String, Value>,
    ) -> Result<(Vec<Value>, bool), Failure> {
        let Answer::List(list) = endpoint.answer else {
            return Err(Failure::new("defect", Exit::Defect, format!("`{}` is no list", endpoint.tool)));
        };
        let mut walk = Walk::start(endpoint, filters, &work.profile.header().unwrap_or_default())?;
        self.walk(work, endpoint, list, &mut walk).await?;
        let complete = walk.holds_all();
        let mut answer = walk.answer(endpoint);
        match answer.shift_remove("items") {
            Some(Value::Array(rows)) => Ok((rows, complete)),
            _ => Ok((Vec::new(), complete)),
        }
    }

    pub(super) async fn walk(
        &self,
        work: &Work,
        endpoint: &Endpoint,
        list: ListOf,
        walk: &mut Walk,
    ) -> Result<(), Failure> {
        let mut pages = 0_u64;
        while let Some(paging) = walk.next_query() {
            let wire = catalogue::request::build(endpoint, &walk.filters(), None)?;
            let query =
                wire.query.into_iter().filter(|(name, _)| !paging.iter().any(|(paged, _)| paged == name));
            let reply = self.read(work, wire.path, query.chain(paging.iter().cloned()).collect()).await?;
            walk.take(endpoint, list, Page::read(reply.body, reply.link.as_deref(), list.resource));
            pages += 1;
            if let Some(progress) = &work.caller.progress {
                progress(pages, None, "pages read");
            }
        }
        Ok(())
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
