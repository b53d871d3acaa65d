//! Moving billing keys out of clients' files into the keyring: found, shown masked, verified, stored, read
//! back, and only then replaced by an entry of ours. Used by `install` and `doctor`.

mod advice;
mod judging;
mod looking;
mod reading;
mod remote;
mod rewriting;
mod storing;
mod tracked;

use std::path::{Path, PathBuf};

use self::judging::Judged;
use self::rewriting::{Gone, Replacing};
use self::storing::Known;
use super::install::installed::Installed;
use super::install::own_path::own_path;
use crate::credentials::{Key, Secret};
use crate::failure::{Failure, here};
use crate::install::keys::Found;
use crate::install::{Client, clients};
use crate::settings::{Account, Service, Settings, UserFolders, me};
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
    /// True for the file of a project.
    pub project: bool,
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
                _ if self.backup => format!("a backup or older file of {title}"),
                Some(server) => format!("server `{server}` of {title}"),
                None => format!("of {title}"),
            };
            let tracked = if self.tracked { ", tracked by git" } else { "" };
            format!("{file}:{}  {}  {}  {place}{tracked}", found.line, found.service, found.secret.masked())
        };
        self.keys.iter().zip(&self.servers).map(line).collect()
    }
}

/// True where a key of this service may be moved. The hosted server takes the same keys as the API, so its entries
/// become entries of ours for the API. Billstride signs people in: what stands in a file of its is no key to keep.
pub fn can_be_served(service: Service) -> bool {
    match service {
        Service::Lumabill | Service::LumabillHosted | Service::Billbot | Service::Faktoora => true,
        Service::Sandbox | Service::Billstride | Service::Url => false,
    }
}

/// Why such a key stays where it is, and what to do instead.
pub fn instead(service: Service) -> String {
    match service {
        Service::Billstride => format!(
            "{service} signs people in: run `lumabill login --service {service}`, then take the token out of the file"
        ),
        _ => "lumabill does not know how to serve it".to_owned(),
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
    if exposed.is_empty() {
        return Ok(0);
    }
    terminal::note("billing keys in plain text, for every program of yours to read:");
    for line in exposed.iter().flat_map(|file| file.lines(folders)) {
        terminal::note(&format!("  {line}"));
    }
    let (to_move, to_stay): (Vec<_>, Vec<_>) =
        distinct(&exposed).into_iter().partition(|key| can_be_served(key.service));
    for key in to_stay {
        terminal::note(&format!(
            "{} stays where it is: {}",
            key.secret.masked(),
            here(&instead(key.service))
        ));
    }
    if !terminal::is_attended() {
        terminal::note(&format!(
            "nothing was changed: run `{} doctor --fix` in a terminal to move them",
            me()
        ));
        return Ok(exposed.iter().map(|file| file.keys.len()).sum());
    }
    for key in to_move {
        terminal::note("");
        move_key(&key, settings, folders)?;
    }
    Ok(exposed.into_iter().map(|file| rewriting::keys_left(&file)).sum())
}

/// One key and every file that holds it.
struct Plain<'a> {
    service: Service,
    secret: &'a Secret,
    files: Vec<&'a Exposed>,
}

impl Plain<'_> {
    /// What becomes of the files, for a question.
    fn consequence(&self) -> &'static str {
        if self.files.iter().any(|file| !file.backup) {
            "take it out of the files, and let its entries start lumabill instead"
        } else {
            "take it out of the files"
        }
    }
}

/// Each key once, in the order in which they were found.
fn distinct(exposed: &[Exposed]) -> Vec<Plain<'_>> {
    let mut keys: Vec<Plain<'_>> = Vec::new();
    for file in exposed {
        for found in &file.keys {
            match keys.iter_mut().find(|key| key.secret.is(&found.secret)) {
                Some(key) if key.files.iter().any(|known| known.file == file.file) => {}
                Some(key) => key.files.push(file),
                None => keys.push(Plain { service: found.service, secret: &found.secret, files: vec![file] }),
            }
        }
    }
    keys
}

/// What the person wants done with a key, once it is safe to touch the files.
enum Settled {
    /// An account has it, stored and read back.
    Kept(Key, Box<Account>),
    /// The API does not take it any more.
    Dead(Key),
    /// It stays where it is.
    Stays,
}

/// Asks, checks and stores one key, and only then touches the files that hold it.
fn move_key(plain: &Plain<'_>, settings: &mut Settings, folders: &UserFolders) -> Result<(), Failure> {
    let command = own_path(folders)?;
    let settled = match storing::holder(plain, settings) {
        Some(held) => held,
        None => settle(plain, settings, folders)?,
    };
    let (key, account) = match settled {
        Settled::Kept(key, account) => (key, Some(*account)),
        Settled::Dead(key) => (key, None),
        Settled::Stays => {
            terminal::note(&format!("{} stays where it is; nothing was changed", plain.secret.masked()));
            return Ok(());
        }
    };
    let is_default =
        |account: &Account| settings.account(None).is_ok_and(|default| default.name == account.name);
    let replacing = account.as_ref().map(|account| Replacing {
        command: &command,
        account: &account.name,
        is_default: is_default(account),
    });
    let mut installed = Installed::open(&settings.folders.state)?;
    let gone = Gone { secret: plain.secret, key: &key };
    let changed = rewriting::take_out(&plain.files, gone, replacing, &mut installed, folders);
    advice::after(&changed, (plain.service, &key), account.as_ref(), folders);
    Ok(())
}

/// Asks the API about a key that no account has, and stores it.
fn settle(plain: &Plain<'_>, settings: &mut Settings, folders: &UserFolders) -> Result<Settled, Failure> {
    if matches!(plain.service, Service::Billbot | Service::Faktoora) {
        return remote::settle(plain, settings, folders);
    }
    Ok(match judging::judge(plain, settings, folders)? {
        Judged::Not => Settled::Stays,
        Judged::Good { key, seen, ca_file } => {
            let known = Known { profiles: seen.profiles, mode: seen.mode, ca_file };
            match storing::store(plain, &key, known, settings)? {
                Some(account) => Settled::Kept(key, Box::new(account)),
                None => Settled::Stays,
            }
        }
        Judged::Dead(key) => dead(key),
    })
}

/// What the person wants done with a key that nobody takes any more.
fn dead(key: Key) -> Settled {
    let question =
        "Take it out of the files all the same? It is kept nowhere then; the entries stay, without it.";
    if terminal::yes(question) { Settled::Dead(key) } else { Settled::Stays }
}
