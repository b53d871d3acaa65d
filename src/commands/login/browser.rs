//! Opening an address in the person's browser: as one argument of the system's own program for that, never through a
//! shell.

use std::process::{Command, Stdio};
use std::thread;

use crate::settings::has_desktop;

/// How the person gets to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// It is opened, where there is one.
    Opened,
    /// The person goes there: `--no-browser`.
    ByHand,
}

/// Opens `address`; false where there is no browser, or it is no address of a page.
pub fn open(address: &str) -> bool {
    // Whatever else it is, programs like these might run it.
    if !["https://", "http://127.", "http://[::1]"].iter().any(|start| address.starts_with(start))
        || !has_desktop()
    {
        return false;
    }
    let mut command = if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else {
        Command::new(if cfg!(target_os = "macos") { "/usr/bin/open" } else { "xdg-open" })
    };
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C here does not close the person's browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut child) = command.spawn() else { return false };
    // Some of them last as long as the browser is open.
    drop(thread::Builder::new().name("browser".to_owned()).spawn(move || child.wait()));
    true
}
