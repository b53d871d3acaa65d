//! faktoora makes invoices in its own time: a call gives an id, and another one says when the file is there. Here both are
//! one question, [`WHOLE`], a tool of ours that is offered where the server has the tools behind it.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant, sleep_until};

use super::super::{Call, Caller, Done, Outcome, Passed};
use super::outcome::{failed, passed};
use super::records::{named_in, texts};
use super::sending::Running;
use super::work::words;
use super::{Bridged, Offered};
use crate::bridge::Request;
use crate::failure::{Exit, Failure};
use crate::https::Safety;

/// Where it is offered.
pub const SERVICE: &str = "faktoora";
/// Our tool.
pub const WHOLE: &str = "create_invoice_and_wait";
/// Says what became of an invoice.
const STATUS: &str = "get_invoice_status";
/// Which of the server's tools makes it, by the argument `kind`.
const KINDS: &[(&str, &str)] = &[
    ("simple", "create_invoice_simple"),
    ("zugferd2", "create_invoice_zugferd2"),
    ("xrechnung", "create_invoice_xrechnung"),
];
const KIND: &str = "kind";
/// Words of `jobStatus` after which nothing changes any more.
const READY: &[&str] = &["done", "completed", "finished", "success"];
const FAILED: &[&str] = &["failed", "error", "rejected", "cancelled", "canceled", "aborted"];
/// From the call to its answer.
const LONGEST: Duration = Duration::from_secs(50);
/// Left for the answer to be written while its caller still waits.
const FOR_THE_ANSWER: Duration = Duration::from_secs(2);
/// Between two looks, growing.
const PAUSES: [u64; 4] = [500, 1_000, 1_500, 2_000];
const LAST_PAUSE: u64 = 3_000;

/// Our tool, made of the server's, where it has them all.
pub fn whole(service: &str, account: &str, tools: &[Offered]) -> Option<Offered> {
    let has = |name: &str| tools.iter().find(|offered| offered.remote_name == name);
    if service != SERVICE || has(STATUS).is_none() {
        return None;
    }
    let kinds: Vec<(&str, &Offered)> =
        KINDS.iter().filter_map(|(kind, name)| Some((*kind, has(name)?))).collect();
    // The schema is the same for all, says the page; the last one has the most.
    let (_, inner) = kinds.last()?;
    let mut whole = (*inner).clone();
    let mut schema = (*inner.tool.input_schema).clone();
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
    if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        let mut all = Map::from_iter([(KIND.to_owned(), json!({"type": "string", "enum": names}))]);
        all.extend(std::mem::take(properties));
        *properties = all;
    }
    match schema.get_mut("required") {
        Some(Value::Array(required)) => required.insert(0, json!(KIND)),
        _ => drop(schema.insert("required".into(), json!([KIND]))),
    }
    WHOLE.clone_into(&mut whole.tool.name);
    whole.tool.description = format!(
        "[{account}] Creates an invoice of this kind and waits until its file is made, at most 50 s. Gives faktooraId and \
         jobStatus; then download_invoice."
    );
    whole.tool.input_schema = Arc::new(schema);
    whole.tool.output_schema = None;
    whole.tool.more = None;
    WHOLE.clone_into(&mut whole.remote_name);
    whole.whole = true;
    Some(whole)
}

/// What is known of an invoice that is being made.
struct Made {
    id: String,
    /// What the server answered to the create.
    answer: Map<String, Value>,
    /// What it last said.
    status: Option<Value>,
    until: Instant,
}

impl Bridged {
    /// Creates and waits.
    pub(super) async fn create_and_wait(&self, mut call: Call) -> Result<Outcome, Failure> {
        let began = Instant::now();
        let latest = began + LONGEST;
        let until = call
            .caller
            .until
            .map_or(latest, |until| until.checked_sub(FOR_THE_ANSWER).unwrap_or(until).min(latest));
        let tool = inner(&call.tool, &mut call.arguments)?;
        let (offered, caller) = (self.find(tool)?, call.caller.clone());
        let outcome = self.carry_out(offered, Call { tool: tool.to_owned(), ..call }).await?;
        let Outcome::Passed(Passed { result, receipt }) = outcome else { return Ok(outcome) };
        let named = named_in(&result);
        let Some(id) = named.id.filter(|_| !failed(&result)) else {
            return Ok(Outcome::Passed(Passed { result, receipt }));
        };
        let made = Made { id, answer: result, status: None, until };
        let done = self.wait_until_made(made, &caller, began).await;
        Ok(Outcome::Done(Done { receipt, ..done }))
    }

