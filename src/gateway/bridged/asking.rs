//! Questions that a remote server asks in the middle of a call: put to the caller's person and carried back. In the older
//! eras the server asks on its stream while the request is under way, in the modern one its result asks, and the call
//! is sent again with the answers. An answer belongs to the server's question and to nothing else.

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::super::answer;
use super::super::confirmation::Void;
use super::super::held::Held;
use super::super::{Action, Answered, Ask, Asks, Question};
use super::pending::Waiting;
use super::screening::{Screened, screen};
use super::sending::Running;
use super::work::Work;
use super::{Bridged, permitting};
use crate::bridge::Asked;
use crate::failure::{Exit, Failure, Sent};
use crate::journal::{End, State};

/// The key of a question that came on a stream, where there is one at a time.
const KEY: &str = "question";
/// The largest state of a server that is carried, in bytes.
const LARGEST_STATE: usize = 16 * 1024;

/// Takes the person's answer to the server.
type Answer = oneshot::Sender<Value>;

/// What is needed to go on after an answer.
pub(super) enum Resumed {
    /// The request is still under way, and has its answer by now.
    Running(Running),
    /// The call is sent again with these params, for the same write.
    Again { held: Option<Held>, more: Map<String, Value> },
}

/// What a result of the modern era asks.
pub(super) enum Wanted {
    /// A person.
    Person(Box<Question>),
    /// Nobody: all of it is declined, or there is nothing to answer. The call goes on with these params.
    Nobody { held: Option<Held>, more: Map<String, Value> },
}

impl Bridged {
    /// A question that came on the stream, as it is put to the person; nothing where it is declined at once.
    pub(super) fn put(&self, work: &Work, asked: Asked) -> Option<(Ask, Answer)> {
        match screen(&asked.params, &self.setup.remote.origin, work.caller.elicitation.as_ref()) {
            Screened::Declined(why) => {
                tracing::info!("a question of {} was declined: {why}", self.host());
                drop(asked.answer.send(json!({"action": "decline"})));
                None
            }
            Screened::Put(params) => Some((Ask { key: KEY.to_owned(), params }, asked.answer)),
        }
    }

    /// Keeps a call that is under way until its question is answered.
    pub(super) fn await_answer(
        &self,
        work: &Work,
        running: Running,
        ask: Ask,
        answer: Answer,
    ) -> Result<Question, Failure> {
        let kept = self.pending.keep(Waiting::Asked { running, answer });
        let name = kept.ok_or_else(|| unusable(&work.tool, "the system gives no random numbers"))?;
        self.question_with(work, vec![ask], &json!({"call": name}))
    }

    /// What an `input_required` result asks; a person only where the caller has one.
    pub(super) async fn wanted(
        &self,
        work: &Work,
        result: &Map<String, Value>,
        held: Option<Held>,
        rounds: u32,
    ) -> Result<Wanted, Failure> {
        let state = result.get("requestState");
        let too_large = state.is_some_and(|state| state.to_string().len() > LARGEST_STATE);
        let why = match (too_large, rounds) {
            (true, _) => Some("the state that the server wants to be carried is too large"),
            (false, 0) => Some("the server asks again and again"),
            _ => None,
        };
        if let Some(why) = why {
            refuse(held).await;
            return Err(unusable(&work.tool, why));
        }
        let none = Map::new();
        let requests = result.get("inputRequests").and_then(Value::as_object).unwrap_or(&none);
        let (mut asks, mut declined) = (Vec::new(), Map::new());
        for (key, request) in requests {
            let params = request.get("params").and_then(Value::as_object);
            let is_question = request.get("method").and_then(Value::as_str) == Some("elicitation/create");
            match params.filter(|_| is_question) {
                Some(params) => {
                    match screen(params, &self.setup.remote.origin, work.caller.elicitation.as_ref()) {
                        Screened::Put(params) => asks.push(Ask { key: key.clone(), params }),
                        Screened::Declined(why) => {
                            tracing::info!("a question of {} was declined: {why}", self.host());
                            declined.insert(key.clone(), json!({"action": "decline"}));
                        }
                    }
                }
                None => drop(declined.insert(key.clone(), json!({"action": "decline"}))),
            }
        }
        if asks.is_empty() {
            return Ok(Wanted::Nobody { held, more: more(declined, state) });
        }
        let keys: Vec<_> = asks.iter().map(|ask| ask.key.clone()).collect();
        let number = held.as_ref().map(|held| held.number);
        let kept = held.and_then(|held| self.pending.keep(Waiting::Kept(held)));
        let inside =
            json!({"kept": kept, "write": number, "keys": keys, "declined": declined, "state": state});
        Ok(Wanted::Person(Box::new(self.question_with(work, asks, &inside)?)))
    }

