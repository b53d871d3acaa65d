//! The file itself: folder and rights, opening, version, and the key that belongs to it.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::Digest;
use super::error::Trouble;
use super::key::Key;
use super::version::{self, VERSION};

/// How long a write waits for another process's.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The key that was last compared with the file; [`super::Journal::digest`] reads it too.
pub(super) type SharedKey = Arc<Mutex<Option<Key>>>;

/// The journal's file, opened when it is first needed and again after it broke.
pub(super) struct Database {
    folder: PathBuf,
    pub file: PathBuf,
    key: SharedKey,
    opened: Option<Opened>,
}

struct Opened {
    connection: Connection,
    identity: Option<Identity>,
    /// The key was compared with the file since it was opened.
    checked: bool,
}

/// What tells a file from another that has taken its name.
type Identity = (u64, u64);

impl Database {
    pub fn new(folder: &Path, key: SharedKey) -> Self {
        Self { folder: folder.to_owned(), file: file_in(folder), key, opened: None }
    }

    /// The open file; one that does not exist is made.
    pub fn connection(&mut self) -> Result<&mut Connection, Trouble> {
        self.open().map(|opened| &mut opened.connection)
    }

    /// The open file, unless there is none.
    pub fn existing(&mut self) -> Result<Option<&mut Connection>, Trouble> {
        if self.is_current() || self.file.try_exists()? { self.connection().map(Some) } else { Ok(None) }
    }

    /// The key, once it is known to be the one that the rows were written with.
    pub fn key(&mut self) -> Result<Key, Trouble> {
        let known = self.shared_key().clone();
        let folder = self.folder.clone();
        let opened = self.open()?;
        if let (true, Some(key)) = (opened.checked, &known) {
            return Ok(key.clone());
        }
        let key = belonging_key(&mut opened.connection, &folder.join("journal.key"))?;
        opened.checked = true;
        let changed = known.is_some_and(|known| known.check != key.check);
        *self.shared_key() = Some(key.clone());
        // What is being claimed was hashed with the old one.
        if changed { Err(Trouble::KeyChanged) } else { Ok(key) }
    }

    /// To be opened anew at the next use.
    pub fn close(&mut self) {
        self.opened = None;
    }

    /// The key that is in use is not the one of the rows.
    pub fn forget_key(&mut self) {
        *self.shared_key() = None;
    }

    fn shared_key(&self) -> std::sync::MutexGuard<'_, Option<Key>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the open file still bears the name: a moved one would guard for this process alone.
    pub fn is_current(&self) -> bool {
        self.opened
            .as_ref()
            .is_some_and(|opened| identity(&self.file).is_ok_and(|identity| identity == opened.identity))
    }

    fn open(&mut self) -> Result<&mut Opened, Trouble> {
        if !self.is_current() {
            self.opened = None;
        }
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => open(&self.folder, &self.file)?,
        };
        Ok(self.opened.insert(opened))
    }
}

pub(super) fn file_in(folder: &Path) -> PathBuf {
    folder.join("journal.db")
}

/// Opens for reading only; `None` where there is no journal yet.
pub(super) fn open_to_read(file: &Path) -> Result<Option<Connection>, Trouble> {
    if !file.try_exists()? {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(version::readable(&connection)?.map(|_| connection))
}

fn open(folder: &Path, file: &Path) -> Result<Opened, Trouble> {
    private_folder(folder)?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    // By name: a file that this process opened and closed besides SQLite would lose SQLite its locks.
    #[cfg(unix)]
    make_private(file, 0o600)?;
    let identity = identity(file)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    let known = version::of(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS an ordinary sync leaves the bytes in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    write_ahead(&connection)?;
    // One that is newer is open all the same: what was sent before it was moved forward is still written down.
    if known.is_none_or(|known| known < VERSION) {
        version::forward(&mut connection)?;
    }
    Ok(Opened { connection, identity, checked: false })
}

/// The change to WAL does not wait for the busy timeout, so another process starting now can win.
fn write_ahead(connection: &Connection) -> Result<(), Trouble> {
    let began = Instant::now();
    while let Err(error) = connection.pragma_update(None, "journal_mode", "WAL") {
        if began.elapsed() > BUSY {
            return Err(error.into());
        }
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {}
            _ => return Err(error.into()),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The key in `file`, which is made where no row depends on one.
fn belonging_key(connection: &mut Connection, file: &Path) -> Result<Key, Trouble> {
    if let Some(key) = Key::read(file)?
        && stored_check(connection)? == Some(key.check)
    {
        return Ok(key);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    version::check(&transaction)?;
    let (found, stored) = (Key::read(file)?, stored_check(&transaction)?);
    let rows: bool = transaction.query_row("select exists (select 1 from intent)", [], |row| row.get(0))?;
    let key = match found {
        Some(key) if stored == Some(key.check) => return Ok(key),
        Some(_) if rows => return Err(Trouble::KeyChanged),
        None if rows => return Err(Trouble::KeyLost),
        Some(key) => key,
        None => Key::make(file)?,
    };
    transaction.execute("insert or replace into fact (name, value) values ('key_check', ?1)", [key.check])?;
    transaction.commit()?;
    Ok(key)
}

/// By what the rows' key is recognised.
pub(super) fn stored_check(connection: &Connection) -> rusqlite::Result<Option<Digest>> {
    connection
        .prepare_cached("select value from fact where name = 'key_check'")?
        .query_row([], |row| row.get(0))
        .optional()
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    make_private(folder, 0o700)?;
    Ok(())
}

/// Takes the rights of others away from what is ours.
#[cfg(unix)]
fn make_private(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let meta = path.metadata()?;
    if meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

#[cfg(unix)]
fn identity(file: &Path) -> io::Result<Option<Identity>> {
    use std::os::unix::fs::MetadataExt;
    let meta = file.metadata()?;
    Ok(Some((meta.dev(), meta.ino())))
}

/// Windows moves no open file.
#[cfg(not(unix))]
fn identity(file: &Path) -> io::Result<Option<Identity>> {
    if file.try_exists()? { Ok(None) } else { Err(io::ErrorKind::NotFound.into()) }
}
