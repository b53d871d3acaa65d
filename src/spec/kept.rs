//! What `lumabill spec use` keeps for an account, so that `serve` neither reads the description nor fetches it again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Dialect, Extra};
use crate::failure::{Exit, Failure};

/// Of the files that this version writes and reads.
const VERSION: u32 = 1;

/// The file `CONFIG/spec/ACCOUNT.json`; the description itself lies beside it as `ACCOUNT.openapi.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Of this file's shape.
    pub version: u32,
    /// The address of the account that it was made for: with another one it does not count.
    pub origin: String,
    /// File or address that it came from, for people.
    pub source: String,
    /// `info.title` and `info.version`.
    pub title: String,
    /// SHA-256 of the description, hexadecimal.
    pub digest: String,
    /// When it was taken, RFC 3339.
    pub taken: String,
    pub dialect: Dialect,
    #[serde(default)]
    pub extra: Vec<Extra>,
}

impl Kept {
    /// Of the files that this version writes.
    pub const VERSION: u32 = VERSION;

    /// Where it lies.
    pub fn path(config_folder: &Path, account: &str) -> PathBuf {
        config_folder.join("spec").join(format!("{account}.json"))
    }

    /// Where the description itself lies, byte for byte as it came, whether JSON or YAML.
    pub fn copy_path(config_folder: &Path, account: &str) -> PathBuf {
        config_folder.join("spec").join(format!("{account}.openapi.json"))
    }

    /// What is kept for the account; `None` where nothing is. A file that cannot be read is a failure: without it calls
    /// would go to paths that the user said are other ones.
    pub fn load(config_folder: &Path, account: &str) -> Result<Option<Self>, Failure> {
        let path = Self::path(config_folder, account);
        let refused = |why: String| {
            let message = format!("the kept API description {} cannot be used", path.display());
            Failure::new("spec_unreadable", Exit::Refused, message)
                .because(why)
                .hint(format!("run `lumabill spec use FILE --account {account}` again, or `lumabill spec reset --account {account}`"))
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error.to_string())),
        };
        let kept: Self = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        if kept.version > VERSION {
            return Err(refused(format!(
                "it is of version {}, this program reads up to {VERSION}",
                kept.version
            )));
        }
        kept.dialect.check().map_err(refused)?;
        Ok(Some(kept))
    }
}
