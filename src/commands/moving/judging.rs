//! Whether a key that was found is good, by the same questions to the API that `login` asks. The key goes to an
//! address only after a question that shows it: one that stands in a file may be anybody's.

use std::path::PathBuf;

use serde_json::Value;

use super::super::connect::block_on;
use super::super::install::client_file::Snapshot;
use super::super::login::verify::Seen;
use super::super::login::{self, patient_keyring};
use super::{Plain, shown};
use crate::credentials::{Key, Origin};
use crate::failure::Failure;
use crate::install::edit;
use crate::settings::{Service, Settings, StoredIn, UserFolders};
use crate::terminal;

/// Addresses that a person may give before the key is left where it is.
const ATTEMPTS: usize = 3;

/// Variables and options that name the API's address beside a key.
const ADDRESSES: [&str; 6] =
    ["LUMABILL_API_URL", "LUMABILL_BASE_URL", "LUMABILL_URL", "API_URL", "API_BASE_URL", "BASE_URL"];

/// What became of the question whether a key is good.
pub enum Judged {
    /// The person said no, or nobody could tell.
    Not,
    Good {
        key: Key,
        seen: Seen,
        ca_file: Option<PathBuf>,
    },
    /// The API does not take it any more.
    Dead(Key),
}

/// Asks the person, makes sure that the key can be stored, and asks the API.
pub fn judge(plain: &Plain<'_>, settings: &Settings, folders: &UserFolders) -> Result<Judged, Failure> {
    let Some(Address { mut origin, mut ca_file, mut assumed }) = address(plain, settings, folders) else {
        return Ok(Judged::Not);
    };
    let question = format!(
        "Check {} at {origin}, keep it in the keyring, {}?",
        plain.secret.masked(),
        plain.consequence()
    );
    if !terminal::yes(&question) {
        return Ok(Judged::Not);
    }
    block_on(patient_keyring().check_writable())?.map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message.push_str("; the key stays where it is, and nothing was changed");
        failure
    })?;
    for _ in 0..ATTEMPTS {
        plain.secret.check(Service::Lumabill, origin.is_loopback())?;
        let key = Key::new(plain.secret.clone(), origin);
        match block_on(login::seen(&key, ca_file.clone(), settings, None))? {
            Ok(seen) => return Ok(Judged::Good { key, seen, ca_file }),
            Err(failure) => {
                terminal::note(&failure.message);
                for cause in &failure.causes {
                    terminal::note(&format!("  {cause}"));
                }
                match failure.code {
                    // No page prints where the API is: another address may know the key.
                    "key_refused" if !assumed => return Ok(Judged::Dead(key)),
                    "key_refused" => match typed("Enter: there is no other") {
                        Some(other) => {
                            (origin, ca_file, assumed) = (other, None, false);
                            continue;
                        }
                        None => return Ok(Judged::Dead(key)),
                    },
                    "plan_lapsed" => return Ok(Judged::Not),
                    _ => {}
                }
            }
        }
        match typed("Enter: leave the key where it is") {
            Some(other) => (origin, ca_file, assumed) = (other, None, false),
            None => break,
        }
    }
    Ok(Judged::Not)
}

/// The address that a person gives; `None` for Enter, which means what is said.
fn typed(enter: &str) -> Option<Origin> {
    let question = format!("Address of the API, as Lumabill shows it under Settings > API ({enter}): ");
    loop {
        let answer = terminal::ask(&question)?;
        if answer.is_empty() {
            return None;
        }
        match Origin::parse(&answer) {
            Ok(origin) => return Some(origin),
            Err(error) => terminal::note(&error.to_string()),
        }
    }
}

/// Where a key is checked.
struct Address {
    origin: Origin,
    /// The certificate authority of the account there.
    ca_file: Option<PathBuf>,
    /// True where nobody named it: the service's own, which no public page prints.
    assumed: bool,
}

