//! From settings and flags to a gateway: which account, which key, which policy.

use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::api;
use crate::bridge;
use crate::credentials::{AccountKeys, FixedKey, Key, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::{self, Bridged};
use crate::gateway::policy::Level;
use crate::gateway::rate_limit::Rates;
use crate::gateway::{self, Absent, Accounts, Facts, Gateway, Selection, ServedAccount as Served, Setup};
use crate::journal::Journal;
use crate::sandbox::{self, Sandbox};
use crate::settings::{
    Account, Confirm, Flags, Mode, Policy, Profile, RateLimit, Service, Settings, StoredIn,
};
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
    /// Serve four tools that find, describe and run the others, for clients with little room
    #[arg(long)]
    pub lean: bool,
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

pub const USER_AGENT: &str = concat!("lumabill/", env!("CARGO_PKG_VERSION"));

/// What is served, and the sandbox it talks to where there is one.
pub struct Connected {
    pub accounts: Arc<Accounts>,
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
        if choice.sandbox {
            Self::to_sandbox(choice, &settings)
        } else {
            Self::to_accounts(choice, &settings)
        }
    }

    fn to_accounts(choice: &Choice, settings: &Settings) -> Result<Self, Failure> {
        let served = match choice.account.as_slice() {
            [] => vec![to_account(choice, settings, None)?],
            [name] => vec![to_account(choice, settings, Some(name.clone()))?],
            several => several
                .iter()
                .map(|name| {
                    // One that cannot be served does not take the others with it.
                    to_account(choice, settings, Some(name.clone())).unwrap_or_else(|why| {
                        (name.clone(), Served::Absent(Absent { account: name.clone(), why, again: Box::new(|| None) }))
                    })
                })
                .collect(),
        };
        Ok(Self { accounts: Arc::new(Accounts::new(served)), _sandbox: None })
    }

    fn to_sandbox(choice: &Choice, settings: &Settings) -> Result<Self, Failure> {
        let data = super::sandbox::shared_data(settings)?;
        let sandbox = Sandbox::start(sandbox::Options { data, ..sandbox::Options::default() })?;
        let profiles = sandbox
            .profiles()
            .iter()
            .map(|(id, name)| Profile { id: id.clone(), name: name.clone() })
            .collect();
        let account = Account { profiles, ..Account::sandbox(sandbox.url().to_owned()) };
        let policy = settings.policy(&choice.flags(), &account)?;
        let facts = facts(&account, settings, &policy)?;
        let key = Key::new(Secret::new(sandbox::keys::READ_WRITE_KEY.to_owned()), facts.origin.clone());
        let gateway = Gateway::new(Setup {
            facts: Facts {
                // The practice company is chosen, as a person would have chosen theirs at login.
                chosen_profile: Some(sandbox::keys::MAIN_PROFILE_ID.to_owned()),
                // Not the address: the port is another one at every start.
                bound_to: "sandbox".to_owned(),
                ..facts
            },
            reload: Box::new(|| None),
            keys: Arc::new(FixedKey(key)),
            sandbox: true,
            selection: choice.selection(policy.toolsets.as_deref()),
            level: level(policy.confirm),
            files: policy.files,
            journal: journal(settings),
            duplicate_window: policy.duplicate_window,
            state_folder: super::sandbox::folder(settings),
            rates: rates(policy.rate_limit),
            remember_read_only: Box::new(|| ()),
        })?;
        let served = vec![(account.name, Served::Api(Arc::new(gateway)))];
        Ok(Self { accounts: Arc::new(Accounts::new(served)), _sandbox: Some(sandbox) })
    }
}

/// One account, served by its API's gateway or bridged to its remote server.
fn to_account(
    choice: &Choice,
    settings: &Settings,
    named: Option<String>,
) -> Result<(String, Served), Failure> {
    let account = settings.account(named.as_deref())?;
    let policy = settings.policy(&choice.flags(), &account)?;
    if choice.confirm.is_some_and(|asked| asked < policy.confirm) {
        terminal::note(&format!(
            "warning: `--confirm` is tightened to `{}` by the settings",
            policy.confirm.name()
        ));
    }
    if account.service.is_remote() {
        let bridged = Bridged::new(bridged_setup(choice, settings, &account, policy)?)?;
        return Ok((account.name, Served::Remote(Arc::new(bridged))));
    }
    let (again, name) = (choice.clone(), account.name.clone());
    let remember = move || {
        let kept =
            Settings::load().and_then(|mut settings| Ok(settings.remember_mode(&name, Mode::ReadOnly)?));
        if let Err(failure) = kept {
            tracing::warn!("that the key only reads could not be kept: {}", failure.message);
        }
    };
    let gateway = Gateway::new(Setup {
        facts: facts(&account, settings, &policy)?,
        reload: Box::new(move || look_up_again(&again, named.as_deref()).ok()),
        keys: Arc::new(AccountKeys::new(&account, settings)),
        sandbox: false,
        selection: choice.selection(policy.toolsets.as_deref()),
        level: level(policy.confirm),
        files: policy.files,
        journal: journal(settings),
        duplicate_window: policy.duplicate_window,
        state_folder: settings.folders.state.clone(),
        rates: rates(policy.rate_limit),
        remember_read_only: Box::new(remember),
    })?;
    Ok((account.name, Served::Api(Arc::new(gateway))))
}

