//! What a person does after a key was taken out of files: it was exposed, and only revoking it ends that.

use super::rewriting::Changed;
use super::shown;
use crate::credentials::Key;
use crate::settings::{Account, Service, UserFolders, me};
use crate::terminal;

/// Says what is left to do.
pub fn after(
    changed: &Changed,
    (service, key): (Service, &Key),
    account: Option<&Account>,
    folders: &UserFolders,
) {
    let key = key.masked();
    let page = match service {
        Service::Lumabill | Service::LumabillHosted => "in Lumabill (Settings > API)".to_owned(),
        other => other.keys_page().map_or_else(|| format!("at {other}"), |page| format!("({page})")),
    };
    if let Some(account) = account {
        terminal::note(&format!(
            "next: {key} stood in plain text, so treat it as known to others: make a new key {page}, store it with \
             `{} login{}`, then revoke {key} there",
            me(),
            options(account)
        ));
    } else {
        let flags = if has_own_account(service) { format!(" --service {service}") } else { String::new() };
        terminal::note(&format!(
            "next: make sure {page} that {key} is revoked; `{} login{flags}` stores a new key",
            me()
        ));
    }
    for file in &changed.tracked {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        terminal::note(&format!(
            "git tracks {}: commit the change; its history, and every clone of it, still holds {key} (`git log \
             --oneline -- {name}` lists the commits), so revoking is what helps",
            shown(file, folders)
        ));
    }
    terminal::note(&format!(
        "other copies of {key} are not looked for: other machines, synchronised folders and backups of the whole \
         disk, your shell's history and start files"
    ));
    if changed.replaced {
        terminal::note(&format!(
            "`{} uninstall` takes our entry out again; it does not bring back the entry that held the key",
            me()
        ));
    } else if account.is_some() {
        terminal::note(&format!("next: `{} install` lets your clients use the account", me()));
    }
    for next in &changed.next {
        terminal::note(&format!("next: {next}"));
    }
}

/// A key that becomes one of an account of its own service.
fn has_own_account(service: Service) -> bool {
    service.is_remote() && service != Service::LumabillHosted
}

/// The options with which `login` means this account.
fn options(account: &Account) -> String {
    let service = account.service;
    if service.is_remote() {
        // It knows the account's service and address.
        return format!(" --account {}", account.name);
    }
    let name =
        if account.name == service.name() { String::new() } else { format!(" --account {}", account.name) };
    if account.origin == service.default_origin() {
        name
    } else {
        format!("{name} --api-url {}", account.origin)
    }
}
