//! `lumabill serve`: the MCP server on stdin and stdout.

use std::io::IsTerminal;
use std::sync::Arc;

use super::connect::{self, Choice, Connected, Missing};
use crate::failure::Failure;
use crate::{mcp, settings, terminal};

/// Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout
#[derive(clap::Args)]
#[command(after_help = "Clients start it by themselves, for example after\n  \
                        claude mcp add -s user lumabill -- lumabill serve")]
pub struct Args {
    #[command(flatten)]
    pub(super) choice: Choice,
}

/// Serves until the client goes away.
#[expect(clippy::exit, reason = "a blocked read of standard input must not keep the process alive")]
pub fn run(args: &Args) -> Result<(), Failure> {
    let connected = Connected::new(&args.choice, Missing::IsTold)?;
    if std::io::stdin().is_terminal() {
        terminal::note(&greeting(&settings::me()));
    }
    connect::block_on(async {
        let served = mcp::serve(Arc::clone(&connected.accounts)).await;
        connected.accounts.close().await;
        served
    })??;
    drop(connected);
    std::process::exit(0)
}

/// What a person who starts it by hand is told.
fn greeting(me: &str) -> String {
    format!(
        "lumabill serve speaks MCP on stdin and stdout: it is started by an AI assistant, not by hand.\n\
         To let Claude Code start it:\n  claude mcp add -s user lumabill -- {me} serve\n\
         It waits for messages now; Ctrl-C ends it."
    )
}
