//! The whole story of a call: find, check, resolve, permit, build, send, redact. The terminal and the
//! MCP face both enter at [`Gateway::call`], so that they obey the same rules.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::failure::{Exit, Failure};

/// One call of a tool.
pub struct Call {
    pub tool: String,
    pub arguments: Map<String, Value>,
    /// The answer to an earlier [`Question`]: the same tool and arguments, called again.
    pub answered: Option<Answered>,
    pub caller: Caller,
}

/// Who calls, and what it can do.
pub struct Caller {
    /// The name that the client gave itself, or `terminal`.
    pub name: String,
    /// It can put a question to a person (form elicitation, or a terminal).
    pub can_ask: bool,
    /// Cancelling stops what is not yet sent; what is sent runs to its end.
    pub cancelled: CancellationToken,
    /// Called with (done, of, what) where the caller wants progress.
    pub progress: Option<ProgressSink>,
}

/// Receives steps done, steps in all where known, and a few words.
pub type ProgressSink = Arc<dyn Fn(u64, Option<u64>, &str) + Send + Sync>;

/// What a person (or the client by itself) answered to a [`Question`].
pub struct Answered {
    /// [`Question::state`], as it came back.
    pub state: String,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Accept,
    /// Final for this call.
    Decline,
    /// Dismissed, or answered by a client that asks nobody: the way by `confirm_number` opens.
    Cancel,
}

/// What became of a call.
pub enum Outcome {
    Done(Done),
    Failed(Failure),
    /// A person has to say yes first. The caller asks, and calls again with the answer.
    Ask(Question),
}

/// A result; text and structured content carry the same facts.
pub struct Done {
    pub structured: Map<String, Value>,
    pub text: String,
}

/// A yes-or-no question to a person.
pub struct Question {
    /// Our own words first, text from outside last and quoted.
    pub message: String,
    /// Sealed, bound to this call, good once and for ten minutes.
    pub state: String,
}

/// A tool as it is listed.
#[derive(Clone, Debug)]
pub struct Tool {
    pub name: String,
    pub description: String,
    pub input_schema: Arc<Map<String, Value>>,
    pub read_only: bool,
    /// The other hints only where they differ from MCP's defaults (destructive: true, idempotent: false,
    /// open world: true).
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

/// What is served, and the way of every call.
pub struct Gateway {}

impl Gateway {
    /// The tools that are listed and may be called, in a stable order. Touches neither keyring nor network.
    pub fn tools(&self) -> Arc<Vec<Tool>> {
        Arc::new(Vec::new())
    }

    /// What the server tells the model once: the rules that hold for all tools.
    pub fn instructions(&self) -> String {
        String::new()
    }

    /// Changes its value whenever [`Gateway::tools`] would answer differently.
    pub fn tools_changed(&self) -> tokio::sync::watch::Receiver<u64> {
        tokio::sync::watch::channel(0).1
    }

    /// Calls a tool.
    #[expect(clippy::unused_async, reason = "the interface comes before its body")]
    pub async fn call(&self, call: Call) -> Outcome {
        let message = format!("there is no tool `{}`; nothing was sent", call.tool);
        Outcome::Failed(Failure::new("unknown_tool", Exit::Refused, message))
    }
}
