//! The MCP clients: one row per client. Where its configuration is, in which format and shape, and what a
//! person does after a change. Paths are asked of the disk (is it there?), and nothing is opened or started.
//!
//! The rows stand in `agents`, `editors` and `apps`; `shape` knows an entry in every notation, both ways.

mod agents;
mod apps;
mod editors;
mod shape;

use std::path::PathBuf;

use serde_json::Value;

use super::edit::{self, Format, NotEdited, Spot};
use crate::settings::UserFolders;

pub use shape::{Start, is_ours, updated, without_variables};

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

/// A client's own command for its servers: arguments for `program`, none of them a key.
#[derive(Clone, Copy, Debug)]
pub struct OwnCommand {
    /// Its name on PATH.
    pub program: &'static str,
    /// Adds an entry to the user's own configuration; fails where there is one of that name.
    pub add: fn(&Entry) -> Vec<String>,
    /// Adds an entry of this name with these fields, those of a person among them; fails where there is one.
    pub add_fields: fn(&str, &Value) -> Vec<String>,
    /// Takes the entry of this name out of the user's own configuration.
    pub remove: fn(&str) -> Vec<String>,
    /// Prints the entry of this name; fails where there is none.
    pub show: fn(&str) -> Vec<String>,
}

/// One client.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// The word on the command line.
    pub id: &'static str,
    /// The name that people know.
    pub title: &'static str,
    pub way: Way,
    /// The files of the user's own configuration on this system, the one to be preferred first; the first that
    /// exists is meant, else the first. With [`Way::Print`] they are read and never written.
    pub files: fn(&UserFolders) -> Vec<PathBuf>,
    /// Further files, of older versions or other ways to set the client up: searched for keys, never written.
    pub older: fn(&UserFolders) -> Vec<PathBuf>,
    /// True where the files of `older` count as long as there is none of `files`.
    pub older_counts: bool,
    /// The file in a project's folder, where the client has one.
    pub project: Option<&'static str>,
    /// Folders or files that show that the client is here: any of them.
    pub signs: fn(&UserFolders) -> Vec<PathBuf>,
    /// Programs on PATH that show that the client is here, besides `signs`.
    pub programs: &'static [&'static str],
    /// The client's own command, with [`Way::Command`].
    pub own: Option<OwnCommand>,
    /// Where entries stand in the file.
    pub spot: Spot,
    /// What a new file has to hold before any entry: without it the client refuses the file.
    pub opening: &'static str,
    /// An entry as this client wants it.
    pub shape: fn(&Entry) -> Value,
    /// Where a person pastes what is printed, with [`Way::Print`]: the place, as the client names it.
    pub paste_at: Option<&'static str>,
    /// What a person does after a change, as an imperative: `quit Claude Desktop wholly and start it again`.
    pub next: &'static str,
    /// Tools beyond this number are dropped or warned of; `None` where no limit is known.
    pub most_tools: Option<usize>,
}

impl Client {
    /// The file of the user's own configuration that is meant; none where the client keeps none, or where a new
    /// one would put out of force what a person set in an older one.
    pub fn file(&self, folders: &UserFolders) -> Option<PathBuf> {
        let files = (self.files)(folders);
        if let Some(there) = files.iter().find(|file| file.is_file()) {
            return Some(there.clone());
        }
        let counts = self.older_counts && (self.older)(folders).iter().any(|file| file.is_file());
        if counts { None } else { files.first().cloned() }
    }

    /// [`edit::put`]; an empty text becomes a file that this client accepts.
    pub fn put(&self, text: &str, name: &str, entry: &Value) -> Result<String, NotEdited> {
        let text = if text.trim().is_empty() && !self.opening.is_empty() { self.opening } else { text };
        edit::put(text, &self.spot, name, entry)
    }

    /// True where the client's folder exists or its program is on PATH.
    pub fn is_here(&self, folders: &UserFolders) -> bool {
        (self.signs)(folders).iter().any(|sign| sign.exists())
            || self.programs.iter().any(|program| folders.program(program).is_some())
    }

    /// The program of the client's own command, where it has one and it is on PATH.
    pub fn program(&self, folders: &UserFolders) -> Option<PathBuf> {
        folders.program(self.own?.program)
    }

    /// What a person pastes into the file: as it stands in one that holds this entry only.
    pub fn pasted(&self, entry: &Entry) -> Result<String, NotEdited> {
        edit::put("", &self.spot, &entry.name, &(self.shape)(entry))
    }
}

/// Every client, in the order of the help.
pub const ALL: &[Client] = &[
    apps::CLAUDE_DESKTOP,
    agents::CLAUDE_CODE,
    editors::CURSOR,
    editors::VSCODE,
    editors::VSCODE_INSIDERS,
    editors::WINDSURF,
    editors::ZED,
    agents::CODEX,
    agents::GEMINI,
    agents::QWEN,
    agents::OPENCODE,
    agents::COPILOT,
    editors::CLINE,
    editors::CONTINUE,
    apps::GOOSE,
    apps::LM_STUDIO,
    agents::KIRO,
    agents::AMAZON_Q,
    apps::WARP,
    editors::JUNIE,
    editors::JETBRAINS,
];

/// The client of this name on the command line.
pub fn by_id(id: &str) -> Option<&'static Client> {
    ALL.iter().find(|client| client.id == id)
}

/// What most clients have in common: JSON with `mcpServers`, from name to `command` and `args`.
const PLAIN: Client = Client {
    id: "",
    title: "",
    way: Way::File,
    files: |_| Vec::new(),
    older: |_| Vec::new(),
    older_counts: false,
    project: None,
    signs: |_| Vec::new(),
    programs: &[],
    own: None,
    spot: MCP_SERVERS,
    opening: "",
    shape: shape::plain,
    paste_at: None,
    next: "",
    most_tools: None,
};

const MCP_SERVERS: Spot = Spot { format: Format::Jsonc, at: &["mcpServers"], list: false };

#[cfg(test)]
mod tests;
