//! Lists and instructions of several accounts, put together.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::routing::full;
use super::{Accounts, Now, listed_of, tools_of};
use crate::gateway::bridged::WHY_NOT;
use crate::gateway::{Listed, Tool};

impl Accounts {
    pub(super) fn all_tools(&self) -> Vec<Tool> {
        let mut names = HashSet::new();
        let mut tools = Vec::new();
        for slot in &self.slots {
            for tool in tools_of(&self.now(slot)).iter() {
                let name = full(&slot.name, &tool.name);
                if names.insert(name.clone()) {
                    tools.push(Tool { name, ..tool.clone() });
                }
            }
        }
        tools
    }

    pub(super) fn all_listed(&self, what: Listed) -> Vec<Value> {
        let place = match what {
            Listed::Prompts => "name",
            Listed::Resources => "uri",
            Listed::Templates => "uriTemplate",
        };
        let mut known = HashSet::new();
        let mut rows = Vec::new();
        // Ours win an address that a server lists too.
        let (ours, theirs): (Vec<_>, Vec<_>) = self
            .slots
            .iter()
            .map(|slot| (slot, self.now(slot)))
            .partition(|(_, now)| matches!(now, Now::Api(_)) && what != Listed::Prompts);
        for (slot, now) in ours.into_iter().chain(theirs) {
            for mut row in listed_of(&now, what) {
                let Some(field) = row.get_mut(place) else { continue };
                if what == Listed::Prompts {
                    *field = json!(full(&slot.name, field.as_str().unwrap_or_default()));
                }
                if known.insert(field.as_str().unwrap_or_default().to_owned()) {
                    rows.push(row);
                }
            }
        }
        rows
    }

    pub(super) fn all_instructions(&self) -> String {
        let mut text =
            "Several billing accounts. The names of tools and prompts begin with the account's: ask which one is meant where \
             the person has not said it, and never copy from one to another unasked.".to_owned();
        for slot in &self.slots {
            text.push_str("\n\n");
            let said = match self.now(slot) {
                Now::Api(api) => api.instructions(),
                Now::Remote(bridged) => bridged.instructions(),
                Now::Absent(_) => format!("not available; {} says why.", full(&slot.name, WHY_NOT)),
            };
            text.extend([&slot.name, ": ", &said]);
        }
        text
    }
}
