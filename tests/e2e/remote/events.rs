//! Sessions and their events: what a stream delivered, what it still has to, and what the client answered to questions.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::support::PATIENCE;

/// The stream of what a server says unasked.
pub const UNASKED: &str = "unasked";

#[derive(Clone, Debug)]
pub struct Event {
    /// `STREAM/NUMBER`.
    pub id: String,
    pub message: Value,
}

#[derive(Default)]
struct Kept {
    events: HashMap<String, Vec<Event>>,
    finished: HashSet<String>,
    answers: HashMap<String, Value>,
    cancelled: HashSet<String>,
    initialized: bool,
    ended: bool,
    asked: usize,
    streams: usize,
}

/// One session, in the transports that have some.
pub struct Session {
    pub id: String,
    /// The protocol version that was agreed on.
    pub version: String,
    kept: Mutex<Kept>,
    changed: Condvar,
}

impl Session {
    pub fn new(id: String, version: String) -> Self {
        Self { id, version, kept: Mutex::default(), changed: Condvar::new() }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        let value = change(&mut self.kept.lock().unwrap());
        self.changed.notify_all();
        value
    }

    /// Waits until `ready` gives something; `None` when `limit` passes first.
    fn wait<T>(&self, limit: Duration, mut ready: impl FnMut(&mut Kept) -> Option<T>) -> Option<T> {
        let began = std::time::Instant::now();
        let mut kept = self.kept.lock().unwrap();
        loop {
            if let Some(value) = ready(&mut kept) {
                return Some(value);
            }
            let left = limit.checked_sub(began.elapsed())?;
            kept = self.changed.wait_timeout(kept, left).unwrap().0;
        }
    }

    pub fn initialized(&self) -> bool {
        self.kept.lock().unwrap().initialized
    }

    pub fn set_initialized(&self) {
        self.change(|kept| kept.initialized = true);
    }

    pub fn end(&self) {
        self.change(|kept| kept.ended = true);
    }

    /// A name for the stream of one POST.
    pub fn new_stream(&self) -> String {
        self.change(|kept| {
            kept.streams += 1;
            format!("post{}", kept.streams)
        })
    }

    /// Puts an event at the end of a stream; gives it with its id.
    pub fn put(&self, stream: &str, message: Value) -> Event {
        self.change(|kept| {
            let events = kept.events.entry(stream.to_owned()).or_default();
            let event = Event { id: format!("{stream}/{}", events.len() + 1), message };
            events.push(event.clone());
            event
        })
    }

    /// Nothing more comes on this stream.
    pub fn finish(&self, stream: &str) {
        self.change(|kept| kept.finished.insert(stream.to_owned()));
    }

    /// The event after the first `seen` ones of a stream; `None` once the stream or the session is over, or when
    /// `limit` passes.
    pub fn next(&self, stream: &str, seen: usize, limit: Duration) -> Option<Event> {
        self.wait(limit, |kept| {
            if let Some(event) = kept.events.get(stream).and_then(|events| events.get(seen)) {
                return Some(Some(event.clone()));
            }
            (kept.ended || kept.finished.contains(stream)).then_some(None)
        })
        .flatten()
    }

    pub fn is_over(&self, stream: &str) -> bool {
        let kept = self.kept.lock().unwrap();
        kept.ended || kept.finished.contains(stream)
    }

    /// An id for a question of the server's.
    pub fn question(&self) -> String {
        self.change(|kept| {
            kept.asked += 1;
            format!("question-{}", kept.asked)
        })
    }

    /// What the client answered to a question.
    pub fn answered(&self, id: &Value, message: Value) {
        self.change(|kept| kept.answers.insert(id.to_string(), message));
    }

    /// Waits for the answer to a question: the whole message.
    #[track_caller]
    pub fn answer(&self, id: &Value) -> Value {
        let key = id.to_string();
        let found = self.wait(PATIENCE, |kept| kept.answers.remove(&key));
        found.unwrap_or_else(|| panic!("the client did not answer question {id} of the server's"))
    }

    pub fn cancel(&self, id: &Value) {
        self.change(|kept| kept.cancelled.insert(id.to_string()));
    }

    /// Whether the client cancels request `id` within `limit`.
    pub fn cancelled_within(&self, id: &Value, limit: Duration) -> bool {
        let key = id.to_string();
        self.wait(limit, |kept| kept.cancelled.contains(&key).then_some(())).is_some()
    }
}
