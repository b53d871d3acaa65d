//! The `SQLite` store: one table of JSON documents, scoped by profile and resource, and counters. A document's
//! numbers keep their digits; amounts to compare and text to search are kept beside it.

mod select;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};
use serde_json::Value;

use super::answer::{Error, Record};
use super::money;
pub use select::{Filter, Order, Selection};

/// Raised whenever tables or seed change: a file of another version is emptied and seeded anew.
const VERSION: i64 = 2;
/// `PRAGMA application_id`: "LMBS". Any other non-empty file is somebody else's and is left alone.
const APPLICATION: i64 = 0x4c4d_4253;

const TABLES: &str = "
create table document (
  seq integer primary key autoincrement, profile_id text not null, resource text not null, id text not null,
  json text not null, search text not null, amount text);
create unique index document_id on document (profile_id, resource, id);
create index document_order on document (profile_id, resource, seq);
create index document_amount on document (profile_id, resource, amount, seq);
create table counter (profile_id text not null, name text not null, value integer not null,
  primary key (profile_id, name)) without rowid;
";
/// Fields with an index: what lists filter and sort by, and how many records of a large company share one
/// value. The planner is told, since a fresh file has no statistics of its own.
const INDEXED: &[(&str, u32)] = &[
    ("issue_date", 20),
    ("due_date", 20),
    ("date", 20),
    ("booking_date", 20),
    ("status", 2000),
    ("client_id", 100),
    ("vendor_id", 100),
    ("number", 1),
];

/// Why a data file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data file is an SQLite database of another program")]
    Foreign,
    #[error("the data file is damaged: {0}")]
    Damaged(String),
    #[error("{0}")]
    Sqlite(String),
    #[error("the data file could not be filled: {0}")]
    Seed(String),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error.to_string()),
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Seed(error.message)
    }
}