/// The address beside the key, else that of the account which is served here, else the service's own.
fn address(plain: &Plain<'_>, settings: &Settings, folders: &UserFolders) -> Option<Address> {
    let ca_file = |origin: &Origin| {
        let mut accounts = settings.stored_accounts().into_iter();
        accounts.find(|account| account.origin == origin.to_string())?.ca_file
    };
    for (file, text) in beside(plain) {
        let file = shown(&file, folders);
        match Origin::parse(&text) {
            Ok(origin) => {
                terminal::note(&format!("the address {origin} stands beside the key in {file}"));
                let ca_file = ca_file(&origin);
                return Some(Address { origin, ca_file, assumed: false });
            }
            Err(error) => {
                terminal::note(&format!("the address beside the key in {file} is not used: {error}"));
            }
        }
    }
    let served = settings.account(None).ok().filter(|account| {
        account.service == Service::Lumabill
            && account.stored_in != StoredIn::Environment
            && settings.stored_account(&account.name).is_some()
            // Something on this machine, the sandbox perhaps: no key of the service is offered to it unasked.
            && Origin::parse(&account.origin).is_ok_and(|origin| !origin.is_loopback())
    });
    let assumed = served.is_none();
    let own = Service::Lumabill.default_origin().to_owned();
    let origin = Origin::parse(&served.map_or(own, |account| account.origin)).ok()?;
    let ca_file = ca_file(&origin);
    Some(Address { origin, ca_file, assumed })
}

/// The addresses in those entries that hold the key, with their files.
fn beside(plain: &Plain<'_>) -> Vec<(PathBuf, String)> {
    let named = |(file, entry): (PathBuf, Value)| Some((file, named(&entry)?));
    entries(plain).into_iter().filter_map(named).collect()
}

/// Those entries that hold the key, with their files.
pub fn entries(plain: &Plain<'_>) -> Vec<(PathBuf, Value)> {
    let mut holding = Vec::new();
    for file in plain.files.iter().filter(|file| !file.backup) {
        let (Some(client), Ok(snapshot)) = (file.client(), Snapshot::read(&file.file)) else { continue };
        let Ok(entries) = edit::entries(snapshot.text().unwrap_or_default(), &client.spot) else { continue };
        let names: Vec<_> = file
            .keys
            .iter()
            .zip(&file.servers)
            .filter(|(found, _)| found.secret.is(plain.secret))
            .filter_map(|(_, server)| server.as_deref())
            .collect();
        for entry in entries.into_iter().filter(|entry| names.contains(&entry.name.as_str())) {
            holding.push((file.file.clone(), entry.entry));
        }
    }
    holding
}

/// The address that an entry names in its variables or arguments.
fn named(entry: &Value) -> Option<String> {
    let blocks = ["env", "environment", "envs"].iter().filter_map(|block| entry.get(block));
    let variable = blocks
        .flat_map(|block| ADDRESSES.iter().filter_map(|name| block.get(name)))
        .find_map(|value| Some(value.as_str()?.to_owned()));
    let argument = || {
        let mut words = entry.get("args")?.as_array()?.iter().filter_map(Value::as_str);
        words
            .by_ref()
            .find_map(|word| match word.strip_prefix("--api-url") {
                Some("") => Some(None),
                Some(rest) => Some(Some(rest.strip_prefix('=')?.to_owned())),
                None => None,
            })?
            .or_else(|| words.next().map(str::to_owned))
    };
    variable.or_else(argument).filter(|address| !address.contains('$'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::named;

    #[test]
    fn the_address_beside_a_key_is_read_from_variables_and_arguments() {
        let address = |entry| named(&entry);
        let url = Some("https://api.example".to_owned());
        assert_eq!(address(json!({"env": {"A": "x", "LUMABILL_API_URL": "https://api.example"}})), url);
        assert_eq!(address(json!({"envs": {"BASE_URL": "https://api.example"}})), url);
        assert_eq!(address(json!({"args": ["x", "--api-url", "https://api.example"]})), url);
        assert_eq!(address(json!({"args": ["--api-url=https://api.example"]})), url);
        assert_eq!(address(json!({"env": {"LUMABILL_API_URL": "${URL}"}, "args": ["--api-url"]})), None);
        assert_eq!(address(json!({"url": "https://mcp.lumabill.ch/mcp"})), None);
    }
}
