//! One request from its path to its reply: route, key, limits, profile, checks, handler, in this order.

use std::cell::RefCell;
use std::time::Instant;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::request::Parts;
use serde_json::Value;
use url::form_urlencoded;

use super::answer::{Answer, Error, Issue, Record};
use super::body::{self, Body};
use super::clock::{Clock, stamp};
use super::context::{Context, Input, Query};
use super::faults::{Envelope, ErrorShape, Kind};
use super::keys::{self, Key};
use super::limits::Limits;
use super::reply::Reply;
use super::spec::{Operation, Spec};
use super::store::{Store, Tx};
use super::{Rounding, dispatch, schema};

const JSON: &str = "application/json";

/// What the requests of one sandbox share.
pub struct State {
    pub store: RefCell<Store>,
    pub limits: Option<RefCell<Limits>>,
    pub rounding: Rounding,
    pub clock: Clock,
}

/// A request whose body was read.
pub struct Request {
    pub parts: Parts,
    /// None when it was larger than allowed.
    pub body: Option<Vec<u8>>,
    pub id: String,
}

impl Request {
    fn header(&self, name: impl hyper::header::AsHeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    fn path(&self) -> &str {
        self.parts.uri.path()
    }

    fn pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
    }
}

/// The operation of a request and the `{id}` of its path.
pub fn route<'a>(spec: &'a Spec, request: &Request) -> Result<(&'a Operation, String), Error> {
    let path = request.path();
    let (route, id) = spec.route(path).ok_or_else(|| {
        Error::new(404, "unknown_path", format!("this API has no path {path}; see /openapi.json"))
    })?;
    let method = request.parts.method.as_str();
    match route.operations.iter().find(|operation| operation.method == method) {
        Some(operation) => Ok((operation, id)),
        None => Err(Error {
            allow: Some(route.allow()),
            ..Error::new(405, "method_not_allowed", format!("{path} does not take {method}"))
        }),
    }
}

/// How the faults of a request change the way it is answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Twist {
    pub ignore_filters: bool,
    pub repeat_page: bool,
    pub envelope: Option<Envelope>,
    pub errors: Option<ErrorShape>,
}

impl Twist {
    pub fn of(faults: &[Kind]) -> Self {
        let mut twist = Self::default();
        for fault in faults {
            match fault {
                Kind::IgnoreFilters => twist.ignore_filters = true,
                Kind::RepeatPage => twist.repeat_page = true,
                Kind::Envelope(envelope) => twist.envelope = Some(*envelope),
                Kind::Errors(shape) => twist.errors = Some(*shape),
                _ => {}
            }
        }
        twist
    }
}

/// Answers a routed request: the change is committed when this returns.
pub fn answer(
    state: &State,
    spec: &Spec,
    request: &Request,
    routed: (&Operation, String),
    twist: Twist,
) -> Reply {
    match handle(state, spec, request, routed, twist) {
        Ok(reply) => reply,
        Err(error) => refusal(&error, &request.id, twist.errors),
    }
}

/// The reply for an error, in the usual or another shape.
pub fn refusal(error: &Error, request_id: &str, shape: Option<ErrorShape>) -> Reply {
    let mut reply = match shape {
        None => Reply::new(error.status, JSON, error.body(request_id).to_string().into_bytes()),
        Some(shape) => {
            let shaped = shape.write(error);
            Reply::new(error.status, shaped.media, shaped.body)
        }
    };
    if let Some(seconds) = error.retry_after {
        reply.headers.push(("retry-after", seconds.to_string()));
    }
    if let Some(methods) = &error.allow {
        reply.headers.push(("allow", methods.clone()));
    }
    if error.status == 401 {
        reply.headers.push(("www-authenticate", "Bearer".to_owned()));
    }
    reply
}

