//! A call of a remote tool between its stations, and our own arguments taken out of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant};

use super::super::rate_limit::Waits;
use super::super::{Call, Caller};
use super::tools::Offered;
use crate::catalogue::Effect;
use crate::failure::{Exit, Failure};
use crate::journal::{Confirmed, Kind};

/// A call has its answer by then.
const CALL: Duration = Duration::from_secs(45);
/// Left for the answer to be written while its caller still waits.
const FOR_THE_ANSWER: Duration = Duration::from_secs(2);

/// A call between its stations.
pub(super) struct Work {
    /// As the caller named the tool.
    pub tool: String,
    pub offered: Arc<Offered>,
    /// The method of a request beside tools, whose params are what is given.
    pub beside: Option<&'static str>,
    /// As given, without our own arguments.
    pub given: Map<String, Value>,
    /// As they are sent, where that is not as given.
    pub sent: Option<Map<String, Value>>,
    pub dry_run: bool,
    pub allow_duplicate: bool,
    pub confirm_number: Option<String>,
    /// The file that a file of the result goes to.
    pub save_to: Option<String>,
    /// The digest of a file that was read in.
    pub file: Option<String>,
    pub confirmed: Confirmed,
    /// For permits.
    pub waits: Waits,
    pub caller: Caller,
    /// The call has its answer by then.
    pub ends: Instant,
}

impl Work {
    pub fn new(offered: Arc<Offered>, call: Call) -> Result<Self, Failure> {
        let Call { tool, mut arguments, caller, .. } = call;
        let latest = Instant::now() + CALL;
        let ends = caller
            .until
            .map_or(latest, |until| until.checked_sub(FOR_THE_ANSWER).unwrap_or(until).min(latest));
        let (mut dry_run, mut allow_duplicate, mut confirm_number) = (false, false, None);
        if offered.effect != Effect::Reads {
            dry_run = flag(&tool, &mut arguments, "dry_run")?;
            confirm_number = words(&tool, &mut arguments, "confirm_number")?;
            if may_be_meant_twice(offered.effect) {
                allow_duplicate = flag(&tool, &mut arguments, "allow_duplicate")?;
            }
        }
        Ok(Self {
            tool,
            beside: None,
            given: arguments,
            sent: None,
            dry_run,
            allow_duplicate,
            confirm_number,
            save_to: None,
            file: None,
            confirmed: Confirmed::NotAsked,
            waits: if caller.until.is_some() { Waits::default() } else { Waits::patient() },
            caller,
            ends,
            offered,
        })
    }

    /// A request beside tools: it reads, and goes the way of a tool that does.
    pub fn beside(method: &'static str, params: Map<String, Value>, caller: Caller) -> Result<Self, Failure> {
        let offered = Arc::new(Offered::beside(method));
        let call = Call { tool: method.to_owned(), arguments: params, answered: None, caller };
        Ok(Self { beside: Some(method), ..Self::new(offered, call)? })
    }

    pub fn writes(&self) -> bool {
        self.offered.effect != Effect::Reads
    }

    /// The tool as the server knows it.
    pub fn remote_name(&self) -> &str {
        &self.offered.remote_name
    }

    /// What is sent.
    pub fn arguments(&self) -> &Map<String, Value> {
        self.sent.as_ref().unwrap_or(&self.given)
    }

    /// What a yes is bound to: a yes to one is no yes to another one of the same.
    pub fn bound(&self) -> Value {
        let mut bound = self.given.clone();
        if let Some(digest) = &self.file {
            bound.insert("file".into(), json!({ "sha256": digest }));
        }
        if self.allow_duplicate {
            bound.insert("allow_duplicate".into(), Value::Bool(true));
        }
        Value::Object(bound)
    }

    /// The params of its request.
    pub fn params(&self) -> Map<String, Value> {
        if self.beside.is_some() {
            return self.given.clone();
        }
        let mut params = Map::new();
        params.insert("name".into(), json!(self.remote_name()));
        params.insert("arguments".into(), Value::Object(self.offered.for_remote(self.arguments().clone())));
        params
    }

    pub fn kind(&self) -> Kind {
        match self.offered.effect {
            Effect::Creates => Kind::Create,
            Effect::Updates => Kind::Update,
            Effect::Deletes => Kind::Delete,
            Effect::Acts | Effect::Reads => Kind::Act,
        }
    }

    /// Tells a caller that wants progress what is waited for.
    pub fn tell(&self, what: &str) {
        if let Some(progress) = &self.caller.progress {
            progress(0.0, None, what);
        }
    }
}

/// What is guarded against being done twice, and so takes `allow_duplicate`.
pub fn may_be_meant_twice(effect: Effect) -> bool {
    matches!(effect, Effect::Creates | Effect::Acts)
}

/// A yes or no of ours. Anything else is refused: a `dry_run` that is not understood must not act.
fn flag(tool: &str, arguments: &mut Map<String, Value>, name: &str) -> Result<bool, Failure> {
    match arguments.shift_remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(given)) => Ok(given),
        Some(_) => Err(wrong(tool, name, "true or false")),
    }
}

/// A text of ours; a number counts as its digits.
pub(super) fn words(
    tool: &str,
    arguments: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<String>, Failure> {
    match arguments.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(wrong(tool, name, "a text")),
    }
}

fn wrong(tool: &str, name: &str, wanted: &str) -> Failure {
    let message = format!("`{name}` of `{tool}` is not {wanted}; nothing was sent");
    Failure::new("bad_argument", Exit::Refused, message)
        .hint(format!("give `{name}` as {wanted}, or leave it out"))
}
