//! What is read from the file without changing it.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::row::{COLUMNS, Held, TOOK_EFFECT};
use super::{Digest, Filter, Intent, Kind, Scope};

pub(super) fn held(connection: &Connection, number: i64) -> rusqlite::Result<Option<Held>> {
    connection
        .prepare_cached(&format!("select {COLUMNS} from intent where number = ?1"))?
        .query_row([number], Held::read)
        .optional()
}

pub(super) fn is_open(connection: &Connection, number: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("select 1 from intent where number = ?1 and settled_at is null")?
        .exists([number])
}

/// Who carries the open intents of a scope; none where nobody does.
pub(super) fn owners_in(connection: &Connection, scope: &Scope) -> rusqlite::Result<Vec<Option<String>>> {
    connection
        .prepare_cached(
            "select distinct owner from intent where settled_at is null and origin = ?1 and profile = ?2",
        )?
        .query_map([&scope.origin, &scope.profile], |row| row.get(0))?
        .collect()
}

pub(super) fn owners_of_open(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    connection
        .prepare_cached("select distinct owner from intent where settled_at is null and owner is not null")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Only what was created counts: an act's record was there before it.
pub(super) fn known_records(
    connection: &Connection,
    scope: &Scope,
    ids: Vec<String>,
) -> rusqlite::Result<HashSet<String>> {
    let mut made = connection.prepare_cached(&format!(
        "select 1 from intent where record_id = ?1 and origin = ?2 and profile = ?3 and kind = ?4
           and {TOOK_EFFECT}"
    ))?;
    let mut known = HashSet::new();
    for id in ids {
        if made.exists(params![id, scope.origin, scope.profile, Kind::Create.word()])? {
            known.insert(id);
        }
    }
    Ok(known)
}

pub(super) fn was_deleted(connection: &Connection, scope: &Scope, record_id: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "select 1 from intent
             where record_id = ?1 and origin = ?2 and profile = ?3 and state = 'deleted'",
        )?
        .exists(params![record_id, scope.origin, scope.profile])
}

pub(super) fn took_effect_before(
    connection: &Connection,
    scope: &Scope,
    fingerprint: Digest,
    number: i64,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(&format!(
            "select 1 from intent where fingerprint = ?1 and origin = ?2 and profile = ?3 and number <> ?4
               and {TOOK_EFFECT}"
        ))?
        .exists(params![fingerprint, scope.origin, scope.profile, number])
}

pub(super) fn history(connection: &Connection, filter: &Filter) -> rusqlite::Result<Vec<Intent>> {
    let mut statement = connection.prepare(&format!(
        "select {COLUMNS} from intent
         where (settled_at is null or ?1 is null or claimed_at >= ?1) and (?2 is null or origin = ?2)
           and (?3 is null or account = ?3) and (?4 is null or profile = ?4)
         order by settled_at is null desc, number desc limit ?5"
    ))?;
    let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
    let since = filter.since.map(Timestamp::as_millisecond);
    let rows =
        Held::all(&mut statement, params![since, filter.origin, filter.account, filter.profile, limit])?;
    Ok(rows.into_iter().map(|held| held.intent).collect())
}
