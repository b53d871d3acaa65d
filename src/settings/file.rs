//! The config file: read strictly (a misspelt floor must not be silently no floor), written with comments
//! and order kept, in one step, by one process at a time.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::forward::{Not, VERSION, forward};
use super::policy::{Confirm, HistoryDays, RateLimit, Window};
use super::{Account, Auth, Mode, Profile, Service, Settings, SettingsError, StoredIn};

/// What the config file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    #[serde(default, rename = "version")]
    _version: i64,
    pub default_account: Option<String>,
    pub confirm: Option<Confirm>,
    pub read_only: Option<bool>,
    pub toolsets: Option<Vec<String>>,
    pub files: Option<Vec<PathBuf>>,
    pub rate_limit: Option<RateLimit>,
    pub duplicate_window: Option<Window>,
    pub history_days: Option<HistoryDays>,
    #[serde(default)]
    pub accounts: BTreeMap<String, StoredAccount>,
}

/// One table `[accounts.NAME]`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredAccount {
    service: Service,
    pub origin: String,
    stored_in: StoredIn,
    #[serde(default)]
    mode: Mode,
    pub profile: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
    ca_file: Option<PathBuf>,
    auth: Option<Auth>,
    tenant: Option<String>,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    former_origins: Vec<String>,
}

impl StoredAccount {
    pub fn named(&self, name: &str) -> Account {
        Account {
            name: name.to_owned(),
            service: self.service,
            origin: self.origin.clone(),
            stored_in: self.stored_in,
            mode: self.mode,
            profile: self.profile.clone(),
            profiles: self.profiles.clone(),
            ca_file: self.ca_file.clone(),
            auth: self.auth.clone().unwrap_or_else(|| self.service.auth()),
            tenant: self.tenant.clone(),
            reads: self.reads.clone(),
            former_origins: self.former_origins.clone(),
        }
    }
}

/// Reads the file; a missing one is empty.
pub(super) fn read(file: &Path) -> Result<Config, SettingsError> {
    parse(file, &text_of(file)?)
}

fn text_of(file: &Path) -> Result<String, SettingsError> {
    if is_pipe(file) {
        let source = io::Error::other("it is a pipe, into which nobody may ever write");
        return Err(SettingsError::Unreadable { file: file.to_owned(), source });
    }
    match fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(SettingsError::Unreadable { file: file.to_owned(), source }),
    }
}

#[cfg(unix)]
fn is_pipe(file: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(file).is_ok_and(|meta| meta.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_file: &Path) -> bool {
    false
}

/// The file as this version knows it, and whether an older one wrote it.
fn document(file: &Path, text: &str) -> Result<(DocumentMut, bool), SettingsError> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        unparsable(file, text, error.span().map(|span| span.start), error.message())
    })?;
    let moved = forward(&mut document).map_err(|not| match not {
        Not::Newer(version) => SettingsError::Newer { file: file.to_owned(), version },
        Not::AVersion => unparsable(file, text, None, &format!("`version` has to be 1 to {VERSION}")),
    })?;
    Ok((document, moved))
}

fn parse(file: &Path, text: &str) -> Result<Config, SettingsError> {
    let (document, moved) = document(file, text)?;
    let moved = moved.then(|| document.to_string());
    let text = moved.as_deref().unwrap_or(text);
    let config: Config = toml_edit::de::from_str(text)
        .map_err(|error| unparsable(file, text, error.span().map(|span| span.start), error.message()))?;
    if let Some(name) = config.accounts.keys().find(|name| !super::is_account_name(name)) {
        return Err(unparsable(
            file,
            text,
            text.find(name.as_str()),
            &format!("`{name}` is no account name"),
        ));
    }
    Ok(config)
}

