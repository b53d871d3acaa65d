//! What can go wrong on the way, at the request at which a test wants it to.

use std::time::Duration;

use super::wire::{HttpAnswer, Received};
use crate::support::Gate;

/// At which requests.
#[derive(Clone, Debug)]
pub enum On {
    Any,
    /// A JSON-RPC method.
    Method(&'static str),
    /// A call of this tool.
    Tool(&'static str),
    /// `GET`, `POST` or `DELETE`.
    Verb(&'static str),
}

impl On {
    pub fn fits(&self, request: &Received) -> bool {
        match self {
            Self::Any => true,
            Self::Method(method) => request.method() == *method,
            Self::Tool(tool) => request.tool() == *tool,
            Self::Verb(verb) => request.verb == *verb,
        }
    }
}

/// What goes wrong. The first half happens in place of the work, the second half after it was done.
#[derive(Clone)]
pub enum Break {
    /// This answer; nothing is done.
    Answer(HttpAnswer),
    /// A reset; nothing is done.
    Reset,
    /// No answer; nothing is done.
    Silence,
    /// All sessions are forgotten before the request is looked at.
    LoseSessions,
    /// The request is looked at this much later.
    Wait(Duration),
    /// The request is looked at once the gate is open.
    Hold(Gate),

    /// Done, and then a reset.
    ResetAfter,
    /// Done, and then no answer.
    SilenceAfter,
    /// Done, and then this answer.
    AnswerAfter(HttpAnswer),
    /// Done, and half of the answer comes. What was not delivered of a resumable stream can be had by its events' ids.
    CutAnswer,
    /// Done, and the answer comes once the gate is open.
    HoldAnswer(Gate),
    /// Done, and answered under an id that nobody asked with; the stream ends after it.
    WrongId,
    /// Done, and events come for ever in place of an answer, until the client goes away.
    EndlessEvents,
}

impl Break {
    pub fn status(status: u16) -> Self {
        Self::Answer(HttpAnswer::new(status, "text/plain", "not now"))
    }

    /// 429 with this `Retry-After`.
    pub fn too_many(retry_after: &str) -> Self {
        Self::Answer(
            HttpAnswer::new(429, "text/plain", "Too Many Requests").header("retry-after", retry_after),
        )
    }

    pub fn unauthorized(challenge: &str) -> Self {
        let answer = HttpAnswer::new(401, "text/plain", "Unauthorized");
        Self::Answer(answer.header("www-authenticate", challenge))
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::Answer(HttpAnswer::empty(status).header("location", location))
    }
}
