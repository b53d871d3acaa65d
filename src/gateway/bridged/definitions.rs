//! What a remote server offers, kept in the state folder: as it was last seen, and as it was when the user accepted it.

mod bounds;
mod file;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest;
use serde_json::{Map, Value, json};

use self::file::Stored;
use super::super::confirmation::{canonical, hex};
use crate::bridge::{BridgeError, Listing, Remote, Watch};
use crate::failure::{Exit, Failure};
use crate::https::{Moment, within};

/// All lists of one server together.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a definition is made of: a tool is another one when one of these differs.
const DEFINING: [&str; 6] = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

/// The lists of one server, cut to what is worth keeping, and which definitions of tools the user has accepted.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// `version`, `info`, `capabilities` and `instructions` of the server.
    pub server: Value,
    pub tools: Vec<Value>,
    pub prompts: Vec<Value>,
    pub resources: Vec<Value>,
    pub templates: Vec<Value>,
    /// Digests of the definitions as they came, by the name of the tool.
    digests: BTreeMap<String, String>,
    /// The same of those that the user has accepted.
    accepted: BTreeMap<String, String>,
    /// Tools as the user has accepted them, where they are defined otherwise by now.
    former: Vec<Value>,
    /// When they were asked for, in seconds since 1970.
    fetched: u64,
}

impl Definitions {
    /// Asks the server for all its lists.
    pub async fn fetch(remote: &Remote) -> Result<Self, Failure> {
        let host = remote.origin().host().to_owned();
        let fetched = Box::pin(within(Moment::now(), PATIENCE, Self::ask(remote))).await;
        fetched.unwrap_or_else(|| {
            let seconds = PATIENCE.as_secs();
            let message = format!("{host} did not list its tools within {seconds} s");
            Err(Failure::new("remote_silent", Exit::Unavailable, message).hint("try again in a minute"))
        })
    }

    async fn ask(remote: &Remote) -> Result<Self, Failure> {
        let watch = Watch::default();
        let server = remote.server(&watch).await?;
        let tools = remote.list(Listing::Tools, &watch).await?;
        let (prompts, resources, templates) = tokio::join!(
            remote.list(Listing::Prompts, &watch),
            remote.list(Listing::Resources, &watch),
            remote.list(Listing::Templates, &watch),
        );
        let server = json!({
            "version": server.version,
            "info": server.info,
            "capabilities": server.capabilities,
            "instructions": server.instructions,
        });
        let mut definitions = Self::of(server, tools);
        definitions.prompts = bounds::rows(beside_tools(prompts)?, "name");
        definitions.resources = bounds::rows(beside_tools(resources)?, "uri");
        definitions.templates = bounds::rows(beside_tools(templates)?, "uriTemplate");
        Ok(definitions)
    }

    /// Tools as they came, cut to what is kept, with the digests of what they were before.
    pub fn of(server: Value, tools: Vec<Value>) -> Self {
        let mut digests = BTreeMap::new();
        let tools = bounds::tools(tools, |name, tool| {
            digests.insert(name.to_owned(), digest(tool));
        });
        Self { server: bounds::server(server), tools, digests, fetched: now(), ..Self::default() }
    }

    /// Where they are stored.
    pub fn file(state_folder: &Path, account: &str) -> PathBuf {
        file::path(state_folder, account)
    }

    /// As they were stored for `account` at `origin`; `None` where nothing is stored, or for another address.
    pub fn load(state_folder: &Path, account: &str, origin: &str) -> Option<Self> {
        file::read(&file::path(state_folder, account), account, origin)
    }

    /// Why nothing is read of what is stored, where a newer program stored it.
    pub fn newer(state_folder: &Path, account: &str, origin: &str) -> Option<Failure> {
        match file::look(&file::path(state_folder, account), account, origin) {
            Stored::Newer(format) => Some(file::newer(account, format)),
            _ => None,
        }
    }

    /// Stores them. With `accepted` all definitions count as accepted by the user; else those keep counting that were
    /// accepted before and have not changed. The first lists that are ever stored of an address count as accepted: there
    /// is nothing that they could differ from. Those that replace a damaged file do not.
    pub fn store(
        &self,
        state_folder: &Path,
        account: &str,
        origin: &str,
        accepted: bool,
    ) -> Result<(), Failure> {
        file::change(state_folder, account, origin, |path| {
            let mut kept = self.clone();
            match file::look(path, account, origin) {
                Stored::Lists(before) if !accepted => {
                    kept.former = before.as_accepted(&self.digests);
                    kept.accepted = before.accepted;
                }
                // What was accepted is lost: nobody has accepted what is there now.
                Stored::Unusable if !accepted => kept.accepted = BTreeMap::new(),
                _ => kept.accepted = self.digests.clone(),
            }
            Some(kept.json(account, origin))
        })
    }

