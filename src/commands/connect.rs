//! From settings and flags to a gateway: which account, which key, which policy.

mod remote;
mod served;
mod unsettled;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::credentials::{FixedKey, Key, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::{Bridged, Offered};
use crate::gateway::policy::Level;
use crate::gateway::rate_limit::Rates;
use crate::gateway::{self, Accounts, Facts, Gateway, Selection, ServedAccount as Served, Setup};
use crate::journal::Journal;
use crate::sandbox::{self, Sandbox};
use crate::settings::{Account, Confirm, Flags, Policy, Profile, RateLimit, Settings};
use crate::terminal;

pub use remote::server as remote_setup;
pub use served::kept_description;

/// Where calls go and what is served; the same for `serve`, `call` and `tools`
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Choice {
    /// The account to use, as `lumabill status` names it; several serve several at once
    #[arg(long, value_name = "NAME")]
    pub account: Vec<String>,
    /// Use the built-in practice API instead of an account
    #[arg(long, conflicts_with = "account")]
    pub sandbox: bool,
    /// Serve no tool that changes anything
    #[arg(long)]
    pub read_only: bool,
    /// Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra
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
    /// Those accounts whose tools are a remote server's, with their names.
    pub remotes: Vec<(String, Arc<Bridged>)>,
    /// They stop when dropped.
    _sandbox: Sandboxes,
}

/// Those that run, until the last of these is dropped.
type Sandboxes = Arc<Mutex<Vec<Sandbox>>>;

/// What becomes of the only account where nobody is logged in to it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Fails,
    /// The server starts all the same, and a tool says why: after a login the next call works.
    IsTold,
}

impl Connected {
    /// Touches neither keyring nor network; starts the sandbox where it is asked for.
    pub fn new(choice: &Choice, missing: Missing) -> Result<Self, Failure> {
        let running = Sandboxes::default();
        let settings = match Settings::load() {
            Err(why) if missing == Missing::IsTold => {
                terminal::note(&why.text());
                let served = unsettled::all(choice, &why, &running);
                let accounts = Arc::new(Accounts::new(served));
                return Ok(Self { remotes: Vec::new(), accounts, _sandbox: running });
            }
            settings => settings?,
        };
        for warning in settings.warnings() {
            terminal::note(&format!("warning: {warning}"));
        }
        let served = if choice.sandbox {
            vec![to_sandbox(choice, &settings, &running)?]
        } else {
            served::all(choice, &settings, missing)?
        };
        let remote = |(name, served): &(String, Served)| match served {
            Served::Remote(bridged) => Some((name.clone(), Arc::clone(bridged))),
            _ => None,
        };
        let remotes = served.iter().filter_map(remote).collect();
        Ok(Self { remotes, accounts: Arc::new(Accounts::new(served)), _sandbox: running })
    }
}

/// The practice API, which runs as long as `running` holds it.
fn to_sandbox(
    choice: &Choice,
    settings: &Settings,
    running: &Sandboxes,
) -> Result<(String, Served), Failure> {
    let data = super::sandbox::shared_data(settings)?;
    let sandbox = Sandbox::start(sandbox::Options { data, ..sandbox::Options::default() })?;
    let profiles =
        sandbox.profiles().iter().map(|(id, name)| Profile { id: id.clone(), name: name.clone() }).collect();
    let account = Account { profiles, ..Account::sandbox(sandbox.url().to_owned()) };
    let policy = settings.policy(&choice.flags(), &account)?;
    let facts = served::facts(&account, settings, &policy)?;
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
    running.lock().unwrap_or_else(PoisonError::into_inner).push(sandbox);
    Ok((account.name, Served::Api(Arc::new(gateway))))
}

/// The journal of this user; the sandbox's writes stand in it too.
pub fn journal(settings: &Settings) -> Arc<Journal> {
    Arc::new(Journal::new(&settings.folders.state, settings.history_kept()))
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

    /// The accounts that are meant, without those that are not there; none for the practice API.
    pub fn accounts(&self, settings: &Settings) -> Vec<Account> {
        match self.account.as_slice() {
            _ if self.sandbox => Vec::new(),
            [] => settings.account(None).into_iter().collect(),
            names => names.iter().filter_map(|name| settings.account(Some(name)).ok()).collect(),
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
        let kept = kept_description(account, settings)?;
        let further = kept.as_ref().map(|kept| kept.extra.as_slice()).unwrap_or_default();
        let selection = self.selection_of(account, policy.toolsets.as_deref(), further);
        if account.service.is_remote() {
            let bridged = Bridged::new(remote::setup(settings, account, policy, selection)?);
            let shown = if self.lean { 4 } else { bridged.offered().len() };
            return Ok(shown);
        }
        selection.check_with(further)?;
        Ok(selection.count(policy.read_only, further))
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

/// Every tool that an account of a remote server offers, as they are stored.
pub fn all_offered(account: &Account, settings: &Settings) -> Result<Vec<Arc<Offered>>, Failure> {
    let policy = settings.policy(&Flags::default(), account)?;
    let policy = Policy { read_only: false, ..policy };
    let selection = Selection { toolsets: vec!["all".to_owned()], ..Selection::default() };
    Ok(Bridged::new(remote::setup(settings, account, policy, selection)?).offered())
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
