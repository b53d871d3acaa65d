//! What a server says beside answers: progress, changes, questions.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::link::Link;
use super::message::{self, Message};
use super::session::Route;
use super::wire::Time;
use super::{Asked, Notice};
use crate::text::hides;

/// A person answers within this, or not at all.
const QUESTION: Duration = Duration::from_secs(50);
/// For the answer to the server.
const ANSWER: Duration = Duration::from_secs(10);

impl Link {
    /// Takes what came on a stream; `from` is the request whose own stream it was.
    pub fn hear(self: &Arc<Self>, route: &Arc<Route>, message: Message, from: Option<u64>) {
        match message {
            Message::Notification { method, params } => self.notified(&method, params),
            Message::Request { id, method, params } if !route.modern => {
                let Ok(room) = Arc::clone(&self.answering).try_acquire_owned() else { return };
                let questions = (method == "elicitation/create").then(|| self.pending.questions(from));
                let (link, route) = (Arc::clone(self), Arc::clone(route));
                tokio::spawn(async move {
                    let (name, value) = match questions {
                        Some(questions) => ("result", answer_of(questions, params).await),
                        None if method == "ping" => ("result", json!({})),
                        None => {
                            ("error", json!({"code": -32601, "message": "this client does not offer that"}))
                        }
                    };
                    let body = message::answer(id, name, value);
                    // A server that does not take the answer has given up the question.
                    let _taken = link.post(&route, "the answer to a question", body, Time::of(ANSWER)).await;
                    drop(room);
                });
            }
            Message::Answer { id, outcome } => self.pending.answer(&id, outcome),
            // Modern servers ask in their answers, not in requests.
            Message::Request { .. } => {}
        }
    }

    fn notified(&self, method: &str, mut params: Map<String, Value>) {
        let notice = match method {
            "notifications/progress" => return self.pending.progress(&params),
            "notifications/tools/list_changed" => Notice::ToolsChanged,
            "notifications/prompts/list_changed" => Notice::PromptsChanged,
            "notifications/resources/list_changed" => Notice::ResourcesChanged,
            "notifications/resources/updated" => match params.remove("uri") {
                // Listed are only addresses that hide nothing: no other one can have been subscribed to.
                Some(Value::String(uri)) if !hides(&uri) => Notice::ResourceUpdated(uri),
                _ => return,
            },
            _ => return,
        };
        // Nobody has to listen.
        let _heard = self.notices.send(notice).is_ok();
    }
}

/// What a person says to a question; `cancel` where nobody can be asked.
async fn answer_of(questions: Option<tokio::sync::mpsc::Sender<Asked>>, params: Map<String, Value>) -> Value {
    let cancel = json!({"action": "cancel"});
    let Some(questions) = questions else { return cancel };
    let (answer, answered) = oneshot::channel();
    let asking = async {
        questions.send(Asked { params, answer }).await.ok()?;
        answered.await.ok()
    };
    Time::of(QUESTION).bound(asking).await.flatten().unwrap_or(cancel)
}
