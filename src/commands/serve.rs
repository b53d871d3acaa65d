//! `lumabill serve`: the MCP server on stdin and stdout.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::connect::{self, Choice, Connected, Missing};
use crate::failure::Failure;
use crate::journal::{Presence, Running};
use crate::settings::{Environment, Settings};
use crate::{mcp, settings, terminal};

/// How long the end waits for a disk that is slow to say that this server is there.
const LEAVING: Duration = Duration::from_millis(100);

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
    let presence = Arc::new(Mutex::new(Place::default()));
    let place = Arc::clone(&presence);
    let met = move |client: &str| place.lock().unwrap_or_else(PoisonError::into_inner).enter(client);
    if std::io::stdin().is_terminal() {
        terminal::note(&greeting(&settings::me()));
    }
    connect::block_on(async {
        let served = mcp::serve(Arc::clone(&connected.accounts), met).await;
        connected.accounts.close().await;
        served
    })??;
    drop(connected);
    leave(&presence);
    std::process::exit(0)
}

/// Where this server stands among those that are in use.
#[derive(Default)]
struct Place {
    presence: Option<Presence>,
    /// It ends, and enters no more.
    left: bool,
}

impl Place {
    fn enter(&mut self, client: &str) {
        let Some(settings) = Settings::without_config(Environment::read()).ok().filter(|_| !self.left) else {
            return;
        };
        match Presence::enter(&settings.folders.state, &running(client)) {
            Ok(presence) => self.presence = Some(presence),
            Err(error) => tracing::info!(%error, "`lumabill doctor` will not see this server"),
        }
    }
}

/// Takes the files away, also those that are just being written, unless the disk keeps everybody waiting.
fn leave(place: &Mutex<Place>) {
    let began = Instant::now();
    while began.elapsed() < LEAVING {
        match place.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Poisoned(_)) => return,
            Ok(mut place) => {
                place.left = true;
                place.presence = None;
                return;
            }
        }
    }
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
