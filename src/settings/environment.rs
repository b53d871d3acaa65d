//! [`Environment`]: every variable that this program reads, in one place. The proxy variables and
//! `SSL_CERT_FILE` are read by the HTTP client's crates; `api` decides when they count.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use directories::ProjectDirs;
use secrecy::SecretString;

use super::{Folders, SettingsError};

/// The variables as they were when the program started. Empty ones count as not set, since client
/// configurations often hand on an empty placeholder.
#[derive(Clone, Default)]
pub struct Environment {
    /// `LUMABILL_API_KEY`: the key of one account, instead of the keyring.
    pub api_key: Option<SecretString>,
    /// `LUMABILL_API_URL`: counts together with the key only.
    pub api_url: Option<String>,
    /// `LUMABILL_PROFILE_ID`
    pub profile_id: Option<String>,
    /// `LUMABILL_ACCOUNT`
    pub account: Option<String>,
    /// `LUMABILL_LOG`: log filter.
    pub log: Option<String>,
    /// `LUMABILL_RATE_LIMIT`: `READS/WRITES` or `off`.
    pub rate_limit: Option<String>,
    config_dir: Option<PathBuf>,
    state_dir: Option<PathBuf>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("api_key", &self.api_key.as_ref().map(|_| "hidden"))
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Where the D-Bus of this session listens.
#[cfg(all(unix, not(target_os = "macos")))]
#[derive(Debug)]
pub enum SessionBus {
    /// As `DBUS_SESSION_BUS_ADDRESS` has them: one or several, in the notation of D-Bus.
    Addresses(String),
    /// A socket's file.
    Socket(PathBuf),
}

#[cfg(all(unix, not(target_os = "macos")))]
impl SessionBus {
    /// `DBUS_SESSION_BUS_ADDRESS`, else `$XDG_RUNTIME_DIR/bus`, else `/run/user/UID/bus`, as they are now.
    #[expect(clippy::disallowed_methods, reason = "this file is the one reader of the environment")]
    pub fn of_this_process() -> Self {
        Self::from(|name| std::env::var_os(name))
    }

    fn from(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(addresses) = set("DBUS_SESSION_BUS_ADDRESS") {
            return Self::Addresses(addresses.to_string_lossy().into_owned());
        }
        let user = rustix::process::geteuid().as_raw();
        let folder = set("XDG_RUNTIME_DIR").map_or_else(|| format!("/run/user/{user}").into(), PathBuf::from);
        Self::Socket(folder.join("bus"))
    }
}

/// True where programs of this process can show a window: always, but for X and Wayland, which a variable names.
#[expect(clippy::disallowed_methods, reason = "this file is the one reader of the environment")]
pub fn has_desktop() -> bool {
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

impl Environment {
    /// Reads the variables of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub fn read() -> Self {
        Self::from(|name| std::env::var_os(name))
    }

    /// Reads from any source of variables.
    pub fn from(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().trim().to_owned());
        let api_key = text("LUMABILL_API_KEY").filter(|key| !key.is_empty()).map(SecretString::from);
        Self {
            api_key,
            api_url: text("LUMABILL_API_URL"),
            profile_id: text("LUMABILL_PROFILE_ID"),
            account: text("LUMABILL_ACCOUNT"),
            log: text("LUMABILL_LOG"),
            rate_limit: text("LUMABILL_RATE_LIMIT"),
            config_dir: set("LUMABILL_CONFIG_DIR").map(PathBuf::from),
            state_dir: set("LUMABILL_STATE_DIR").map(PathBuf::from),
        }
    }

    /// The names of our own variables that are set here.
    pub fn names(&self) -> Vec<&'static str> {
        let set = [
            ("LUMABILL_API_KEY", self.api_key.is_some()),
            ("LUMABILL_API_URL", self.api_url.is_some()),
            ("LUMABILL_PROFILE_ID", self.profile_id.is_some()),
            ("LUMABILL_ACCOUNT", self.account.is_some()),
            ("LUMABILL_RATE_LIMIT", self.rate_limit.is_some()),
            ("LUMABILL_CONFIG_DIR", self.config_dir.is_some()),
            ("LUMABILL_STATE_DIR", self.state_dir.is_some()),
        ];
        set.into_iter().filter_map(|(name, set)| set.then_some(name)).collect()
    }

    /// The variables of these names as a program that is started with no others gets them.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub fn handed_on(names: &[&str]) -> Vec<(String, OsString)> {
        names.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?))).collect()
    }

    /// The folders named here, else the platform's.
    pub(super) fn folders(&self) -> Result<Folders, SettingsError> {
        let platform = ProjectDirs::from("", "", "lumabill");
        let config = self
            .config_dir
            .clone()
            .or_else(|| platform.as_ref().map(|dirs| dirs.config_dir().to_owned()))
            .ok_or(SettingsError::NoFolder { variable: "LUMABILL_CONFIG_DIR" })?;
        let state = self
            .state_dir
            .clone()
            .or_else(|| {
                let dirs = platform.as_ref()?;
                Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
            })
            .ok_or(SettingsError::NoFolder { variable: "LUMABILL_STATE_DIR" })?;
        Ok(Folders { config, state })
    }
}
