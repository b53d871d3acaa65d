//! Parses the command line, starts logging, runs the command and maps a failure to its exit code.

mod api;
mod bridge;
mod catalogue;
mod commands;
mod credentials;
mod failure;
mod gateway;
mod https;
mod install;
mod journal;
mod logging;
mod mcp;
mod rules;
mod sandbox;
mod settings;
mod spec;
mod terminal;
mod text;
mod workflows;

use std::process::ExitCode;

fn main() -> ExitCode {
    credentials::memory_dumps::prevent();
    commands::main()
}
