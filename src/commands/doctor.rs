//! `lumabill doctor`: what works here and what does not, with one next step each.

use crate::failure::{Exit, Failure};

/// Check everything that lumabill needs here, and say what to do
#[derive(clap::Args)]
pub struct Args {
    /// Print JSON instead: a list `checks`
    #[arg(long)]
    json: bool,
    /// Mend what can be mended, asking before each step
    #[arg(long)]
    fix: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let _ = args;
    Err(Failure::new("not_built", Exit::Defect, "doctor is being built"))
}
