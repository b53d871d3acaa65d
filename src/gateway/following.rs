//! Following a workflow: its reads, its question and its writes on the gateway's own way.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::calls::{CHANGED_MEANWHILE, Calls, Create, Pending, Proposal, Rows, Stop, Walked, Write, Yes};
use super::confirmation::{Binding, Kept};
use super::consent::{Agreed, Asking};
use super::policy::{self, Plan};
use super::profiles::Profile;
use super::{Answered, Done, Gateway, Outcome, ProgressSink, Receipt, Work, check, files, updating};
use crate::api;
use crate::catalogue::{self, Effect, Endpoint};
use crate::failure::{Exit, Failure};
use crate::journal::{self, Confirmed, Filter};
use crate::workflows::Workflow;

/// How long a workflow works at the most for a client, which waits a little longer.
const TIME: Duration = Duration::from_secs(45);
/// How long a terminal waits, which is for as long as it takes.
const LONG: Duration = Duration::from_secs(24 * 3600);

/// One call of a workflow's tool.
struct Following<'a> {
    gateway: &'a Gateway,
    work: Work,
    /// The answer to the workflow's question, until it is looked at.
    answered: Mutex<Option<Answered>>,
    /// Of the writes that are done.
    receipt: Mutex<Option<Receipt>>,
    until: Instant,
}

impl Gateway {
    /// Carries a workflow out, arguments checked and resolved.
    pub(super) async fn follow(
        &self,
        workflow: &Workflow,
        mut work: Work,
        answered: Option<Answered>,
    ) -> Result<Outcome, Failure> {
        // The waits of several calls: progress counts up over all of them.
        let steps = AtomicU32::new(0);
        work.caller.progress = work.caller.progress.take().map(|sink| -> ProgressSink {
            Arc::new(move |_, _, what| {
                sink(f64::from(steps.fetch_add(1, Ordering::Relaxed)) + 1.0, None, what);
            })
        });
        work.caller.until = work.caller.until.map(|until| until.min(Instant::now() + TIME));
        let until = work.caller.until.unwrap_or_else(|| Instant::now() + LONG);
        let (answered, receipt) = (Mutex::new(answered), Mutex::new(None));
        let following = Following { gateway: self, work, answered, receipt, until };
        match (workflow.run)(&following).await {
            Ok(facts) => {
                let receipt = following.receipt.into_inner().unwrap_or_else(PoisonError::into_inner);
                Ok(Outcome::Done(Done { receipt, ..self.done(&following.work, facts) }))
            }
            Err(Stop::Ask(question)) => Ok(Outcome::Ask(question)),
            Err(Stop::Failed(failure)) => Err(failure),
        }
    }

    /// A write inside a workflow, from the check to the answer: the yes of the workflow holds for it.
    async fn write_within(&self, outer: &Work, yes: &Yes, write: Write<'_>) -> Result<Done, Failure> {
        let connection = Arc::clone(&outer.connection);
        let endpoint = connection.served.part(write.tool)?;
        let mut work = check(connection, endpoint, write.arguments, outer.caller.clone())?;
        work.allow_duplicate = outer.allow_duplicate;
        work.profile = outer.profile.clone();
        work.confirmed = yes.confirmed;
        self.resolve(&mut work).await?;
        if work.current.as_ref().is_some_and(|current| !(write.unchanged)(current)) {
            let message = format!("the record of `{}` has changed meanwhile; nothing was sent", write.tool);
            return Err(Failure::new(CHANGED_MEANWHILE, Exit::Refused, message));
        }
        policy::refuse_unsafe(endpoint, work.current.as_ref())?;
        updating::refuse_frozen(&work)?;
        match self.go_on(work).await? {
            Outcome::Done(done) => Ok(done),
            Outcome::Failed(failure) => Err(failure),
            Outcome::Ask(_) => Err(defect("a write of a workflow asked a second time")),
            Outcome::Passed(_) | Outcome::Rejected(_) => Err(defect("an API answered as a remote server")),
        }
    }
}

impl Following<'_> {
    /// Keeps the receipt of a write for the answer of the whole.
    fn receive(&self, new: Option<Receipt>) {
        let mut receipt = self.receipt.lock().unwrap_or_else(PoisonError::into_inner);
        *receipt = match (receipt.take(), new) {
            (Some(one), Some(other)) => Some(one.and(other)),
            (one, other) => one.or(other),
        };
    }

    /// A row of the catalogue, as this API has it.
    fn row(&self, tool: &str) -> Result<&'static Endpoint, Failure> {
        self.work.connection.served.part(tool)
    }

    fn binding<'a>(&'a self, arguments: &'a Value, shown: &'a str) -> Binding<'a> {
        Binding {
            account: &self.work.connection.account,
            origin: &self.work.connection.bound_to,
            profile: self.work.profile.id(),
            tool: self.work.endpoint.tool,
            arguments,
            shown,
        }
    }
}

