//! The whole story of a call: find, check, resolve, permit, build, send, redact. The terminal and the
//! MCP face both enter at [`Gateway::call`], so that they obey the same rules.

mod accounts;
mod answer;
pub mod bridged;
mod call;
pub mod calls;
pub mod completion;
mod confirmation;
mod connection;
mod consent;
mod creating;
mod described;
mod difference;
mod files;
mod fingerprint;
mod following;
mod guides;
mod held;
mod key_mode;
mod lean;
mod lists;
pub mod policy;
mod profiles;
mod prompts;
pub mod rate_limit;
mod reading;
mod receipt;
mod recovery;
mod redaction;
mod repeating;
pub mod reports;
mod resolve;
pub mod resources;
mod setup;
pub mod spoken;
mod tools;
mod totals;
mod unoffered;
mod updating;
mod writing;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::api;
pub use crate::bridge::Notice;
use crate::catalogue::{self, Answer, Effect, Endpoint, request::Wire};
use crate::credentials;
use crate::failure::{Exit, Failure};
use crate::journal::{Confirmed, Journal};
use crate::workflows;
pub use accounts::{Absent, Accounts, Served as ServedAccount};
pub use call::{
    Action, Answered, Ask, Asks, Call, Caller, Done, Listed, Outcome, Passed, Passing, ProgressSink,
    Question, Rejected, Tool,
};
use confirmation::Confirmations;
use connection::Connection;
use consent::{Agreed, Asking};
pub use lean::is_lean;
use policy::Plan;
use profiles::Effective;
use rate_limit::{RateLimits, Waits};
pub use receipt::Receipt;
pub use setup::{Facts, Setup};
pub use tools::{Selection, names, row};

/// What is served, and the way of every call.
pub struct Gateway {
    sandbox: bool,
    keys: Arc<dyn credentials::Keys>,
    selection: Selection,
    level: policy::Level,
    files: Vec<std::path::PathBuf>,
    confirmations: Confirmations,
    rate_limits: RateLimits,
    journal: Arc<Journal>,
    duplicate_window: Duration,
    connection: RwLock<Arc<Connection>>,
    reload: setup::Reload,
    changes: watch::Sender<u64>,
    remember_read_only: Box<dyn Fn() + Send + Sync>,
    completions: completion::Recent,
}

/// A call between its stations.
struct Work {
    connection: Arc<Connection>,
    endpoint: &'static Endpoint,
    arguments: Map<String, Value>,
    /// The arguments as given, with names turned into ids and nothing filled in.
    given: Map<String, Value>,
    profile: Effective,
    current: Option<Value>,
    dry_run: bool,
    allow_duplicate: bool,
    confirm_number: Option<String>,
    /// The workflow that makes this call, where it creates.
    made_by: Option<creating::MadeBy>,
    confirmed: Confirmed,
    notes: Vec<String>,
    /// For permits and for the API.
    waits: Waits,
    seen: updating::Seen,
    caller: Caller,
}

impl Gateway {
    /// The tools that are listed and may be called, in a stable order. Touches neither keyring nor network.
    pub fn tools(&self) -> Arc<Vec<Tool>> {
        let connection = self.connection();
        connection.served.list(self.schemas(&connection))
    }

