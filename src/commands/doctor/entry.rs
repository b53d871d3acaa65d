//! What stands beside the command in an entry of a client's file, whatever the client calls it.

use serde_json::Value;

/// A client that was told not to start it.
pub fn is_off(entry: &Value) -> bool {
    entry.get("disabled") == Some(&Value::Bool(true)) || entry.get("enabled") == Some(&Value::Bool(false))
}

/// The variables that the entry sets, by name and value; the values may be keys.
pub fn variables(entry: &Value) -> Vec<(String, String)> {
    let sets = ["env", "environment", "envs"].iter().filter_map(|name| entry.get(*name)?.as_object());
    sets.flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// The variables that the entry hands on by name (Codex): names, or records with a name.
pub fn handed_on(entry: &Value) -> Vec<String> {
    let names = entry.get("env_vars").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| name.as_str().or_else(|| name.get("name")?.as_str())).map(str::to_owned).collect()
}

/// What an entry does that does not start us, in words. Of an address no more than the host: it may hold a key.
pub fn elsewhere(entry: &Value) -> String {
    let address = ["url", "serverUrl", "httpUrl", "uri"].iter().find_map(|name| entry.get(*name)?.as_str());
    match address {
        Some(address) => format!("goes to {}", host(address)),
        None => "starts another program".to_owned(),
    }
}

fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{elsewhere, handed_on, is_off, variables};

    #[test]
    fn what_stands_beside_the_command_is_read_in_every_notation() {
        assert!(is_off(&json!({ "disabled": true })) && is_off(&json!({ "enabled": false })));
        assert!(!is_off(&json!({ "disabled": false })));
        assert_eq!(variables(&json!({ "env": { "A": "b", "C": 1 } })), [("A".to_owned(), "b".to_owned())]);
        assert_eq!(variables(&json!({ "environment": { "A": "b" } })).len(), 1);
        assert_eq!(handed_on(&json!({ "env_vars": ["A", { "name": "B" }] })), ["A", "B"]);
        let hosted = json!({ "url": "https://user:pw@mcp.lumabill.ch/mcp?key=lmb_0123456789" });
        assert_eq!(elsewhere(&hosted), "goes to mcp.lumabill.ch");
        assert_eq!(elsewhere(&json!({ "command": "npx", "args": ["x"] })), "starts another program");
    }
}
