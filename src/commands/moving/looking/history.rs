//! What VS Code and its relatives keep of every file that is saved in them: a folder per file with a list that
//! names it, and its earlier texts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files_in;
use crate::commands::moving::reading;
use crate::install::{Client, clients};
use crate::settings::UserFolders;

/// Editors by the name of their folder, and the client that a person knows them as.
const EDITORS: [(&str, &str); 5] = [
    ("Code", "vscode"),
    ("Code - Insiders", "vscode-insiders"),
    ("Cursor", "cursor"),
    ("VSCodium", "vscode"),
    ("Windsurf", "windsurf"),
];

/// Files with a history that are looked at, of each editor.
const MOST_FOLDERS: usize = 1000;

/// Bytes of a list.
const MOST_OF_LIST: u64 = 64 * 1024;

/// The earlier texts of files that are called one of `names`.
pub fn kept(
    folders: &UserFolders,
    names: &BTreeSet<&str>,
    roots: &[PathBuf],
) -> Vec<(PathBuf, &'static Client)> {
    let mut found = Vec::new();
    for (editor, id) in EDITORS {
        let history = folders.config.join(editor).join("User/History");
        let Some(client) = clients::by_id(id) else { continue };
        let listed = std::fs::read_dir(history).into_iter().flatten().take(MOST_FOLDERS).flatten();
        for folder in listed.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let list = folder.path().join("entries.json");
            if reading::read(&list, roots, MOST_OF_LIST).is_some_and(|list| is_of(&list.text, names)) {
                let texts = files_in(&folder.path()).filter(|file| !is_list(file));
                found.extend(texts.map(|file| (file, client)));
            }
        }
    }
    found
}

fn is_list(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "entries.json")
}

/// True where the list says `"resource":"file:///…/NAME"` for one of the names.
fn is_of(list: &str, names: &BTreeSet<&str>) -> bool {
    let Some((_, rest)) = list.split_once("\"resource\"") else { return false };
    let resource = rest.split('"').nth(1).unwrap_or_default();
    names.contains(resource.rsplit(['/', '\\']).next().unwrap_or_default())
}
