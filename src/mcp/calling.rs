//! One run of what the gateway is asked for: on a task of its own, so that a panic becomes an answer and a
//! cancelled call that is already sent runs to its end; within the time that clients wait; with progress where
//! wanted.

use std::future;
use std::pin::pin;
use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{ErrorData, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};

use super::provider::ToolProvider;
use super::session::{Session, Ticket};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::{Answered, Call, Caller, Outcome, Passing, ProgressSink, Tool};

/// What the gateway is asked for.
#[derive(Clone)]
pub(super) enum What {
    /// A tool of whatever account, by its name.
    Tool(String, Map<String, Value>),
    /// A request beside tools, by its method, in case it is for a remote server.
    Beside(&'static str, Map<String, Value>),
}

impl What {
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(name, _) => name,
            Self::Beside(method, _) => method,
        }
    }
}

/// What is asked for, with what belongs to it.
pub(super) struct Errand {
    pub what: What,
    pub answered: Option<Answered>,
    pub caller: Caller,
}

impl Errand {
    async fn run<P: ToolProvider>(self, provider: &P) -> Option<Outcome> {
        let Self { what, answered, caller } = self;
        match what {
            What::Tool(tool, arguments) => {
                Some(provider.call(Call { tool, arguments, answered, caller }).await)
            }
            What::Beside(method, params) => provider.pass(Passing { method, params, answered, caller }).await,
        }
    }
}

/// Runs `errand`. Nothing comes back for a request beside tools that is for no remote server.
pub(super) async fn run<P: ToolProvider>(
    provider: &Arc<P>,
    errand: Errand,
    ticket: &Arc<Ticket>,
    steps: &mut Option<Steps>,
    session: &Session,
) -> Result<Option<Outcome>, ErrorData> {
    let name = errand.what.name().to_owned();
    let is_tool = matches!(errand.what, What::Tool(..));
    let task = tokio::spawn({
        let (provider, ticket) = (Arc::clone(provider), Arc::clone(ticket));
        async move {
            let outcome = errand.run(&*provider).await;
            drop(ticket);
            outcome
        }
    });
    let mut task = pin!(task);
    let mut overdue = pin!(async {
        tokio::select! {
            () = sleep_until(ticket.deadline) => {}
            () = last_moment(session) => {}
        }
    });
    loop {
        tokio::select! {
            biased;
            outcome = &mut task => {
                Steps::finish(steps).await;
                return Ok(outcome.unwrap_or_else(|_| Some(Outcome::Failed(defect(&name)))));
            }
            () = ticket.cancelled.cancelled() => return Err(withdrawn()),
            () = &mut overdue => {
                ticket.cancelled.cancel();
                let listed = |tool: &Tool| tool.name == name && tool.read_only;
                let reads = !is_tool || provider.tools().iter().any(listed);
                let failure = unfinished(&name, reads, session.stop.is_cancelled());
                return Ok(Some(Outcome::Failed(failure)));
            }
            step = Steps::next(steps) => {
                if let Some(steps) = steps {
                    steps.report(step).await;
                }
            }
        }
    }
}

/// Never seen: the wire drops the answer to a call that was cancelled.
pub(super) fn withdrawn() -> ErrorData {
    ErrorData::internal_error("the call was cancelled", None)
}

/// After a signal: the moment at which an answer can just be written before the process is gone.
async fn last_moment(session: &Session) {
    session.stop.cancelled().await;
    sleep(session.limits.stop.mul_f32(0.9)).await;
}

/// What the gateway reports on its way, for a client that gave a token.
pub(super) struct Steps {
    token: ProgressToken,
    peer: Peer<RoleServer>,
    sender: mpsc::UnboundedSender<Step>,
    receiver: mpsc::UnboundedReceiver<Step>,
    last: Option<f64>,
}

pub(super) struct Step {
    done: f64,
    of: Option<f64>,
    what: String,
}

impl Steps {
    fn new(token: ProgressToken, peer: Peer<RoleServer>) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { token, peer, sender, receiver, last: None }
    }

    /// For a client that gave a token.
    pub fn wanted(context: &RequestContext<RoleServer>) -> Option<Self> {
        let token = context.meta.get_progress_token()?;
        Some(Self::new(token, context.peer.clone()))
    }

    pub fn sink(&self) -> ProgressSink {
        let sender = self.sender.clone();
        Arc::new(move |done, of, what| {
            // A call whose answer is out has nobody left to report to.
            drop(sender.send(Step { done, of, what: what.to_owned() }));
        })
    }

    async fn next(steps: &mut Option<Self>) -> Step {
        match steps {
            Some(steps) => match steps.receiver.recv().await {
                Some(step) => step,
                None => future::pending().await,
            },
            None => future::pending().await,
        }
    }

    /// What was reported before the end goes out before the answer.
    async fn finish(steps: &mut Option<Self>) {
        if let Some(steps) = steps {
            while let Ok(step) = steps.receiver.try_recv() {
                steps.report(step).await;
            }
        }
    }

    /// Values must increase: what does not is left out.
    async fn report(&mut self, step: Step) {
        if self.last.is_some_and(|last| step.done <= last) {
            return;
        }
        self.last = Some(step.done);
        let mut progress = ProgressNotificationParam::new(self.token.clone(), step.done);
        progress.message = Some(step.what).filter(|what| !what.is_empty());
        progress.total = step.of;
        if self.peer.notify_progress(progress).await.is_err() {
            tracing::info!("a progress notification could not be sent");
        }
    }
}

fn defect(tool: &str) -> Failure {
    Failure::new("defect", Exit::Defect, format!("`{tool}` hit a defect of lumabill and did not finish"))
        .hint(concat!(
            "look whether it took effect before calling it again, and report the line that lumabill wrote \
             to stderr at ",
            env!("CARGO_PKG_REPOSITORY"),
            "/issues"
        ))
        .sent(Sent::Unknown)
}

fn unfinished(tool: &str, reads: bool, stopping: bool) -> Failure {
    let why = if stopping { "before lumabill was told to stop" } else { "in the time that clients wait" };
    let message = format!("`{tool}` did not finish {why}");
    let failure = Failure::new("call_unfinished", Exit::Unavailable, message).sent(Sent::Unknown);
    if reads {
        failure.because("it only reads: nothing was changed").hint("call it again, or ask for less at once")
    } else {
        failure.because("it may still take effect").hint(
            "look whether it took effect before calling it again, with the tool that lists such records",
        )
    }
}

/// The call waited for a place until its time was up.
pub(super) fn not_started(tool: &str) -> Failure {
    Failure::new(
        "busy",
        Exit::Unavailable,
        format!("`{tool}` was not started: too many other calls were under way; nothing was sent"),
    )
    .hint("call it again when the others are answered")
}
