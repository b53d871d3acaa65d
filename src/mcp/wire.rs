//! The transport below the SDK: admits requests one id at a time and so many calls at once, suppresses
//! the answers to what was cancelled, and reports the end of input only when all calls are answered.

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::future::{self, Ready};
use std::sync::{Arc, Mutex};

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorData, GetExtensions, JsonRpcMessage, RequestId, ServerResult,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::beside_tools::takes_a_place;
use super::incoming::{Asked, Body, Incoming};
use super::session::{Session, Ticket};
use super::writer::{Outgoing, Writer};

/// Requests that wait for a place or for their id; beyond it nothing more is read.
const WAITING: usize = 512;
/// Open subscriptions; further ones are refused.
const LISTENING: usize = 64;

/// Both directions of one connection, as the SDK sees it.
pub(super) struct Wire {
    session: Arc<Session>,
    input: mpsc::Receiver<Incoming>,
    output: Writer,
    input_open: bool,
    /// An `initialize` came: from then on requests need not name a version.
    initialized: bool,
    live: HashMap<RequestId, Live>,
    waiting: VecDeque<Asked>,
    waiting_bytes: usize,
    /// Our own requests that the client has not answered.
    asked: HashSet<RequestId>,
    /// A place for the next call, and one for the next request.
    place: Option<OwnedSemaphorePermit>,
    spare: Option<OwnedSemaphorePermit>,
}

/// A request that the SDK has and has not answered.
struct Live {
    ticket: Arc<Ticket>,
    spelled: Option<Value>,
    kind: Kind,
    suppressed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call,
    Listen,
    Initialize,
    Other,
}

/// As the SDK knows it, and as the client spelled it where that differs.
type Id = (RequestId, Option<Value>);

impl Kind {
    fn of(body: &Body) -> Self {
        match body {
            Body::Serve(ClientRequest::CustomRequest(request)) if takes_a_place(&request.method) => {
                Self::Call
            }
            Body::Serve(ClientRequest::SubscriptionsListenRequest(_)) => Self::Listen,
            Body::Serve(ClientRequest::InitializeRequest(_)) => Self::Initialize,
            _ => Self::Other,
        }
    }
}

impl Wire {
    pub fn new(session: Arc<Session>, input: mpsc::Receiver<Incoming>, output: Writer) -> Self {
        Self {
            session,
            input,
            output,
            input_open: true,
            initialized: false,
            live: HashMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            asked: HashSet::new(),
            place: None,
            spare: None,
        }
    }

    fn answer(&self, id: Id, answer: Result<Value, ErrorData>, ticket: Option<Arc<Ticket>>) {
        let (id, spelled) = id;
        let message = match answer {
            Ok(result) => {
                let result = ServerResult::CustomResult(rmcp::model::CustomResult(result));
                JsonRpcMessage::response(result, id)
            }
            Err(error) => JsonRpcMessage::error(error, Some(id)),
        };
        self.push(message, spelled, ticket);
    }

    fn push(
        &self,
        message: TxJsonRpcMessage<RoleServer>,
        spelled: Option<Value>,
        ticket: Option<Arc<Ticket>>,
    ) {
        let message = Box::new(message);
        let message = match spelled {
            None => Outgoing::Message(message),
            Some(id) => Outgoing::Answer(message, id),
        };
        self.output.push(message, ticket);
    }

    /// Sorts in one thing that came; returns what the SDK has to see at once.
    fn sort_in(&mut self, incoming: Incoming) -> Option<RxJsonRpcMessage<RoleServer>> {
        match incoming {
            Incoming::Request(asked) => {
                self.waiting_bytes += asked.size;
                self.waiting.push_back(*asked);
            }
            Incoming::Refused(id, error) => {
                let mut message = json!({ "jsonrpc": "2.0", "error": error });
                if let (Some(id), Some(message)) = (id, message.as_object_mut()) {
                    message.insert("id".into(), id);
                }
                self.output.push(Outgoing::Raw(message), None);
            }
            Incoming::Cancelled(id) => self.cancel(&id),
            Incoming::Answer(id, answer) if self.asked.remove(&id) => {
                return Some(match answer {
                    Ok(result) => JsonRpcMessage::response(result, id),
                    Err(error) => JsonRpcMessage::error(error, Some(id)),
                });
            }
            Incoming::Answer(..) => tracing::info!("ignored an answer to nothing that was asked"),
        }
        None
    }

    /// The SDK never hears of it: the handler does, through the ticket, and its answer is dropped here.
    fn cancel(&mut self, id: &RequestId) {
        match self.live.get_mut(id) {
            Some(live) if live.kind == Kind::Initialize => {}
            Some(live) => {
                live.suppressed = true;
                live.ticket.cancelled.cancel();
            }
            None => {
                if let Some(at) = self.waiting.iter().position(|asked| asked.id == *id) {
                    self.take_waiting(at);
                }
            }
        }
    }

    fn take_waiting(&mut self, at: usize) -> Option<Asked> {
        let asked = self.waiting.remove(at)?;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(asked.size);
        Some(asked)
    }

    /// The first waiting request that may go on, answered here or handed to the SDK.
    fn admit(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let mut at = 0;
        while let Some(asked) = self.waiting.get(at) {
            let expired = asked.expires(self.session.limits.call) <= Instant::now();
            let in_use = self.live.contains_key(&asked.id);
            let is_call = Kind::of(&asked.body) == Kind::Call;
            if (in_use || is_call && !self.has_place()) && !expired {
                at += 1;
                continue;
            }
            let asked = self.take_waiting(at)?;
            if in_use {
                let error = ErrorData::invalid_request("another request with this id is still open", None);
                self.answer((asked.id, asked.spelled), Err(error), None);
            } else if let Some(message) = self.start(asked) {
                return Some(message);
            }
        }
        None
    }

