//! What a remote server offers, in words for a person: what each of its tools does, and what changed in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalogue::{Effect, remote};
use crate::gateway::bridged::Offered;
use crate::settings::{Account, Service, me};
use crate::text::in_line;

/// Characters of a text of the server's in a line.
const MOST: usize = 100;
/// Characters of a text that changed, from the change on.
const CHANGED: usize = 1_000;

/// Names of tools in a line.
const SHOWN: usize = 8;

/// What a call does, in a word or two.
pub fn does(tool: &Offered) -> &'static str {
    match (tool.effect, &tool.asks) {
        (Effect::Reads, _) => "reads",
        (Effect::Creates, None) => "creates",
        (Effect::Creates, Some(_)) => "creates, asks first",
        (Effect::Updates, None) => "updates",
        (Effect::Updates, Some(_)) => "updates, asks first",
        (Effect::Deletes, _) => "deletes, asks first",
        (Effect::Acts, _) => "acts, asks first",
    }
}

/// `10: 6 read, 4 write`.
pub fn counted(tools: &[Arc<Offered>]) -> String {
    let writes = tools.iter().filter(|tool| tool.writes()).count();
    match (tools.len(), writes) {
        (0, _) => "none".to_owned(),
        (all, 0) => format!("{all}, all of them only read"),
        (all, writes) => format!("{all}: {} read, {writes} write", all - writes),
    }
}

/// The tools of which a person should know before the first call, by what happens; one line for each.
pub fn asked_first(account: &Account, tools: &[Arc<Offered>]) -> Vec<String> {
    let (mut lines, mut unknown): (Vec<(String, Vec<&str>)>, Vec<&str>) = (Vec::new(), Vec::new());
    for tool in tools {
        let Some(asks) = &tool.asks else { continue };
        let page = remote::known(account.service.name(), &tool.remote_name).and_then(|known| known.asks);
        match lines.iter_mut().find(|(known, _)| known == asks) {
            _ if page != Some(asks.as_str()) => unknown.push(&tool.tool.name),
            Some((_, names)) => names.push(&tool.tool.name),
            None => lines.push((asks.clone(), vec![&tool.tool.name])),
        }
    }
    let mut said: Vec<String> =
        lines.into_iter().map(|(asks, names)| format!("{}: {asks}", listed(&names))).collect();
    if !unknown.is_empty() {
        said.push(format!("{}: nothing is known here of what a call does", listed(&unknown)));
        if account.service == Service::Url {
            said.push(format!(
                "name those that only read, and they are not asked about: `{} config reads TOOL,TOOL --account {}`",
                me(),
                account.name
            ));
        }
    }
    said
}

/// The words by which these accounts are named to a command: ` --account A --account B`.
pub fn flags<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().flat_map(|name| [" --account ", name.as_str()]).collect()
}

fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What is another than it was in the tools of a server.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    New(String),
    Gone(String),
    /// What changed, in words.
    Changed(String, Vec<String>),
}

impl Change {
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::New(name) => vec![format!("new      {name}")],
            Self::Gone(name) => vec![format!("gone     {name}")],
            Self::Changed(name, what) => {
                let first = format!("changed  {name}");
                std::iter::once(first).chain(what.iter().map(|what| format!("           {what}"))).collect()
            }
        }
    }
}

/// What changed between two lists of tools, as they came from the server.
pub fn changes(before: &[Value], after: &[Value]) -> Vec<Change> {
    let find = |tools: &'_ [Value], name: &str| tools.iter().find(|tool| name_of(tool) == name).cloned();
    let gone = before.iter().map(name_of).filter(|name| find(after, name).is_none()).map(Change::Gone);
    let other = after.iter().filter_map(|tool| {
        let name = name_of(tool);
        match find(before, &name) {
            None => Some(Change::New(name)),
            Some(old) => {
                let what = differences(&old, tool);
                (!what.is_empty()).then_some(Change::Changed(name, what))
            }
        }
    });
    other.chain(gone).collect()
}

/// A tool's name, as a person may see it.
pub fn name_of(tool: &Value) -> String {
    in_line(tool.get("name").and_then(Value::as_str).unwrap_or_default(), MOST)
}

