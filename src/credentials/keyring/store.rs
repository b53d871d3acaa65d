//! Keychain and Credential Manager, called and blocked on from threads of [`super::Keyring`] only.

#[cfg(windows)]
use std::collections::HashMap;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};

use super::{KeyringError, SERVICE};
use crate::credentials::Secret;

#[cfg(target_os = "macos")]
fn entry(item: &str) -> Result<Entry, Error> {
    apple_native_keyring_store::keychain::Store::new()?.build(SERVICE, item, None)
}

#[cfg(windows)]
fn entry(item: &str) -> Result<Entry, Error> {
    // Credential Manager would let the key roam with a domain profile.
    let modifiers = HashMap::from([("persistence", "Local")]);
    windows_native_keyring_store::Store::new()?.build(SERVICE, item, Some(&modifiers))
}

pub(super) fn read(item: &str) -> Result<Option<Secret>, KeyringError> {
    match entry(item).and_then(|entry| entry.get_secret()) {
        Ok(bytes) => String::from_utf8(bytes)
            .map(|text| Some(Secret::new(text)))
            .map_err(|_| KeyringError::Failed("the item does not hold a key".to_owned())),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(KeyringError::of(&error, item)),
    }
}

/// An item that is not there is looked for: that needs the store and no yes of the person.
pub(super) fn look() -> Result<(), KeyringError> {
    read("check@doctor").map(drop)
}

/// Neither asks less of the person than [`read`] does.
pub(super) fn read_quietly(item: &str) -> Result<Option<Secret>, KeyringError> {
    read(item)
}

pub(super) fn write(item: &str, secret: &Secret) -> Result<(), KeyringError> {
    entry(item)
        .and_then(|entry| entry.set_secret(secret.expose().as_bytes()))
        .map_err(|error| KeyringError::of(&error, item))
}

pub(super) fn delete(item: &str) -> Result<bool, KeyringError> {
    match entry(item).and_then(|entry| entry.delete_credential()) {
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

/// They are not searched: the settings know the items there.
#[expect(clippy::unnecessary_wraps, reason = "the Secret Service is asked, and can fail")]
pub(super) fn items() -> Result<Vec<String>, KeyringError> {
    Ok(Vec::new())
}
