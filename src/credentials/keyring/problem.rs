//! [`KeyringError`]: what each platform's error means to a person, and the three ways out of it.

use std::time::Duration;

use keyring::Error;

use crate::failure::{Exit, Explain};
use crate::settings::me;

/// Why the keyring gave no answer. None of these holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("the OS keyring cannot be reached: this process has no D-Bus session bus")]
    NoBus,
    #[error("there is no OS keyring here: nothing on the session bus offers `org.freedesktop.secrets`")]
    NoProvider,
    #[error("the OS keyring has no default collection yet, so nothing can be stored in it")]
    NoCollection,
    #[error("the OS keyring is locked")]
    Locked,
    #[error("the OS keyring did not answer within {} s; it may be waiting for you to unlock it", .0.as_secs())]
    Silent(Duration),
    #[error("the OS keyring holds several items `{0}` of service `lumabill`, so none was taken")]
    Ambiguous(String),
    #[error("the OS keyring denied access: {0}")]
    Denied(String),
    #[error("the OS keyring takes no value of more than {0} bytes")]
    TooLong(u32),
    #[error("the OS keyring failed: {0}")]
    Failed(String),
}

impl KeyringError {
    /// The thread of a call ended without an answer.
    pub(super) fn gone() -> Self {
        Self::Failed("the call broke down".to_owned())
    }

    /// What `error` means; `item` is whose call it was. `NoEntry` is for the caller to handle.
    pub(super) fn of(error: &Error, item: &str) -> Self {
        match error {
            Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => {
                Self::of_platform(cause.as_ref(), matches!(error, Error::NoStorageAccess(_)))
            }
            Error::Ambiguous(_) => Self::Ambiguous(item.to_owned()),
            Error::TooLong(_, limit) => Self::TooLong(*limit),
            // These print, or may print, what is stored: only their names are shown.
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                Self::Failed("the item does not hold a key".to_owned())
            }
            other => Self::Failed(other.to_string()),
        }
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    fn of_platform(cause: &(dyn std::error::Error + Send + Sync + 'static), access: bool) -> Self {
        use secret_service::Error as Cause;
        match cause.downcast_ref::<Cause>() {
            Some(cause) => Self::of_secret_service(cause),
            None if access => Self::Denied(cause.to_string()),
            None => Self::Failed(cause.to_string()),
        }
    }

    /// What an error of the Secret Service means.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub(super) fn of_secret_service(cause: &secret_service::Error) -> Self {
        use secret_service::Error as Cause;
        match cause {
            Cause::Unavailable => Self::NoBus,
            Cause::NoResult => Self::NoCollection,
            Cause::Locked | Cause::Prompt | Cause::PromptDisconnected => Self::Locked,
            other => {
                let text = other.to_string();
                let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
                if says(&["ServiceUnknown", "NameHasNoOwner", "Error.Spawn", "not provided by any"]) {
                    Self::NoProvider
                } else if says(&["Connection refused", "No such file", "os error 2)", "os error 111)"]) {
                    Self::NoBus
                } else if says(&["IsLocked"]) {
                    Self::Locked
                } else if says(&["AccessDenied"]) {
                    Self::Denied(text)
                } else {
                    Self::Failed(text)
                }
            }
        }
    }

    #[cfg(not(all(unix, not(target_os = "macos"))))]
    fn of_platform(cause: &(dyn std::error::Error + Send + Sync + 'static), access: bool) -> Self {
        if access { Self::Denied(cause.to_string()) } else { Self::Failed(cause.to_string()) }
    }

    /// The first way out: what makes the keyring itself work.
    fn remedy(&self) -> String {
        match self {
            Self::NoBus => {
                "start it from your desktop session, or let the client hand on `DBUS_SESSION_BUS_ADDRESS` \
                 and `XDG_RUNTIME_DIR` (Codex: `env_vars`)"
                    .to_owned()
            }
            Self::NoProvider => {
                "install a keyring (`sudo apt install gnome-keyring`, KWallet or KeePassXC) and log in to \
                 your desktop again"
                    .to_owned()
            }
            Self::NoCollection => {
                "make a default keyring: in Passwords and Keys (seahorse), File > New > Password Keyring, \
                 then set it as default"
                    .to_owned()
            }
            Self::Locked => {
                "unlock the keyring (log in to your desktop, or open Passwords and Keys) and try \
                             again"
                    .to_owned()
            }
            Self::Silent(_) if cfg!(target_os = "macos") => {
                "answer the question of macOS (choose Always Allow) and try again".to_owned()
            }
            Self::Silent(_) => "answer the keyring's question on your screen and try again".to_owned(),
            Self::Ambiguous(_) => format!("run `{} logout --all`, which removes all of them", me()),
            Self::Denied(_) => "allow lumabill in your keyring's settings".to_owned(),
            Self::TooLong(_) => "check that what you gave is the key alone".to_owned(),
            Self::Failed(_) => format!("run `{} login` again", me()),
        }
    }
}

impl Explain for KeyringError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoBus | Self::NoProvider | Self::NoCollection => "keyring_unavailable",
            Self::Locked => "keyring_locked",
            Self::Silent(_) => "keyring_silent",
            Self::Ambiguous(_) => "keyring_ambiguous",
            Self::Denied(_) => "keyring_denied",
            Self::TooLong(_) | Self::Failed(_) => "keyring_failed",
        }
    }

    fn exit(&self) -> Exit {
        Exit::NotLoggedIn
    }

    fn hint(&self) -> Option<String> {
        Some(format!(
            "{}; or set `LUMABILL_API_KEY` for this one process; or run `{} login --insecure-storage`, which \
             keeps the key in a file that only you can read",
            self.remedy(),
            me()
        ))
    }
}

#[cfg(test)]
mod tests {
    use keyring::Error;

    use super::KeyringError;
    use crate::failure::Explain;

    #[test]
    fn no_error_shows_what_is_stored() {
        let error = KeyringError::of(&Error::BadEncoding(b"lmb_secret\xff".to_vec()), "a@b");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn every_cause_of_the_secret_service_has_its_name_and_three_ways_out() {
        use secret_service::Error as Cause;
        for (cause, meant) in [
            (Cause::Unavailable, KeyringError::NoBus),
            (Cause::NoResult, KeyringError::NoCollection),
            (Cause::Prompt, KeyringError::Locked),
            (Cause::Locked, KeyringError::Locked),
        ] {
            let found = KeyringError::of(&Error::NoStorageAccess(Box::new(cause)), "a@b");
            assert_eq!(found, meant);
            let hint = found.hint().unwrap();
            assert!(hint.contains("LUMABILL_API_KEY") && hint.contains("--insecure-storage"), "{hint}");
        }
    }
}