    fn schemas(&self, connection: &Connection) -> catalogue::schema::Options<'_> {
        catalogue::schema::Options {
            several_profiles: connection.profiles.several(),
            confirms_writes: self.level == policy::Level::Writes,
            listed: &[],
        }
    }

    /// Changes its value whenever [`Gateway::tools`] would answer differently.
    pub fn tools_changed(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Calls a tool.
    pub async fn call(&self, call: Call) -> Outcome {
        tracing::info!(tool = call.tool, client = call.caller.name, "call");
        match self.carry_out(call).await {
            Ok(outcome) => outcome,
            Err(failure) => Outcome::Failed(redaction::failure(failure)),
        }
    }

    async fn carry_out(&self, call: Call) -> Result<Outcome, Failure> {
        let connection = self.connection();
        let call = match self.unwrapped(&connection, call)? {
            ControlFlow::Break(done) => return Ok(Outcome::Done(done)),
            ControlFlow::Continue(call) => call,
        };
        let endpoint = connection.served.find(&call.tool)?;
        let mut work = check(connection, endpoint, call.arguments, call.caller)?;
        // What needs no books works without account, keyring and network.
        if endpoint.is_local() {
            work.arguments.shift_remove("profile_id");
        } else {
            work.profile = self.profile(&mut work).await?;
            self.resolve(&mut work).await?;
        }
        if let Some(workflow) = workflows::find(endpoint.tool) {
            return Box::pin(self.follow(workflow, work, call.answered)).await;
        }
        if matches!(endpoint.answer, Answer::List(_)) {
            let found = self.list(&work).await?;
            return Ok(Outcome::Done(self.done(&work, found)));
        }
        // A preview promises no more than the call would do.
        policy::refuse_unsafe(endpoint, work.current.as_ref())?;
        updating::refuse_frozen(&work)?;
        self.refuse_unsavable(&work)?;
        if work.endpoint.writes() && work.connection.described().is_some() {
            spoken::refuse_untold(&work, &self.build(&work)?)?;
        }
        if !work.dry_run
            && let Some(question) = self.permit(&mut work, call.answered)?
        {
            return Ok(Outcome::Ask(question));
        }
        self.go_on(work).await
    }

    /// From a yes on, or where none is needed: build, send, and say what became of it.
    async fn go_on(&self, work: Work) -> Result<Outcome, Failure> {
        let wire = self.build(&work)?;
        if work.dry_run {
            return Ok(Outcome::Done(self.preview(&work, wire)?));
        }
        if work.endpoint.writes() {
            return Box::pin(self.write(work, wire)).await.map(Outcome::Done);
        }
        let reply = self.ask(&work, wire).await?;
        let facts = self.described_facts(&work, reply)?;
        Ok(Outcome::Done(self.done(&work, facts)))
    }

    /// The profile of the call. Writes need to know it; reads take what the key gives.
    async fn profile(&self, work: &mut Work) -> Result<Effective, Failure> {
        let argument =
            work.arguments.shift_remove("profile_id").and_then(|id| id.as_str().map(str::to_owned));
        let writes = work.endpoint.effect != Effect::Reads;
        if work.connection.profiles.names_need_the_list(argument.as_deref()) {
            self.learn_profiles(work).await?;
        }
        let mut effective = work.connection.profiles.effective(argument.as_deref())?;
        if writes && effective == Effective::Unknown {
            match self.learn_profiles(work).await {
                // An API that has no list of profiles, as its description says, has none to choose from: the key's own.
                Err(failure) if failure.code == "not_described" => return Ok(effective),
                learned => learned.map_err(|failure| {
                    resolve::not_sent(work.tool(), "asking for the key's profiles", failure)
                })?,
            }
            effective = work.connection.profiles.effective(argument.as_deref())?;
        } else if writes
            && work.connection.profiles.known().is_none()
            && self.learn_profiles(work).await.is_ok()
        {
            // Only for the name that the answer and the question show: the id is known.
            effective = work.connection.profiles.effective(argument.as_deref())?;
        }
        match effective {
            Effective::Several(profiles) if writes => {
                Err(profiles::choose_first(work.endpoint.tool, &profiles))
            }
            effective => Ok(effective),
        }
    }

    async fn learn_profiles(&self, work: &Work) -> Result<(), Failure> {
        let reply = self.read(work, "/v1/profiles".to_owned(), Vec::new()).await?;
        let page = api::pages::Page::read(reply.body, None, "profiles");
        work.connection.profiles.learn(&page.records);
        if work.connection.profiles.several() {
            self.changes.send_modify(|change| *change += 1);
        }
        Ok(())
    }

    /// Whether a person has to say yes first, and whether one has.
    fn permit(&self, work: &mut Work, answered: Option<Answered>) -> Result<Option<Question>, Failure> {
        let mut arguments = work.arguments.clone();
        if work.allow_duplicate {
            // A yes to one is no yes to another one of the same.
            arguments.insert("allow_duplicate".into(), Value::Bool(true));
        }
        let plan = Plan {
            endpoint: work.endpoint,
            arguments: &arguments,
            current: work.current.as_ref(),
            profile: &work.profile,
        };
        let Some(changes) = plan.needs_yes(self.level) else { return Ok(None) };
        let message = plan.question(&changes);
        let label = plan.label();
        let shown = updating::bound_to(work, &message);
        let asking = Asking { label: &label, message: &message, would: &message, shown: &shown, facts: None };
        match self.agree(work, answered, &asking)? {
            Agreed::Yes(confirmed) => {
                work.confirmed = confirmed;
                Ok(None)
            }
            Agreed::Ask(question) => Ok(Some(question)),
        }
    }

    fn build(&self, work: &Work) -> Result<Wire, Failure> {
        if work.endpoint.is_extra() {
            return self.described_wire(work);
        }
        let arguments = self.with_file(work)?;
        Ok(catalogue::request::build(
            work.endpoint,
            arguments.as_ref().unwrap_or(&work.arguments),
            work.current.as_ref(),
        )?)
    }

    /// A read of one answer.
    async fn ask(&self, work: &Work, wire: Wire) -> Result<api::Reply, Failure> {
        let request = answer::request(work, wire);
        let _permit = self.admit(work, request.safety).await?;
        match self.transmit(work, &request).await.map_err(Failure::from) {
            Err(failure)
                if work.endpoint.tool == "get_company_info"
                    && failure.facts.get("http_status") == Some(&Value::from(404)) =>
            {
                self.company_from_profile(work, failure).await
            }
            other => other,
        }
    }

    /// Waits until what calls have written down is kept. To be called before the process ends.
    pub async fn close(&self) {
        self.journal.flush().await;
    }

    /// Why a tool is not served, in the words of a refused call.
    pub fn why_not(&self, tool: &str) -> Failure {
        let unlisted = || Failure::new("unknown_tool", Exit::Refused, format!("there is no tool `{tool}`"));
        self.connection().served.find(tool).err().unwrap_or_else(unlisted)
    }
}

fn check(
    connection: Arc<Connection>,
    endpoint: &'static Endpoint,
    arguments: Map<String, Value>,
    caller: Caller,
) -> Result<Work, Failure> {
    let mut arguments = catalogue::check::check(endpoint, arguments)?;
    let dry_run = arguments.shift_remove("dry_run") == Some(Value::Bool(true));
    let allow_duplicate = arguments.shift_remove("allow_duplicate") == Some(Value::Bool(true));
    let confirm_number =
        arguments.shift_remove("confirm_number").and_then(|number| number.as_str().map(str::to_owned));
    let profile = Effective::Unknown;
    Ok(Work {
        connection,
        endpoint,
        given: Map::new(),
        arguments,
        profile,
        current: None,
        dry_run,
        allow_duplicate,
        confirm_number,
        made_by: None,
        confirmed: Confirmed::NotAsked,
        notes: Vec::new(),
        waits: if caller.until.is_some() { Waits::default() } else { Waits::patient() },
        seen: updating::Seen::nothing(),
        caller,
    })
}
