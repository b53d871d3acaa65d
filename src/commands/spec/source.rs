//! Where a description comes from: a file, standard input, an address, or one of the usual places.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::discovering;
use crate::api::Trust;
use crate::api::description::{Source, address};
use crate::commands::connect::USER_AGENT;
use crate::credentials::Origin;
use crate::failure::{Exit, Failure};
use crate::settings::{Account, Settings, StoredIn, quoted};
use crate::spec::Document;
use crate::text::in_line;

/// One more byte than a description may have.
const MOST: u64 = 10_000_001;

/// A description that was read.
pub struct Given {
    /// As they came.
    pub bytes: Vec<u8>,
    pub document: Document,
    /// File or address, for people.
    pub source: String,
    kind: Kind,
    /// Places that were tried, and what each answered.
    pub tried: Vec<(String, String)>,
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Input,
    Address,
    AddressWithQuery,
    Found,
}

impl Given {
    /// As the argument of another command.
    pub fn again(&self) -> String {
        match self.kind {
            Kind::File | Kind::Address => quoted(&self.source),
            // What stands behind its `?` is not kept, since it may be secret.
            Kind::AddressWithQuery => "URL".to_owned(),
            Kind::Input => "FILE".to_owned(),
            Kind::Found => "--discover".to_owned(),
        }
    }

    fn of(bytes: Vec<u8>, source: String, kind: Kind, account: &Account) -> Result<Self, Failure> {
        let mut document = Document::parse(&bytes).map_err(|error| {
            let failure = Failure::from(error);
            let message = format!("`{source}` cannot be used: {}; nothing was changed", failure.message);
            Failure { message, ..failure }
        })?;
        document.without_prefix(&prefix(account));
        Ok(Self { bytes, document, source, kind, tried: Vec::new() })
    }
}

/// The path of the account's own address, which all calls are put below.
fn prefix(account: &Account) -> String {
    let origin = Origin::parse(&account.origin).ok();
    let url = origin.and_then(|origin| origin.join(""));
    url.map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// Reads the description at `source`; the first at one of the usual places where nothing is named.
pub async fn given(source: Option<&str>, account: &Account, settings: &Settings) -> Result<Given, Failure> {
    match source {
        Some("-") => {
            let bytes = bytes_of(std::io::stdin().lock());
            let bytes = bytes.map_err(|error| unreadable("standard input", &error, PATH))?;
            Given::of(bytes, "standard input".to_owned(), Kind::Input, account)
        }
        Some(text) if text.contains("://") => from_address(text, account, settings).await,
        Some(text) => from_file(Path::new(text), account),
        None => {
            let (found, tried) = discovering::find(account, settings).await?;
            let given = Given::of(found.bytes, found.address, Kind::Found, account)?;
            Ok(Given { tried, ..given })
        }
    }
}

fn from_file(path: &Path, account: &Account) -> Result<Given, Failure> {
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = in_line(&shown.display().to_string(), 400);
    let bytes = File::open(path).and_then(bytes_of).map_err(|error| {
        let host = shown_as_address(path);
        unreadable(&format!("`{shown}`"), &error, host)
    })?;
    Given::of(bytes, shown, Kind::File, account)
}

fn bytes_of(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(what: &str, error: &std::io::Error, hint: &str) -> Failure {
    Failure::new("spec_unreadable", Exit::Refused, format!("{what} cannot be read; nothing was changed"))
        .because(error.to_string())
        .hint(hint)
}

const PATH: &str = "give the path of the vendor's OpenAPI file, or its https address";

/// What is said where a file that is not there looks like an address.
fn shown_as_address(path: &Path) -> &'static str {
    let first = path.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
    let is_host = !path.exists() && path.iter().count() > 1 && first.contains('.') && !first.starts_with('.');
    if is_host { "an address begins with `https://`" } else { PATH }
}

async fn from_address(text: &str, account: &Account, settings: &Settings) -> Result<Given, Failure> {
    let url = address(text)?;
    let source = Source::of(&url, trust(account, settings), USER_AGENT)?;
    let fetched = source.fetch(&url).await.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("{}; nothing was changed", failure.message), ..failure }
    })?;
    let kind = if url.query().is_some() { Kind::AddressWithQuery } else { Kind::Address };
    Given::of(fetched.bytes, fetched.address, kind, account)
}

/// Whom a connection trusts, as calls of the account do.
pub fn trust(account: &Account, settings: &Settings) -> Trust {
    let environment_roots = account.stored_in == StoredIn::Environment;
    let stored = settings.stored_account(&account.name).and_then(|stored| stored.ca_file);
    let ca_file = account.ca_file.clone().or(stored.filter(|_| !environment_roots));
    Trust { ca_file, environment_roots }
}
