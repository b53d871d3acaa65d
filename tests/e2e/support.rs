//! What every end-to-end test stands on: sealed runs of the built program, MCP sessions over real pipes,
//! scripted upstreams on real sockets, and the sandbox as a process of its own. Everything here has a time
//! limit and says what it saw when one passes.

mod home;
mod run;
mod sandbox;
mod scripted;
mod session;

pub use home::Home;
pub use run::{Ended, Lumabill};
pub use sandbox::SandboxProcess;
pub use scripted::{Answer, Gate, Recorded, ScriptedServer, html, http, json};
pub use session::{Era, McpSession, ToolResult};

use std::time::Duration;

/// The commands, as the design names them: written here, so that the program can be contradicted.
pub const COMMANDS: [&str; 14] = [
    "login",
    "logout",
    "status",
    "serve",
    "tools",
    "call",
    "sandbox",
    "install",
    "uninstall",
    "doctor",
    "history",
    "config",
    "spec",
    "completions",
];

/// The first line with a command of ours that a shell would look for on PATH. No run of a test has this program there,
/// so none may hand such a command out.
pub fn bare_command(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        line.match_indices("lumabill ").any(|(at, name)| {
            let before = line[..at].chars().next_back();
            let word =
                line[at + name.len()..].split(|letter: char| !letter.is_ascii_lowercase()).next().unwrap();
            before.is_none_or(|letter| letter == '`' || letter == ' ') && COMMANDS.contains(&word)
        })
    })
}

/// Long enough for a loaded machine, short enough for a person: passing it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The day on which the sandbox's seed data stand.
pub const TODAY: &str = "2026-11-21";

/// A key of the right form for the real service, planted so that it can be searched for.
pub const PLANTED_KEY: &str = "lmb_planted_Zk4Vq8Tn2Xw6Rb9Yc3Hd7Jf5Ls";
