//! Login to a remote MCP server: a key or a sign-in, checked there before it is stored, and the tools that the
//! server offers, which count as accepted from then on.

use std::sync::Arc;
use std::time::SystemTime;

use super::browser::Browser;
use super::signing_in::sign_in;
use super::wanted::{Wanted, Way};
use super::{Args, ask, patient_keyring, place, say_what_is_next, store};
use crate::bridge::{self, Remote, Wants};
use crate::commands::connect::{all_offered, block_on, remote_setup};
use crate::commands::offered::{self, Change};
use crate::commands::sign_ins;
use crate::credentials::{Carried, FixedKey, Key, Origin, Secret, carried};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, Auth, Service, Settings, StoredIn, me};
use crate::terminal;

/// What a person brought.
enum Credential {
    Key(Secret),
    /// Of a sign-in.
    Tokens(Secret),
    /// The server wants none.
    Nothing,
}

impl Credential {
    fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Key(secret) | Self::Tokens(secret) => Some(secret),
            Self::Nothing => None,
        }
    }
}

/// Logs in; nothing is stored unless everything before worked.
pub fn log_in(args: &Args, wanted: Wanted, settings: &mut Settings) -> Result<(), Failure> {
    let Wanted { mut account, way } = wanted;
    if account.stored_in == StoredIn::Keyring {
        block_on(patient_keyring().check_writable())??;
    }
    let credential = credential(args, &mut account, &way, settings)?;
    let before = Definitions::load(&settings.folders.state, &account.name, &account.origin);
    let found = match &credential {
        _ if args.no_verify => None,
        Credential::Tokens(_) => None,
        Credential::Key(secret) => Some(check(&account, Some(secret), settings)?),
        Credential::Nothing => Some(check(&account, None, settings)?),
    };
    keep(&mut account, &credential, settings)?;
    // A sign-in has been checked by those who made it; its tokens are renewed where they are kept.
    let found = match found {
        None if matches!(credential, Credential::Tokens(_)) && !args.no_verify => {
            let asked = block_on(Box::pin(fetch(remote_setup(&account, settings)?)))?;
            asked
                .inspect_err(|failure| {
                    terminal::note(&format!(
                        "warning: the sign-in is stored, and the tools could not be asked for: {}",
                        failure.message
                    ));
                })
                .ok()
        }
        found => found,
    };
    if let Some(found) = &found {
        found.store(&settings.folders.state, &account.name, &account.origin, true)?;
    }
    report(&account, &credential, settings);
    match &found {
        Some(found) => say_tools(&account, before.as_ref(), found, settings),
        None => terminal::line(&format!(
            "  tools    not asked for: `{} login --account {}` without `--no-verify` stores what the server offers",
            me(),
            account.name
        )),
    }
    say_what_is_next(&account, settings);
    Ok(())
}

/// What the account needs, from the person who has it. May settle how it goes out.
fn credential(
    args: &Args,
    account: &mut Account,
    way: &Way,
    settings: &Settings,
) -> Result<Credential, Failure> {
    let challenge = match way {
        Way::Key(_) => return key(args, account),
        Way::SignIn => None,
        Way::Probe => {
            let setup = bridge::Setup {
                keys: Arc::new(FixedKey(no_key(account)?)),
                ..remote_setup(account, settings)?
            };
            let probe = block_on(bridge::probe(&setup))?.map_err(|error| not_stored(error.into()))?;
            match probe.wants {
                Wants::Nothing => {
                    terminal::note(&format!("{} wants neither a key nor a sign-in", setup.origin.host()));
                    account.auth = Auth::Nothing;
                    return Ok(Credential::Nothing);
                }
                Wants::Credential(challenge) => challenge,
            }
        }
    };
    if *way == Way::Probe && terminal::is_attended() && !wants_browser(account) {
        account.auth = Auth::Bearer;
        return key(args, account);
    }
    account.auth = Auth::OAuth;
    let browser = if args.no_browser { Browser::ByHand } else { Browser::Opened };
    let signed_in = block_on(Box::pin(sign_in(account, challenge.as_deref(), browser)))?;
    let hint = |failure: Failure| {
        match failure.hint {
        None if account.service == Service::Url => failure.hint(format!(
            "if you have a key for it: `{} login --service {} --with-token < FILE`, or `--header NAME` for one in a header",
            me(),
            account.origin
        )),
        _ => failure,
    }
    };
    Ok(Credential::Tokens(signed_in.map_err(hint)?))
}

/// A server that wants a credential may take a key too: only the person knows which one there is.
fn wants_browser(account: &Account) -> bool {
    let host = Origin::parse(&account.origin).map(|origin| origin.host().to_owned()).unwrap_or_default();
    terminal::note(&format!("{host} wants a credential"));
    let answer = terminal::ask("Sign in with the browser (Enter), or give a key (k)? ").unwrap_or_default();
    !answer.to_lowercase().starts_with('k')
}

