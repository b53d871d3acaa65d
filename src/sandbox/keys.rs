//! The sandbox's API keys: what each reaches and why some are refused. They work nowhere else.

use super::answer::Error;

/// The id of the first company, Muster Consulting.
pub const MAIN_PROFILE_ID: &str = "6f1c2b3a-9d4e-4f5a-8b6c-7d8e9f0a1b2c";
/// The id of Beispiel Studio.
pub const SECOND_PROFILE_ID: &str = "a2b3c4d5-e6f7-4a8b-9c0d-1e2f3a4b5c6d";
/// What the companies are called.
pub const PROFILE_NAMES: [(&str, &str); 2] =
    [(MAIN_PROFILE_ID, "Muster Consulting GmbH"), (SECOND_PROFILE_ID, "Beispiel Studio")];

/// Reads and writes in both profiles.
pub const READ_WRITE_KEY: &str = "lmb_sandbox_read_write_5d1f8a3c";
/// Reads in both profiles.
pub const READ_ONLY_KEY: &str = "lmb_sandbox_read_only_94b07e21";
/// Reads and writes in the first company only.
pub const PROFILE_KEY: &str = "lmb_sandbox_profile_c83e60d9";
/// Of an account whose plan has no API access (403).
pub const LAPSED_KEY: &str = "lmb_sandbox_lapsed_17a9f4b2";
/// Revoked (401).
pub const REVOKED_KEY: &str = "lmb_sandbox_revoked_e2c5380f";

/// What a key may do.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub read_only: bool,
    /// The one profile it is bound to, if it is.
    pub profile: Option<&'static str>,
}

/// Judges an `Authorization` header.
pub fn judge(authorization: Option<&str>) -> Result<Key, Error> {
    let refused = |message: &str| Err(Error::new(401, "unauthorized", message));
    let Some((scheme, key)) = authorization.and_then(|value| value.split_once(' ')) else {
        return refused("send the API key as `Authorization: Bearer lmb_…`");
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return refused("send the API key as `Authorization: Bearer lmb_…`");
    }
    match key.trim() {
        READ_WRITE_KEY => Ok(Key { name: "read_write", read_only: false, profile: None }),
        READ_ONLY_KEY => Ok(Key { name: "read_only", read_only: true, profile: None }),
        PROFILE_KEY => Ok(Key { name: "profile", read_only: false, profile: Some(MAIN_PROFILE_ID) }),
        LAPSED_KEY => Err(Error::new(
            403,
            "plan_lapsed",
            "the subscription of this account has no API access; it is part of the plans Pro and Lifetime",
        )),
        REVOKED_KEY => refused("this API key was revoked"),
        _ => refused("this API key is not known"),
    }
}

/// Chooses the profile of a request: the key's own, the header's, or for reads the first one.
pub fn choose_profile<'a>(
    key: Key,
    header: Option<&str>,
    reachable: &[&'a str],
    writes: bool,
) -> Result<&'a str, Error> {
    if let Some(wanted) = header {
        if uuid::Uuid::try_parse(wanted).is_err() {
            return Err(Error::new(400, "invalid_profile_id", "the header X-Profile-Id is not a UUID"));
        }
        return reachable.iter().copied().find(|id| id.eq_ignore_ascii_case(wanted)).ok_or_else(|| {
            Error::new(403, "profile_out_of_scope", "this API key does not reach the profile of X-Profile-Id")
        });
    }
    match reachable {
        [] => Err(Error::new(403, "profile_out_of_scope", "this API key reaches no profile")),
        [_, _, ..] if writes && key.profile.is_none() => Err(Error::new(
            400,
            "profile_required",
            "this API key reaches several profiles; say which one in the header X-Profile-Id",
        )),
        [first, ..] => Ok(first),
    }
}
