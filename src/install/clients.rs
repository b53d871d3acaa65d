//! The MCP clients: one row per client. Where its configuration is, in which format and shape, and what a
//! person does after a change. From `reference/clients.md`, section 3.

use std::path::PathBuf;

use serde_json::Value;

use super::edit::Spot;
use crate::settings::UserFolders;

/// What a client is to start: `command` with `args`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the server in the client: `lumabill` or `lumabill-sandbox`.
    pub name: String,
    /// Absolute path of this program.
    pub command: String,
    /// `serve` and its options.
    pub args: Vec<String>,
}

/// How an entry gets into a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// We edit the file.
    File,
    /// The client's own command where it is on PATH, else the file.
    Command,
    /// Nothing is written: a person pastes what is printed.
    Print,
}

/// One client.
pub struct Client {
    /// The word on the command line.
    pub id: &'static str,
    /// The name that people know.
    pub title: &'static str,
    pub way: Way,
    /// The files of the user's own configuration on this system, the one to be preferred first; the first that
    /// exists is meant, else the first.
    pub files: fn(&UserFolders) -> Vec<PathBuf>,
    /// The file in a project's folder, where the client has one.
    pub project: Option<&'static str>,
    /// Programs on PATH that show that the client is here, besides its configuration folder.
    pub programs: &'static [&'static str],
    /// Where entries stand in the file.
    pub spot: Spot,
    /// An entry as this client wants it.
    pub shape: fn(&Entry) -> Value,
    /// What a person does after a change, as an imperative: `quit Claude Desktop wholly and start it again`.
    pub next: &'static str,
    /// Tools beyond this number are dropped or warned of; `None` where no limit is known.
    pub most_tools: Option<usize>,
}

/// Every client, in the order of the help.
pub const ALL: &[Client] = &[];

/// The client of this name on the command line.
pub fn by_id(id: &str) -> Option<&'static Client> {
    ALL.iter().find(|client| client.id == id)
}
