//! The entry as text to be pasted: alone on stdout, with what to do with it on stderr.

use super::own_command::as_typed;
use super::own_path::{own_path, present_path};
use crate::failure::{Exit, Failure};
use crate::install::clients::{Client, Entry, by_id};
use crate::settings::UserFolders;
use crate::terminal;

/// Whose notation most clients have.
const PLAIN: &str = "claude-desktop";

/// Prints the entry for each client; without one in the notation that most clients have.
pub fn print(clients: &[&Client], wish: &Entry, folders: &UserFolders) -> Result<(), Failure> {
    let command = own_path(folders).unwrap_or_else(|failure| {
        terminal::note(&format!("warning: {}", failure.message));
        present_path()
    });
    let entry = Entry { command, ..wish.clone() };
    if clients.is_empty() {
        let plain =
            by_id(PLAIN).ok_or_else(|| Failure::new("no_row", Exit::Defect, "there is no plain client"))?;
        return show(plain, &entry);
    }
    for client in clients {
        terminal::note(&place(client, folders));
        show(client, &entry)?;
        if let Some(own) = client.own {
            terminal::note(&format!("or type: {}", as_typed(own.program, &(own.add)(&entry))));
        }
        terminal::note(&format!("then {}", client.next));
    }
    Ok(())
}

fn show(client: &Client, entry: &Entry) -> Result<(), Failure> {
    let text = client.pasted(entry).map_err(|error| {
        Failure::new("not_printed", Exit::Defect, "the entry could not be written as text")
            .because(error.to_string())
    })?;
    terminal::line(text.trim_end());
    Ok(())
}

/// Where it is pasted.
fn place(client: &Client, folders: &UserFolders) -> String {
    let title = client.title;
    match (client.paste_at, client.file(folders)) {
        (Some(place), _) => format!("{title}: paste this at {place}"),
        (None, Some(file)) => {
            format!("{title}: this belongs into `{}`, beside what is there", file.display())
        }
        (None, None) => format!("{title}: paste this where it lists its MCP servers"),
    }
}
