//! Why the journal cannot be used, in words and with a step that works.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use super::client::{TERMINAL, title};
use super::version::{Newer, VERSION};
use crate::failure::{Exit, Explain};

const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Why the journal cannot be used. Reads go on without it; nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal `{}` cannot be used, and without it nothing is sent", file.display())]
    Unusable { file: PathBuf, source: io::Error },
    #[error("the journal `{}` cannot be used, and without it nothing is sent", file.display())]
    Sqlite { file: PathBuf, source: rusqlite::Error },
    #[error("the disk is full: the journal `{}` cannot be written, and without it nothing is sent", file.display())]
    Full { file: PathBuf },
    #[error("the journal `{}` is held by another process, and without it nothing is sent", file.display())]
    Busy { file: PathBuf },
    /// With the client that asked for the write, as it names itself; `terminal` and `None` for a person.
    #[error("the journal `{}` was moved forward by {} (version {} of the file), and this is lumabill {PROGRAM}, \
             which knows versions up to {VERSION}: so it writes nothing, and nothing was sent",
             file.display(), named(newer), newer.version)]
    Newer { file: PathBuf, newer: Newer, client: Option<String> },
    #[error("the journal `{}` is damaged or no journal, and without it nothing is sent", file.display())]
    Corrupt { file: PathBuf, source: Option<rusqlite::Error> },
    #[error("the key `{}` of the journal is gone, so what was written before cannot be recognised, and nothing \
             is sent", key_of(file).display())]
    KeyLost { file: PathBuf },
    #[error("the key `{}` is not the one that the journal was written with, so what was written before cannot \
             be recognised, and nothing is sent", key_of(file).display())]
    KeyChanged { file: PathBuf },
    #[error(
        "intent {number} of the journal is not carried by this call (any more): it is settled, or another \
             process looks after it"
    )]
    NotOurs { number: i64 },
}

impl Explain for JournalError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unusable { .. } | Self::Sqlite { .. } => "journal_unusable",
            Self::Full { .. } => "journal_full",
            Self::Busy { .. } => "journal_busy",
            Self::Newer { .. } => "journal_newer",
            Self::Corrupt { .. } => "journal_corrupt",
            Self::KeyLost { .. } => "journal_key_lost",
            Self::KeyChanged { .. } => "journal_key_changed",
            Self::NotOurs { .. } => "journal_intent_not_ours",
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::NotOurs { .. } => Exit::Defect,
            _ => Exit::Refused,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unusable { file, .. } | Self::Sqlite { file, .. } => format!(
                "see that `{}` is a folder of yours that can be written and has room, or name another one in \
                 `LUMABILL_STATE_DIR`",
                folder_of(file).display()
            ),
            Self::Full { file } => {
                format!("make room on the disk of `{}`, then call again", folder_of(file).display())
            }
            Self::Busy { .. } => {
                "call again in a few seconds; if it stays so, end the other `lumabill` that is \
                                  stopped or hangs"
                    .to_owned()
            }
            Self::Newer { client, .. } => match client.as_deref().filter(|client| *client != TERMINAL) {
                Some(client) => format!(
                    "restart {}, so that it starts the newer lumabill; if this comes again, it starts an old one: \
                     run `lumabill doctor`",
                    title(client)
                ),
                None => "call the newer `lumabill` of this machine, or update this one".to_owned(),
            },
            Self::Corrupt { file, .. } => format!(
                "move `{}` and what begins with its name away; what was written before is then no longer \
                 recognised, so compare with the books before you repeat a write",
                file.display()
            ),
            Self::KeyLost { file } | Self::KeyChanged { file } => format!(
                "put the right `{}` back; without one, read `lumabill history`, then move `{}` away: what was \
                 written before is then no longer recognised",
                key_of(file).display(),
                file.display()
            ),
            Self::NotOurs { .. } => "`lumabill history` shows what became of it".to_owned(),
        })
    }
}

fn named(newer: &Newer) -> String {
    match &newer.program {
        Some(program) if program == PROGRAM => "another build of lumabill".to_owned(),
        Some(program) => format!("lumabill {program}"),
        None => "a newer lumabill".to_owned(),
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

fn key_of(file: &Path) -> PathBuf {
    file.with_extension("key")
}

/// What goes wrong below, before the file's name is joined to it.
#[derive(Debug)]
pub(super) enum Trouble {
    Sqlite(rusqlite::Error),
    Io(io::Error),
    Newer(Newer),
    Foreign,
    KeyLost,
    KeyChanged,
    NotOurs(i64),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Trouble {
    /// Whether the connection is better opened anew.
    pub(super) fn breaks_connection(&self) -> bool {
        match self {
            Self::NotOurs(_) | Self::Newer(_) => false,
            Self::Sqlite(error) => error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy),
            _ => true,
        }
    }

    /// `client` is who asked for the write, where somebody did.
    pub(super) fn about(self, file: &Path, client: Option<&str>) -> JournalError {
        let file = file.to_owned();
        match self {
            Self::Sqlite(source) => of_sqlite(file, source),
            Self::Io(source) => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full { file },
                _ => JournalError::Unusable { file, source },
            },
            Self::Newer(newer) => JournalError::Newer { file, newer, client: client.map(str::to_owned) },
            Self::Foreign => JournalError::Corrupt { file, source: None },
            Self::KeyLost => JournalError::KeyLost { file },
            Self::KeyChanged => JournalError::KeyChanged { file },
            Self::NotOurs(number) => JournalError::NotOurs { number },
        }
    }
}

fn of_sqlite(file: PathBuf, source: rusqlite::Error) -> JournalError {
    if let rusqlite::Error::InvalidPath(_) | rusqlite::Error::NulError(_) = source {
        return JournalError::Sqlite { file, source };
    }
    // No room for the index of the log, which SQLite does not call a full disk.
    let no_room = source.sqlite_error().map(|error| error.extended_code) == Some(SQLITE_IOERR_SHMSIZE);
    match source.sqlite_error_code() {
        _ if no_room => JournalError::Full { file },
        Some(ErrorCode::DiskFull) => JournalError::Full { file },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            JournalError::Busy { file }
        }
        // `Unknown` is what a table or column that is not there comes to; without a code it is a value that
        // no version of ours wrote.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) | None => {
            JournalError::Corrupt { file, source: Some(source) }
        }
        Some(_) => JournalError::Sqlite { file, source },
    }
}
