//! The keyring, the accounts, and where each key is. Asks no one to unlock anything; what the API says of a key
//! is [`super::api`]'s.

use std::time::SystemTime;

use tokio::task::JoinSet;

use super::row::{Row, Section};
use super::{api, described, remote};
use crate::commands::connect::Choice;
use crate::commands::sign_ins;
use crate::commands::status::{missing, place, stored_key};
use crate::credentials::{Key, Keyring, KeyringError, Origin, Secret};
use crate::failure::{Explain, Failure};
use crate::settings::{Account, Auth, Settings, StoredIn};

/// The sections of keyring and accounts. `known` is false where the config file could not be read.
pub async fn check(settings: &Settings, known: bool) -> Vec<Section> {
    let ring = Keyring::unattended();
    let trouble = ring.look().await.err();
    let accounts = settings.accounts();
    let mut sections = vec![Section {
        title: "keyring".to_owned(),
        rows: vec![keyring(trouble.as_ref(), accounts.as_deref().unwrap_or_default())],
    }];
    let accounts = match accounts {
        Ok(accounts) => accounts,
        Err(failure) => {
            let row = Row::failure("accounts", &failure);
            sections.push(Section { title: "accounts".to_owned(), rows: vec![row] });
            settings.stored_accounts()
        }
    };
    // Of a variable that is wrong enough was said, where it is all there is.
    let told = accounts.is_empty() && sections.len() > 1;
    if !told && let Some(row) = whole(settings, &accounts, known) {
        sections.push(Section { title: "accounts".to_owned(), rows: vec![row] });
    }
    let mut running = JoinSet::new();
    for (place, account) in accounts.into_iter().enumerate() {
        let (settings, trouble) = (settings.clone(), trouble.clone());
        running.spawn(async move { (place, one(account, settings, trouble).await) });
    }
    let mut found = running.join_all().await;
    found.sort_by_key(|(place, _)| *place);
    sections.extend(found.into_iter().map(|(_, section)| section));
    sections
}

/// A keyring that no account needs is no more than a warning.
fn keyring(trouble: Option<&KeyringError>, accounts: &[Account]) -> Row {
    let Some(error) = trouble else { return Row::ok("keyring", "reachable and unlocked") };
    let next = format!(
        "{}; or keep the key in a file that only you can read: `lumabill login --insecure-storage`",
        error.remedy()
    );
    let row = Row::failed("keyring", error.to_string(), next);
    let elsewhere = |account: &Account| account.stored_in != StoredIn::Keyring;
    if !accounts.is_empty() && accounts.iter().all(elsewhere) { row.at_most_warning() } else { row }
}

/// What holds for the accounts together.
fn whole(settings: &Settings, accounts: &[Account], known: bool) -> Option<Row> {
    if !known {
        return Some(Row::warning(
            "accounts",
            "which accounts there are is not known while the config file cannot be read",
            "mend the config file first",
        ));
    }
    if accounts.is_empty() {
        return Some(Row::failed(
            "accounts",
            "nobody is logged in, so the API was not asked: no network was used",
            "run `lumabill login`, or try it without an account: `lumabill call --sandbox list_invoices`",
        ));
    }
    match settings.account(None).and_then(|account| works(settings, account)) {
        // Who names an account at each call gets by.
        Err(failure) if failure.code == "account_not_chosen" => {
            Some(Row::failure("default_account", &failure).at_most_warning())
        }
        Err(failure) => Some(Row::failure("default_account", &failure)),
        Ok(_) if accounts.len() < 2 => None,
        Ok(account) => {
            Some(Row::ok("default_account", format!("`{}` is used where none is named", account.name)))
        }
    }
}

/// The same account, where the settings let a server start with it.
fn works(settings: &Settings, account: Account) -> Result<Account, Failure> {
    Choice::default().count_tools(settings, &account)?;
    Ok(account)
}

async fn one(account: Account, settings: Settings, trouble: Option<KeyringError>) -> Section {
    let (row, secret) = key(&account, &settings, trouble).await;
    let mut rows = vec![row];
    if account.service.is_remote() {
        if secret.is_some() || account.auth == Auth::Nothing {
            rows.extend(remote::check(&account, &settings).await);
        }
    } else {
        rows.extend(described::check(&account, &settings));
        if let Some(secret) = secret {
            match ready(&account, &secret) {
                Ok(key) => rows.extend(api::check(&account, key, &settings).await),
                Err(failure) => rows.push(Row::failure("key_form", &failure)),
            }
        }
    }
    // An address that is none may hold a password.
    let place = Origin::parse(&account.origin).map(|origin| format!(" at {origin}")).unwrap_or_default();
    let title = format!("account `{}`{place}", account.name);
    Section { title, rows: rows.into_iter().map(|row| row.about(&account.name)).collect() }
}

fn ready(account: &Account, secret: &Secret) -> Result<Key, Failure> {
    let origin = Origin::parse(&account.origin)?;
    secret.check(account.service, origin.is_loopback())?;
    Ok(Key::new(secret.clone(), origin))
}

/// Where the key is, and the key where it could be had.
async fn key(account: &Account, settings: &Settings, trouble: Option<KeyringError>) -> (Row, Option<Secret>) {
    if account.auth == Auth::Nothing {
        return (Row::ok("key_store", "the server wants no key"), None);
    }
    let ring = Keyring::unattended();
    let in_keyring = account.stored_in == StoredIn::Keyring;
    // A silent keyring is waited for once. A locked one may hold the key in another, open collection.
    let silent = trouble.as_ref().filter(|error| in_keyring && error.code() != "keyring_locked");
    let found = match silent {
        Some(error) => Err(error.clone().into()),
        None => stored_key(account, settings, ring).await,
    };
    let place = place(account, settings);
    match found {
        Ok(Some(secret)) => {
            let sign_in = sign_ins::of(account, &secret);
            let seen = match &sign_in {
                Some(sign_in) => {
                    format!("sign-in {} from {place}", sign_ins::words(sign_in, SystemTime::now()))
                }
                None => format!("key {} from {place}", sign_ins::masked(account, &secret)),
            };
            let row = match account.stored_in {
                // Where there is no keyring, the person has chosen the file.
                StoredIn::File if trouble.is_none() => Row::warning(
                    "key_store",
                    seen,
                    format!("move it to the keyring: `lumabill login{}`", whose(account)),
                ),
                _ if sign_in.is_some_and(|sign_in| sign_ins::is_over(&sign_in, SystemTime::now())) => {
                    Row::failed(
                        "key_store",
                        seen,
                        format!("sign in again: `lumabill login{}`", whose(account)),
                    )
                }
                _ => Row::ok("key_store", seen),
            };
            (row, Some(secret))
        }
        Ok(None) => (Row::failure("key_store", &missing(account)), None),
        Err(failure) if in_keyring => {
            let seen = format!("the key is not readable: {}", failure.message);
            (Row::failed("key_store", seen, "mend the keyring first, as said above"), None)
        }
        Err(failure) => (Row::failure("key_store", &failure), None),
    }
}

/// What has to follow `lumabill login` for this account.
pub fn whose(account: &Account) -> String {
    if account.name == "lumabill" { String::new() } else { format!(" --account {}", account.name) }
}
