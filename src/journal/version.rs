//! The version of the journal's file, and the way forward: steps that add and never change or drop, so that a
//! process of an older version can still write down what became of a request that it has already sent.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::Trouble;
use super::row::now;

/// `PRAGMA application_id`: "LMBJ".
const APPLICATION: i64 = 0x4c4d_424a;
/// What this program knows and writes.
pub(super) const VERSION: i64 = 2;
/// `PRAGMA user_version` counts them. A step that was released is never edited: files in the world have taken it.
/// Each may be taken twice, adds tables, indexes or columns with a default only, and leaves every word that earlier
/// versions wrote with its meaning.
pub(super) const STEPS: [&str; 2] = [FIRST, UPGRADES];

const FIRST: &str = "
create table if not exists intent (
  number integer primary key autoincrement, idempotency_key text not null,
  account text not null, origin text not null, profile text not null,
  tool text not null, kind text not null, client text not null, confirmed text not null,
  state text not null, lost integer not null default 0, answered integer not null default 0, owner text,
  record_id text, record_number text, party text, fields blob not null, state_before blob,
  fingerprint blob, about blob, amount blob, currency blob,
  claimed_at integer not null, sent_at integer, settles_at integer, settled_at integer,
  looked_at integer) strict;
create index if not exists intent_open on intent (number) where settled_at is null;
create index if not exists intent_fingerprint on intent (fingerprint) where fingerprint is not null;
create index if not exists intent_about on intent (about) where about is not null;
create index if not exists intent_record on intent (record_id) where record_id is not null;
create table if not exists told (number integer not null, fingerprint blob not null, settled integer not null,
  primary key (number, fingerprint)) strict, without rowid;
create table if not exists fact (name text primary key, value blob not null) strict, without rowid;
";

/// Which program brought the file to which version, for an older one to name.
const UPGRADES: &str = "
create table if not exists upgrade (version integer primary key, program text not null, at integer not null) strict;
";

/// A file that a newer program has moved forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Of the file.
    pub version: i64,
    /// Version of the program that moved it there, where the file says so.
    pub program: Option<String>,
}

/// The version of an open file; `None` while it is empty, an error where it is not ours to write.
pub(super) fn of(connection: &Connection) -> Result<Option<i64>, Trouble> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    // In this order: another process may make the tables, with both, in between.
    let application = number("pragma application_id")?;
    let version = number("pragma user_version")?;
    if application != APPLICATION {
        let empty = version == 0 && number("select count(*) from sqlite_schema")? == 0;
        // Read again: another process may have made the tables in between.
        let ours = empty || number("pragma application_id")? == APPLICATION;
        return if ours { Ok(None) } else { Err(Trouble::Foreign) };
    }
    if version < 1 { Err(Trouble::Foreign) } else { Ok(Some(version)) }
}

/// The same, for those who read what a newer program may have written in words of its own.
pub(super) fn readable(connection: &Connection) -> Result<Option<i64>, Trouble> {
    match of(connection)? {
        Some(version) if version > VERSION => Err(newer(connection, version)),
        version => Ok(version),
    }
}

/// For the first lines of a write transaction: an error where another process has moved the file forward beyond what
/// this program knows, however long ago this one opened it.
pub(super) fn check(transaction: &Connection) -> Result<(), Trouble> {
    let version: i64 = transaction.prepare_cached("pragma user_version")?.query_row([], |row| row.get(0))?;
    if version > VERSION { Err(newer(transaction, version)) } else { Ok(()) }
}

/// Brings an empty or older file to [`VERSION`] in one transaction. Whoever is killed in it leaves the file as it was,
/// and of two processes the second finds nothing to do.
pub(super) fn forward(connection: &mut Connection) -> Result<(), Trouble> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = of(&transaction)?.unwrap_or(0);
    if from < VERSION {
        for step in STEPS.iter().skip(usize::try_from(from).unwrap_or(STEPS.len())) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute(
            "insert or replace into upgrade (version, program, at) values (?1, ?2, ?3)",
            params![VERSION, env!("CARGO_PKG_VERSION"), now()],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

fn newer(connection: &Connection, version: i64) -> Trouble {
    // A table of a later version may be another one: then its program stays unnamed.
    let program = connection
        .query_row("select program from upgrade where version = ?1", [version], |row| row.get::<_, String>(0))
        .optional()
        .unwrap_or_default()
        .filter(|program| program.len() < 40 && program.bytes().all(|byte| byte.is_ascii_graphic()));
    Trouble::Newer(Newer { version, program })
}
