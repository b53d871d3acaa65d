//! Starting a `lumabill` to see what it says: bounded in time, without input, and ended in any case.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// For `--version`, which touches nothing.
const VERSION: Duration = Duration::from_secs(2);
/// Nothing that is read here is longer.
const MOST: u64 = 256 * 1024;
/// How often it is looked whether a program has ended.
const NAP: Duration = Duration::from_millis(5);

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

/// What it prints; `None` where it does not start or does not end in time.
fn output(mut command: Command, limit: Duration) -> Option<String> {
    let root = if cfg!(windows) { "C:\\" } else { "/" };
    command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let pipe = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(pipe.take(MOST).read_to_end(&mut bytes));
        bytes
    });
    if !ended(&mut child, limit) {
        drop(child.kill());
        drop(child.wait());
        return None;
    }
    let bytes = reader.join().ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The standard library has no wait with a limit.
fn ended(child: &mut Child, limit: Duration) -> bool {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return true,
            Ok(None) if began.elapsed() < limit => std::thread::sleep(NAP),
            _ => return false,
        }
    }
}
