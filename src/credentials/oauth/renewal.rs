//! The sign-in of one account while it is served: its access token as a key, renewed in time, at the stored token
//! endpoint only. One process at a time renews, reads the store again first, and stores what it got before it uses it:
//! a refresh token that is good once is never spent twice. Opens no browser.

mod turn;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::http::Http;
use super::tokens::{self, Tokens};
use super::{OAuthError, is_same};
use crate::credentials::{BoxFuture, Key, Origin, Secret};
use crate::failure::{Exit, Explain, Failure};
use crate::https::Trust;
use turn::Turn;

/// A token is renewed so long before its end, or a quarter of its life if that is shorter.
const MARGIN: Duration = Duration::from_secs(60);
/// Renewals that refusals may lead to in a minute: a server that refuses whatever it gets is not asked for ever.
const MOST_FORCED: usize = 4;
const MINUTE: Duration = Duration::from_secs(60);

const USER_AGENT: &str = concat!("lumabill/", env!("CARGO_PKG_VERSION"));

/// Where a sign-in is kept.
pub trait Store: Send + Sync {
    /// The secret as it is stored now; that there is none is a failure that says `login`.
    fn read(&self) -> BoxFuture<'_, Result<Secret, Failure>>;
    fn write<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<(), Failure>>;
}

/// Whose sign-in it is.
pub struct Whose {
    pub account: String,
    pub origin: Origin,
    pub trust: Trust,
}

/// A key, and when it has to be asked for again.
#[derive(Clone, Debug)]
pub struct Valid {
    pub key: Key,
    /// `None` where it is good until it is refused.
    pub until: Option<SystemTime>,
}

/// What a process remembers of renewals.
pub struct Renewal {
    /// Locked by the process that renews.
    lock: PathBuf,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// What is stored and can be renewed no more, with the reason.
    ended: Option<(Secret, Failure)>,
    /// Tokens that came and could not be stored, with what they are to replace.
    unstored: Option<(Secret, Secret)>,
    /// When refusals led to new tokens, in the last minute.
    forced: Vec<Instant>,
}

/// Why a sign-in is no longer good.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(
        "the sign-in of account `{account}` at {issuer} has expired and cannot be renewed{why}; nothing was done"
    )]
    Expired { account: String, issuer: String, why: String },
    #[error("the sign-in of account `{account}` could not be renewed just now: {why}; nothing was done")]
    Unrenewed { account: String, why: OAuthError },
    #[error("what is stored for account `{account}` is no sign-in at {origin}; nothing was sent")]
    NotOurs { account: String, origin: String },
    #[error(
        "{origin} refuses one renewed token after the other; the sign-in of account `{account}` may not be enough"
    )]
    RefusedAgain { account: String, origin: String },
}

impl Explain for Ended {
    fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "sign_in_expired",
            Self::Unrenewed { .. } => "sign_in_not_renewed",
            Self::NotOurs { .. } => "not_logged_in",
            Self::RefusedAgain { .. } => "token_refused",
        }
    }
    fn exit(&self) -> Exit {
        if matches!(self, Self::Unrenewed { .. }) { Exit::Unavailable } else { Exit::NotLoggedIn }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unrenewed { .. } => {
                "repeat the call in a while; the sign-in itself is still good, so no new login is needed"
                    .to_owned()
            }
            Self::Expired { account, .. }
            | Self::NotOurs { account, .. }
            | Self::RefusedAgain { account, .. } => format!(
                "run `lumabill login --account {account}` in a terminal, then repeat the call: no restart is needed"
            ),
        })
    }
}

impl Renewal {
    /// Touches nothing.
    pub fn new(lock: PathBuf) -> Self {
        Self { lock, memory: Mutex::default() }
    }

    /// A key that is good now, and is not `refused`. Once begun it has to run to its end: tokens that came and were not
    /// stored would be lost.
    pub async fn valid(
        &self,
        whose: &Whose,
        store: &dyn Store,
        refused: Option<&Key>,
    ) -> Result<Valid, Failure> {
        // One at a time in this process; the others find what the first one got.
        let mut memory = self.memory.lock().await;
        let stored = store.read().await?;
        if let Some(valid) = memory.usable(whose, &stored, refused)? {
            return Ok(valid);
        }
        let turn = Turn::take(&self.lock, &whose.account).await?;
        // Another process may have renewed it meanwhile.
        let stored = store.read().await?;
        if let Some(valid) = memory.usable(whose, &stored, refused)? {
            return Ok(valid);
        }
        let renewed = memory.renewed(whose, stored, refused, store).await;
        drop(turn);
        renewed
    }
}

impl Memory {
    /// The stored token, if it needs no renewal.
    fn usable(
        &self,
        whose: &Whose,
        stored: &Secret,
        refused: Option<&Key>,
    ) -> Result<Option<Valid>, Failure> {
        if let Some((_, failure)) = self.ended.as_ref().filter(|(ended, _)| ended.is(stored)) {
            return Err(failure.clone());
        }
        if self.unstored.as_ref().is_some_and(|(replaced, _)| replaced.is(stored)) {
            return Ok(None);
        }
        let valid = of(whose, stored)?.valid(whose);
        let again = refused.is_some_and(|refused| valid.key.same_as(refused));
        Ok((!again && valid.until.is_none_or(|until| SystemTime::now() < until)).then_some(valid))
    }

