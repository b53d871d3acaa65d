//! A create that a workflow makes: it goes the way of a call of the endpoint's own tool, and caller and journal
//! know it by the workflow's. What makes it the same as another is what the workflow was asked for: the record
//! that is copied and what is to be different, not what comes of it.

use std::sync::Arc;

use serde_json::Value;

use super::calls::{Create, Yes};
use super::following::defect;
use super::{Answered, Gateway, Outcome, Work, check};
use crate::catalogue::{self, Confirms, Endpoint};
use crate::failure::Failure;
use crate::journal::{Confirmed, Intent, State};
use crate::workflows;

/// Whose create it is.
pub(super) struct MadeBy {
    /// The workflow's tool.
    tool: &'static str,
    /// The id of the record that is copied.
    source: Option<String>,
    /// The caller named that record.
    named: bool,
    /// Why nothing is sent, unless an earlier write is the answer.
    refusal: Option<Failure>,
}

impl Work {
    /// The tool that was called: the workflow's, where one makes the call.
    pub(super) fn tool(&self) -> &'static str {
        self.made_by.as_ref().map_or(self.endpoint.tool, |by| by.tool)
    }

    /// The id of the record that is copied.
    pub(super) fn source(&self) -> Option<&str> {
        self.made_by.as_ref()?.source.as_deref()
    }

    /// The same where the caller named it. A source that was found for the caller (the newest of a client) may be
    /// what the same call made a moment ago, and then it counts.
    pub(super) fn named_source(&self) -> Option<&str> {
        self.source().filter(|_| self.made_by.as_ref().is_some_and(|by| by.named))
    }

    /// True where an earlier create made the very record that is copied: whoever names it knows of it.
    pub(super) fn copies(&self, earlier: &Intent) -> bool {
        let made = earlier.record_id.as_deref().filter(|_| earlier.state == State::Created);
        made.is_some() && made == self.named_source()
    }

    /// Why a workflow's create is not to be sent, once the journal was asked for the same one.
    pub(super) fn refusal(&mut self) -> Option<Failure> {
        self.made_by.as_mut()?.refusal.take()
    }
}

/// The endpoint that a write through a tool goes to.
pub(super) fn endpoint_of(tool: &str) -> Option<&'static Endpoint> {
    catalogue::find(tool).or_else(|| catalogue::find(workflows::find(tool)?.creates?))
}

impl Gateway {
    /// A create of a workflow, from the check to the answer, the question included.
    pub(super) async fn create_within(
        &self,
        outer: &Work,
        mut create: Create,
        answered: Option<Answered>,
    ) -> Result<Outcome, Failure> {
        let tool = outer.endpoint.tool;
        let Some(endpoint) = endpoint_of(tool) else {
            return Err(defect(&format!("`{tool}` creates nothing")));
        };
        let connection = Arc::clone(&outer.connection);
        let endpoint = connection.served.part(endpoint.tool)?;
        // What was read is no argument that the caller could put right.
        let checked = check(connection, endpoint, create.arguments, outer.caller.clone());
        let mut work = checked.map_err(|mut failure| {
            failure.message = format!("`{tool}` cannot be made of what was read: {}", failure.message);
            Failure { hint: None, ..failure }
        })?;
        work.profile = outer.profile.clone();
        work.dry_run = outer.dry_run;
        work.allow_duplicate = outer.allow_duplicate;
        work.confirm_number.clone_from(&outer.confirm_number);
        self.resolve(&mut work).await?;
        work.given.clone_from(&outer.given);
        // In the API's own spelling: the same, however it was named.
        let client = work.arguments.get("client_id").cloned();
        let id = create.named.as_deref().map(Value::from);
        for (name, spelled) in [("id", id), ("client_id", client)] {
            if let (Some(given), Some(spelled)) = (work.given.get_mut(name), spelled) {
                *given = spelled;
            }
        }
        // What is refused anyway has no preview, and needs nobody's yes.
        let asks = !work.dry_run && create.refusal.is_none();
        if let Some(refusal) = create.refusal.take_if(|_| work.dry_run) {
            return Err(refusal);
        }
        let named = create.source.is_some() && create.source == create.named;
        work.made_by = Some(MadeBy { tool, source: create.source, named, refusal: create.refusal });
        // Where the API's description makes a yes necessary, one that was not asked for is none.
        let asked = |yes: &Yes| endpoint.confirms != Confirms::Always || yes.confirmed != Confirmed::NotAsked;
        if let Some(yes) = create.yes.filter(asked) {
            work.confirmed = yes.confirmed;
        } else if asks && let Some(question) = self.permit(&mut work, answered)? {
            return Ok(Outcome::Ask(question));
        }
        self.go_on(work).await
    }
}

#[cfg(test)]
mod tests {
    use super::endpoint_of;

    #[test]
    fn a_tool_leads_to_the_endpoint_that_its_writes_go_to() {
        let path = |tool| endpoint_of(tool).map(|endpoint| endpoint.path);
        assert_eq!(path("create_offer"), Some("/v1/offers"));
        assert_eq!(path("duplicate_invoice"), Some("/v1/invoices"));
        assert_eq!(path("reconcile_sure_matches"), None);
        assert_eq!(path("no_such_tool"), None);
    }
}
