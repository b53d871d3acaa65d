//! The accounts that are served at once: one as it is, several under names that begin with the account's. What one of
//! them cannot do never keeps the others from doing theirs.

mod gathering;
mod routing;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};

use super::bridged::{Bridged, WHY_NOT, why_not_tool};
use super::completion::{Completion, Typing};
use super::resources::Resource;
use super::{Call, Gateway, Listed, Outcome, Passing, Tool, redaction};
use crate::bridge::Notice;
use crate::failure::{Exit, Failure};

/// One account that is served.
pub enum Served {
    /// A REST API, through the catalogue.
    Api(Arc<Gateway>),
    /// A remote MCP server.
    Remote(Arc<Bridged>),
    /// Neither: a tool of this account says why.
    Absent(Absent),
}

/// An account that cannot be served, and why.
pub struct Absent {
    pub account: String,
    pub why: Failure,
    /// Looks again, before a list and a call: a login in another terminal needs no restart here.
    pub again: Again,
}

/// What serves the account by now; `None` while that is nothing, for the same reason as before.
pub type Again = Box<dyn Fn() -> Option<Served> + Send + Sync>;

/// All accounts of one server, in the order in which they were named.
pub struct Accounts {
    slots: Vec<Slot>,
    changes: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
}

/// The place of one account.
struct Slot {
    name: String,
    now: RwLock<Now>,
    /// Its changes and notices are passed on.
    heard: AtomicBool,
}

/// What serves an account just now.
#[derive(Clone)]
enum Now {
    Api(Arc<Gateway>),
    Remote(Arc<Bridged>),
    Absent(Arc<Absent>),
}

impl From<Served> for Now {
    fn from(served: Served) -> Self {
        match served {
            Served::Api(gateway) => Self::Api(gateway),
            Served::Remote(bridged) => Self::Remote(bridged),
            Served::Absent(absent) => Self::Absent(Arc::new(absent)),
        }
    }
}

impl Accounts {
    /// At least one account, with its name.
    pub fn new(served: Vec<(String, Served)>) -> Self {
        let slot = |(name, served): (String, Served)| Slot {
            name,
            now: RwLock::new(served.into()),
            heard: AtomicBool::new(false),
        };
        Self {
            slots: served.into_iter().map(slot).collect(),
            changes: watch::channel(0).0,
            notices: broadcast::channel(16).0,
        }
    }

    /// The only account; `None` where there are several.
    fn only(&self) -> Option<Now> {
        match self.slots.as_slice() {
            [slot] => Some(self.now(slot)),
            _ => None,
        }
    }

    /// What serves an account by now: one that could not be served may have been logged in to since.
    fn now(&self, slot: &Slot) -> Now {
        let now = slot.now.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Now::Absent(absent) = &now else { return now };
        let Some(served) = (absent.again)().map(Now::from) else { return now };
        *slot.now.write().unwrap_or_else(PoisonError::into_inner) = served.clone();
        // Still none, for another reason.
        if matches!(served, Now::Absent(_)) {
            return served;
        }
        if slot.heard.load(Ordering::Relaxed) {
            self.hear(&served);
        }
        self.changes.send_modify(|change| *change += 1);
        for notice in [Notice::PromptsChanged, Notice::ResourcesChanged] {
            self.notices.send(notice).ok();
        }
        served
    }

    pub fn tools(&self) -> Arc<Vec<Tool>> {
        match self.only() {
            Some(now) => tools_of(&now),
            None => Arc::new(self.all_tools()),
        }
    }

    pub fn instructions(&self) -> String {
        match self.only() {
            Some(Now::Api(api)) => api.instructions(),
            Some(Now::Remote(bridged)) => bridged.instructions(),
            Some(Now::Absent(absent)) => {
                format!("The tools of the account {} are not available: {WHY_NOT} says why.", absent.account)
            }
            None => self.all_instructions(),
        }
    }

    pub fn tools_changed(&self) -> watch::Receiver<u64> {
        match self.only() {
            Some(Now::Api(api)) => api.tools_changed(),
            Some(Now::Remote(bridged)) => bridged.tools_changed(),
            _ => {
                self.hear_all();
                self.changes.subscribe()
            }
        }
    }