    async fn renewed(
        &mut self,
        whose: &Whose,
        stored: Secret,
        refused: Option<&Key>,
        store: &dyn Store,
    ) -> Result<Valid, Failure> {
        // What came before and could not be stored comes first.
        let waiting = self.unstored.take().filter(|(replaced, _)| replaced.is(&stored)).map(|(_, new)| new);
        let new = match waiting {
            Some(new) => new,
            None => match self.refreshed(whose, &stored, refused).await? {
                Refreshed::New(new) => new,
                Refreshed::StillGood(valid) => return Ok(valid),
            },
        };
        // A login that ended meanwhile goes before what an older sign-in was renewed to.
        if let Ok(now) = store.read().await
            && !now.is(&stored)
        {
            return Ok(of(whose, &now)?.valid(whose));
        }
        if let Err(failure) = store.write(&new).await {
            self.unstored = Some((stored, new));
            let message = format!("the renewed sign-in of account `{}` could not be stored", whose.account);
            let mut causes = vec![failure.message];
            causes.extend(failure.causes);
            return Err(Failure { message, causes, ..failure });
        }
        self.forced.extend(refused.map(|_| Instant::now()));
        Ok(of(whose, &new)?.valid(whose))
    }

    async fn refreshed(
        &mut self,
        whose: &Whose,
        stored: &Secret,
        refused: Option<&Key>,
    ) -> Result<Refreshed, Failure> {
        let mut tokens = of(whose, stored)?;
        let account = whose.account.clone();
        self.forced.retain(|forced| forced.elapsed() < MINUTE);
        if refused.is_some() && self.forced.len() >= MOST_FORCED {
            return Err(Ended::RefusedAgain { account, origin: whose.origin.to_string() }.into());
        }
        match refresh(whose, &tokens).await {
            Ok(answer) => {
                tokens.take(answer);
                Ok(Refreshed::New(tokens.secret()))
            }
            Err(error) => {
                let issuer = tokens.issuer.clone();
                let failure: Failure = if is_final(&error) {
                    Ended::Expired { account, issuer, why: why(&error) }.into()
                } else {
                    Ended::Unrenewed { account, why: error }.into()
                };
                if failure.code == "sign_in_expired" {
                    self.ended = Some((stored.clone(), failure.clone()));
                }
                // It was asked for early: until its real end the old token is as good as it was.
                let end = tokens.expires().filter(|end| refused.is_none() && SystemTime::now() < *end);
                match end {
                    Some(_) => Ok(Refreshed::StillGood(Valid { until: end, ..tokens.valid(whose) })),
                    None => Err(failure),
                }
            }
        }
    }
}

enum Refreshed {
    New(Secret),
    StillGood(Valid),
}

async fn refresh(whose: &Whose, tokens: &Tokens) -> Result<tokens::Answer, OAuthError> {
    let http = Http::new(&whose.origin, &whose.trust, USER_AGENT);
    let endpoint = http.endpoint(&tokens.token_endpoint);
    let endpoint = endpoint.ok_or_else(|| OAuthError::Address(super::error::said(&tokens.token_endpoint)))?;
    let Some(refresh) = &tokens.refresh else {
        return Err(OAuthError::Refused {
            host: endpoint.host_str().unwrap_or_default().to_owned(),
            error: NO_REFRESH.to_owned(),
            description: String::new(),
        });
    };
    let grant = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.expose()),
        ("resource", &tokens.resource),
    ];
    tokens::request(&http, &endpoint, &tokens.client, &grant).await
}

/// Stands for the error of a server that gave no refresh token.
const NO_REFRESH: &str = "no refresh token";

/// True where only the person can sign in again. Others are errors of the moment, or of the request.
fn is_final(error: &OAuthError) -> bool {
    match error {
        OAuthError::Refused { error, .. } => {
            !matches!(error.as_str(), "temporarily_unavailable" | "server_error" | "slow_down")
        }
        OAuthError::Status { status, .. } => matches!(status, 400 | 401 | 403),
        OAuthError::Address(_) => true,
        _ => false,
    }
}

fn why(error: &OAuthError) -> String {
    match error {
        OAuthError::Refused { error, .. } if error == NO_REFRESH => String::new(),
        error => format!(" ({error})"),
    }
}

/// The stored sign-in, if it is one for this server.
fn of(whose: &Whose, stored: &Secret) -> Result<Tokens, Failure> {
    let tokens =
        Tokens::from_secret(stored).filter(|tokens| is_same(&tokens.server, &whose.origin.to_string()));
    let not_ours = || Ended::NotOurs { account: whose.account.clone(), origin: whose.origin.to_string() };
    Ok(tokens.ok_or_else(not_ours)?)
}

impl Tokens {
    fn valid(&self, whose: &Whose) -> Valid {
        let life = Duration::from_secs(self.expires_in.unwrap_or_default());
        let until = self.expires().and_then(|end| end.checked_sub(MARGIN.min(life / 4)));
        // The limits of a service are per person: a renewed token does not begin them anew.
        let counted = format!("{}\0{}\0{}", whose.account, self.issuer, self.client.id);
        Valid {
            key: Key::new(self.access.clone(), whose.origin.clone()).counted_as(Secret::new(counted)),
            until,
        }
    }
}

#[cfg(test)]
mod tests;
