//! What a process may do: flags and environment over the config file, which sets floors that they can only
//! tighten, since a project's client configuration can carry arguments and variables of ours.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::{Account, Settings, SettingsError};

/// When a person has to say yes before a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// Nothing is asked.
    Never,
    /// Before what cannot be undone, or moves money or mail.
    #[default]
    Destructive,
    /// Before every write.
    Writes,
}

impl Confirm {
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Destructive => "destructive",
            Self::Writes => "writes",
        }
    }
}

impl FromStr for Confirm {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Never, Self::Destructive, Self::Writes]
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or(())
    }
}

/// Requests a minute and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum RateLimit {
    Off,
    PerMinute { reads: u32, writes: u32 },
}

impl RateLimit {
    pub(super) const EXPECTED: &str = "`READS/WRITES` a minute, for example `60/20`, or `off`";
}

impl FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let number = |part: &str| part.trim().parse().ok().filter(|count| (1..=100_000).contains(count));
        let limits = text.split_once('/').and_then(|(reads, writes)| {
            Some(Self::PerMinute { reads: number(reads)?, writes: number(writes)? })
        });
        limits.ok_or(Self::EXPECTED)
    }
}

impl TryFrom<String> for RateLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|expected| format!("expected {expected}"))
    }
}

/// How long the same create counts as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Window(pub Duration);

impl Window {
    pub(super) const EXPECTED: &str = "a time from `1m` to `90d`: a number and `m`, `h` or `d`";
    const DEFAULT: Self = Self(Duration::from_secs(24 * 3600));
}

impl FromStr for Window {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.char_indices().last().and_then(|(at, unit)| {
            let number: u64 = text.get(..at)?.parse().ok()?;
            let unit = match unit {
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => return None,
            };
            number.checked_mul(unit)
        });
        match seconds {
            Some(seconds @ 60..=7_776_000) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(Self::EXPECTED),
        }
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|expected| format!("expected {expected}"))
    }
}

/// For how many days settled writes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct HistoryDays(pub u16);

impl HistoryDays {
    const EXPECTED: &str = "a number of days from 1 to 3650";
    pub(super) const DEFAULT: Self = Self(400);
}

impl TryFrom<i64> for HistoryDays {
    type Error = String;

    fn try_from(days: i64) -> Result<Self, String> {
        let days = u16::try_from(days).ok().filter(|days| (1..=3650).contains(days));
        days.map(Self).ok_or_else(|| format!("expected {}", Self::EXPECTED))
    }
}

impl FromStr for HistoryDays {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().and_then(|days: i64| Self::try_from(days).ok()).ok_or(Self::EXPECTED)
    }
}

/// What the command line of `serve`, `call` and `tools` can ask for.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub read_only: bool,
    pub confirm: Option<Confirm>,
    /// Id or name.
    pub profile: Option<String>,
    pub toolsets: Option<Vec<String>>,
    pub files: Vec<PathBuf>,
}

/// What holds for this process and one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Settings or flag say so, or the key itself is known to be read-only.
    pub read_only: bool,
    pub confirm: Confirm,
    /// Id of the profile that is fixed for this process.
    pub profile: Option<String>,
    /// Names as given; `None` for the default toolsets, `all` among them for all.
    pub toolsets: Option<Vec<String>>,
    /// Folders that files may be read from and written to, absolute and without links; empty allows none.
    pub files: Vec<PathBuf>,
    /// `None` for the service's own limit.
    pub rate_limit: Option<RateLimit>,
    /// How long the same create counts as the same.
    pub duplicate_window: Duration,
}

impl Settings {
    /// Joins settings and flags for `account`.
    pub fn policy(&self, flags: &Flags, account: &Account) -> Result<Policy, SettingsError> {
        let config = &self.config;
        let asked = flags.confirm.unwrap_or_default();
        Ok(Policy {
            read_only: flags.read_only
                || config.read_only.unwrap_or(false)
                || account.mode == super::Mode::ReadOnly,
            confirm: config.confirm.map_or(asked, |floor| match flags.confirm {
                Some(asked) => floor.max(asked),
                None => floor,
            }),
            profile: self.profile(flags.profile.as_deref(), account)?,
            toolsets: flags.toolsets.clone().or_else(|| config.toolsets.clone()),
            files: allowed_folders(&flags.files, config.files.as_deref())?,
            rate_limit: self.rate_limit()?,
            duplicate_window: self.duplicate_window(),
        })
    }

