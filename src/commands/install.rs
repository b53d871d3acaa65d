//! `lumabill install`: an entry that starts us, in the configuration of MCP clients.

pub mod by_command;
pub mod client_file;
pub mod in_file;
pub mod installed;
mod own_command;
pub mod own_path;
mod pasting;
pub mod which;
mod wish;

use std::path::Path;

use clap::builder::PossibleValuesParser;

use self::client_file::Snapshot;
use self::in_file::{Place, Put};
use self::installed::Installed;
use super::moving;
use super::offered::flags;
use crate::failure::{Exit, Failure};
use crate::install::clients::{Start, Way, is_ours};
use crate::install::{Client, Entry};
use crate::settings::{Account, Settings, UserFolders, is_account_name, me};
use crate::terminal;

/// Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// The clients; without one you are shown what was found here and asked
    #[arg(value_name = "CLIENT", value_parser = PossibleValuesParser::new(which::names()))]
    clients: Vec<String>,
    /// Every client that was found on this machine
    #[arg(long, conflicts_with = "clients")]
    all: bool,
    /// The file in this project's folder instead of your own
    #[arg(long)]
    project: bool,
    /// Write nothing: print the entry, to be pasted
    #[arg(long, conflicts_with = "all")]
    print: bool,
    /// Serve this account; given several times, several at once
    #[arg(long, value_name = "NAME")]
    account: Vec<String>,
    /// A second entry, `lumabill-sandbox`, that serves the built-in practice API
    #[arg(long, conflicts_with = "account")]
    sandbox: bool,
    /// Serve no tool that changes anything
    #[arg(long)]
    read_only: bool,
    /// Serve these toolsets, as `lumabill serve` takes them
    #[arg(long, value_name = "A,B|all", value_delimiter = ',')]
    toolsets: Vec<String>,
}

/// The name of the entry that serves `account`: the plain one is for the account that is served where none is named, and
/// for companies of Lumabill's own API, of which clients get one at a time.
pub fn server_name(account: &Account, is_default: bool) -> String {
    let [first, ..] = in_file::NAMES;
    if is_default || !account.service.is_remote() {
        first.to_owned()
    } else {
        format!("{first}-{}", account.name)
    }
}

/// What was done for one client.
pub struct Done {
    put: Put,
    /// Where it stands now; for a person.
    place: String,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let folders = which::folders()?;
    let mut settings = Settings::load()?;
    let wish = wish::of(args, &settings)?;
    if args.print {
        return pasting::print(&which::named(&args.clients), &wish, &folders);
    }
    let clients = if args.all {
        which::all_found(&folders, args.project)?
    } else if args.clients.is_empty() {
        which::check_attended(&folders, args.project)?;
        // Refused before a person has chosen anything.
        own_path::own_path(&folders)?;
        which::ask(&folders, args.project, &wish.name)?
    } else {
        which::named(&args.clients)
    };
    let (paste, write): (Vec<_>, Vec<_>) = clients.into_iter().partition(|client| client.way == Way::Print);
    if !paste.is_empty() {
        pasting::print(&paste, &wish, &folders)?;
    }
    if write.is_empty() {
        return Ok(());
    }
    let entry = Entry { command: own_path::own_path(&folders)?, ..wish };
    let failed = write_all(&write, &entry, args, &mut settings, &folders)?;
    let done = failed.len() < write.len();
    let ended = which::summary("installed", write.len(), failed);
    if done {
        wish::say_what_is_missing(&settings, args);
    }
    ended
}

/// Puts the entry into every client, says what was done, and offers to move keys that stand there; returns the
/// clients for which it failed, with why.
fn write_all(
    clients: &[&'static Client],
    entry: &Entry,
    args: &Args,
    settings: &mut Settings,
    folders: &UserFolders,
) -> Result<Vec<(&'static Client, Failure)>, Failure> {
    let mut installed = Installed::open(&settings.folders.state)?;
    let mut failed = Vec::new();
    for client in clients {
        match put(client, entry, args.project, &mut installed, folders) {
            Ok(done) => say(client, entry, &done, args.project),
            Err(failure) => failed.push((*client, failure)),
        }
    }
    drop(installed);
    let asked = offer_to_move(clients, settings, folders).inspect_err(|_| which::tell(&failed))?;
    if asked {
        // What held a name of ours may be gone by now, or may be ours.
        let (taken, other): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|(_, failure)| failure.code == in_file::NAME_TAKEN);
        failed = other;
        let mut installed = Installed::open(&settings.folders.state)?;
        for (client, _) in taken {
            match put(client, entry, args.project, &mut installed, folders) {
                Ok(done) => say(client, entry, &done, args.project),
                Err(failure) => failed.push((client, failure)),
            }
        }
    }
    Ok(failed)
}

