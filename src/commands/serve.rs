//! `lumabill serve`: the MCP server on stdin and stdout.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use super::connect::{self, Choice, Connected, Missing};
use crate::failure::Failure;
use crate::journal::{Presence, Running};
use crate::settings::{Environment, Settings};
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
    let presence = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&presence);
    let met = move |client: &str| {
        let settings = Settings::without_config(Environment::read()).ok();
        let entered = settings.map(|settings| Presence::enter(&settings.folders.state, &running(client)));
        if let Some(Err(error)) = &entered {
            tracing::info!(%error, "`lumabill doctor` will not see this server");
        }
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = entered.and_then(Result::ok);
    };
    if std::io::stdin().is_terminal() {
        terminal::note(&greeting(&settings::me()));
    }
    connect::block_on(async {
        let served = mcp::serve(Arc::clone(&connected.accounts), met).await;
        connected.accounts.close().await;
        served
    })??;
    drop(connected);
    drop(presence.lock().unwrap_or_else(PoisonError::into_inner).take());
    std::process::exit(0)
}

/// What this server says of itself to those who ask which ones run.
fn running(client: &str) -> Running {
    Running {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        client: client.to_owned(),
        since: format!("{:.0}", jiff::Timestamp::now()),
        program: std::env::current_exe().ok(),
    }
}

/// What a person who starts it by hand is told.
fn greeting(me: &str) -> String {
    format!(
        "`serve` speaks MCP on stdin and stdout: it is started by an AI assistant, not by hand.\n\
         To let Claude Code start it:\n  claude mcp add -s user lumabill -- {me} serve\n\
         It waits for messages now; Ctrl-C ends it."
    )
}
