//! Parses the command line, starts logging, runs the command and maps a failure to its exit code.

mod commands;
mod failure;
mod sandbox;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main()
}