/// Offers to move the keys in these clients' files, or says that they are there; true where a person was asked.
fn offer_to_move(
    clients: &[&'static Client],
    settings: &mut Settings,
    folders: &UserFolders,
) -> Result<bool, Failure> {
    let mut exposed = moving::look(folders);
    exposed.retain(|exposed| clients.iter().any(|client| client.id == exposed.client));
    if exposed.is_empty() {
        return Ok(false);
    }
    moving::offer(exposed, settings, folders)?;
    Ok(terminal::is_attended())
}

fn put(
    client: &'static Client,
    entry: &Entry,
    project: bool,
    installed: &mut Installed,
    folders: &UserFolders,
) -> Result<Done, Failure> {
    let file = which::file(client, project, folders)?;
    if project {
        check_inside(&file)?;
    }
    let place = Place { client, file: &file, project };
    say_replaced(&place, entry);
    if !project && let Some(told) = by_command::of(client, folders) {
        return told.put(&place, entry, installed);
    }
    Ok(Done { put: place.put(entry, installed)?, place: format!("`{}`", shown(&file)) })
}

/// An entry of ours that served another account until now: somebody may still want that one.
fn say_replaced(place: &Place<'_>, entry: &Entry) {
    let Ok(Some(old)) = place.entry(&entry.name) else { return };
    let Some(start) = Start::of(&old).filter(|_| is_ours(&old)) else { return };
    let named = |words: &[String]| {
        let pairs = words.iter().zip(words.iter().skip(1));
        let names = pairs.filter(|(flag, name)| *flag == "--account" && is_account_name(name));
        names.map(|(_, name)| name.clone()).collect::<Vec<_>>()
    };
    let (before, now) = (named(&start.args), named(&entry.args));
    let lost: Vec<_> = before.iter().filter(|name| !now.contains(name)).collect();
    if lost.is_empty() {
        return;
    }
    let now = if now.is_empty() { vec!["lumabill".to_owned()] } else { now };
    let all = flags(before.iter().chain(&now));
    terminal::note(&format!(
        "note: the entry `{}` of {} served account {} until now; to serve both: `{} install {}{all}`",
        entry.name,
        place.client.title,
        lost.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        me(),
        place.client.id,
    ));
}

/// A project comes from others, and a link in it must not lead us to write elsewhere.
fn check_inside(file: &Path) -> Result<(), Failure> {
    let real = Snapshot::read(file)?.file;
    let folder = std::env::current_dir().and_then(|folder| folder.canonicalize());
    if folder.is_ok_and(|folder| real.starts_with(folder)) {
        return Ok(());
    }
    let (file, real) = (file.display(), real.display());
    let message = format!("`{file}` leads out of the project, to `{real}`; nothing was changed");
    Err(Failure::new("leads_elsewhere", Exit::Refused, message)
        .hint("look who made that link; without `--project` your own configuration is written"))
}

/// Writes an entry of ours anew, so that it starts this program, and says what was done. `words` are what stands
/// behind the command.
pub fn renew(
    client: &'static Client,
    name: &str,
    words: Vec<String>,
    project: bool,
    folders: &UserFolders,
) -> Result<(), Failure> {
    let settings = Settings::load()?;
    let entry = Entry { name: name.to_owned(), command: own_path::own_path(folders)?, args: words };
    let mut installed = Installed::open(&settings.folders.state)?;
    let done = put(client, &entry, project, &mut installed, folders)?;
    say(client, &entry, &done, project);
    Ok(())
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

fn say(client: &Client, entry: &Entry, done: &Done, project: bool) {
    let (title, name, place) = (client.title, &entry.name, &done.place);
    match done.put {
        Put::Added => terminal::line(&format!("{title}: added `{name}` to {place}")),
        Put::Updated => terminal::line(&format!("{title}: brought `{name}` up to date in {place}")),
        Put::Same => {
            terminal::line(&format!("{title}: `{name}` is in {place} already; nothing was changed"));
            return;
        }
    }
    terminal::line(&format!("  next  {}", client.next));
    let project_flag = if project { " --project" } else { "" };
    terminal::line(&format!("  undo  {} uninstall {}{project_flag}", me(), client.id));
}
