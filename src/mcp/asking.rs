//! Puts questions to a person, the gateway's own and those of a remote server: as requests of ours in the legacy
//! era, as `input_required` in the modern one. Whatever is no clear yes or no counts as dismissed.

use rmcp::RoleServer;
use rmcp::model::{CancelledNotificationParam, ClientResult, CustomRequest, CustomResult, ServerRequest};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout};

use super::session::{Session, Ticket};
use crate::gateway::{Action, Answered, Ask, Asks, Question};
use crate::text::in_line;

const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const ELICIT: &str = "elicitation/create";
/// Our one input request, and its answer.
const KEY: &str = "confirm";
/// Begins the state of a question that is not ours: no answer to it counts as one to us.
const REMOTE: &str = "remote:";

/// The client as this request shows it.
pub(super) struct Client {
    pub name: String,
    pub can_ask: bool,
    /// The modes of elicitation that it has, each with an empty object; `None` where it has none.
    pub elicitation: Option<Value>,
    /// Served without `initialize`: we may send no requests.
    pub modern: bool,
}

impl Client {
    pub fn of(context: &RequestContext<RoleServer>) -> Self {
        let modern = context.protocol_version().is_some_and(|version| !version.has_initialize());
        let legacy = context.peer.peer_info();
        let name = context.meta.get(CLIENT_INFO).and_then(|info| info.get("name")).and_then(Value::as_str);
        let name = name.or(legacy.as_ref().map(|info| info.client_info.name.as_str())).unwrap_or("unknown");
        let elicitation = match context.meta.get(CAPABILITIES) {
            Some(own) => {
                let declared = own.get("elicitation").filter(|modes| modes.is_object());
                declared.map(|modes| elicitation(modes.get("form").is_some(), modes.get("url").is_some()))
            }
            None => legacy
                .as_ref()
                .and_then(|info| info.capabilities.elicitation.as_ref())
                .map(|modes| elicitation(modes.form.is_some(), modes.url.is_some())),
        };
        let can_ask = elicitation.as_ref().is_some_and(|modes| modes.get("form").is_some());
        let name = in_line(name, 64);
        Self { name, can_ask, elicitation, modern }
    }

    /// It declared the mode in which this is asked.
    fn can_put(&self, ask: &Ask) -> bool {
        let mode = ask.params.get("mode").and_then(Value::as_str).unwrap_or("form");
        self.elicitation.as_ref().is_some_and(|modes| modes.get(mode).is_some())
    }

    /// It can put at least one of the questions to a person.
    pub fn can_put_any(&self, asks: &Asks) -> bool {
        match asks {
            Asks::YesOrNo => self.can_ask,
            Asks::Remote(asks) => asks.iter().any(|ask| self.can_put(ask)),
        }
    }
}

/// The declared modes. Before there were any, the capability meant forms.
fn elicitation(form: bool, url: bool) -> Value {
    let had = [("form", form || !url), ("url", url)].into_iter().filter(|(_, has)| *has);
    had.map(|(mode, _)| (mode.to_owned(), json!({}))).collect()
}

/// A form without fields: clients show the message with a yes and a no.
fn form(message: String) -> Map<String, Value> {
    let mut form = Map::new();
    form.insert("mode".to_owned(), json!("form"));
    form.insert("message".to_owned(), Value::String(message));
    form.insert("requestedSchema".to_owned(), json!({ "type": "object", "properties": {} }));
    form
}

/// Modern era: the result that asks the client to call again with an answer. What it cannot put to a person is left
/// out: the answer to it is missing then.
pub(super) fn input_required(question: Question, client: &Client, meta: &Map<String, Value>) -> Value {
    let Question { message, state, asks } = question;
    let request = |params: Map<String, Value>| json!({ "method": ELICIT, "params": params });
    let (requests, state) = match asks {
        Asks::YesOrNo => (Map::from_iter([(KEY.to_owned(), request(form(message)))]), state),
        Asks::Remote(asks) => {
            let asks = asks.into_iter().filter(|ask| client.can_put(ask));
            (asks.map(|Ask { key, params }| (key, request(params))).collect(), format!("{REMOTE}{state}"))
        }
    };
    json!({
        "resultType": "input_required", "inputRequests": requests, "requestState": state, "_meta": meta,
    })
}

