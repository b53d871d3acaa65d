//! What a bridged account shows: tools, prompts, resources, and that they changed. Lists touch neither keyring nor
//! network.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{broadcast, watch};

use super::offers::Offers;
use super::rows::Fit;
use super::tools::Offered;
use super::{Bridged, instructions};
use crate::bridge::Notice;
use crate::failure::Failure;
use crate::gateway::{Listed, Passing, Tool};

impl Bridged {
    pub(super) fn offers(&self) -> &Arc<Offers> {
        &self.offers
    }

    /// The tools that are listed and may be called, in a stable order, as they were stored. A stored list that is old is
    /// refreshed behind it.
    pub fn tools(&self) -> Arc<Vec<Tool>> {
        self.offers.asked();
        self.offers.seen().list()
    }

    /// The tools that are served, with what each of them does; those that `--lean` only finds too.
    pub fn offered(&self) -> Vec<Arc<Offered>> {
        self.offers.seen().served().to_vec()
    }

    /// A tool that may be called, by its name here.
    pub fn find(&self, tool: &str) -> Result<Arc<Offered>, Failure> {
        self.offers.find(tool)
    }

    /// Why a tool is not served, in the words of a refused call.
    pub fn why_not(&self, tool: &str) -> Failure {
        self.offers.why_not(&self.offers.seen(), tool)
    }

    /// What the server tells the model once, marked as the server's words.
    pub fn instructions(&self) -> String {
        instructions::alone(&self.setup, &self.offers.seen())
    }

    /// The same for one account among others, whose rules are said once; and whether anything here writes.
    pub fn introduction(&self) -> (String, bool) {
        let seen = self.offers.seen();
        (instructions::introduction(&self.setup, &seen), instructions::writes(&seen))
    }

    /// Four tools stand for all.
    pub fn is_lean(&self) -> bool {
        self.setup.selection.lean
    }

    /// Changes its value whenever the list of tools would answer differently.
    pub fn tools_changed(&self) -> watch::Receiver<u64> {
        self.offers.tend();
        self.offers.changes.subscribe()
    }

    /// That other lists changed, and resources that somebody subscribed to.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.offers.tend();
        self.offers.notices.subscribe()
    }

    /// The server declared `resources.subscribe`, as its capabilities were stored.
    pub fn subscribable(&self) -> bool {
        let server = &self.offers.seen().definitions.server;
        server.pointer("/capabilities/resources/subscribe") == Some(&Value::Bool(true))
    }

    /// Prompts, resources and templates as they were stored.
    pub fn listed(&self, what: Listed) -> Vec<Value> {
        self.offers.asked();
        self.offers.seen().listed(what).to_vec()
    }

    /// How surely a request beside tools is for this account.
    pub fn fit(&self, passing: &Passing) -> Option<Fit> {
        self.offers.claim(passing.method, &passing.params).map(|(fit, _)| fit)
    }
}
