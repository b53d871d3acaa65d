//! An entry in the notation of each client, and back again: what it starts, whether that is us, and how one of
//! ours is brought up to date without losing what a person added.

use serde_json::{Map, Value, json};

use super::Entry;

/// What an entry starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub command: String,
    pub args: Vec<String>,
}

impl Start {
    /// Reads every notation: `command` and `args`; goose's `cmd`; opencode's one list; the `command` with
    /// `path` and `args` of older versions of Zed. `None` for a remote server, and for what is none of these.
    pub fn of(entry: &Value) -> Option<Self> {
        let command = entry.get("command").or_else(|| entry.get("cmd"))?;
        match command {
            Value::String(command) => {
                Some(Self { command: command.clone(), args: words(entry.get("args"))? })
            }
            Value::Array(_) => {
                let mut all = words(Some(command))?.into_iter();
                Some(Self { command: all.next()?, args: all.collect() })
            }
            Value::Object(nested) => {
                let path = nested.get("path")?.as_str()?;
                Some(Self { command: path.to_owned(), args: words(nested.get("args"))? })
            }
            _ => None,
        }
    }

    /// True where this is our own program, serving: the command's file name is `lumabill` (`lumabill.exe`),
    /// without or with a folder, and the first argument is `serve`. Strict on purpose, since what is ours gets
    /// changed and removed: a start through `npx`, `cmd /c`, `env`, a shell or a script is somebody's own
    /// making and is none of ours.
    pub fn is_ours(&self) -> bool {
        let file = self.command.rsplit(['/', '\\']).next().unwrap_or_default();
        let ours = file == "lumabill" || file.eq_ignore_ascii_case("lumabill.exe");
        ours && self.args.first().is_some_and(|first| first == "serve")
    }
}

/// The words of a list; none where there is no list. `None` where something in it is no word.
fn words(list: Option<&Value>) -> Option<Vec<String>> {
    match list {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}

/// True where the entry starts us: [`Start::is_ours`].
pub fn is_ours(entry: &Value) -> bool {
    Start::of(entry).is_some_and(|start| start.is_ours())
}

/// Fields that say what is started: ours in an entry of ours.
const STARTING: [&str; 5] = ["name", "type", "command", "cmd", "args"];

/// `existing` brought up to date: what is started is set, the names in `env_vars` are added, and what a person
/// added or switched (`env`, `timeout`, `trust`, `disabled`, `enabled`, a choice of tools …) stays, in its
/// place. An entry that is none of ours gives way wholly. Keys in `env` stay too, since this may be the only
/// place that has them: who moved them takes them out by [`without_variables`] first.
pub fn updated(existing: &Value, new: &Value) -> Value {
    let (Some(old), Some(new_fields), true) = (existing.as_object(), new.as_object(), is_ours(existing))
    else {
        return new.clone();
    };
    let mut fields = old.clone();
    for (name, value) in new_fields {
        match fields.get_mut(name) {
            Some(there) if name == "env_vars" => add_missing(there, value),
            Some(there) if STARTING.contains(&name.as_str()) => *there = value.clone(),
            Some(_) => {}
            None => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(fields)
}

/// Adds the names that a list does not hold yet, neither plain nor as `{ name, source }`; what is no list gives
/// way.
fn add_missing(list: &mut Value, more: &Value) {
    match (list.as_array_mut(), more.as_array()) {
        (Some(list), Some(more)) => {
            for name in more {
                if !list.iter().any(|item| item == name || item.get("name") == Some(name)) {
                    list.push(name.clone());
                }
            }
        }
        _ => *list = more.clone(),
    }
}

/// The entry without the variables whose value `is_meant` is true of. An `env` that is empty then goes too.
pub fn without_variables(entry: &Value, is_meant: impl Fn(&str) -> bool) -> Value {
    let Some(fields) = entry.as_object() else { return entry.clone() };
    let mut kept = fields.clone();
    for block in ["env", "environment", "envs"] {
        let Some(variables) = kept.get(block).and_then(Value::as_object) else { continue };
        let rest: Map<_, _> = variables
            .iter()
            .filter(|(_, value)| !value.as_str().is_some_and(&is_meant))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if rest.len() == variables.len() {
            continue;
        }
        if rest.is_empty() {
            kept.shift_remove(block);
        } else {
            kept.insert(block.to_owned(), Value::Object(rest));
        }
    }
    Value::Object(kept)
}

/// `command` and `args`, as most clients have it.
pub(super) fn plain(entry: &Entry) -> Value {
    json!({ "command": entry.command, "args": entry.args })
}

/// With `type` before it: Claude Code, Cursor and VS Code.
pub(super) fn typed(entry: &Entry) -> Value {
    json!({ "type": "stdio", "command": entry.command, "args": entry.args })
}
