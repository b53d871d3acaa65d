//! `lumabill sandbox` as a process of its own, with fresh data in memory.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;

use serde_json::Value;

use super::{Lumabill, PATIENCE, TODAY};

/// Runs until dropped.
pub struct SandboxProcess {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The whole first line: address and keys.
    pub ready: Value,
}

impl SandboxProcess {
    /// With further options, for example faults.
    pub fn start(options: &[&str]) -> Self {
        let mut arguments = vec!["sandbox", "--json", "--data", ":memory:", "--today", TODAY];
        arguments.extend(options);
        let mut child = Lumabill::new(&arguments).command().stdin(Stdio::null()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (send, receive) = mpsc::channel();
        // Reads on after the first line: a full pipe must not hold the sandbox up.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                drop(send.send(line));
            }
        });
        let errors = thread::spawn(move || {
            let mut text = String::new();
            drop(stderr.read_to_string(&mut text));
            text
        });
        let Ok(line) = receive.recv_timeout(PATIENCE) else {
            drop(child.kill());
            drop(child.wait());
            panic!("the sandbox printed no line\n--- stderr\n{}", errors.join().unwrap());
        };
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let url = ready["url"].as_str().unwrap_or_else(|| panic!("no `url` in {line}")).to_owned();
        Self { child, url, ready }
    }

    /// The key that may read and write.
    pub fn key(&self) -> String {
        self.named_key("read_write")
    }

    /// The key that may only read.
    pub fn read_only_key(&self) -> String {
        self.named_key("read_only")
    }

    fn named_key(&self, name: &str) -> String {
        let key = self.ready["keys"][name].as_str();
        key.unwrap_or_else(|| panic!("no key `{name}` in {}", self.ready)).to_owned()
    }

    /// A run of ours against this sandbox.
    pub fn lumabill(&self, arguments: &[&str]) -> Lumabill {
        Lumabill::new(arguments).with_api(&self.url, &self.key())
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
