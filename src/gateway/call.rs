//! What goes into a call and what comes out of it.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Receipt;
use crate::failure::Failure;

/// One call of a tool.
pub struct Call {
    pub tool: String,
    pub arguments: Map<String, Value>,
    /// The answer to an earlier [`Question`]: the same tool and arguments, called again.
    pub answered: Option<Answered>,
    pub caller: Caller,
}

/// Who calls, and what it can do.
#[derive(Clone)]
pub struct Caller {
    /// The name that the client gave itself, or `terminal`.
    pub name: String,
    /// It can put a question to a person (form elicitation, or a terminal).
    pub can_ask: bool,
    /// The modes in which it puts questions of a remote server to a person, as the capability says them
    /// (`{"form":{},"url":{}}`); `None` where it has none.
    pub elicitation: Option<Value>,
    /// Cancelling stops what is not yet sent; what is sent runs to its end.
    pub cancelled: CancellationToken,
    /// Called with (done, of, what) where the caller wants progress.
    pub progress: Option<ProgressSink>,
    /// When the caller stops waiting; a terminal does not.
    pub until: Option<Instant>,
}

/// Receives how much is done, how much there is in all where that is known, and a few words, perhaps none.
pub type ProgressSink = Arc<dyn Fn(f64, Option<f64>, &str) + Send + Sync>;

/// What a person (or the client by itself) answered to a [`Question`].
pub struct Answered {
    /// [`Question::state`], as it came back.
    pub state: String,
    /// To a yes-or-no question of ours; to questions of a remote server the worst of its answers.
    pub action: Action,
    /// To questions of a remote server: the result of each `elicitation/create`, by [`Ask::key`], as it came. What
    /// the client has no form for is missing, or declined.
    pub responses: Map<String, Value>,
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
    /// A remote server's own result.
    Passed(Passed),
    /// A remote server's own error of the protocol.
    Rejected(Rejected),
    Failed(Failure),
    /// A person has to say yes first, or is asked by a remote server. The caller asks, and calls again with the answer.
    Ask(Question),
}

/// A remote server's result as it came, in whatever shape: only texts that a person or model reads are made visible,
/// and marks of the server's own era (`resultType`, `ttlMs`, `cacheScope`) are left out.
pub struct Passed {
    pub result: Map<String, Value>,
    /// To be handed in when the answer is written out.
    pub receipt: Option<Receipt>,
}

/// The `error` of a JSON-RPC answer, as it came.
#[derive(Clone, Debug)]
pub struct Rejected {
    pub code: i64,
    pub message: String,
    pub data: Option<Value>,
}

/// A result; text and structured content carry the same facts.
pub struct Done {
    pub structured: Map<String, Value>,
    pub text: String,
    /// To be handed in when the answer is written out.
    pub receipt: Option<Receipt>,
}

/// A question to a person.
pub struct Question {
    /// Our own words first, text from outside last and quoted.
    pub message: String,
    /// Sealed, bound to this call, good once and for ten minutes.
    pub state: String,
    pub asks: Asks,
}

/// What kind of answer is wanted.
pub enum Asks {
    /// Yes or no, to us.
    YesOrNo,
    /// What a remote server wants to know. It can never stand for a yes to us.
    Remote(Vec<Ask>),
}

/// One question of a remote server.
#[derive(Clone, Debug)]
pub struct Ask {
    pub key: String,
    /// Of `elicitation/create`; its `message` begins with `HOST asks:` and is visible.
    pub params: Map<String, Value>,
}

/// A tool as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    pub name: String,
    pub description: String,
    pub input_schema: Arc<Map<String, Value>>,
    /// Of workflows, of local tools, and of reading tools of remote servers: what an API answers is not ours to promise.
    pub output_schema: Option<Arc<Map<String, Value>>>,
    /// What else a remote server says of its tool: `title`, `icons`, `_meta`, further annotations.
    pub more: Option<Arc<Map<String, Value>>>,
    pub read_only: bool,
    /// The other hints only where they differ from MCP's defaults (destructive: true, idempotent: false,
    /// open world: true).
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

impl Tool {
    /// Hints, ours where they say something, and what else a remote server noted; never a hint of its own.
    pub fn annotations(&self) -> Map<String, Value> {
        let ours = [
            ("readOnlyHint", Some(self.read_only)),
            ("destructiveHint", self.destructive),
            ("idempotentHint", self.idempotent),
            ("openWorldHint", self.open_world),
        ];
        let is_hint = |name: &str| ours.iter().any(|(hint, _)| *hint == name);
        let noted = self.more.as_ref().and_then(|more| more.get("annotations")).and_then(Value::as_object);
        let noted = noted.into_iter().flatten().filter(|(name, _)| !is_hint(name));
        let said = ours.into_iter().filter_map(|(name, hint)| Some((name.to_owned(), Value::Bool(hint?))));
        said.chain(noted.map(|(name, value)| (name.clone(), value.clone()))).collect()
    }

    /// What else a remote server says of it, without what we say ourselves.
    pub fn further(&self) -> impl Iterator<Item = (&String, &Value)> {
        let ours = ["name", "description", "inputSchema", "outputSchema", "annotations"];
        let more = self.more.iter().flat_map(|more| more.iter());
        more.filter(move |(name, _)| !ours.contains(&name.as_str()))
    }
}

/// What is listed beside tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    Prompts,
    Resources,
    Templates,
}

/// A request beside tools for a remote server.
pub struct Passing {
    /// `prompts/get`, `resources/read`, `resources/subscribe`, `resources/unsubscribe` or `completion/complete`.
    pub method: &'static str,
    pub params: Map<String, Value>,
    pub answered: Option<Answered>,
    pub caller: Caller,
}
