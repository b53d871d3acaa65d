//! An entry as it stands in a client's file, read whatever the client calls its parts.

use std::path::PathBuf;

use serde_json::Value;

/// What an entry makes the client do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Starts {
    /// It starts a program: the command and its arguments.
    Program(String, Vec<String>),
    /// It goes to an address: the host, no more, since an address may hold a key.
    Address(String),
    /// Nobody knows.
    Unknown,
}

pub fn starts(entry: &Value) -> Starts {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    // Zed's older form has an object of its own for the program.
    let inner = entry.get("command").filter(|command| command.is_object());
    let record = inner.unwrap_or(entry);
    let arguments = record.get("args").map(texts).unwrap_or_default();
    match ["command", "cmd", "path"].iter().find_map(|name| record.get(*name)) {
        Some(Value::String(command)) => return Starts::Program(command.clone(), arguments),
        Some(list @ Value::Array(_)) => {
            let mut words = texts(list).into_iter();
            if let Some(command) = words.next() {
                return Starts::Program(command, words.chain(arguments).collect());
            }
        }
        _ => {}
    }
    let address = ["url", "serverUrl", "httpUrl", "uri"].iter().find_map(|name| entry.get(*name)?.as_str());
    address.map_or(Starts::Unknown, |address| Starts::Address(host(address)))
}

/// The host of an address, without what may stand before and behind it.
fn host(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_owned()
}

/// True where the command is a program of our name.
pub fn is_ours(starts: &Starts) -> bool {
    let Starts::Program(command, _) = starts else { return false };
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    name == "lumabill" || name == "lumabill.exe"
}

/// A client that was told not to start it.
pub fn is_off(entry: &Value) -> bool {
    entry.get("disabled") == Some(&Value::Bool(true)) || entry.get("enabled") == Some(&Value::Bool(false))
}

/// The variables that the entry sets, by name and value; the values may be keys.
pub fn variables(entry: &Value) -> Vec<(String, String)> {
    let sets = ["env", "environment", "envs"].iter().filter_map(|name| entry.get(*name)?.as_object());
    sets.flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// The variables that the entry hands on by name (Codex).
pub fn handed_on(entry: &Value) -> Vec<String> {
    let names = entry.get("env_vars").and_then(Value::as_array).into_iter().flatten();
    // Codex takes a name, or a record with the name and where it is from.
    names
        .filter_map(|name| name.as_str().or_else(|| name.get("name")?.as_str()))
        .map(str::to_owned)
        .collect()
}

/// The command as a file: `None` for a bare name.
pub fn file(command: &str) -> Option<PathBuf> {
    let path = PathBuf::from(command);
    (path.is_absolute() || command.contains(['/', '\\'])).then_some(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Starts, handed_on, is_off, is_ours, starts, variables};

    #[test]
    fn entries_of_every_shape_are_read() {
        let serve = || Starts::Program("/opt/lumabill".into(), vec!["serve".into()]);
        for entry in [
            json!({ "command": "/opt/lumabill", "args": ["serve"] }),
            json!({ "type": "local", "command": ["/opt/lumabill", "serve"], "enabled": true }),
            json!({ "cmd": "/opt/lumabill", "args": ["serve"], "envs": {} }),
            json!({ "command": { "path": "/opt/lumabill", "args": ["serve"] } }),
        ] {
            assert_eq!(starts(&entry), serve(), "{entry}");
            assert!(is_ours(&starts(&entry)));
        }
        let hosted = starts(&json!({ "url": "https://user:pw@mcp.lumabill.ch/mcp?key=lmb_0123456789" }));
        assert_eq!(hosted, Starts::Address("mcp.lumabill.ch".into()));
        assert!(!is_ours(&hosted) && !is_ours(&Starts::Program("npx".into(), vec!["lumabill".into()])));
        assert_eq!(starts(&json!({})), Starts::Unknown);
        assert!(is_off(&json!({ "disabled": true })) && is_off(&json!({ "enabled": false })));
        assert_eq!(variables(&json!({ "env": { "A": "b", "C": 1 } })), [("A".to_owned(), "b".to_owned())]);
        assert_eq!(handed_on(&json!({ "env_vars": ["A", { "name": "B" }] })), ["A", "B"]);
    }
}
