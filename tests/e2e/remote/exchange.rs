//! One request under way: what the server says before its answer, and the answer itself, on whichever road.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::breaks::Break;
use super::events::{Event, Session};
use super::wire::{HttpAnswer, Received, Wire, whole};

/// Between two events of a stream that never ends.
const PACE: Duration = Duration::from_millis(5);

/// The road back to the client.
pub enum Road<'a> {
    /// The answer to a POST: a JSON body, or events.
    Post { wire: &'a mut Wire, events: bool, opened: bool, headers: Vec<(String, String)> },
    /// The stream of a session, in the older transport.
    Stream,
}

/// One request under way.
pub struct Exchange<'a> {
    pub request: &'a Received,
    /// The session that it belongs to, in transports that have some.
    pub session: Option<Arc<Session>>,
    pub(super) road: Road<'a>,
    /// The name of the POST's stream where its events can be asked for again.
    pub(super) stream: Option<String>,
    /// What is to go wrong with the answer.
    pub(super) fault: Option<Break>,
}

impl Exchange<'_> {
    /// Whether the request is one of the modern era.
    pub fn is_modern(&self) -> bool {
        self.meta("io.modelcontextprotocol/protocolVersion").is_string()
    }

    pub fn meta(&self, name: &str) -> &Value {
        &self.request.json["params"]["_meta"][name]
    }

    /// Sends a notification before the answer.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.say(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends `notifications/progress` where the client wants any.
    pub fn progress(&mut self, done: u32, of: u32, message: &str) {
        let token = self.meta("progressToken").clone();
        if !token.is_null() {
            let params = json!({ "progressToken": token, "progress": done, "total": of, "message": message });
            self.notify("notifications/progress", params);
        }
    }

    /// Asks the client (older eras) and waits for its answer: the whole message.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let session = self.session.clone().unwrap_or_else(|| panic!("only a session can be asked"));
        let id = json!(session.question());
        self.say(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        session.answer(&id)
    }

    /// What the client answered to the questions of an `input_required` (modern era).
    pub fn responses(&self) -> &Value {
        &self.request.json["params"]["inputResponses"]
    }

    /// Whether the client cancels this request within `limit`: by a notification, or (modern) by going away.
    pub fn cancelled_within(&mut self, limit: Duration) -> bool {
        match (&self.session, &mut self.road) {
            (Some(session), _) => session.cancelled_within(&self.request.json["id"], limit),
            (None, Road::Post { wire, .. }) => wire.closed_within(limit),
            (None, Road::Stream) => false,
        }
    }

    /// One message on the way to the answer.
    pub fn say(&mut self, message: Value) {
        self.open();
        self.event(message);
    }

    fn open(&mut self) {
        let Road::Post { wire, opened, headers, .. } = &mut self.road else { return };
        if !*opened {
            *opened = true;
            drop(wire.open_events(headers));
            // The first event has an id and no message, so that a stream can be asked for again from its start.
            if let Some(stream) = &self.stream {
                drop(wire.chunk(format!("id: {stream}/0\ndata: \n\n").as_bytes()));
            }
        }
    }

    fn event(&mut self, message: Value) {
        match &mut self.road {
            Road::Stream => {
                if let Some(session) = &self.session {
                    session.put(super::events::UNASKED, message);
                }
            }
            Road::Post { wire, .. } => {
                let bytes = match (&self.stream, &self.session) {
                    (Some(stream), Some(session)) => event_bytes(Some(&session.put(stream, message))),
                    _ => data_bytes(&message),
                };
                drop(wire.chunk(&bytes));
            }
        }
    }

    /// Gives the answer, with what is to go wrong; false when the connection is over.
    pub fn answer(mut self, mut message: Value) -> bool {
        let fault = self.fault.take();
        if matches!(fault, Some(Break::WrongId)) {
            message["id"] = json!("nobody-asked-with-this");
        }
        if let Some(Break::HoldAnswer(gate)) = &fault {
            gate.pass();
        }
        if matches!(self.road, Road::Stream) {
            return self.answer_on_stream(message, fault.as_ref());
        }
        match fault {
            Some(Break::CutAnswer) => self.half(message),
            Some(Break::EndlessEvents) => self.endless(),
            Some(Break::ResetAfter) => self.post(|wire| {
                wire.reset_when_closed();
                false
            }),
            Some(Break::SilenceAfter) => self.post(|wire| {
                wire.until_closed();
                false
            }),
            Some(Break::AnswerAfter(answer)) => self.post(|wire| wire.whole(&answer).is_ok()),
            _ => self.whole(message),
        }
    }

    fn post(&mut self, act: impl FnOnce(&mut Wire) -> bool) -> bool {
        match &mut self.road {
            Road::Post { wire, .. } => act(wire),
            Road::Stream => true,
        }
    }

    fn whole(&mut self, message: Value) -> bool {
        let Road::Post { wire, events, opened, headers } = &mut self.road else { return true };
        if !*events && !*opened {
            let mut answer = HttpAnswer::json(200, &message);
            answer.headers.append(headers);
            return wire.whole(&answer).is_ok();
        }
        self.say(message);
        if let (Some(stream), Some(session)) = (&self.stream, &self.session) {
            session.finish(stream);
        }
        self.post(|wire| wire.end_chunks().is_ok())
    }

    /// Half of the answer, then the end of the connection. A resumable stream keeps the answer as an event.
    fn half(&mut self, message: Value) -> bool {
        if let (Some(stream), Some(session)) = (self.stream.clone(), self.session.clone()) {
            self.open();
            session.put(&stream, message);
            session.finish(&stream);
            return false;
        }
        let Road::Post { wire, events, opened, headers } = &mut self.road else { return false };
        if *events || *opened {
            let bytes = data_bytes(&message);
            if !*opened {
                drop(wire.open_events(headers));
            }
            drop(wire.chunk(&bytes[..bytes.len() / 2]));
        } else {
            let bytes = whole(&HttpAnswer::json(200, &message));
            drop(wire.send(&bytes[..bytes.len() - message.to_string().len() / 2]));
        }
        false
    }

    fn endless(&mut self) -> bool {
        self.open();
        self.post(|wire| {
            let event = data_bytes(&json!({
                "jsonrpc": "2.0",
                "method": "notifications/message",
                "params": { "level": "info", "data": "still at it ".repeat(200) },
            }));
            // Paced, so that it is the time that ends it and not the memory; a client that goes is noticed at once.
            while wire.chunk(&event).is_ok() && !wire.closed_within(PACE) {}
            false
        })
    }

    fn answer_on_stream(&mut self, message: Value, fault: Option<&Break>) -> bool {
        match fault {
            // The road of the answer is the stream: what goes wrong goes wrong there.
            Some(Break::ResetAfter | Break::CutAnswer) => {
                if let Some(session) = &self.session {
                    session.end();
                }
            }
            Some(Break::SilenceAfter) => {}
            Some(Break::EndlessEvents) => {
                for number in 0..1000 {
                    self.notify("notifications/message", json!({ "level": "info", "data": number }));
                }
            }
            _ => self.event(message),
        }
        true
    }
}

/// An event with its id; without one, a comment that keeps a stream alive.
pub fn event_bytes(event: Option<&Event>) -> Vec<u8> {
    match event {
        None => b": still here\n\n".to_vec(),
        Some(event) => {
            let mut bytes = format!("id: {}\n", event.id).into_bytes();
            bytes.extend(data_bytes(&event.message));
            bytes
        }
    }
}

/// An event without an id.
pub fn data_bytes(message: &Value) -> Vec<u8> {
    format!("event: message\ndata: {message}\n\n").into_bytes()
}