fn unparsable(file: &Path, text: &str, at: Option<usize>, problem: &str) -> SettingsError {
    let before = text.get(..at.unwrap_or(0)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let problem = problem.trim().replace('\n', ", ");
    SettingsError::Unparsable { file: file.to_owned(), line, problem }
}

impl Settings {
    /// Reads the file again, applies `change`, writes it in one step and takes the result over. Another
    /// process that does the same waits for this one.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut DocumentMut)) -> Result<(), SettingsError> {
        let file = self.folders.config_file();
        let unwritable = |source| SettingsError::Unwritable { file: file.clone(), source };
        create_private_folder(&self.folders.config).map_err(unwritable)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(self.folders.config.join("config.lock")).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let (mut document, _) = document(&file, &text_of(&file)?)?;
        change(&mut document);
        let text = document.to_string();
        let config = parse(&file, &text)?;
        // A config file that a dotfile manager linked here stays linked.
        let target = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
        replace(&target, text.as_bytes()).map_err(unwritable)?;
        self.config = config;
        Ok(())
    }

    /// Writes all that `account` holds under its name; keys of the table that are not ours stay.
    pub fn put_account(&mut self, account: &Account) -> Result<(), SettingsError> {
        self.change(|document| {
            let accounts = document.entry("accounts").or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            let Some(accounts) = accounts.as_table_like_mut() else { return };
            let entry = accounts.entry(&account.name).or_insert_with(|| Item::Table(Table::new()));
            if let Some(table) = entry.as_table_mut() {
                write_account(table, account);
            }
        })
    }

    /// Removes an account; as default account too.
    pub fn remove_account(&mut self, name: &str) -> Result<(), SettingsError> {
        self.change(|document| {
            if let Some(accounts) = document.get_mut("accounts").and_then(Item::as_table_like_mut) {
                accounts.remove(name);
            }
            if document.get("default_account").and_then(Item::as_str) == Some(name) {
                document.remove("default_account");
            }
        })
    }

    /// Keeps with the account what its key turned out to be allowed; for a stored account only.
    pub fn remember_mode(&mut self, name: &str, mode: Mode) -> Result<(), SettingsError> {
        if !self.config.accounts.contains_key(name) {
            return Ok(());
        }
        self.change(|document| {
            let accounts = document.get_mut("accounts").and_then(Item::as_table_like_mut);
            let account = accounts.and_then(|accounts| accounts.get_mut(name));
            if let Some(account) = account.and_then(Item::as_table_mut) {
                put(account, "mode", value(mode.name()));
            }
        })
    }
}

fn write_account(table: &mut Table, account: &Account) {
    let text = |text: &str| Some(value(text));
    let path = |path: &PathBuf| path.to_str().map(value);
    let former = account.former_origins.iter().collect::<toml_edit::Array>();
    let reads = account.reads.iter().collect::<toml_edit::Array>();
    // What the service's page says needs not be said again.
    let auth = (account.auth != account.service.auth()).then(|| value(account.auth.text()));
    let mut profiles = ArrayOfTables::new();
    for profile in &account.profiles {
        let mut row = Table::new();
        row.insert("id", value(&profile.id));
        row.insert("name", value(&profile.name));
        profiles.push(row);
    }
    let rows = [
        ("service", text(account.service.name())),
        ("origin", text(&account.origin)),
        ("stored_in", text(account.stored_in.name())),
        ("mode", text(account.mode.name())),
        ("profile", account.profile.as_deref().map(value)),
        ("ca_file", account.ca_file.as_ref().and_then(path)),
        ("auth", auth),
        ("tenant", account.tenant.as_deref().map(value)),
        ("reads", (!reads.is_empty()).then(|| value(reads))),
        ("former_origins", (!former.is_empty()).then(|| value(former))),
        ("profiles", (!profiles.is_empty()).then_some(Item::ArrayOfTables(profiles))),
    ];
    for (key, item) in rows {
        match item {
            Some(item) => put(table, key, item),
            None => drop(table.remove(key)),
        }
    }
}

/// Sets `key`; comments beside and above an older value stay.
pub(super) fn put(table: &mut Table, key: &str, mut item: Item) {
    let Some(old) = table.get_mut(key) else {
        table.insert(key, item);
        return;
    };
    if let (Some(old), Some(new)) = (old.as_value(), item.as_value_mut()) {
        *new.decor_mut() = old.decor().clone();
    }
    *old = item;
}

/// Creates `folder` and its parents; a new one is readable for its owner only.
fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes `file` in one step, readable for its owner only, in a folder that is private if it is new.
pub fn write_private_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        create_private_folder(folder)?;
    }
    replace(file, bytes)
}

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
    let written = create_private_file(&new).and_then(|mut out| {
        out.write_all(bytes)?;
        out.sync_all()?;
        fs::rename(&new, file)
    });
    if written.is_err() {
        drop(fs::remove_file(&new));
    }
    written
}

fn create_private_file(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
