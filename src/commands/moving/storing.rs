//! Under which account a found key is stored: never in the place of another key unless the person says so, and
//! always with the company's name in the question.

use std::path::PathBuf;

use super::super::connect::block_on;
use super::super::login::{self, ask, patient_keyring};
use super::{Plain, Settled};
use crate::credentials::{AccountKeys, Key};
use crate::failure::Failure;
use crate::settings::{Account, Auth, Mode, Profile, Service, Settings, is_account_name, stands_apart};
use crate::terminal;

/// Names that a person may give before the key is left where it is.
const ATTEMPTS: usize = 5;

/// What is known of a key that is good.
pub struct Known {
    pub profiles: Vec<Profile>,
    pub mode: Mode,
    pub ca_file: Option<PathBuf>,
}

/// Stores the key and reads it back; `None` where the person said no.
pub fn store(
    plain: &Plain<'_>,
    key: &Key,
    known: Known,
    settings: &mut Settings,
) -> Result<Option<Account>, Failure> {
    let company = companies(&known.profiles);
    let may = match known.mode {
        Mode::ReadWrite => ", read and write",
        Mode::ReadOnly => ", read only",
        Mode::Unknown => "",
    };
    terminal::note(&format!("the key works: {company}{may}"));
    let Some(name) = name(&company, Service::Lumabill, key, settings)? else { return Ok(None) };
    let mut account = login::account_at(&name, Service::Lumabill, key.origin().to_string(), settings);
    account.ca_file = known.ca_file;
    account.profiles = known.profiles;
    account.mode = known.mode;
    account.profile = ask::profile(&account, None)?;
    block_on(login::store(&mut account, plain.secret, settings, patient_keyring()))??;
    say_stored(&account);
    Ok(Some(account))
}

pub fn say_stored(account: &Account) {
    terminal::note(&format!(
        "stored in the system's keyring and read back: item `{}` of service `lumabill`",
        account.item_for(&account.origin)
    ));
}

/// Whose key an account has: its companies, or its service.
fn of(account: &Account) -> String {
    if account.service.is_remote() {
        format!("{} at {}", login::in_words(account.service), account.origin)
    } else {
        companies(&account.profiles)
    }
}

/// The names of the companies that a key reaches.
fn companies(profiles: &[Profile]) -> String {
    let names: Vec<_> = profiles.iter().map(|profile| format!("`{}`", profile.name)).collect();
    if names.is_empty() { "no company yet".to_owned() } else { names.join(", ") }
}

/// What the person wants done with a key that an account has already; `None` where none has it. Asks no API.
pub fn holder(plain: &Plain<'_>, settings: &Settings) -> Option<Settled> {
    let with_key = |account: &Account| !matches!(account.auth, Auth::OAuth | Auth::Nothing);
    let (key, account) = settings.stored_accounts().into_iter().filter(with_key).find_map(|account| {
        let keys = AccountKeys::new(&account, settings);
        let stored = block_on(keys.key()).ok()?.ok()?;
        let key = Key::new(plain.secret.clone(), stored.origin().clone());
        key.same_as(&stored).then_some((key, account))
    })?;
    let question = format!(
        "Account `{}` ({}) has {} already. Shall we {}?",
        account.name,
        of(&account),
        key.masked(),
        plain.consequence()
    );
    Some(if terminal::yes(&question) { Settled::Kept(key, Box::new(account)) } else { Settled::Stays })
}

/// The account's name that the person chose for a key of `company`, as a person knows it.
pub fn name(
    company: &str,
    service: Service,
    key: &Key,
    settings: &Settings,
) -> Result<Option<String>, Failure> {
    let first = service.name();
    let taken = whose(first, key, settings)?;
    let mut question = match &taken {
        None if terminal::yes(&format!("Store it as account `{first}` for {company}?")) => {
            return Ok(Some(first.to_owned()));
        }
        None => "Name of another account for it (Enter: leave the key where it is): ".to_owned(),
        Some(whose) => {
            terminal::note(&format!("account `{first}` ({whose}) has another key, and keeps it"));
            format!(
                "Name of an account for {company}, such as `{}` (Enter: leave the key where it is): ",
                free(company, settings)
            )
        }
    };
    for _ in 0..ATTEMPTS {
        let Some(name) = terminal::ask(&question).filter(|name| !name.is_empty()) else { return Ok(None) };
        if !is_account_name(&name) || !stands_apart(&name) {
            terminal::note(
                "a name is a small letter, then up to 15 small letters, digits, `-` and single `_`",
            );
            continue;
        }
        let Some(whose) = whose(&name, key, settings)? else { return Ok(Some(name)) };
        let replace = format!(
            "Account `{name}` ({whose}) has another key. Replace that key by {} of {company}?",
            key.masked()
        );
        if terminal::yes(&replace) {
            return Ok(Some(name));
        }
        "Another name (Enter: leave the key where it is): ".clone_into(&mut question);
    }
    Ok(None)
}

/// The companies of the account `name`, where there is one, or where the keyring has a key under its name.
fn whose(name: &str, key: &Key, settings: &Settings) -> Result<Option<String>, Failure> {
    if let Some(account) = settings.stored_account(name) {
        return Ok(Some(of(&account)));
    }
    let item = Account::unknown(name).item_for(&key.origin().to_string());
    let kept = block_on(patient_keyring().read_quietly(&item))??;
    Ok(kept.map(|_| "known to the keyring only".to_owned()))
}

/// A name after the company that no account has.
fn free(company: &str, settings: &Settings) -> String {
    let mut name = String::new();
    for letter in company.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            'ä' => name.push_str("ae"),
            'ö' => name.push_str("oe"),
            'ü' => name.push_str("ue"),
            'é' | 'è' | 'ê' => name.push('e'),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_start_matches(|first: char| !first.is_ascii_lowercase());
    let cut = |most: usize| name.get(..most.min(name.len())).unwrap_or(name).trim_end_matches('-').to_owned();
    let first = if cut(16).is_empty() { "second".to_owned() } else { cut(16) };
    let numbered = (2..100).map(|number| {
        format!("{}-{number}", if cut(13).is_empty() { "account".to_owned() } else { cut(13) })
    });
    std::iter::once(first.clone())
        .chain(numbered)
        .find(|name| settings.stored_account(name).is_none())
        .unwrap_or(first)
}
