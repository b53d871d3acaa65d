//! From settings and flags to a gateway: which account, which key, which policy.

use std::path::PathBuf;
use std::sync::Arc;

use crate::api;
use crate::credentials::{AccountKeys, Key, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::policy::Level;
use crate::gateway::{Gateway, Selection, Setup};
use crate::sandbox::{self, Data, Sandbox};
use crate::settings::{Account, Confirm, Flags, Mode, Profile, Settings};
use crate::terminal;

/// Where calls go and what is served; the same for `serve`, `call` and `tools`
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Choice {
    /// The account to use, as `lumabill status` names it
    #[arg(long, value_name = "NAME")]
    pub account: Vec<String>,
    /// Use the built-in practice API instead of an account
    #[arg(long, conflicts_with = "account")]
    pub sandbox: bool,
    /// Serve no tool that changes anything
    #[arg(long)]
    pub read_only: bool,
    /// Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings
    #[arg(long, value_name = "A,B|all", value_delimiter = ',')]
    pub toolsets: Vec<String>,
    /// Further tools by name
    #[arg(long, value_name = "X,Y", value_delimiter = ',')]
    pub tools: Vec<String>,
    /// When a person is asked first: before every write, before destructive ones, or never
    #[arg(long, value_name = "writes|destructive|never")]
    pub confirm: Option<Confirm>,
    /// Work in this profile (company) only
    #[arg(long, value_name = "UUID|NAME")]
    pub profile_id: Option<String>,
    /// A folder from which files may be read
    #[arg(long, value_name = "DIR")]
    pub files: Vec<PathBuf>,
}

/// A gateway, and the sandbox it talks to where there is one.
pub struct Connected {
    pub gateway: Arc<Gateway>,
    /// Stops when dropped.
    _sandbox: Option<Sandbox>,
}

impl Connected {
    /// Touches neither keyring nor network; starts the sandbox where it is asked for.
    pub fn new(choice: &Choice) -> Result<Self, Failure> {
        let settings = Settings::load()?;
        for warning in settings.warnings() {
            terminal::note(&format!("warning: {warning}"));
        }
        if choice.sandbox { Self::to_sandbox(choice, &settings) } else { Self::to_account(choice, &settings) }
    }

    fn to_account(choice: &Choice, settings: &Settings) -> Result<Self, Failure> {
        let account = match choice.account.as_slice() {
            [] => settings.account(None)?,
            [name] => settings.account(Some(name))?,
            _ => {
                return Err(Failure::new("usage", Exit::Usage, "this version serves one account at a time")
                    .hint("start one server for each account"));
            }
        };
        let keys = Arc::new(AccountKeys::new(&account, settings));
        let origin = Origin::parse(&account.origin)?;
        let remembered = (settings.clone(), account.name.clone());
        let remember = move || {
            let (settings, name) = &remembered;
            if let Err(failure) = settings.remember_mode(name, Mode::ReadOnly) {
                tracing::warn!("the account's mode could not be kept: {}", failure.message);
            }
        };
        let trust = api::Trust { ca_file: account.ca_file.clone(), environment_roots: account.is_from_environment() };
        let client = api::Client::new(origin, trust);
        let setup = setup(choice, settings, &account)?;
        let gateway = Gateway::new(Setup { client, keys, remember_read_only: Box::new(remember), ..setup })?;
        Ok(Self { gateway: Arc::new(gateway), _sandbox: None })
    }

    fn to_sandbox(choice: &Choice, settings: &Settings) -> Result<Self, Failure> {
        let folder = settings.folders.state.join("sandbox");
        let sandbox = start_sandbox(sandbox::Options { data: Data::File(data_file(settings)?), ..sandbox::Options::default() })?;
        let account = Account {
            profiles: sandbox::profiles().into_iter().map(|(id, name)| Profile { id, name }).collect(),
            ..Account::sandbox(sandbox.url().to_owned())
        };
        let origin = Origin::parse(&account.origin)?;
        let key = Key::new(Secret::new(sandbox::keys::READ_WRITE.to_owned()), origin.clone());
        let client = api::Client::new(origin, api::Trust::default());
        let setup = setup(choice, settings, &account)?;
        let gateway = Gateway::new(Setup {
            sandbox: true,
            // The practice company is chosen, as a person would have chosen theirs at login.
            chosen_profile: Some(sandbox::MAIN_PROFILE_ID.to_owned()),
            state_folder: folder,
            client,
            keys: Arc::new(api::FixedKey(key)),
            ..setup
        })?;
        Ok(Self { gateway: Arc::new(gateway), _sandbox: Some(sandbox) })
    }
}
