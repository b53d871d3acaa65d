//! `lumabill login`: takes a key, asks the API about it, stores it, and shows what comes next.

pub(super) mod ask;
mod browser;
mod remote;
mod signing_in;
pub(super) mod verify;
mod wanted;

use std::io::IsTerminal;
use std::path::PathBuf;

use self::verify::Seen;
use self::wanted::Wanted;
use super::connect::{USER_AGENT, block_on, kept_description};
use super::spec::{self, Prepared, State};
use crate::api::{Client, Trust};
use crate::credentials::key_file::KeyFile;
use crate::credentials::{Key, Keyring, Origin, Secret};
use crate::failure::Failure;
use crate::gateway::rate_limit::RateLimits;
use crate::settings::{Account, Mode, Settings, StoredIn, me};
use crate::spec::Kept;
use crate::terminal;

pub(super) use remote::{Refused, check as check_at_server};
pub(super) use wanted::{account_at, in_words};

/// Store the key of a billing service in the system's keyring, or sign in there, after checking that it works
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  lumabill login                                  asks for the key, which is not shown
  lumabill login --with-token < key.txt           takes it from standard input
  lumabill login --account acme --profile-id 4f…  a second account, fixed to one company
  lumabill login --api-url https://api.example    another address than api.lumabill.ch
  lumabill login --service billbot                a key from billbot.io, Settings > API Keys
  lumabill login --service faktoora --tenant 42   one of several accounts behind a key
  lumabill login --service billstride             signs in with the browser
  lumabill login --service https://mcp.example.com/mcp --header X-API-Key
                                                  any other MCP server, with a key in a header

The key is made in the service's own settings (Lumabill: Settings > API). It is never an argument,
and it goes to no other address than the one it was stored for. To rotate a key, log in again.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Name under which the key is kept; several accounts live side by side
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// What the key is for: lumabill, lumabill-hosted, billbot, faktoora, billstride, or the address of an MCP server
    #[arg(long, value_name = "NAME|URL")]
    service: Option<String>,
    /// Read the key from standard input instead of asking for it
    #[arg(long)]
    with_token: bool,
    /// Address of the service, where it is another than its own
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Fix the account to this profile (company) of Lumabill: id or name
    #[arg(long, value_name = "UUID")]
    profile_id: Option<String>,
    /// Send the key in the header of this name, to a server that is given by its address
    #[arg(long, value_name = "NAME")]
    header: Option<String>,
    /// Work in this one of the accounts that a key of faktoora opens
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// PEM file with a certificate authority to trust for this account, besides the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The API's own OpenAPI description, a file or an address: as `lumabill spec use`, already for this login
    #[arg(long, value_name = "FILE")]
    spec: Option<String>,
    /// Keep the key in a file that only you can read, where there is no keyring
    #[arg(long)]
    insecure_storage: bool,
    /// Store the key without asking the service about it
    #[arg(long)]
    no_verify: bool,
    /// Print the address of a sign-in instead of opening the browser
    #[arg(long)]
    no_browser: bool,
    /// Catches a key given as an argument, so that it is refused without being printed
    #[arg(hide = true, num_args = 0..)]
    key: Vec<std::ffi::OsString>,
}

/// Logs in; nothing is stored unless everything before worked.
pub fn run(args: &Args) -> Result<(), Failure> {
    if !args.key.is_empty() {
        return Err(ask::NoKey::AsArgument.into());
    }
    let mut settings = Settings::load()?;
    let wanted = wanted::of(args, &settings)?;
    if wanted.account.service.is_remote() {
        return remote::log_in(args, wanted, &mut settings);
    }
    let Wanted { account, .. } = wanted;
    let origin = Origin::parse(&account.origin)?;
    let read = |spec: &str| Prepared::read(spec, &account, &settings);
    let prepared = args.spec.as_deref().map(read).transpose()?;
    let secret = ask::key(args.with_token, ask::FOR_LUMABILL)?;
    secret.check(account.service, origin.is_loopback())?;
    let key = Key::new(secret.clone(), origin);
    let before = prepared.map(|prepared| prepared.keep(&account, &settings)).transpose()?;
    match block_on(log_in(args, account, &key, &secret, &mut settings)).and_then(|logged_in| logged_in) {
        Ok(account) => report(&account, &key, &settings),
        Err(failure) => {
            if let Some(before) = before {
                before.restore();
            }
            return Err(failure);
        }
    }
    Ok(())
}

/// The keyring with the time that a person needs to unlock it, where there is one.
pub(super) fn patient_keyring() -> Keyring {
    if std::io::stdin().is_terminal() || terminal::is_terminal() {
        Keyring::attended(|| terminal::note("waiting for your keyring to be unlocked …"))
    } else {
        Keyring::unattended()
    }
}

async fn log_in(
    args: &Args,
    mut account: Account,
    key: &Key,
    secret: &Secret,
    settings: &mut Settings,
) -> Result<Account, Failure> {
    let ring = patient_keyring();
    if account.stored_in == StoredIn::Keyring {
        ring.check_writable().await?;
    }
    if !args.no_verify {
        let described = kept_description(&account, settings)?;
        let seen = seen(key, account.ca_file.clone(), settings, described.as_ref()).await?;
        account.profiles = seen.profiles;
        account.mode = seen.mode;
    }
    account.profile = ask::profile(&account, args.profile_id.as_deref())?;
    store(&mut account, secret, settings, ring).await?;
    Ok(account)
}