impl Calls for Following<'_> {
    fn arguments(&self) -> &Map<String, Value> {
        &self.work.arguments
    }

    fn dry_run(&self) -> bool {
        self.work.dry_run
    }

    fn allow_duplicate(&self) -> bool {
        self.work.allow_duplicate
    }

    fn profile(&self) -> Option<&Profile> {
        self.work.profile.profile()
    }

    fn record<'a>(&'a self, tool: &'static str, id: &'a str) -> Pending<'a, Value> {
        Box::pin(async move {
            let arguments = Map::from_iter([("id".to_owned(), Value::from(id))]);
            let wire = catalogue::request::build(self.row(tool)?, &arguments, None)?;
            let reply = self.gateway.read(&self.work, wire.path, wire.query).await?;
            Ok(api::pages::record(reply.body))
        })
    }

    fn rows<'a>(&'a self, tool: &'static str, filters: Map<String, Value>) -> Pending<'a, Rows> {
        Box::pin(async move {
            let (records, walk) = self.gateway.records(&self.work, self.row(tool)?, filters).await?;
            let walked = walk.outcome(&self.gateway.way(&self.work, &walk));
            Ok(Rows { records, complete: walk.holds_all(), note: walked.note })
        })
    }

    fn walk<'a>(
        &'a self,
        tool: &'static str,
        filters: Map<String, Value>,
        take: &'a mut (dyn FnMut(Vec<Value>) + Send),
    ) -> Pending<'a, Walked> {
        Box::pin(async move {
            let walk = self.gateway.walk_through(&self.work, self.row(tool)?, filters, take).await?;
            Ok(walk.outcome(&self.gateway.way(&self.work, &walk)))
        })
    }

    fn today(&self) -> Date {
        self.work.now().date()
    }

    fn read_file(&self, path: &str) -> Result<String, Failure> {
        files::read_xml(Path::new(path), &self.gateway.files)
    }

    fn find_place(&self, path: &str) -> Result<(), Failure> {
        files::refuse_unwritable(Path::new(path), &self.gateway.files)
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> Result<String, Failure> {
        files::write_new(Path::new(path), bytes, &self.gateway.files)
    }

    fn agree(&self, proposal: &Proposal) -> Result<Yes, Stop> {
        let (work, level) = (&self.work, self.gateway.level);
        let plan = Plan {
            endpoint: work.endpoint,
            arguments: &work.arguments,
            current: None,
            profile: &work.profile,
        };
        if plan.needs_yes(level).is_none() {
            return Ok(Yes { confirmed: Confirmed::NotAsked, token: None });
        }
        let mut first = vec![proposal.what.clone()];
        first.extend(self.profile().map(|profile| format!("Profile: {}", profile.name)));
        first.push(proposal.effect.to_owned());
        let would = first.join("\n");
        first.extend(proposal.lines.iter().cloned());
        let message = first.join("\n");
        let shown = format!("{message}\n{}", proposal.exactly);
        let asking = Asking {
            label: &proposal.label,
            message: &message,
            would: &would,
            shown: &shown,
            facts: Some(&proposal.facts),
        };
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner).take();
        match self.gateway.agree(work, answered, &asking)? {
            Agreed::Yes(confirmed) => Ok(Yes { confirmed, token: None }),
            Agreed::Ask(question) => Err(Stop::Ask(question)),
        }
    }

    fn write<'a>(&'a self, yes: &'a Yes, write: Write<'a>) -> Pending<'a, Done> {
        Box::pin(async move {
            // Such a row would be listed with a read-only key.
            if self.work.endpoint.effect == Effect::Reads || self.work.dry_run {
                return Err(defect("a workflow that only reads wanted to write"));
            }
            let mut done = self.gateway.write_within(&self.work, yes, write).await?;
            self.receive(done.receipt.take());
            Ok(done)
        })
    }

    fn create(&self, create: Create) -> Pending<'_, Map<String, Value>, Stop> {
        Box::pin(async move {
            let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner).take();
            match self.gateway.create_within(&self.work, create, answered).await? {
                Outcome::Done(done) => {
                    self.receive(done.receipt);
                    Ok(done.structured)
                }
                Outcome::Ask(question) => Err(Stop::Ask(question)),
                Outcome::Failed(failure) => Err(failure.into()),
                Outcome::Passed(_) | Outcome::Rejected(_) => {
                    Err(defect("an API answered as a remote server").into())
                }
            }
        })
    }

    fn keep(&self, yes: &Yes, parts: &[String]) -> Result<String, Failure> {
        let confirmations = &self.gateway.confirmations;
        confirmations.keep(&self.binding(&Value::Null, ""), yes.confirmed, yes.token.as_deref(), parts)
    }

    fn recall(&self, token: &str) -> Result<(Yes, Kept), Failure> {
        let kept = self.gateway.confirmations.recall(&self.binding(&Value::Null, ""), token)?;
        let kept = kept.ok_or_else(|| {
            let message = format!(
                "`resume` of `{}` is unknown, in use, used up or older than an hour; nothing was sent",
                self.work.endpoint.tool
            );
            Failure::new("confirmation_void", Exit::Refused, message)
                .hint("call again without `resume`: what is left is then asked anew")
        })?;
        Ok((Yes { confirmed: kept.confirmed, token: Some(token.to_owned()) }, kept))
    }

    fn in_terminal(&self) -> bool {
        self.work.caller.until.is_none()
    }

    fn progress(&self, what: &str) {
        if let Some(progress) = &self.work.caller.progress {
            progress(0.0, None, what);
        }
    }

    fn time_left(&self) -> Duration {
        if self.work.caller.cancelled.is_cancelled() {
            return Duration::ZERO;
        }
        self.until.saturating_duration_since(Instant::now())
    }

    fn recent_changes<'a>(&'a self, since: Option<&'a str>, most: usize) -> Pending<'a, Vec<Value>> {
        Box::pin(async move {
            let connection = &self.work.connection;
            let filter = Filter {
                since: since.map(|text| journal::since(text, &self.work.now())).transpose()?,
                origin: Some(connection.bound_to.clone()),
                account: Some(connection.account.clone()),
                profile: self.work.profile.profile().map(|profile| profile.id.clone()),
                limit: Some(most),
            };
            let intents = self.gateway.journal.history(filter).await?;
            Ok(intents.iter().map(|intent| Value::Object(intent.json())).collect())
        })
    }
}

pub(super) fn defect(what: &str) -> Failure {
    Failure::new("defect", Exit::Defect, what)
}
