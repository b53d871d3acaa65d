//! The command line: global flags, then one variant and one arm per command.

mod sandbox;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Exit, Failure};
use crate::terminal;

#[derive(Parser)]
#[command(name = "lumabill", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Sandbox(sandbox::Args),
    Serve(serve::Args),
}

/// Parses, runs, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { 0 });
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Sandbox(args) => sandbox::run(args),
        Command::Serve(_) => serve::run(std::sync::Arc::new(crate::gateway::Gateway {})),
    }
}
