//! Writes messages, one a line: a thread of its own serializes one after the other, so that nothing interleaves
//! and a client that reads slowly stalls no call. A long message goes out in pieces and is never there as a whole.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use rmcp::RoleServer;
use rmcp::model::{JsonRpcMessage, RequestId};
use rmcp::service::TxJsonRpcMessage;
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::session::{Prepared, Ticket};

/// Bytes that are written at once. Longer messages are written in pieces, so that it can be seen whether anybody
/// reads.
const PIECE: usize = 256 << 10;

/// What can be written.
pub(super) enum Outgoing {
    Message(Box<TxJsonRpcMessage<RoleServer>>),
    /// An answer whose id is to be spelled as the client spelled it.
    Answer(Box<TxJsonRpcMessage<RoleServer>>, Value),
    /// An answer whose content is serialized, with its id and how that is to be spelled.
    Prepared(RequestId, Option<Value>, Prepared),
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
    /// Fires when the first message is written.
    begun: CancellationToken,
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

    /// Fires when the first message is written.
    pub fn begun(&self) -> &CancellationToken {
        &self.progress.begun
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
    output: impl Write,
    progress: &Progress,
) {
    let mut pieces = Pieces { output, buffer: Vec::new(), progress };
    for (message, ticket) in messages {
        let written = encode(&message, &mut pieces).and_then(|()| pieces.flush());
        drop(message);
        if let (Ok(()), Some(ticket)) = (&written, &ticket) {
            ticket.written();
        }
        drop(ticket);
        if let Err(error) = written {
            tracing::info!(kind = ?error.kind(), "writing stdout failed");
            progress.broken.cancel();
            return;
        }
        if progress.done.fetch_add(1, Ordering::Release) == 0 {
            progress.begun.cancel();
        }
    }
}

/// Gathers what is serialized, and writes a piece at a time.
struct Pieces<'a, W> {
    output: W,
    buffer: Vec<u8>,
    progress: &'a Progress,
}

impl<W: Write> Pieces<'_, W> {
    fn empty(&mut self) -> std::io::Result<()> {
        let written = self.output.write_all(&self.buffer);
        self.buffer.clear();
        self.progress.pieces.fetch_add(1, Ordering::Relaxed);
        written
    }
}

impl<W: Write> Write for Pieces<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.buffer.len() >= PIECE {
            self.empty()?;
        }
        let room = PIECE.saturating_sub(self.buffer.len());
        let part = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend_from_slice(part);
        Ok(part.len())
    }

    /// Serializing writes a few bytes at a time: nearly all of them only have to be gathered.
    #[inline]
    fn write_all(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        if bytes.len() <= PIECE.saturating_sub(self.buffer.len()) {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        while !bytes.is_empty() {
            let taken = self.write(bytes)?;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.empty()?;
        self.output.flush()
    }
}

/// A response whose id is spelled as the client spelled it.
#[derive(Serialize)]
struct Spelled<'a, R, E> {
    jsonrpc: &'static str,
    id: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a E>,
}

fn encode(message: &Outgoing, mut output: impl Write) -> std::io::Result<()> {
    match message {
        Outgoing::Message(message) => serde_json::to_writer(&mut output, message)?,
        Outgoing::Raw(message) => serde_json::to_writer(&mut output, message)?,
        Outgoing::Answer(message, id) => {
            let (result, error) = match &**message {
                JsonRpcMessage::Response(response) => (Some(&response.result), None),
                JsonRpcMessage::Error(error) => (None, Some(&error.error)),
                JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => (None, None),
            };
            serde_json::to_writer(&mut output, &Spelled { jsonrpc: "2.0", id, result, error })?;
        }
        Outgoing::Prepared(id, spelled, Prepared { member, json }) => {
            output.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":")?;
            match spelled {
                Some(id) => serde_json::to_writer(&mut output, id)?,
                None => serde_json::to_writer(&mut output, id)?,
            }
            write!(output, ",\"{member}\":")?;
            output.write_all(json)?;
            output.write_all(b"}")?;
        }
    }
    output.write_all(b"\n")
}
