//! An intent that is ours for the time of a call: given back whatever way the call ends, also by a panic or
//! a future that is dropped, so that no intent is left to a process that no longer works on it.

use std::sync::Arc;

use crate::journal::{End, Journal, JournalError, Ticket};

/// A ticket with the journal that it belongs to.
pub struct Held {
    journal: Arc<Journal>,
    ticket: Option<Ticket>,
    /// The intent's number.
    pub number: i64,
    /// Sent as `Idempotency-Key`.
    pub key: String,
}

impl Held {
    pub fn new(journal: &Arc<Journal>, ticket: Ticket) -> Self {
        let (number, key) = (ticket.number, ticket.key.clone());
        Self { journal: Arc::clone(journal), ticket: Some(ticket), number, key }
    }

    pub fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref()
    }

    /// Settles it; false where that could not be written down.
    pub async fn settle(&mut self, end: End) -> bool {
        let Some(ticket) = &self.ticket else { return true };
        match self.journal.settle(ticket, end).await {
            Ok(()) => {
                self.ticket = None;
                true
            }
            Err(error) => {
                tracing::warn!("the journal could not be written: {error}");
                false
            }
        }
    }

    /// Gives it back open, after a look that did not tell what became of it.
    pub async fn release(mut self) -> Result<(), JournalError> {
        match self.ticket.take() {
            Some(ticket) => self.journal.release(ticket).await,
            None => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.journal.let_go(&ticket);
        }
    }
}
