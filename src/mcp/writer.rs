//! Writes messages, one a line: a thread of its own serializes each into one buffer and writes it at
//! once, so that nothing interleaves and a client that reads slowly stalls no call.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use rmcp::RoleServer;
use rmcp::service::TxJsonRpcMessage;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::session::Ticket;

/// A buffer that grew beyond this is given back after its message.
const KEEP: usize = 1 << 20;
/// Longer messages are written in pieces, so that it can be seen whether anybody reads.
const PIECE: usize = 1 << 20;

/// What can be written.
pub(super) enum Outgoing {
    Message(Box<TxJsonRpcMessage<RoleServer>>),
    /// An answer whose id is to be spelled as the client spelled it.
    Answer(Box<TxJsonRpcMessage<RoleServer>>, Value),
    /// A whole JSON-RPC message whose id the SDK's types cannot carry.
    Raw(Value),
}

/// The way to the writing thread. Its queue is bounded by the tickets that travel with the messages.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<(Outgoing, Option<Arc<Ticket>>)>,
    progress: Arc<Progress>,
}

/// How far the writing thread came.
#[derive(Default)]
struct Progress {
    queued: AtomicU64,
    done: AtomicU64,
    pieces: AtomicU64,
    /// Fires when nothing more can be written.
    broken: CancellationToken,
}

impl Writer {
    /// Starts the thread.
    pub fn start(output: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (queue, messages) = mpsc::channel();
        let progress = Arc::new(Progress::default());
        let shared = Arc::clone(&progress);
        thread::Builder::new().name("stdout".into()).spawn(move || write_all(&messages, output, &shared))?;
        Ok(Self { queue, progress })
    }

    /// Puts a message behind those before it; `ticket` is released when it is written.
    pub fn push(&self, message: Outgoing, ticket: Option<Arc<Ticket>>) {
        self.progress.queued.fetch_add(1, Ordering::Relaxed);
        if self.queue.send((message, ticket)).is_err() {
            self.progress.broken.cancel();
        }
    }

    /// Fires when nobody can read any more.
    pub fn broken(&self) -> &CancellationToken {
        &self.progress.broken
    }

    /// Everything that was pushed is written, or never will be.
    pub fn is_idle(&self) -> bool {
        self.progress.broken.is_cancelled()
            || self.progress.done.load(Ordering::Acquire) == self.progress.queued.load(Ordering::Relaxed)
    }

    /// Grows while the other end reads.
    pub fn pieces_written(&self) -> u64 {
        self.progress.pieces.load(Ordering::Relaxed)
    }
}

fn write_all(
    messages: &mpsc::Receiver<(Outgoing, Option<Arc<Ticket>>)>,
    mut output: impl Write,
    progress: &Progress,
) {
    let mut buffer = Vec::new();
    for (message, ticket) in messages {
        let written = encode(&message, &mut buffer).and_then(|()| {
            for piece in buffer.chunks(PIECE) {
                output.write_all(piece)?;
                progress.pieces.fetch_add(1, Ordering::Relaxed);
            }
            output.flush()
        });
        buffer.clear();
        if buffer.capacity() > KEEP {
            buffer = Vec::new();
        }
        drop(message);
        if let (Ok(()), Some(ticket)) = (&written, &ticket) {
            ticket.written();
        }
        drop(ticket);
        if let Err(error) = written {
            tracing::debug!(kind = ?error.kind(), "writing stdout failed");
            progress.broken.cancel();
            return;
        }
        progress.done.fetch_add(1, Ordering::Release);
    }
}

fn encode(message: &Outgoing, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    match message {
        Outgoing::Message(message) => serde_json::to_writer(&mut *buffer, message),
        Outgoing::Raw(message) => serde_json::to_writer(&mut *buffer, message),
        Outgoing::Answer(message, id) => serde_json::to_value(message).and_then(|mut message| {
            if let Some(place) = message.get_mut("id") {
                *place = id.clone();
            }
            serde_json::to_writer(&mut *buffer, &message)
        }),
    }?;
    buffer.push(b'\n');
    Ok(())
}