/// Modern era: the answer that a repeated request carries, if it is one. What is no map of answers, or no state, must
/// not pass for a yes: it stays, and is worth nothing.
pub(super) fn carried(params: &mut Map<String, Value>) -> Option<Answered> {
    let responses = match params.remove("inputResponses") {
        Some(Value::Object(responses)) => responses,
        _ => Map::new(),
    };
    let state = match params.remove("requestState")? {
        Value::String(state) => state,
        _ => String::new(),
    };
    Some(match state.strip_prefix(REMOTE) {
        Some(state) => answered(state.to_owned(), responses),
        None => Answered { action: responses.get(KEY).map_or(Action::Cancel, action), state, responses },
    })
}

/// Answers to the questions of a remote server.
fn answered(state: String, responses: Map<String, Value>) -> Answered {
    let actions = || responses.values().map(action);
    let action = if actions().any(|action| action == Action::Decline) {
        Action::Decline
    } else if actions().count() > 0 && actions().all(|action| action == Action::Accept) {
        Action::Accept
    } else {
        Action::Cancel
    };
    Answered { state, action, responses }
}

/// Puts the question by requests of ours, one after the other, and waits. What the client has no form for counts as
/// declined. Nothing comes back for a call that was cancelled meanwhile.
pub(super) async fn ask(
    peer: &Peer<RoleServer>,
    client: &Client,
    question: Question,
    ticket: &Ticket,
    session: &Session,
) -> Option<Answered> {
    let Question { message, state, asks } = question;
    let asks = match asks {
        Asks::YesOrNo => {
            let action = action(&put(peer, form(message), ticket, session).await?);
            return Some(Answered { state, action, responses: Map::new() });
        }
        Asks::Remote(asks) => asks,
    };
    let mut responses = Map::new();
    for ask in asks {
        let response = if client.can_put(&ask) {
            put(peer, as_legacy(&ask.key, ask.params), ticket, session).await?
        } else {
            json!({ "action": "decline" })
        };
        responses.insert(ask.key, response);
    }
    Some(answered(state, responses))
}

/// The older era demands an id of a question whose answer is given in a browser.
fn as_legacy(key: &str, mut params: Map<String, Value>) -> Map<String, Value> {
    if params.get("mode").is_some_and(|mode| mode == "url") {
        params.entry("elicitationId").or_insert_with(|| json!(key));
    }
    params
}

/// The client's own result of `elicitation/create`, or the one that says that nobody answered.
async fn put(
    peer: &Peer<RoleServer>,
    params: Map<String, Value>,
    ticket: &Ticket,
    session: &Session,
) -> Option<Value> {
    let dismissed = || json!({ "action": "cancel" });
    let within = ticket
        .deadline
        .saturating_duration_since(Instant::now())
        .saturating_sub(session.limits.after_question)
        .min(session.limits.question);
    let request = ServerRequest::CustomRequest(CustomRequest::new(ELICIT, Some(Value::Object(params))));
    let sent = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
    let Ok(mut handle) = sent else {
        return Some(dismissed());
    };
    let (answer, why) = tokio::select! {
        answer = timeout(within, &mut handle.rx) => match answer {
            Ok(Ok(Ok(ClientResult::CustomResult(CustomResult(answer))))) if answer.is_object() => {
                return Some(answer);
            }
            Ok(_) => return Some(dismissed()),
            Err(_) => (Some(dismissed()), "nobody answered in time"),
        },
        () = ticket.cancelled.cancelled() => (None, "the call was cancelled"),
        () = session.ended.cancelled() => return Some(dismissed()),
    };
    let withdrawn = CancelledNotificationParam::new(Some(handle.id.clone()), Some(why.to_owned()));
    if peer.notify_cancelled(withdrawn).await.is_err() {
        tracing::info!("a question could not be withdrawn");
    }
    answer
}

fn action(answer: &Value) -> Action {
    match answer.get("action").and_then(Value::as_str) {
        Some("accept") => Action::Accept,
        Some("decline") => Action::Decline,
        _ => Action::Cancel,
    }
}
