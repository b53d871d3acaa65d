//! Where a key comes from and where it may go: [`Secret`] with one door, [`Origin`] to which a key
//! belongs, and [`AccountKeys`], which asks the sources in order (environment, keyring, file).
//! Only this area touches the keyring.

pub mod account_keys;
mod fixed_key;
pub mod key_file;
pub mod keyring;
pub mod memory_dumps;
pub mod oauth;
pub mod secret;
mod source;

pub use crate::https::Origin;
pub use account_keys::{AccountKeys, carried};
pub use fixed_key::FixedKey;
pub use keyring::{Keyring, KeyringError};
pub use secret::{BoxFuture, Carried, Key, Keys, NotSigned, Secret};
