//! Files before and after, format by format.

use serde_json::{Value, json};

use super::{Format, Spot, entries, put, remove};
use crate::install::undo::{between, undo};

mod odd;
mod properties;

pub const JSON: Spot = Spot { format: Format::Jsonc, at: &["mcpServers"], list: false };
pub const TOML: Spot = Spot { format: Format::Toml, at: &["mcp_servers"], list: false };
pub const MAP: Spot = Spot { format: Format::Yaml, at: &["extensions"], list: false };
pub const LIST: Spot = Spot { format: Format::Yaml, at: &["mcpServers"], list: true };

fn entry() -> Value {
    json!({"command": "/opt/lumabill", "args": ["serve", "--read-only"]})
}

#[test]
fn what_was_put_is_there_once_and_comes_out_again() {
    let cases: &[(&Spot, &[&str])] = &[
        (
            &JSON,
            &[
                "",
                "\n",
                "// c\n",
                "{}",
                "{}\n",
                "{\n}\n",
                "{ }",
                "{\n  \"mcpServers\": {}\n}\n",
                "{\"mcpServers\":{\"a\":{\"command\":\"x\"}}}",
                "{\n\t\"x\": 1, // c\n\t\"mcpServers\": {\n\t\t\"a\": {\"command\": \"x\"} // a\n\t\t// tail\n\t},\n}",
                "{\r\n    \"a\": [1,\r\n    2]\r\n}\r\n",
                "{\"mcpServers\": { \"a\": {} }}",
                "{\n  \"mcpServers\": { \"a\": {} }\n}",
                "{\n  \"mcpServers\": { /* x */ }\n}",
                "{\n  \"mcpServers\": {\n    // x\n  }\n}",
                "{\n  \"mcpServers\": {\n    \"lumabill\": {\n      // keep\n      \"command\": \"/old\", // why\n      \"timeout\": 3\n    }\n  }\n}",
            ],
        ),
        (
            &TOML,
            &[
                "",
                "# c\n",
                "model = \"x\"",
                "model = 1\n\n[mcp_servers.a]\ncommand = \"x\" # c\n# tail\n\n[mcp_servers.a.env]\nK = \"v\"\n\n# about z\n[z]\nx = 1\n",
                "mcp_servers = { a = { command = \"x\" } }\n",
                "[mcp_servers]\na.command = \"x\"\nb = { command = \"y\" }\n",
                "mcp_servers.a.command = \"x\"\n",
                "[mcp_servers.lumabill]\n# keep\ncommand = \"/old\" # why\ntimeout = 3\n\n[mcp_servers.lumabill.env]\nA = \"b\"\n\n[z]\n",
            ],
        ),
        (
            &MAP,
            &[
                "",
                "# c\n",
                "---\n",
                "---\n...\n",
                "a: 1",
                "extensions:\nb: 1\n",
                "extensions: {} # none\nb: 1\n",
                "extensions:\n    a:\n        cmd: x\n        args:\n        - y\n# about b\nb: 1\n",
                "extensions: {a: {cmd: x}}\n",
                "{\"extensions\": {}}\n",
                "extensions:\r\n  lumabill:\r\n    # keep\r\n    command: /old # why\r\n    args:\r\n      - serve\r\n    timeout: 3\r\nb: 2\r\n",
            ],
        ),
        (
            &LIST,
            &[
                "",
                "name: x\n",
                "mcpServers: []\n",
                "mcpServers:\n- name: a\n  command: x\n# c\nz: 1\n",
                "mcpServers:\n  - name: a\n    command: x\n\n  # c\nz: 1\n",
                "mcpServers: [{name: a}]\n",
                "mcpServers:\n  - name: lumabill\n    command: /old\n    timeout: 3\n  - name: b\n",
            ],
        ),
    ];
    for (spot, texts) in cases {
        for text in *texts {
            let new = put(text, spot, "lumabill", &entry()).unwrap();
            assert_eq!(put(&new, spot, "lumabill", &entry()).as_ref(), Ok(&new), "{text:?}");
            let listed = entries(&new, spot).unwrap();
            assert_eq!(listed.iter().filter(|listed| listed.name == "lumabill").count(), 1, "{text:?}");
            let removed = remove(&new, spot, "lumabill").unwrap();
            assert!(entries(&removed, spot).unwrap().iter().all(|listed| listed.name != "lumabill"));
            if !text.contains("lumabill") {
                let change = between(text, &new);
                assert_eq!(undo(&new, &change, spot, "lumabill").as_deref(), Ok(*text));
            }
        }
    }
}