    /// What remote servers say unasked.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        if let Some(Now::Remote(bridged)) = self.only() {
            return bridged.notices();
        }
        self.hear_all();
        self.notices.subscribe()
    }

    /// A remote server tells of changes of single resources to those who subscribe to them.
    pub fn subscribable(&self) -> bool {
        let subscribable =
            |slot: &Slot| matches!(self.now(slot), Now::Remote(bridged) if bridged.subscribable());
        self.slots.iter().any(subscribable)
    }

    /// From now on changes and notices of every account are passed on.
    fn hear_all(&self) {
        for slot in &self.slots {
            if !slot.heard.swap(true, Ordering::Relaxed) {
                self.hear(&slot.now.read().unwrap_or_else(PoisonError::into_inner).clone());
            }
        }
    }

    fn hear(&self, now: &Now) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (mut tools, others) = match now {
            Now::Api(api) => (api.tools_changed(), None),
            Now::Remote(bridged) => (bridged.tools_changed(), Some(bridged.notices())),
            Now::Absent(_) => return,
        };
        let changes = self.changes.clone();
        runtime.spawn(async move {
            while tools.changed().await.is_ok() {
                changes.send_modify(|change| *change += 1);
            }
        });
        if let Some(mut heard) = others {
            let notices = self.notices.clone();
            runtime.spawn(async move {
                loop {
                    match heard.recv().await {
                        Ok(notice) => drop(notices.send(notice)),
                        Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => return,
                    }
                }
            });
        }
    }

    pub async fn call(&self, mut call: Call) -> Outcome {
        let now = match self.only() {
            Some(now) => now,
            None => match self.route(&call.tool) {
                Some((slot, tool)) => {
                    call.tool = tool;
                    self.now(slot)
                }
                None => return Outcome::Failed(redaction::failure(self.unknown(&call.tool))),
            },
        };
        match now {
            Now::Api(api) => api.call(call).await,
            Now::Remote(bridged) => Box::pin(bridged.enter(call)).await,
            Now::Absent(absent) => Outcome::Failed(redaction::failure(absent.why.clone())),
        }
    }

    pub fn listed(&self, what: Listed) -> Vec<Value> {
        match self.only() {
            Some(now) => listed_of(&now, what),
            None => self.all_listed(what),
        }
    }

    /// A prompt of ours.
    pub fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
        match self.only() {
            Some(Now::Api(api)) => api.prompt(name, arguments),
            Some(_) => Err(no_prompt(name)),
            None => self.prompt_of(name, arguments),
        }
    }

    /// A resource of ours.
    pub fn resource(&self, uri: &str) -> Option<Resource> {
        match self.only() {
            Some(Now::Api(api)) => api.resource(uri),
            Some(_) => None,
            None => self.resource_of(uri),
        }
    }

    /// Completion of prompts and templates of ours.
    pub async fn complete(&self, typing: Typing) -> Option<Completion> {
        match self.only() {
            Some(Now::Api(api)) => api.complete(typing).await,
            Some(_) => None,
            None => self.complete_of(typing).await,
        }
    }

    /// A request beside tools, passed on to the remote server that lists its name or address; `None` where none does.
    pub async fn pass(&self, passing: Passing) -> Option<Outcome> {
        match self.only() {
            Some(Now::Remote(bridged)) => bridged.pass(passing).await,
            Some(_) => None,
            None => {
                let (bridged, passing) = self.whose(passing)?;
                bridged.pass(passing).await
            }
        }
    }

    pub fn why_not(&self, tool: &str) -> Failure {
        let (now, tool) = match (self.only(), self.route(tool)) {
            (Some(now), _) => (now, tool.to_owned()),
            (None, Some((slot, tool))) => (self.now(slot), tool),
            (None, None) => return self.unknown(tool),
        };
        match now {
            Now::Api(api) => api.why_not(&tool),
            Now::Remote(bridged) => bridged.why_not(&tool),
            Now::Absent(absent) => absent.why.clone(),
        }
    }

    /// Waits until what calls have written down is kept, and ends sessions.
    pub async fn close(&self) {
        for slot in &self.slots {
            let now = slot.now.read().unwrap_or_else(PoisonError::into_inner).clone();
            match now {
                Now::Api(gateway) => gateway.close().await,
                Now::Remote(bridged) => bridged.close().await,
                Now::Absent(_) => {}
            }
        }
    }
}

/// The tools of one account under their own names.
fn tools_of(now: &Now) -> Arc<Vec<Tool>> {
    match now {
        Now::Api(api) => api.tools(),
        Now::Remote(bridged) => bridged.tools(),
        Now::Absent(absent) => Arc::new(vec![why_not_tool(&absent.account)]),
    }
}

/// The same for what is listed beside tools.
fn listed_of(now: &Now, what: Listed) -> Vec<Value> {
    match (now, what) {
        (Now::Api(api), Listed::Prompts) => api.prompts(),
        (Now::Api(api), Listed::Resources) => api.resources(),
        (Now::Api(api), Listed::Templates) => api.resource_templates(),
        (Now::Remote(bridged), what) => bridged.listed(what),
        (Now::Absent(_), _) => Vec::new(),
    }
}

fn no_prompt(name: &str) -> Failure {
    Failure::new("unknown_prompt", Exit::Refused, format!("there is no prompt `{name}`"))
        .hint("prompts/list names those that there are")
}
