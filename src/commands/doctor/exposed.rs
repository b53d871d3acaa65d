//! Billing keys in plain text, in the files of clients and in their backups.

use super::row::{Fix, Row};
use crate::commands::moving::{self, Exposed};
use crate::settings::{UserFolders, quoted};

pub fn check(user: &UserFolders) -> Vec<Row> {
    let exposed = moving::look(user);
    if exposed.is_empty() {
        return vec![Row::ok("plain_text_keys", "no billing key was found in the clients' files")];
    }
    exposed.iter().map(|file| row(file, user)).collect()
}

fn row(file: &Exposed, user: &UserFolders) -> Row {
    let seen = format!("a key in plain text: {}", file.lines(user).join("; "));
    let movable = file.keys.iter().any(|found| moving::can_be_served(found.service));
    let row = if movable {
        Row::failed("plain_text_keys", seen, "run `lumabill doctor --fix`").fix(Fix::MoveKeys)
    } else {
        let instead = file.keys.first().map(|found| moving::instead(found.service)).unwrap_or_default();
        let path = file.file.display().to_string();
        let shown = if cfg!(unix) { quoted(&path) } else { path };
        let next = if cfg!(unix) {
            format!("{instead}; until then let nobody else read it: `chmod 600 {shown}`")
        } else {
            format!("{instead}; until then let nobody else read `{shown}`")
        };
        Row::warning("plain_text_keys", seen, next)
    };
    row.about(file.client)
}
