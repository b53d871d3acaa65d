//! Texts of clients without a key, and the entry that comes instead.

use serde_json::{Value, json};

use super::super::Gone;
use super::{Replacing, serves, with_account, without_entries};
use crate::credentials::{Key, Origin, Secret};
use crate::install::clients::by_id;
use crate::install::edit::{Spot, value};
use crate::install::keys::REMOVED;

const KEY: &str = "lmb_Zk4Vq8Tn2Xw6Rb9Y";
const OTHER: &str = "lmb_Aa1Bb2Cc3Dd4Ee5F";

const ACME: Replacing<'_> = Replacing { command: "/opt/lumabill", account: "acme", is_default: false };
const FIRST: Replacing<'_> = Replacing { command: "/opt/lumabill", account: "lumabill", is_default: true };

/// What is left of `text`, the names that are gone, and the entry of ours for `replacing`.
#[track_caller]
fn without(
    client: &str,
    text: &str,
    replacing: Replacing<'_>,
) -> (String, Vec<String>, (String, Vec<String>)) {
    let spot: &Spot = &by_id(client).unwrap().spot;
    let secret = Secret::new(KEY.to_owned());
    let key = Key::new(secret.clone(), Origin::parse("https://api.lumabill.ch").unwrap());
    let without = without_entries(text, spot, Gone { secret: &secret, key: &key });
    assert!(!without.text.contains(KEY), "{}", without.text);
    assert!(value(&without.text, spot.format).is_ok(), "{}", without.text);
    let ours = without.ours(spot, replacing);
    assert_eq!(ours.command, "/opt/lumabill");
    (without.text, without.removed, (ours.name, ours.args))
}

fn json_of(text: &str) -> Value {
    value(text, crate::install::edit::Format::Jsonc).unwrap()
}

#[test]
fn the_entry_with_the_key_is_gone_and_the_others_stay() {
    let text = format!(
        "{{\n  // mine: {KEY}\n  \"mcpServers\": {{\n    \"billing\": {{ \"url\": \"https://mcp.lumabill.ch/mcp?key={KEY}\" }},\n    \
         \"files\": {{ \"command\": \"files\" }}\n  }}\n}}\n"
    );
    let (left, removed, ours) = without("cursor", &text, FIRST);
    assert_eq!(removed, ["billing"]);
    assert!(left.contains(&format!("// mine: {REMOVED}")), "{left}");
    assert_eq!(json_of(&left), json!({"mcpServers": {"files": {"command": "files"}}}));
    assert_eq!(ours, ("lumabill".to_owned(), vec!["serve".to_owned()]));
}

#[test]
fn toml_and_yaml_lose_their_entries_too() {
    let text = format!(
        "[mcp_servers.l]\ncommand = \"x\"\n[mcp_servers.l.env]\nLUMABILL_API_KEY = \"{KEY}\"\n\n[a]\nb = 1\n"
    );
    let (left, removed, _) = without("codex", &text, FIRST);
    assert_eq!(
        (removed, left.contains("mcp_servers.l"), left.contains("b = 1")),
        (vec!["l".to_owned()], false, true)
    );
    let text = format!("extensions:\n  l:\n    cmd: x\n    envs: {{ K: {KEY} }}\n  m:\n    cmd: y\n");
    let (left, removed, _) = without("goose", &text, FIRST);
    assert_eq!(
        (removed, left.contains("cmd: x"), left.contains("cmd: y")),
        (vec!["l".to_owned()], false, true)
    );
    let text = format!(
        "mcpServers:\n  - name: l\n    url: https://mcp.lumabill.ch/mcp?key={KEY}\n  - name: m\n    command: y\n"
    );
    let (left, removed, _) = without("continue", &text, FIRST);
    assert_eq!((removed, left.contains("name: m")), (vec!["l".to_owned()], true));
}

#[test]
fn the_blocks_of_projects_in_claude_codes_file_are_searched_too() {
    let text = json!({
        "numStartups": 3,
        "projects": {
            "/home/ada/a": { "mcpServers": { "l": { "type": "http", "url": format!("https://mcp.lumabill.ch/mcp?key={KEY}") } }, "history": [] },
            "/home/ada/b": { "mcpServers": { "x": { "command": "x" }, "k": { "command": "npx", "env": { "K": KEY } } } },
            "/home/ada/c": { "history": [format!("my key is {KEY}")] }
        }
    });
    let (left, removed, ours) = without("claude-code", &serde_json::to_string_pretty(&text).unwrap(), FIRST);
    assert_eq!(removed, ["l", "k"]);
    let left = json_of(&left);
    assert_eq!(left["projects"]["/home/ada/a"], json!({"mcpServers": {}, "history": []}));
    assert_eq!(left["projects"]["/home/ada/b"], json!({"mcpServers": {"x": {"command": "x"}}}));
    assert_eq!(left["projects"]["/home/ada/c"]["history"][0], format!("my key is {REMOVED}"));
    assert_eq!(ours.0, "lumabill");
}

