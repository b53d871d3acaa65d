//! Signing in with a browser: who signs people in is shown, and asked about where that is somebody else than the server.

use std::time::Duration;

use super::browser::{self, Browser};
use crate::commands::connect::USER_AGENT;
use crate::credentials::{Origin, Secret, oauth};
use crate::failure::{Exit, Failure};
use crate::https::Trust;
use crate::settings::{Account, StoredIn};
use crate::terminal;

/// How long a person may take in the browser.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Signs in to the server of `account`; what comes back is to be stored in place of a key. `challenge` is what the
/// server's 401 said. Nothing is stored here, so that Ctrl-C leaves nothing behind.
pub async fn sign_in(
    account: &Account,
    challenge: Option<&str>,
    browser: Browser,
) -> Result<Secret, Failure> {
    let server = Origin::parse(&account.origin)?;
    let environment_roots = account.stored_in == StoredIn::Environment;
    let trust = Trust { ca_file: account.ca_file.clone(), environment_roots };
    let found = oauth::discover(&server, &trust, USER_AGENT, challenge).await?;
    terminal::note(&format!("{} lets {} sign people in", server.host(), found.issuer));
    if !found.elsewhere.is_empty() {
        agreed(&server, &found.elsewhere.join(" and "))?;
    }
    let mut open = |address: &str| {
        let opened = browser == Browser::Opened && browser::open(address);
        terminal::note(if opened {
            "your browser opens now; if it does not, go to this address yourself:"
        } else {
            "go to this address in a browser on this machine:"
        });
        terminal::note(&format!("\n  {address}\n"));
        terminal::note("waiting for you to sign in, for five minutes (Ctrl-C leaves, nothing is stored) …");
    };
    Ok(found.sign_in(&mut open, PATIENCE).await?)
}

/// The person knows who is to sign them in: what they type there goes to somebody else than the server.
fn agreed(server: &Origin, elsewhere: &str) -> Result<(), Failure> {
    let refused = |message: String| Failure::new("issuer_elsewhere", Exit::Refused, message);
    if !terminal::is_attended() {
        let message = format!(
            "{} wants people to sign in at {elsewhere}, which is another host, and nobody can be asked whether that is \
             right; nothing was stored",
            server.host()
        );
        return Err(refused(message)
            .hint("run the same command in a terminal, and say yes there if you know that address"));
    }
    let question =
        format!("{elsewhere} is another host than {}. Do you want to sign in there?", server.host());
    if terminal::yes(&question) {
        return Ok(());
    }
    Err(refused(format!("you did not want to sign in at {elsewhere}; nothing was stored")))
}
