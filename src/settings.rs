//! The only reader of environment and config file, and the writer of the latter. Reads files and
//! variables and nothing else: neither keyring nor network.

mod account;
mod choice;
mod environment;
mod file;
mod forward;
mod key_form;
mod me;
mod policy;
mod problem;
mod user_folders;
mod values;

use std::path::PathBuf;

pub use account::{
    Account, Auth, Mode, Profile, SANDBOX_KEY_PREFIX, Service, StoredIn, is_account_name, name_of_host,
    numbered, runs_into, stands_apart,
};
#[cfg(all(unix, not(target_os = "macos")))]
pub use environment::SessionBus;
pub use environment::{Environment, has_desktop};
pub use key_form::{KeyProblem, check_key};
pub use me::{me, quoted};
pub use policy::{Confirm, Flags, Policy, RateLimit};
pub use problem::SettingsError;
pub use user_folders::UserFolders;
pub use values::{KEYS, Value, tool_names};

pub use file::write_private_file;

use file::Config;

use crate::failure::Failure;

/// Where config and state live; neither folder has to exist.
#[derive(Clone, Debug)]
pub struct Folders {
    pub config: PathBuf,
    pub state: PathBuf,
}

impl Folders {
    /// The config file, whether it exists or not.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }
}

/// Everything that the person set: environment, config file and where the folders are.
#[derive(Clone, Debug)]
pub struct Settings {
    pub folders: Folders,
    pub environment: Environment,
    config: Config,
    warnings: Vec<String>,
}

impl Settings {
    /// Reads the environment and the config file; a missing file is an empty one.
    pub fn load() -> Result<Self, Failure> {
        Ok(Self::of(Environment::read())?)
    }

    /// The same as it is by now: the config file may have changed.
    pub fn reread(&self) -> Result<Self, SettingsError> {
        Self::of(self.environment.clone())
    }

    /// Reads the config file of the folder that `environment` names.
    pub fn of(environment: Environment) -> Result<Self, SettingsError> {
        let folders = environment.folders()?;
        let config = file::read(&folders.config_file())?;
        let mut warnings = Vec::new();
        if environment.api_url.is_some() && environment.api_key.is_none() {
            warnings.push(
                "`LUMABILL_API_URL` is ignored: it counts only together with `LUMABILL_API_KEY`, since a \
                 stored key goes to no other address than its own"
                    .to_owned(),
            );
        }
        Ok(Self { folders, environment, config, warnings })
    }

    /// As though the config file were empty, for those who look at what is wrong with it.
    pub fn without_config(environment: Environment) -> Result<Self, SettingsError> {
        let folders = environment.folders()?;
        Ok(Self { folders, environment, config: Config::default(), warnings: Vec::new() })
    }

    /// What the person should know about settings that have no effect; for stderr.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests;
