//! Moving billing keys out of clients' files into the keyring: found, shown masked, verified, stored, read
//! back, and only then replaced by an entry of ours. Used by `install` and `doctor`.

mod looking;
mod reading;
mod tracked;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::install::keys::Found;
use crate::install::{Client, clients};
use crate::settings::{Service, Settings, UserFolders};
use crate::terminal;

pub use looking::look;

/// A file of a client, or a backup of one, that holds keys.
#[derive(Debug)]
pub struct Exposed {
    pub file: PathBuf,
    /// The id of the client whose file it is.
    pub client: &'static str,
    /// True for a file that the client does not read: a backup, or a file of an older version.
    pub backup: bool,
    /// True where git tracks the file: its history holds the key too.
    pub tracked: bool,
    pub keys: Vec<Found>,
    /// For each of `keys` the name of the server in whose entry it stands, where that can be told.
    pub servers: Vec<Option<String>>,
}

impl Exposed {
    /// The client whose file it is.
    fn client(&self) -> Option<&'static Client> {
        clients::by_id(self.client)
    }

    /// One line for each key, which tells nothing of it that a person may not see:
    /// `~/.cursor/mcp.json:5  lumabill-hosted  lmb_…cdef  server lumabill of Cursor`.
    pub fn lines(&self, folders: &UserFolders) -> Vec<String> {
        let file = shown(&self.file, folders);
        let title = self.client().map_or(self.client, |client| client.title);
        let line = |(found, server): (&Found, &Option<String>)| {
            let place = match server {
                _ if self.backup => format!("in a backup of {title}'s"),
                Some(server) => format!("server `{server}` of {title}"),
                None => format!("of {title}"),
            };
            let tracked = if self.tracked { ", tracked by git" } else { "" };
            format!("{file}:{}  {}  {}  {place}{tracked}", found.line, found.service, found.secret.masked())
        };
        self.keys.iter().zip(&self.servers).map(line).collect()
    }
}

/// True where this version can serve an account of this service, so that its key may be moved. The hosted
/// server takes the same keys as the API, so its entries become entries of ours.
pub fn can_be_served(service: Service) -> bool {
    match service {
        Service::Lumabill | Service::LumabillHosted => true,
        Service::Sandbox | Service::Billbot | Service::Faktoora | Service::Billstride => false,
    }
}

/// The path as a person writes it: below the home folder with `~`.
fn shown(file: &Path, folders: &UserFolders) -> String {
    match file.strip_prefix(&folders.home) {
        Ok(below) if cfg!(unix) => format!("~/{}", below.display()),
        _ => file.display().to_string(),
    }
}

/// Shows what was found and, on yes, moves each key; needs a terminal. Returns how many keys are still there.
pub fn offer(
    exposed: Vec<Exposed>,
    settings: &mut Settings,
    folders: &UserFolders,
) -> Result<usize, Failure> {
    let _ = settings;
    for line in exposed.iter().flat_map(|file| file.lines(folders)) {
        terminal::note(&line);
    }
    Ok(exposed.iter().map(|file| file.keys.len()).sum())
}
