//! Starting a `lumabill` to see what it says.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::super::foreign::{Leftovers, Streams, run};

/// For `--version`, which touches nothing.
const VERSION: Duration = Duration::from_secs(2);

/// What a program said to `--version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    Version(String),
    /// It is another program.
    Else,
    /// It could not be started, or did not end in time.
    Nothing,
}

/// Both names lead to the same file.
pub fn same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Asks the program for its version, with no variables and at the root of the file system.
pub fn version(program: &Path) -> Answered {
    let mut command = Command::new(program);
    command.arg("--version").env_clear();
    let Some(said) = output(command, VERSION) else { return Answered::Nothing };
    match said.trim().strip_prefix("lumabill ") {
        Some(version) if version.len() < 40 && !version.contains(char::is_whitespace) => {
            Answered::Version(version.to_owned())
        }
        _ => Answered::Else,
    }
}

/// What `program` prints with these arguments, at the root of the file system; with these variables only, or with
/// all of this process.
pub fn said(
    program: &Path,
    arguments: &[&str],
    variables: Option<&[(String, OsString)]>,
    limit: Duration,
) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(variables) = variables {
        command.env_clear().envs(variables.iter().cloned());
    }
    output(command, limit)
}

/// What it prints; `None` where it does not start or does not end in time. What it left behind is ended too.
fn output(mut command: Command, limit: Duration) -> Option<String> {
    command.current_dir(if cfg!(windows) { "C:\\" } else { "/" });
    let ended = run(command, Streams::Stdout, limit, Leftovers::Ended).ok()?;
    ended.status.map(|_| ended.said)
}
