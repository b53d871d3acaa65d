//! What a remote server offers, kept in the state folder: as it was last seen, and as it was when the user accepted it.

use std::path::Path;

use serde_json::Value;

use crate::bridge::Remote;
use crate::failure::Failure;

/// The lists of one server as they came, and which definitions of tools the user has accepted.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// `serverInfo`, `capabilities` and `instructions` as they came.
    pub server: Value,
    pub tools: Vec<Value>,
    pub prompts: Vec<Value>,
    pub resources: Vec<Value>,
    pub templates: Vec<Value>,
}

impl Definitions {
    /// Asks the server for all its lists.
    pub async fn fetch(_remote: &Remote) -> Result<Self, Failure> {
        Ok(Self::default())
    }

    /// As they were stored for `account` at `origin`; `None` where nothing is stored, or for another address.
    pub fn load(_state_folder: &Path, _account: &str, _origin: &str) -> Option<Self> {
        None
    }

    /// Stores them. With `accepted` all definitions count as accepted by the user; else those keep counting that were
    /// accepted before and have not changed.
    pub fn store(
        &self,
        _state_folder: &Path,
        _account: &str,
        _origin: &str,
        _accepted: bool,
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// Forgets what was stored for `account`.
    pub fn forget(_state_folder: &Path, _account: &str) {}

    /// Names of tools that were accepted with another definition, or came later than the acceptance.
    pub fn unaccepted(&self) -> Vec<String> {
        Vec::new()
    }
}
