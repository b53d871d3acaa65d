//! The form of a key: whether a text can be a key of a service at all. Judged before anything is sent.

use super::me::me;
use super::{SANDBOX_KEY_PREFIX, Service};
use crate::failure::{Exit, Explain};

/// Why a text is not sent as a key. None of these shows the text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyProblem {
    #[error("no key was given; nothing was sent")]
    Empty,
    #[error("the key holds white space, control characters or letters outside ASCII; nothing was sent")]
    Characters,
    #[error("this is a key of {0} (`{1}…`), not of {2}; nothing was sent")]
    OtherService(&'static str, &'static str, &'static str),
    #[error("the key does not begin with `{1}`, as keys of {0} do; nothing was sent")]
    Prefix(&'static str, &'static str),
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
            Self::Prefix("billbot", _) | Self::OtherService(_, _, "billbot") => {
                "copy the key from Settings > API Keys at billbot.io; it begins with `bb_`".to_owned()
            }
            Self::Prefix("Lumabill", _) | Self::OtherService(_, _, "Lumabill") => {
                "copy the key from Settings > API in Lumabill; it begins with `lmb_`".to_owned()
            }
            _ => "copy the key from the service's own settings".to_owned(),
        })
    }
}

/// Prefixes of keys that belong to somebody else.
const OTHERS: &[(&str, &str)] = &[
    ("lmb_", "Lumabill"),
    ("bb_", "billbot"),
    ("sk_", "Stripe"),
    ("rk_", "Stripe"),
    ("ghp_", "GitHub"),
    ("sk-", "an AI provider"),
];

/// Checks that `key` can be one of `service`, for an address that is loopback or not.
pub fn check_key(service: Service, key: &str, loopback: bool) -> Result<(), KeyProblem> {
    if key.is_empty() {
        return Err(KeyProblem::Empty);
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(KeyProblem::Characters);
    }
    let (name, own) = match service {
        Service::Lumabill | Service::LumabillHosted | Service::Sandbox => ("Lumabill", Some("lmb_")),
        Service::Billbot => ("billbot", Some("bb_")),
        Service::Faktoora => ("faktoora", None),
        Service::Billstride => ("Billstride", None),
        Service::Url => ("this address", None),
    };
    // Anybody's server may want anybody's token; keys of the services that we know go to those alone.
    let others = if service == Service::Url { OTHERS.get(..2).unwrap_or(OTHERS) } else { OTHERS };
    let whose = others.iter().find(|(prefix, _)| key.starts_with(prefix) && own != Some(*prefix));
    if let Some((prefix, whose)) = whose.filter(|_| service != Service::Url || !loopback) {
        return Err(KeyProblem::OtherService(whose, prefix, name));
    }
    if let Some(prefix) = own.filter(|own| !key.starts_with(own)) {
        return Err(KeyProblem::Prefix(name, prefix));
    }
    if key.starts_with(SANDBOX_KEY_PREFIX) && !loopback {
        return Err(KeyProblem::SandboxKey);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{KeyProblem, check_key};
    use crate::settings::Service::{Billbot, Faktoora, Lumabill, LumabillHosted, Url};

    #[test]
    fn only_keys_of_lumabill_pass_and_sandbox_keys_stay_on_loopback() {
        for service in [Lumabill, LumabillHosted] {
            assert_eq!(check_key(service, "lmb_live_0123", false), Ok(()));
        }
        assert_eq!(check_key(Lumabill, "lmb_sandbox_01", true), Ok(()));
        assert_eq!(check_key(Lumabill, "lmb_sandbox_01", false), Err(KeyProblem::SandboxKey));
        let foreign = KeyProblem::OtherService("billbot", "bb_", "Lumabill");
        assert_eq!(check_key(Lumabill, "bb_sk_1", false), Err(foreign));
        assert_eq!(check_key(Lumabill, "something", false), Err(KeyProblem::Prefix("Lumabill", "lmb_")));
        assert_eq!(check_key(Lumabill, "", false), Err(KeyProblem::Empty));
        for odd in ["lmb_a b", "lmb_a\nb", "lmb_ä", "lmb_\u{200b}x", "lmb_\u{7}"] {
            assert_eq!(check_key(Lumabill, odd, false), Err(KeyProblem::Characters), "{odd:?}");
        }
    }

    #[test]
    fn a_key_of_one_service_never_goes_to_another() {
        assert_eq!(check_key(Billbot, "bb_sk_0123", false), Ok(()));
        assert_eq!(check_key(Billbot, "0123", false), Err(KeyProblem::Prefix("billbot", "bb_")));
        assert_eq!(check_key(Faktoora, "any-token", false), Ok(()));
        assert_eq!(check_key(Url, "sk-any", false), Ok(()));
        for service in [Billbot, Faktoora, Url] {
            let refused = check_key(service, "lmb_live_0123", false);
            assert!(matches!(refused, Err(KeyProblem::OtherService("Lumabill", ..))), "{service}");
        }
    }
}