fn bridged_setup(
    choice: &Choice,
    settings: &Settings,
    account: &Account,
    policy: Policy,
) -> Result<bridged::Setup, Failure> {
    Ok(bridged::Setup {
        account: account.name.clone(),
        service: account.service.name(),
        remote: remote_setup(account, settings)?,
        reads: account.reads.clone(),
        selection: choice.selection(policy.toolsets.as_deref()),
        read_only: policy.read_only,
        level: level(policy.confirm),
        files: policy.files,
        state_folder: settings.folders.state.clone(),
        rates: service_rates(account.service, policy.rate_limit),
        journal: journal(settings),
        duplicate_window: policy.duplicate_window,
    })
}

/// Where the remote server of an account is, and how it is spoken to.
pub fn remote_setup(account: &Account, settings: &Settings) -> Result<bridge::Setup, Failure> {
    let tenant = account.tenant.as_deref().map(|tenant| {
        let value = HeaderValue::from_str(tenant).map_err(|_| {
            let message = "the tenant holds characters that no header can carry";
            Failure::new("bad_tenant", Exit::Usage, message).hint("log in again with another `--tenant`")
        })?;
        Ok::<_, Failure>((HeaderName::from_static("x-account-id"), value))
    });
    Ok(bridge::Setup {
        origin: Origin::parse(&account.origin)?,
        trust: api::Trust {
            ca_file: account.ca_file.clone(),
            environment_roots: account.stored_in == StoredIn::Environment,
        },
        user_agent: USER_AGENT,
        keys: Arc::new(AccountKeys::new(account, settings)),
        transport: match account.service {
            Service::Billstride => bridge::Transport::HttpSse,
            _ => bridge::Transport::Streamable,
        },
        headers: tenant.transpose()?.into_iter().collect(),
    })
}

/// What the pages of a service say that it allows, unless the settings say otherwise.
fn service_rates(service: Service, setting: Option<RateLimit>) -> Option<Rates> {
    match (service, setting) {
        (_, Some(_)) | (Service::Lumabill | Service::LumabillHosted | Service::Sandbox, None) => {
            rates(setting)
        }
        (Service::Billstride, None) => Some(Rates { reads: 100, writes: 100 }),
        // No page says.
        (Service::Billbot | Service::Faktoora | Service::Url, None) => None,
    }
}

/// The journal of this user; the sandbox's writes stand in it too.
pub fn journal(settings: &Settings) -> Arc<Journal> {
    Arc::new(Journal::new(&settings.folders.state, settings.history_kept()))
}

/// The account as the config file has it by now.
fn look_up_again(choice: &Choice, named: Option<&str>) -> Result<Facts, Failure> {
    let settings = Settings::load()?;
    let account = settings.account(named)?;
    let policy = settings.policy(&choice.flags(), &account)?;
    facts(&account, &settings, &policy)
}

fn facts(account: &Account, settings: &Settings, policy: &Policy) -> Result<Facts, Failure> {
    let from_environment = account.stored_in == StoredIn::Environment;
    Ok(Facts {
        account: account.name.clone(),
        origin: Origin::parse(&account.origin)?,
        bound_to: account.origin.clone(),
        trust: api::Trust { ca_file: account.ca_file.clone(), environment_roots: from_environment },
        user_agent: USER_AGENT,
        fixed_profile: policy.profile.clone(),
        chosen_profile: None,
        known_profiles: account
            .profiles
            .iter()
            .map(|profile| (profile.id.clone(), profile.name.clone()))
            .collect(),
        read_only: policy.read_only,
        logged_in: account.stored_in != StoredIn::Keyring || settings.stored_account(&account.name).is_some(),
    })
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
        Selection {
            toolsets: toolsets.unwrap_or_default().to_vec(),
            tools: self.tools.clone(),
            lean: self.lean,
        }
    }

    /// How many tools a client is shown that starts a server with these options; checks the names in them.
    pub fn count_tools(&self, settings: &Settings, account: &Account) -> Result<usize, Failure> {
        let policy = settings.policy(&self.flags(), account)?;
        let selection = self.selection(policy.toolsets.as_deref());
        selection.check()?;
        Ok(selection.count(policy.read_only))
    }

    /// To name a tool is to choose it, whatever else is served.
    pub fn naming(mut self, tool: &str) -> Self {
        if !(self.lean && gateway::is_lean(tool)) {
            self.lean = false;
            self.tools.push(tool.to_owned());
        }
        self
    }
}

fn level(confirm: Confirm) -> Level {
    match confirm {
        Confirm::Never => Level::Never,
        Confirm::Destructive => Level::Destructive,
        Confirm::Writes => Level::Writes,
    }
}

/// What the service allows, unless the settings say otherwise.
pub fn rates(setting: Option<RateLimit>) -> Option<Rates> {
    match setting.unwrap_or(RateLimit::PerMinute { reads: 60, writes: 20 }) {
        RateLimit::Off => None,
        RateLimit::PerMinute { reads, writes } => Some(Rates { reads, writes }),
    }
}

/// Runs a future on a single-threaded runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::new("no_runtime", Exit::Defect, "the program could not start its runtime")
            .because(error.to_string())
    })?;
    let result = runtime.block_on(future);
    // A name look-up that still runs must not keep the process alive.
    runtime.shutdown_background();
    Ok(result)
}
