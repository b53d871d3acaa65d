//! [`Source`]: the place where the secret of an account is: environment, keyring or file. Reads of the keyring that wait
//! for a person are shared.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::key_file::KeyFile;
use super::keyring::{self, Pending};
use super::{Keyring, Secret};
use crate::failure::{Exit, Explain, Failure};
use crate::settings::{Account, Settings, StoredIn, me};

/// A thread that reads the keyring may wait for a person this long before another one is started.
const PROMPT_LIFE: Duration = Duration::from_secs(60);

/// Where secrets are.
pub struct Source {
    settings: Settings,
    keyring: Keyring,
    /// A read of the keyring that is under way; calls that come meanwhile wait for the same one.
    reading: Mutex<Option<Reading>>,
}

struct Reading {
    item: String,
    since: Instant,
    pending: Pending<Option<Secret>>,
}

/// There is no key in the place where the account's key should be.
#[derive(Debug, thiserror::Error)]
#[error("not logged in: there is no key for account `{account}` at {origin}; nothing was sent")]
struct NotLoggedIn {
    account: String,
    origin: String,
}

impl Explain for NotLoggedIn {
    fn code(&self) -> &'static str {
        "not_logged_in"
    }
    fn exit(&self) -> Exit {
        Exit::NotLoggedIn
    }
    fn hint(&self) -> Option<String> {
        let account =
            if self.account == "lumabill" { String::new() } else { format!(" --account {}", self.account) };
        let me = me();
        Some(format!(
            "run `{me} login{account}` in a terminal, then repeat the call: no restart is needed; without an \
             account, try `{me} serve --sandbox`"
        ))
    }
}

impl Source {
    /// Touches nothing yet.
    pub fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), keyring: Keyring::unattended(), reading: Mutex::default() }
    }

    /// The settings as they were at the start.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The secret of `account` as it is stored now. Takes 3 s at most.
    pub async fn read(&self, account: &Account) -> Result<Secret, Failure> {
        let secret = match account.stored_in {
            StoredIn::Environment => self.settings.environment.api_key.clone().map(Secret::from),
            StoredIn::Keyring => self.read_keyring(account.item_for(&account.origin)).await?,
            StoredIn::File => KeyFile::of(&self.settings.folders, &account.name).read(&account.origin)?,
            StoredIn::Sandbox => None,
        };
        let (account, origin) = (account.name.clone(), account.origin.clone());
        Ok(secret.ok_or(NotLoggedIn { account, origin })?)
    }

    /// Stores what replaces it in the same place.
    pub async fn write(&self, account: &Account, secret: &Secret) -> Result<(), Failure> {
        match account.stored_in {
            StoredIn::Keyring => Ok(self.keyring.write(&account.item_for(&account.origin), secret).await?),
            StoredIn::File => {
                Ok(KeyFile::of(&self.settings.folders, &account.name).write(&account.origin, secret)?)
            }
            StoredIn::Environment | StoredIn::Sandbox => Ok(()),
        }
    }

    async fn read_keyring(&self, item: String) -> Result<Option<Secret>, Failure> {
        let answer = self.keyring.answer(self.pending(item)).await;
        let mut reading = self.reading();
        // An answer is good for the calls that waited for it: the next one asks anew.
        if reading.as_ref().is_some_and(|reading| reading.pending.borrow().is_some()) {
            *reading = None;
        }
        Ok(answer?)
    }

    /// The read of `item` that is under way, or a new one. A prompt that was answered after the call that
    /// caused it had ended is not lost: the next call finds the key here.
    fn pending(&self, item: String) -> Pending<Option<Secret>> {
        let mut reading = self.reading();
        if let Some(reading) = &*reading
            && reading.item == item
        {
            let waiting = match &*reading.pending.borrow() {
                None => reading.since.elapsed() < PROMPT_LIFE,
                Some(answer) => matches!(answer, Ok(Some(_))),
            };
            if waiting {
                return reading.pending.clone();
            }
        }
        let pending = keyring::start_reading(item.clone());
        *reading = Some(Reading { item, since: Instant::now(), pending: pending.clone() });
        pending
    }

    fn reading(&self) -> MutexGuard<'_, Option<Reading>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
