//! What is served beside tools: prompts, resources and completion, in both eras. A resource is read by a
//! call like any other: the same limits, the same end, one answer.

use rmcp::RoleServer;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::RequestContext;
use serde_json::{Map, Value, json};

use super::asking::{self, Client};
use super::calling::{self, Errand, Steps, What};
use super::incoming::unknown_method;
use super::passing;
use super::provider::{Listed, ToolProvider};
use super::reply::{self, Reply};
use super::rounds;
use super::server::{FRESH_MS, Server};
use crate::failure::{Exit, Failure};
use crate::gateway::Outcome;
use crate::gateway::completion::{Completion, Place, Typing};
use crate::gateway::resources::Resource;

/// Requests that may reach the network take a place among the calls.
pub(super) fn takes_a_place(method: &str) -> bool {
    matches!(
        method,
        "tools/call"
            | "prompts/get"
            | "resources/read"
            | "completion/complete"
            | "resources/subscribe"
            | "resources/unsubscribe"
    )
}

/// What a result still needs before it goes out in the modern era.
enum Fresh {
    /// May be kept for so long, in milliseconds.
    For(u64),
    /// Says nothing of how long it may be kept.
    Unsaid,
}

impl<P: ToolProvider> Server<P> {
    /// A method that has nothing to do with tools, or is none at all.
    pub async fn beside_tools(
        &self,
        method: &str,
        params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
        let modern = Client::of(context).modern;
        let list = |name: &'static str, what: Listed| {
            one_page(&params)?;
            let list = Map::from_iter([(name.to_owned(), Value::Array(self.provider().listed(what)))]);
            Ok(self.own(Value::Object(list), &Fresh::For(FRESH_MS), modern))
        };
        match method {
            "prompts/list" => list("prompts", Listed::Prompts),
            "resources/list" => list("resources", Listed::Resources),
            "resources/templates/list" => list("resourceTemplates", Listed::Templates),
            "prompts/get" => self.get_prompt(params, context).await,
            "resources/read" => self.read_resource(params, context).await,
            "completion/complete" => self.complete(params, context).await,
            "resources/subscribe" if !modern && self.provider().subscribable() => {
                self.subscribe("resources/subscribe", params, context).await
            }
            "resources/unsubscribe" if !modern && self.provider().subscribable() => {
                self.subscribe("resources/unsubscribe", params, context).await
            }
            method => Err(unknown_method(method)),
        }
    }

    /// The answer of the remote server that has the prompt or resource; nothing where there is none. `name` is what
    /// errors call it.
    pub async fn pass(
        &self,
        method: &'static str,
        name: &str,
        mut params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<Reply>, ErrorData> {
        let (client, ticket) = (Client::of(context), rounds::ticket(context)?);
        if ticket.running.is_none() {
            return Err(unread(name, &calling::not_started(method)));
        }
        let answered = asking::carried(&mut params);
        let what = What::Beside(method, params);
        let Some(outcome) = self.conduct(what, answered, &client, context).await? else { return Ok(None) };
        Ok(Some(match outcome {
            Outcome::Passed(passed) => {
                ticket.keep(passed.receipt);
                passing::passed(method, passed.result, self.meta(client.modern))
            }
            Outcome::Done(done) => passing::passed(method, done.structured, self.meta(client.modern)),
            Outcome::Rejected(error) => passing::rejected(method, error, client.modern),
            Outcome::Failed(failure) => return Err(unread(name, &failure)),
            Outcome::Ask(question) => {
                Reply::Result(asking::input_required(question, &client, self.identity()))
            }
        }))
    }

    /// What is our own, as the era wants it.
    fn own(&self, result: Value, fresh: &Fresh, modern: bool) -> Reply {
        Reply::Result(self.complete_for_era(result, fresh, modern))
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

    async fn get_prompt(
        &self,
        params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
        let name = text(&params, "name", "prompts/get needs `name`, the name of a prompt as a string")?;
        if let Some(reply) = self.pass("prompts/get", name, params.clone(), context).await? {
            return Ok(reply);
        }
        let none = Map::new();
        let arguments = match params.get("arguments") {
            None | Some(Value::Null) => &none,
            Some(Value::Object(arguments)) => arguments,
            Some(_) => return Err(invalid("`arguments` of prompts/get must be an object")),
        };
        let prompt = self.provider().prompt(name, arguments);
        let prompt = prompt.map_err(|failure| invalid(sentence(&failure)))?;
        Ok(self.own(prompt, &Fresh::Unsaid, Client::of(context).modern))
    }

    async fn read_resource(
        &self,
        params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
        let uri = text(&params, "uri", "resources/read needs `uri`, the address of a resource as a string")?;
        if let Some(reply) = self.pass("resources/read", uri, params.clone(), context).await? {
            return Ok(reply);
        }
        let (contents, fresh) = self.read(uri, context).await?;
        Ok(self.own(contents, &fresh, Client::of(context).modern))
    }

    /// A resource of ours.
    async fn read(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<(Value, Fresh), ErrorData> {
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
        let ticket = rounds::ticket(context)?;
        let mut steps = Steps::wanted(context);
        let mut first = None;
        for arguments in attempts {
            // A read asks nobody.
            let client = Client { can_ask: false, elicitation: None, ..Client::of(context) };
            let caller = rounds::caller(&client, ticket, steps.as_ref());
            let errand = Errand { what: What::Tool(tool.clone(), arguments), answered: None, caller };
            let outcome = calling::run(self.provider(), errand, ticket, &mut steps, self.session()).await?;
            match outcome.ok_or_else(|| ErrorData::internal_error("a read without an outcome", None))? {
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
        params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
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
        let modern = Client::of(context).modern;
        if rounds::ticket(context)?.running.is_none() {
            return Ok(self.own(completed(Completion::default()), &Fresh::Unsaid, modern));
        }
        match self.pass("completion/complete", "completion/complete", params.clone(), context).await {
            Ok(Some(reply)) => return Ok(reply),
            Ok(None) => {}
            Err(_) => return Ok(self.own(completed(Completion::default()), &Fresh::Unsaid, modern)),
        }
        match self.provider().complete(Typing { place, argument, typed, profile }).await {
            Some(completion) => Ok(self.own(completed(completion), &Fresh::Unsaid, modern)),
            None => Err(invalid("`ref` names no prompt or resource template")),
        }
    }
}

fn completed(completion: Completion) -> Value {
    let Completion { values, total, more } = completion;
    let mut completion = json!({ "values": values, "hasMore": more });
    if let (Some(total), Some(fields)) = (total, completion.as_object_mut()) {
        fields.insert("total".to_owned(), json!(total));
    }
    json!({ "completion": completion })
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
