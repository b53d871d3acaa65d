//! Which account: flag, `LUMABILL_ACCOUNT`, the setting `default_account`, the only account, `lumabill`.

use secrecy::ExposeSecret;
use url::{Host, Url};

use super::{Account, Mode, Service, Settings, SettingsError, StoredIn, check_key, is_account_name};
use crate::failure::Failure;

const FIRST: &str = "lumabill";

impl Settings {
    /// The account that `named` (the flag) or the settings choose. One that nobody logged in to yet is
    /// an account too: it is at the default address, and its key will be looked for in the keyring.
    pub fn account(&self, named: Option<&str>) -> Result<Account, Failure> {
        for name in [named, self.environment.account.as_deref()].into_iter().flatten() {
            if !is_account_name(name) {
                return Err(SettingsError::AccountName(name.to_owned()).into());
            }
        }
        // What is wrong with the key of one account does not take another one with it.
        let set_for = self.environment.account.as_deref().unwrap_or(FIRST);
        if named.is_none_or(|name| name == set_for)
            && let Some(account) = self.environment_account()?
        {
            return Ok(account);
        }
        let stored = &self.config.accounts;
        let chosen = named.or(self.environment.account.as_deref()).or(self.config.default_account.as_deref());
        let name = match (chosen, stored.len()) {
            (Some(name), _) => name,
            (None, 0) => FIRST,
            (None, 1) => stored.keys().next().map_or(FIRST, String::as_str),
            (None, _) if stored.contains_key(FIRST) => FIRST,
            (None, _) => return Err(SettingsError::ManyAccounts(stored.keys().cloned().collect()).into()),
        };
        match stored.get(name) {
            Some(account) => Ok(account.named(name)),
            None if name == FIRST || stored.is_empty() || is_service(name) => Ok(Account::unknown(name)),
            None => Err(SettingsError::NoSuchAccount {
                name: name.to_owned(),
                known: stored.keys().cloned().collect(),
            }
            .into()),
        }
    }

    /// All accounts that somebody logged in to, and before them that of `LUMABILL_API_KEY`, which then
    /// takes the place of the stored one of its name.
    pub fn accounts(&self) -> Result<Vec<Account>, Failure> {
        let environment = self.environment_account()?;
        let hidden = environment.as_ref().map(|account| account.name.clone());
        let stored = self.stored_accounts();
        let rest = stored.into_iter().filter(|account| hidden.as_ref() != Some(&account.name));
        Ok(environment.into_iter().chain(rest).collect())
    }

    /// The accounts of the config file.
    pub fn stored_accounts(&self) -> Vec<Account> {
        self.config.accounts.iter().map(|(name, account)| account.named(name)).collect()
    }

    /// The stored account of this name.
    pub fn stored_account(&self, name: &str) -> Option<Account> {
        self.config.accounts.get(name).map(|account| account.named(name))
    }

    /// The account of `LUMABILL_API_KEY`; a key that belongs elsewhere is refused here, before anything is
    /// sent.
    fn environment_account(&self) -> Result<Option<Account>, Failure> {
        let Some(key) = &self.environment.api_key else { return Ok(None) };
        let name = self.environment.account.as_deref().unwrap_or(FIRST);
        let origin = match &self.environment.api_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => Service::Lumabill.default_origin().to_owned(),
        };
        check_key(Service::Lumabill, key.expose_secret(), is_loopback(&origin))?;
        // The settings' profile is a wall for this key too where it is the same account.
        let stored = self.stored_account(name).filter(|stored| stored.origin == origin);
        Ok(Some(Account {
            service: Service::Lumabill,
            origin,
            stored_in: StoredIn::Environment,
            mode: Mode::Unknown,
            profile: stored.as_ref().and_then(|stored| stored.profile.clone()),
            profiles: stored.map(|stored| stored.profiles).unwrap_or_default(),
            ..Account::unknown(name)
        }))
    }
}

/// True for the name of a service that can be logged in to under its own name.
fn is_service(name: &str) -> bool {
    Service::from_name(name).is_some_and(Service::is_named_remote)
}

/// True where the address is one of this machine, written as an IP address.
fn is_loopback(origin: &str) -> bool {
    let url = Url::parse(origin).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    }
}