#[test]
fn an_entry_of_ours_loses_the_key_only() {
    let text = json!({"mcpServers": {"lumabill": {
        "command": "/usr/bin/lumabill", "args": ["serve", "--read-only"], "timeout": 7,
        "env": {"LUMABILL_API_KEY": KEY, "LUMABILL_API_URL": "https://api.example", "NO_COLOR": "1"}
    }}});
    let (left, removed, ours) = without("cursor", &text.to_string(), ACME);
    assert!(removed.is_empty());
    assert_eq!(
        json_of(&left)["mcpServers"]["lumabill"],
        json!({"command": "/usr/bin/lumabill", "args": ["serve", "--read-only"], "timeout": 7, "env": {"NO_COLOR": "1"}})
    );
    assert_eq!(
        ours,
        ("lumabill".to_owned(), ["serve", "--read-only", "--account", "acme"].map(str::to_owned).into())
    );
}

#[test]
fn an_entry_with_another_key_stays_with_that_one() {
    let text = json!({"mcpServers": {"both": {"command": "x", "env": {"A": KEY, "B": OTHER}}}}).to_string();
    let (left, removed, _) = without("cursor", &text, FIRST);
    assert!(removed.is_empty());
    assert_eq!(json_of(&left)["mcpServers"]["both"]["env"], json!({"A": REMOVED, "B": OTHER}));
}

#[test]
fn a_file_that_does_not_parse_loses_the_key_only() {
    let spot = &by_id("cursor").unwrap().spot;
    let secret = Secret::new(KEY.to_owned());
    let key = Key::new(secret.clone(), Origin::parse("https://api.lumabill.ch").unwrap());
    let gone = Gone { secret: &secret, key: &key };
    let text = format!("{{ \"mcpServers\": {{ \"a\": {{ \"url\": \"x{KEY}\" \"y\" }}, \"b\": \"{KEY}\" ");
    let without = without_entries(&text, spot, gone);
    assert_eq!(without.text, text.replace(&format!("x{KEY}"), "xlmb_…Rb9Y").replace(KEY, REMOVED));
}

#[test]
fn a_name_of_ours_that_is_taken_is_not_used_again() {
    let entry = |args: Value| json!({"command": "/opt/lumabill", "args": args});
    let taken = json!({"mcpServers": {"lumabill": entry(json!(["serve"])), "l": {"url": KEY}}}).to_string();
    let (_, _, ours) = without("cursor", &taken, ACME);
    assert_eq!(ours, ("lumabill-acme".to_owned(), ["serve", "--account", "acme"].map(str::to_owned).into()));
    // One that serves the account already stays as it is.
    let (_, _, ours) = without("cursor", &taken, FIRST);
    assert_eq!(ours, ("lumabill".to_owned(), vec!["serve".to_owned()]));
    let own = json!({"mcpServers": {"b": entry(json!(["serve", "--lean", "--account", "acme"])), "l": {"url": KEY}}});
    let (_, _, ours) = without("cursor", &own.to_string(), ACME);
    assert_eq!(ours.0, "b");
    let (_, _, ours) =
        without("cursor", &json!({"mcpServers": {"lumabill": {"url": KEY}}}).to_string(), ACME);
    assert_eq!(ours.0, "lumabill-acme");
}

#[test]
fn the_account_stands_once_among_the_arguments() {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(with_account(&words("serve --account a --lean"), ACME), words("serve --lean --account acme"));
    assert_eq!(with_account(&words("serve --account=a"), FIRST), words("serve"));
    assert!(serves(&words("serve --account acme"), ACME) && !serves(&words("serve --account b"), ACME));
    assert!(serves(&words("serve"), FIRST) && !serves(&words("serve"), ACME));
    assert!(!serves(&words("serve --sandbox"), FIRST));
    // The only account is served by itself, and named all the same: it may not stay the only one.
    let only = Replacing { is_default: true, ..ACME };
    assert!(serves(&words("serve --lean"), only));
    assert_eq!(with_account(&words("serve --lean"), only), words("serve --lean --account acme"));
    assert_eq!(
        with_account(&words("serve --account acme --lean"), ACME),
        words("serve --account acme --lean")
    );
}
