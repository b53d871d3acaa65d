//! Puts the gateway's question to a person: as a request of ours in the legacy era, as
//! `input_required` in the modern one. Whatever is no clear yes or no counts as dismissed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, CancelledNotificationParam, ClientResult, ElicitRequest, ElicitRequestParams,
    ElicitationAction, ElicitationSchema, InputRequest, InputRequiredResult, MetaObject, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout};

use super::session::{Session, Ticket};
use crate::gateway::{Action, Answered, Question};
use crate::text::in_line;

const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Our one input request, and its answer.
const KEY: &str = "confirm";

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
}

/// The declared modes. Before there were any, the capability meant forms.
fn elicitation(form: bool, url: bool) -> Value {
    let had = [("form", form || !url), ("url", url)].into_iter().filter(|(_, has)| *has);
    had.map(|(mode, _)| (mode.to_owned(), json!({}))).collect()
}

/// A form without fields: clients show the message with a yes and a no.
fn form(message: String) -> ElicitRequest {
    ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: ElicitationSchema::new(BTreeMap::new()),
    })
}

/// Modern era: the result that asks the client to call again with an answer.
pub(super) fn input_required(question: Question, meta: MetaObject) -> InputRequiredResult {
    let requests = BTreeMap::from([(KEY.to_owned(), InputRequest::Elicitation(form(question.message)))]);
    let mut result = InputRequiredResult::new(Some(requests), Some(question.state));
    result.meta = Some(meta);
    result
}

/// Modern era: the answer that a repeated call carries, if it is one.
pub(super) fn carried(request: &mut CallToolRequestParams) -> Option<Answered> {
    let responses = request.input_responses.take();
    let state = request.request_state.take()?;
    let action = responses.as_ref().and_then(|responses| responses.get(KEY));
    let action = match action.and_then(|response| response.get("action")).and_then(Value::as_str) {
        Some("accept") => Action::Accept,
        Some("decline") => Action::Decline,
        _ => Action::Cancel,
    };
    // What a remote server asked is passed on by the gateway, which knows the keys it gave.
    let responses = responses.and_then(|all| serde_json::to_value(all).ok());
    let responses = match responses {
        Some(Value::Object(responses)) => responses,
        _ => Map::new(),
    };
    Some(Answered { state, action, responses })
}

/// Legacy era: asks and waits. Nothing comes back for a call that was cancelled meanwhile.
pub(super) async fn ask(
    peer: &Peer<RoleServer>,
    question: Question,
    ticket: &Arc<Ticket>,
    session: &Session,
) -> Option<Answered> {
    let within = ticket
        .deadline
        .saturating_duration_since(Instant::now())
        .saturating_sub(session.limits.after_question)
        .min(session.limits.question);
    let Question { message, state, .. } = question;
    let action = put(peer, message, within, ticket, session).await?;
    Some(Answered { state, action, responses: Map::new() })
}

async fn put(
    peer: &Peer<RoleServer>,
    message: String,
    within: Duration,
    ticket: &Ticket,
    session: &Session,
) -> Option<Action> {
    let request = ServerRequest::ElicitRequest(form(message));
    let sent = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
    let Ok(mut handle) = sent else {
        return Some(Action::Cancel);
    };
    let (action, why) = tokio::select! {
        answer = timeout(within, &mut handle.rx) => match answer {
            Ok(answer) => return Some(answer.ok().and_then(Result::ok).map_or(Action::Cancel, |it| read(&it))),
            Err(_) => (Some(Action::Cancel), "nobody answered in time"),
        },
        () = ticket.cancelled.cancelled() => (None, "the call was cancelled"),
        () = session.ended.cancelled() => return Some(Action::Cancel),
    };
    let withdrawn = CancelledNotificationParam::new(Some(handle.id.clone()), Some(why.to_owned()));
    if peer.notify_cancelled(withdrawn).await.is_err() {
        tracing::debug!("a question could not be withdrawn");
    }
    action
}

fn read(answer: &ClientResult) -> Action {
    match answer {
        ClientResult::ElicitResult(result) => match result.action {
            ElicitationAction::Accept => Action::Accept,
            ElicitationAction::Decline => Action::Decline,
            _ => Action::Cancel,
        },
        _ => Action::Cancel,
    }
}