/// What changed in one definition: what decides what it does and takes.
pub fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut said = Vec::new();
    for words in ["title", "description"] {
        let text = |tool: &Value| tool.get(words).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (was, is) = (text(old), text(new));
        if was != is {
            let from = common(&was, &is);
            said.push(format!("its {words} was: {}", part(&was, from)));
            said.push(format!("its {words} is:  {}", part(&is, from)));
        }
    }
    said.extend(arguments(old, new));
    if old.get("outputSchema") != new.get("outputSchema") {
        said.push("its answers are described otherwise".to_owned());
    }
    let hints =
        |tool: &Value| tool.get("annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    let (was, is) = (hints(old), hints(new));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for name in names {
        let (was, is) = (was.get(name), is.get(name));
        if was != is {
            let shown = |value: Option<&Value>| {
                value.map_or_else(|| "not said".to_owned(), |value| in_line(&value.to_string(), MOST))
            };
            said.push(format!("{}: {} → {}", in_line(name, MOST), shown(was), shown(is)));
        }
    }
    said
}

/// Characters that two texts begin with alike, less a few to see where that is.
fn common(one: &str, other: &str) -> usize {
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if alike < MOST / 2 { 0 } else { alike - MOST / 4 }
}

/// A text from a character on, so that no change is behind a cut.
fn part(text: &str, from: usize) -> String {
    let rest: String = text.chars().skip(from).collect();
    let rest = in_line(&rest, CHANGED);
    if from > 0 { format!("… {rest}") } else { rest }
}

fn arguments(old: &Value, new: &Value) -> Vec<String> {
    let schema = |tool: &Value| tool.get("inputSchema").cloned().unwrap_or_default();
    let (was, is) = (schema(old), schema(new));
    if was == is {
        return Vec::new();
    }
    let fields =
        |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, new) = (fields(&was), fields(&is));
    let names = |from: &Map<String, Value>, of: &dyn Fn(&str) -> bool| {
        let names: Vec<_> =
            from.keys().filter(|name| of(name)).map(|name| format!("`{}`", in_line(name, MOST))).collect();
        names.join(", ")
    };
    let more = names(&new, &|name| !old.contains_key(name));
    let fewer = names(&old, &|name| !new.contains_key(name));
    let other = names(&new, &|name| old.get(name).is_some_and(|field| Some(field) != new.get(name)));
    let mut said: Vec<String> =
        [("takes besides", more), ("no longer takes", fewer), ("takes otherwise", other)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what} {names}"))
            .collect();
    if said.is_empty() {
        said.push("its arguments are described otherwise".to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Change, changes};

    #[test]
    fn what_changed_in_a_servers_tools_is_told() {
        let field = |kind: &str| json!({"type": kind});
        let before = [
            json!({"name": "list", "description": "Lists", "inputSchema": {"properties": {"a": field("string"), "b": field("string")}}}),
            json!({"name": "old"}),
            json!({"name": "same", "description": "x"}),
        ];
        let after = [
            json!({"name": "list", "description": "Deletes all", "annotations": {"readOnlyHint": true},
                   "inputSchema": {"properties": {"a": field("number"), "c": field("string")}}}),
            json!({"name": "new\u{1b}[2J"}),
            json!({"description": "x", "name": "same"}),
        ];
        let found = changes(&before, &after);
        assert_eq!(found.len(), 3, "{found:?}");
        let lines: Vec<_> = found.iter().flat_map(Change::lines).collect();
        let said = lines.join("\n");
        for words in [
            "changed  list",
            "was: Lists",
            "is:  Deletes all",
            "besides `c`",
            "no longer takes `b`",
            "otherwise `a`",
            "readOnlyHint: not said → true",
            "new      new",
            "gone     old",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains('\u{1b}'), "{said}");
    }

    #[test]
    fn a_change_far_into_a_text_is_shown() {
        let long = "Lists the invoices of a client. ".repeat(20);
        let tool = |about: &str| json!({"name": "list", "title": about, "description": about});
        let said = super::differences(&tool(&long), &tool(&format!("{long}Then send them all."))).join("\n");
        assert_eq!(said.matches("Then send them all.").count(), 2, "{said}");
    }
}
