//! Keys of remote servers that were found in a client's file: checked at the service's own address, or at the one beside
//! the key where the person says so, and stored with the tools that the server offers.

use serde_json::Value;

use super::super::connect::block_on;
use super::super::login::{self, Refused, account_at, check_at_server, patient_keyring};
use super::{Plain, Settled, dead, storing};
use crate::credentials::{Key, Origin, carried};
use crate::failure::Failure;
use crate::gateway::bridged::definitions::Definitions;
use crate::settings::{Account, Settings, UserFolders};
use crate::terminal;

/// Fields of an entry that hold the address of a remote server.
const ADDRESSES: [&str; 4] = ["url", "serverUrl", "httpUrl", "uri"];

/// The header by which a key of faktoora names one of several accounts.
const TENANT: &str = "x-account-id";

/// What the entries say beside the key.
struct Beside {
    origin: Origin,
    tenant: Option<String>,
}

/// Asks the person, asks the server about the key, and stores it.
pub fn settle(plain: &Plain<'_>, settings: &mut Settings, folders: &UserFolders) -> Result<Settled, Failure> {
    let Some(beside) = beside(plain, folders) else { return Ok(Settled::Stays) };
    let origin = beside.origin.to_string();
    let own = origin == plain.service.default_origin();
    let whose = if own { String::new() } else { format!(" (not {}'s own address)", plain.service) };
    let question = format!(
        "Check {} at {origin}{whose}, keep it in the keyring, {}?",
        plain.secret.masked(),
        plain.consequence()
    );
    if !terminal::yes(&question) {
        return Ok(Settled::Stays);
    }
    block_on(patient_keyring().check_writable())?.map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message.push_str("; the key stays where it is, and nothing was changed");
        failure
    })?;
    plain.secret.check(plain.service, beside.origin.is_loopback())?;
    let mut account = account_at(plain.service.name(), plain.service, origin, settings);
    account.tenant = beside.tenant;
    let key = Key::new(plain.secret.clone(), beside.origin).carried(carried(&account.auth));
    let found = match check_at_server(&account, Some(plain.secret), settings) {
        Ok(found) => found,
        Err(failure) => {
            terminal::note(&failure.message);
            failure.causes.iter().for_each(|cause| terminal::note(&format!("  {cause}")));
            return Ok(if failure.code == Refused::CODE { dead(key) } else { Settled::Stays });
        }
    };
    keep(plain, account, key, &found, settings)
}

fn keep(
    plain: &Plain<'_>,
    account: Account,
    key: Key,
    found: &Definitions,
    settings: &mut Settings,
) -> Result<Settled, Failure> {
    let what = format!("{} at {}", plain.service, key.origin().host());
    terminal::note(&format!("the key works: {what} offers {} tools", found.tools.len()));
    let Some(name) = storing::name(&what, plain.service, &key, settings)? else { return Ok(Settled::Stays) };
    let tenant = account.tenant.clone();
    let mut account = Account { tenant, ..account_at(&name, plain.service, account.origin, settings) };
    block_on(login::store(&mut account, plain.secret, settings, patient_keyring()))??;
    found.store(&settings.folders.state, &account.name, &account.origin, true)?;
    storing::say_stored(&account);
    Ok(Settled::Kept(key, Box::new(account)))
}

/// The address that the entries send the key to, else the service's own; `None` where that is none.
fn beside(plain: &Plain<'_>, folders: &UserFolders) -> Option<Beside> {
    let own = Origin::parse(plain.service.default_origin()).ok()?;
    let entries = super::judging::entries(plain);
    let tenant = entries.iter().find_map(|(_, entry)| tenant(entry));
    let address = entries.iter().find_map(|(file, entry)| Some((file, address(entry)?)));
    let Some((file, address)) = address else { return Some(Beside { origin: own, tenant }) };
    match Origin::parse(address) {
        Ok(origin) => Some(Beside { origin, tenant }),
        Err(error) => {
            let file = super::shown(file, folders);
            terminal::note(&format!("the address beside the key in {file} is not used: {error}"));
            Some(Beside { origin: own, tenant })
        }
    }
}

fn address(entry: &Value) -> Option<&str> {
    let named = ADDRESSES.iter().find_map(|name| entry.get(*name)?.as_str());
    // A program that speaks to remote servers takes the address as an argument.
    let argument = || {
        let mut words = entry.get("args")?.as_array()?.iter().filter_map(Value::as_str);
        words.find(|word| word.starts_with("https://") || word.starts_with("http://"))
    };
    named.or_else(argument).filter(|address| !address.contains('$'))
}

fn tenant(entry: &Value) -> Option<String> {
    let blocks =
        ["headers", "requestInit", "http_headers"].iter().filter_map(|name| entry.get(*name)?.as_object());
    let header = blocks.flatten().find(|(name, _)| name.eq_ignore_ascii_case(TENANT));
    header.and_then(|(_, value)| value.as_str()).filter(|value| !value.contains('$')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{address, tenant};

    #[test]
    fn what_stands_beside_the_key_of_a_remote_server_is_read() {
        let entry = json!({"type": "http", "url": "https://api.faktoora.com/api/v1/mcp",
            "headers": {"X-API-KEY": "k", "X-Account-Id": "42"}});
        assert_eq!(address(&entry), Some("https://api.faktoora.com/api/v1/mcp"));
        assert_eq!(tenant(&entry).as_deref(), Some("42"));
        let entry =
            json!({"command": "npx", "args": ["mcp-remote", "https://billbot.io/api/mcp", "--header", "x"]});
        assert_eq!(address(&entry), Some("https://billbot.io/api/mcp"));
        assert_eq!(tenant(&entry), None);
        assert_eq!(address(&json!({"url": "${URL}"})), None);
    }
}
