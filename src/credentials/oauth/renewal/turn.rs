//! Whose turn it is to renew a sign-in: a locked file per account, which the system frees however a process ends.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::failure::{Exit, Explain, Failure};
use crate::https::Moment;

/// How long another process may take: its request, and the keyring before and after.
const LIMIT: Duration = Duration::from_secs(16);
/// How often it is looked: a lock that blocks could not be given up.
const NAP: Duration = Duration::from_millis(20);

/// Ours until dropped.
pub struct Turn {
    _locked: File,
}

#[derive(Debug, thiserror::Error)]
enum NoTurn {
    #[error(
        "another lumabill process has been renewing the sign-in of account `{0}` for too long; nothing was sent"
    )]
    Busy(String),
    #[error(
        "the sign-in of account `{account}` cannot be renewed: `{path}` cannot be locked; nothing was sent"
    )]
    NoLock { account: String, path: String, source: io::Error },
}

impl Explain for NoTurn {
    fn code(&self) -> &'static str {
        "sign_in_not_renewed"
    }
    fn exit(&self) -> Exit {
        Exit::Refused
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Busy(_) => "repeat the call".to_owned(),
            Self::NoLock { path, .. } => format!("see that `{path}` can be written, then repeat the call"),
        })
    }
}

impl Turn {
    /// Waits until it is this process's turn.
    pub async fn take(path: &Path, account: &str) -> Result<Self, Failure> {
        let no_lock =
            |source| NoTurn::NoLock { account: account.to_owned(), path: path.display().to_string(), source };
        let file = open(path).map_err(no_lock)?;
        let start = Moment::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _locked: file }),
                Err(TryLockError::Error(source)) => return Err(no_lock(source).into()),
                Err(TryLockError::WouldBlock) if start.elapsed() > LIMIT => {
                    return Err(NoTurn::Busy(account.to_owned()).into());
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(NAP).await,
            }
        }
    }
}

/// The file stays: one that is removed could be locked twice.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
