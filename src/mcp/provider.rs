//! What the server needs of the product: the gateway, and in tests a stand-in.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::{broadcast, watch};

use crate::failure::Failure;
pub(super) use crate::gateway::Listed;
use crate::gateway::completion::{Completion, Typing};
use crate::gateway::resources::Resource;
use crate::gateway::{Accounts, Call, Notice, Outcome, Passing, Tool};

/// The seam between the protocol and what is served; [`Accounts`] says what each part means.
pub(super) trait ToolProvider: Send + Sync + 'static {
    fn tools(&self) -> Arc<Vec<Tool>>;
    fn instructions(&self) -> String;
    fn tools_changed(&self) -> watch::Receiver<u64>;
    fn call(&self, call: Call) -> impl Future<Output = Outcome> + Send;
    fn listed(&self, what: Listed) -> Vec<Value>;
    fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure>;
    fn resource(&self, uri: &str) -> Option<Resource>;
    fn complete(&self, typing: Typing) -> impl Future<Output = Option<Completion>> + Send;
    fn pass(&self, passing: Passing) -> impl Future<Output = Option<Outcome>> + Send;
    fn subscribable(&self) -> bool;
    fn notices(&self) -> broadcast::Receiver<Notice>;
}

impl ToolProvider for Accounts {
    fn tools(&self) -> Arc<Vec<Tool>> {
        Self::tools(self)
    }

    fn instructions(&self) -> String {
        Self::instructions(self)
    }

    fn tools_changed(&self) -> watch::Receiver<u64> {
        Self::tools_changed(self)
    }

    fn call(&self, call: Call) -> impl Future<Output = Outcome> + Send {
        Self::call(self, call)
    }

    fn listed(&self, what: Listed) -> Vec<Value> {
        Self::listed(self, what)
    }

    fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
        Self::prompt(self, name, arguments)
    }

    fn resource(&self, uri: &str) -> Option<Resource> {
        Self::resource(self, uri)
    }

    fn complete(&self, typing: Typing) -> impl Future<Output = Option<Completion>> + Send {
        Self::complete(self, typing)
    }

    fn pass(&self, passing: Passing) -> impl Future<Output = Option<Outcome>> + Send {
        Self::pass(self, passing)
    }

    fn subscribable(&self) -> bool {
        Self::subscribable(self)
    }

    fn notices(&self) -> broadcast::Receiver<Notice> {
        Self::notices(self)
    }
}
