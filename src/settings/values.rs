//! The settings of `lumabill config`: validated, listed with where each value comes from, set and unset.

use toml_edit::{Array, Item, value};

use super::file::put;
use super::policy::{Confirm, HistoryDays, RateLimit, Window, real};
use super::{Account, Service, Settings, SettingsError};

/// One setting as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub key: &'static str,
    /// What holds, in the form in which it is set; empty for none.
    pub text: String,
    /// `config`, `default`, or the variable that wins.
    pub from: &'static str,
    pub about: &'static str,
}

/// Name of each setting and what it does.
pub const KEYS: &[(&str, &str)] = &[
    ("default_account", "account that is used where none is named"),
    ("profile", "profile (company) that this account is fixed to: no call reaches another one"),
    ("confirm", "what is asked first: `writes`, `destructive` or `never`; flags can only ask more"),
    ("read_only", "`true`: no tool writes, whatever a client's configuration says"),
    ("toolsets", "tools that are served: names with commas between them, or `all`"),
    ("files", "folders that files may be read from, with commas between them"),
    ("rate_limit", "requests a minute as `READS/WRITES`, shared by all programs with the same key, or `off`"),
    ("duplicate_window", "how long the same create counts as a duplicate, for example `24h`"),
    (
        "reads",
        "tools that this account's server offers and that only read, with commas between them; for servers by address",
    ),
    ("history_days", "days for which `lumabill history` keeps what is settled; 400 if not set"),
];

/// Names that the setting `toolsets` takes, beside `all`; `extra` is what a remote server offers besides.
pub const TOOLSETS: &[&str] = &[
    "invoicing",
    "contacts",
    "expenses",
    "catalog",
    "bookkeeping",
    "banking",
    "reports",
    "settings",
    "extra",
];

impl Settings {
    /// All settings in the order of [`KEYS`]; `account` is whose `profile` and `reads` are shown.
    pub fn values(&self, account: &Account) -> Vec<Value> {
        KEYS.iter()
            .map(|&(key, about)| {
                let (text, from) = self.value(key, account);
                Value { key, text, from, about }
            })
            .collect()
    }

    fn value(&self, key: &str, account: &Account) -> (String, &'static str) {
        let config = &self.config;
        let environment = &self.environment;
        let list = |items: &Vec<String>| items.join(",");
        let (set, default) = match key {
            "default_account" => {
                if let Some(name) = &environment.account {
                    return (name.clone(), "LUMABILL_ACCOUNT");
                }
                (config.default_account.clone(), account.name.clone())
            }
            "profile" => {
                let fixed = account.profile.as_deref().map(|id| account.profile_label(id));
                if let (None, Some(id)) = (&fixed, &environment.profile_id) {
                    return (id.clone(), "LUMABILL_PROFILE_ID");
                }
                (fixed, String::new())
            }
            "confirm" => (config.confirm.map(|level| level.name().to_owned()), "destructive".to_owned()),
            "read_only" => (config.read_only.map(|on| on.to_string()), "false".to_owned()),
            "toolsets" => (config.toolsets.as_ref().map(list), String::new()),
            "files" => {
                let shown = |path: &std::path::PathBuf| path.display().to_string();
                let folders = config.files.as_ref().map(|files| files.iter().map(shown).collect());
                (folders.as_ref().map(list), String::new())
            }
            "rate_limit" => {
                if let Some(text) = &environment.rate_limit {
                    return (text.clone(), "LUMABILL_RATE_LIMIT");
                }
                (config.rate_limit.map(RateLimit::text), "60/20".to_owned())
            }
            "reads" => ((!account.reads.is_empty()).then(|| list(&account.reads)), String::new()),
            "history_days" => {
                let text = |days: HistoryDays| days.0.to_string();
                (config.history_days.map(text), text(HistoryDays::DEFAULT))
            }
            _ => (config.duplicate_window.map(Window::text), "24h".to_owned()),
        };
        match set {
            Some(value) => (value, "config"),
            None => (default, "default"),
        }
    }

