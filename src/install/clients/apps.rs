//! Apps that are neither an editor nor an agent for the terminal: Claude Desktop, goose, LM Studio, Warp.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Client, Entry, PLAIN};
use crate::install::edit::{Format, Spot};
use crate::settings::UserFolders;

pub(super) const CLAUDE_DESKTOP: Client = Client {
    id: "claude-desktop",
    title: "Claude Desktop",
    files: |folders| {
        let packages = claude_packages(folders);
        if packages.is_empty() {
            return vec![folders.config.join(CLAUDE_FILE)];
        }
        packages.iter().map(|package| package.join("LocalCache/Roaming").join(CLAUDE_FILE)).collect()
    },
    older: |folders| {
        if claude_packages(folders).is_empty() { Vec::new() } else { vec![folders.config.join(CLAUDE_FILE)] }
    },
    signs: |folders| {
        let mut signs = claude_packages(folders);
        signs.push(folders.config.join("Claude"));
        signs
    },
    programs: &["claude-desktop"],
    next: "quit Claude Desktop wholly, also where it lives on as an icon beside the clock, and start it again",
    ..PLAIN
};

const CLAUDE_FILE: &str = "Claude/claude_desktop_config.json";

/// The folder of each MSIX package of Claude: such an installation does not see `%APPDATA%\Claude` (since
/// February 2026; anthropics/claude-code#25579). Only Windows has a `local_app_data`.
fn claude_packages(folders: &UserFolders) -> Vec<PathBuf> {
    let Some(packages) = folders.local_app_data.as_ref().map(|local| local.join("Packages")) else {
        return Vec::new();
    };
    let Ok(listed) = fs::read_dir(packages) else { return Vec::new() };
    let mut found: Vec<PathBuf> = listed
        .flatten()
        .filter(|package| package.file_name().to_string_lossy().starts_with("Claude_"))
        .map(|package| package.path())
        .collect();
    found.sort();
    found
}

pub(super) const GOOSE: Client = Client {
    id: "goose",
    title: "goose",
    files: |folders| vec![goose(folders).join("config.yaml")],
    // Not by its program: a tool for database migrations is called `goose` as well.
    signs: |folders| vec![goose(folders)],
    spot: Spot { format: Format::Yaml, at: &["extensions"], list: false },
    shape: |entry| {
        json!({
            "name": entry.name,
            "description": "Billing: invoices, offers, expenses, bank",
            "type": "stdio",
            "enabled": true,
            "cmd": entry.command,
            "args": entry.args,
            "envs": {},
            "env_keys": [],
            "timeout": 300
        })
    },
    next: "start a new goose session",
    ..PLAIN
};

fn goose(folders: &UserFolders) -> PathBuf {
    if cfg!(windows) { folders.config.join("Block/goose/config") } else { folders.dot_config.join("goose") }
}

pub(super) const LM_STUDIO: Client = Client {
    id: "lm-studio",
    title: "LM Studio",
    files: |folders| {
        vec![folders.home.join(".lmstudio/mcp.json"), folders.home.join(".cache/lm-studio/mcp.json")]
    },
    signs: |folders| vec![folders.home.join(".lmstudio"), folders.home.join(".cache/lm-studio")],
    programs: &["lms"],
    next: "switch `mcp/lumabill` on in a chat of LM Studio, under Integrations",
    ..PLAIN
};

pub(super) const WARP: Client = Client {
    id: "warp",
    title: "Warp",
    files: |folders| vec![folders.home.join(".warp/.mcp.json")],
    project: Some(".warp/.mcp.json"),
    signs: |folders| vec![folders.home.join(".warp"), folders.config.join("warp-terminal")],
    programs: &["warp-terminal"],
    shape: warp,
    next: "look at Settings > Agents > MCP servers in Warp and start the server there if it does not run",
    ..PLAIN
};

/// Warp wants a folder to start in; any will do for us, and this one exists as long as the program does.
fn warp(entry: &Entry) -> Value {
    let folder = Path::new(&entry.command).parent().map(|folder| folder.to_string_lossy().into_owned());
    json!({ "command": entry.command, "args": entry.args, "working_directory": folder })
}
