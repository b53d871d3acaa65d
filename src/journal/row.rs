//! An intent as a row of the file, there and back.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Row, Statement};

use super::{Confirmed, Digest, Field, Intent, Kind, Scope, State};

/// What [`Held::read`] reads, in this order. Every file has these columns since version 1, so that a person reads one that
/// nobody has moved forward yet.
pub(super) const COLUMNS: &str = "number, idempotency_key, account, origin, profile, tool, kind, client, \
    confirmed, state, lost, answered, record_id, record_number, party, fields, state_before, fingerprint, \
    claimed_at, sent_at, settles_at, settled_at, owner, looked_at";

/// The states of what took effect, as SQL.
pub(super) const TOOK_EFFECT: &str = "state in ('created', 'done', 'updated', 'deleted')";

/// A row: the intent, and whose it is.
pub(super) struct Held {
    pub intent: Intent,
    pub owner: Option<String>,
    /// When a look last could not tell what became of it, in milliseconds since 1970.
    pub looked_at: Option<i64>,
}

impl Held {
    pub fn read(row: &Row) -> rusqlite::Result<Self> {
        let fields: Vec<u8> = row.get(15)?;
        let intent = Intent {
            number: row.get(0)?,
            key: row.get(1)?,
            scope: Scope { account: row.get(2)?, origin: row.get(3)?, profile: row.get(4)? },
            tool: row.get(5)?,
            kind: word(row, 6, Kind::ALL, Kind::word)?,
            client: row.get(7)?,
            confirmed: word(row, 8, Confirmed::ALL, Confirmed::word)?,
            state: word(row, 9, State::ALL, State::word)?,
            lost: row.get(10)?,
            answered: row.get(11)?,
            record_id: row.get(12)?,
            record_number: row.get(13)?,
            party: row.get(14)?,
            fields: unpack(&fields).ok_or_else(|| strange(15, Type::Blob, "no list of fields"))?,
            before: row.get(16)?,
            fingerprint: row.get(17)?,
            claimed_at: time(row.get(18)?, 18)?,
            sent_at: optional_time(row, 19)?,
            settles_at: optional_time(row, 20)?,
            settled_at: optional_time(row, 21)?,
        };
        Ok(Self { intent, owner: row.get(22)?, looked_at: row.get(23)? })
    }

    pub fn all(statement: &mut Statement, params: impl rusqlite::Params) -> rusqlite::Result<Vec<Self>> {
        statement.query_map(params, Self::read)?.collect()
    }
}

impl ToSql for Digest {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for Digest {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_blob()?.try_into().map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// Now, in milliseconds since 1970.
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// One blob: length of a path, the path, its hash, and so on.
pub(super) fn pack(fields: &[Field]) -> Vec<u8> {
    let mut packed = Vec::new();
    for field in fields {
        let length = u32::try_from(field.path.len()).unwrap_or(u32::MAX);
        packed.extend_from_slice(&length.to_be_bytes());
        packed.extend_from_slice(field.path.as_bytes());
        packed.extend_from_slice(&field.hash.0);
    }
    packed
}

fn unpack(mut packed: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk()?;
        let (path, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let (hash, rest) = rest.split_first_chunk()?;
        fields.push(Field { path: String::from_utf8(path.to_vec()).ok()?, hash: Digest(*hash) });
        packed = rest;
    }
    Some(fields)
}

fn word<T: Copy>(row: &Row, at: usize, all: &[T], word: fn(T) -> &'static str) -> rusqlite::Result<T> {
    let stored: String = row.get(at)?;
    all.iter()
        .copied()
        .find(|one| word(*one) == stored)
        .ok_or_else(|| strange(at, Type::Text, "a word that this version does not know"))
}

fn optional_time(row: &Row, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(at)?.map(|stored| time(stored, at)).transpose()
}

fn time(stored: i64, at: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(stored).map_err(|error| strange(at, Type::Integer, error))
}

fn strange(at: usize, kind: Type, why: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, kind, why.into())
}
