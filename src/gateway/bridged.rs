//! An account whose tools are those of a remote MCP server, and the whole story of a call there, in order: find,
//! permit, claim, send, settle, make visible. The same policy holds as for our own tools.

pub mod definitions;
pub mod effects;
mod entering;
mod instructions;
mod lean;
mod listing;
mod naming;
mod offers;
mod passing;
mod refresh;
mod rows;
mod schemas;
mod tools;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::policy::Level;
use super::rate_limit::{RateLimits, Rates};
use super::tools::Selection;
use super::{Call, Outcome};
use crate::bridge;
use crate::failure::Failure;
use crate::journal::Journal;
pub use naming::{LONGEST as LONGEST_NAME, shortened};
use offers::Offers;
pub use rows::Fit;
pub use tools::{Offered, WHY_NOT, why_not_tool};

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
    rate_limits: Arc<RateLimits>,
    /// What is listed, and what keeps it fresh.
    offers: Arc<Offers>,
}

impl Bridged {
    pub fn new(setup: Setup) -> Result<Self, Failure> {
        let remote = Arc::new(bridge::Remote::new(setup.remote.clone()));
        let rate_limits = Arc::new(RateLimits::new(setup.rates, &setup.state_folder, None));
        let setup = Arc::new(setup);
        let offers = Arc::new(Offers::new(Arc::clone(&setup), Arc::clone(&remote), Arc::clone(&rate_limits)));
        Ok(Self { setup, remote, rate_limits, offers })
    }

    /// Calls a tool.
    pub async fn call(&self, call: Call) -> Outcome {
        Outcome::Failed(self.why_not(&call.tool))
    }

    /// Waits until what calls have written down is kept, and ends the session.
    pub async fn close(&self) {
        self.offers.stop.cancel();
        self.setup.journal.flush().await;
        self.remote.close().await;
    }
}
