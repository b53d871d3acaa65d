//! Whether the journal can be used, for a person who asks: reads only, and leaves no file behind that was not
//! there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::database::{BUSY, stored_check};
use super::error::Trouble;
use super::key::Key;
use super::version::{self, VERSION};

/// A journal that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub file: PathBuf,
    /// Writes whose fate is not known.
    pub open: i64,
    /// Writes in all.
    pub rows: i64,
    /// An older program wrote it: the next write moves it forward.
    pub older: bool,
}

/// `None` where there is no journal yet.
pub(super) fn check(file: &Path) -> Result<Option<Health>, Trouble> {
    match file.metadata() {
        // Opening a pipe would wait for whoever writes into it.
        Ok(meta) if !meta.is_file() => return Err(Trouble::Foreign),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let alone = !log_of(file).try_exists()?;
    let found = look(file, alone);
    // Another process began to write meanwhile, for whom the file as it lies there is not the whole.
    if alone && found.is_err() && log_of(file).try_exists()? {
        return look(file, false);
    }
    found
}

/// `alone`: nobody has it open, so that it can be read as it lies there, without SQLite's files beside it.
fn look(file: &Path, alone: bool) -> Result<Option<Health>, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match address(file).filter(|_| alone) {
        Some(address) => Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_URI)?,
        None => Connection::open_with_flags(file, flags)?,
    };
    connection.busy_timeout(BUSY)?;
    let Some(version) = version::readable(&connection)? else { return Ok(None) };
    let sound: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(Trouble::Foreign);
    }
    let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    let rows = count("select count(*) from intent")?;
    if rows > 0 {
        match Key::read(&file.with_extension("key"))? {
            Some(key) if stored_check(&connection)? == Some(key.check) => {}
            Some(_) => return Err(Trouble::KeyChanged),
            None => return Err(Trouble::KeyLost),
        }
    }
    let open = count("select count(*) from intent where settled_at is null")?;
    Ok(Some(Health { file: file.to_owned(), open, rows, older: version < VERSION }))
}

/// Where SQLite writes first.
fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The file as an address that tells SQLite to lock and make nothing; `None` for a name that is no text.
fn address(file: &Path) -> Option<String> {
    let path = file.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let path = if cfg!(windows) { format!("/{}", path.replace('\\', "/")) } else { path };
    path.starts_with('/').then(|| format!("file:{path}?immutable=1"))
}
