//! [`Pending`]: the requests that are under way, by the ids that we gave them, and who hears of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};

use super::error::BridgeError;
use super::message::is_id;
use super::{Asked, Progress, Watch};

/// What an answer brought.
pub type Outcome = Result<Map<String, Value>, BridgeError>;

/// All requests of one server that wait for an answer.
#[derive(Default)]
pub struct Pending {
    last: AtomicU64,
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    id: u64,
    progress: Option<Progress>,
    questions: Option<mpsc::Sender<Asked>>,
    answer: Option<oneshot::Sender<Outcome>>,
}

/// One request's place, given up when it is dropped.
pub struct Place<'a> {
    pending: &'a Pending,
    pub id: u64,
}

impl Pending {
    /// A place with an id that is new; `answer` where answers do not come back where the request went.
    pub fn register(&self, watch: &Watch, answer: Option<oneshot::Sender<Outcome>>) -> Place<'_> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (progress, questions) = (watch.progress.clone(), watch.questions.clone());
        self.waiting().push(Waiting { id, progress, questions, answer });
        Place { pending: self, id }
    }

    /// Hands on how far the request with this token is.
    pub fn progress(&self, params: &Map<String, Value>) {
        let Some(token) = params.get("progressToken") else { return };
        let sink = self
            .waiting()
            .iter()
            .find(|waiting| is_id(token, waiting.id))
            .and_then(|waiting| waiting.progress.clone());
        if let (Some(sink), Some(done)) = (sink, params.get("progress").and_then(Value::as_f64)) {
            let words = params.get("message").and_then(Value::as_str).unwrap_or_default();
            sink(done, params.get("total").and_then(Value::as_f64), words);
        }
    }

    /// Who is asked: the request on whose stream the question came, else the last that can ask.
    pub fn questions(&self, from: Option<u64>) -> Option<mpsc::Sender<Asked>> {
        let waiting = self.waiting();
        let own = waiting.iter().find(|waiting| Some(waiting.id) == from);
        match own {
            Some(own) => own.questions.clone(),
            None => waiting.iter().rev().find_map(|waiting| waiting.questions.clone()),
        }
    }

    /// Hands an answer to who waits for it.
    pub fn answer(&self, id: &Value, outcome: Outcome) {
        let sender = self
            .waiting()
            .iter_mut()
            .find(|waiting| is_id(id, waiting.id))
            .and_then(|waiting| waiting.answer.take());
        if let Some(sender) = sender {
            // Who does not wait any more was cancelled.
            let _heard = sender.send(outcome).is_ok();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.pending.waiting();
        if let Some(at) = waiting.iter().position(|waiting| waiting.id == self.id) {
            drop(waiting.remove(at));
        }
    }
}