fn key(args: &Args, account: &Account) -> Result<Credential, Failure> {
    let origin = Origin::parse(&account.origin)?;
    let secret = ask::key(args.with_token, &asked_for(account, &origin))?;
    secret.check(account.service, origin.is_loopback())?;
    Ok(Credential::Key(secret))
}

/// What the prompt asks for.
fn asked_for(account: &Account, origin: &Origin) -> String {
    let host = origin.host();
    match (account.service, &account.auth) {
        (Service::Url, Auth::Header(name)) => format!("Key for {host}, for the header `{name}`"),
        (Service::Url, _) => format!("Key for {host}"),
        (service, _) => match service.keys_page() {
            Some(page) => format!("Key of {service}, from {page}"),
            None => format!("Token of {service}"),
        },
    }
}

/// A key of no letters that no request carries.
fn no_key(account: &Account) -> Result<Key, Failure> {
    Ok(Key::new(Secret::new(String::new()), Origin::parse(&account.origin)?).carried(Carried::Nothing))
}

/// Why a credential was not found good. Nothing is stored then.
pub struct Refused;

impl Refused {
    /// The server was there and did not take the key.
    pub const CODE: &'static str = "key_refused";
}

/// What the server offers to somebody with this key; fails where it does not take it. Changes nothing.
pub fn check(
    account: &Account,
    secret: Option<&Secret>,
    settings: &Settings,
) -> Result<Definitions, Failure> {
    let key = match secret {
        Some(secret) => {
            Key::new(secret.clone(), Origin::parse(&account.origin)?).carried(carried(&account.auth))
        }
        None => no_key(account)?,
    };
    let setup = bridge::Setup { keys: Arc::new(FixedKey(key)), ..remote_setup(account, settings)? };
    block_on(Box::pin(fetch(setup)))?.map_err(|failure| judged(failure, account))
}

async fn fetch(setup: bridge::Setup) -> Result<Definitions, Failure> {
    let remote = Remote::new(setup);
    let found = Definitions::fetch(&remote).await;
    remote.close().await;
    found
}

/// What a failure means for a key that is not stored yet.
fn judged(failure: Failure, account: &Account) -> Failure {
    let status = failure.facts.get("http_status").and_then(serde_json::Value::as_u64);
    if let Some(401 | 403) = status {
        let hint = match account.service.keys_page() {
            Some(page) => format!("make a new key ({page}) and give that one"),
            None => "give another key; where the server wants it in a header, name that with `--header NAME`"
                .to_owned(),
        };
        let refused = Failure { code: Refused::CODE, exit: Exit::NotLoggedIn, ..failure };
        return not_stored(refused.hint(hint));
    }
    let flags = if account.name == account.service.name() {
        format!("--service {}", account.service)
    } else {
        format!("--account {}", account.name)
    };
    let hint = format!(
        "check the address {}, and try again later; `{} login {flags} --no-verify` stores the key unchecked",
        account.origin,
        me()
    );
    not_stored(failure.hint(hint))
}

fn not_stored(mut failure: Failure) -> Failure {
    failure.message.push_str("; nothing was stored");
    failure
}

/// Stores the credential and the account.
fn keep(account: &mut Account, credential: &Credential, settings: &mut Settings) -> Result<(), Failure> {
    let ring = patient_keyring();
    match credential.secret() {
        Some(secret) => block_on(store(account, secret, settings, ring))?,
        None => block_on(super::store_none(account, settings, ring))?,
    }
}

fn report(account: &Account, credential: &Credential, settings: &Settings) {
    terminal::line(&format!("logged in: account `{}`", account.name));
    let stored = place(account, settings);
    terminal::line(&match credential {
        Credential::Key(secret) => format!("  key      {}, stored {stored}", secret.masked()),
        Credential::Tokens(secret) => {
            let words =
                sign_ins::of(account, secret).map(|sign_in| sign_ins::words(&sign_in, SystemTime::now()));
            format!("  sign-in  {}, stored {stored}", words.unwrap_or_default())
        }
        Credential::Nothing => "  key      none: the server wants none".to_owned(),
    });
    terminal::line(&format!("  address  {}", account.origin));
    if let Some(tenant) = &account.tenant {
        terminal::line(&format!("  tenant   {tenant}"));
    }
}

/// How many tools there are, what a person should know of them, and what is new since the last login.
fn say_tools(account: &Account, before: Option<&Definitions>, found: &Definitions, settings: &Settings) {
    let tools = all_offered(account, settings).unwrap_or_default();
    terminal::line(&format!("  tools    {}", offered::counted(&tools)));
    for line in offered::asked_first(account, &tools) {
        terminal::line(&format!("  asks     {line}"));
    }
    let changes = before.map(|before| offered::changes(&before.tools, &found.tools)).unwrap_or_default();
    if changes.is_empty() {
        return;
    }
    terminal::line("  changed since the last login, and accepted by this one:");
    for change in changes.iter().flat_map(Change::lines) {
        terminal::line(&format!("    {change}"));
    }
}
