//! The clients on this machine: whether each has an entry that starts this program and would work. Of a project's
//! files nothing is started: they may come from anybody.

mod command;
mod one_folder;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::row::{Fix, Row, Section};
use super::{entry, exposed, surroundings};
use crate::commands::install::in_file::NAMES;
use crate::install::clients::{self, Client, is_ours};
use crate::install::edit::{self, Listed};
use crate::install::keys;
use crate::settings::{Settings, UserFolders};
use command::Checked;

/// No client's file is larger, in bytes.
const MOST: u64 = 16 * 1024 * 1024;

/// What was found of the clients.
pub struct Seen {
    pub sections: Vec<Section>,
    /// Entries of ours, and every one of them serves the practice API.
    pub only_sandbox: bool,
}

/// One entry that bears our name or starts us.
pub struct Entry {
    pub client: &'static Client,
    pub listed: Listed,
    /// It stands in the project's folder.
    pub project: bool,
}

/// `known`: the config file could be read, so that the accounts are known.
pub fn check(user: &UserFolders, settings: &Settings, known: bool) -> Seen {
    let here: Vec<&Client> = clients::ALL.iter().filter(|client| client.is_here(user)).collect();
    let project = std::env::current_dir().ok();
    let (mut sections, mut ours, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for client in here {
        let (rows, entries) = one(client, user, settings, known, project.as_deref());
        if rows.is_empty() {
            without.push(client);
        } else {
            let rows = rows.into_iter().map(|row| row.about(client.id)).collect();
            sections.push(Section { title: format!("client {}", client.title), rows });
        }
        ours.extend(entries);
    }
    let mut rows = vec![set_up(&ours, &without, sections.len())];
    rows.extend(surroundings::variables(settings, &ours));
    rows.extend(exposed::check(user));
    sections.push(Section { title: "clients".to_owned(), rows });
    let only_sandbox = !ours.is_empty() && ours.iter().all(|entry| serves_sandbox(&entry.listed));
    Seen { sections, only_sandbox }
}

fn serves_sandbox(listed: &Listed) -> bool {
    clients::Start::of(&listed.entry).is_some_and(|start| start.args.iter().any(|word| word == "--sandbox"))
}

/// Which clients start us, and which do not.
fn set_up(ours: &[Entry], without: &[&Client], others: usize) -> Row {
    let names: Vec<&str> = without.iter().map(|client| client.title).collect();
    match (ours.is_empty(), names.as_slice()) {
        (true, []) if others > 0 => Row::warning(
            "clients",
            "no client starts lumabill, as far as can be seen",
            "run `lumabill install`",
        ),
        (true, []) => Row::warning(
            "clients",
            "no client that is known to lumabill was found here",
            "see which ones there are: `lumabill install --help`",
        ),
        (true, names) => Row::warning(
            "clients",
            format!("no client starts lumabill yet; found here: {}", names.join(", ")),
            "run `lumabill install`",
        ),
        (false, []) => Row::ok("clients", "every client that was found here has an entry"),
        (false, names) => Row::ok("clients", format!("without an entry: {}", names.join(", "))),
    }
}

/// The rows of one client, and its entries that start us.
fn one(
    client: &'static Client,
    user: &UserFolders,
    settings: &Settings,
    known: bool,
    project: Option<&Path>,
) -> (Vec<Row>, Vec<Entry>) {
    let own = client.file(user);
    let in_project = project.zip(client.project).map(|(folder, file)| folder.join(file));
    let in_project = in_project.filter(|file| own.as_ref() != Some(file));
    let local = own.as_ref().zip(project);
    let local = local.map(|(file, folder)| one_folder::check(client, file, folder, user));
    let (mut rows, mut ours): (Vec<_>, Vec<_>) = local.into_iter().flatten().unzip();
    for (file, project) in
        own.map(|file| (file, false)).into_iter().chain(in_project.map(|file| (file, true)))
    {
        let listed = match entries(client, &file) {
            Ok(listed) => listed,
            Err(row) => {
                rows.push(*row);
                continue;
            }
        };
        for listed in listed {
            let found = Entry { client, listed, project };
            if is_ours(&found.listed.entry) {
                let checked = Checked { entry: &found, file: &file, user, settings, known };
                rows.extend(checked.rows());
                ours.push(found);
            } else if NAMES.contains(&found.listed.name.as_str()) {
                rows.push(foreign(&found, &file));
            }
        }
    }
    (rows, ours)
}

/// The entries of a file; none where there is no file.
fn entries(client: &Client, file: &Path) -> Result<Vec<Listed>, Box<Row>> {
    let text = text(file).map_err(|why| {
        let seen = format!("the file `{}` of {} cannot be read: {why}", file.display(), client.title);
        Box::new(Row::failed("client_file", seen, format!("look at `{}`", file.display())))
    })?;
    let Some(text) = text else { return Ok(Vec::new()) };
    edit::entries(&text, &client.spot).map_err(|problem| {
        let seen =
            format!("the file `{}` of {} cannot be understood: {problem}", file.display(), client.title);
        Box::new(Row::failed("client_file", seen, "correct it there: the client cannot read it either"))
    })
}

/// The text of a client's file; none where there is no file, why where it cannot be read. A pipe is never opened:
/// nobody may ever write into it.
fn text(file: &Path) -> Result<Option<String>, String> {
    match fs::metadata(file) {
        Ok(meta) if !meta.is_file() => return Err("it is no file".to_owned()),
        Ok(meta) if meta.len() > MOST => return Err("it is too large".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    fs::read_to_string(file).map(Some).map_err(|error| error.to_string())
}

/// An entry with our name that is somebody else's.
fn foreign(entry: &Entry, file: &Path) -> Row {
    let name = &entry.listed.name;
    let seen = format!(
        "the entry `{name}` in `{}`, line {}, {}, not to this program",
        file.display(),
        entry.listed.line,
        entry::elsewhere(&entry.listed.entry)
    );
    let holds_key = !keys::find(&entry.listed.entry.to_string()).is_empty();
    let next = if holds_key {
        "move its key with `lumabill doctor --fix`; the entry then starts this program".to_owned()
    } else {
        format!("give it another name or remove it, then run `lumabill install {}`", entry.client.id)
    };
    Row::warning("client_entry", seen, next)
}

/// Where an entry stands, in words.
pub fn place(file: &Path, entry: &Entry) -> String {
    let whose = if entry.project { "this project's " } else { "" };
    format!("entry `{}` in {whose}`{}`", entry.listed.name, file.display())
}

/// The step that writes an entry anew with its own options, and how it is done. `known`: this version knows them.
pub fn renewed(entry: &Entry, known: bool) -> (String, Fix) {
    let id = entry.client.id;
    let sandbox = serves_sandbox(&entry.listed);
    let start = clients::Start::of(&entry.listed.entry).filter(|_| known);
    let plain = ["serve"].into_iter().chain(sandbox.then_some("--sandbox")).map(str::to_owned).collect();
    let words: Vec<String> = start.map_or(plain, |start| start.args);
    // In a command that is shown: options that `install` takes, and nothing that could be a key.
    let harmless = |word: &String| {
        word.len() <= 60 && word.chars().all(|c| c.is_ascii_lowercase() || "-_,=0123456789".contains(c))
    };
    let taken = ["--sandbox", "--account", "--read-only", "--toolsets"];
    let options: Vec<&String> = words.iter().skip(1).collect();
    let all_taken = options.iter().all(|word| harmless(word))
        && options.iter().filter(|word| word.starts_with('-')).all(|word| taken.contains(&word.as_str()));
    let next = if all_taken {
        let project = entry.project.then_some("--project");
        let words = ["lumabill", "install", id].into_iter().chain(project);
        let words: Vec<&str> = words.chain(options.into_iter().map(String::as_str)).collect();
        format!("run `{}`", words.join(" "))
    } else {
        "run `lumabill doctor --fix`".to_owned()
    };
    let name = entry.listed.name.clone();
    (next, Fix::Renew { client: id, name, words, project: entry.project })
}

/// The file behind a command: itself, or what PATH leads to.
pub fn program(command: &str, user: &UserFolders) -> Option<PathBuf> {
    let path = PathBuf::from(command);
    if path.is_absolute() {
        return path.is_file().then_some(path);
    }
    (!command.contains(['/', '\\'])).then(|| user.program(command.trim_end_matches(".exe")))?
}
