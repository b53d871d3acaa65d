//! `lumabill status`: which accounts there are, where their keys are, and what they may do. Asks the
//! keyring, which it does not unlock, and never the network.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::connect::block_on;
use super::sign_ins;
use crate::credentials::key_file::KeyFile;
use crate::credentials::oauth::SignedIn;
use crate::credentials::{Keyring, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, Auth, Mode, Service, Settings, StoredIn, me};
use crate::terminal;

/// Show the accounts, where their keys are stored, and what they may do
#[derive(clap::Args)]
pub struct Args {
    /// Print JSON instead: a list `accounts`, keys masked
    #[arg(long)]
    json: bool,
}

/// One account and what its store says.
struct Row {
    account: Account,
    /// Absent where what is set as the address is none: it may hold a password.
    address: Option<String>,
    key: Option<String>,
    sign_in: Option<SignedIn>,
    problem: Option<Failure>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let settings = Settings::load()?;
    for warning in settings.warnings() {
        terminal::note(&format!("warning: {warning}"));
    }
    let rows = block_on(rows(&settings))??;
    let default = settings.account(None).ok().map(|account| account.name);
    if args.json {
        let accounts: Vec<Value> = rows.iter().map(|row| row.json(default.as_deref())).collect();
        terminal::json(&format!("{:#}", json!({ "accounts": accounts })));
    } else {
        for (index, row) in rows.iter().enumerate() {
            let space = if index == 0 { "" } else { "\n" };
            terminal::line(&format!("{space}{}", row.text(default.as_deref(), &settings)));
        }
    }
    if rows.is_empty() {
        let hint = format!("run `{0} login`, or try it without an account: `{0} serve --sandbox`", me());
        return Err(
            Failure::new("not_logged_in", Exit::NotLoggedIn, "not logged in: there is no account").hint(hint)
        );
    }
    Ok(())
}

async fn rows(settings: &Settings) -> Result<Vec<Row>, Failure> {
    let ring = Keyring::unattended();
    let mut rows = Vec::new();
    // One silent keyring is waited for once, however many accounts there are.
    let mut broken: Option<Failure> = None;
    for account in settings.accounts()? {
        let found = match &broken {
            Some(failure) if account.stored_in == StoredIn::Keyring => Err(failure.clone()),
            _ => stored_key(&account, settings, ring).await,
        };
        if let Err(failure) = &found
            && failure.code == "keyring_silent"
        {
            broken = Some(failure.clone());
        }
        let sign_in = found.as_ref().ok().and_then(|secret| sign_ins::of(&account, secret.as_ref()?));
        let (key, problem) = match found {
            Ok(Some(secret)) => (Some(sign_ins::masked(&account, &secret)), None),
            Ok(None) if account.auth == Auth::Nothing => (None, None),
            Ok(None) => (None, Some(missing(&account))),
            Err(failure) => (None, Some(failure)),
        };
        let (address, wrong) = match Origin::parse(&account.origin) {
            Ok(origin) => (Some(origin.to_string()), None),
            Err(error) => (None, Some(error.into())),
        };
        rows.push(Row { account, address, key, sign_in, problem: wrong.or(problem) });
    }
    Ok(rows)
}

/// The key from where the account says that it is; a locked keyring stays locked.
pub(super) async fn stored_key(
    account: &Account,
    settings: &Settings,
    ring: Keyring,
) -> Result<Option<Secret>, Failure> {
    match account.stored_in {
        StoredIn::Environment => Ok(settings.environment.api_key.clone().map(Secret::from)),
        StoredIn::File => Ok(KeyFile::of(&settings.folders, &account.name).read(&account.origin)?),
        StoredIn::Sandbox => Ok(None),
        StoredIn::Keyring => Ok(ring.read_quietly(&account.item_for(&account.origin)).await?),
    }
}

pub(super) fn missing(account: &Account) -> Failure {
    let what = if account.auth == Auth::OAuth { "sign-in" } else { "key" };
    let message = format!("the {what} is gone from the {}", account.stored_in.name());
    Failure::new("no_key", Exit::NotLoggedIn, message).hint(format!(
        "run `{} login --account {}`",
        me(),
        account.name
    ))
}

