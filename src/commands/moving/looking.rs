//! Where keys are looked for: the files of every client, the project's in the current folder, and backups of
//! both. Reads only, and only so much.

mod history;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::reading::{self, Text};
use super::{Exposed, tracked};
use crate::install::{Client, clients, edit, keys};
use crate::settings::UserFolders;

/// Bytes of a client's own file; some keep the history of all talks in it.
const MOST_OF_FILE: u64 = 32 * 1024 * 1024;

/// Bytes of a backup.
const MOST_OF_BACKUP: u64 = 5 * 1024 * 1024;

/// Backups that are read, the newest first.
const MOST_BACKUPS: usize = 200;

/// Names of one folder that are looked at.
const MOST_NAMES: usize = 10_000;

/// Parts of the name of a backup that does not begin with the whole name of its file.
const MARKS: [&str; 6] = ["backup", "bak", "old", "orig", "copy", "save"];

/// A file to be looked into.
struct Place {
    file: PathBuf,
    client: &'static Client,
    backup: bool,
    project: bool,
}

/// Every key in the files of the known clients, of this folder's project, and in their backups. Reads only.
pub fn look(folders: &UserFolders) -> Vec<Exposed> {
    look_in(folders, std::env::current_dir().ok().as_deref())
}

/// The same with the project in `project`.
fn look_in(folders: &UserFolders, project: Option<&Path>) -> Vec<Exposed> {
    let roots = roots(folders, project);
    let own = own_files(folders, project);
    let backups = backups(folders, &own, &roots);
    let (mut seen, mut exposed) = (BTreeSet::new(), Vec::new());
    for place in own.into_iter().chain(backups) {
        let most = if place.backup { MOST_OF_BACKUP } else { MOST_OF_FILE };
        let Some(Text { real, text }) = reading::read(&place.file, &roots, most) else { continue };
        let keys = if seen.insert(real.clone()) { keys::find(&text) } else { Vec::new() };
        if !keys.is_empty() {
            exposed.push(Exposed {
                servers: servers(&text, place.client, &keys),
                client: place.client.id,
                backup: place.backup,
                project: place.project,
                tracked: tracked::is_tracked(&real, folders),
                keys,
                file: place.file,
            });
        }
    }
    exposed
}

/// Folders below which a link may lead, without links themselves.
fn roots(folders: &UserFolders, project: Option<&Path>) -> Vec<PathBuf> {
    let mut roots = vec![folders.home.as_path(), &folders.config, &folders.dot_config];
    let others =
        [&folders.local_app_data, &folders.claude_config, &folders.codex_home, &folders.copilot_home];
    // A folder that the home lies in is no project, and would let links lead anywhere.
    let project = project.filter(|project| !folders.home.starts_with(project));
    roots.extend(others.into_iter().filter_map(Option::as_deref).chain(project));
    roots.iter().filter_map(|root| root.canonicalize().ok()).collect()
}

fn own_files(folders: &UserFolders, project: Option<&Path>) -> Vec<Place> {
    let (mut places, mut seen) = (Vec::new(), BTreeSet::new());
    for client in clients::ALL {
        let of_project = client.project.zip(project).map(|(file, folder)| folder.join(file));
        let user = (client.files)(folders).into_iter().map(|file| (file, false, false));
        let older = (client.older)(folders).into_iter().map(|file| (file, true, false));
        let of_project = of_project.into_iter().map(|file| (file, false, true));
        for (file, backup, project) in user.chain(older).chain(of_project) {
            if seen.insert(file.clone()) {
                places.push(Place { file, client, backup, project });
            }
        }
    }
    places
}

/// Files beside those of the clients that are called like them, what stands in folders of backups, and what
/// editors keep of the clients' files in their histories.
fn backups(folders: &UserFolders, own: &[Place], roots: &[PathBuf]) -> Vec<Place> {
    let files: BTreeSet<&Path> = own.iter().map(|place| place.file.as_path()).collect();
    let mut beside: BTreeMap<&Path, Vec<(String, &'static Client)>> = BTreeMap::new();
    for place in own {
        if let (Some(folder), Some(name)) = (place.file.parent(), place.file.file_name()) {
            let name = name.to_string_lossy().to_lowercase();
            beside.entry(folder).or_default().push((name, place.client));
        }
    }
    let mut found: Vec<(PathBuf, &'static Client)> = Vec::new();
    for (folder, names) in &beside {
        for file in files_in(folder).filter(|file| !files.contains(file.as_path())) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            let of = names.iter().find(|(of, _)| is_backup(&name, of));
            found.extend(of.map(|(_, client)| (file, *client)));
        }
    }
    if let Some(client) = clients::by_id("claude-code") {
        let claude = folders.claude_config.clone().unwrap_or_else(|| folders.home.join(".claude"));
        found.extend(files_in(&claude.join("backups")).map(|file| (file, client)));
    }
    let names: BTreeSet<&str> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    found.extend(history::kept(folders, &names, roots));
    let mut dated: Vec<_> = found.into_iter().map(|(file, client)| (changed(&file), file, client)).collect();
    dated.sort_by(|(one, a, _), (two, b, _)| two.cmp(one).then_with(|| a.cmp(b)));
    dated.truncate(MOST_BACKUPS);
    let place = |(_, file, client)| Place { file, client, backup: true, project: false };
    dated.into_iter().map(place).collect()
}

/// The plain files of a folder; links are left out.
fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let listed = fs::read_dir(folder).into_iter().flatten().take(MOST_NAMES).flatten();
    let plain = listed.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    plain.map(|entry| entry.path())
}

/// When a file was last changed; long ago where that cannot be told.
fn changed(file: &Path) -> SystemTime {
    fs::symlink_metadata(file).and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// True for `mcp.json.bak`, `mcp.json~`, `mcp.json.backup.1763710000`, `mcp (copy).json`, `mcp.old.json`; and for
/// `.mcp.json.….new`, which is left of a replacement that was cut off.
fn is_backup(name: &str, of: &str) -> bool {
    let hidden = name.strip_prefix('.').and_then(|name| name.strip_prefix(of));
    if hidden.and_then(|end| end.rsplit_once('.')).is_some_and(|(_, ending)| ending == "new") {
        return true;
    }
    if name == of {
        return false;
    }
    let stem = of.rsplit_once('.').map_or(of, |(stem, _)| stem);
    let marked = || MARKS.iter().any(|mark| name.contains(mark));
    name.starts_with(of) || (!stem.is_empty() && name.starts_with(stem) && marked())
}

/// For each key the server in whose entry it stands.
fn servers(text: &str, client: &Client, found: &[keys::Found]) -> Vec<Option<String>> {
    let entries: Vec<_> = edit::entries(text, &client.spot)
        .unwrap_or_default()
        .into_iter()
        .map(|listed| (keys::find(&listed.entry.to_string()), listed))
        .collect();
    let server = |found: &keys::Found| {
        let mut holding =
            entries.iter().filter(|(keys, _)| keys.iter().any(|key| key.secret.is(&found.secret)));
        let (_, listed) = holding.rfind(|(_, listed)| listed.line <= found.line)?;
        Some(listed.name.clone())
    };
    found.iter().map(server).collect()
}

#[cfg(test)]
mod tests;
