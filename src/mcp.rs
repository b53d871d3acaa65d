//! The only face to the MCP server SDK: line reader, eras, list, call, asking, and what is served beside
//! tools. While serving, nothing
//! else writes to stdout, and nothing here logs arguments, bodies or `_meta` at any level.

mod asking;
mod beside_tools;
mod calling;
mod guard;
mod incoming;
mod line_reader;
mod listing;
mod outline;
mod passing;
mod provider;
mod reply;
mod rounds;
mod server;
mod session;
mod stopping;
mod subscribing;
mod tool_calls;
mod wire;
mod writer;

use std::io::{BufReader, Read, Write};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use rmcp::service::serve_directly;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::failure::{Exit, Failure};
use crate::gateway::Accounts;
use guard::Guarded;
use provider::ToolProvider;
use server::Server;
use session::{Limits, Session};
use wire::Wire;
use writer::Writer;

/// Messages that were read and not yet looked at.
const QUEUED: usize = 16;
/// How often the end looks whether the other side still reads.
const LOOK: Duration = Duration::from_millis(100);

/// Serves `accounts` on stdin and stdout, and returns when it is time to exit: at the end of input, on
/// SIGINT or SIGTERM, when the process that started it is gone, or when stdout is. The thread that reads stdin may then still wait.
///
/// `met` is told the client's name on a thread of its own, once it has called a tool and an answer is written.
pub async fn serve(accounts: Arc<Accounts>, met: impl FnOnce(&str) + Send + 'static) -> Result<(), Failure> {
    keep_panics_quiet();
    let session = Session::new(Limits::DEFAULT);
    *session.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(met));
    let stop = session.stop.clone();
    let told = stopping::told();
    let told = tokio::spawn(async move {
        told.await;
        stop.cancel();
    });
    let served = serve_over(accounts, session, std::io::stdin(), std::io::stdout()).await;
    told.abort();
    served
}

/// A panic message can quote data: only its place is logged.
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%place, "a defect of lumabill");
    }));
}

async fn serve_over<P: ToolProvider>(
    provider: Arc<P>,
    session: Arc<Session>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> Result<(), Failure> {
    let writer = Writer::start(output).map_err(|error| no_thread(&error))?;
    let messages = start_reader(input, session.limits.line).map_err(|error| no_thread(&error))?;
    let wire = Wire::new(Arc::clone(&session), messages, writer.clone());
    let server = Server::new(Arc::clone(&provider), Arc::clone(&session));
    // Without the SDK's opening: what is legal when is decided per request, so nothing can end it.
    let running = serve_directly(Guarded(server), wire, None);
    let changes = tokio::spawn(subscribing::tell_all(
        provider.tools_changed(),
        provider.notices(),
        running.peer().clone(),
    ));
    let met = tokio::spawn(introduced(Arc::clone(&session), writer.clone()));
    let answered = tokio::select! {
        _ = running.waiting() => true,
        () = time_is_up(&session, &writer) => false,
    };
    changes.abort();
    met.abort();
    tokio::select! {
        () = written(&writer) => {}
        () = time_is_up(&session, &writer), if answered => {}
        () = sleep(LOOK), if !answered => {}
    }
    Ok(())
}

fn start_reader(
    input: impl Read + Send + 'static,
    limit: usize,
) -> std::io::Result<mpsc::Receiver<incoming::Incoming>> {
    let (sender, receiver) = mpsc::channel(QUEUED);
    let input = BufReader::with_capacity(64 << 10, input);
    thread::Builder::new().name("stdin".into()).spawn(move || {
        line_reader::each_line(input, limit, |line| {
            incoming::read(line, limit, &mut |message| drop(sender.blocking_send(message)));
            !sender.is_closed()
        });
    })?;
    Ok(receiver)
}

fn no_thread(error: &std::io::Error) -> Failure {
    Failure::new("no_thread", Exit::Unavailable, "the system gave no thread to read or write messages")
        .because(error.to_string())
}

/// Tells who the client is once it has called a tool and has its first answer: whoever only looks around finds that
/// nothing was touched.
async fn introduced(session: Arc<Session>, writer: Writer) {
    let mut name = session.client.subscribe();
    let Ok(name) = name.wait_for(Option::is_some).await.map(|name| name.clone().unwrap_or_default()) else {
        return;
    };
    writer.begun().cancelled().await;
    let met = session.met.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(met) = met {
        tokio::task::spawn_blocking(move || met(&name));
    }
}

/// Everything that was answered is written.
async fn written(writer: &Writer) {
    while !writer.is_idle() {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Returns when waiting on has no more sense: so long after a signal or the loss of stdout; or after the
/// end of input when nobody reads what is to be written, or a call outlasts every limit.
async fn time_is_up(session: &Session, writer: &Writer) {
    tokio::select! {
        () = session.ended.cancelled() => {}
        () = session.stop.cancelled() => {}
        () = writer.broken().cancelled() => {}
    }
    let end = async {
        tokio::select! {
            () = session.stop.cancelled() => {}
            () = writer.broken().cancelled() => {}
        }
        sleep(session.limits.stop).await;
    };
    let stalled = async {
        let (mut seen, mut since) = (writer.pieces_written(), Instant::now());
        loop {
            sleep_until(Instant::now() + LOOK).await;
            let pieces = writer.pieces_written();
            if writer.is_idle() || pieces != seen {
                (seen, since) = (pieces, Instant::now());
            } else if since.elapsed() >= session.limits.stop {
                return;
            }
        }
    };
    tokio::select! {
        () = end => {}
        () = stalled => {}
        () = sleep(session.limits.call + session.limits.stop) => {}
    }
}

#[cfg(test)]
mod tests;
