//! What runs on the journal's thread: the open file, who we are among its owners, and steps that could not
//! be written yet.

use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::database::{Database, open_to_read, stored_check};
use super::error::Trouble;
use super::health::{self, Health};
use super::key::Key;
use super::owner::Owners;
use super::queue::Job;
use super::reading;
use super::row::{millis, now};
use super::version;
use super::writing::{Step, Writing};
use super::{Claim, Digest, Filter, Intent, JournalError, NewIntent, Scope, Ticket};

/// How long until a step that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often old rows and the files of dead owners are removed.
const TIDY: Duration = Duration::from_secs(3600);

/// Owner of everything that SQLite needs; lives on one thread.
pub(super) struct Worker {
    pub database: Database,
    pub owners: Owners,
    /// In the order in which they came.
    owed: VecDeque<Step>,
    keep: Duration,
    tidied: Option<Instant>,
    /// Who asked for the last write.
    client: Option<String>,
}

impl Worker {
    pub fn new(database: Database, owners: Owners, keep: Duration) -> Self {
        Self { database, owners, owed: VecDeque::new(), keep, tidied: None, client: None }
    }

    /// Works until nobody can send a job any more.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let next = if self.owed.is_empty() {
                jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                jobs.recv_timeout(RETRY)
            };
            self.pay();
            match next {
                Ok(job) => job(&mut self),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.tidy();
        }
    }

    pub fn key(&mut self) -> Result<Key, JournalError> {
        let key = self.database.key();
        key.map_err(|trouble| self.failed(trouble))
    }

    pub fn claim(&mut self, intent: &NewIntent) -> Result<Claim, JournalError> {
        self.client = Some(intent.client.clone());
        if !self.database.is_current() {
            self.owners.leave_if_gone();
        }
        let check = self.key()?.check;
        let entered = self.owners.enter();
        entered.map_err(|error| self.failed(error.into()))?;
        // A shorter life would let through what still counts.
        self.keep = self.keep.max(intent.guard.as_ref().map(|guard| guard.window).unwrap_or_default());
        let key = uuid::Uuid::new_v4().to_string();
        // Nothing has left yet: `sending` takes it to the disk with itself.
        let claimed = self.change_with(Change::Begins, Sync::Later, |writing| {
            // Another process has made a new key while there were no rows: ours hashes into the void.
            if stored_check(writing.connection)? != Some(check) {
                return Err(Trouble::KeyChanged);
            }
            writing.claim(intent, &key)
        });
        // After such an error nobody knows whether the row is in the file.
        if let Err(JournalError::Sqlite { .. }) = claimed {
            self.owed.push_back(Step::Unsent(key));
        }
        // Moved away since the key was compared.
        claimed?.ok_or_else(|| self.failed(Trouble::Io(std::io::ErrorKind::NotFound.into())))
    }

    /// Claims, and takes that back.
    pub fn is_free(&mut self, intent: &NewIntent) -> Result<bool, JournalError> {
        self.client = Some(intent.client.clone());
        let tried = attempt(&mut self.database, &self.owners, intent);
        tried.map_err(|trouble| self.failed(trouble))
    }

    pub fn sending(&mut self, ticket: &Ticket) -> Result<(), JournalError> {
        let number = ticket.number;
        let done = self.change(|writing| writing.sending(number));
        // Without it nothing is sent, and its row must not stand in anybody's way.
        if !matches!(done, Ok(_) | Err(JournalError::NotOurs { .. })) {
            self.owed.push_back(Step::Unsent(ticket.key.clone()));
        }
        done?.ok_or(JournalError::NotOurs { number })
    }

    /// Writes a step; one that cannot be written is an error, and is tried again later all the same.
    pub fn step(&mut self, step: Step) -> Result<(), JournalError> {
        let done = self.try_step(&step);
        if !matches!(done, Ok(()) | Err(JournalError::NotOurs { .. })) {
            self.owed.push_back(step);
        }
        done
    }

    fn try_step(&mut self, step: &Step) -> Result<(), JournalError> {
        // An answer that a power cut forgets was told once more than is known: that is the safe side.
        let sync = if matches!(step, Step::Answered(_)) { Sync::Later } else { Sync::Now };
        match (self.change_with(Change::Records, sync, |writing| writing.take_step(step))?, step) {
            (None, Step::Lost(number, _) | Step::Settle(number, _)) => {
                Err(JournalError::NotOurs { number: *number })
            }
            _ => Ok(()),
        }
    }

    fn pay(&mut self) {
        while let Some(step) = self.owed.pop_front() {
            if !matches!(self.try_step(&step), Ok(()) | Err(JournalError::NotOurs { .. })) {
                self.owed.push_front(step);
                return;
            }
        }
    }

    pub fn look(&mut self, number: i64) -> Result<Option<Intent>, JournalError> {
        let held = self.read(|connection| reading::held(connection, number))?;
        Ok(held.flatten().map(|held| held.intent))
    }

    pub fn take(&mut self, number: i64) -> Result<Option<Ticket>, JournalError> {
        if self.read(|connection| reading::is_open(connection, number))? != Some(true) {
            return Ok(None);
        }
        let entered = self.owners.enter();
        entered.map_err(|error| self.failed(error.into()))?;
        Ok(self.change(|writing| writing.take(number))?.flatten())
    }

    pub fn abandoned(&mut self, scope: &Scope, most: usize) -> Result<Vec<Intent>, JournalError> {
        // Mostly somebody living carries them all, and no other process has to wait for us to see that.
        let owners = self.read(|connection| reading::owners_in(connection, scope))?.unwrap_or_default();
        let carried = |owner: &Option<String>| match owner {
            Some(owner) => self.owners.alive(owner),
            None => Ok(false),
        };
        let all = owners.iter().map(carried).try_fold(true, |all, one| one.map(|one| all && one));
        if all.map_err(|error| self.failed(error.into()))? {
            return Ok(Vec::new());
        }
        Ok(self.change(|writing| writing.abandoned(scope, most))?.unwrap_or_default())
    }

    pub fn known_records(
        &mut self,
        scope: &Scope,
        ids: Vec<String>,
    ) -> Result<HashSet<String>, JournalError> {
        Ok(self.read(|connection| reading::known_records(connection, scope, ids))?.unwrap_or_default())
    }

    pub fn was_deleted(&mut self, scope: &Scope, record_id: &str) -> Result<bool, JournalError> {
        let found = self.read(|connection| reading::was_deleted(connection, scope, record_id))?;
        Ok(found.unwrap_or_default())
    }

    pub fn took_effect_before(
        &mut self,
        scope: &Scope,
        fingerprint: Digest,
        number: i64,
    ) -> Result<bool, JournalError> {
        let found =
            self.read(|connection| reading::took_effect_before(connection, scope, fingerprint, number))?;
        Ok(found.unwrap_or_default())
    }

    pub fn history(&mut self, filter: &Filter) -> Result<Vec<Intent>, JournalError> {
        let found = open_to_read(&self.database.file).and_then(|connection| {
            let Some(connection) = connection else { return Ok(Vec::new()) };
            Ok(reading::history(&connection, filter)?)
        });
        found.map_err(|trouble| trouble.about(&self.database.file, None))
    }

    pub fn health(&self) -> Result<Option<Health>, JournalError> {
        health::check(&self.database.file).map_err(|trouble| trouble.about(&self.database.file, None))
    }

    pub fn forget(&mut self, before: Timestamp) -> Result<usize, JournalError> {
        let before = before.as_millisecond();
        let removed = self.change(|writing| writing.remove_claimed_before(before))?;
        // What was removed still stands in the log beside the file until that is emptied too.
        let emptied = self.read(|connection| {
            connection.execute_batch("vacuum")?;
            connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, bool>(0))
        })?;
        match emptied {
            Some(true) => Err(JournalError::Busy { file: self.database.file.clone() }),
            _ => Ok(removed.unwrap_or_default()),
        }
    }

    pub fn settle_by_hand(
        &mut self,
        number: i64,
        record_id: Option<&str>,
    ) -> Result<Option<Intent>, JournalError> {
        Ok(self.change(|writing| writing.settle_by_hand(number, record_id))?.flatten())
    }

    /// Now and then removes what is kept no longer, once this process has written.
    fn tidy(&mut self) {
        if self.owners.me().is_none() || self.tidied.is_some_and(|at| at.elapsed() < TIDY) {
            return;
        }
        self.tidied = Some(Instant::now());
        let kept_from = now().saturating_sub(millis(self.keep));
        if let Err(error) = self.change(|writing| writing.remove_settled_before(kept_from)) {
            tracing::info!(%error, "old rows of the journal were not removed");
            return;
        }
        let owners = self.read(reading::owners_of_open);
        if let Ok(Some(needed)) = owners {
            self.owners.sweep(|id| needed.contains(id));
        }
    }

    /// Reads the file; `None` where there is none.
    fn read<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, JournalError> {
        let done = self.database.existing().and_then(|connection| match connection {
            Some(connection) => Ok(Some(work(connection)?)),
            None => Ok(None),
        });
        done.map_err(|trouble| self.failed(trouble))
    }

    /// Changes the file in one transaction; `None` where there is none. Durable when it returns.
    fn change<T>(
        &mut self,
        work: impl FnOnce(&Writing) -> Result<T, Trouble>,
    ) -> Result<Option<T>, JournalError> {
        self.change_with(Change::Begins, Sync::Now, work)
    }

    fn change_with<T>(
        &mut self,
        turn: Change,
        sync: Sync,
        work: impl FnOnce(&Writing) -> Result<T, Trouble>,
    ) -> Result<Option<T>, JournalError> {
        let done = change(&mut self.database, &self.owners, (turn, sync), work);
        done.map_err(|trouble| self.failed(trouble))
    }

    fn failed(&mut self, trouble: Trouble) -> JournalError {
        if trouble.breaks_connection() {
            self.database.close();
        }
        if let Trouble::KeyLost | Trouble::KeyChanged = trouble {
            self.database.forget_key();
        }
        trouble.about(&self.database.file, self.client.as_deref())
    }
}

