//! The file that a server's lists are kept in: `remote/ACCOUNT.json` in the state folder, for its owner only, replaced
//! as a whole. One that is damaged, or is for another address, counts as none.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Definitions;
use crate::failure::{Exit, Failure};
use crate::gateway::confirmation::{create_folder, new_file};

/// Of the file's layout.
pub(super) const FORMAT: u64 = 1;
/// No list of ours is longer.
const LONGEST: u64 = 64 << 20;

/// Where the lists of `account` are kept.
pub(super) fn path(state_folder: &Path, account: &str) -> PathBuf {
    state_folder.join("remote").join(format!("{account}.json"))
}

/// What is in the place of a file.
pub(super) enum Stored {
    /// None, or one for another account or address.
    Nothing,
    /// One that says no more what was accepted.
    Unusable,
    /// One of a newer program, which is its own to change.
    Newer(u64),
    Lists(Box<Definitions>),
}

pub(super) fn read(path: &Path, account: &str, origin: &str) -> Option<Definitions> {
    match look(path, account, origin) {
        Stored::Lists(lists) => Some(*lists),
        Stored::Nothing | Stored::Unusable | Stored::Newer(_) => None,
    }
}

pub(super) fn look(path: &Path, account: &str, origin: &str) -> Stored {
    let length = match fs::metadata(path) {
        Ok(file) => file.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Stored::Nothing,
        Err(_) => return Stored::Unusable,
    };
    let bytes = if length <= LONGEST { fs::read(path).unwrap_or_default() } else { Vec::new() };
    let Ok(Value::Object(kept)) = serde_json::from_slice(&bytes) else {
        tracing::warn!("the stored tools of `{account}` are damaged and count as none");
        return Stored::Unusable;
    };
    if let Some(format) = kept.get("format").and_then(Value::as_u64).filter(|format| *format > FORMAT) {
        return Stored::Newer(format);
    }
    let is_other = |name: &str, value: &str| {
        kept.get(name).and_then(Value::as_str).is_some_and(|stored| stored != value)
    };
    if is_other("account", account) || is_other("origin", origin) {
        return Stored::Nothing;
    }
    definitions(kept).map_or(Stored::Unusable, |lists| Stored::Lists(Box::new(lists)))
}

fn definitions(mut kept: Map<String, Value>) -> Option<Definitions> {
    if kept.get("format").and_then(Value::as_u64) != Some(FORMAT)
        || !["account", "origin"].iter().all(|name| kept.get(*name).is_some_and(Value::is_string))
    {
        return None;
    }
    Some(Definitions {
        fetched: kept.get("fetched")?.as_u64()?,
        server: kept.shift_remove("server")?,
        tools: list(&mut kept, "tools")?,
        prompts: list(&mut kept, "prompts")?,
        resources: list(&mut kept, "resources")?,
        templates: list(&mut kept, "templates")?,
        digests: digests(&mut kept, "digests")?,
        accepted: digests(&mut kept, "accepted")?,
        former: list(&mut kept, "former").unwrap_or_default(),
    })
}

fn list(kept: &mut Map<String, Value>, name: &str) -> Option<Vec<Value>> {
    match kept.shift_remove(name)? {
        Value::Array(rows) => Some(rows),
        _ => None,
    }
}

fn digests(kept: &mut Map<String, Value>, name: &str) -> Option<BTreeMap<String, String>> {
    let Value::Object(digests) = kept.shift_remove(name)? else { return None };
    digests.into_iter().map(|(name, digest)| Some((name, digest.as_str()?.to_owned()))).collect()
}

/// Why a file of a newer program is neither used nor replaced.
pub(super) fn newer(account: &str, format: u64) -> Failure {
    let message = format!(
        "the tools of account `{account}` were stored by a newer lumabill (version {format} of the file), and this is \
         lumabill {}, which knows versions up to {FORMAT}; nothing was sent",
        env!("CARGO_PKG_VERSION")
    );
    Failure::new("tools_newer", Exit::Refused, message).hint(
        "restart the client, so that it starts the newer lumabill; in a terminal call the newer `lumabill` of this machine, \
         or update this one",
    )
}

/// Replaces the file by what `next` makes of it, one process at a time; leaves it where `next` gives nothing.
pub(super) fn change(
    state_folder: &Path,
    account: &str,
    origin: &str,
    next: impl FnOnce(&Path) -> Option<Value>,
) -> Result<(), Failure> {
    let path = path(state_folder, account);
    let mut of_newer = None;
    let changed = (|| {
        create_folder(&state_folder.join("remote"))?;
        let lock = lock_of(&path)?;
        lock.lock()?;
        if let Stored::Newer(format) = look(&path, account, origin) {
            of_newer = Some(newer(account, format));
            return Ok(());
        }
        match next(&path) {
            Some(value) => replace(&path, &value),
            None => Ok(()),
        }
    })();
    changed.map_err(|error: io::Error| {
        let message = format!("the tools of account `{account}` could not be stored");
        Failure::new("state_unusable", Exit::Refused, message)
            .because(format!("the state folder: {error}"))
            .hint("make the state folder writable, or name another one in `LUMABILL_STATE_DIR`")
    })?;
    of_newer.map_or(Ok(()), Err)
}

/// The file beside it that whoever changes it holds.
fn lock_of(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path.with_extension("lock"))
}

fn replace(path: &Path, value: &Value) -> io::Result<()> {
    let draft = path.with_extension("new");
    // Left over by a process that ended in the middle: the lock is ours.
    drop(fs::remove_file(&draft));
    let mut file = new_file(&draft)?;
    file.write_all(value.to_string().as_bytes())?;
    file.sync_data()?;
    drop(file);
    fs::rename(&draft, path)
}

pub(super) fn remove(state_folder: &Path, account: &str) {
    let path = path(state_folder, account);
    for path in [path.with_extension("lock"), path.with_extension("new"), path] {
        drop(fs::remove_file(path));
    }
}
