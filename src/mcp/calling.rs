//! One run of a tool: on a task of its own, so that a panic becomes an answer and a cancelled call that
//! is already sent runs to its end; within the time that clients wait; with progress where wanted.

use std::future;
use std::pin::pin;
use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};

use super::provider::ToolProvider;
use super::session::{Session, Ticket};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::{Call, Outcome, ProgressSink};

/// Runs `call`. Nothing comes back for a call that the client cancelled.
pub(super) async fn run<P: ToolProvider>(
    provider: &Arc<P>,
    call: Call,
    ticket: &Arc<Ticket>,
    steps: &mut Option<Steps>,
    session: &Session,
) -> Option<Outcome> {
    let tool = call.tool.clone();
    let task = tokio::spawn({
        let (provider, ticket) = (Arc::clone(provider), Arc::clone(ticket));
        async move {
            let outcome = provider.call(call).await;
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
                return Some(outcome.unwrap_or_else(|_| Outcome::Failed(defect(&tool))));
            }
            () = ticket.cancelled.cancelled() => return None,
            () = &mut overdue => {
                ticket.cancelled.cancel();
                let reads = provider.tools().iter().any(|listed| listed.name == tool && listed.read_only);
                return Some(Outcome::Failed(unfinished(&tool, reads, session.stop.is_cancelled())));
            }
            step = Steps::next(steps) => {
                if let Some(steps) = steps {
                    steps.report(step).await;
                }
            }
        }
    }
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
    pub fn new(token: ProgressToken, peer: Peer<RoleServer>) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { token, peer, sender, receiver, last: None }
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
            tracing::debug!("a progress notification could not be sent");
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
