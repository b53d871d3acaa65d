//! One sealed run of the program: own folders, an empty environment, given arguments and input.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Home, PATIENCE, bare_command};

/// Builds a run. Runs that share a [`Home`] share config, state and key file.
#[derive(Clone)]
pub struct Lumabill {
    pub home: Arc<Home>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    input: Vec<u8>,
}

/// What a run left.
pub struct Ended {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Lumabill {
    pub fn new(arguments: &[&str]) -> Self {
        Self::at(&Arc::new(Home::new()), arguments)
    }

    /// A run in a home that other runs use too.
    pub fn at(home: &Arc<Home>, arguments: &[&str]) -> Self {
        Self {
            home: Arc::clone(home),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: home.environment(),
            input: Vec::new(),
        }
    }

    /// The same run with other arguments.
    pub fn with_arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self
    }

    /// The same run with further arguments.
    pub fn and(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A key and the address that it belongs to, by environment; no limiter, since tests do not wait for it.
    pub fn with_api(self, url: &str, key: &str) -> Self {
        self.env("LUMABILL_API_KEY", key).env("LUMABILL_API_URL", url).env("LUMABILL_RATE_LIMIT", "off")
    }

    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// The program, ready to be spawned with three pipes.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lumabill"));
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end. Where PATH does not lead to it, whatever it says names it in a way that works.
    #[track_caller]
    pub fn run(self) -> Ended {
        let command = self.command();
        let on_path = self.environment.iter().any(|(name, _)| name == "PATH");
        let script = self.arguments.first().is_some_and(|command| command == "completions");
        let ended = self.run_as(command);
        if !on_path && !script {
            for text in [&ended.stdout, &ended.stderr] {
                assert_eq!(bare_command(text), None, "a command that no shell finds:\n{text}");
            }
        }
        ended
    }

    /// The same with another command: the program in another place, or in another folder.
    pub fn run_as(self, mut command: Command) -> Ended {
        let began = Instant::now();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut stdin, input) = (child.stdin.take().unwrap(), self.input.clone());
        // A program that does not read its input is no failure of the test.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let (stdout, stderr) = (drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap()));
        let status = wait(&mut child, PATIENCE);
        let took = began.elapsed();
        if status.is_none() {
            drop(child.kill());
            drop(child.wait());
        }
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        let Some(status) = status else {
            panic!(
                "`lumabill {}` did not end within {PATIENCE:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
                self.arguments.join(" ")
            );
        };
        writer.join().unwrap();
        Ended { code: status.code(), stdout, stderr, took }
    }
}

impl Ended {
    /// The run must have ended with this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        let (stdout, stderr) = (&self.stdout, &self.stderr);
        assert_eq!(self.code, Some(code), "\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("{error}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
        })
    }
}

/// Waits for the end of a process; `None` when the limit passes first.
pub fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if began.elapsed() > limit {
            return None;
        }
        // The standard library has no wait with a limit, and the end of a pipe comes before the end of its process.
        thread::sleep(Duration::from_millis(2));
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(pipe.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
