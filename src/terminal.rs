//! The only printer: everything people read on stdout and stderr outside of `serve` passes here.
//! A closed pipe ends the program quietly instead of with a panic.

use std::io::{IsTerminal, Write};

use crate::failure::Failure;

/// Prints to stdout; a reader that went away is not an error.
#[expect(clippy::exit, reason = "a closed pipe means that nobody reads any more")]
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints one line to stdout.
pub fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints one line to stderr: progress and notes that are no result.
pub fn note(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Prints a failure to stderr in its three kinds of lines.
pub fn failure(failure: &Failure) {
    note(&failure.text());
}

/// True where a person reads stdout.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints a question to stderr and leaves the cursor behind it.
pub fn prompt(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
}
