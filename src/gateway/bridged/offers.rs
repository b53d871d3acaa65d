//! What a bridged account offers just now: the stored lists as they are shown, read again whenever their file is
//! another one, and what is not served.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use serde_json::Value;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::definitions::Definitions;
use super::rows::Rows;
use super::tools::{self, Offered, Terms, why_not_tool};
use super::{Setup, lean};
use crate::bridge::{Notice, Remote};
use crate::failure::{Exit, Failure};
use crate::gateway::rate_limit::RateLimits;
use crate::gateway::tools::{distance, read_only};
use crate::gateway::{Listed, Tool};

/// The lists of one account, and what keeps them fresh.
pub struct Offers {
    pub(super) setup: Arc<Setup>,
    pub(super) remote: Arc<Remote>,
    pub(super) limits: Arc<RateLimits>,
    origin: String,
    seen: RwLock<Arc<Seen>>,
    pub(super) changes: watch::Sender<u64>,
    pub(super) notices: broadcast::Sender<Notice>,
    /// A refresh is wanted.
    pub(super) wanted: Notify,
    /// Somebody looks after them in the background.
    pub(super) tended: AtomicBool,
    /// A call has reached the server.
    pub(super) reached: AtomicBool,
    /// When they were last asked for, whatever came of it.
    pub(super) tried: Mutex<Option<Instant>>,
    pub(super) stop: CancellationToken,
}

/// What tells one version of the file from another.
type Stamp = Option<(SystemTime, u64)>;

/// The lists as they were in one version of the file.
#[derive(Default)]
pub struct Seen {
    stamp: Stamp,
    /// Nothing is stored, so nothing is known.
    pub nothing: bool,
    /// Without the lists themselves.
    pub definitions: Definitions,
    served: Vec<Arc<Offered>>,
    by_name: HashMap<String, usize>,
    /// Of tools that write, while only reading is allowed.
    withheld: Vec<String>,
    /// Of tools outside the chosen toolsets, with their own.
    unchosen: Vec<(String, &'static str)>,
    list: Arc<Vec<Tool>>,
    pub rows: Rows,
}

impl Offers {
    pub fn new(setup: Arc<Setup>, remote: Arc<Remote>, limits: Arc<RateLimits>) -> Self {
        Self {
            origin: setup.remote.origin.to_string(),
            setup,
            remote,
            limits,
            seen: RwLock::new(Arc::new(Seen { stamp: Some((SystemTime::UNIX_EPOCH, 0)), ..Seen::default() })),
            changes: watch::channel(0).0,
            notices: broadcast::channel(16).0,
            wanted: Notify::new(),
            tended: AtomicBool::new(false),
            reached: AtomicBool::new(false),
            tried: Mutex::new(None),
            stop: CancellationToken::new(),
        }
    }

    /// The account's address as it stands in the store.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    fn file(&self) -> PathBuf {
        Definitions::file(&self.setup.state_folder, &self.setup.account)
    }

    /// The lists as they are stored now. Looks at the file's time, and reads it where that is another one.
    pub fn seen(&self) -> Arc<Seen> {
        let stamp = fs::metadata(self.file()).ok().and_then(|file| Some((file.modified().ok()?, file.len())));
        let known = Arc::clone(&self.seen.read().unwrap_or_else(PoisonError::into_inner));
        if known.stamp == stamp {
            return known;
        }
        let setup = &self.setup;
        let stored = Definitions::load(&setup.state_folder, &setup.account, &self.origin);
        let fresh = Arc::new(Seen::new(stored, stamp, setup));
        if let Some(version) = fresh.definitions.server.get("version").and_then(Value::as_str) {
            self.remote.expect(version);
        }
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        fresh
    }

    /// The tool behind a name that is listed.
    pub fn find(&self, name: &str) -> Result<Arc<Offered>, Failure> {
        let seen = self.seen();
        match seen.by_name.get(name).and_then(|at| seen.served.get(*at)) {
            Some(offered) => Ok(Arc::clone(offered)),
            None => Err(self.why_not(&seen, name)),
        }
    }

    /// Why a tool is not served.
    pub fn why_not(&self, seen: &Seen, name: &str) -> Failure {
        let account = &self.setup.account;
        if seen.nothing {
            if let Some(newer) = Definitions::newer(&self.setup.state_folder, account, &self.origin) {
                return newer;
            }
            let message = format!("the tools of account `{account}` are not known yet; nothing was sent");
            return Failure::new("not_available", Exit::Refused, message).hint(self.log_in_again());
        }
        if seen.withheld.iter().any(|withheld| withheld == name) {
            return read_only(name);
        }
        if let Some((_, set)) = seen.unchosen.iter().find(|(unchosen, _)| unchosen == name) {
            let message = format!("`{name}` is not served here; nothing was sent");
            return Failure::new("unknown_tool", Exit::Refused, message)
                .hint(format!("start the server with `--toolsets {set}` or `--tools` naming it"));
        }
        let message = format!("account `{account}` has no tool `{name}`; nothing was sent");
        let failure = Failure::new("unknown_tool", Exit::Refused, message);
        let near = seen.served.iter().map(|offered| (distance(name, &offered.tool.name), &offered.tool.name));
        match near.min() {
            Some((far, near)) if far <= 4 => {
                failure.hint(format!("did you mean `{near}`?")).fact("nearest", Value::from(near.as_str()))
            }
            _ => failure,
        }
    }

    /// The command that stores the account's tools anew.
    pub fn log_in_again(&self) -> String {
        let service = match self.setup.service {
            "url" => self.origin.as_str(),
            named => named,
        };
        format!(
            "tell the person to run `lumabill login --account {} --service {service}`",
            self.setup.account
        )
    }
}

impl Seen {
    fn new(stored: Option<Definitions>, stamp: Stamp, setup: &Setup) -> Self {
        let account = &setup.account;
        let Some(mut definitions) = stored else {
            let list = Arc::new(vec![why_not_tool(account)]);
            return Self { stamp, nothing: true, list, ..Self::default() };
        };
        let terms = Terms {
            account,
            service: setup.service,
            host: setup.remote.origin.host(),
            reads: &setup.reads,
            level: setup.level,
            lean: setup.selection.lean,
        };
        let mut seen =
            Self { stamp, rows: Rows::new(&definitions, account, setup.service), ..Self::default() };
        for offered in tools::offered(&definitions, &terms) {
            let name = offered.tool.name.clone();
            if !setup.selection.has_remote(&offered) {
                seen.unchosen.push((name, offered.toolset));
            } else if setup.read_only && offered.writes() {
                seen.withheld.push(name);
            } else {
                seen.by_name.insert(name, seen.served.len());
                seen.served.push(Arc::new(offered));
            }
        }
        definitions.forget_lists();
        let shown = if setup.selection.lean {
            lean::list(account, &seen.served)
        } else {
            seen.served.iter().map(|offered| offered.tool.clone()).collect()
        };
        Self { list: Arc::new(shown), definitions, ..seen }
    }

    /// As they are listed.
    pub fn list(&self) -> Arc<Vec<Tool>> {
        Arc::clone(&self.list)
    }

    /// The tools that are served.
    pub fn served(&self) -> &[Arc<Offered>] {
        &self.served
    }

    /// What is listed beside tools.
    pub fn listed(&self, what: Listed) -> &[Value] {
        match what {
            Listed::Prompts => &self.rows.prompts,
            Listed::Resources => &self.rows.resources,
            Listed::Templates => &self.rows.templates,
        }
    }
}
