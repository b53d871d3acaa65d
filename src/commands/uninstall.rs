//! `lumabill uninstall`: our entry out of the configuration of MCP clients.

use crate::failure::{Exit, Failure};

/// Take lumabill out of the configuration of MCP clients, and leave the rest as it is
#[derive(clap::Args)]
pub struct Args {
    /// The clients; without one you are shown where an entry of ours is and asked
    #[arg(value_name = "CLIENT")]
    clients: Vec<String>,
    /// Every client that has an entry of ours
    #[arg(long, conflicts_with = "clients")]
    all: bool,
    /// The file in this project's folder instead of your own
    #[arg(long)]
    project: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let _ = args;
    Err(Failure::new("not_built", Exit::Defect, "uninstall is being built"))
}
