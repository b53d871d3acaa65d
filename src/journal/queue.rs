//! The way to the journal's thread, which starts with the first job. Whoever stops waiting for a claim
//! gives back what it would have got.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SendError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::JournalError;
use super::database::{Database, SharedKey, file_in};
use super::owner::Owners;
use super::worker::Worker;
use super::writing::Step;

pub(super) type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// Jobs run one after the other, in the order in which they were handed in.
pub(super) struct Queue {
    folder: PathBuf,
    keep: Duration,
    pub key: SharedKey,
    sender: Mutex<Option<Sender<Job>>>,
}

impl Queue {
    pub fn new(folder: &Path, keep: Duration) -> Self {
        Self { folder: folder.to_owned(), keep, key: SharedKey::default(), sender: Mutex::new(None) }
    }

    pub fn has_started(&self) -> bool {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Hands a job in and does not wait.
    pub fn submit(&self, mut job: Job) -> Result<Sender<Job>, JournalError> {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sender.as_ref() {
            match known.send(job) {
                Ok(()) => return Ok(known.clone()),
                // The thread is gone by a defect, and its locks with it: another one takes over.
                Err(SendError(returned)) => job = returned,
            }
        }
        let fresh = self.start().map_err(|source| self.unusable(source))?;
        if fresh.send(job).is_err() {
            return Err(self.unusable(thread_ended()));
        }
        Ok(sender.insert(fresh).clone())
    }

    /// Runs `work` and waits for what it comes to. It runs even if nobody waits any more.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.ask_or_undo(work, |_| None).await
    }

    /// The same, and undoes by a step what was got for a caller that is gone.
    pub async fn ask_or_undo<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, JournalError> + Send + 'static,
        undo: fn(&T) -> Option<Step>,
    ) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.submit(Box::new(move |worker| {
            if let Err(Ok(unwanted)) = reply.send(work(worker))
                && let Some(step) = undo(&unwanted)
            {
                drop(worker.step(step));
            }
        }))?;
        let mut wait = Wait { answer, queue, undo };
        (&mut wait.answer).await.unwrap_or_else(|_| Err(self.unusable(thread_ended())))
    }

    /// The same for a caller that cannot wait otherwise; short, but for the first use of the file.
    pub fn ask_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (reply, answer) = channel();
        self.submit(Box::new(move |worker| drop(reply.send(work(worker)))))?;
        answer.recv().unwrap_or_else(|_| Err(self.unusable(thread_ended())))
    }

    fn start(&self) -> io::Result<Sender<Job>> {
        let (sender, jobs) = channel();
        let database = Database::new(&self.folder, self.key.clone());
        let worker = Worker::new(database, Owners::new(&self.folder), self.keep);
        std::thread::Builder::new().name("journal".to_owned()).spawn(move || worker.run(&jobs))?;
        Ok(sender)
    }

    fn unusable(&self, source: io::Error) -> JournalError {
        JournalError::Unusable { file: file_in(&self.folder), source }
    }
}

fn thread_ended() -> io::Error {
    io::Error::other("its thread ended unexpectedly")
}

/// Waits for an answer. Dropped before, it leaves nothing behind: either the thread finds nobody to answer,
/// or the answer is here already and is undone.
struct Wait<T: Send + 'static> {
    answer: oneshot::Receiver<Result<T, JournalError>>,
    queue: Sender<Job>,
    undo: fn(&T) -> Option<Step>,
}

impl<T: Send + 'static> Drop for Wait<T> {
    fn drop(&mut self) {
        self.answer.close();
        if let Ok(Ok(unwanted)) = self.answer.try_recv()
            && let Some(step) = (self.undo)(&unwanted)
        {
            drop(self.queue.send(Box::new(move |worker| drop(worker.step(step)))));
        }
    }
}
