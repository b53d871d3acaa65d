//! An account whose tools are those of a remote MCP server, and the whole story of a call there, in order: find,
//! permit, claim, send, settle, make visible. The same policy holds as for our own tools.

mod answers;
mod asking;
mod attending;
mod concluding;
pub mod definitions;
pub mod effects;
mod entering;
mod features;
mod files;
mod instructions;
mod lean;
mod listing;
mod looking_up;
mod naming;
mod offers;
mod outcome;
mod passing;
mod pending;
mod permitting;
mod records;
mod refresh;
mod rows;
mod schemas;
mod screening;
mod sending;
#[cfg(test)]
mod tests;
mod tools;
mod waiting;
mod work;
mod writing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Map;
use tokio::sync::watch;
use tokio::time::timeout;

use super::confirmation::{Confirmations, is_passed_on};
use super::policy::Level;
use super::rate_limit::{RateLimits, Rates};
use super::tools::Selection;
use super::{Answered, Call, Outcome, redaction};
use crate::bridge;
use crate::failure::Failure;
use crate::https::Safety;
use crate::journal::{Journal, Scope};
use asking::Resumed;
pub use instructions::rules;
pub use naming::{LONGEST as LONGEST_NAME, shortened};
use offers::Offers;
use pending::Pending;
use permitting::unasked;
pub use rows::Fit;
use sending::Upstream;
pub use tools::{Offered, WHY_NOT, why_not_tool};
use work::Work;
use writing::Claimed;

/// Names the company among those that one key reaches.
const TENANT: &str = "x-account-id";
/// At the end of the process, for writes that are under way without a caller.
const ENDING: Duration = Duration::from_secs(2);

/// All that a bridged account is made of. Making one touches neither keyring nor network.
pub struct Setup {
    pub account: String,
    /// The service's name: `billbot`, `faktoora`, `billstride`, `lumabill-hosted`, or `url` for any other server.
    pub service: &'static str,
    pub remote: bridge::Setup,
    /// Tools that the user says only read.
    pub reads: Vec<String>,
    pub selection: Selection,
    pub read_only: bool,
    pub level: Level,
    /// Folders from which files may be read, and into which they may be written.
    pub files: Vec<PathBuf>,
    pub state_folder: PathBuf,
    /// Requests a minute that all processes with the key share; `None` for no limit that is known.
    pub rates: Option<Rates>,
    pub journal: Arc<Journal>,
    /// How long the same create counts as the same.
    pub duplicate_window: Duration,
}

/// A remote server's tools under our policy.
pub struct Bridged {
    setup: Arc<Setup>,
    remote: Arc<bridge::Remote>,
    /// The same, as calls see it.
    upstream: Arc<dyn Upstream>,
    /// What is listed, and what keeps it fresh.
    offers: Arc<Offers>,
    /// The server's address, as the journal and confirmations know it.
    origin: String,
    /// Whose books calls write to.
    scope: Scope,
    confirmations: Confirmations,
    rate_limits: Arc<RateLimits>,
    pending: Pending,
    /// Writes that are on their way.
    under_way: watch::Sender<usize>,
}

impl Bridged {
    pub fn new(setup: Setup) -> Self {
        let remote = Arc::new(bridge::Remote::new(setup.remote.clone()));
        let upstream: Arc<dyn Upstream> = Arc::<bridge::Remote>::clone(&remote);
        Self::on(setup, remote, upstream)
    }

    fn on(setup: Setup, remote: Arc<bridge::Remote>, upstream: Arc<dyn Upstream>) -> Self {
        let rate_limits = Arc::new(RateLimits::new(setup.rates, &setup.state_folder, None));
        let setup = Arc::new(setup);
        let offers = Offers::new(Arc::clone(&setup), Arc::clone(&remote), Arc::clone(&rate_limits));
        let origin = setup.remote.origin.to_string();
        let tenant = setup.remote.headers.iter().find(|(name, _)| name.as_str() == TENANT);
        let tenant = tenant.and_then(|(_, value)| value.to_str().ok()).map(str::to_owned);
        let profile = tenant.unwrap_or_else(|| format!("account:{}", setup.account));
        Self {
            scope: Scope { account: setup.account.clone(), origin: origin.clone(), profile },
            origin,
            confirmations: Confirmations::new(&setup.state_folder),
            rate_limits,
            offers: Arc::new(offers),
            pending: Pending::default(),
            under_way: watch::channel(0).0,
            setup,
            remote,
            upstream,
        }
    }

    /// The server's host, for messages.
    fn host(&self) -> &str {
        self.setup.remote.origin.host()
    }

    /// Calls a tool.
    pub async fn call(&self, call: Call) -> Outcome {
        tracing::info!(account = self.setup.account, tool = call.tool, client = call.caller.name, "call");
        let carried_out = match self.find(&call.tool) {
            Ok(offered) if offered.whole => self.create_and_wait(call).await,
            Ok(offered) => self.carry_out(offered, call).await,
            Err(failure) => Err(failure),
        };
        carried_out.unwrap_or_else(|failure| Outcome::Failed(redaction::failure(failure)))
    }

    /// The whole story of a call.
    async fn carry_out(&self, offered: Arc<Offered>, mut call: Call) -> Result<Outcome, Failure> {
        let answered = call.answered.take();
        let mut work = Work::new(offered, call)?;
        self.with_files(&mut work)?;
        if work.dry_run {
            return Ok(Outcome::Done(self.preview(&work)));
        }
        if let Some(answered) = answered.as_ref().filter(|answered| is_passed_on(&answered.state)) {
            return self.take_up(work, answered).await;
        }
        if !work.writes() {
            unasked(&work, answered.as_ref())?;
            self.admit(&work, Safety::Read).await.map(drop)?;
            let running = self.send(&work, None, Map::new());
            return self.attend(work, running).await;
        }
        if answered.is_none()
            && let Some(done) = self.stands_in_the_way(&work).await?
        {
            return Ok(Outcome::Done(done));
        }
        if let Some(question) = self.permit(&mut work, answered)? {
            return Ok(Outcome::Ask(question));
        }
        let held = match self.claim(&work).await? {
            Claimed::Ours(held) => self.leave(&work, held).await?,
            Claimed::Before(done) => return Ok(Outcome::Done(done)),
        };
        let running = self.send(&work, Some(held), Map::new());
        self.attend(work, running).await
    }

    /// Goes on with a call after the answer to its server's question.
    async fn take_up(&self, work: Work, answered: &Answered) -> Result<Outcome, Failure> {
        let running = match self.resume(&work, answered).await? {
            Resumed::Running(running) => running,
            Resumed::Again { held, more } => self.send_again(&work, held, more).await?,
        };
        self.attend(work, running).await
    }

    /// Waits until what calls have written down is kept, and ends the session.
    pub async fn close(&self) {
        self.offers.stop.cancel();
        self.pending.end().await;
        let mut under_way = self.under_way.subscribe();
        drop(timeout(ENDING, under_way.wait_for(|count| *count == 0)).await);
        self.setup.journal.flush().await;
        self.remote.close().await;
    }
}
