//! A sign-in whose browser is the test: waits for the address that the program prints, and goes there.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::plain::{Got, browse};
use crate::support::{Lumabill, PATIENCE};

/// A login under way, which waits for its browser.
pub struct SigningIn {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl SigningIn {
    pub fn start(login: &Lumabill) -> Self {
        let mut child = login.command().stdin(Stdio::null()).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for pipe in pipes {
            let send = send.clone();
            thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    drop(send.send(line));
                }
            });
        }
        Self { child, lines, said: String::new() }
    }

    /// The address that a browser has to go to.
    #[track_caller]
    pub fn address(&mut self) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no address for a browser in\n{}", self.said));
            self.said.push_str(&line);
            self.said.push('\n');
            let mut words = line.split_whitespace();
            if let Some(address) = words.find(|word| word.starts_with("http") && word.contains("state=")) {
                return address.to_owned();
            }
        }
    }

    /// The person goes to the address and agrees; what the browser shows then.
    #[track_caller]
    pub fn agree(&mut self) -> Got {
        let address = self.address();
        browse(&address)
    }

    /// Waits for the end; exit code, and all that was printed.
    #[track_caller]
    pub fn ended(mut self) -> (Option<i32>, String) {
        // Both pipes end with the program.
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        let status = self.child.wait().unwrap();
        (status.code(), std::mem::take(&mut self.said))
    }
}

impl Drop for SigningIn {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
