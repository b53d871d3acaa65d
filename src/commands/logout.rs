//! `lumabill logout`: removes the key of an account from every store, for every address it was stored for.

use super::connect::block_on;
use super::login::patient_keyring;
use crate::credentials::key_file::KeyFile;
use crate::credentials::{Keyring, KeyringError, Origin};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, Auth, Service, Settings, SettingsError, StoredIn, is_account_name};
use crate::terminal;

/// Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made
#[derive(clap::Args)]
pub struct Args {
    /// Account whose key is removed
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Remove the keys of all accounts
    #[arg(long, conflicts_with = "account")]
    all: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let mut settings = Settings::load()?;
    let accounts = if args.all { settings.stored_accounts() } else { vec![chosen(args, &settings)?] };
    let ring = patient_keyring();
    let mut removed = false;
    for account in &accounts {
        removed |= block_on(remove(account, &mut settings, ring))??;
    }
    if args.all {
        removed |= block_on(remove_items("", ring))?.unwrap_or(false);
    }
    if removed {
        let mut services: Vec<Service> = Vec::new();
        for account in accounts.iter().filter(|account| account.auth != Auth::Nothing) {
            if !services.contains(&account.service) {
                services.push(account.service);
                terminal::line(&still_works(account));
            }
        }
    } else if accounts.iter().all(|account| account.auth != Auth::Nothing) {
        terminal::line("there was no stored key");
    }
    if settings.environment.api_key.is_some() {
        terminal::note("warning: `LUMABILL_API_KEY` is still set here and is used where it is set");
    }
    Ok(())
}

/// What a person does who wants it to be good no longer.
fn still_works(account: &Account) -> String {
    match (&account.auth, account.service.keys_page()) {
        (Auth::OAuth, _) => format!(
            "the sign-in is forgotten here; end it for good in your settings at {}",
            Origin::parse(&account.origin).map(|origin| origin.host().to_owned()).unwrap_or_default()
        ),
        (_, Some(_)) if !account.service.is_remote() => {
            "the key itself works until you revoke it in Lumabill: Settings > API".to_owned()
        }
        (_, Some(page)) => format!("the key itself works until you revoke it: {page}"),
        (_, None) => "the key itself works until you revoke it where it was made".to_owned(),
    }
}

/// The stored account that the flag or the settings name; one that only the keyring may know is one too.
fn chosen(args: &Args, settings: &Settings) -> Result<Account, Failure> {
    let stored = settings.stored_accounts();
    let named = args.account.as_deref().or(settings.environment.account.as_deref());
    if let Some(name) = named {
        if !is_account_name(name) {
            return Err(SettingsError::AccountName(name.to_owned()).into());
        }
        return Ok(settings.stored_account(name).unwrap_or_else(|| Account::unknown(name)));
    }
    match stored.as_slice() {
        [] => Ok(Account::unknown("lumabill")),
        [only] => Ok(only.clone()),
        // Which one to remove is never guessed from a default.
        _ => {
            let several: Vec<_> = stored.iter().map(|account| account.name.as_str()).collect();
            let message = format!("there are several accounts: {}; none was removed", several.join(", "));
            Err(Failure::new("account_not_chosen", Exit::Usage, message).hint(format!(
                "run `{0} logout --account NAME`, or `{0} logout --all`",
                crate::settings::me()
            )))
        }
    }
}

/// Removes file, keyring items and settings of one account; true where there was a key.
async fn remove(account: &Account, settings: &mut Settings, ring: Keyring) -> Result<bool, Failure> {
    let name = &account.name;
    let file = KeyFile::of(&settings.folders, name);
    let from_file = file.delete()?;
    if from_file {
        terminal::line(&format!("removed the key file `{}`", file.path().display()));
    }
    let mut from_keyring = false;
    let outcome = async {
        for origin in std::iter::once(&account.origin).chain(&account.former_origins) {
            let item = account.item_for(origin);
            if ring.delete(&item).await? {
                from_keyring = true;
                terminal::line(&format!("removed `{item}` from the keyring"));
            }
        }
        from_keyring |= remove_items(&format!("{name}@"), ring).await?;
        Ok(())
    };
    Definitions::forget(&settings.folders.state, name);
    match outcome.await {
        Ok(()) => {}
        // Where the key was in a file, or never stored, a keyring that is not there holds nothing.
        Err(KeyringError::NoBus | KeyringError::NoProvider | KeyringError::NoCollection)
            if account.stored_in == StoredIn::File
                || account.auth == Auth::Nothing
                || settings.stored_account(name).is_none() => {}
        Err(error) => {
            let failure = Failure::from(error);
            let message = format!("the key of account `{name}` could not be removed: {}", failure.message);
            return Err(Failure { message, exit: Exit::Refused, hint: Some(remedy(account)), ..failure });
        }
    }
    if settings.stored_account(name).is_some() {
        settings.remove_account(name)?;
        // It goes with the account's other settings: who logs in again may be at another address.
        if super::spec::forget(name, settings)? {
            terminal::line(&format!("removed the API description of account `{name}`"));
        }
        terminal::line(&format!("logged out of account `{name}`"));
    }
    Ok(from_file || from_keyring)
}

fn remedy(account: &Account) -> String {
    let place =
        if account.service.is_remote() { "where it was made" } else { "in Lumabill (Settings > API)" };
    format!(
        "unlock the keyring in your desktop session and run `{} logout --account {}` again; if the key \
         has to stop working now, revoke it {place}",
        crate::settings::me(),
        account.name
    )
}

/// Removes further items whose user begins with `prefix`, where the keyring can be searched.
async fn remove_items(prefix: &str, ring: Keyring) -> Result<bool, KeyringError> {
    let mut removed = false;
    for item in ring.items(prefix).await? {
        if ring.delete(&item).await? {
            removed = true;
            terminal::line(&format!("removed `{item}` from the keyring"));
        }
    }
    Ok(removed)
}
