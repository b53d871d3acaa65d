//! Requests on their way to a remote server: each on a task of its own, so that a write that left runs to its end and is
//! settled, whoever still waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::held::Held;
use super::super::{Caller, ProgressSink};
use super::outcome::{Fate, fate};
use super::records::{Named, named_in};
use crate::bridge::{Asked, BridgeError, Remote, Request, Watch};
use crate::credentials::BoxFuture;
use crate::journal::{End, Journal, Kind, State};
use crate::text::in_line;

/// A remote server as the story needs it.
pub trait Upstream: Send + Sync {
    /// As [`Remote::request`].
    fn request<'a>(
        &'a self,
        request: Request,
        watch: &'a Watch,
    ) -> BoxFuture<'a, Result<Map<String, Value>, BridgeError>>;
}

impl Upstream for Remote {
    fn request<'a>(
        &'a self,
        request: Request,
        watch: &'a Watch,
    ) -> BoxFuture<'a, Result<Map<String, Value>, BridgeError>> {
        Box::pin(Self::request(self, request, watch))
    }
}

/// A write that is on its way, with its entry in the journal.
pub(super) struct Written {
    pub held: Held,
    pub kind: Kind,
    pub journal: Arc<Journal>,
}

/// What came of a request.
pub(super) struct Arrived {
    pub answer: Result<Map<String, Value>, BridgeError>,
    pub fate: Fate,
    /// Of a write, in the journal.
    pub number: Option<i64>,
    /// What became of it is written down.
    pub kept: bool,
    /// Of a write that is still open: the server asks, or the answer was lost.
    pub held: Option<Held>,
}

/// A request that is under way.
pub(super) struct Running {
    /// The answer, once it is there.
    pub task: JoinHandle<Arrived>,
    /// What the server asks meanwhile.
    pub questions: mpsc::Receiver<Asked>,
    /// Stops a read.
    pub stop: CancellationToken,
    progress: Slot,
    pub writes: bool,
}

/// Characters of a server's words on its progress.
const WORDS: usize = 300;

/// Where progress goes: a later call may wait for what an earlier one began.
type Slot = Arc<Mutex<Option<ProgressSink>>>;

impl Running {
    /// Sends a request. `under_way` counts writes until they are settled.
    pub fn start(
        upstream: &Arc<dyn Upstream>,
        request: Request,
        caller: &Caller,
        written: Option<Written>,
        under_way: &watch::Sender<usize>,
    ) -> Self {
        let (asking, questions) = mpsc::channel(1);
        let progress: Slot = Arc::new(Mutex::new(caller.progress.clone()));
        let stop = CancellationToken::new();
        let watch = Watch {
            cancelled: stop.clone(),
            progress: caller.progress.is_some().then(|| through(&progress)),
            questions: caller.elicitation.is_some().then_some(asking),
            elicitation: caller.elicitation.clone(),
        };
        let writes = written.is_some();
        let count = writes.then(|| Count::one_more(under_way));
        let upstream = Arc::clone(upstream);
        let task = tokio::spawn(async move {
            let answer = upstream.request(request, &watch).await;
            let arrived = settled(answer, written).await;
            drop(count);
            arrived
        });
        Self { task, questions, stop, progress, writes }
    }

    /// From now on progress goes to this caller.
    pub fn report_to(&self, caller: &Caller) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&caller.progress);
    }
}

fn through(slot: &Slot) -> ProgressSink {
    let slot = Arc::clone(slot);
    Arc::new(move |done, of, what| {
        let sink = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sink) = sink {
            sink(done, of, &in_line(what, WORDS));
        }
    })
}

/// Writes down what became of a write.
async fn settled(answer: Result<Map<String, Value>, BridgeError>, written: Option<Written>) -> Arrived {
    let fate = fate(&answer);
    let Some(Written { mut held, kind, journal }) = written else {
        return Arrived { answer, fate, number: None, kept: true, held: None };
    };
    let number = Some(held.number);
    let end = match fate {
        Fate::Done => answer.as_ref().ok().map(|result| ended(kind, named_in(result))),
        Fate::Refused => Some(End::of(State::Refused)),
        Fate::NotSent => Some(End::of(State::NotSent)),
        Fate::Asks => None,
        Fate::Lost(settling) => {
            if let Some(ticket) = held.ticket() {
                let kept = journal.lost(ticket, settling).await;
                kept.unwrap_or_else(|error| tracing::warn!("the journal could not be written: {error}"));
            }
            None
        }
    };
    match end {
        Some(end) => Arrived { kept: held.settle(end).await, answer, fate, number, held: None },
        None => Arrived { answer, fate, number, kept: true, held: Some(held) },
    }
}

/// The end of a write that took effect.
pub(super) fn ended(kind: Kind, named: Named) -> End {
    let created = kind == Kind::Create;
    End { state: kind.effect(), record_id: named.id.filter(|_| created), record_number: named.number }
}

/// One write more that is under way, as long as this lives.
struct Count(watch::Sender<usize>);

impl Count {
    fn one_more(under_way: &watch::Sender<usize>) -> Self {
        under_way.send_modify(|count| *count += 1);
        Self(under_way.clone())
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Slot, through};

    #[test]
    fn words_on_progress_are_visible_and_short() {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&heard);
        let slot: Slot = Arc::new(Mutex::new(Some(Arc::new(move |_, _, words: &str| {
            sink.lock().unwrap().push(words.to_owned());
        }))));
        through(&slot)(1.0, None, "half\u{1b}[2J\n\u{202e}done");
        through(&slot)(2.0, None, &"x".repeat(1 << 20));
        let heard = heard.lock().unwrap();
        assert_eq!(heard[0], "half\\u{1b}[2J \\u{202e}done");
        assert!(heard[1].chars().count() <= super::WORDS + 1);
    }
}
