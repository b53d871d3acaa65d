//! What the parts of one served connection share: limits, how it ends, and a ticket for each request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::gateway::Receipt;

/// Bounds on size, number and time.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of one line.
    pub line: usize,
    /// Calls under way at once; further ones wait.
    pub running: usize,
    /// Requests not yet answered in writing; beyond it nothing more is read.
    pub unanswered: usize,
    /// Bytes of requests that wait; beyond it nothing more is read.
    pub waiting: usize,
    /// From the request to its answer.
    pub call: Duration,
    /// A question to a person.
    pub question: Duration,
    /// What a question leaves of the call's time for what is then to be done.
    pub after_question: Duration,
    /// From a signal, or the loss of stdout, to the exit.
    pub stop: Duration,
}

impl Limits {
    pub const DEFAULT: Self = Self {
        line: 64 << 20,
        running: 64,
        unanswered: 1024,
        waiting: 64 << 20,
        call: Duration::from_secs(50),
        question: Duration::from_secs(40),
        after_question: Duration::from_secs(12),
        stop: Duration::from_secs(5),
    };
}

/// One served connection.
pub(super) struct Session {
    pub limits: Limits,
    /// Fired from outside: end as if the input had ended, within [`Limits::stop`].
    pub stop: CancellationToken,
    /// No further input comes: nobody will answer a question.
    pub ended: CancellationToken,
    /// All calls are answered: open subscriptions end too.
    pub closing: CancellationToken,
    /// One permit per call under way.
    pub running: Arc<Semaphore>,
    /// One permit per request whose answer is not written.
    pub unanswered: Arc<Semaphore>,
    /// The name that the client gave itself, once it has called a tool.
    pub client: watch::Sender<Option<String>>,
    /// Told that name, once an answer is written.
    pub met: Mutex<Option<Met>>,
}

/// Runs once, on a thread where it may wait for the disk.
pub(super) type Met = Box<dyn FnOnce(&str) + Send>;

impl Session {
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
            closing: CancellationToken::new(),
            running: Arc::new(Semaphore::new(limits.running)),
            unanswered: Arc::new(Semaphore::new(limits.unanswered)),
            client: watch::channel(None).0,
            met: Mutex::new(None),
        })
    }

    /// A client of this name calls a tool; the first name counts.
    pub fn meet(&self, name: impl FnOnce() -> String) {
        if self.client.borrow().is_none() {
            self.client.send_replace(Some(name()));
        }
    }

    /// No call is under way, and no answer of one is unwritten.
    pub fn is_settled(&self) -> bool {
        self.running.available_permits() == self.limits.running
    }
}

/// Goes with a request through the SDK to its handler, and with the answer to the writer. Its permits
/// are free again when the handler is done, what it started has ended, and the answer is written.
pub(super) struct Ticket {
    /// The client wants no answer any more.
    pub cancelled: CancellationToken,
    /// When the answer is due.
    pub deadline: Instant,
    /// Absent for what is no call, and for a call that waited in vain.
    pub running: Option<OwnedSemaphorePermit>,
    #[expect(dead_code, reason = "held, not read: it is released with the ticket")]
    pub unanswered: Option<OwnedSemaphorePermit>,
    /// Handed in when the answer is written.
    pub receipt: Mutex<Option<Receipt>>,
    /// Written in place of what the SDK answers, which cannot carry it.
    pub prepared: Mutex<Option<Prepared>>,
}

/// An answer that is JSON already: the list of tools, which is made once, and errors of other servers, whose codes
/// are not the SDK's.
#[derive(Clone)]
pub(super) struct Prepared {
    /// `result` or `error`.
    pub member: &'static str,
    pub json: Arc<Vec<u8>>,
}

impl Ticket {
    /// Keeps what is handed in when the answer is written.
    pub fn keep(&self, receipt: Option<Receipt>) {
        *self.receipt.lock().unwrap_or_else(PoisonError::into_inner) = receipt;
    }

    /// Answers with this, whatever the SDK then answers.
    pub fn prepare(&self, prepared: Prepared) {
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = Some(prepared);
    }

    pub fn take_prepared(&self) -> Option<Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The answer is written out.
    pub fn written(&self) {
        if let Some(receipt) = self.receipt.lock().unwrap_or_else(PoisonError::into_inner).take() {
            receipt.hand_in();
        }
    }
}
