//! Agents for the terminal: Claude Code, Codex, Gemini CLI, Qwen Code, opencode, Copilot CLI, Kiro, Amazon Q.

use std::path::PathBuf;

use serde_json::json;

use super::shape::typed;
use super::{Client, Entry, OwnCommand, PLAIN, Way};
use crate::install::edit::{Format, Spot};
use crate::settings::UserFolders;

/// By its own command: it writes `~/.claude.json` all the time while it runs.
pub(super) const CLAUDE_CODE: Client = Client {
    id: "claude-code",
    title: "Claude Code",
    way: Way::Command,
    files: |folders| vec![folders.claude_config.as_ref().unwrap_or(&folders.home).join(".claude.json")],
    project: Some(".mcp.json"),
    signs: |folders| {
        vec![
            folders.claude_config.clone().unwrap_or_else(|| folders.home.join(".claude")),
            folders.home.join(".claude.json"),
        ]
    },
    programs: &["claude"],
    own: Some(OwnCommand {
        program: "claude",
        add: |entry| {
            let start = [entry.name.as_str(), "--", entry.command.as_str()];
            let all = ["mcp", "add", "-s", "user"].into_iter().chain(start);
            all.map(str::to_owned).chain(entry.args.iter().cloned()).collect()
        },
        add_fields: |name, fields| {
            ["mcp", "add-json", "-s", "user", name, &fields.to_string()].map(str::to_owned).into()
        },
        remove: |name| ["mcp", "remove", "-s", "user", name].map(str::to_owned).into(),
        show: |name| ["mcp", "get", name].map(str::to_owned).into(),
    }),
    shape: typed,
    next: "start `claude` anew; `/mcp` there shows the server (one from a project's file is approved there once)",
    ..PLAIN
};

pub(super) const CODEX: Client = Client {
    id: "codex",
    title: "Codex",
    files: |folders| vec![codex(folders).join("config.toml")],
    project: Some(".codex/config.toml"),
    signs: |folders| vec![codex(folders)],
    programs: &["codex"],
    spot: Spot { format: Format::Toml, at: &["mcp_servers"], list: false },
    shape: |entry| json!({ "command": entry.command, "args": entry.args, "env_vars": passed_on() }),
    next: "start `codex` anew; `codex mcp list` shows the server (a project's file counts in trusted projects)",
    ..PLAIN
};

fn codex(folders: &UserFolders) -> PathBuf {
    folders.codex_home.clone().unwrap_or_else(|| folders.home.join(".codex"))
}

/// The variables that Codex is to pass on, besides the few that it passes by itself (home folder, PATH, user,
/// language, terminal, temporary folder, time zone). Names only, and a name that is not set is passed over.
///
/// What says where things are: the session's D-Bus, behind which the keyring is, our folders, the proxy. Not
/// `SSL_CERT_FILE`, which counts with a key from the environment only (a CA of one's own is given at login), and
/// not the key, account and profile variables: what is served is what the entry's arguments say.
fn passed_on() -> Vec<&'static str> {
    let mut names = vec!["LUMABILL_CONFIG_DIR", "LUMABILL_STATE_DIR", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    if cfg!(unix) {
        names.extend(["https_proxy", "all_proxy", "no_proxy"]);
    }
    // Elsewhere there is no bus, and our folders do not follow these.
    if cfg!(all(unix, not(target_os = "macos"))) {
        names.splice(
            0..0,
            [
                "DBUS_SESSION_BUS_ADDRESS",
                "XDG_RUNTIME_DIR",
                "XDG_CONFIG_HOME",
                "XDG_STATE_HOME",
                "XDG_DATA_HOME",
            ],
        );
    }
    names
}

pub(super) const GEMINI: Client = Client {
    id: "gemini",
    title: "Gemini CLI",
    files: |folders| vec![folders.home.join(".gemini/settings.json")],
    project: Some(".gemini/settings.json"),
    signs: |folders| vec![folders.home.join(".gemini")],
    programs: &["gemini"],
    next: "start `gemini` anew, in a folder that it trusts: `/mcp` there shows the server",
    ..PLAIN
};

pub(super) const QWEN: Client = Client {
    id: "qwen",
    title: "Qwen Code",
    files: |folders| vec![folders.home.join(".qwen/settings.json")],
    project: Some(".qwen/settings.json"),
    signs: |folders| vec![folders.home.join(".qwen")],
    programs: &["qwen"],
    next: "start `qwen` anew; `/mcp` there shows the server (one from a project's file is approved there once)",
    ..PLAIN
};

pub(super) const OPENCODE: Client = Client {
    id: "opencode",
    title: "opencode",
    files: |folders| {
        let folder = folders.dot_config.join("opencode");
        let (json, commented) = (folder.join("opencode.json"), folder.join("opencode.jsonc"));
        // Both are read and the commented one wins; without either, a new file is plain JSON.
        if commented.is_file() { vec![commented, json] } else { vec![json, commented] }
    },
    older: |folders| vec![folders.dot_config.join("opencode/config.json")],
    project: Some("opencode.json"),
    signs: |folders| vec![folders.dot_config.join("opencode")],
    programs: &["opencode"],
    spot: Spot { format: Format::Jsonc, at: &["mcp"], list: false },
    shape: |entry| json!({ "type": "local", "command": whole_command(entry), "enabled": true }),
    next: "start `opencode` anew; `opencode mcp list` shows the server",
    ..PLAIN
};

/// Program and arguments in one list.
fn whole_command(entry: &Entry) -> Vec<&str> {
    std::iter::once(&entry.command).chain(&entry.args).map(String::as_str).collect()
}

pub(super) const COPILOT: Client = Client {
    id: "copilot",
    title: "GitHub Copilot CLI",
    files: |folders| vec![copilot(folders).join("mcp-config.json")],
    // It reads `.mcp.json` as well; but that is Claude Code's file, which passes over an entry of type `local`.
    project: Some(".github/mcp.json"),
    signs: |folders| vec![copilot(folders)],
    programs: &["copilot"],
    shape: |entry| json!({ "type": "local", "command": entry.command, "args": entry.args, "tools": ["*"] }),
    next: "start `copilot` anew; `/mcp show` there shows the server (a project's file counts in trusted folders)",
    ..PLAIN
};

fn copilot(folders: &UserFolders) -> PathBuf {
    folders.copilot_home.clone().unwrap_or_else(|| folders.home.join(".copilot"))
}

pub(super) const KIRO: Client = Client {
    id: "kiro",
    title: "Kiro",
    files: |folders| vec![folders.home.join(".kiro/settings/mcp.json")],
    project: Some(".kiro/settings/mcp.json"),
    signs: |folders| vec![folders.home.join(".kiro")],
    programs: &["kiro", "kiro-cli"],
    next: "look at the MCP servers in Kiro's panel: it reads the file again by itself (start `kiro-cli` anew)",
    ..PLAIN
};

/// Renamed to Kiro; its own file is known from third parties only: read, never written.
pub(super) const AMAZON_Q: Client = Client {
    id: "amazon-q",
    title: "Amazon Q Developer",
    way: Way::Print,
    files: |folders| vec![folders.home.join(".aws/amazonq/mcp.json")],
    project: Some(".amazonq/mcp.json"),
    signs: |folders| vec![folders.home.join(".aws/amazonq")],
    paste_at: Some(
        "`mcpServers` of your agent's file in `~/.aws/amazonq/cli-agents/`, or `~/.aws/amazonq/mcp.json`",
    ),
    next: "start the chat anew (newer versions are called Kiro, which is a client of its own here: `kiro`)",
    ..PLAIN
};