    /// Sets `key`; an empty `text` unsets it. `account` is whose `profile` or `reads` is set.
    pub fn set(&mut self, key: &str, text: &str, account: &Account) -> Result<(), SettingsError> {
        let Some(&(key, _)) = KEYS.iter().find(|(name, _)| *name == key) else {
            return Err(SettingsError::NoSuchKey(key.to_owned()));
        };
        let text = text.trim();
        match key {
            "profile" => return self.set_profile(text, account),
            "reads" => return self.set_reads(text, account),
            _ => {}
        }
        if text.is_empty() {
            return self.change(|document| drop(document.remove(key)));
        }
        let item = self.checked(key, text)?;
        self.change(|document| put(document, key, item))
    }

    /// The account that a setting of an account is kept with.
    fn kept(&self, account: &Account) -> Result<Account, SettingsError> {
        self.stored_account(&account.name).ok_or_else(|| {
            let known = self.config.accounts.keys().cloned().collect();
            SettingsError::NoSuchAccount { name: account.name.clone(), known }
        })
    }

    /// Whether the server has such tools is for the caller to find out.
    fn set_reads(&mut self, text: &str, account: &Account) -> Result<(), SettingsError> {
        let mut stored = self.kept(account)?;
        if stored.service != Service::Url {
            return Err(SettingsError::ReadsOfService {
                account: stored.name,
                service: stored.service.name(),
            });
        }
        stored.reads = tool_names(text);
        self.put_account(&stored)
    }

    fn set_profile(&mut self, text: &str, account: &Account) -> Result<(), SettingsError> {
        let mut stored = self.kept(account)?;
        if stored.service.is_remote() {
            return Err(SettingsError::NoProfiles { account: stored.name, service: stored.service.name() });
        }
        stored.profile = if text.is_empty() { None } else { Some(stored.find_profile(text)?) };
        self.put_account(&stored)
    }

    fn checked(&self, key: &'static str, text: &str) -> Result<Item, SettingsError> {
        let bad = |expected| SettingsError::BadValue { key, value: text.to_owned(), expected };
        Ok(match key {
            "default_account" => {
                if !self.config.accounts.contains_key(text) {
                    let known = self.config.accounts.keys().cloned().collect();
                    return Err(SettingsError::NoSuchAccount { name: text.to_owned(), known });
                }
                value(text)
            }
            "confirm" => {
                text.parse::<Confirm>().map_err(|()| bad("`writes`, `destructive` or `never`"))?;
                value(text)
            }
            "read_only" => value(text.parse::<bool>().map_err(|_| bad("`true` or `false`"))?),
            "toolsets" => {
                let names = parts(text);
                if !names.iter().all(|name| *name == "all" || TOOLSETS.contains(name)) {
                    return Err(bad(
                        "names of toolsets (invoicing, contacts, expenses, catalog, bookkeeping, banking, \
                         reports, settings, extra) with commas between them, or `all`",
                    ));
                }
                value(names.into_iter().collect::<Array>())
            }
            "files" => {
                let mut folders = Array::new();
                for folder in parts(text) {
                    let folder = real(folder.as_ref())?;
                    folders.push(folder.to_str().ok_or_else(|| bad("folders whose names are UTF-8"))?);
                }
                value(folders)
            }
            "rate_limit" => value(text.parse::<RateLimit>().map_err(bad)?.text()),
            "history_days" => value(i64::from(text.parse::<HistoryDays>().map_err(bad)?.0)),
            _ => value(text.parse::<Window>().map_err(bad)?.text()),
        })
    }
}

/// The names in a value of `reads`, each once.
pub fn tool_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in parts(text) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn parts(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

impl RateLimit {
    fn text(self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::PerMinute { reads, writes } => format!("{reads}/{writes}"),
        }
    }
}

impl Window {
    fn text(self) -> String {
        let seconds = self.0.as_secs();
        if seconds.is_multiple_of(86_400) && seconds > 86_400 {
            format!("{}d", seconds / 86_400)
        } else if seconds.is_multiple_of(3600) {
            format!("{}h", seconds / 3600)
        } else {
            format!("{}m", seconds / 60)
        }
    }
}
