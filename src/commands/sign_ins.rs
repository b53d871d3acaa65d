//! A stored sign-in in words: who signs the person in, and how long that is good. No token is among them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::credentials::Secret;
use crate::credentials::oauth::{self, SignedIn};
use crate::settings::{Account, Auth};

/// The sign-in behind what is stored for `account`; `None` where it has a key.
pub fn of(account: &Account, stored: &Secret) -> Option<SignedIn> {
    if account.auth == Auth::OAuth { oauth::signed_in(stored) } else { None }
}

/// What people see of a credential: the end of a key, or of a token.
pub fn masked(account: &Account, stored: &Secret) -> String {
    match (of(account, stored), &account.auth) {
        (Some(signed_in), _) => signed_in.masked,
        // What is stored is no sign-in, so nothing of it is shown.
        (None, Auth::OAuth) => "…".to_owned(),
        (None, _) => stored.masked(),
    }
}

/// `at https://auth.example, renews itself`.
pub fn words(signed_in: &SignedIn, now: SystemTime) -> String {
    format!("at {}, {}", signed_in.issuer, lasts(signed_in, now))
}

/// How long it is good.
pub fn lasts(signed_in: &SignedIn, now: SystemTime) -> String {
    let left = signed_in.expires.map(|expires| expires.duration_since(now));
    match (signed_in.renewable, left) {
        (true, _) => "renews itself".to_owned(),
        (false, None) => "good until the server refuses it".to_owned(),
        (false, Some(Ok(left))) => format!("good for {} more, and cannot be renewed", in_words(left)),
        (false, Some(Err(_))) => "has expired and cannot be renewed".to_owned(),
    }
}

/// It is no longer good, and only the person can change that.
pub fn is_over(signed_in: &SignedIn, now: SystemTime) -> bool {
    !signed_in.renewable && signed_in.expires.is_some_and(|expires| expires <= now)
}

/// For `--json`.
pub fn json(signed_in: &SignedIn) -> Value {
    let expires = signed_in.expires.and_then(|time| Timestamp::try_from(time).ok());
    json!({
        "issuer": signed_in.issuer,
        "scope": signed_in.scope,
        "expires": expires.map(|time| format!("{time:.0}")),
        "renewable": signed_in.renewable,
    })
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{SignedIn, is_over, words};

    #[test]
    fn how_long_a_sign_in_is_good_is_told() {
        let now = SystemTime::now();
        let signed_in = |renewable: bool, seconds: i64| SignedIn {
            issuer: "https://auth.example".to_owned(),
            scope: String::new(),
            expires: Some(if seconds < 0 {
                now - Duration::from_secs(seconds.unsigned_abs())
            } else {
                now + Duration::from_secs(seconds.unsigned_abs())
            }),
            renewable,
            masked: "…abcd".to_owned(),
        };
        assert_eq!(words(&signed_in(true, -5), now), "at https://auth.example, renews itself");
        assert!(words(&signed_in(false, 600), now).contains("10 min more"));
        assert!(words(&signed_in(false, -1), now).contains("has expired"));
        assert!(is_over(&signed_in(false, -1), now) && !is_over(&signed_in(true, -1), now));
    }
}
