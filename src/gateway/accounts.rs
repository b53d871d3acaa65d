//! The accounts that are served at once: one as it is, several under names that begin with the account's.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::{broadcast, watch};

use super::bridged::Bridged;
use super::completion::{Completion, Typing};
use super::resources::Resource;
use super::{Call, Gateway, Listed, Outcome, Passing, Tool};
use crate::bridge::Notice;
use crate::failure::Failure;

/// One account that is served.
pub enum Served {
    /// A REST API, through the catalogue.
    Api(Arc<Gateway>),
    /// A remote MCP server.
    Remote(Arc<Bridged>),
    /// Neither: a tool of this account says why.
    Absent(Absent),
}

/// An account that cannot be served, and why.
pub struct Absent {
    pub account: String,
    pub why: Failure,
    /// Looks again, before a list and a call: a login in another terminal needs no restart here.
    pub again: Again,
}

/// What serves the account by now; `None` while that is nothing.
pub type Again = Box<dyn Fn() -> Option<Served> + Send + Sync>;

/// All accounts of one server, in the order in which they were named.
pub struct Accounts {
    served: Vec<(String, Served)>,
    changes: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
}

impl Accounts {
    /// At least one account, with its name.
    pub fn new(served: Vec<(String, Served)>) -> Self {
        Self { served, changes: watch::channel(0).0, notices: broadcast::channel(16).0 }
    }

    /// The only account, where it is one of a REST API.
    fn api(&self) -> Option<&Arc<Gateway>> {
        match self.served.as_slice() {
            [(_, Served::Api(gateway))] => Some(gateway),
            _ => None,
        }
    }

    pub fn tools(&self) -> Arc<Vec<Tool>> {
        self.api().map(|api| api.tools()).unwrap_or_default()
    }

    pub fn instructions(&self) -> String {
        self.api().map(|api| api.instructions()).unwrap_or_default()
    }

    pub fn tools_changed(&self) -> watch::Receiver<u64> {
        self.api().map_or_else(|| self.changes.subscribe(), |api| api.tools_changed())
    }

    /// What remote servers say unasked.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// A remote server tells of changes of single resources to those who subscribe to them.
    pub fn subscribable(&self) -> bool {
        let remote = |served: &Served| matches!(served, Served::Remote(bridged) if bridged.subscribable());
        self.served.iter().any(|(_, served)| remote(served))
    }

    pub async fn call(&self, call: Call) -> Outcome {
        match self.api() {
            Some(api) => api.call(call).await,
            None => Outcome::Failed(self.why_not(&call.tool)),
        }
    }

    pub fn listed(&self, what: Listed) -> Vec<Value> {
        match (self.api(), what) {
            (None, _) => Vec::new(),
            (Some(api), Listed::Prompts) => api.prompts(),
            (Some(api), Listed::Resources) => api.resources(),
            (Some(api), Listed::Templates) => api.resource_templates(),
        }
    }

    /// A prompt of ours.
    pub fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
        match self.api() {
            Some(api) => api.prompt(name, arguments),
            None => Ok(json!({})),
        }
    }

    /// A resource of ours.
    pub fn resource(&self, uri: &str) -> Option<Resource> {
        self.api()?.resource(uri)
    }

    /// Completion of prompts and templates of ours.
    pub async fn complete(&self, typing: Typing) -> Option<Completion> {
        match self.api() {
            Some(api) => api.complete(typing).await,
            None => None,
        }
    }

    /// A request beside tools, passed on to the remote server that lists its name or address; `None` where none does.
    pub async fn pass(&self, _passing: Passing) -> Option<Outcome> {
        None
    }

    pub fn why_not(&self, tool: &str) -> Failure {
        use crate::failure::Exit;
        match self.api() {
            Some(api) => api.why_not(tool),
            None => Failure::new("unknown_tool", Exit::Refused, format!("there is no tool `{tool}`")),
        }
    }

    /// Waits until what calls have written down is kept, and ends sessions.
    pub async fn close(&self) {
        for (_, served) in &self.served {
            match served {
                Served::Api(gateway) => gateway.close().await,
                Served::Remote(bridged) => bridged.close().await,
                Served::Absent(_) => {}
            }
        }
    }
}
