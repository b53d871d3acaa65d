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
    /// How the credential goes out.
    pub auth: Auth,
    /// `x-account-id` of a service with several accounts behind one key (faktoora).
    pub tenant: Option<String>,
    /// Tools of a remote server of the user's own that the user says only read.
    pub reads: Vec<String>,
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

    /// An account that nobody logged in to yet, at its service's default address: that of the service whose name it
    /// bears, else Lumabill's.
    pub fn unknown(name: &str) -> Self {
        let service = Service::from_name(name).filter(|service| service.is_named_remote());
        let service = service.unwrap_or(Service::Lumabill);
        Self {
            name: name.to_owned(),
            service,
            origin: service.default_origin().to_owned(),
            stored_in: StoredIn::Keyring,
            mode: Mode::Unknown,
            profile: None,
            profiles: Vec::new(),
            ca_file: None,
            auth: service.auth(),
            tenant: None,
            reads: Vec::new(),
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
    LumabillHosted,
    Billbot,
    Faktoora,
    Billstride,
    /// Any other remote MCP server, by its address.
    Url,
}

impl Service {
    const ALL: [Self; 7] = [
        Self::Lumabill,
        Self::Sandbox,
        Self::LumabillHosted,
        Self::Billbot,
        Self::Faktoora,
        Self::Billstride,
        Self::Url,
    ];

    /// The name that people type and that the config file holds.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lumabill => "lumabill",
            Self::Sandbox => "sandbox",
            Self::LumabillHosted => "lumabill-hosted",
            Self::Billbot => "billbot",
            Self::Faktoora => "faktoora",
            Self::Billstride => "billstride",
            Self::Url => "url",
        }
    }

    /// The service of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Where calls go unless the account says otherwise; the embedded API and servers of the user's own have no fixed address.
    pub fn default_origin(self) -> &'static str {
        match self {
            Self::Lumabill => "https://api.lumabill.ch",
            Self::Sandbox | Self::Url => "http://127.0.0.1",
            Self::LumabillHosted => "https://mcp.lumabill.ch/mcp",
            Self::Billbot => "https://billbot.io/api/mcp",
            Self::Faktoora => "https://api.faktoora.com/api/v1/mcp",
            Self::Billstride => "https://billstride.com/api/mcp/sse",
        }
    }

    /// How the service's pages say that the credential goes out.
    pub fn auth(self) -> Auth {
        match self {
            Self::Lumabill | Self::Sandbox | Self::Billbot | Self::Url => Auth::Bearer,
            Self::LumabillHosted => Auth::Query("key".to_owned()),
            Self::Faktoora => Auth::Header("x-api-key".to_owned()),
            Self::Billstride => Auth::OAuth,
        }
    }

    /// A remote MCP server, and no REST API.
    pub fn is_remote(self) -> bool {
        !matches!(self, Self::Lumabill | Self::Sandbox)
    }

    /// A remote MCP server that we know by name.
    pub fn is_named_remote(self) -> bool {
        self.is_remote() && self != Self::Url
    }

    /// The service whose own address this is, as `credentials::Origin` prints it.
    pub fn at(origin: &str) -> Option<Self> {
        let own = |service: &Self| *service == Self::Lumabill || service.is_named_remote();
        Self::ALL.into_iter().filter(own).find(|service| service.default_origin() == origin)
    }

    /// The names that `login --service` takes beside an address.
    pub fn logged_in_to() -> impl Iterator<Item = &'static str> {
        let own = |service: &Self| *service == Self::Lumabill || service.is_named_remote();
        Self::ALL.into_iter().filter(own).map(Self::name)
    }

    /// Where a person finds the key, in the middle of a sentence; `None` where no page says.
    pub fn keys_page(self) -> Option<&'static str> {
        match self {
            Self::Lumabill | Self::LumabillHosted => Some("Settings > API in Lumabill"),
            Self::Billbot => Some("Settings > API Keys at billbot.io"),
            Self::Faktoora => Some("your account at faktoora.com"),
            Self::Billstride | Self::Sandbox | Self::Url => None,
        }
    }
}

/// How the credential of an account goes out; in the config file `bearer`, `header:NAME`, `query:NAME`, `oauth` or `none`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[expect(clippy::enum_variant_names, reason = "OAuth is its name")]
pub enum Auth {
    /// A key as bearer token.
    #[default]
    Bearer,
    /// A key in a header of this name.
    Header(String),
    /// A key in the query, under this name.
    Query(String),
    /// Tokens of an OAuth 2.1 sign-in.
    OAuth,
    /// The server wants none.
    Nothing,
}

