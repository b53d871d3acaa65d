//! The form of a key: whether a text can be a key of Lumabill at all. Judged before anything is sent.

use super::SANDBOX_KEY_PREFIX;
use super::me::me;
use crate::failure::{Exit, Explain};

/// Why a text is not sent as a key. None of these shows the text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyProblem {
    #[error("no key was given; nothing was sent")]
    Empty,
    #[error("the key holds white space, control characters or letters outside ASCII; nothing was sent")]
    Characters,
    #[error("this is a key of {0} (`{1}…`), not of Lumabill (`lmb_…`); nothing was sent")]
    OtherService(&'static str, &'static str),
    #[error("the key does not begin with `lmb_`, as keys of Lumabill do; nothing was sent")]
    Prefix,
    #[error("this is a key of the sandbox, which is never sent off this machine; nothing was sent")]
    SandboxKey,
}

impl Explain for KeyProblem {
    fn code(&self) -> &'static str {
        "unusable_key"
    }
    fn exit(&self) -> Exit {
        Exit::Refused
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::SandboxKey => {
                format!("run `{} login` with a key of your own from Settings > API in Lumabill", me())
            }
            _ => "copy the key from Settings > API in Lumabill; it begins with `lmb_`".to_owned(),
        })
    }
}

/// Prefixes of keys that belong to somebody else.
const OTHERS: &[(&str, &str)] = &[
    ("bb_", "billbot"),
    ("sk_", "Stripe"),
    ("rk_", "Stripe"),
    ("ghp_", "GitHub"),
    ("sk-", "an AI provider"),
];

/// Checks the form of `key` for an address that is loopback or not.
pub fn check_key(key: &str, loopback: bool) -> Result<(), KeyProblem> {
    if key.is_empty() {
        return Err(KeyProblem::Empty);
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(KeyProblem::Characters);
    }
    if let Some((prefix, whose)) = OTHERS.iter().find(|(prefix, _)| key.starts_with(prefix)) {
        return Err(KeyProblem::OtherService(whose, prefix));
    }
    if !key.starts_with("lmb_") {
        return Err(KeyProblem::Prefix);
    }
    if key.starts_with(SANDBOX_KEY_PREFIX) && !loopback {
        return Err(KeyProblem::SandboxKey);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{KeyProblem, check_key};

    #[test]
    fn only_keys_of_lumabill_pass_and_sandbox_keys_stay_on_loopback() {
        assert_eq!(check_key("lmb_live_0123", false), Ok(()));
        assert_eq!(check_key("lmb_sandbox_01", true), Ok(()));
        assert_eq!(check_key("lmb_sandbox_01", false), Err(KeyProblem::SandboxKey));
        assert_eq!(check_key("bb_sk_1", false), Err(KeyProblem::OtherService("billbot", "bb_")));
        assert_eq!(check_key("something", false), Err(KeyProblem::Prefix));
        assert_eq!(check_key("", false), Err(KeyProblem::Empty));
        for odd in ["lmb_a b", "lmb_a\nb", "lmb_ä", "lmb_\u{200b}x", "lmb_\u{7}"] {
            assert_eq!(check_key(odd, false), Err(KeyProblem::Characters), "{odd:?}");
        }
    }
}
