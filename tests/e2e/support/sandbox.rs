//! `lumabill sandbox` as a process of its own, with fresh data in memory.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
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
    /// On the day of the seed data, with further options, for example faults.
    pub fn start(options: &[&str]) -> Self {
        Self::spawn(&[&["--today", TODAY], options].concat())
    }

    /// On the machine's own day: for what the client's clock decides.
    pub fn today() -> Self {
        Self::spawn(&[])
    }

    fn spawn(options: &[&str]) -> Self {
        let mut arguments = vec!["sandbox", "--json", "--data", ":memory:", "--limits", "off"];
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

    /// The id of the company with this name.
    pub fn profile(&self, name: &str) -> String {
        let profiles = self.ready["profiles"].as_array().unwrap();
        let found = profiles.iter().find(|profile| profile["company_name"] == name);
        found.unwrap_or_else(|| panic!("no profile `{name}`"))["id"].as_str().unwrap().to_owned()
    }

    /// A run of ours against this sandbox, in the company whose books have the most in them.
    pub fn lumabill(&self, arguments: &[&str]) -> Lumabill {
        let profile = self.profile("Muster Consulting GmbH");
        Lumabill::new(arguments).with_api(&self.url, &self.key()).env("LUMABILL_PROFILE_ID", &profile)
    }

    /// What the API itself says, in the same company: asked without any code of ours.
    pub fn get(&self, target: &str) -> Value {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        let (key, profile) = (self.key(), self.profile("Muster Consulting GmbH"));
        write!(
            stream,
            "GET {target} HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer {key}\r\nx-profile-id: {profile}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{target}: {answer}");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// All records of a list, page by page.
    pub fn all(&self, target: &str) -> Vec<Value> {
        let (mut records, mut page) = (Vec::new(), 1);
        loop {
            let joint = if target.contains('?') { '&' } else { '?' };
            let answer = self.get(&format!("{target}{joint}limit=100&page={page}"));
            let rows = answer["data"].as_array().unwrap_or_else(|| panic!("{target}: no list in {answer}"));
            records.extend(rows.iter().cloned());
            if rows.len() < 100 {
                return records;
            }
            page += 1;
        }
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