impl Auth {
    /// As the config file holds it.
    pub fn text(&self) -> String {
        match self {
            Self::Bearer => "bearer".to_owned(),
            Self::Header(name) => format!("header:{name}"),
            Self::Query(name) => format!("query:{name}"),
            Self::OAuth => "oauth".to_owned(),
            Self::Nothing => "none".to_owned(),
        }
    }
}

impl TryFrom<String> for Auth {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match (text.as_str(), text.split_once(':')) {
            ("bearer", _) => Ok(Self::Bearer),
            ("oauth", _) => Ok(Self::OAuth),
            ("none", _) => Ok(Self::Nothing),
            (_, Some(("header", name))) if !name.is_empty() => Ok(Self::Header(name.to_owned())),
            (_, Some(("query", name))) if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            _ => Err("expected `bearer`, `header:NAME`, `query:NAME`, `oauth` or `none`"),
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

/// Longest name of an account.
const MOST: usize = 16;

/// The name of an account after the host of its server, and its port where it is not the usual one:
/// `mcp-example-com`, `h127-0-0-1-8080`. Cut to fit; the port stays whole.
pub fn name_of_host(host: &str, port: Option<u16>) -> String {
    let mut name = String::new();
    for letter in host.to_ascii_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        name.insert(0, 'h');
    }
    let port = port.map(|port| format!("-{port}")).unwrap_or_default();
    format!("{}{port}", cut(&name, MOST - port.len()))
}

/// `name` with a number behind it, cut to fit.
pub fn numbered(name: &str, number: usize) -> String {
    let number = format!("-{number}");
    format!("{}{number}", cut(name, MOST.saturating_sub(number.len())))
}

fn cut(name: &str, most: usize) -> &str {
    name.get(..most.min(name.len())).unwrap_or(name).trim_end_matches(['-', '_'])
}

/// True for `[a-z][a-z0-9_-]{0,15}`.
pub fn is_account_name(name: &str) -> bool {
    name.len() <= MOST
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

/// True where no other account's tools can look like this one's: between an account and a tool stands `__`.
pub fn stands_apart(name: &str) -> bool {
    !name.contains("__") && !name.ends_with('_')
}

/// True where a tool of `short` may be called as one of `long` is: `a` with `b__x`, and `a__b` with `x`.
pub fn runs_into(short: &str, long: &str) -> bool {
    long.strip_prefix(short).is_some_and(|rest| rest.starts_with("__") || rest == "_")
}

#[cfg(test)]
mod tests {
    use super::{Account, Auth, Service, is_account_name, name_of_host, numbered, runs_into, stands_apart};

    #[test]
    fn names_that_run_into_each_other_are_known() {
        for (short, long) in [("a", "a__b"), ("a", "a_"), ("a", "a__")] {
            assert!(
                runs_into(short, long) && !runs_into(long, short) && !stands_apart(long),
                "{short} {long}"
            );
        }
        for (short, long) in [("a", "a_b"), ("a", "ab"), ("a", "a-b"), ("a_b", "a_b_c"), ("a", "a")] {
            assert!(!runs_into(short, long) && stands_apart(long), "{short} {long}");
        }
    }

    #[test]
    fn an_account_is_named_after_its_host_and_fits() {
        for (host, port, name) in [
            ("mcp.example.com", None, "mcp-example-com"),
            ("MCP.Example.com", Some(8443), "mcp-example-8443"),
            ("127.0.0.1", Some(45678), "h127-0-0-1-45678"),
            ("[::1]", Some(80), "h1-80"),
            ("a-very-long-host-name.example", None, "a-very-long-host"),
            ("xn--zrich-kva.example", None, "xn-zrich-kva-exa"),
        ] {
            assert_eq!(name_of_host(host, port), name);
            assert!(is_account_name(name), "{name}");
        }
        assert_eq!(numbered("a-very-long-host", 2), "a-very-long-ho-2");
    }

    #[test]
    fn an_account_called_after_a_service_is_one_of_it() {
        let billbot = Account::unknown("billbot");
        assert_eq!(
            (billbot.service, billbot.origin.as_str()),
            (Service::Billbot, "https://billbot.io/api/mcp")
        );
        assert_eq!(Account::unknown("billstride").auth, Auth::OAuth);
        for name in ["acme", "lumabill", "url", "sandbox"] {
            assert_eq!(Account::unknown(name).service, Service::Lumabill, "{name}");
        }
        assert_eq!(Service::at("https://billbot.io/api/mcp"), Some(Service::Billbot));
        assert_eq!(Service::at("http://127.0.0.1"), None);
    }
}
