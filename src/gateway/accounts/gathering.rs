//! Lists and instructions of several accounts, put together.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::routing::full;
use super::{Accounts, Now, listed_of, tools_of};
use crate::gateway::bridged::{WHY_NOT, rules};
use crate::gateway::{Listed, Tool};

const SEVERAL: &str = "Several billing accounts. The names of tools and prompts begin with the account's and `__`, also where a tool \
                       is named without it: ask which account is meant where the person has not said it, and never copy from \
                       one to another unasked. ";

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
        let (mut lean, mut writes, mut remote) = (false, false, false);
        let mut each = Vec::new();
        for slot in &self.slots {
            let said = match self.now(slot) {
                Now::Api(api) => api.instructions(),
                Now::Remote(bridged) => {
                    let (said, writing) = bridged.introduction();
                    remote = true;
                    lean |= bridged.is_lean();
                    writes |= writing;
                    said
                }
                Now::Absent(_) => format!("not available; {} says why.", full(&slot.name, WHY_NOT)),
            };
            each.push(format!("{}: {said}", slot.name));
        }
        let rules = if remote { rules(lean, writes) } else { String::new() };
        format!("{SEVERAL}{}\n\n{}", rules.trim_end(), each.join("\n\n"))
    }
}
