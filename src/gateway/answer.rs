//! The words and shapes of outcomes: requests as they are sent or previewed, results whose text and
//! structured content carry the same facts, and the refusals around confirmations.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};

use super::confirmation::Void;
use super::redaction::{self, quoted};
use super::{Done, Gateway, Work, described, reports, spoken};
use crate::api;
use crate::catalogue::{Answer, Effect, Method, request::Wire};
use crate::failure::{Exit, Failure};
use crate::rules::money;

/// The profiles' time zone where their records name none: Central European time, by its rule, since a
/// machine may have no database of time zones.
const TIME_ZONE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// Now where the books are kept.
pub(super) fn now() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::posix(TIME_ZONE).unwrap_or(TimeZone::UTC))
}

/// Today where the books are kept.
pub(super) fn today() -> Date {
    now().date()
}

impl Work {
    /// Now where the books of the call are kept, by the time zone of the profile's record as far as it was read.
    pub(super) fn now(&self) -> Zoned {
        match self.connection.profiles.zone(self.profile.id()) {
            Some(zone) => Timestamp::now().to_zoned(zone),
            None => now(),
        }
    }
}

/// The request of a call, complete but for the key.
pub(super) fn request(work: &Work, wire: Wire) -> api::Request {
    let body = match (wire.file, wire.body) {
        (Some(bytes), _) if work.endpoint.is_extra() => described::upload(work, bytes),
        (Some(bytes), _) => {
            let name = "statement.xml".to_owned();
            api::Body::File { part: "file", name, content_type: "application/xml", bytes }
        }
        (None, Some(body)) => api::Body::Json(body),
        (None, None) => api::Body::None,
    };
    api::Request {
        tool: work.tool().to_owned(),
        method: match wire.method {
            Method::Get => api::Method::GET,
            Method::Post => api::Method::POST,
            Method::Put => api::Method::PUT,
            Method::Patch => api::Method::PATCH,
            Method::Delete => api::Method::DELETE,
        },
        path: wire.path,
        query: wire.query,
        body,
        profile: work.profile.header(),
        idempotency_key: None,
        if_match: work.seen.if_match(work.endpoint),
        patience: work.seen.patience(work.endpoint),
        safety: if work.endpoint.effect == Effect::Reads { api::Safety::Read } else { api::Safety::Write },
        verbatim: described::verbatim(work.endpoint),
    }
}

/// The fact that a write took effect.
pub(super) fn took_effect(work: &Work) -> Map<String, Value> {
    let done = match work.endpoint.effect {
        Effect::Reads => return Map::new(),
        Effect::Creates => "created",
        Effect::Updates => "updated",
        Effect::Deletes => "deleted",
        Effect::Acts => "done",
    };
    Map::from_iter([(done.to_owned(), json!(true))])
}

/// A time as people say it where the books are kept: the day only where it is not today.
pub(super) fn local_time(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::posix(TIME_ZONE).unwrap_or(TimeZone::UTC));
    let day = if at.date() == today() { String::new() } else { format!("{} ", at.date()) };
    format!("{day}{:02}:{:02}", at.hour(), at.minute())
}

/// The facts of an answer.
pub(super) fn of(work: &Work, reply: api::Reply) -> Map<String, Value> {
    let mut facts = took_effect(work);
    if let (true, Some(id)) = (work.endpoint.writes(), reply.request_id) {
        facts.insert("request_id".into(), json!(id));
    }
    match (work.endpoint.answer, reply.body) {
        (_, Value::Null) => {
            if let Some(current) = work.current.as_ref().and_then(Value::as_object) {
                facts.extend(
                    ["id", "number", "name"]
                        .iter()
                        .filter_map(|field| Some(((*field).to_owned(), current.get(*field)?.clone()))),
                );
            }
        }
        (Answer::Record | Answer::Nothing, body) => {
            drop(facts.insert("record".into(), api::pages::record(body)));
        }
        (Answer::Object | Answer::List(_) | Answer::File(_), body) => {
            facts.extend(reports::facts(work, api::pages::record(body)));
        }
    }
    facts
}

