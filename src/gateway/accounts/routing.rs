//! Names of several accounts: `account__name`. Which account one is of, and what it is called there.

use serde_json::{Map, Value, json};

use super::super::completion::{Completion, Place, Typing};
use super::super::resources::Resource;
use super::{Accounts, Now, Slot, no_prompt, tools_of};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::{Bridged, Fit, LONGEST_NAME, shortened};
use crate::gateway::{Passing, Tool};
use std::sync::Arc;

/// Between an account and a name.
const SEPARATOR: &str = "__";

/// The name of an account's tool or prompt among those of others.
pub(super) fn full(account: &str, name: &str) -> String {
    shortened(&format!("{account}{SEPARATOR}{name}"), LONGEST_NAME)
}

impl Accounts {
    /// The account that a tool is of, and the tool's name there.
    pub(super) fn route(&self, tool: &str) -> Option<(&Slot, String)> {
        let known = |now: &Now, name: &str| tools_of(now).iter().any(|tool| tool.name == name);
        self.owner(tool, known, |now| tools_of(now).iter().map(|tool: &Tool| tool.name.clone()).collect())
    }

    /// The account whose name a given one begins with. `known` says whether it has such a name; `all` are its names, for
    /// one that had to be cut.
    fn owner(
        &self,
        given: &str,
        known: impl Fn(&Now, &str) -> bool,
        all: impl Fn(&Now) -> Vec<String>,
    ) -> Option<(&Slot, String)> {
        let begins =
            |slot: &&Slot| given.strip_prefix(&slot.name).is_some_and(|rest| rest.starts_with(SEPARATOR));
        let mut first = None;
        for slot in self.slots.iter().filter(begins) {
            let name = given.get(slot.name.len() + SEPARATOR.len()..).unwrap_or_default();
            let now = self.now(slot);
            if known(&now, name) {
                return Some((slot, name.to_owned()));
            }
            if given.len() == LONGEST_NAME
                && let Some(whole) = all(&now).into_iter().find(|name| full(&slot.name, name) == given)
            {
                return Some((slot, whole));
            }
            // Not listed: the account itself says why.
            first.get_or_insert((slot, name.to_owned()));
        }
        first
    }

    /// Why there is no such tool, where it is of no account.
    pub(super) fn unknown(&self, tool: &str) -> Failure {
        let failure = Failure::new(
            "unknown_tool",
            Exit::Refused,
            format!("there is no tool `{tool}`; nothing was sent"),
        );
        let having: Vec<_> = self
            .slots
            .iter()
            .filter(|slot| tools_of(&self.now(slot)).iter().any(|known| known.name == tool))
            .map(|slot| format!("`{}`", full(&slot.name, tool)))
            .collect();
        if having.is_empty() {
            let begin: Vec<_> = self.slots.iter().map(|slot| format!("`{}{SEPARATOR}`", slot.name)).collect();
            return failure.hint(format!("the tools here begin with their account: {}", begin.join(", ")));
        }
        failure.hint(format!("name the account that is meant: {}", having.join(" or ")))
    }

    /// The API account that a prompt is of, and its name there.
    fn prompt_owner(&self, name: &str) -> Option<(&Slot, String)> {
        let names = |now: &Now| -> Vec<String> {
            let rows = super::listed_of(now, crate::gateway::Listed::Prompts);
            rows.iter().filter_map(|row| row.get("name")?.as_str()).map(str::to_owned).collect()
        };
        self.owner(name, |now, name| names(now).iter().any(|known| known == name), names)
    }

    pub(super) fn prompt_of(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
        let Some((slot, own)) = self.prompt_owner(name) else { return Err(no_prompt(name)) };
        match self.now(slot) {
            Now::Api(api) => Ok(with_account(api.prompt(&own, arguments)?, &slot.name)),
            Now::Remote(_) => Err(no_prompt(name)),
            Now::Absent(absent) => Err(absent.why.clone()),
        }
    }

    /// The first API account that has the address.
    pub(super) fn resource_of(&self, uri: &str) -> Option<Resource> {
        self.slots.iter().find_map(|slot| match self.now(slot) {
            Now::Api(api) => match api.resource(uri)? {
                Resource::Read(tool, attempts) => Some(Resource::Read(full(&slot.name, &tool), attempts)),
                written @ Resource::Written(..) => Some(written),
            },
            _ => None,
        })
    }

    pub(super) async fn complete_of(&self, typing: Typing) -> Option<Completion> {
        if let Place::Prompt(name) = &typing.place {
            let (slot, own) = self.prompt_owner(name)?;
            let Now::Api(api) = self.now(slot) else { return None };
            return api.complete(Typing { place: Place::Prompt(own), ..typing }).await;
        }
        for slot in &self.slots {
            if let Now::Api(api) = self.now(slot) {
                // Templates are the same for every account of the API.
                return api.complete(typing).await;
            }
        }
        None
    }

    /// The remote server that a request beside tools is for, and the request as that account knows it.
    pub(super) fn whose(&self, mut passing: Passing) -> Option<(Arc<Bridged>, Passing)> {
        let field = match passing.method {
            "prompts/get" => passing.params.get_mut("name"),
            "completion/complete" => passing.params.get_mut("ref").and_then(|of| of.get_mut("name")),
            _ => None,
        };
        if let Some(field) = field {
            let (slot, own) = self.prompt_owner(field.as_str()?)?;
            let Now::Remote(bridged) = self.now(slot) else { return None };
            *field = json!(own);
            return Some((bridged, passing));
        }
        let uri = passing.params.get("uri").and_then(Value::as_str).unwrap_or_default();
        if self.resource_of(uri).is_some() {
            return None;
        }
        let mut best: Option<(Fit, Arc<Bridged>)> = None;
        let mut guesses = 0;
        for slot in &self.slots {
            let Now::Remote(bridged) = self.now(slot) else { continue };
            let Some(fit) = bridged.fit(&passing) else { continue };
            guesses += usize::from(fit == Fit::Perhaps);
            if best.as_ref().is_none_or(|(known, _)| fit > *known) {
                best = Some((fit, bridged));
            }
        }
        // An address that nobody lists is asked for only where there is one who can be meant.
        best.filter(|(fit, _)| *fit != Fit::Perhaps || guesses == 1).map(|(_, bridged)| (bridged, passing))
    }
}

/// A prompt of ours names tools as if there were one account.
fn with_account(mut prompt: Value, account: &str) -> Value {
    let text = prompt.pointer_mut("/messages/0/content/text");
    if let Some(Value::String(text)) = text {
        text.insert_str(0, &format!("(The tools that are named here begin with `{account}{SEPARATOR}`.)\n"));
    }
    prompt
}
