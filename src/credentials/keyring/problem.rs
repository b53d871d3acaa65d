//! [`KeyringError`]: what each platform's error means to a person, and the three ways out of it.

use std::time::Duration;

use crate::failure::{Exit, Explain};
use crate::settings::me;

/// Why the keyring gave no answer. None of these holds a secret.
#[cfg_attr(
    not(all(unix, not(target_os = "macos"))),
    expect(dead_code, reason = "a bus, and what it says of a keyring, is there on Linux and the BSDs only")
)]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("the OS keyring cannot be reached: this process has no D-Bus session bus")]
    NoBus,
    #[cfg(all(unix, not(target_os = "macos")))]
    #[error("the OS keyring cannot be reached: {0}")]
    Unopened(String),
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
    #[cfg_attr(
        all(unix, not(target_os = "macos")),
        expect(dead_code, reason = "only Credential Manager has a limit")
    )]
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

    /// What an error that the bus or the keyring answered means, by its name.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub(super) fn of_bus(name: &str, text: String) -> Self {
        let kind = name.strip_prefix("org.freedesktop.").unwrap_or(name);
        match kind {
            "DBus.Error.ServiceUnknown" | "DBus.Error.NameHasNoOwner" => Self::NoProvider,
            "Secret.Error.IsLocked" | "Secrets.Error.IsLocked" => Self::Locked,
            "DBus.Error.AccessDenied" => Self::Denied(text),
            _ if kind.starts_with("DBus.Error.Spawn.") => Self::NoProvider,
            _ => Self::Failed(format!("{name}: {text}")),
        }
    }

    /// What `error` means; `item` is whose call it was. `NoEntry` is for the caller to handle.
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    pub(super) fn of(error: &keyring_core::Error, item: &str) -> Self {
        use keyring_core::Error;
        match error {
            Error::NoStorageAccess(cause) => Self::Denied(cause.to_string()),
            Error::PlatformFailure(cause) => Self::Failed(cause.to_string()),
            Error::Ambiguous(_) => Self::Ambiguous(item.to_owned()),
            Error::TooLong(_, limit) => Self::TooLong(*limit),
            // These print, or may print, what is stored: only their names are shown.
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                Self::Failed("the item does not hold a key".to_owned())
            }
            other => Self::Failed(other.to_string()),
        }
    }

    /// The first way out: what makes the keyring itself work.
    pub fn remedy(&self) -> String {
        match self {
            #[cfg(all(unix, not(target_os = "macos")))]
            Self::Unopened(_) => {
                "start it from your desktop session, where `DBUS_SESSION_BUS_ADDRESS` names a \
                 `unix:path=` that you may open"
                    .to_owned()
            }
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
            #[cfg(all(unix, not(target_os = "macos")))]
            Self::Unopened(_) => "keyring_unavailable",
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
    use super::KeyringError;
    use crate::failure::Explain;

    #[cfg(not(all(unix, not(target_os = "macos"))))]
    #[test]
    fn no_error_shows_what_is_stored() {
        let error = KeyringError::of(&keyring_core::Error::BadEncoding(b"lmb_secret\xff".to_vec()), "a@b");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn a_bus_that_cannot_be_opened_is_not_mended_by_another_login() {
        let hint = KeyringError::Unopened("the session bus is at `tcp:`".to_owned()).hint().unwrap();
        assert!(hint.contains("DBUS_SESSION_BUS_ADDRESS") && !hint.contains("login` again"), "{hint}");
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn every_error_of_the_bus_has_its_meaning_and_three_ways_out() {
        let denied = || KeyringError::Denied("no".to_owned());
        for (name, meant) in [
            ("org.freedesktop.DBus.Error.ServiceUnknown", KeyringError::NoProvider),
            ("org.freedesktop.DBus.Error.Spawn.ChildExited", KeyringError::NoProvider),
            ("org.freedesktop.Secret.Error.IsLocked", KeyringError::Locked),
            ("org.freedesktop.DBus.Error.AccessDenied", denied()),
            ("a.Strange.Error", KeyringError::Failed("a.Strange.Error: no".to_owned())),
        ] {
            let found = KeyringError::of_bus(name, "no".to_owned());
            assert_eq!(found, meant);
            let hint = found.hint().unwrap();
            assert!(hint.contains("LUMABILL_API_KEY") && hint.contains("--insecure-storage"), "{hint}");
        }
    }
}
