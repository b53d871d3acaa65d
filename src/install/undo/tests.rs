//! What is taken back, and what happens where the place has changed.

use serde_json::json;

use super::{Change, between, undo};
use crate::install::edit::{Format, NotEdited, Spot, put};

const JSON: Spot = Spot { format: Format::Jsonc, at: &["mcpServers"], list: false };
const TOML: Spot = Spot { format: Format::Toml, at: &["mcp_servers"], list: false };
const MAP: Spot = Spot { format: Format::Yaml, at: &["extensions"], list: false };

fn ours() -> serde_json::Value {
    json!({"command": "/opt/lumabill", "args": ["serve"]})
}

#[test]
fn a_change_is_the_one_place_that_differs() {
    let cases = [
        ("", "", "", ""),
        ("", "ab", "", "ab"),
        ("ab", "", "ab", ""),
        ("aXb", "aYYb", "X", "YY"),
        ("aa", "aaa", "", "a"),
        ("aé", "aè", "é", "è"),
        ("é1é", "é2é", "1", "2"),
        ("same", "same", "", ""),
    ];
    for (before, after, removed, inserted) in cases {
        let change = Change { removed: removed.to_owned(), inserted: inserted.to_owned() };
        assert_eq!(between(before, after), change, "{before:?} {after:?}");
        let stored = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<Change>(&stored).unwrap(), change);
    }
}

#[test]
fn an_edit_elsewhere_is_kept() {
    let cases = [
        (
            &JSON,
            "{\n  // mine\n  \"mcpServers\": {\n    \"a\": {} // a\n  }\n}\n",
            "// mine",
            "// yours\n  \"x\": 1,",
        ),
        (&JSON, "", "}\n}\n", "},\n  \"x\": 1 // added behind\n}\n"),
        (&JSON, "{}", "}\n}", "}\n}\n\n"),
        (&TOML, "# mine\r\n[a]\r\nx = 1\r\n", "# mine", "y = [\r\n1]"),
        (&MAP, "extensions: {} # none\nb: 1\n", "b: 1", "b: 2\nc: |\n  extensions:\n"),
    ];
    for (spot, before, from, to) in cases {
        let after = put(before, spot, "lumabill", &ours()).unwrap();
        let change = between(before, &after);
        let edited = after.replacen(from, to, 1);
        assert_ne!(edited, after);
        let undone = undo(&edited, &change, spot, "lumabill").unwrap();
        assert!(!undone.contains("lumabill"), "{undone}");
        if before.contains(from) {
            assert_eq!(undone, before.replacen(from, to, 1));
        }
    }
}

#[test]
fn an_entry_that_was_changed_is_taken_out_all_the_same() {
    let before = "{\n  \"mcpServers\": {}\n}\n";
    let after = put(before, &JSON, "lumabill", &ours()).unwrap();
    let change = between(before, &after);
    let edited = after.replace("[\"serve\"]", "[\"serve\"],\n      \"timeout\": 3");
    assert_eq!(undo(&edited, &change, &JSON, "lumabill").as_deref(), Ok(before));
    assert_eq!(undo(before, &change, &JSON, "lumabill").as_deref(), Ok(before), "gone already");
}

#[test]
fn what_reads_the_same_elsewhere_is_left_alone() {
    let before = "[mcp_servers.a]\nx = 1\n";
    let after = put(before, &TOML, "lumabill", &ours()).unwrap();
    let change = between(before, &after);
    let quoted = format!("{after}\n[notes]\ntext = '''{}'''\n", change.inserted);
    let wanted = format!("{before}\n[notes]\ntext = '''{}'''\n", change.inserted);
    assert_eq!(undo(&quoted, &change, &TOML, "lumabill"), Ok(wanted));
}

#[test]
fn a_change_of_an_entry_that_was_there_does_not_bring_it_back() {
    let before =
        "{\n  \"mcpServers\": {\n    \"lumabill\": {\"command\": \"/old\"},\n    \"b\": {}\n  }\n}\n";
    let after = put(before, &JSON, "lumabill", &ours()).unwrap();
    let undone = undo(&after, &between(before, &after), &JSON, "lumabill");
    assert_eq!(undone.as_deref(), Ok("{\n  \"mcpServers\": {\n    \"b\": {}\n  }\n}\n"));
}

#[test]
fn a_change_that_belongs_to_something_else_is_not_made() {
    let text = "{\"mcpServers\": {\"lumabill\": {\"command\": \"x\"}, \"b\": {}}}";
    for (removed, inserted) in
        [("", "\"b\": {}"), ("y", "x"), ("", ""), ("[]", text), ("", "{"), ("\"b\"", "\"lumabill\"")]
    {
        let change = Change { removed: removed.to_owned(), inserted: inserted.to_owned() };
        let undone = undo(text, &change, &JSON, "lumabill");
        assert_eq!(undone.as_deref(), Ok("{\"mcpServers\": {\"b\": {}}}"), "{change:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    let change = Change { removed: String::new(), inserted: "x".to_owned() };
    assert!(matches!(undo("{x", &change, &JSON, "lumabill"), Err(NotEdited::Syntax { .. })));
}
