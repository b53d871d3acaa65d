//! What is served beside tools: prompts, resources and completion, in both eras. A resource is read by a
//! call like any other: the same limits, the same end, one answer.

use rmcp::RoleServer;
use rmcp::model::{CustomRequest, ErrorCode, ErrorData};
use rmcp::service::RequestContext;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::asking::Client;
use super::calling::{self, Steps};
use super::incoming::unknown_method;
use super::provider::{Listed, ToolProvider};
use super::reply;
use super::server::{FRESH_MS, Server};
use super::session::Ticket;
use crate::failure::{Exit, Failure};
use crate::gateway::completion::{Completion, Place, Typing};
use crate::gateway::resources::Resource;
use crate::gateway::{Call, Caller, Outcome};

/// Requests that reach the network take a place among the calls.
pub(super) fn takes_a_place(method: &str) -> bool {
    matches!(method, "resources/read" | "completion/complete")
}

/// What a result still needs before it goes out in the modern era.
enum Fresh {
    /// May be kept for so long, in milliseconds.
    For(u64),
    /// Says nothing of how long it may be kept.
    Unsaid,
}

impl<P: ToolProvider> Server<P> {
    /// A method that the SDK is not asked to read.
    pub async fn beside_tools(
        &self,
        request: CustomRequest,
        context: &RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        let CustomRequest { method, params, .. } = request;
        let params = match params {
            Some(Value::Object(params)) => params,
            _ => Map::new(),
        };
        let list = |name: &'static str, what: Listed| {
            one_page(&params)?;
            Ok((json!({ name: self.provider().listed(what) }), Fresh::For(FRESH_MS)))
        };
        let (result, fresh) = match method.as_str() {
            "prompts/list" => list("prompts", Listed::Prompts)?,
            "resources/list" => list("resources", Listed::Resources)?,
            "resources/templates/list" => list("resourceTemplates", Listed::Templates)?,
            "prompts/get" => (self.prompt(&params)?, Fresh::Unsaid),
            "resources/read" => self.read(&params, context).await?,
            "completion/complete" => (self.complete(&params, context).await?, Fresh::Unsaid),
            method => return Err(unknown_method(method)),
        };
        Ok(self.complete_for_era(result, &fresh, Client::of(context).modern))
    }

    fn complete_for_era(&self, mut result: Value, fresh: &Fresh, modern: bool) -> Value {
        if let (true, Some(fields)) = (modern, result.as_object_mut()) {
            fields.insert("resultType".to_owned(), json!("complete"));
            if let Fresh::For(ms) = fresh {
                fields.insert("ttlMs".to_owned(), json!(ms));
                fields.insert("cacheScope".to_owned(), json!("private"));
            }
            fields.insert("_meta".to_owned(), json!(self.meta(true)));
        }
        result
    }

    fn prompt(&self, params: &Map<String, Value>) -> Result<Value, ErrorData> {
        let name = text(params, "name", "prompts/get needs `name`, the name of a prompt as a string")?;
        let none = Map::new();
        let arguments = match params.get("arguments") {
            None | Some(Value::Null) => &none,
            Some(Value::Object(arguments)) => arguments,
            Some(_) => return Err(invalid("`arguments` of prompts/get must be an object")),
        };
        self.provider().prompt(name, arguments).map_err(|failure| invalid(sentence(&failure)))
    }

    async fn read(
        &self,
        params: &Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<(Value, Fresh), ErrorData> {
        let uri = text(params, "uri", "resources/read needs `uri`, the address of a resource as a string")?;
        let contents = |kind: &str, text: String| json!({ "contents": [{ "uri": uri, "mimeType": kind, "text": text }] });
        let (tool, attempts) = match self.provider().resource(uri) {
            None => {
                return Err(not_found(
                    uri,
                    "resources/list and resources/templates/list name those that are served",
                ));
            }
            Some(Resource::Written(kind, text)) => return Ok((contents(kind, text), Fresh::For(FRESH_MS))),
            Some(Resource::Read(tool, attempts)) => (tool, attempts),
        };
        let Some(ticket) = context.extensions.get::<Arc<Ticket>>() else {
            return Err(ErrorData::internal_error("the request came without a ticket", None));
        };
        if ticket.running.is_none() {
            return Err(unread(uri, &calling::not_started(tool)));
        }
        let token = context.meta.get_progress_token();
        let mut steps = token.map(|token| Steps::new(token, context.peer.clone()));
        let mut first = None;
        for arguments in attempts {
            let caller = Caller {
                name: Client::of(context).name,
                can_ask: false,
                elicitation: None,
                cancelled: ticket.cancelled.clone(),
                progress: steps.as_ref().map(Steps::sink),
                until: Some(ticket.deadline),
            };
            let call = Call { tool: tool.to_owned(), arguments, answered: None, caller };
            let outcome = calling::run(self.provider(), call, ticket, &mut steps, self.session()).await;
            match outcome.ok_or_else(super::server::withdrawn)? {
                Outcome::Done(done) => {
                    let text = Value::Object(done.structured).to_string();
                    return Ok((contents("application/json", text), Fresh::For(0)));
                }
                // Once a name has found nothing, an id that the API refuses has found nothing either.
                Outcome::Failed(failure)
                    if failure.code == "not_found" || first.is_some() && failure.exit == Exit::Refused =>
                {
                    first.get_or_insert(failure);
                }
                Outcome::Failed(failure) => return Err(unread(uri, &failure)),
                Outcome::Passed(_) | Outcome::Rejected(_) | Outcome::Ask(_) => {
                    return Err(ErrorData::internal_error("a read asks nobody", None));
                }
            }
        }
        Err(match first {
            Some(failure) => not_found(uri, &sentence(&failure)),
            None => not_found(uri, "nothing is behind it"),
        })
    }

    /// Never an error for somebody who types: only for what is no completion at all.
    async fn complete(
        &self,
        params: &Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        let field = |object: &str, name: &str| params.get(object)?.get(name)?.as_str().map(str::to_owned);
        let place = match field("ref", "type").as_deref() {
            Some("ref/prompt") => field("ref", "name").map(Place::Prompt),
            Some("ref/resource") => field("ref", "uri").map(Place::Template),
            _ => None,
        };
        let (Some(place), Some(argument), Some(typed)) =
            (place, field("argument", "name"), field("argument", "value"))
        else {
            return Err(invalid(
                "completion/complete needs `ref` (`type` ref/prompt and `name`, or ref/resource and `uri`) and \
                 `argument` (`name` and `value`)",
            ));
        };
        let beside = params.get("context").and_then(|context| context.get("arguments"));
        let profile = beside.and_then(|given| given.get("profile_id")).and_then(Value::as_str);
        let profile = profile.filter(|profile| !profile.is_empty()).map(str::to_owned);
        let ticket = context.extensions.get::<Arc<Ticket>>();
        let in_time = ticket.is_none_or(|ticket| ticket.running.is_some());
        let found = if in_time {
            self.provider().complete(Typing { place, argument, typed, profile }).await
        } else {
            Some(Completion::default())
        };
        let Some(Completion { values, total, more }) = found else {
            return Err(invalid("`ref` names no prompt or resource template"));
        };
        let mut completion = json!({ "values": values, "hasMore": more });
        if let (Some(total), Some(fields)) = (total, completion.as_object_mut()) {
            fields.insert("total".to_owned(), json!(total));
        }
        Ok(json!({ "completion": completion }))
    }
}

