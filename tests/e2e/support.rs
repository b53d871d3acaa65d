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

/// Long enough for a loaded machine, short enough for a person: passing it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The day on which the sandbox's seed data stand.
pub const TODAY: &str = "2026-11-21";

/// A key of the right form for the real service, planted so that it can be searched for.
pub const PLANTED_KEY: &str = "lmb_planted_Zk4Vq8Tn2Xw6Rb9Yc3Hd7Jf5Ls";