impl Gateway {
    /// A result: environment and profile first, then the facts, then notes; visible and the same in both parts.
    pub(super) fn done(&self, work: &Work, facts: Map<String, Value>) -> Done {
        let mut structured = Map::new();
        if self.sandbox {
            structured.insert("environment".into(), json!("SANDBOX"));
        }
        let several = !work.endpoint.is_local()
            && work.connection.profiles.known().is_some_and(|known| known.len() > 1);
        match work.profile.profile() {
            Some(profile) if several || work.endpoint.effect != Effect::Reads => {
                structured.insert("profile".into(), profile.json());
            }
            None if several => {
                structured.insert(
                    "profile".into(),
                    json!("none chosen: these are the figures of the profile that the API takes by itself"),
                );
            }
            _ => {}
        }
        structured.extend(facts);
        if !work.notes.is_empty() {
            let mut notes = work.notes.iter().map(|note| json!(note)).collect();
            match structured.get_mut("notes").and_then(Value::as_array_mut) {
                Some(said) => said.append(&mut notes),
                None => drop(structured.insert("notes".into(), Value::Array(notes))),
            }
        }
        let mut value = Value::Object(structured);
        redaction::apply(&mut value);
        let text = match not_again(&value) {
            Some(first) => format!("{first}\n{value}"),
            None => value.to_string(),
        };
        match value {
            Value::Object(structured) => Done { structured, text, receipt: None },
            _ => Done { structured: Map::new(), text, receipt: None },
        }
    }

    /// `dry_run`: the request, and for documents the totals by our own arithmetic. Where the API's description is in use,
    /// method and path are the API's, and the body is in our words.
    pub(super) fn preview(&self, work: &Work, wire: Wire) -> Result<Done, Failure> {
        let (method, path, whole) =
            (format!("{:?}", wire.method).to_uppercase(), wire.path.clone(), wire.body.clone());
        let (query, file) = (wire.query.clone(), wire.file.as_ref().map(Vec::len));
        let ours = request(work, wire);
        let theirs = spoken::shown(work, &ours)?;
        let (method, path, part) = theirs.unwrap_or((method, path, None));
        let mut shown = Map::new();
        shown.insert("method".into(), json!(method));
        shown.insert("path".into(), json!(path));
        if !query.is_empty() {
            shown.insert(
                "query".into(),
                json!(query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()),
            );
        }
        if let Some(header) = work.profile.header() {
            shown.insert("headers".into(), json!({ "X-Profile-Id": header }));
        }
        if let Some(body) = part.as_ref().or(whole.as_ref()) {
            shown.insert("body".into(), body.clone());
        }
        if let Some(bytes) = file {
            shown.insert("file_bytes".into(), json!(bytes));
        }
        let mut facts = Map::new();
        facts.insert("dry_run".into(), json!(true));
        facts.insert("sent".into(), json!("nothing was sent"));
        facts.insert("request".into(), Value::Object(shown));
        if let Some(totals) = whole.as_ref().and_then(money::preview) {
            facts.insert("totals".into(), totals);
        }
        Ok(self.done(work, facts))
    }
}

/// The sentence that an answer begins with in place of a second one.
fn not_again(facts: &Value) -> Option<&str> {
    let again = ["created", "done"].iter().any(|word| facts.get(*word) == Some(&Value::Bool(false)));
    facts.get("message")?.as_str().filter(|_| again)
}

/// What the first call says where nobody could be asked: what would happen, and how to go on.
pub(super) fn confirmation_required(tool: &str, given: Option<&str>, label: &str, question: &str) -> Failure {
    let message = format!("`{tool}` needs a person's yes first; nothing was sent");
    let message = match given {
        Some(given) if quoted(given) != label => format!(
            "{message}: `confirm_number` is `{}`, the record is called `{}`",
            quoted(given),
            quoted(label)
        ),
        Some(_) => format!("{message}: no first call within the last 10 minutes said what would happen"),
        None => message,
    };
    let again = "call again within 10 minutes with the same arguments and `confirm_number`";
    let hint = match given {
        Some(given) if quoted(given) == label => format!(
            "call `{tool}` once without `confirm_number` and show the person what it says; after a yes {again}: `{label}`"
        ),
        _ => format!("show this to the person; after a yes {again}: `{}`", quoted(label)),
    };
    Failure::new("confirmation_required", Exit::Refused, message)
        .because(format!("it would: {}", question.replace('\n', " · ")))
        .hint(hint)
        .fact("would", question)
        .fact("confirm_number", quoted(label))
}

/// A no is final for this call.
pub(super) fn declined(tool: &str, command: &str) -> Failure {
    Failure::new("declined", Exit::Refused, format!("the person said no to `{tool}`; nothing was sent")).hint(
        format!(
            "do not try again unless the person asks for it; one whom this client did not ask can run \
             `{command}` in a terminal"
        ),
    )
}

/// An answer to a question that does not count.
pub(super) fn void_confirmation(tool: &str, void: Void) -> Failure {
    let why = match void {
        Void::Foreign => "the answer belongs to another call, or what it is about has changed since",
        Void::Expired => "the answer came after more than 10 minutes",
        Void::Used => "the answer was used before",
    };
    Failure::new("confirmation_void", Exit::Refused, format!("`{tool}` was not confirmed; nothing was sent"))
        .because(why)
        .hint(format!("call `{tool}` again to be asked anew"))
}
