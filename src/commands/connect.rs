//! From settings and flags to a gateway: which account, which key, which policy.

use std::path::PathBuf;
use std::sync::Arc;

use crate::api;
use crate::credentials::{AccountKeys, FixedKey, Key, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::policy::Level;
use crate::gateway::{Gateway, Selection, Setup};
use crate::sandbox::{self, Sandbox};
use crate::settings::{Account, Confirm, Flags, Mode, Profile, Settings, StoredIn};
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

const USER_AGENT: &str = concat!("lumabill/", env!("CARGO_PKG_VERSION"));

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
        let origin = Origin::parse(&account.origin)?;
        let environment_roots = account.stored_in == StoredIn::Environment;
        let trust = api::Trust { ca_file: account.ca_file.clone(), environment_roots };
        let client = api::Client::new(origin, trust, USER_AGENT);
        let keys = Arc::new(AccountKeys::new(&account, settings));
        let (name, stored) = (account.name.clone(), !environment_roots);
        let remember = move || {
            let kept = Settings::load().and_then(|mut settings| Ok(settings.remember_mode(&name, Mode::ReadOnly)?));
            if let (true, Err(failure)) = (stored, kept) {
                tracing::warn!("that the key only reads could not be kept: {}", failure.message);
            }
        };
        let policy = settings.policy(&choice.flags(), &account)?;
        let gateway = Gateway::new(Setup {
            sandbox: false,
            chosen_profile: None,
            state_folder: settings.folders.state.clone(),
            client,
            keys,
            remember_read_only: Box::new(remember),
            fixed_profile: policy.profile.clone(),
            known_profiles: known(&account),
            read_only: policy.read_only,
            selection: choice.selection(policy.toolsets.as_deref()),
            level: level(policy.confirm),
            files: policy.files,
            account: account.name,
            origin: account.origin,
        })?;
        Ok(Self { gateway: Arc::new(gateway), _sandbox: None })
    }

    fn to_sandbox(choice: &Choice, settings: &Settings) -> Result<Self, Failure> {
        let data = super::sandbox::shared_data(settings)?;
        let sandbox = Sandbox::start(sandbox::Options { data, ..sandbox::Options::default() })?;
        
        let profiles = sandbox.profiles().iter().map(|(id, name)| Profile { id: id.clone(), name: name.clone() }).collect();
        let account = Account { profiles, ..Account::sandbox(sandbox.url().to_owned()) };
        let origin = Origin::parse(&account.origin)?;
        let key = Key::new(Secret::new(sandbox::keys::READ_WRITE_KEY.to_owned()), origin.clone());
        let policy = settings.policy(&choice.flags(), &account)?;
        let gateway = Gateway::new(Setup {
            sandbox: true,
            // The practice company is chosen, as a person would have chosen theirs at login.
            chosen_profile: Some(sandbox::MAIN_PROFILE_ID.to_owned()),
            state_folder: super::sandbox::folder(settings),
            client: api::Client::new(origin, api::Trust::default(), USER_AGENT),
            keys: Arc::new(FixedKey(key)),
            remember_read_only: Box::new(|| ()),
            fixed_profile: policy.profile.clone(),
            known_profiles: known(&account),
            read_only: policy.read_only,
            selection: choice.selection(policy.toolsets.as_deref()),
            level: level(policy.confirm),
            files: policy.files,
            account: account.name,
            // Not the address: the port is another one at every start.
            origin: "sandbox".to_owned(),
        })?;
        Ok(Self { gateway: Arc::new(gateway), _sandbox: Some(sandbox) })
    }
}

impl Choice {
    fn flags(&self) -> Flags {
        Flags {
            read_only: self.read_only,
            confirm: self.confirm,
            profile: self.profile_id.clone(),
            toolsets: (!self.toolsets.is_empty()).then(|| self.toolsets.clone()),
            files: self.files.clone(),
        }
    }

    fn selection(&self, toolsets: Option<&[String]>) -> Selection {
        Selection { toolsets: toolsets.unwrap_or_default().to_vec(), tools: self.tools.clone() }
    }
}

fn known(account: &Account) -> Vec<(String, String)> {
    account.profiles.iter().map(|profile| (profile.id.clone(), profile.name.clone())).collect()
}

fn level(confirm: Confirm) -> Level {
    match confirm {
        Confirm::Never => Level::Never,
        Confirm::Destructive => Level::Destructive,
        Confirm::Writes => Level::Writes,
    }
}

/// Runs a future on a single-threaded runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new("no_runtime", Exit::Defect, "the program could not start its runtime").because(error.to_string()))?;
    Ok(runtime.block_on(future))
}
