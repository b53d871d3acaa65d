//! Calls that wait for a person's answer to a remote server's question, in this process: few, and for a minute. What
//! nobody answers is answered with `cancel`, and what was sent runs to its end without its caller.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::super::held::Held;
use super::sending::Running;
use crate::journal::{End, State};

/// How long an answer is waited for by a server that holds its connection open.
const ASKED: Duration = Duration::from_secs(60);
/// The same where the server keeps nothing open: as long as the sealed state is good.
const KEPT: Duration = Duration::from_secs(600);
/// No more than these at once; the oldest gives way.
const MOST: usize = 32;

/// A call that waits.
pub(super) enum Waiting {
    /// The server asked on its stream, and its request is under way.
    Asked { running: Running, answer: oneshot::Sender<Value> },
    /// The server ended the request with a question: the write's entry in the journal.
    Kept(Held),
}

/// All calls that wait.
#[derive(Clone, Default)]
pub(super) struct Pending {
    waiting: Arc<Mutex<Vec<(String, Waiting)>>>,
}

impl Pending {
    /// Keeps a call under a name that nobody guesses.
    pub fn keep(&self, waiting: Waiting) -> Option<String> {
        let mut nonce = [0_u8; 16];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let name = uuid::Builder::from_random_bytes(nonce).into_uuid().simple().to_string();
        let time = match waiting {
            Waiting::Asked { .. } => ASKED,
            Waiting::Kept(_) => KEPT,
        };
        let oldest = {
            let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let oldest = (all.len() >= MOST).then(|| all.remove(0));
            all.push((name.clone(), waiting));
            oldest
        };
        if let Some((_, oldest)) = oldest {
            tokio::spawn(oldest.give_up());
        }
        let (pending, kept) = (self.clone(), name.clone());
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            if let Some(waiting) = pending.take(&kept) {
                waiting.give_up().await;
            }
        });
        Some(name)
    }

    /// Takes a call up again.
    pub fn take(&self, name: &str) -> Option<Waiting> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(kept, _)| kept == name)?;
        Some(all.remove(at).1)
    }

    /// Gives all up: the process ends.
    pub async fn end(&self) {
        let all = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, waiting) in all {
            waiting.give_up().await;
        }
    }
}

impl Waiting {
    /// Nobody answers any more.
    async fn give_up(self) {
        match self {
            // The server hears of it, and the request goes on to its end on its own task.
            Self::Asked { answer, .. } => drop(answer.send(json!({"action": "cancel"}))),
            // The server asked before it did anything, and never got an answer.
            Self::Kept(mut held) => {
                held.settle(End::of(State::Refused)).await;
            }
        }
    }
}
