//! [`AccountKeys`]: the key of one account from the source that the account names, kept once it was read.
//! That there is none is never kept: after a login in another terminal the next call works.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::key_file::KeyFile;
use super::keyring::{self, Pending};
use super::{BoxFuture, Carried, Key, Keyring, Keys, Origin, Secret};
use crate::failure::{Exit, Explain, Failure};
use crate::settings::{Account, Auth, Settings, StoredIn, me};

/// A thread that reads the keyring may wait for a person this long before another one is started.
const PROMPT_LIFE: Duration = Duration::from_secs(60);

/// The key of one account.
pub struct AccountKeys {
    settings: Settings,
    keyring: Keyring,
    state: Mutex<State>,
}

struct State {
    account: Account,
    key: Option<Key>,
    /// A read of the keyring that is under way; calls that come meanwhile wait for the same one.
    reading: Option<Reading>,
}

struct Reading {
    item: String,
    since: Instant,
    pending: Pending<Option<Secret>>,
}

/// There is no key in the place where the account's key should be.
#[derive(Debug, thiserror::Error)]
#[error("not logged in: there is no key for account `{account}` at {origin}; nothing was sent")]
pub struct NotLoggedIn {
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

impl AccountKeys {
    /// Touches nothing yet.
    pub fn new(account: &Account, settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            keyring: Keyring::unattended(),
            state: Mutex::new(State { account: account.clone(), key: None, reading: None }),
        }
    }

    /// The key, read on first use. Takes 3 s at most.
    pub async fn key(&self) -> Result<Key, Failure> {
        if let Some(key) = &self.state().key {
            return Ok(key.clone());
        }
        self.read().await
    }

    /// After the API refused `refused`: the key as it is stored now, if that is another one.
    pub async fn reread(&self, refused: &Key) -> Option<Key> {
        if let Some(key) = self.state().key.clone()
            && !key.same_as(refused)
        {
            return Some(key);
        }
        self.read().await.ok().filter(|key| !key.same_as(refused))
    }

    /// The account as it is known now: a login in another terminal may have changed its address.
    pub fn account(&self) -> Account {
        self.state().account.clone()
    }

    async fn read(&self) -> Result<Key, Failure> {
        let account = self.refreshed_account();
        let origin = Origin::parse(&account.origin)?;
        let secret = match account.stored_in {
            StoredIn::Environment => self.settings.environment.api_key.clone().map(Secret::from),
            StoredIn::Keyring => self.read_keyring(account.item_for(&account.origin)).await?,
            StoredIn::File => KeyFile::of(&self.settings.folders, &account.name).read(&account.origin)?,
            StoredIn::Sandbox => None,
        };
        let Some(secret) = secret else {
            return Err(NotLoggedIn { account: account.name, origin: account.origin }.into());
        };
        secret.check(account.service, origin.is_loopback())?;
        let key = Key::new(secret, origin).carried(carried(&account.auth));
        self.state().key = Some(key.clone());
        Ok(key)
    }

    /// The account as the config file has it by now. A file that cannot be read changes nothing: the key
    /// in the keyring still belongs to the address that is known.
    fn refreshed_account(&self) -> Account {
        let known = self.account();
        if !matches!(known.stored_in, StoredIn::Keyring | StoredIn::File) {
            return known;
        }
        let stored = self.settings.reread().ok().and_then(|settings| settings.stored_account(&known.name));
        let account = stored.unwrap_or(known);
        self.state().account.clone_from(&account);
        account
    }

    async fn read_keyring(&self, item: String) -> Result<Option<Secret>, Failure> {
        let answer = self.keyring.answer(self.pending(item)).await;
        let mut state = self.state();
        // An answer is good for the calls that waited for it: the next one asks anew.
        if state.reading.as_ref().is_some_and(|reading| reading.pending.borrow().is_some()) {
            state.reading = None;
        }
        Ok(answer?)
    }

    /// The read of `item` that is under way, or a new one. A prompt that was answered after the call that
    /// caused it had ended is not lost: the next call finds the key here.
    fn pending(&self, item: String) -> Pending<Option<Secret>> {
        let mut state = self.state();
        if let Some(reading) = &state.reading
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
        state.reading = Some(Reading { item, since: Instant::now(), pending: pending.clone() });
        pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How requests of such an account carry its key.
pub fn carried(auth: &Auth) -> Carried {
    match auth {
        Auth::Bearer | Auth::OAuth => Carried::Bearer,
        // A name that no header can have was refused at login; then the key goes nowhere that is not meant for it.
        Auth::Header(name) => name.parse().map_or(Carried::Nothing, Carried::Header),
        Auth::Query(name) => Carried::Query(name.clone()),
        Auth::Nothing => Carried::Nothing,
    }
}

impl Keys for AccountKeys {
    fn key(&self) -> BoxFuture<'_, Result<Key, Failure>> {
        Box::pin(self.key())
    }

    fn reread<'a>(&'a self, refused: &'a Key) -> BoxFuture<'a, Option<Key>> {
        Box::pin(self.reread(refused))
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountKeys, Origin, Secret};
    use crate::credentials::key_file::KeyFile;
    use crate::settings::{Account, Environment, Settings, StoredIn};

    fn settings(folder: &std::path::Path, key: Option<&str>) -> Settings {
        let environment = Environment::from(|name| match name {
            "LUMABILL_CONFIG_DIR" | "LUMABILL_STATE_DIR" => Some(folder.into()),
            "LUMABILL_API_KEY" => key.map(Into::into),
            _ => None,
        });
        Settings::of(environment).unwrap()
    }

    #[tokio::test]
    async fn a_key_from_the_environment_is_bound_to_the_accounts_origin() {
        let folder = std::env::temp_dir().join(format!("lumabill-keys-{}", uuid::Uuid::new_v4()));
        let settings = settings(&folder, Some("lmb_0123456789abcdef"));
        let keys = AccountKeys::new(&settings.account(None).unwrap(), &settings);
        let key = keys.key().await.unwrap();
        assert!(key.sign(&Origin::parse("https://api.lumabill.ch").unwrap(), "/v1/x").is_ok());
        assert!(key.sign(&Origin::parse("https://evil.example").unwrap(), "/v1/x").is_err());
        assert!(keys.reread(&key).await.is_none());
    }

    #[tokio::test]
    async fn a_login_after_the_start_is_found_by_the_next_call() {
        let folder = std::env::temp_dir().join(format!("lumabill-keys-{}", uuid::Uuid::new_v4()));
        let mut settings = settings(&folder, None);
        // Stored in a file from the start, so that this test needs no keyring.
        let start = Account { stored_in: StoredIn::File, ..Account::unknown("lumabill") };
        let keys = AccountKeys::new(&start, &settings);
        let failure = keys.key().await.unwrap_err();
        assert_eq!(failure.code, "not_logged_in");
        assert!(failure.hint.unwrap().contains("login"));

        let account = Account { origin: "http://127.0.0.1:9".into(), ..start };
        let file = KeyFile::of(&settings.folders, "lumabill");
        file.write(&account.origin, &Secret::new("lmb_first_123456".into())).unwrap();
        settings.put_account(&account).unwrap();
        let first = keys.key().await.unwrap();
        assert_eq!(first.origin().to_string(), "http://127.0.0.1:9");
        assert!(keys.reread(&first).await.is_none());

        file.write(&account.origin, &Secret::new("lmb_second_12345".into())).unwrap();
        assert!(keys.key().await.unwrap().same_as(&first));
        let second = keys.reread(&first).await.unwrap();
        assert!(keys.key().await.unwrap().same_as(&second));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
