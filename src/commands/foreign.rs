//! Starting another program to see what it says: without input, never through a shell, bounded in its time and in
//! what is kept of its words, and ended in any case.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// What a program says beyond so many bytes is not kept.
pub const KEPT: usize = 256 * 1024;
/// One read of a stream.
const PART: usize = 4096;
/// How often it is looked whether a program has ended: the standard library has no wait with a limit.
const NAP: Duration = Duration::from_millis(5);
/// For what is still on its way when a program has ended.
const REST: Duration = Duration::from_millis(200);
/// However much comes then.
const ALL_REST: Duration = Duration::from_secs(1);

/// Which of its streams are listened to; the others lead nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    Stdout,
    Both,
}

/// What becomes of processes that a program started, and left behind with our end of its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    Ended,
    /// They may have work to do.
    Left,
}

/// What a program did.
#[derive(Debug)]
pub struct Ended {
    /// `None` where it was ended for its time, with everything that it started.
    pub status: Option<ExitStatus>,
    /// Its streams as they came.
    pub said: String,
}

impl Ended {
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs `command` to its end, for as long as `limit` at most; fails where it cannot be started.
pub fn run(
    mut command: Command,
    streams: Streams,
    limit: Duration,
    leftovers: Leftovers,
) -> std::io::Result<Ended> {
    let stderr = if streams == Streams::Both { Stdio::piped() } else { Stdio::null() };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    // What is not taken in holds the program up instead of filling our memory.
    let (tell, told) = mpsc::sync_channel(16);
    if let Some(pipe) = child.stdout.take() {
        listen(pipe, &tell);
    }
    if let Some(pipe) = child.stderr.take() {
        listen(pipe, &tell);
    }
    drop(tell);
    let (mut said, began) = (Vec::new(), Instant::now());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if began.elapsed() > limit {
            kill(&mut child);
            drop(child.wait());
            break None;
        }
        match told.recv_timeout(NAP) {
            Ok(part) => keep(&mut said, &part),
            Err(RecvTimeoutError::Disconnected) => thread::sleep(NAP),
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let ended = Instant::now();
    let silent = loop {
        match told.recv_timeout(REST) {
            Ok(part) => keep(&mut said, &part),
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => break true,
        }
        if ended.elapsed() > ALL_REST {
            break true;
        }
    };
    if silent && leftovers == Leftovers::Ended {
        kill(&mut child);
    }
    Ok(Ended { status, said: String::from_utf8_lossy(&said).into_owned() })
}

fn keep(said: &mut Vec<u8>, part: &[u8]) {
    if said.len() < KEPT {
        said.extend(part);
    }
}

/// Hands on what comes until the stream ends or nobody listens.
fn listen(mut pipe: impl Read + Send + 'static, tell: &SyncSender<Vec<u8>>) {
    let tell = tell.clone();
    thread::spawn(move || {
        let mut part = [0; PART];
        while let Ok(length @ 1..) = pipe.read(&mut part) {
            if tell.send(part.get(..length).unwrap_or_default().to_vec()).is_err() {
                return;
            }
        }
    });
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{Ended, KEPT, Leftovers, PART, Streams, run};

    fn shell(script: &str, leftovers: Leftovers) -> Ended {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, Streams::Both, Duration::from_secs(20), leftovers).unwrap()
    }

    #[test]
    fn both_streams_and_the_end_are_told() {
        let ran = shell("echo out; echo err >&2; exit 3", Leftovers::Left);
        assert!(ran.said.contains("out\n") && ran.said.contains("err\n"), "{}", ran.said);
        assert_eq!((ran.succeeded(), ran.status.and_then(|status| status.code())), (false, Some(3)));
        assert!(shell("true", Leftovers::Left).succeeded());
    }

    #[test]
    fn what_stays_behind_is_not_waited_for_and_ended_where_that_is_asked() {
        let began = Instant::now();
        let script = "sleep 60 & echo $!";
        let (left, ended) = (shell(script, Leftovers::Left), shell(script, Leftovers::Ended));
        assert!(left.succeeded() && ended.succeeded() && began.elapsed() < Duration::from_secs(20));
        let lives = |ran: &Ended| {
            let status =
                std::fs::read_to_string(format!("/proc/{}/stat", ran.said.trim())).unwrap_or_default();
            !status.is_empty() && !status.contains(") Z ")
        };
        if cfg!(target_os = "linux") {
            assert!(lives(&left));
            while lives(&ended) && began.elapsed() < Duration::from_secs(30) {
                std::thread::yield_now();
            }
            assert!(!lives(&ended));
        }
        let killed = Command::new("kill").arg(left.said.trim()).status().unwrap();
        assert!(killed.success());
    }

    #[test]
    fn one_that_talks_without_end_is_cut_off() {
        let ran = shell("yes & exit 0", Leftovers::Ended);
        assert!(ran.succeeded() && ran.said.len() <= KEPT + PART, "{}", ran.said.len());
    }

    #[test]
    fn one_that_does_not_end_is_ended_and_one_that_is_not_there_is_an_error() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo before; sleep 60"]);
        let ran = run(command, Streams::Stdout, Duration::from_millis(300), Leftovers::Ended).unwrap();
        assert_eq!((ran.status, ran.said.as_str()), (None, "before\n"));
        let absent = Command::new("/nonexistent/claude");
        assert!(run(absent, Streams::Stdout, Duration::from_secs(1), Leftovers::Left).is_err());
    }
}