    /// How long settled writes are kept in the journal.
    pub fn history_kept(&self) -> Duration {
        let days = self.config.history_days.unwrap_or(HistoryDays::DEFAULT).0;
        Duration::from_secs(u64::from(days) * 24 * 3600)
    }

    /// How long the same create counts as the same.
    pub fn duplicate_window(&self) -> Duration {
        self.config.duplicate_window.unwrap_or(Window::DEFAULT).0
    }

    /// Requests a minute and key; `None` for the service's own limit.
    pub fn rate_limit(&self) -> Result<Option<RateLimit>, SettingsError> {
        let Some(text) = &self.environment.rate_limit else { return Ok(self.config.rate_limit) };
        match text.parse() {
            Ok(limit) => Ok(Some(limit)),
            Err(expected) => {
                Err(SettingsError::BadValue { key: "rate_limit", value: text.clone(), expected })
            }
        }
    }

    /// The profile's id: the one that the settings fix, else flag, else environment.
    fn profile(&self, flag: Option<&str>, account: &Account) -> Result<Option<String>, SettingsError> {
        // Only Lumabill's own API knows profiles.
        let asked = flag.or(self.environment.profile_id.as_deref()).filter(|_| !account.service.is_remote());
        let Some(asked) = asked else { return Ok(account.profile.clone()) };
        // A key from the environment brings no list of profiles: the gateway asks the API for the name.
        let id = if account.profiles.is_empty() { asked.to_owned() } else { account.find_profile(asked)? };
        match &account.profile {
            Some(fixed) if *fixed != id => Err(SettingsError::ProfileFixed {
                fixed: account.profile_label(fixed),
                asked: asked.to_owned(),
            }),
            _ => Ok(Some(id)),
        }
    }
}

impl Account {
    /// The id of the profile that `asked` names by id or by name, whatever the case.
    pub fn find_profile(&self, asked: &str) -> Result<String, SettingsError> {
        let by_id = self.profiles.iter().find(|profile| profile.id == asked);
        let mut by_name =
            self.profiles.iter().filter(|profile| profile.name.to_lowercase() == asked.to_lowercase());
        if let Some(profile) = by_id {
            return Ok(profile.id.clone());
        }
        if let (Some(profile), None) = (by_name.next(), by_name.next()) {
            return Ok(profile.id.clone());
        }
        // A profile that was made after the login is known by its id only.
        if uuid::Uuid::try_parse(asked).is_ok() {
            return Ok(asked.to_owned());
        }
        let known = self.profiles.iter().map(|profile| self.profile_label(&profile.id)).collect();
        Err(SettingsError::NoSuchProfile { asked: asked.to_owned(), account: self.name.clone(), known })
    }

    /// `Name (id)`, or the id alone where the name is not known.
    pub fn profile_label(&self, id: &str) -> String {
        match self.profiles.iter().find(|profile| profile.id == id) {
            Some(profile) => format!("{} ({id})", profile.name),
            None => id.to_owned(),
        }
    }
}

/// The folders of the flags, each inside one of the settings' where those are set; else the settings'.
fn allowed_folders(flags: &[PathBuf], floor: Option<&[PathBuf]>) -> Result<Vec<PathBuf>, SettingsError> {
    // A folder of the settings that is gone allows nothing, and hinders no start.
    let floor =
        floor.map(|folders| folders.iter().filter_map(|folder| real(folder).ok()).collect::<Vec<_>>());
    if flags.is_empty() {
        return Ok(floor.unwrap_or_default());
    }
    let mut allowed = Vec::new();
    for folder in flags {
        let folder = real(folder)?;
        if floor.as_ref().is_some_and(|floor| !floor.iter().any(|outer| folder.starts_with(outer))) {
            return Err(SettingsError::FolderNotAllowed(folder));
        }
        allowed.push(folder);
    }
    Ok(allowed)
}

/// The folder without links and relative parts.
pub(super) fn real(folder: &Path) -> Result<PathBuf, SettingsError> {
    let failed = |source| SettingsError::NoSuchFolder { folder: folder.to_owned(), source };
    let real = std::fs::canonicalize(folder).map_err(failed)?;
    if !real.is_dir() {
        return Err(failed(std::io::ErrorKind::NotADirectory.into()));
    }
    Ok(real)
}