/// A list has one page: there is no cursor that could be right.
pub(super) fn one_page(params: &Map<String, Value>) -> Result<(), ErrorData> {
    match params.get("cursor").and_then(Value::as_str) {
        Some(cursor) if !cursor.is_empty() => Err(invalid("the list has one page only: leave `cursor` out")),
        _ => Ok(()),
    }
}

fn text<'a>(
    params: &'a Map<String, Value>,
    name: &str,
    otherwise: &'static str,
) -> Result<&'a str, ErrorData> {
    params.get(name).and_then(Value::as_str).ok_or_else(|| invalid(otherwise))
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ErrorData {
    ErrorData::invalid_params(message, None)
}

/// Clients show the message of an error and drop its data: so all of it is in the message.
fn sentence(failure: &Failure) -> String {
    match &failure.hint {
        Some(hint) => format!("{}; {hint}", failure.message),
        None => failure.message.clone(),
    }
}

/// The SDK turns the code into that of the modern era.
fn not_found(uri: &str, why: &str) -> ErrorData {
    let message = format!("there is no resource `{}`: {why}", crate::text::in_line(uri, 200));
    ErrorData::new(ErrorCode::RESOURCE_NOT_FOUND, message, Some(json!({ "uri": uri })))
}

fn unread(uri: &str, failure: &Failure) -> ErrorData {
    let code = match failure.code {
        "ambiguous" | "bad_arguments" | "unknown_profile" | "profile_fixed" => ErrorCode::INVALID_PARAMS,
        _ => ErrorCode::INTERNAL_ERROR,
    };
    let message = format!("`{}` was not read\n{}", crate::text::in_line(uri, 200), reply::text(failure));
    ErrorData::new(code, message, Some(failure.json()))
}
