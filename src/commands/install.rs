//! `lumabill install`: an entry that starts us, in the configuration of MCP clients.

pub(super) mod client_file;
pub(super) mod in_file;
pub(super) mod installed;
pub(super) mod own_path;

use crate::failure::{Exit, Failure};

/// Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else
#[derive(clap::Args)]
pub struct Args {
    /// The clients; without one you are shown what was found here and asked
    #[arg(value_name = "CLIENT")]
    clients: Vec<String>,
    /// Every client that was found on this machine
    #[arg(long, conflicts_with = "clients")]
    all: bool,
    /// The file in this project's folder instead of your own
    #[arg(long)]
    project: bool,
    /// Write nothing: print the entry, to be pasted
    #[arg(long)]
    print: bool,
    /// Serve this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// A second entry, `lumabill-sandbox`, that serves the embedded API
    #[arg(long)]
    sandbox: bool,
    /// Serve no tool that writes
    #[arg(long)]
    read_only: bool,
    /// Serve these toolsets
    #[arg(long, value_name = "A,B")]
    toolsets: Option<String>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let _ = args;
    Err(Failure::new("not_built", Exit::Defect, "install is being built"))
}
