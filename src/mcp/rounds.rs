//! Asks the gateway, puts its questions to a person, and asks it again with the answer, until there is something to
//! answer. A modern client is the one that asks again; then the question is what is answered.

use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;

use super::asking::{self, Client};
use super::calling::{self, Errand, Steps, What};
use super::provider::ToolProvider;
use super::server::Server;
use super::session::Ticket;
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::{Answered, Asks, Caller, Outcome};

/// A call asks for a yes once; this only ends a dispute that goes on and on.
const OURS: usize = 3;
/// How often a remote server may ask.
const THEIRS: usize = 10;

impl<P: ToolProvider> Server<P> {
    /// What became of it, a question only where the client is to ask; nothing where it is a request beside tools that
    /// is for no remote server.
    pub async fn conduct(
        &self,
        mut what: What,
        mut answered: Option<Answered>,
        client: &Client,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<Outcome>, ErrorData> {
        let ticket = ticket(context)?;
        answered = answered.filter(|_| client.modern);
        let mut steps = Steps::wanted(context);
        let name = what.name().to_owned();
        let (mut ours, mut theirs) = (0, 0);
        loop {
            // Only a question calls for the same again.
            let again = client.elicitation.is_some().then(|| what.clone());
            let caller = caller(client, ticket, steps.as_ref());
            let errand = Errand { what, answered, caller };
            let outcome = calling::run(self.provider(), errand, ticket, &mut steps, self.session()).await?;
            let question = match outcome {
                Some(Outcome::Ask(question)) => question,
                outcome => return Ok(outcome),
            };
            let asked = match question.asks {
                Asks::YesOrNo => &mut ours,
                Asks::Remote(_) => &mut theirs,
            };
            *asked += 1;
            let possible = client.can_put_any(&question.asks);
            let next = match (&question.asks, again) {
                (Asks::YesOrNo, Some(again)) if possible && ours <= OURS => Ok(again),
                (Asks::Remote(_), Some(again)) if theirs <= THEIRS => Ok(again),
                (Asks::Remote(_), Some(_)) => Err(asked_too_often(&name)),
                (Asks::Remote(_), None) => Err(not_put(&name)),
                (Asks::YesOrNo, _) => Err(unanswered(&name)),
            };
            what = match next {
                Ok(again) => again,
                Err(failure) => return Ok(Some(Outcome::Failed(failure))),
            };
            if client.modern && possible {
                return Ok(Some(Outcome::Ask(question)));
            }
            let answer = asking::ask(&context.peer, client, question, ticket, self.session()).await;
            answered = Some(answer.ok_or_else(calling::withdrawn)?);
        }
    }
}

/// What goes with a request from its reading to its answer.
pub(super) fn ticket(context: &RequestContext<RoleServer>) -> Result<&Arc<Ticket>, ErrorData> {
    let ticket = context.extensions.get::<Arc<Ticket>>();
    ticket.ok_or_else(|| ErrorData::internal_error("the request came without a ticket", None))
}

pub(super) fn caller(client: &Client, ticket: &Ticket, steps: Option<&Steps>) -> Caller {
    Caller {
        name: client.name.clone(),
        can_ask: client.can_ask,
        elicitation: client.elicitation.clone(),
        cancelled: ticket.cancelled.clone(),
        progress: steps.map(Steps::sink),
        until: Some(ticket.deadline),
    }
}

fn unanswered(name: &str) -> Failure {
    let message = format!("`{name}` needs a yes that this client cannot give; nothing was sent");
    Failure::new("cannot_ask", Exit::Refused, message)
}

fn not_put(name: &str) -> Failure {
    let message = format!("`{name}` asks what this client cannot put to a person; it was not finished");
    Failure::new("cannot_ask", Exit::Refused, message)
}

fn asked_too_often(name: &str) -> Failure {
    let message = format!("`{name}` was given up: the server asked more than {THEIRS} times");
    Failure::new("asked_too_often", Exit::Refused, message)
        .hint("look whether it took effect before calling it again")
        .sent(Sent::Unknown)
}
