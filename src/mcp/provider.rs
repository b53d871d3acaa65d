//! What the server needs of the product: the gateway, and in tests a stand-in.

use std::sync::Arc;

use tokio::sync::watch;

use crate::gateway::{Call, Gateway, Outcome, Tool};

/// The seam between the protocol and what is served; [`Gateway`] says what each part means.
pub(super) trait ToolProvider: Send + Sync + 'static {
    fn tools(&self) -> Arc<Vec<Tool>>;
    fn instructions(&self) -> String;
    fn tools_changed(&self) -> watch::Receiver<u64>;
    fn call(&self, call: Call) -> impl Future<Output = Outcome> + Send;
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
}
