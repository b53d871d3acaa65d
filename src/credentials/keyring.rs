//! The operating system's keyring: Keychain, Credential Manager or Secret Service. Each call runs on a
//! thread of its own with a time limit, since a prompt that nobody answers, or a bus that says nothing,
//! blocks for ever; such a thread is left behind and hinders nobody at exit.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
mod parts;
mod problem;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
#[cfg(not(all(unix, not(target_os = "macos"))))]
mod store;

use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use parts::Items;
pub use problem::KeyringError;
#[cfg(all(unix, not(target_os = "macos")))]
use secret_service as store;

use super::Secret;

/// The service under which all items are stored; the user is `account@origin`.
pub const SERVICE: &str = "lumabill";

/// How long a call waits where nobody is at hand to unlock the keyring.
const UNATTENDED: Duration = Duration::from_secs(3);

/// How long `login` and `logout` wait in a terminal, where a person may be typing a password.
const ATTENDED: Duration = Duration::from_secs(60);

/// What became of a call; `None` while its thread still works.
pub(super) type Pending<T> = watch::Receiver<Option<Result<T, KeyringError>>>;

/// The keyring, with the time that each call may take.
#[derive(Clone, Copy, Debug)]
pub struct Keyring {
    limit: Duration,
    /// Called when the keyring takes long enough for a person to wonder.
    waiting: Option<fn()>,
}

impl Keyring {
    /// For places where nobody is at hand to unlock it: 3 s.
    pub fn unattended() -> Self {
        Self { limit: UNATTENDED, waiting: None }
    }

    /// For a terminal, where a person may be typing a password: 60 s. `waiting` is called once per call
    /// that has not been answered after a second.
    pub fn attended(waiting: fn()) -> Self {
        Self { limit: ATTENDED, waiting: Some(waiting) }
    }

    /// Whether the keyring can be reached and is unlocked, without asking anybody to unlock it.
    pub async fn look(&self) -> Result<(), KeyringError> {
        self.answer(start(store::look)).await
    }

    /// The secret of `item`; `None` where there is none. Where that is possible a locked keyring is an error
    /// instead of a prompt.
    pub async fn read_quietly(&self, item: &str) -> Result<Option<Secret>, KeyringError> {
        let item = item.to_owned();
        self.answer(start(move || parts::read(&Stored { quietly: true }, &item))).await
    }

    /// Stores `secret`, reads it back and compares.
    pub async fn write(&self, item: &str, secret: &Secret) -> Result<(), KeyringError> {
        let (item, secret) = (item.to_owned(), secret.clone());
        self.answer(start(move || {
            parts::write(&STORED, &item, &secret)?;
            match parts::read(&STORED, &item)? {
                Some(stored) if stored.is(&secret) => Ok(()),
                _ => Err(KeyringError::Failed("what was stored reads back as something else".to_owned())),
            }
        }))
        .await
    }

    /// Removes `item` with all its parts, however many there are; false where there was none.
    pub async fn delete(&self, item: &str) -> Result<bool, KeyringError> {
        let item = item.to_owned();
        self.answer(start(move || parts::delete(&STORED, &item))).await
    }

    /// Writes, reads and removes a scratch item: only this shows that a key can be stored.
    pub async fn check_writable(&self) -> Result<(), KeyringError> {
        const SCRATCH: &str = "check@login";
        self.write(SCRATCH, &Secret::new("scratch".to_owned())).await?;
        self.delete(SCRATCH).await.map(drop)
    }

    /// The items of ours whose user begins with `prefix`, where the platform can search; else none. Those that belong
    /// together are one.
    pub async fn items(&self, prefix: &str) -> Result<Vec<String>, KeyringError> {
        let prefix = prefix.to_owned();
        let items = self.answer(start(store::items)).await?;
        let mut items: Vec<_> = items.iter().map(|item| parts::whole(item).to_owned()).collect();
        items.sort();
        items.dedup();
        items.retain(|item| item.starts_with(&prefix));
        Ok(items)
    }

    /// Waits for what a thread finds, up to the limit.
    pub(super) async fn answer<T: Clone>(&self, pending: Pending<T>) -> Result<T, KeyringError> {
        let patience = Duration::from_secs(1).min(self.limit);
        if let Ok(answer) = tokio::time::timeout(patience, finished(pending.clone())).await {
            return answer;
        }
        if let Some(note) = self.waiting {
            note();
        }
        match tokio::time::timeout(self.limit.saturating_sub(patience), finished(pending)).await {
            Ok(answer) => answer,
            Err(_) => Err(KeyringError::Silent(self.limit)),
        }
    }
}

/// Starts reading `item` on a thread of its own; may ask the person to unlock the keyring.
pub(super) fn start_reading(item: String) -> Pending<Option<Secret>> {
    start(move || parts::read(&STORED, &item))
}

/// The platform's own items.
struct Stored {
    /// A locked keyring is an error instead of a prompt.
    quietly: bool,
}

const STORED: Stored = Stored { quietly: false };

impl Items for Stored {
    fn read(&self, item: &str) -> Result<Option<Secret>, KeyringError> {
        if self.quietly { store::read_quietly(item) } else { store::read(item) }
    }

    fn write(&self, item: &str, secret: &Secret) -> Result<(), KeyringError> {
        store::write(item, secret)
    }

    fn delete(&self, item: &str) -> Result<bool, KeyringError> {
        store::delete(item)
    }
}

fn start<T, F>(work: F) -> Pending<T>
where
    T: Send + Sync + 'static,
    F: FnOnce() -> Result<T, KeyringError> + Send + 'static,
{
    let (sender, receiver) = watch::channel(None);
    // Without a thread the sender is dropped, which `finished` reports.
    drop(thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let answer = work();
        sender.send_replace(Some(answer));
    }));
    receiver
}

async fn finished<T: Clone>(mut pending: Pending<T>) -> Result<T, KeyringError> {
    match pending.wait_for(Option::is_some).await {
        Ok(answer) => answer.clone().unwrap_or_else(|| Err(KeyringError::gone())),
        Err(_) => Err(KeyringError::gone()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use super::{Keyring, KeyringError, start};

    #[tokio::test]
    async fn a_call_that_never_answers_ends_at_its_limit() {
        let (never, silence) = mpsc::channel::<()>();
        let begun = Instant::now();
        let keyring = Keyring { limit: Duration::from_millis(50), waiting: None };
        let answer = keyring.answer(start(move || silence.recv().map_err(|_| KeyringError::gone())));
        assert_eq!(answer.await, Err(KeyringError::Silent(Duration::from_millis(50))));
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(never);
    }

    #[tokio::test]
    async fn a_call_that_breaks_down_is_an_error_and_no_hang() {
        let broken = start(|| -> Result<(), KeyringError> { std::panic::resume_unwind(Box::new(())) });
        assert!(matches!(Keyring::unattended().answer(broken).await, Err(KeyringError::Failed(_))));
    }
}
