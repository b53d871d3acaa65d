//! [`BridgeError`]: why a remote server gave no result, in words, and what that means for a write.

use serde_json::Value;

use crate::failure::{Exit, Explain, Failure, Sent};
use crate::https::Trouble;

/// Why there is no result. `host` and `method` are for the words only; no address with a query is ever among them.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    #[error("{host} was not asked for `{method}`")]
    NotBuilt { host: String, method: String },
    /// No key could be had; nothing was sent.
    #[error("{}", .0.message)]
    NoKey(Box<Failure>),
    /// No connection came about, or it broke.
    #[error(transparent)]
    Https(#[from] Trouble),
    /// The server's own JSON-RPC error, as it came.
    #[error("{message}")]
    Rpc { code: i64, message: String, data: Option<Value> },
}

impl BridgeError {
    /// Whether the request may have taken effect, had it been a write.
    pub fn sent(&self) -> Sent {
        match self {
            Self::NotBuilt { .. } | Self::NoKey(_) => Sent::Nothing,
            Self::Https(Trouble::NoTrust { .. } | Trouble::Unreachable { .. }) => Sent::Nothing,
            Self::Https(_) | Self::Rpc { .. } => Sent::Unknown,
        }
    }
}

impl Explain for BridgeError {
    fn code(&self) -> &'static str {
        "remote_failed"
    }
    fn exit(&self) -> Exit {
        Exit::Unavailable
    }
}
