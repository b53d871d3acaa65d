//! What follows from a [`BridgeError`]: its code, exit code, hint and facts.

use serde_json::{Map, Value, json};

use super::error::BridgeError;
use crate::failure::{Exit, Explain, Sent};
use crate::https::{Trouble, Unreachable};

impl Explain for BridgeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKey(failure) => failure.code,
            Self::NotSigned { .. } | Self::Elsewhere { .. } => "wrong_origin",
            Self::Unsendable { .. } => "unsendable",
            Self::Cancelled { .. } => "cancelled",
            Self::Https(Trouble::NoTrust { .. }) => "no_trust",
            Self::Https(Trouble::Unreachable { .. }) => "unreachable",
            Self::Https(Trouble::Broken { .. }) => "answer_cut",
            Self::Https(Trouble::NotHttp { .. }) | Self::NotMcp { .. } => "not_mcp",
            Self::Silent { .. } => "no_answer",
            Self::Redirected { .. } => "redirected",
            Self::TooLarge { .. } => "answer_too_large",
            Self::Unreadable { .. } => "answer_unreadable",
            Self::Busy(_) => "rate_limited",
            Self::Unavailable(_) => "remote_unavailable",
            Self::Refused(refusal) => match refusal.status {
                401 => "key_refused",
                403 => "forbidden",
                404 | 405 => "not_mcp",
                _ => "refused",
            },
            Self::SessionGone { .. } => "session_gone",
            Self::Rpc { .. } => "remote_error",
            Self::OtherVersion { .. } => "other_version",
            Self::Endless { .. } => "endless_list",
            Self::NotOpened(inner) => inner.code(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoKey(failure) => failure.exit,
            Self::NotOpened(inner) => inner.exit(),
            Self::Refused(refusal) if refusal.status == 401 => Exit::NotLoggedIn,
            Self::NotSigned { .. }
            | Self::Unsendable { .. }
            | Self::Cancelled { .. }
            | Self::TooLarge { .. }
            | Self::Refused(_)
            | Self::Rpc { .. }
            | Self::Elsewhere { .. }
            | Self::Endless { .. } => Exit::Refused,
            Self::Https(_)
            | Self::Silent { .. }
            | Self::Redirected { .. }
            | Self::NotMcp { .. }
            | Self::Unreadable { .. }
            | Self::Busy(_)
            | Self::Unavailable(_)
            | Self::SessionGone { .. }
            | Self::OtherVersion { .. } => Exit::Unavailable,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKey(failure) => return failure.hint.clone(),
            Self::NotOpened(inner) => return inner.hint(),
            Self::Cancelled { .. } | Self::Rpc { .. } => return None,
            Self::NotSigned { .. } => "run `lumabill login` for this address",
            Self::Unsendable { .. } => "leave out control characters and line breaks, and call again",
            Self::Https(Trouble::NoTrust { .. }) => {
                "name a readable certificate file: `lumabill login --ca-file FILE`"
            }
            Self::Https(Trouble::Unreachable { why, .. }) => unreachable_hint(why),
            Self::Silent { .. } | Self::Https(Trouble::Broken { .. }) => {
                "call again; `lumabill status` shows the address"
            }
            Self::Redirected { .. } | Self::NotMcp { .. } | Self::Https(Trouble::NotHttp { .. }) => ADDRESS,
            Self::TooLarge { .. } => "ask for less: a smaller page, a shorter period, or one record",
            Self::Unreadable { .. } => "call again; if it stays, check the address with `lumabill status`",
            Self::Busy(_) => return Some(self.wait_hint("wait a minute and call again")),
            Self::Unavailable(_) => return Some(self.wait_hint("call again in a few minutes")),
            Self::Refused(refusal) => match refusal.status {
                401 => {
                    "run `lumabill login` again for this account (`lumabill status` names it), then repeat the call"
                }
                402 | 403 => "check in the service's web app what the plan and this credential allow",
                404 | 405 => ADDRESS,
                413 => "send less at once",
                _ => "see what the service says and call again",
            },
            Self::SessionGone { .. } => "call again in a minute",
            Self::Elsewhere { .. } => "do not trust this address before the service has said why",
            Self::OtherVersion { .. } => "look for a newer version of this program",
            Self::Endless { .. } => "tell the service; its other lists may still work",
        };
        Some(hint.to_owned())
    }

    fn sent(&self) -> Sent {
        BridgeError::sent(self)
    }

    fn facts(&self) -> Map<String, Value> {
        let mut facts = match self {
            Self::NoKey(failure) => return failure.facts.clone(),
            _ => Map::new(),
        };
        if let Some(status) = self.status() {
            facts.insert("http_status".into(), json!(status));
        }
        if let Some(wait) = self.retry_after() {
            facts.insert("retry_after_s".into(), json!(wait.as_secs()));
        }
        if let Self::Rpc { code, .. } = self {
            facts.insert("rpc_code".into(), json!(code));
        }
        facts
    }
}

const ADDRESS: &str =
    "check the address with `lumabill status`; `lumabill login --service ADDRESS` stores another";

impl BridgeError {
    fn wait_hint(&self, else_say: &str) -> String {
        match self.retry_after().map(|wait| wait.as_secs()).filter(|wait| *wait > 0) {
            Some(wait) => format!("wait {wait} s and call again"),
            None => else_say.to_owned(),
        }
    }
}

fn unreachable_hint(why: &Unreachable) -> &'static str {
    match why {
        Unreachable::Certificate(_) => {
            "behind a company's proxy, give its certificate: `lumabill login --ca-file FILE`"
        }
        Unreachable::Proxy => "check `HTTPS_PROXY` and `NO_PROXY`",
        Unreachable::Name | Unreachable::Refused | Unreachable::Tls(_) => {
            "check the network and the address: `lumabill status` shows it"
        }
        Unreachable::Slow(_) | Unreachable::Other(_) => "check the network and call again",
    }
}