    /// Asks until the file is made, nothing changes any more, or the time is up.
    async fn wait_until_made(&self, mut made: Made, caller: &Caller, began: Instant) -> Done {
        let mut pauses = PAUSES.into_iter();
        let mut looks = 0_u32;
        loop {
            let pause = Duration::from_millis(pauses.next().unwrap_or(LAST_PAUSE));
            let next = Instant::now() + pause;
            if next >= made.until || caller.cancelled.is_cancelled() {
                return self.told(&made, Ended::NotYet);
            }
            tokio::select! {
                () = sleep_until(next) => {}
                () = caller.cancelled.cancelled() => return self.told(&made, Ended::NotYet),
            }
            looks += 1;
            if let Some(status) = self.status_of(&made, caller).await {
                made.status = Some(status);
            }
            let job = job(made.status.as_ref()).map(str::to_lowercase);
            if let Some(progress) = &caller.progress {
                let so_far = began.elapsed().as_secs();
                let job = job.as_deref().unwrap_or("unknown");
                progress(f64::from(looks), None, &format!("{} is {job} after {so_far} s", made.id));
            }
            match job.as_deref() {
                Some(job) if READY.contains(&job) => return self.told(&made, Ended::Ready),
                Some(job) if FAILED.contains(&job) => return self.told(&made, Ended::Failed),
                _ => {}
            }
        }
    }

    /// What the server says of the invoice now; nothing where it does not say it.
    async fn status_of(&self, made: &Made, caller: &Caller) -> Option<Value> {
        let offered = self.find(STATUS).ok()?;
        let arguments = Map::from_iter([("faktooraId".to_owned(), json!(made.id))]);
        let quiet = Caller { elicitation: None, progress: None, ..caller.clone() };
        let call = Call { tool: STATUS.to_owned(), arguments, answered: None, caller: quiet };
        let work = super::Work::new(offered, call).ok()?;
        self.admit(&work, Safety::Read).await.map(drop).ok()?;
        let request = Request {
            method: "tools/call".to_owned(),
            params: work.params(),
            safety: Safety::Read,
            until: made.until,
        };
        let running = Running::start(&self.upstream, request, &work.caller, None, &self.under_way);
        let arrived = tokio::time::timeout_at(made.until, running.task).await.ok()?.ok()?;
        let result = passed(arrived.answer.ok()?);
        if failed(&result) {
            return None;
        }
        let parsed = || texts(&result).find_map(|text| serde_json::from_str::<Value>(text).ok());
        result.get("structuredContent").cloned().or_else(parsed).filter(Value::is_object)
    }

    fn told(&self, made: &Made, ended: Ended) -> Done {
        let id = &made.id;
        let (ready, message, hint) = match ended {
            Ended::Ready => (
                true,
                format!("invoice {id} is made"),
                format!("`download_invoice` with faktooraId `{id}` gives its file"),
            ),
            Ended::Failed => (
                false,
                format!("invoice {id} was accepted, but its file could not be made"),
                format!(
                    "tell the person what `status` says; `{STATUS}` with faktooraId `{id}` shows it again"
                ),
            ),
            Ended::NotYet => (
                false,
                format!("invoice {id} was accepted, and its file is not made yet"),
                format!(
                    "do not create it again: call `{STATUS}` with faktooraId `{id}` in a while, and `download_invoice` once jobStatus is `done`"
                ),
            ),
        };
        let mut facts = Map::new();
        facts.insert("created".into(), json!(true));
        facts.insert("faktooraId".into(), json!(id));
        facts.insert("ready".into(), json!(ready));
        facts.insert("message".into(), json!(message));
        if let Some(job) = job(made.status.as_ref()) {
            facts.insert("jobStatus".into(), json!(job));
        }
        if let Some(status) = &made.status {
            facts.insert("status".into(), status.clone());
        }
        let answer =
            texts(&made.answer).find_map(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
        if let Some(answer) = answer.filter(|answer| answer.len() > 1) {
            facts.insert("answer".into(), Value::Object(answer));
        }
        facts.insert("hint".into(), json!(hint));
        self.done(facts, None)
    }
}

/// How the waiting ended.
#[derive(Clone, Copy)]
enum Ended {
    Ready,
    Failed,
    NotYet,
}

/// The server's tool behind a call of ours.
fn inner(tool: &str, arguments: &mut Map<String, Value>) -> Result<&'static str, Failure> {
    let kind = words(tool, arguments, KIND)?;
    let known = |kind: &String| KINDS.iter().find(|(name, _)| name == kind).map(|(_, inner)| *inner);
    kind.as_ref().and_then(known).ok_or_else(|| {
        let names: Vec<_> = KINDS.iter().map(|(name, _)| format!("`{name}`")).collect();
        Failure::new(
            "bad_argument",
            Exit::Refused,
            format!("`{KIND}` of `{tool}` is missing or not known; nothing was sent"),
        )
        .hint(format!("give `{KIND}` as one of {}", names.join(", ")))
    })
}

fn job(status: Option<&Value>) -> Option<&str> {
    status?.get("jobStatus")?.as_str()
}