/// An open data file, shared with other processes.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the file (memory without one) and fills it by `seed` where it is new, of another version, or
    /// `reset` is set.
    pub fn open(
        file: Option<&Path>,
        reset: bool,
        seed: impl FnOnce(Tx<'_>) -> Result<(), Error>,
    ) -> Result<Self, OpenError> {
        let mut connection = connect(file)?;
        if let (true, Some(file), Err(OpenError::Damaged(_))) = (reset, file, refuse_foreign(&connection)) {
            drop(connection);
            remove(file)?;
            connection = connect(Some(file))?;
        }
        refuse_foreign(&connection)?;
        if file.is_some() {
            // The change to WAL does not wait for the busy timeout, so another process starting now can win.
            let mut tries = 0;
            while let Err(error) = connection.pragma_update(None, "journal_mode", "WAL") {
                tries += 1;
                if tries == 50 {
                    return Err(error.into());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            connection.pragma_update(None, "synchronous", "NORMAL")?;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: i64 = transaction.query_row("pragma user_version", [], |row| row.get(0))?;
        if reset || version != VERSION {
            recreate(&transaction)?;
            seed(Tx { connection: &transaction, profile_id: "" })?;
        }
        transaction.commit()?;
        Ok(Self { connection })
    }

    /// Runs `work` in one transaction: committed on success, rolled back on an error. A writing one takes
    /// the file's lock at its beginning, so that what it reads is what it changes.
    pub fn transact<T>(
        &mut self,
        write: bool,
        work: impl FnOnce(Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let behavior = if write { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let done = work(Tx { connection: &transaction, profile_id: "" })?;
        transaction.commit()?;
        Ok(done)
    }
}

fn connect(file: Option<&Path>) -> Result<Connection, OpenError> {
    let connection = match file {
        Some(file) => Connection::open(file)?,
        None => Connection::open_in_memory()?,
    };
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

/// Removes a damaged data file and what SQLite keeps beside it.
fn remove(file: &Path) -> Result<(), OpenError> {
    for end in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(end);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenError::Damaged(format!("it could not be removed: {error}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn refuse_foreign(connection: &Connection) -> Result<(), OpenError> {
    let application: i64 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && tables > 0 { Err(OpenError::Foreign) } else { Ok(()) }
}

fn recreate(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("drop table if exists document; drop table if exists counter;")?;
    connection.execute_batch(TABLES)?;
    for (field, _) in INDEXED {
        connection.execute_batch(&format!(
            "create index document_{field} on document (profile_id, resource, {}, seq)",
            select::extract(field)
        ))?;
    }
    connection.execute_batch("analyze; delete from sqlite_stat1;")?;
    let others = [("id", ""), ("order", ""), ("amount", "5 ")];
    let indexed = INDEXED.iter().map(|(field, same)| (*field, format!("{same} ")));
    for (index, same) in indexed.chain(others.map(|(index, same)| (index, same.to_owned()))) {
        connection.execute(
            "insert into sqlite_stat1 (tbl, idx, stat) values ('document', ?1, ?2)",
            params![format!("document_{index}"), format!("40000 20000 10000 {same}1")],
        )?;
    }
    connection.execute_batch("analyze sqlite_schema")?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// The open transaction, bound to one profile. Resources are named as in the API's paths: `invoices`,
/// `clients`, `journal-entries`; areas may keep resources of their own that no path shows.
#[derive(Clone, Copy)]
pub struct Tx<'a> {
    connection: &'a Connection,
    profile_id: &'a str,
}

impl<'a> Tx<'a> {
    /// The same transaction, bound to another profile.
    pub fn of_profile<'b>(self, profile_id: &'b str) -> Tx<'b>
    where
        'a: 'b,
    {
        Tx { connection: self.connection, profile_id }
    }

    pub fn profile_id(self) -> &'a str {
        self.profile_id
    }

    /// One record of this profile.
    pub fn get(self, resource: &str, id: &str) -> Result<Option<Record>, Error> {
        let json: Option<String> = self
            .connection
            .prepare_cached("select json from document where profile_id = ?1 and resource = ?2 and id = ?3")?
            .query_row(params![self.profile_id, resource, id], |row| row.get(0))
            .optional()?;
        Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// Stores a record under its own `id`: a new one at the end, a known one in its place.
    pub fn put(self, resource: &str, record: &Record) -> Result<(), Error> {
        let id = record.get("id").and_then(Value::as_str).unwrap_or_default();
        let json = serde_json::to_string(record)?;
        let amount = ["total", "amount", "price"].iter().find_map(|name| money::field(record, name));
        self.connection
            .prepare_cached(
                "insert into document (profile_id, resource, id, json, search, amount)
                 values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (profile_id, resource, id)
                 do update set json = excluded.json, search = excluded.search, amount = excluded.amount",
            )?
            .execute(params![
                self.profile_id,
                resource,
                id,
                json,
                select::search_text(record),
                amount.map(money::sort_key)
            ])?;
        Ok(())
    }

    /// Removes a record; false where there was none.
    pub fn delete(self, resource: &str, id: &str) -> Result<bool, Error> {
        let removed = self
            .connection
            .prepare_cached("delete from document where profile_id = ?1 and resource = ?2 and id = ?3")?
            .execute(params![self.profile_id, resource, id])?;
        Ok(removed > 0)
    }

    /// Every record of a resource in the order of creation.
    pub fn all(self, resource: &str) -> Result<Vec<Record>, Error> {
        Ok(self.select(&Selection::of(resource))?.rows)
    }

    /// Every record of a resource that passes all filters, in the order of creation.
    pub fn find(self, resource: &str, filters: Vec<Filter>) -> Result<Vec<Record>, Error> {
        Ok(self.select(&Selection { filters, ..Selection::of(resource) })?.rows)
    }

    /// How many records of a resource pass all filters.
    pub fn count(self, resource: &str, filters: Vec<Filter>) -> Result<u64, Error> {
        Ok(self.select(&Selection { filters, limit: Some(0), ..Selection::of(resource) })?.total)
    }

    /// Changes every record of every profile in the order of creation, ids included.
    pub fn rewrite(self, mut change: impl FnMut(&mut Value)) -> Result<(), Error> {
        let mut read = self.connection.prepare("select seq, json from document order by seq")?;
        let rows: Vec<(i64, String)> =
            read.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut write = self.connection.prepare("update document set id = ?2, json = ?3 where seq = ?1")?;
        for (seq, json) in rows {
            let mut value: Value = serde_json::from_str(&json)?;
            change(&mut value);
            let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
            write.execute(params![seq, id, value.to_string()])?;
        }
        Ok(())
    }

    /// Counts a counter of this profile up and returns its new value; a new counter begins at 1.
    pub fn next(self, counter: &str) -> Result<i64, Error> {
        Ok(self
            .connection
            .prepare_cached(
                "insert into counter (profile_id, name, value) values (?1, ?2, 1)
                 on conflict (profile_id, name) do update set value = value + 1 returning value",
            )?
            .query_row(params![self.profile_id, counter], |row| row.get(0))?)
    }

    /// The last value a counter gave; 0 for a new one.
    pub fn counter(self, counter: &str) -> Result<i64, Error> {
        Ok(self
            .connection
            .prepare_cached("select value from counter where profile_id = ?1 and name = ?2")?
            .query_row(params![self.profile_id, counter], |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::{Store, select};

    /// With ten thousand invoices a page must not read them all.
    #[test]
    fn lists_are_read_through_their_indexes() {
        let store = Store::open(None, false, |_| Ok(())).unwrap();
        let plan = |rest: &str| -> String {
            let sql = format!(
                "explain query plan select json from document where profile_id = 'a' and resource = 'invoices' {rest}"
            );
            store.connection.query_row(&sql, [], |row| row.get::<_, String>(3)).unwrap()
        };
        let field = select::extract;
        let newest = format!("order by {} desc, seq desc limit 50", field("issue_date"));
        assert!(plan(&newest).contains("document_issue_date"));
        assert!(plan(&format!("and {} = 'IV-001' {newest}", field("number"))).contains("document_number"));
        assert!(plan(&format!("and {} = 'x' {newest}", field("client_id"))).contains("document_client_id"));
        assert!(plan("and id = 'x'").contains("document_id"));
        assert!(plan("order by seq").contains("document_order"));
        assert!(plan("order by amount desc, seq desc").contains("document_amount"));
    }
}
