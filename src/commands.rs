//! The command line: one variant and one arm per command.

mod call;
mod command_line;
mod completions;
mod config;
mod connect;
mod doctor;
mod foreign;
mod history;
mod install;
mod login;
mod logout;
mod moving;
mod offered;
mod present;
mod sandbox;
mod serve;
mod sign_ins;
mod spec;
mod status;
#[cfg(test)]
mod tests;
mod tools;
mod uninstall;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Exit, Failure};
use crate::terminal;

/// Billing through AI assistants: the key in the OS keyring, MCP on stdio, HTTPS to the billing API
#[derive(Parser)]
#[command(name = "lumabill", version, propagate_version = true, after_help = FIRST_STEPS)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "First steps:
  lumabill call --sandbox list_invoices             try it, without an account
  lumabill login                                    store your key in the keyring
  lumabill install                                  let your AI clients start it
  lumabill doctor                                   when something does not work

Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 3 not logged in,
4 network or API unavailable, 70 defect";

#[derive(Subcommand)]
enum Command {
    Login(login::Args),
    Logout(logout::Args),
    Status(status::Args),
    Serve(serve::Args),
    Tools(tools::Args),
    Call(call::Args),
    Sandbox(sandbox::Args),
    Install(install::Args),
    Uninstall(uninstall::Args),
    Doctor(doctor::Args),
    History(history::Args),
    Config(config::Args),
    Spec(spec::Args),
    Completions(completions::Args),
}

/// Parses, runs, and returns the exit code.
pub fn main() -> ExitCode {
    crate::failure::call_program(crate::settings::me);
    let cli = match Cli::of(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { 0 });
        }
    };
    crate::logging::start(crate::settings::Environment::read().log.as_deref());
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
        Command::Login(args) => login::run(&args),
        Command::Logout(args) => logout::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Tools(args) => tools::run(args),
        Command::Call(args) => call::run(args),
        Command::Sandbox(args) => sandbox::run(&args),
        Command::Install(args) => install::run(&args),
        Command::Uninstall(args) => uninstall::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::History(args) => history::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Spec(args) => spec::run(&args),
        Command::Completions(args) => {
            completions::run(&args);
            Ok(())
        }
    }
}
