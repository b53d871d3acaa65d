//! The platform's store, called and blocked on from threads of [`super::Keyring`] only.

use std::collections::HashMap;
use std::sync::Arc;

use keyring::Error;
use keyring_core::{CredentialStore, Entry};

use super::{KeyringError, SERVICE};
use crate::credentials::Secret;

/// Linux and the BSDs: made anew for each call, so that a bus that came up later is seen. It looks for the
/// bus at `DBUS_SESSION_BUS_ADDRESS`, `$XDG_RUNTIME_DIR/bus` and `/run/user/UID/bus`.
#[cfg(all(unix, not(target_os = "macos")))]
fn platform_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// macOS and Windows: made once; it cannot come up later.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn platform_store() -> Result<Arc<CredentialStore>, Error> {
    if let Err(error) = keyring::Entry::store_status() {
        return Err(Error::NotSupportedByStore(error.to_string()));
    }
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
}

fn entry(item: &str) -> Result<Entry, Error> {
    // Credential Manager would let the key roam with a domain profile.
    #[cfg(windows)]
    let modifiers = Some(HashMap::from([("persistence", "Local")]));
    #[cfg(target_os = "macos")]
    let modifiers: Option<HashMap<&str, &str>> = None;
    #[cfg(all(unix, not(target_os = "macos")))]
    let label = format!("lumabill ({item})");
    #[cfg(all(unix, not(target_os = "macos")))]
    let modifiers = Some(HashMap::from([("label", label.as_str())]));
    platform_store()?.build(SERVICE, item, modifiers.as_ref())
}

pub(super) fn read(item: &str) -> Result<Option<Secret>, KeyringError> {
    match entry(item).and_then(|entry| entry.get_secret()) {
        Ok(bytes) => secret(bytes).map(Some),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(KeyringError::of(&error, item)),
    }
}

fn secret(bytes: Vec<u8>) -> Result<Secret, KeyringError> {
    String::from_utf8(bytes)
        .map(Secret::new)
        .map_err(|_| KeyringError::Failed("the item does not hold a key".to_owned()))
}

/// Reads without the prompt that [`read`] shows where the item is locked.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn read_quietly(item: &str) -> Result<Option<Secret>, KeyringError> {
    use secret_service::{EncryptionType, blocking::SecretService};
    let failed = |cause: secret_service::Error| KeyringError::of_secret_service(&cause);
    let service = SecretService::connect(EncryptionType::Dh).map_err(failed)?;
    let attributes = HashMap::from([("service", SERVICE), ("username", item)]);
    let found = service.search_items(attributes).map_err(failed)?;
    match (found.unlocked.as_slice(), found.locked.as_slice()) {
        ([], []) => Ok(None),
        ([], [_]) => Err(KeyringError::Locked),
        ([one], []) => secret(one.get_secret().map_err(failed)?).map(Some),
        _ => Err(KeyringError::Ambiguous(item.to_owned())),
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) fn read_quietly(item: &str) -> Result<Option<Secret>, KeyringError> {
    read(item)
}

pub(super) fn write(item: &str, secret: &Secret) -> Result<(), KeyringError> {
    entry(item)
        .and_then(|entry| entry.set_secret(secret.expose().as_bytes()))
        .map_err(|error| KeyringError::of(&error, item))
}

pub(super) fn delete(item: &str) -> Result<bool, KeyringError> {
    let removed = entry(item).and_then(|entry| entry.delete_credential());
    match removed {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        // All of them carry our service and this user: all are ours.
        Err(Error::Ambiguous(items)) => {
            for one in items {
                one.delete_credential().map_err(|error| KeyringError::of(&error, item))?;
            }
            Ok(true)
        }
        Err(error) => Err(KeyringError::of(&error, item)),
    }
}

/// The users of all items of ours.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn items() -> Result<Vec<String>, KeyringError> {
    let found = platform_store().and_then(|store| store.search(&HashMap::from([("service", SERVICE)])));
    let found = found.map_err(|error| KeyringError::of(&error, SERVICE))?;
    let mut users: Vec<String> = found
        .iter()
        .filter_map(Entry::get_specifiers)
        .filter(|(service, _)| service == SERVICE)
        .map(|(_, user)| user)
        .collect();
    users.sort();
    users.dedup();
    Ok(users)
}

/// Keychain and Credential Manager are not searched: the settings know the items there.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) fn items() -> Result<Vec<String>, KeyringError> {
    Ok(Vec::new())
}