    fn question_with(&self, work: &Work, asks: Vec<Ask>, inside: &Value) -> Result<Question, Failure> {
        let (arguments, shown) = (work.bound(), permitting::shown(work, "a question of the server's"));
        let binding = self.binding(work, &arguments, &shown);
        let state = self.confirmations.seal_passed_on(&binding, &inside.to_string())?;
        let message = |ask: &Ask| ask.params.get("message").and_then(Value::as_str).map(str::to_owned);
        let message = asks.iter().filter_map(message).collect::<Vec<_>>().join("\n");
        Ok(Question { message, state, asks: Asks::Remote(asks) })
    }

    /// Takes a call up again with the answer to the server's question.
    pub(super) async fn resume(&self, work: &Work, answered: &Answered) -> Result<Resumed, Failure> {
        let (arguments, shown) = (work.bound(), permitting::shown(work, "a question of the server's"));
        let binding = self.binding(work, &arguments, &shown);
        let opened = self.confirmations.open_passed_on(&answered.state, &binding)?;
        let inside = opened.map_err(|void| answer::void_confirmation(&work.tool, void))?;
        let inside: Value = serde_json::from_str(&inside).unwrap_or_default();
        let text = |name: &str| inside.get(name).and_then(Value::as_str);
        if let Some(name) = text("call") {
            return match self.pending.take(name) {
                Some(Waiting::Asked { running, answer }) => {
                    running.report_to(&work.caller);
                    drop(answer.send(response(answered, KEY)));
                    Ok(Resumed::Running(running))
                }
                _ => Err(too_late(self, work)),
            };
        }
        let held = match inside.get("write").and_then(Value::as_i64) {
            Some(number) => Some(self.taken_up(work, text("kept"), number).await?),
            // What was a read when it was asked has no yes and no entry as a write.
            None if work.writes() => return Err(answer::void_confirmation(&work.tool, Void::Foreign)),
            None => None,
        };
        let keys =
            inside.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut responses: Map<String, Value> =
            keys.map(|key| (key.to_owned(), response(answered, key))).collect();
        responses.extend(inside.get("declined").and_then(Value::as_object).cloned().unwrap_or_default());
        let state = inside.get("state").filter(|state| !state.is_null());
        Ok(Resumed::Again { held, more: more(responses, state) })
    }

    /// The journal's entry of a write that waits for an answer.
    async fn taken_up(&self, work: &Work, kept: Option<&str>, number: i64) -> Result<Held, Failure> {
        if let Some(Waiting::Kept(held)) = kept.and_then(|name| self.pending.take(name)) {
            return Ok(held);
        }
        // Asked by a process that is gone.
        match self.setup.journal.take(number).await? {
            Some(ticket) => Ok(Held::new(&self.setup.journal, ticket)),
            None => Err(too_late(self, work)),
        }
    }
}

fn more(responses: Map<String, Value>, state: Option<&Value>) -> Map<String, Value> {
    let mut more = Map::new();
    if !responses.is_empty() {
        more.insert("inputResponses".into(), Value::Object(responses));
    }
    if let Some(state) = state {
        more.insert("requestState".into(), state.clone());
    }
    more
}

/// The person's answer to one question, as the result of `elicitation/create`. What is no clear answer is `cancel`.
fn response(answered: &Answered, key: &str) -> Value {
    let given = answered.responses.get(key).and_then(Value::as_object);
    let action = given.and_then(|given| given.get("action")).and_then(Value::as_str);
    match (action, answered.action) {
        (Some("accept"), _) => {
            let mut response = Map::from_iter([("action".to_owned(), json!("accept"))]);
            if let Some(content) = given.and_then(|given| given.get("content")) {
                response.insert("content".into(), content.clone());
            }
            Value::Object(response)
        }
        (Some("decline"), _) | (None, Action::Decline) => json!({"action": "decline"}),
        _ => json!({"action": "cancel"}),
    }
}

/// The server asked before it did anything, and gets no answer.
pub(super) async fn refuse(held: Option<Held>) {
    if let Some(mut held) = held {
        held.settle(End::of(State::Refused)).await;
    }
}

fn unusable(tool: &str, why: &str) -> Failure {
    Failure::new(
        "question_unusable",
        Exit::Refused,
        format!("`{tool}` needs an answer that cannot be asked for"),
    )
    .because(why)
    .sent(Sent::Refused)
}

fn too_late(bridged: &Bridged, work: &Work) -> Failure {
    let message = format!("the answer to the question of {} came too late", bridged.host());
    let failure = Failure::new("question_expired", Exit::Refused, message);
    if work.writes() {
        let look = bridged.shows(work.remote_name());
        let look = look.map_or_else(|| "look".to_owned(), |tool| format!("look with `{tool}`"));
        return failure
            .sent(Sent::Unknown)
            .hint(format!("{look} whether it took effect, then call it again"));
    }
    failure.sent(Sent::Read).hint("call it again")
}