/// What a transaction does to a file that a newer program has moved forward since.
#[derive(Clone, Copy)]
enum Change {
    /// It is refused: it decides, takes over or removes, and the newer program may know better.
    Begins,
    /// It is written all the same: it says of an intent of ours what has happened already. Every version has these
    /// columns and words, and left out it would hold the same write back until a person looks.
    Records,
}

/// When a transaction reaches the disk. The file is whole after a power cut either way.
#[derive(Clone, Copy)]
enum Sync {
    Now,
    /// With the next one that is synced.
    Later,
}

/// What would come of a claim, in a transaction that is never committed.
fn attempt(database: &mut Database, owners: &Owners, intent: &NewIntent) -> Result<bool, Trouble> {
    let Some(connection) = database.existing()? else { return Ok(true) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    version::check(&transaction)?;
    let claim = Writing { connection: &transaction, owners, now: now() }.claim(intent, "")?;
    transaction.rollback()?;
    Ok(matches!(claim, Claim::Granted(_)))
}

fn change<T>(
    database: &mut Database,
    owners: &Owners,
    (turn, sync): (Change, Sync),
    work: impl FnOnce(&Writing) -> Result<T, Trouble>,
) -> Result<Option<T>, Trouble> {
    let Some(connection) = database.existing()? else { return Ok(None) };
    let level = match sync {
        Sync::Now => "FULL",
        Sync::Later => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", level)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Change::Begins = turn {
        version::check(&transaction)?;
    }
    let done = work(&Writing { connection: &transaction, owners, now: now() })?;
    transaction.commit()?;
    Ok(Some(done))
}
