//! The sign-in of a person with a browser, at the terminal.

use super::browser::Browser;
use crate::credentials::Secret;
use crate::failure::{Exit, Failure};
use crate::settings::Account;

/// Signs a person in to the account's server; the secret is what the keyring keeps.
pub async fn sign_in(
    account: &Account,
    _challenge: Option<&str>,
    _browser: Browser,
) -> Result<Secret, Failure> {
    let message = format!("no sign-in was made at {}; nothing was stored", account.origin);
    Err(Failure::new("sign_in_failed", Exit::Refused, message))
}
