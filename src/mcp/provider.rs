//! What the server needs of the product: the gateway, and in tests a stand-in.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::gateway::completion::{Completion, Typing};
use crate::gateway::resources::Resource;
use crate::gateway::{Call, Gateway, Outcome, Tool};

/// What is listed beside tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Prompts,
    Resources,
    Templates,
}

/// The seam between the protocol and what is served; [`Gateway`] says what each part means.
pub(super) trait ToolProvider: Send + Sync + 'static {
    fn tools(&self) -> Arc<Vec<Tool>>;
    fn instructions(&self) -> String;
    fn tools_changed(&self) -> watch::Receiver<u64>;
    fn call(&self, call: Call) -> impl Future<Output = Outcome> + Send;
    fn listed(&self, what: Listed) -> Vec<Value>;
    fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure>;
    fn resource(&self, uri: &str) -> Option<Resource>;
    fn complete(&self, typing: Typing) -> impl Future<Output = Option<Completion>> + Send;
}

impl ToolProvider for Gateway {
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
        match what {
            Listed::Prompts => self.prompts(),
            Listed::Resources => self.resources(),
            Listed::Templates => self.resource_templates(),
        }
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
}
