//! [`Account`]: the name under which a key is stored, and all that is known of it but the key itself.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// Keys of the embedded API begin with this; they are never sent off loopback.
pub const SANDBOX_KEY_PREFIX: &str = "lmb_sandbox_";

/// One account. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub service: Service,
    /// `https://host[:port][/prefix]`, as `credentials::Origin` prints it.
    pub origin: String,
    pub stored_in: StoredIn,
    pub mode: Mode,
    /// Id of the profile that the settings fix for this account.
    pub profile: Option<String>,
    /// What the key reached at login; empty where that is not known.
    pub profiles: Vec<Profile>,
    /// Further TLS root given at login.
    pub ca_file: Option<PathBuf>,
    /// Other origins that keys of this account were stored for and that may still be in the keyring.
    pub former_origins: Vec<String>,
}

impl Account {
    /// The account of the embedded API at `origin`.
    pub fn sandbox(origin: String) -> Self {
        Self {
            origin,
            service: Service::Sandbox,
            stored_in: StoredIn::Sandbox,
            mode: Mode::ReadWrite,
            ..Self::unknown("sandbox")
        }
    }

    /// An account that nobody logged in to yet, at its service's default address.
    pub fn unknown(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            service: Service::Lumabill,
            origin: Service::Lumabill.default_origin().to_owned(),
            stored_in: StoredIn::Keyring,
            mode: Mode::Unknown,
            profile: None,
            profiles: Vec::new(),
            ca_file: None,
            former_origins: Vec::new(),
        }
    }

    /// The user of the keyring item for `origin`: `account@origin`.
    pub fn item_for(&self, origin: &str) -> String {
        format!("{}@{origin}", self.name)
    }
}

/// Where the calls of an account go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    Lumabill,
    Sandbox,
    /// Known by name only: this version cannot serve it.
    LumabillHosted,
    /// Known by name only: this version cannot serve it.
    Billbot,
    /// Known by name only: this version cannot serve it.
    Faktoora,
    /// Known by name only: this version cannot serve it.
    Billstride,
}

impl Service {
    /// The name that people type and that the config file holds.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lumabill => "lumabill",
            Self::Sandbox => "sandbox",
            Self::LumabillHosted => "lumabill-hosted",
            Self::Billbot => "billbot",
            Self::Faktoora => "faktoora",
            Self::Billstride => "billstride",
        }
    }

    /// The service of this name, usable in this version or not.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Lumabill, Self::Sandbox, Self::LumabillHosted, Self::Billbot, Self::Faktoora, Self::Billstride]
            .into_iter()
            .find(|service| service.name() == name)
    }

    /// Where calls go unless the account says otherwise; the embedded API has no fixed address.
    pub fn default_origin(self) -> &'static str {
        match self {
            Self::Lumabill => "https://api.lumabill.ch",
            Self::Sandbox => "http://127.0.0.1",
            Self::LumabillHosted => "https://mcp.lumabill.ch/mcp",
            Self::Billbot => "https://billbot.io/api/mcp",
            Self::Faktoora => "https://api.faktoora.com/api/v1/mcp",
            Self::Billstride => "https://billstride.com/api/mcp/sse",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredIn {
    Environment,
    Keyring,
    /// A file that only its owner can read, chosen at login with `--insecure-storage`.
    File,
    /// Made by the embedded API when it starts.
    Sandbox,
}

impl StoredIn {
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Sandbox => "sandbox",
        }
    }
}

/// What the key may do, as far as login or a refused write has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    ReadWrite,
    ReadOnly,
    #[default]
    Unknown,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "read_write",
            Self::ReadOnly => "read_only",
            Self::Unknown => "unknown",
        }
    }
}

/// A company inside an account, Lumabill's own word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Profile {
    pub id: String,
    pub name: String,
}

/// True for `[a-z][a-z0-9_-]{0,15}`.
pub fn is_account_name(name: &str) -> bool {
    name.len() <= 16
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}
