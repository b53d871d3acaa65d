//! The journal's rules, with two journals on one folder as two processes.

mod guard;
mod several;
mod unusable;
mod upgrading;
mod upkeep;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::{
    Claim, Confirmed, DAY, Digest, End, Field, Filter, Guard, Intent, Journal, JournalError, Kind, Likeness,
    NewIntent, Scope, State, Ticket, Twin,
};

const KEEP: Duration = Duration::from_secs(400 * 24 * 3600);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("lumabill-journal-{}", uuid::Uuid::new_v4().simple())))
    }

    fn journal(&self) -> Journal {
        Journal::new(&self.0, KEEP)
    }

    fn file(&self) -> PathBuf {
        self.0.join("journal.db")
    }

    /// Changes the file behind the journals' backs.
    fn sql(&self, sql: &str) {
        let connection = Connection::open(self.file()).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn scope() -> Scope {
    Scope { account: "lumabill".into(), origin: "https://api.lumabill.ch".into(), profile: "p1".into() }
}

fn digest(byte: u8) -> Digest {
    Digest([byte; 16])
}

/// A create with this fingerprint and without a twin.
fn create(fingerprint: u8) -> NewIntent {
    NewIntent {
        scope: scope(),
        tool: "create_invoice".to_owned(),
        kind: Kind::Create,
        client: "claude-code".into(),
        confirmed: Confirmed::NotAsked,
        guard: Some(guard(fingerprint)),
        record_id: None,
        record_number: None,
        party: Some("client-1".into()),
        fields: vec![Field { path: "lines.0.price".into(), hash: digest(200) }],
        before: None,
    }
}

fn guard(fingerprint: u8) -> Guard {
    Guard {
        fingerprint: digest(fingerprint),
        twin: None,
        window: DAY,
        allow_duplicate: false,
        past: Vec::new(),
        source: None,
    }
}

/// The same with a change to its guard.
fn guarded(fingerprint: u8, change: impl FnOnce(&mut Guard)) -> NewIntent {
    let mut intent = create(fingerprint);
    change(intent.guard.as_mut().unwrap());
    intent
}

/// A create in other words than any other, about the same thing.
fn twin(fingerprint: u8, amount: Option<u8>, currency: Option<u8>) -> NewIntent {
    guarded(fingerprint, |guard| {
        guard.twin =
            Some(Twin { about: digest(100), amount: amount.map(digest), currency: currency.map(digest) });
    })
}

fn made(record: &str) -> End {
    End { record_id: Some(record.into()), ..End::of(State::Created) }
}

async fn granted(journal: &Journal, intent: NewIntent) -> Ticket {
    match journal.claim(intent).await.unwrap() {
        Claim::Granted(ticket) => ticket,
        other => panic!("not granted: {other:?}"),
    }
}

async fn sent(journal: &Journal, intent: NewIntent) -> Ticket {
    let ticket = granted(journal, intent).await;
    journal.sending(&ticket).await.unwrap();
    ticket
}

/// Made, settled and told.
async fn told(journal: &Journal, intent: NewIntent, record: &str) -> i64 {
    let ticket = sent(journal, intent).await;
    journal.settle(&ticket, made(record)).await.unwrap();
    journal.answered(ticket.number);
    ticket.number
}

async fn look(journal: &Journal, number: i64) -> Intent {
    journal.look(number).await.unwrap().unwrap()
}

/// What a process leaves behind that was killed: its lock is free, and nothing else has changed.
async fn kill(journal: Journal) {
    let lock = journal
        .queue
        .ask(|worker| {
            let me = worker.owners.me().map(|id| worker.database.file.with_file_name("owners").join(id));
            worker.owners.mine = None;
            Ok(me)
        })
        .await
        .unwrap()
        .unwrap();
    drop(journal);
    // A child that another test starts holds what we have open until it runs its own program.
    while let Err(TryLockError::WouldBlock) = File::open(&lock).unwrap().try_lock_shared() {
        tokio::task::yield_now().await;
    }
}

fn contains(file: &Path, text: &str) -> bool {
    std::fs::read(file).unwrap_or_default().windows(text.len()).any(|window| window == text.as_bytes())
}