    /// The accepted definitions of tools that are another one in `now`.
    fn as_accepted(&self, now: &BTreeMap<String, String>) -> Vec<Value> {
        let other =
            self.accepted.iter().filter(|(name, digest)| now.get(*name).is_some_and(|now| now != *digest));
        let definition = |(name, _): (&String, &String)| {
            let tools = if self.is_accepted(name) { &self.tools } else { &self.former };
            tools.iter().find(|tool| is_called(tool, name)).cloned()
        };
        other.filter_map(definition).collect()
    }

    /// The tool as the user has accepted it, where it is defined otherwise by now.
    pub fn accepted_as(&self, name: &str) -> Option<&Value> {
        self.former.iter().find(|tool| is_called(tool, name))
    }

    /// Lets the lists go, where only what is said of the server is needed.
    pub fn forget_lists(&mut self) {
        *self = Self { server: std::mem::take(&mut self.server), fetched: self.fetched, ..Self::default() };
    }

    /// From now on these tools count as accepted as they are defined here, which is how a person has seen them; one that
    /// is stored otherwise by now does not. All of them where `names` is empty. Gives the names of those that did not
    /// before.
    pub fn accept(
        &self,
        state_folder: &Path,
        account: &str,
        origin: &str,
        names: &[String],
    ) -> Result<Vec<String>, Failure> {
        let mut taken = Vec::new();
        file::change(state_folder, account, origin, |path| {
            let mut known = file::read(path, account, origin)?;
            taken = known.unaccepted();
            taken.retain(|name| names.is_empty() || names.contains(name));
            taken.retain(|name| known.digests.get(name) == self.digests.get(name));
            known.former.retain(|tool| !taken.iter().any(|name| is_called(tool, name)));
            for name in &taken {
                if let Some(digest) = known.digests.get(name) {
                    known.accepted.insert(name.clone(), digest.clone());
                }
            }
            Some(known.json(account, origin))
        })?;
        Ok(taken)
    }

    /// Forgets what was stored for `account`.
    pub fn forget(state_folder: &Path, account: &str) {
        file::remove(state_folder, account);
    }

    /// Names of tools that were accepted with another definition, or came later than the acceptance.
    pub fn unaccepted(&self) -> Vec<String> {
        let names = self.tools.iter().filter_map(|tool| tool.get("name")?.as_str());
        names.filter(|name| !self.is_accepted(name)).map(str::to_owned).collect()
    }

    /// Whether the user has accepted the tool as it is defined now.
    pub fn is_accepted(&self, name: &str) -> bool {
        self.digests.get(name).is_some_and(|digest| self.accepted.get(name) == Some(digest))
    }

    /// How long ago they were asked for; `None` where the clock was set back since.
    pub fn age(&self) -> Option<Duration> {
        now().checked_sub(self.fetched).map(Duration::from_secs)
    }

    fn json(&self, account: &str, origin: &str) -> Value {
        json!({
            "format": file::FORMAT,
            "account": account,
            "origin": origin,
            "fetched": self.fetched,
            "server": self.server,
            "digests": self.digests,
            "accepted": self.accepted,
            "former": self.former,
            "tools": self.tools,
            "prompts": self.prompts,
            "resources": self.resources,
            "templates": self.templates,
        })
    }
}

fn is_called(tool: &Value, name: &str) -> bool {
    tool.get("name").and_then(Value::as_str) == Some(name)
}

/// A list that a server announces and then refuses is as good as none; a broken connection is not.
fn beside_tools(list: Result<Vec<Value>, BridgeError>) -> Result<Vec<Value>, Failure> {
    match list {
        Err(BridgeError::Rpc { code, .. }) => {
            tracing::info!(code, "a list beside tools was refused");
            Ok(Vec::new())
        }
        list => Ok(list?),
    }
}

/// Of what a definition is made of, whatever the order of its fields.
fn digest(tool: &Map<String, Value>) -> String {
    let defining: Map<String, Value> = DEFINING
        .iter()
        .filter_map(|name| {
            Some(((*name).to_owned(), tool.get(*name).filter(|part| !part.is_null())?.clone()))
        })
        .collect();
    let digest = digest::digest(&digest::SHA256, canonical(&Value::Object(defining)).as_bytes());
    hex(digest.as_ref().get(..16).unwrap_or_default())
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
