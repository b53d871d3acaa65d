//! Requests and answers in the words of the API, where the user has given its description: the gateway goes on in the
//! catalogue's words, and only what leaves and what comes in is told otherwise. The row is found by method and path, since
//! many requests are made for a call of another tool.

use serde_json::{Map, Value};

use super::Work;
use crate::api::{self, ApiError, Body, Method, Reply};
use crate::catalogue::{self, Effect, request::Wire};
use crate::credentials;
use crate::failure::Failure;
use crate::spec::{Asking, Kept, Outgoing, Reading, Unspoken, Verb};

/// The list that a call of another tool may need.
const PROFILES: &str = "list_profiles";

/// Sends a request of ours in the API's words, and gives its answer in ours.
pub async fn send(
    client: &api::Client,
    described: Option<&Kept>,
    request: &api::Request,
    keys: &dyn credentials::Keys,
    watch: &api::Watch<'_>,
) -> Result<Reply, ApiError> {
    let spoken = match described {
        Some(kept) => outgoing(kept, request, None)?,
        None => None,
    };
    let wire = spoken.as_ref().map_or(request, |(wire, _)| wire);
    let answer = client.send(wire, keys, watch).await;
    incoming(described, spoken.as_ref().map(|(_, reading)| reading), answer)
}

/// The request in the API's words and what its answer is read by; `None` where it goes as it is. `changes` is what an
/// update sets.
pub(super) fn outgoing<'k>(
    kept: &'k Kept,
    request: &api::Request,
    changes: Option<&Map<String, Value>>,
) -> Result<Option<(api::Request, Reading<'k>)>, ApiError> {
    let Some(asking) = asking(request, changes).filter(|_| request.verbatim.is_none()) else {
        return Ok(None);
    };
    let spoken = match kept.dialect.outgoing(&asking) {
        // Which companies a key reaches is asked before every write: our own path is tried before nothing is.
        Err(Unspoken::Operation(PROFILES)) if request.tool != PROFILES => return Ok(None),
        spoken => spoken.map_err(|why| unspoken(&request.tool, why))?,
    };
    Ok(spoken.map(|Outgoing { verb, path, query, body, reading }| {
        let mut wire = api::Request { method: method_of(verb), path, query, ..request.clone() };
        if let Some(body) = body {
            wire.body = Body::Json(body);
        }
        (wire, reading)
    }))
}

/// The answer in our words; an error names our fields. What went as it was is read as it comes.
pub(super) fn incoming(
    described: Option<&Kept>,
    reading: Option<&Reading<'_>>,
    answer: Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    match (reading, answer) {
        (Some(reading), Ok(reply)) => Ok(Reply {
            body: reading.answer(reply.body),
            link: reply.link.map(|link| reading.link(&link)),
            ..reply
        }),
        (Some(reading), Err(error)) => Err(error.described(&|field| reading.field(field))),
        (None, Err(error)) if described.is_some() => Err(error.described(&|_| None)),
        (None, answer) => answer,
    }
}

/// What an update of the call sets, by the names on the wire.
pub(super) fn changes(work: &Work) -> Option<Map<String, Value>> {
    if work.endpoint.effect != Effect::Updates {
        return None;
    }
    match catalogue::request::changes(work.endpoint, &work.arguments) {
        Some(Value::Object(changes)) => Some(changes),
        _ => None,
    }
}

/// Method and path as they would be sent, and the part of the body that would; `None` where they are ours.
pub(super) fn shown(
    work: &Work,
    request: &api::Request,
) -> Result<Option<(String, String, Option<Value>)>, ApiError> {
    let Some(kept) = work.connection.described() else { return Ok(None) };
    let changes = changes(work);
    let Some((wire, _)) = outgoing(kept, request, changes.as_ref())? else { return Ok(None) };
    let body = asking(request, changes.as_ref()).and_then(|asking| kept.dialect.sent(&asking));
    Ok(Some((wire.method.to_string(), wire.path, body)))
}

fn asking<'r>(request: &'r api::Request, changes: Option<&'r Map<String, Value>>) -> Option<Asking<'r>> {
    let body = match &request.body {
        Body::Json(body) => Some(body),
        Body::None | Body::File { .. } => None,
    };
    let verb = verb_of(&request.method)?;
    Some(Asking { verb, path: &request.path, query: &request.query, body, changes })
}

/// Refuses a write of which the API has no place for a part, before anybody is asked about it.
pub(super) fn refuse_untold(work: &Work, wire: &Wire) -> Result<(), Failure> {
    let Some(kept) = work.connection.described().filter(|_| work.endpoint.writes()) else { return Ok(()) };
    let request = super::answer::request(work, wire.clone());
    outgoing(kept, &request, changes(work).as_ref())?;
    Ok(())
}

fn unspoken(tool: &str, why: Unspoken) -> ApiError {
    match why {
        Unspoken::Operation(missing) => {
            ApiError::NotDescribed { tool: tool.to_owned(), missing, parameter: None }
        }
        Unspoken::Parameter(missing, name) => {
            ApiError::NotDescribed { tool: tool.to_owned(), missing, parameter: Some(name) }
        }
        Unspoken::Fields(tool, fields) => ApiError::NoPlace { tool, fields },
        Unspoken::Places(_, fields) => {
            let fields = fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
            ApiError::WouldLose { tool: tool.to_owned(), fields }
        }
    }
}

fn verb_of(method: &Method) -> Option<Verb> {
    match *method {
        Method::GET => Some(Verb::Get),
        Method::POST => Some(Verb::Post),
        Method::PUT => Some(Verb::Put),
        Method::PATCH => Some(Verb::Patch),
        Method::DELETE => Some(Verb::Delete),
        _ => None,
    }
}

fn method_of(verb: Verb) -> Method {
    match verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    }
}