    fn has_place(&mut self) -> bool {
        if self.place.is_none() {
            self.place = Arc::clone(&self.session.running).try_acquire_owned().ok();
        }
        self.place.is_some()
    }

    fn start(&mut self, asked: Asked) -> Option<RxJsonRpcMessage<RoleServer>> {
        let kind = Kind::of(&asked.body);
        let ticket = Arc::new(Ticket {
            cancelled: CancellationToken::new(),
            deadline: asked.expires(self.session.limits.call),
            running: if kind == Kind::Call { self.place.take() } else { None },
            // Calls are bounded by their places; a subscription is answered when all ends.
            unanswered: if matches!(kind, Kind::Call | Kind::Listen) { None } else { self.spare.take() },
            receipt: Mutex::new(None),
            prepared: Mutex::new(None),
        });
        let mut request = match asked.body {
            Body::Serve(request) => request,
            Body::Answer(answer) => {
                self.answer((asked.id, asked.spelled), answer, Some(ticket));
                return None;
            }
        };
        if let Some(error) = self.refusal(kind, asked.versioned, &request) {
            self.answer((asked.id, asked.spelled), Err(error), Some(ticket));
            return None;
        }
        self.initialized |= kind == Kind::Initialize;
        request.extensions_mut().insert(Arc::clone(&ticket));
        self.live.insert(asked.id.clone(), Live { ticket, spelled: asked.spelled, kind, suppressed: false });
        Some(ClientJsonRpcMessage::request(request, asked.id))
    }

    fn refusal(&self, kind: Kind, versioned: bool, request: &ClientRequest) -> Option<ErrorData> {
        let opens = kind == Kind::Initialize || matches!(request, ClientRequest::DiscoverRequest(_));
        if !self.initialized && !versioned && !opens {
            let message = "send `initialize` first, or name the protocol version in `_meta` under \
                           `io.modelcontextprotocol/protocolVersion` (and `…/clientCapabilities`)";
            return Some(ErrorData::invalid_params(message, None));
        }
        let listening = self.live.values().filter(|live| live.kind == Kind::Listen);
        if kind == Kind::Listen && listening.count() >= LISTENING {
            return Some(ErrorData::invalid_request("too many open subscriptions", None));
        }
        None
    }

    fn end_input(&mut self) {
        self.input_open = false;
        self.session.ended.cancel();
    }

    /// Waits for whatever may change what can be admitted. Dropping it loses nothing.
    async fn next_event(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let limits = &self.session.limits;
        let room = self.waiting.len() < WAITING && self.waiting_bytes < limits.waiting;
        let first_due = self.waiting.front().map(|asked| asked.expires(limits.call));
        let wants_place =
            self.place.is_none() && self.waiting.iter().any(|asked| Kind::of(&asked.body) == Kind::Call);
        let settling = !self.input_open && self.waiting.is_empty() && !self.session.is_settled();
        let all = u32::try_from(limits.running).unwrap_or(u32::MAX);
        tokio::select! {
            incoming = self.input.recv(), if self.input_open && room && self.spare.is_some() => {
                match incoming {
                    Some(incoming) => return self.sort_in(incoming),
                    None => self.end_input(),
                }
            }
            permit = Arc::clone(&self.session.unanswered).acquire_owned(),
                if self.input_open && self.spare.is_none() => self.spare = permit.ok(),
            permit = Arc::clone(&self.session.running).acquire_owned(), if wants_place => {
                self.place = permit.ok();
            }
            () = self.session.stop.cancelled(), if self.input_open => self.end_input(),
            () = self.output.broken().cancelled(), if self.input_open => self.end_input(),
            () = sleep_until(first_due.unwrap_or_else(Instant::now)), if first_due.is_some() => {}
            permits = Arc::clone(&self.session.running).acquire_many_owned(all), if settling => drop(permits),
            () = future::pending() => {}
        }
        None
    }

    /// All calls are answered, and what they started has ended; nobody waits but subscriptions.
    fn is_drained(&mut self) -> bool {
        if self.input_open || !self.waiting.is_empty() {
            return false;
        }
        self.place = None;
        self.session.is_settled() && self.live.values().all(|live| live.kind == Kind::Listen)
    }
}

impl Transport<RoleServer> for Wire {
    type Error = Infallible;

    /// Queues at once, in order; a writer that is gone is noticed by [`Wire::receive`].
    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        let done: Ready<_> = future::ready(Ok(()));
        let id = match &message {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            JsonRpcMessage::Request(request) => {
                self.asked.insert(request.id.clone());
                None
            }
            JsonRpcMessage::Notification(_) => None,
        };
        match id.as_ref().and_then(|id| self.live.remove(id)) {
            Some(live) if live.suppressed => {}
            Some(live) => match (live.ticket.take_prepared(), id) {
                (Some(prepared), Some(id)) => {
                    let answer = Outgoing::Prepared(id, live.spelled, prepared);
                    self.output.push(answer, Some(live.ticket));
                }
                _ => self.push(message, live.spelled, Some(live.ticket)),
            },
            None => self.push(message, None, None),
        }
        done
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(message) = self.admit() {
                return Some(message);
            }
            if self.is_drained() {
                self.session.closing.cancel();
                if self.live.is_empty() {
                    return None;
                }
            }
            if let Some(message) = self.next_event().await {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
