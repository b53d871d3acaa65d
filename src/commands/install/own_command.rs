//! A client's own command for its servers: started with arguments, never through a shell, with a time limit.

use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Exit, Failure};

/// A client's command starts a runtime, and on a busy machine that takes seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// What a command said is shown up to this many characters.
const SHOWN: usize = 2000;

/// What a command says beyond so many bytes is not kept.
const KEPT: usize = 64 * 1024;

/// What is still on its way when a command has ended is waited for so long.
const REST: Duration = Duration::from_secs(1);

/// What a command did.
pub struct Ran {
    /// `None` where it was ended for its time.
    pub status: Option<ExitStatus>,
    /// Both its streams, as they came.
    pub said: String,
}

impl Ran {
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// What went wrong, for a person.
    pub fn problem(&self) -> String {
        let end = match self.status {
            Some(status) => status.to_string(),
            None => format!("ended after {} s without an answer", LIMIT.as_secs()),
        };
        let said = self.said.trim();
        if said.is_empty() { end } else { format!("{end}; it said: {said}") }
    }
}

/// Runs `program` in `folder` to its end. The key of the environment is none of its business.
pub fn run(program: &Path, arguments: &[String], folder: &Path) -> Result<Ran, Failure> {
    let not_started = |error: std::io::Error| {
        let message = format!("`{}` could not be started", program.display());
        Failure::new("client_command_failed", Exit::Refused, message).because(error.to_string())
    };
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_remove("LUMABILL_API_KEY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_started)?;
    let (tell, told) = mpsc::sync_channel(16);
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    for pipe in pipes.into_iter().flatten() {
        let tell = tell.clone();
        thread::spawn(move || listen(pipe, &tell));
    }
    drop(tell);
    let (mut said, began) = (Vec::new(), Instant::now());
    // The channel ends with the pipes, and those with the program and whatever it left behind.
    let mut open = true;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(not_started)? {
            break Some(status);
        }
        if began.elapsed() > LIMIT {
            drop(child.kill());
            drop(child.wait());
            break None;
        }
        let pause = Duration::from_millis(20);
        match told.recv_timeout(pause) {
            Ok(bytes) => keep(&mut said, bytes),
            Err(mpsc::RecvTimeoutError::Disconnected) if open => open = false,
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(pause),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    };
    // What it said last may still be on its way; a child of its own that holds the pipes is not waited for.
    let ended = Instant::now();
    while ended.elapsed() < REST
        && let Ok(bytes) = told.recv_timeout(Duration::from_millis(200))
    {
        keep(&mut said, bytes);
    }
    let said = String::from_utf8_lossy(&said);
    let said = crate::install::keys::without_keys(&said).chars().take(SHOWN).collect();
    Ok(Ran { status, said })
}

fn keep(said: &mut Vec<u8>, bytes: Vec<u8>) {
    if said.len() < KEPT {
        said.extend(bytes);
    }
}

fn listen(mut pipe: Box<dyn Read + Send>, tell: &mpsc::SyncSender<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut bytes) {
        if tell.send(bytes.get(..read).unwrap_or_default().to_vec()).is_err() {
            return;
        }
    }
}

/// A command as a person types it in a shell.
pub fn as_typed(program: &str, arguments: &[String]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+@%,=~".contains(c);
    let quoted = arguments.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else if cfg!(windows) {
            format!("\"{}\"", word.replace('"', "\\\""))
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once(program.to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use super::{as_typed, run};

    fn shell(script: &str) -> super::Ran {
        run(Path::new("/bin/sh"), &["-c".to_owned(), script.to_owned()], Path::new("/")).unwrap()
    }

    #[test]
    fn both_streams_and_the_end_are_told() {
        let ran = shell("echo out; echo err >&2");
        assert!(ran.succeeded() && ran.said.contains("out") && ran.said.contains("err"), "{}", ran.said);
        let ran = shell("echo 'no such server' >&2; exit 3");
        assert!(!ran.succeeded());
        assert!(
            ran.problem().contains('3') && ran.problem().ends_with("no such server"),
            "{}",
            ran.problem()
        );
    }

    #[test]
    fn a_child_that_stays_behind_is_not_waited_for() {
        let began = std::time::Instant::now();
        assert!(shell("sleep 20 & echo done").succeeded());
        assert!(began.elapsed().as_secs() < 10);
    }

    #[test]
    fn one_that_talks_without_end_is_not_listened_to() {
        let began = std::time::Instant::now();
        // It ends by itself once nobody listens.
        let ran = shell("yes & exit 0");
        assert!(ran.succeeded() && ran.said.len() <= super::KEPT + 4096);
        assert!(began.elapsed().as_secs() < 10);
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        assert!(run(Path::new("/nonexistent/claude"), &[], Path::new("/")).is_err());
    }

    #[test]
    fn a_command_can_be_typed() {
        let words = ["mcp", "add", "--", "/Users/Ada L/bin/lumabill"].map(str::to_owned);
        assert_eq!(as_typed("claude", &words), "claude mcp add -- '/Users/Ada L/bin/lumabill'");
    }
}