fn handle(
    state: &State,
    spec: &Spec,
    request: &Request,
    (operation, id): (&Operation, String),
    twist: Twist,
) -> Result<Reply, Error> {
    let writes = operation.method != "GET";
    let key = keys::judge(request.header(AUTHORIZATION))?;
    if let Some(limits) = &state.limits {
        limits.borrow_mut().admit(key.name, writes, Instant::now()).map_err(|seconds| Error {
            retry_after: Some(seconds),
            ..Error::new(429, "rate_limited", format!("too many requests a minute; again in {seconds} s"))
        })?;
    }
    if writes && key.read_only {
        return Err(Error::new(403, "read_only_key", "this API key is read-only"));
    }
    let mut issues = Vec::new();
    let raw = request.pairs();
    let mut query = checked_query(spec, operation, &raw, &mut issues);
    if twist.ignore_filters {
        query.keep(&["page", "limit"]);
    }
    if twist.repeat_page {
        query.set("page", "1");
    }
    if let Some(envelope) = twist.envelope {
        envelope.prepare(&raw, &mut query);
    }
    let mut input = Input { id, query, ..Input::default() };
    let mut store = state.store.borrow_mut();
    let answer = store.transact(writes, |tx| {
        let scope = Scope::read(tx, key, request, writes)?;
        read_body(spec, operation, request, &mut input, &mut issues)?;
        if !issues.is_empty() {
            return Err(Error::invalid(std::mem::take(&mut issues)));
        }
        let now = state.clock.now();
        let context = Context {
            tx: tx.of_profile(&scope.profile_id),
            profile: &scope.profile,
            profiles: &scope.reachable,
            today: now.date(),
            now: &stamp(&now),
            rounding: state.rounding,
        };
        let handler = dispatch::handler(&operation.id)
            .ok_or_else(|| Error::new(500, "no_handler", format!("{} has no handler", operation.id)))?;
        Ok((handler(&context, &input)?, scope.profile_id))
    })?;
    Ok(write(answer, twist.envelope, &input.query, &operation.path))
}

/// The profile of a request and all that its key reaches.
struct Scope {
    profile_id: String,
    profile: Record,
    reachable: Vec<Record>,
}

impl Scope {
    fn read(tx: Tx<'_>, key: Key, request: &Request, writes: bool) -> Result<Self, Error> {
        let mut reachable = Vec::new();
        for id in [keys::MAIN_PROFILE_ID, keys::SECOND_PROFILE_ID] {
            if key.profile.is_none_or(|only| only == id) {
                reachable.extend(super::profiles::read(tx.of_profile(id))?);
            }
        }
        let ids: Vec<&str> = reachable.iter().filter_map(|profile| profile.get("id")?.as_str()).collect();
        let chosen = keys::choose_profile(key, request.header("x-profile-id"), &ids, writes)?.to_owned();
        let profile = reachable.iter().find(|profile| profile.get("id").is_some_and(|id| *id == *chosen));
        Ok(Self { profile: profile.cloned().unwrap_or_default(), profile_id: chosen, reachable })
    }
}

fn checked_query(
    spec: &Spec,
    operation: &Operation,
    raw: &[(String, String)],
    issues: &mut Vec<Issue>,
) -> Query {
    let mut pairs = Vec::new();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.place == "query") {
        let given = raw.iter().rev().find(|(name, _)| *name == parameter.name);
        match given {
            Some((name, text)) => {
                let value = schema::from_text(&spec.document, &parameter.schema, text);
                issues.extend(schema::check(&spec.document, &parameter.schema, &value, name));
                pairs.push((name.clone(), text.clone()));
            }
            None if parameter.required => {
                issues.push(Issue { field: parameter.name.clone(), issue: "is required".to_owned() });
            }
            None => {}
        }
    }
    Query::new(pairs)
}

fn read_body(
    spec: &Spec,
    operation: &Operation,
    request: &Request,
    input: &mut Input,
    issues: &mut Vec<Issue>,
) -> Result<(), Error> {
    let Some((first, _)) = operation.bodies.first() else { return Ok(()) };
    let bytes = request
        .body
        .as_deref()
        .ok_or_else(|| Error::new(413, "body_too_large", "a body may have at most 25 MiB"))?;
    let content_type = request.header(CONTENT_TYPE).unwrap_or_default();
    if bytes.is_empty() && content_type.is_empty() {
        return Err(Error::new(400, "body_missing", format!("send a body as {first}")));
    }
    let media = body::essence(content_type);
    let Some((_, schema)) = operation.bodies.iter().find(|(known, _)| *known == media) else {
        return Err(Error::new(415, "unsupported_media_type", format!("send the body as {first}")));
    };
    match body::read(content_type, bytes)? {
        Body::Json(value) => {
            issues.extend(schema::check(&spec.document, schema, &value, ""));
            if let Value::Object(fields) = body::without_nulls(value) {
                input.body = fields;
            }
        }
        Body::Upload(file, fields) => {
            if file.is_none() {
                issues.push(Issue { field: "file".to_owned(), issue: "is required".to_owned() });
            }
            input.file = file;
            input.body = fields;
        }
    }
    Ok(())
}

fn write(
    (answer, profile_id): (Answer, String),
    envelope: Option<Envelope>,
    query: &Query,
    path: &str,
) -> Reply {
    let (body, link) = match (answer.body, envelope) {
        (Some(body), Some(envelope)) => {
            let (body, link) = envelope.wrap(body, query, path);
            (Some(body), link)
        }
        (body, _) => (body, None),
    };
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let mut reply = Reply::new(answer.status, JSON, body);
    reply.headers.push(("x-profile-id", profile_id));
    reply.headers.extend(link.map(|link| ("link", link)));
    reply
}
