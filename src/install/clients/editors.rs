//! Editors and what runs inside them: Cursor, VS Code, Windsurf, Zed, Cline, Continue, `JetBrains`.

use std::path::PathBuf;

use serde_json::json;

use super::shape::typed;
use super::{Client, PLAIN, Way};
use crate::install::edit::{Format, Spot};
use crate::settings::UserFolders;

pub(super) const CURSOR: Client = Client {
    id: "cursor",
    title: "Cursor",
    files: |folders| vec![folders.home.join(".cursor/mcp.json")],
    project: Some(".cursor/mcp.json"),
    signs: |folders| vec![folders.home.join(".cursor")],
    programs: &["cursor", "cursor-agent"],
    shape: typed,
    next: "look at Cursor Settings > MCP: the server appears by itself, and is switched on there",
    most_tools: Some(40),
    ..PLAIN
};

const SERVERS: Spot = Spot { format: Format::Jsonc, at: &["servers"], list: false };

pub(super) const VSCODE: Client = Client {
    id: "vscode",
    title: "VS Code",
    files: |folders| vec![folders.config.join("Code/User/mcp.json")],
    older: |folders| vec![folders.config.join("Code/User/settings.json")],
    signs: |folders| vec![folders.config.join("Code")],
    programs: &["code"],
    ..CODE
};

pub(super) const VSCODE_INSIDERS: Client = Client {
    id: "vscode-insiders",
    title: "VS Code Insiders",
    files: |folders| vec![folders.config.join("Code - Insiders/User/mcp.json")],
    older: |folders| vec![folders.config.join("Code - Insiders/User/settings.json")],
    signs: |folders| vec![folders.config.join("Code - Insiders")],
    programs: &["code-insiders"],
    ..CODE
};

/// What both have in common. `mcp.servers` in settings.json, where servers stood once, is no longer read.
const CODE: Client = Client {
    project: Some(".vscode/mcp.json"),
    spot: SERVERS,
    shape: typed,
    next: "open the chat in agent mode and trust the server when you are asked; a profile with a name has an \
           mcp.json of its own (`MCP: Open User Configuration`)",
    most_tools: Some(128),
    ..PLAIN
};

pub(super) const WINDSURF: Client = Client {
    id: "windsurf",
    title: "Windsurf",
    files: |folders| vec![folders.home.join(".codeium/windsurf/mcp_config.json")],
    signs: |folders| vec![folders.home.join(".codeium/windsurf")],
    programs: &["windsurf"],
    next: "press the refresh button of the MCP servers in Cascade",
    most_tools: Some(100),
    ..PLAIN
};

pub(super) const ZED: Client = Client {
    id: "zed",
    title: "Zed",
    files: |folders| vec![zed(folders).join("settings.json")],
    project: Some(".zed/settings.json"),
    signs: |folders| vec![zed(folders)],
    programs: &["zed", "zeditor"],
    spot: Spot { format: Format::Jsonc, at: &["context_servers"], list: false },
    next: "look at the settings of Zed's agent panel: the server's dot turns green by itself",
    ..PLAIN
};

/// Zed honours `XDG_CONFIG_HOME` on Linux only.
fn zed(folders: &UserFolders) -> PathBuf {
    if cfg!(windows) {
        folders.config.join("Zed")
    } else if cfg!(target_os = "macos") {
        folders.home.join(".config/zed")
    } else {
        folders.dot_config.join("zed")
    }
}

/// Known from third parties only: read, never written.
pub(super) const CLINE: Client = Client {
    id: "cline",
    title: "Cline",
    way: Way::Print,
    files: |folders| cline(folders).into_iter().map(|folder| folder.join(CLINE_FILE)).collect(),
    signs: cline,
    programs: &["cline"],
    paste_at: Some("the MCP Servers icon in Cline, Configure, `Configure MCP Servers`"),
    next: "save the file; Cline starts the server by itself",
    ..PLAIN
};

const CLINE_FILE: &str = "settings/cline_mcp_settings.json";

/// The extension's folder below each editor that it may live in.
fn cline(folders: &UserFolders) -> Vec<PathBuf> {
    ["Code", "Code - Insiders", "Cursor", "Windsurf", "VSCodium"]
        .iter()
        .map(|editor| folders.config.join(editor).join("User/globalStorage/saoudrizwan.claude-dev"))
        .collect()
}

pub(super) const CONTINUE: Client = Client {
    id: "continue",
    title: "Continue",
    files: |folders| vec![folders.home.join(".continue/config.yaml")],
    older: |folders| vec![folders.home.join(".continue/config.json")],
    older_counts: true,
    signs: |folders| vec![folders.home.join(".continue")],
    programs: &["cn"],
    spot: Spot { format: Format::Yaml, at: &["mcpServers"], list: true },
    opening: "name: Local Assistant\nversion: 1.0.0\nschema: v1\n",
    shape: |entry| json!({ "name": entry.name, "type": "stdio", "command": entry.command, "args": entry.args }),
    next: "use Continue in agent mode; it reads its configuration again by itself",
    ..PLAIN
};

/// Known from third parties only: read, never written.
pub(super) const JUNIE: Client = Client {
    id: "junie",
    title: "JetBrains Junie",
    way: Way::Print,
    files: |folders| vec![folders.home.join(".junie/mcp/mcp.json")],
    project: Some(".junie/mcp/mcp.json"),
    signs: |folders| vec![folders.home.join(".junie")],
    programs: &["junie"],
    paste_at: Some("Settings > Tools > Junie > MCP Settings, `Add`"),
    next: "look at the server's state in the same place",
    ..PLAIN
};

/// Keeps its servers in no file of its own that is known.
pub(super) const JETBRAINS: Client = Client {
    id: "jetbrains",
    title: "JetBrains AI Assistant",
    way: Way::Print,
    signs: |folders| vec![folders.config.join("JetBrains")],
    paste_at: Some("Settings > Tools > AI Assistant > Model Context Protocol (MCP), `Add`, `As JSON`"),
    next: "press Apply; the state beside the server says whether it runs",
    ..PLAIN
};
