//! The only printer: everything people read on stdout and stderr outside of `serve` passes here.
//! A closed pipe ends the program quietly instead of with a panic. Whatever a text holds, it does not
//! steer the terminal: hidden characters are written out once more here, wherever they come from.

mod choice;
mod question;

use std::io::{IsTerminal, Write};

pub use choice::{choose, is_attended};
pub use question::{ask, yes};

use crate::failure::Failure;
use crate::text::{visible, visible_json};

/// Characters of a status line: one that is broken could not be written over.
const STATUS: usize = 79;

/// Prints to stdout; a reader that went away is not an error.
pub fn print(text: &str) {
    write(&visible(text));
}

#[expect(clippy::exit, reason = "a closed pipe means that nobody reads any more")]
fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints one line to stdout.
pub fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints JSON text and a line break to stdout: what it holds stays the same for whoever reads it.
pub fn json(text: &str) {
    write(&format!("{}\n", visible_json(text)));
}

/// Prints one line to stderr: progress and notes that are no result.
pub fn note(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{}", visible(text)));
}

/// Writes `text` over what this last wrote on stderr, where that is a terminal; an empty one takes it away.
pub fn status(text: &str) {
    let mut line: String = visible(text).replace('\n', " ");
    if let Some((end, _)) = line.char_indices().nth(STATUS) {
        line.truncate(end);
    }
    let mut err = std::io::stderr().lock();
    drop(write!(err, "\r\x1b[K{line}").and_then(|()| err.flush()));
}

/// Prints a failure to stderr in its three kinds of lines.
pub fn failure(failure: &Failure) {
    note(&failure.text());
}

/// True where a person reads stdout.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Columns of the terminal that a person reads stdout in; `None` where it is a file or another program, and
/// lines are as long as they are.
pub fn width() -> Option<usize> {
    is_terminal().then(|| columns().filter(|columns| *columns > 0).unwrap_or(100))
}

#[cfg(unix)]
fn columns() -> Option<usize> {
    rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn columns() -> Option<usize> {
    None
}

/// Prints a question to stderr and leaves the cursor behind it.
pub fn prompt(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(visible(text).as_bytes()).and_then(|()| err.flush()));
}
