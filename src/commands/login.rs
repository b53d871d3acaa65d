//! `lumabill login`: takes a key, asks the API about it, stores it, and shows what comes next.

pub(super) mod ask;
mod browser;
mod signing_in;
pub(super) mod verify;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use self::verify::Seen;
use super::connect::{USER_AGENT, block_on};
use crate::api::{Client, Trust};
use crate::credentials::key_file::KeyFile;
use crate::credentials::{Key, Keyring, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::rate_limit::RateLimits;
use crate::settings::{Account, Mode, Service, Settings, SettingsError, StoredIn, is_account_name, me};
use crate::terminal;

/// Store your API key in the system's keyring, after checking that it works
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  lumabill login                                  asks for the key, which is not shown
  lumabill login --with-token < key.txt           takes it from standard input
  lumabill login --account acme --profile-id 4f…  a second account, fixed to one company
  lumabill login --api-url https://api.example    another address than api.lumabill.ch

The key is made in Lumabill under Settings > API. It is never an argument, and it goes to no other
address than the one it was stored for. To rotate a key, log in again with the new one.")]
pub struct Args {
    /// Name under which the key is kept; several accounts live side by side
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// What the key is for
    #[arg(long, value_name = "NAME", default_value = "lumabill")]
    service: String,
    /// Read the key from standard input instead of asking for it
    #[arg(long)]
    with_token: bool,
    /// Address of the API, where it is another than the service's own
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Fix the account to this profile (company): id or name
    #[arg(long, value_name = "UUID")]
    profile_id: Option<String>,
    /// PEM file with a certificate authority to trust for this account, besides the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Keep the key in a file that only you can read, where there is no keyring
    #[arg(long)]
    insecure_storage: bool,
    /// Store the key without asking the API about it
    #[arg(long)]
    no_verify: bool,
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
    let account = account(args, &settings)?;
    let origin = Origin::parse(&account.origin)?;
    let secret = ask::key(args.with_token)?;
    secret.check(account.service, origin.is_loopback())?;
    let key = Key::new(secret.clone(), origin);
    let account = block_on(log_in(args, account, &key, &secret, &mut settings))??;
    report(&account, &key, &settings);
    Ok(())
}

/// The account as the flags describe it, over what is known of it.
fn account(args: &Args, settings: &Settings) -> Result<Account, Failure> {
    let service = service(&args.service)?;
    let name = args.account.as_deref().or(settings.environment.account.as_deref()).unwrap_or(service.name());
    if !is_account_name(name) {
        return Err(SettingsError::AccountName(name.to_owned()).into());
    }
    let origin = Origin::parse(args.api_url.as_deref().unwrap_or(service.default_origin()))?.to_string();
    Ok(Account {
        stored_in: if args.insecure_storage { StoredIn::File } else { StoredIn::Keyring },
        ca_file: args.ca_file.as_deref().map(ca_file).transpose()?,
        ..account_at(name, service, origin, settings)
    })
}

/// The account `name` as it will be with a new key for `origin`, over what is known of it.
pub(super) fn account_at(name: &str, service: Service, origin: String, settings: &Settings) -> Account {
    let known = settings.stored_account(name);
    let mut account = Account {
        service,
        mode: Mode::Unknown,
        stored_in: StoredIn::Keyring,
        ..known.clone().unwrap_or_else(|| Account::unknown(name))
    };
    if let Some(known) = known.filter(|known| known.origin != origin) {
        account.former_origins.push(known.origin);
        // Another address, other companies.
        account.profile = None;
        account.profiles = Vec::new();
    }
    account.former_origins.retain(|former| *former != origin);
    account.origin = origin;
    account
}

fn service(name: &str) -> Result<Service, Failure> {
    let unusable = |message: String, hint: String| {
        Err(Failure::new("service_not_served", Exit::Usage, message).hint(hint))
    };
    match Service::from_name(name) {
        Some(Service::Lumabill) => Ok(Service::Lumabill),
        Some(Service::Sandbox) => {
            unusable("the sandbox needs no login".to_owned(), format!("run `{} serve --sandbox`", me()))
        }
        Some(service) => unusable(
            format!("this version cannot serve `{service}` yet; nothing was stored"),
            format!("log in to Lumabill itself: `{} login`", me()),
        ),
        None => unusable(
            format!("there is no service `{name}` in this version; nothing was stored"),
            format!("run `{} login --api-url URL` for another address of the Lumabill API", me()),
        ),
    }
}

/// The absolute path of a readable PEM file.
fn ca_file(file: &Path) -> Result<PathBuf, Failure> {
    let unusable = |cause: String| {
        let message = format!("`{}` cannot be used as certificate authority", file.display());
        Failure::new("bad_ca_file", Exit::Usage, message)
            .because(cause)
            .hint("give a PEM file that begins with `-----BEGIN CERTIFICATE-----`")
    };
    let real = file.canonicalize().map_err(|error| unusable(error.to_string()))?;
    let text = std::fs::read(&real).map_err(|error| unusable(error.to_string()))?;
    if !String::from_utf8_lossy(&text).contains("-----BEGIN CERTIFICATE-----") {
        return Err(unusable("it holds no certificate in PEM form".to_owned()));
    }
    Ok(real)
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
        let seen = seen(key, account.ca_file.clone(), settings).await?;
        account.profiles = seen.profiles;
        account.mode = seen.mode;
    }
    account.profile = ask::profile(&account, args.profile_id.as_deref())?;
    store(&mut account, secret, settings, ring).await?;
    Ok(account)
}

/// What the API at the key's own origin says of the key.
pub(super) async fn seen(key: &Key, ca_file: Option<PathBuf>, settings: &Settings) -> Result<Seen, Failure> {
    let trust = Trust { ca_file, environment_roots: false };
    let client = Client::new(key.origin().clone(), trust, USER_AGENT);
    let rates = super::connect::rates(settings.rate_limit()?);
    let limits = RateLimits::new(rates, &settings.folders.state, None);
    Ok(verify::verify(&client, key, &limits).await?)
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
    Ok(settings.put_account(account)?)
}

fn report(account: &Account, key: &Key, settings: &Settings) {
    let place = match account.stored_in {
        StoredIn::File => format!(
            "in the file `{}`, which only you can read and which is not encrypted",
            KeyFile::of(&settings.folders, &account.name).path().display()
        ),
        _ => format!(
            "in the system's keyring, item `{}` of service `lumabill`",
            account.item_for(&account.origin)
        ),
    };
    let mode = match account.mode {
        Mode::ReadWrite => "read and write",
        Mode::ReadOnly => "read only: no tool that writes is served",
        Mode::Unknown => "not known yet",
    };
    terminal::line(&format!("logged in: account `{}`", account.name));
    terminal::line(&format!("  key      {}, stored {place}", key.masked()));
    terminal::line(&format!("  address  {}", account.origin));
    terminal::line(&format!("  may      {mode}"));
    terminal::line(&format!("  profile  {}", profile_line(account)));
    if settings.environment.api_key.is_some() {
        terminal::note("warning: `LUMABILL_API_KEY` is set here and is used instead of the stored key");
    }
    if cfg!(target_os = "macos") && account.stored_in == StoredIn::Keyring {
        terminal::note("after an update macOS may ask again: choose Always Allow, or log in again");
    }
    let chosen = if settings.account(None).is_ok_and(|default| default.name == account.name) {
        String::new()
    } else {
        format!(" --account {}", account.name)
    };
    terminal::line(&format!(
        "next: {0} install{chosen}   lets your AI clients start it; for Claude Code by hand:\n      \
         claude mcp add -s user lumabill -- {0} serve{chosen}",
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
