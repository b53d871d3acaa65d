//! A server that follows a variant: the real sandbox behind a front that knows the variant's words only, and refuses
//! what an API of that description would refuse. It keeps which operations were called.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::document::unpaged;
use super::envelope::{ListShape, Page, Paging, wrap};
use super::noise::{self, Kind, Noise};
use super::ours;
use super::plan::{Plan, Route};
use super::upstream::{Reply, send};
use super::walk::{inward, outward};
use crate::support::{Answer, Recorded, SandboxProcess, ScriptedServer, http};

/// Listens until dropped.
pub struct Front {
    pub sandbox: Arc<SandboxProcess>,
    server: ScriptedServer,
    inner: Arc<Inner>,
}

struct Inner {
    plan: Arc<Plan>,
    document: String,
    noise: Vec<Noise>,
    upstream: String,
    /// Tools of ours whose operations were called, and `noise: …`, `unknown: …`.
    called: Mutex<Vec<String>>,
    lose_next_create: AtomicBool,
    /// The sandbox's last `date` line.
    date: Mutex<String>,
}

/// A refusal of the front itself.
struct Refusal(u16, &'static str, String);

impl Front {
    pub fn start(plan: &Arc<Plan>) -> Self {
        let sandbox = Arc::new(SandboxProcess::start(&[]));
        let inner = Arc::new(Inner {
            plan: Arc::clone(plan),
            document: super::document::text(plan),
            noise: noise::operations(plan),
            upstream: sandbox.url.clone(),
            called: Mutex::default(),
            lose_next_create: AtomicBool::new(false),
            date: Mutex::default(),
        });
        let own = Arc::clone(&inner);
        let server = ScriptedServer::start(move |request| own.answer(request));
        Self { sandbox, server, inner }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Whether the variant has an operation that sends an invoice.
    pub fn sends(&self) -> bool {
        self.inner.noise.iter().any(|noise| noise.kind == Kind::Send)
    }

    /// What was called since the last time.
    pub fn take_called(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.called.lock().unwrap())
    }

    /// The next create is done, and its answer lost.
    pub fn lose_next_create(&self) {
        self.inner.lose_next_create.store(true, Ordering::SeqCst);
    }
}

impl Inner {
    fn answer(&self, request: &Recorded) -> Answer {
        let target = request.target.split_once('?').unwrap_or((&request.target, ""));
        if target.0 == "/description" {
            return Answer::Bytes(http(200, &["content-type: application/octet-stream"], &self.document));
        }
        match self.routed(request, target.0, target.1) {
            Ok(answer) => answer,
            Err(Refusal(status, code, message)) => {
                let body = json!({ "error": { "code": code, "message": message }, "request_id": "front" });
                self.json(status, &[], &body.to_string())
            }
        }
    }

    fn routed(&self, request: &Recorded, path: &str, query: &str) -> Result<Answer, Refusal> {
        let method = request.method.to_lowercase();
        let rest = path.strip_prefix(self.plan.base()).unwrap_or("\0");
        let candidates = self.plan.routes.iter().filter(|route| fits(&route.path, rest).is_some());
        let mut known = candidates.clone().peekable();
        // A path without braces wins over one with, as in every router.
        let route = candidates
            .filter(|route| route.method == method)
            .min_by_key(|route| route.path.matches('{').count());
        let noise = self.noise.iter().filter(|noise| fits(&noise.path, rest).is_some());
        let noise =
            noise.filter(|noise| noise.method == method).min_by_key(|noise| noise.path.matches('{').count());
        if let Some(noise) = noise
            && route.is_none_or(|route| route.path.contains('{') && !noise.path.contains('{'))
        {
            self.note(format!("noise: {} {}", noise.method, noise.path));
            return Ok(self.unrelated(request, noise, rest));
        }
        let Some(route) = route else {
            self.note(format!("unknown: {method} {path}"));
            return Err(match known.peek() {
                Some(_) => Refusal(405, "method_not_allowed", format!("{method} is not allowed here")),
                None => Refusal(404, "unknown_path", format!("there is no {path}")),
            });
        };
        self.note(route.ours.tool.clone());
        let id = fits(&route.path, rest).and_then(|ids| ids.into_iter().next());
        let theirs = pairs(query);
        if route.ours.lists().is_some() {
            return self.list(request, route, &theirs, path);
        }
        self.record(request, route, id.as_deref(), &theirs)
    }

    fn list(
        &self,
        request: &Recorded,
        route: &Route,
        theirs: &[(String, String)],
        path: &str,
    ) -> Result<Answer, Refusal> {
        let paging = if route.paged() { self.plan.paging.clone() } else { unpaged() };
        let window = if route.paged() { paging.window(theirs) } else { Ok((0, usize::MAX >> 1)) };
        let (start, size) = window.map_err(|why| Refusal(422, "invalid_parameter", why))?;
        let query = self.query(route, theirs);
        let mut all = Vec::new();
        loop {
            let page = all.len() / 100 + 1;
            let paged = if route.paged() { format!("limit=100&page={page}") } else { String::new() };
            let target = format!("{}?{}", route.ours.path, [query.clone(), paged].join("&"));
            let reply = self.send(request, "GET", &target, None);
            if reply.status != 200 {
                return Ok(self.hand_on(&reply));
            }
            let rows = reply.json["data"].as_array().cloned().unwrap_or_default();
            let last = rows.len() < 100 || !route.paged();
            all.extend(rows);
            if last {
                break;
            }
        }
        let (total, schema, subject) = (all.len(), route.ours.lists().unwrap(), route.ours.subject());
        let records: Vec<Value> = all
            .into_iter()
            .skip(start)
            .take(size)
            .map(|record| outward(&self.plan, schema, &subject, "", record))
            .collect();
        let next = (start + records.len() < total && route.paged())
            .then(|| next_page(&paging, theirs, path, start, size));
        let mut headers = Vec::new();
        if self.plan.envelope.list == ListShape::Bare {
            headers.push(format!("x-total-count: {total}"));
            headers.extend(next.iter().map(|next| format!("link: <{next}>; rel=\"next\"")));
        }
        let page = Page { records, start, size: size.min(total.max(1)), total, next };
        let page = if route.paged() { Page { size, ..page } } else { page };
        let body = self.plan.envelope.list.body(page, &route.many, self.plan.names.fields_case);
        Ok(self.json(200, &headers, &body.to_string()))
    }

    fn record(
        &self,
        request: &Recorded,
        route: &Route,
        id: Option<&str>,
        theirs: &[(String, String)],
    ) -> Result<Answer, Refusal> {
        let path = route.ours.path.replace("{id}", id.unwrap_or_default());
        let target = format!("{path}?{}", self.query(route, theirs));
        let method = route.ours.method.to_uppercase();
        let reply = match route.ours.sends() {
            Some(schema) => {
                let mut body = self.body(request, route, schema)?;
                if route.method == "patch" {
                    let current = self.send(request, "GET", &path, None);
                    if current.status != 200 {
                        return Ok(self.hand_on(&current));
                    }
                    body = merged(schema, &current.json, body);
                }
                self.send(request, &method, &target, Some(body.to_string().into_bytes()))
            }
            None if method == "POST" => self.send(request, &method, &target, Some(request.body.clone())),
            None => self.send(request, &method, &target, None),
        };
        if !(200..300).contains(&reply.status) {
            return Ok(self.hand_on(&reply));
        }
        if route.ours.tool.starts_with("create_") && self.lose_next_create.swap(false, Ordering::SeqCst) {
            return Ok(Answer::Reset);
        }
        let Some(schema) = route.ours.answers().1.filter(|_| reply.status != 204) else {
            return Ok(Answer::Bytes(http(reply.status, &[], "")));
        };
        let record = outward(&self.plan, schema, &route.ours.subject(), "", reply.json);
        let body = wrap(&route.answer_keys(&self.plan), record);
        Ok(self.json(reply.status, &[], &body.to_string()))
    }

    /// The body of a request in the sandbox's words.
    fn body(&self, request: &Recorded, route: &Route, schema: &Value) -> Result<Value, Refusal> {
        let invalid = |why: String| Refusal(422, "invalid_body", why);
        let mut body: Value =
            serde_json::from_slice(&request.body).map_err(|error| invalid(error.to_string()))?;
        for key in route.request_keys(&self.plan) {
            body =
                body.get_mut(&key).map(Value::take).ok_or_else(|| invalid(format!("`{key}` is missing")))?;
        }
        if !body.is_object() {
            return Err(invalid("the record is no object".to_owned()));
        }
        let mut unknown = Vec::new();
        let subject = ours::component(schema).map(ours::subject_of).unwrap_or_default();
        let read = inward(&self.plan, schema, (&subject, ""), body, &mut unknown);
        for field in &unknown {
            self.note(format!("unknown field: {} {field}", route.ours.tool));
        }
        if self.plan.strict && !unknown.is_empty() {
            return Err(invalid(format!("unknown: {}", unknown.join(", "))));
        }
        Ok(read)
    }

    /// The query in the sandbox's words; what the variant does not know is ignored.
    fn query(&self, route: &Route, theirs: &[(String, String)]) -> String {
        let parameters = route.ours.parameters();
        let parameters = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let mut read = Vec::new();
        let paging = self.plan.paging.parameters();
        for (key, _) in theirs {
            let known = parameters
                .clone()
                .any(|parameter| route.parameter(&self.plan, parameter["name"].as_str().unwrap()) == *key);
            let of_a_page = route.paged() && paging.iter().any(|parameter| parameter["name"] == key.as_str());
            if !known && !of_a_page {
                self.note(format!("unknown parameter: {} {key}", route.ours.tool));
            }
        }
        for parameter in parameters {
            let ours = parameter["name"].as_str().unwrap();
            if ours == "page" || ours == "limit" || route.is_lost(&self.plan, ours) {
                continue;
            }
            let name = route.parameter(&self.plan, ours);
            let Some((_, value)) = theirs.iter().find(|(key, _)| *key == name) else { continue };
            let values = ours::follow(&parameter["schema"])["enum"].as_array();
            let known =
                values.into_iter().flatten().filter_map(Value::as_str).find(|ours_value| match ours {
                    "sort" => self.plan.names.sort_value(&route.ours.subject(), ours_value) == *value,
                    _ => self.plan.names.value(ours, ours_value) == *value,
                });
            let value = if values.is_some() { known.unwrap_or("not-a-value") } else { value };
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            text.append_pair(ours, value);
            read.push(text.finish());
        }
        read.join("&")
    }

    /// A refusal of the sandbox, whose words for fields are theirs no longer.
    fn hand_on(&self, reply: &Reply) -> Answer {
        let body = reply.json.to_string();
        self.json(reply.status, &[], &body)
    }

    fn unrelated(&self, request: &Recorded, noise: &Noise, rest: &str) -> Answer {
        if noise.kind == Kind::Pdf {
            return Answer::Bytes(http(200, &["content-type: application/pdf"], "%PDF-1.4\n%%EOF\n"));
        }
        if noise.kind == Kind::Send {
            let id = fits(&noise.path, rest).and_then(|ids| ids.into_iter().next()).unwrap_or_default();
            let path = format!("/v1/invoices/{id}");
            let current = self.send(request, "GET", &path, None);
            let update =
                ours::operations().iter().find(|operation| operation.tool == "update_invoice").unwrap();
            let body = merged(update.sends().unwrap(), &current.json, json!({ "status": "sent" }));
            let reply = self.send(request, "PUT", &path, Some(body.to_string().into_bytes()));
            if reply.status != 200 {
                return self.hand_on(&reply);
            }
        }
        let body = json!({ "id": "n-1", "name": "made up" }).to_string();
        self.json(200, &[], &body)
    }

    /// A request to the sandbox, whose clock the front's answers tell.
    fn send(&self, original: &Recorded, method: &str, target: &str, body: Option<Vec<u8>>) -> Reply {
        let reply = send(&self.upstream, original, method, target, body);
        if let Some(date) = reply.head.lines().find(|line| line.to_lowercase().starts_with("date:")) {
            date.clone_into(&mut self.date.lock().unwrap());
        }
        reply
    }

    /// An answer in JSON, with the clock of the sandbox.
    fn json(&self, status: u16, headers: &[String], body: &str) -> Answer {
        let date = self.date.lock().unwrap().clone();
        let mut lines = vec!["content-type: application/json"];
        lines.extend(headers.iter().map(String::as_str));
        lines.extend((!date.is_empty()).then_some(date.as_str()));
        Answer::Bytes(http(status, &lines, body))
    }

    fn note(&self, what: String) {
        self.called.lock().unwrap().push(what);
    }
}

/// What the record holds of the fields that an update may carry, with the changes over it.
fn merged(schema: &Value, current: &Value, changes: Value) -> Value {
    let mut whole = json!({});
    for name in ours::follow(schema)["properties"].as_object().unwrap().keys() {
        if let Some(value) = current.get(name) {
            whole[name] = value.clone();
        }
    }
    for (name, value) in changes.as_object().cloned().unwrap_or_default() {
        whole[&name] = value;
    }
    whole
}

/// Whether a path of the document fits one that was asked for, and the id in it.
fn fits(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut id = Vec::new();
    for (wanted, given) in pattern.iter().zip(&path) {
        if wanted.starts_with('{') && !given.is_empty() {
            id.push((*given).to_owned());
        } else if wanted != given {
            return None;
        }
    }
    Some(id)
}

fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The address of the page after this one.
fn next_page(paging: &Paging, query: &[(String, String)], path: &str, start: usize, size: usize) -> String {
    let (name, value) = match paging {
        Paging::Page { page, first, .. } => (page, (start + size) / size + usize::try_from(*first).unwrap()),
        Paging::Offset { offset, .. } => (offset, start + size),
        Paging::Cursor { cursor, .. } => (cursor, start + size),
    };
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in query.iter().filter(|(key, _)| key != name) {
        text.append_pair(key, value);
    }
    text.append_pair(name, &value.to_string());
    format!("{path}?{}", text.finish())
}
