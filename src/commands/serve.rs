//! `lumabill serve`: the MCP server on stdin and stdout.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use crate::failure::{Exit, Failure};
use crate::gateway::Gateway;
use crate::{mcp, terminal};

/// Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout
#[derive(clap::Args)]
#[command(after_help = "Clients start it by themselves, for example after\n  \
                        claude mcp add -s user lumabill -- lumabill serve")]
pub struct Args {
    /// Account whose key is used; may be given more than once
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Serve the built-in billing API instead of a real account
    #[arg(long, conflicts_with = "accounts")]
    pub sandbox: bool,
    /// List and allow only tools that change nothing
    #[arg(long)]
    pub read_only: bool,
    /// Groups of tools to serve, or `all`
    #[arg(long, value_name = "A,B|all", value_delimiter = ',')]
    pub toolsets: Vec<String>,
    /// Single tools to serve
    #[arg(long, value_name = "X,Y", value_delimiter = ',')]
    pub tools: Vec<String>,
    /// What needs a person's yes: `writes`, `destructive` or `never`
    #[arg(long, value_name = "LEVEL")]
    pub confirm: Option<String>,
    /// Company inside the account that all calls are for
    #[arg(long, value_name = "UUID|NAME")]
    pub profile_id: Option<String>,
    /// Folder that files may be read from and written to; may be given more than once
    #[arg(long = "files", value_name = "DIR")]
    pub files: Vec<PathBuf>,
}

/// Serves `gateway` until the client goes away.
pub fn run(gateway: Arc<Gateway>) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() {
        terminal::note(GREETING);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new("no_runtime", Exit::Unavailable, "the system gave no event loop")
            .because(error.to_string())
    })?;
    let served = runtime.block_on(mcp::serve(gateway));
    // A name look-up that still runs must not keep the process alive.
    runtime.shutdown_background();
    served
}

/// What a person who starts it by hand is told.
const GREETING: &str =
    "lumabill serve speaks MCP on stdin and stdout: it is started by an AI assistant, not by hand.
To let Claude Code start it:
  claude mcp add -s user lumabill -- lumabill serve
It waits for messages now; Ctrl-C ends it.";
