//! [`AccountKeys`]: the key of one account from the source that the account names, kept once it was read; where people
//! sign in, the token of that sign-in. That there is none is never kept: after a login in another terminal the next call
//! works.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::oauth::renewal::{Renewal, Store, Valid, Whose};
use super::source::Source;
use super::{BoxFuture, Carried, Key, Keys, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::https::Trust;
use crate::settings::{Account, Auth, Settings, StoredIn};

/// The key of one account.
pub struct AccountKeys {
    source: Arc<Source>,
    renewal: Arc<Renewal>,
    state: Mutex<State>,
}

struct State {
    account: Account,
    held: Option<Valid>,
    /// Why the last try to find another key than a refused one found none.
    trouble: Option<Failure>,
}

impl AccountKeys {
    /// Touches nothing yet.
    pub fn new(account: &Account, settings: &Settings) -> Self {
        let lock = settings.folders.state.join("sign-in").join(format!("{}.lock", account.name));
        Self {
            source: Arc::new(Source::new(settings)),
            renewal: Arc::new(Renewal::new(lock)),
            state: Mutex::new(State { account: account.clone(), held: None, trouble: None }),
        }
    }

    /// The key, read on first use. Takes 3 s at most, but for a sign-in that has to be renewed.
    pub async fn key(&self) -> Result<Key, Failure> {
        if let Some(key) = self.held() {
            return Ok(key);
        }
        self.read(None).await
    }

    /// After the API refused `refused`: the key as it is stored now, if that is another one; a sign-in is renewed.
    pub async fn reread(&self, refused: &Key) -> Option<Key> {
        if let Some(key) = self.held().filter(|key| !key.same_as(refused)) {
            return Some(key);
        }
        let found = self.read(Some(refused)).await;
        let mut state = self.state();
        match found {
            Ok(key) => {
                state.trouble = None;
                Some(key).filter(|key| !key.same_as(refused))
            }
            Err(failure) => {
                // Only a new login helps: the next call is told so without another request.
                if failure.exit == Exit::NotLoggedIn {
                    state.held = None;
                }
                state.trouble = Some(failure);
                None
            }
        }
    }

    /// The account as it is known now: a login in another terminal may have changed its address.
    pub fn account(&self) -> Account {
        self.state().account.clone()
    }

    /// The key that was read before, while it is good.
    fn held(&self) -> Option<Key> {
        let state = self.state();
        let held = state.held.as_ref()?;
        held.until.is_none_or(|until| SystemTime::now() < until).then(|| held.key.clone())
    }

    async fn read(&self, refused: Option<&Key>) -> Result<Key, Failure> {
        let account = self.refreshed_account();
        let origin = Origin::parse(&account.origin)?;
        let valid = match &account.auth {
            Auth::OAuth => self.signed_in(account, origin, refused.cloned()).await?,
            // Nothing is stored for it.
            Auth::Nothing => fixed(Secret::new(String::new()), origin, Carried::Nothing),
            auth => {
                let secret = self.source.read(&account).await?;
                secret.check(account.service, origin.is_loopback())?;
                fixed(secret, origin, carried(auth))
            }
        };
        let key = valid.key.clone();
        self.state().held = Some(valid);
        Ok(key)
    }

    async fn signed_in(
        &self,
        account: Account,
        origin: Origin,
        refused: Option<Key>,
    ) -> Result<Valid, Failure> {
        let environment_roots = account.stored_in == StoredIn::Environment;
        let trust = Trust { ca_file: account.ca_file.clone(), environment_roots };
        let whose = Whose { account: account.name.clone(), origin, trust };
        let store = Place { source: Arc::clone(&self.source), account };
        let renewal = Arc::clone(&self.renewal);
        // A call that is given up must not take tokens with it that came and were not yet stored.
        let task = tokio::spawn(async move { renewal.valid(&whose, &store, refused.as_ref()).await });
        task.await.unwrap_or_else(|_| {
            Err(Failure::new("sign_in_not_renewed", Exit::Defect, "the renewal of the sign-in broke down"))
        })
    }

    /// The account as the config file has it by now. A file that cannot be read changes nothing: the key
    /// in the keyring still belongs to the address that is known.
    fn refreshed_account(&self) -> Account {
        let known = self.account();
        if !matches!(known.stored_in, StoredIn::Keyring | StoredIn::File) {
            return known;
        }
        let settings = self.source.settings().reread().ok();
        let stored = settings.and_then(|settings| settings.stored_account(&known.name));
        let account = stored.unwrap_or(known);
        self.state().account.clone_from(&account);
        account
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one account's sign-in is kept.
struct Place {
    source: Arc<Source>,
    account: Account,
}

impl Store for Place {
    fn read(&self) -> BoxFuture<'_, Result<Secret, Failure>> {
        Box::pin(self.source.read(&self.account))
    }

    fn write<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.source.write(&self.account, secret))
    }
}

fn fixed(secret: Secret, origin: Origin, carried: Carried) -> Valid {
    Valid { key: Key::new(secret, origin).carried(carried), until: None }
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

    fn trouble(&self) -> Option<Failure> {
        self.state().trouble.clone()
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