/// Where the key is, in words.
pub(super) fn place(account: &Account, settings: &Settings) -> String {
    match account.stored_in {
        StoredIn::Environment => "`LUMABILL_API_KEY`".to_owned(),
        StoredIn::Keyring => format!("keyring, item `{}`", account.item_for(&account.origin)),
        StoredIn::File => {
            let file = KeyFile::of(&settings.folders, &account.name);
            format!("file `{}`, not encrypted", file.path().display())
        }
        StoredIn::Sandbox => "sandbox".to_owned(),
    }
}

/// How a key goes out, where that is not said by the service.
fn goes_out(account: &Account) -> String {
    match &account.auth {
        Auth::Header(name) if account.service == Service::Url => format!(", in the header `{name}`"),
        _ => String::new(),
    }
}

/// What is kept of the tools of a remote server.
fn kept_tools(account: &Account, settings: &Settings) -> String {
    match Definitions::load(&settings.folders.state, &account.name, &account.origin) {
        None => format!("none kept yet: `{} login --account {}`", me(), account.name),
        Some(kept) => {
            let news = match kept.unaccepted().len() {
                0 => String::new(),
                news => format!(", {news} of them not accepted as they are now"),
            };
            format!("{} kept{news}", kept.tools.len())
        }
    }
}

impl Row {
    fn json(&self, default: Option<&str>) -> Value {
        let account = &self.account;
        let profiles: Vec<Value> =
            account.profiles.iter().map(|profile| json!({"id": profile.id, "name": profile.name})).collect();
        json!({
            "account": account.name,
            "service": account.service.name(),
            "origin": self.address,
            "auth": account.auth.text(),
            "tenant": account.tenant,
            "key": self.key,
            "sign_in": self.sign_in.as_ref().map(sign_ins::json),
            "stored_in": (account.auth != Auth::Nothing).then(|| account.stored_in.name()),
            "mode": account.mode.name(),
            "profile": account.profile,
            "profiles": profiles,
            "default": default == Some(account.name.as_str()),
            "problem": self.problem.as_ref().and_then(|failure| failure.json().get("error").cloned()),
        })
    }

    fn text(&self, default: Option<&str>, settings: &Settings) -> String {
        let account = &self.account;
        let used = if default == Some(account.name.as_str()) { " (used where none is named)" } else { "" };
        let place = place(account, settings);
        let mode = match account.mode {
            Mode::ReadWrite => "read and write",
            Mode::ReadOnly => "read only",
            Mode::Unknown => "not known",
        };
        let profile = match (&account.profile, account.profiles.len()) {
            (Some(id), _) => account.profile_label(id),
            (None, 0) => "not known".to_owned(),
            (None, count) => format!("none fixed, {count} known"),
        };
        let mut lines = vec![
            format!("account `{}`{used}", account.name),
            format!("  service  {}", account.service),
            format!("  address  {}", self.address.as_deref().unwrap_or("not usable")),
        ];
        if account.auth == Auth::Nothing {
            lines.push("  key      none: the server wants none".to_owned());
        } else if account.auth == Auth::OAuth {
            let words = self.sign_in.as_ref().map(|sign_in| sign_ins::words(sign_in, SystemTime::now()));
            lines.push(format!("  sign-in  {}", words.as_deref().unwrap_or("not readable")));
            lines.push(format!("  stored   {place}"));
        } else {
            lines.push(format!(
                "  key      {}{}",
                self.key.as_deref().unwrap_or("not readable"),
                goes_out(account)
            ));
            lines.push(format!("  stored   {place}"));
        }
        if account.service.is_remote() {
            lines.extend(account.tenant.as_ref().map(|tenant| format!("  tenant   {tenant}")));
            lines.push(format!("  tools    {}", kept_tools(account, settings)));
        } else {
            lines.push(format!("  may      {mode}"));
            lines.push(format!("  profile  {profile}"));
        }
        if let Some(problem) = &self.problem {
            lines.extend(problem.text().lines().map(|line| format!("  {line}")));
        }
        lines.join("\n")
    }
}
