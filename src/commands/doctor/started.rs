//! Starting a `lumabill` to see what it says: bounded in time, without input, and ended in any case.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// For `--version`, which touches nothing.
const VERSION: Duration = Duration::from_secs(2);
/// Nothing that is read here is longer.
const MOST: u64 = 256 * 1024;
/// For what is still on its way when a program has ended.
const REST: Duration = Duration::from_millis(200);
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

/// What it prints; `None` where it does not start or does not end in time. What it started and left behind is ended
/// too: it may hold the other end of the pipe.
fn output(mut command: Command, limit: Duration) -> Option<String> {
    let root = if cfg!(windows) { "C:\\" } else { "/" };
    command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().ok()?;
    let pipe = child.stdout.take()?;
    let (send, read) = mpsc::channel();
    std::thread::spawn(move || {
        let mut pipe = pipe.take(MOST);
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = pipe.read(&mut part) {
            let Some(part) = part.get(..length) else { return };
            drop(send.send(part.to_vec()));
        }
    });
    if !ended(&mut child, limit) {
        kill(&mut child);
        drop(child.wait());
        return None;
    }
    let mut bytes = Vec::new();
    let last = loop {
        match read.recv_timeout(REST) {
            Ok(part) => bytes.extend(part),
            Err(last) => break last,
        }
    };
    if last == mpsc::RecvTimeoutError::Timeout {
        kill(&mut child);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ends the program and, where the system has groups of processes, what it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // One that has ended and was waited for is not killed again.
    drop(child.kill());
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
