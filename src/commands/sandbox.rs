//! `lumabill sandbox`: the embedded API by itself.

use crate::failure::Failure;

/// Run the built-in billing API by itself; prints its address and keys
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: Args) -> Result<(), Failure> {
    Ok(())
}