/// What the API at the key's own origin says of the key, asked by the user's description of it where there is one.
pub(super) async fn seen(
    key: &Key,
    ca_file: Option<PathBuf>,
    settings: &Settings,
    described: Option<&Kept>,
) -> Result<Seen, Failure> {
    let trust = Trust { ca_file, environment_roots: false };
    let client = Client::new(key.origin().clone(), trust, USER_AGENT);
    let rates = super::connect::rates(settings.rate_limit()?);
    let limits = RateLimits::new(rates, &settings.folders.state, None);
    Ok(verify::verify(&client, key, &limits, described).await?)
}

/// Stores the key, reads it back, and removes what earlier logins of this account left elsewhere.
pub(super) async fn store(
    account: &mut Account,
    secret: &Secret,
    settings: &mut Settings,
    ring: Keyring,
) -> Result<(), Failure> {
    let item = account.item_for(&account.origin);
    let file = KeyFile::of(&settings.folders, &account.name);
    let stale = if account.stored_in == StoredIn::Keyring {
        ring.write(&item, secret).await?;
        file.delete()?;
        None
    } else {
        file.write(&account.origin, secret)?;
        // Only a copy that may be there: without a keyring there is nothing to say about it.
        let had_one =
            settings.stored_account(&account.name).is_some_and(|old| old.stored_in == StoredIn::Keyring);
        had_one.then_some(account.origin.clone())
    };
    remove_stale(account, stale, ring).await;
    Ok(settings.put_account(account)?)
}

/// Stores an account whose server wants no credential, and removes what earlier logins left.
async fn store_none(account: &mut Account, settings: &mut Settings, ring: Keyring) -> Result<(), Failure> {
    KeyFile::of(&settings.folders, &account.name).delete()?;
    let had_one =
        settings.stored_account(&account.name).is_some_and(|old| old.stored_in == StoredIn::Keyring);
    remove_stale(account, had_one.then(|| account.origin.clone()), ring).await;
    Ok(settings.put_account(account)?)
}

/// Removes the keys of `account` for `stale` and for its former addresses from the keyring; what stays is kept in mind.
async fn remove_stale(account: &mut Account, stale: Option<String>, ring: Keyring) {
    let mut left = Vec::new();
    for origin in stale.into_iter().chain(std::mem::take(&mut account.former_origins)) {
        let item = account.item_for(&origin);
        if let Err(error) = ring.delete(&item).await {
            terminal::note(&format!(
                "warning: the older key `{item}` is still in the keyring ({error}); `{} logout` removes it",
                me()
            ));
            left.push(origin);
        }
    }
    account.former_origins = left;
}

fn report(account: &Account, key: &Key, settings: &Settings) {
    let mode = match account.mode {
        Mode::ReadWrite => "read and write",
        Mode::ReadOnly => "read only: no tool that writes is served",
        Mode::Unknown => "not known yet",
    };
    terminal::line(&format!("logged in: account `{}`", account.name));
    terminal::line(&format!("  key      {}, stored {}", key.masked(), place(account, settings)));
    terminal::line(&format!("  address  {}", account.origin));
    terminal::line(&format!("  may      {mode}"));
    terminal::line(&format!("  profile  {}", profile_line(account)));
    if let Ok(Some(state)) = spec::state(account, settings) {
        terminal::line(&format!("  API      {}", in_a_line(&state, account)));
    }
    if settings.environment.api_key.is_some() {
        terminal::note("warning: `LUMABILL_API_KEY` is set here and is used instead of the stored key");
    }
    say_what_is_next(account, settings);
}

/// The API description of the account, in a line.
fn in_a_line(state: &State, account: &Account) -> String {
    let title = if state.kept.title.is_empty() { "a description without a title" } else { &state.kept.title };
    if state.stale {
        return format!(
            "{title} was made for {} and is not used: `{} spec reset --account {}` removes it",
            state.kept.origin,
            me(),
            account.name
        );
    }
    format!("as {title} says, {} of our tools missing in it", state.missing)
}

/// Where the credential is by now, behind `stored`.
fn place(account: &Account, settings: &Settings) -> String {
    match account.stored_in {
        StoredIn::File => format!(
            "in the file `{}`, which only you can read and which is not encrypted",
            KeyFile::of(&settings.folders, &account.name).path().display()
        ),
        _ => format!(
            "in the system's keyring, item `{}` of service `lumabill`",
            account.item_for(&account.origin)
        ),
    }
}

/// How clients are told to start us for this account.
fn say_what_is_next(account: &Account, settings: &Settings) {
    if cfg!(target_os = "macos") && account.stored_in == StoredIn::Keyring {
        terminal::note("after an update macOS may ask again: choose Always Allow, or log in again");
    }
    let is_default = settings.account(None).is_ok_and(|default| default.name == account.name);
    // A further account would leave it open which one is meant.
    let alone = is_default && !account.service.is_remote();
    let chosen = if alone { String::new() } else { format!(" --account {}", account.name) };
    let server = super::install::server_name(account, is_default);
    terminal::line(&format!(
        "next: {0} install{chosen}   lets your AI clients start it; for Claude Code by hand:\n      \
         claude mcp add -s user {server} -- {0} serve{chosen}",
        me()
    ));
}

fn profile_line(account: &Account) -> String {
    let whose =
        if account.name == "lumabill" { String::new() } else { format!(" --account {}", account.name) };
    match (&account.profile, account.profiles.as_slice()) {
        (Some(id), _) => account.profile_label(id),
        (None, []) => "not known yet".to_owned(),
        (None, several) => {
            let names: Vec<_> = several.iter().map(|profile| format!("`{}`", profile.name)).collect();
            format!(
                "none chosen: nothing is written until a call names one of {}, or you run `{} config{whose} \
                 profile NAME`",
                names.join(", "),
                me()
            )
        }
    }
}
