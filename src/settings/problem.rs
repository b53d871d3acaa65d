//! [`SettingsError`]: what can be wrong with settings, in words that name the file, the line and the way out.

use std::path::PathBuf;

use super::forward::VERSION;
use super::me::me;
use crate::failure::{Exit, Explain};

const PROGRAM: &str = env!("CARGO_PKG_VERSION");

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("this platform names no home folder, so there is no place for settings")]
    NoFolder { variable: &'static str },
    #[error("the config file `{}` cannot be read", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("the config file `{}` cannot be written", file.display())]
    Unwritable { file: PathBuf, source: std::io::Error },
    #[error("the config file `{}` does not parse, line {line}: {problem}", file.display())]
    Unparsable { file: PathBuf, line: usize, problem: String },
    #[error("the config file `{}` was written by a newer lumabill (version {version} of the file), and this is lumabill \
             {PROGRAM}, which knows versions up to {VERSION}: what it may set is not known here, so nothing was sent",
             file.display())]
    Newer { file: PathBuf, version: i64 },
    #[error("`{0}` is no account name: a letter a-z, then up to 15 of a-z, 0-9, `_` and `-`")]
    AccountName(String),
    #[error("there is no account `{name}`; nothing was sent{}", known_accounts(known))]
    NoSuchAccount { name: String, known: Vec<String> },
    #[error("there are several accounts and none was chosen: {}; nothing was sent", .0.join(", "))]
    ManyAccounts(Vec<String>),
    #[error("there is no setting `{0}`")]
    NoSuchKey(String),
    #[error("`{value}` is no value for {key}: {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("the profile is fixed to `{fixed}` in the settings, so `{asked}` was refused; nothing was sent")]
    ProfileFixed { fixed: String, asked: String },
    #[error(
        "there is no profile `{asked}` in account `{account}`{}; nothing was sent",
        known_profiles(known)
    )]
    NoSuchProfile { asked: String, account: String, known: Vec<String> },
    #[error(
        "`reads` is for servers that were logged in to by their address, and account `{account}` is one of {service}; \
             nothing was changed"
    )]
    ReadsOfService { account: String, service: &'static str },
    #[error(
        "profiles are companies of Lumabill's own API, and account `{account}` is one of {service}; nothing was changed"
    )]
    NoProfiles { account: String, service: &'static str },
    #[error("the folder `{}` is not inside a folder that the setting `files` allows", .0.display())]
    FolderNotAllowed(PathBuf),
    #[error("the folder `{}` does not exist or cannot be read", folder.display())]
    NoSuchFolder { folder: PathBuf, source: std::io::Error },
}

fn known_accounts(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!("; known: {}", known.join(", ")) }
}

fn known_profiles(known: &[String]) -> String {
    if known.is_empty() {
        ", whose profiles are not known here, so that a name cannot be looked up".to_owned()
    } else {
        format!(": it has {}", known.join(", "))
    }
}

impl Explain for SettingsError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoFolder { .. } => "no_home",
            Self::Unreadable { .. } | Self::Unwritable { .. } => "config_io",
            Self::Unparsable { .. } => "config_invalid",
            Self::Newer { .. } => "config_newer",
            Self::AccountName(_) => "bad_account_name",
            Self::NoSuchAccount { .. } => "no_such_account",
            Self::ManyAccounts(_) => "account_not_chosen",
            Self::NoSuchKey(_)
            | Self::BadValue { .. }
            | Self::ReadsOfService { .. }
            | Self::NoProfiles { .. } => "bad_setting",
            Self::ProfileFixed { .. } => "profile_fixed",
            Self::NoSuchProfile { .. } => "no_such_profile",
            Self::FolderNotAllowed(_) | Self::NoSuchFolder { .. } => "folder_not_allowed",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::AccountName(_)
            | Self::NoSuchKey(_)
            | Self::BadValue { .. }
            | Self::ReadsOfService { .. }
            | Self::NoProfiles { .. }
            | Self::ManyAccounts(_)
            | Self::NoSuchFolder { .. } => Exit::Usage,
            Self::NoSuchAccount { .. } => Exit::NotLoggedIn,
            _ => Exit::Refused,
        }
    }

    fn hint(&self) -> Option<String> {
        let me = me();
        Some(match self {
            Self::NoFolder { variable } => format!("set `{variable}` to a folder of yours"),
            Self::Unreadable { file, .. } | Self::Unwritable { file, .. } => {
                format!("make `{}` and its folder readable and writable for you", file.display())
            }
            Self::Unparsable { file, .. } => {
                format!("correct that line of `{}`, or move the file away and log in again", file.display())
            }
            Self::Newer { .. } => {
                "call the newer `lumabill` of this machine, or update this one; `lumabill doctor` of the newer one shows \
                 which clients start an old one".to_owned()
            }
            Self::AccountName(_) | Self::NoProfiles { .. } => return None,
            Self::NoSuchAccount { name, .. } => format!("run `{me} login --account {name}`"),
            Self::ManyAccounts(_) => {
                format!("give `--account NAME`, or run `{me} config default_account NAME`")
            }
            Self::NoSuchKey(_) => format!("run `{me} config` to see all settings"),
            Self::BadValue { key, .. } => format!("run `{me} config {key} ''` to go back to the default"),
            Self::ReadsOfService { account, .. } => {
                format!("see what each of its tools does with `{me} tools --account {account}`")
            }
            Self::ProfileFixed { .. } => {
                format!("only you can widen it, in a terminal: `{me} config profile ''`")
            }
            Self::NoSuchProfile { .. } => {
                "give the profile's id as Lumabill shows it, or one of the names".to_owned()
            }
            Self::FolderNotAllowed(_) => {
                format!("only you can widen it, in a terminal: `{me} config files FOLDER,FOLDER`")
            }
            Self::NoSuchFolder { .. } => "name a folder that exists".to_owned(),
        })
    }
}
