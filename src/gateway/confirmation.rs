//! Asking a person first: sealed questions, and the second way by `confirm_number` for clients that
//! cannot ask. Both are bound to account, origin, profile, tool and arguments, last ten minutes and are
//! good once. The marks that make them so are small files in the state folder, named by a keyed hash:
//! several processes of one user share them, and they hold no text.

mod kept;
mod passed_on;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use serde_json::Value;

use crate::failure::{Exit, Failure};
pub use kept::Kept;
pub use passed_on::is_passed_on;

/// How long a question or a first call by `confirm_number` stays good.
const GOOD_FOR: Duration = Duration::from_secs(600);
/// Clocks of one machine differ by no more: what comes from further ahead was made before a clock was set
/// back, and nobody knows how old it is.
const AHEAD: Duration = Duration::from_secs(60);

/// Seals questions and remembers which were used. The folder is made on first use.
pub struct Confirmations {
    folder: PathBuf,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// What a confirmation is bound to.
pub struct Binding<'a> {
    pub account: &'a str,
    pub origin: &'a str,
    pub profile: &'a str,
    pub tool: &'a str,
    /// Without `confirm_number`.
    pub arguments: &'a Value,
    /// What the person was shown of the record: a changed record needs a new question.
    pub shown: &'a str,
}

impl Binding<'_> {
    fn digest(&self) -> Vec<u8> {
        let mut context = digest::Context::new(&digest::SHA256);
        let arguments = canonical(self.arguments);
        for part in [self.account, self.origin, self.profile, self.tool, &arguments, self.shown] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.finish().as_ref().to_vec()
    }
}

/// JSON with sorted names, so that the order of arguments does not matter.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            let parts: Vec<_> = names
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// Why an answer to a question does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// Not sealed by us, or for another call.
    Foreign,
    Expired,
    Used,
}

impl Confirmations {
    pub fn new(state_folder: &Path) -> Self {
        Self { folder: state_folder.join("confirmations"), clock: Arc::new(SystemTime::now) }
    }

    fn is_young(&self, made: SystemTime) -> bool {
        match (self.clock)().duration_since(made) {
            Ok(age) => age <= GOOD_FOR,
            Err(ahead) => ahead.duration() <= AHEAD,
        }
    }

    /// The sealed state of a question: `nonce.time.seal`.
    pub fn seal(&self, binding: &Binding) -> Result<String, Failure> {
        let mut nonce = [0_u8; 16];
        SystemRandom::new().fill(&mut nonce).map_err(|_| unusable("the system gives no random numbers"))?;
        let time = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let nonce = hex(&nonce);
        let tag = hmac::sign(&self.key()?, &sealed_bytes(&nonce, time, binding));
        Ok(format!("{nonce}.{time}.{}", hex(tag.as_ref())))
    }

    /// Opens a state once: the second time it is [`Void::Used`].
    pub fn open(&self, state: &str, binding: &Binding) -> Result<Result<(), Void>, Failure> {
        let mut parts = state.split('.');
        let (Some(nonce), Some(time), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(Err(Void::Foreign));
        };
        let (Ok(time), Some(tag)) = (time.parse::<u64>(), unhex(tag)) else { return Ok(Err(Void::Foreign)) };
        if hmac::verify(&self.key()?, &sealed_bytes(nonce, time, binding), &tag).is_err() {
            return Ok(Err(Void::Foreign));
        }
        let made = UNIX_EPOCH.checked_add(Duration::from_secs(time));
        if !made.is_some_and(|made| self.is_young(made)) {
            return Ok(Err(Void::Expired));
        }
        Ok(if self.mark(&format!("used-{nonce}"))? { Ok(()) } else { Err(Void::Used) })
    }

    /// Remembers that the first call was made and what it would do was said.
    pub fn announce(&self, binding: &Binding) -> Result<(), Failure> {
        let name = self.pending_name(binding)?;
        // A repeated first call starts the ten minutes anew.
        drop(fs::remove_file(self.folder.join(&name)));
        self.mark(&name).map(drop)
    }

    /// True if the first call was made within ten minutes; the mark is used up by this.
    pub fn redeem(&self, binding: &Binding) -> Result<bool, Failure> {
        let path = self.folder.join(self.pending_name(binding)?);
        let made = fs::metadata(&path).and_then(|mark| mark.modified());
        let young = made.is_ok_and(|made| self.is_young(made));
        // Of two processes that redeem at once only one removes the file.
        Ok(fs::remove_file(&path).is_ok() && young)
    }

    /// Takes back what [`announce`](Self::announce) opened: somebody has answered meanwhile.
    pub fn withdraw(&self, binding: &Binding) -> Result<(), Failure> {
        match fs::remove_file(self.folder.join(self.pending_name(binding)?)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unusable(&error.to_string())),
            _ => Ok(()),
        }
    }

    fn pending_name(&self, binding: &Binding) -> Result<String, Failure> {
        let tag = hmac::sign(&self.key()?, &[b"pending".as_slice(), &binding.digest()].concat());
        Ok(format!("pending-{}", hex(tag.as_ref())))
    }

    /// Makes a mark; false if it was there.
    fn mark(&self, name: &str) -> Result<bool, Failure> {
        self.sweep();
        match new_file(&self.folder.join(name)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(unusable(&error.to_string())),
        }
    }

    /// Removes marks that no longer count.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let old = entry
                .metadata()
                .and_then(|mark| mark.modified())
                .is_ok_and(|made| (self.clock)().duration_since(made).is_ok_and(|age| age > 2 * GOOD_FOR));
            if old && entry.file_name() != "key" {
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    /// The local random key under which states are sealed; made on first use.
    fn key(&self) -> Result<hmac::Key, Failure> {
        let path = self.folder.join("key");
        let mut bytes = Vec::new();
        if File::open(&path).and_then(|mut file| file.read_to_end(&mut bytes)).is_err() || bytes.len() != 32 {
            bytes = self.make_key(&path)?;
        }
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    fn make_key(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let mut fresh = [0_u8; 32];
        SystemRandom::new().fill(&mut fresh).map_err(|_| unusable("the system gives no random numbers"))?;
        create_folder(&self.folder).map_err(|error| unusable(&error.to_string()))?;
        // A key that lost its bytes in a power cut would seal nothing.
        if fs::metadata(path).is_ok_and(|known| known.len() != 32) {
            drop(fs::remove_file(path));
        }
        // Written beside and linked into place: another process never reads half a key, and the first one wins.
        let draft = self.folder.join(format!("key-{}", hex(fresh.get(..8).unwrap_or_default())));
        let written = new_file(&draft).and_then(|mut file| file.write_all(&fresh));
        let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
        drop(fs::remove_file(&draft));
        linked.map_err(|error| unusable(&error.to_string()))?;
        fs::read(path).map_err(|error| unusable(&error.to_string()))
    }
}

fn sealed_bytes(nonce: &str, time: u64, binding: &Binding) -> Vec<u8> {
    [nonce.as_bytes(), &time.to_be_bytes(), &binding.digest()].concat()
}

fn unusable(cause: &str) -> Failure {
    Failure::new("state_unusable", Exit::Refused, "a confirmation cannot be kept, so nothing was sent")
        .because(format!("the state folder: {cause}"))
        .hint("make the state folder writable, or name another one in `LUMABILL_STATE_DIR`")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

pub(super) fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) fn create_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests;
