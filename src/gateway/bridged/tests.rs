//! The story of a remote call, with a server that does what a test says.

mod documents;
mod faktoora;
mod questions;
mod writes;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::definitions::Definitions;
use super::sending::Upstream;
use super::tools::{self, Offered, Terms};
use super::{Bridged, Setup};
use crate::bridge::{self, Asked, BridgeError, Request, Transport, Watch};
use crate::catalogue::Effect;
use crate::credentials::{BoxFuture, Key, Keys, Origin, Secret};
use crate::failure::Failure;
use crate::gateway::policy::Level;
use crate::gateway::tools::Selection;
use crate::gateway::{Answered, Call, Caller, Outcome};
use crate::https::{Trouble, Trust};
use crate::journal::{Filter, Intent, Journal};

/// What the server does with one request.
enum Step {
    Answers(Value),
    Fails(BridgeError),
    /// Asks this, and answers with what it was answered.
    Asks(Value),
    /// Holds the answer back until told.
    Holds(oneshot::Receiver<()>, Value),
    /// Never answers; a read is stopped by its caller.
    Silent,
}

/// A server with a script.
#[derive(Default)]
struct Fake {
    script: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<Request>>,
    stopped: watch::Sender<usize>,
}

impl Upstream for Fake {
    fn request<'a>(
        &'a self,
        request: Request,
        watch: &'a Watch,
    ) -> BoxFuture<'a, Result<Map<String, Value>, BridgeError>> {
        self.seen.lock().unwrap().push(request);
        let step = self.script.lock().unwrap().pop_front().expect("a request that no test expects");
        Box::pin(async move {
            match step {
                Step::Answers(result) => Ok(map(result)),
                Step::Fails(error) => Err(error),
                Step::Asks(params) => {
                    let (answer, answered) = oneshot::channel();
                    let asked = Asked { params: map(params), answer };
                    watch.questions.as_ref().unwrap().send(asked).await.unwrap();
                    let said = answered.await.unwrap_or_else(|_| json!("dropped"));
                    Ok(map(json!({"content": [{"type": "text", "text": said.to_string()}]})))
                }
                Step::Holds(go, result) => {
                    go.await.unwrap();
                    Ok(map(result))
                }
                Step::Silent => {
                    watch.cancelled.cancelled().await;
                    self.stopped.send_modify(|stopped| *stopped += 1);
                    Err(broken())
                }
            }
        })
    }
}

struct OneKey(Key);

impl Keys for OneKey {
    fn key(&self) -> BoxFuture<'_, Result<Key, Failure>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
    fn reread<'a>(&'a self, _refused: &'a Key) -> BoxFuture<'a, Option<Key>> {
        Box::pin(async { None })
    }
}

/// An account at a fake server.
struct Stage {
    bridged: Arc<Bridged>,
    fake: Arc<Fake>,
}

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("lumabill-bridged-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&path));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn setup(service: &'static str, folder: &Path) -> Setup {
    let origin = Origin::parse("https://billbot.io/api/mcp").unwrap();
    let key = Key::new(Secret::new("bb_sk_0123456789".into()), origin.clone());
    Setup {
        account: "billbot".to_owned(),
        service,
        remote: bridge::Setup {
            origin,
            trust: Trust::default(),
            user_agent: "lumabill/test",
            keys: Arc::new(OneKey(key)),
            transport: Transport::Streamable,
            headers: Vec::new(),
        },
        reads: Vec::new(),
        selection: Selection::default(),
        read_only: false,
        level: Level::Destructive,
        files: Vec::new(),
        state_folder: folder.to_owned(),
        rates: None,
        journal: Arc::new(Journal::new(folder, Duration::from_secs(86_400))),
        duplicate_window: Duration::from_secs(86_400),
    }
}

impl Stage {
    fn new(name: &str, script: Vec<Step>) -> Self {
        Self::with(setup("billbot", &folder(name)), script)
    }

    fn with(setup: Setup, script: Vec<Step>) -> Self {
        let fake = Arc::new(Fake { script: Mutex::new(script.into()), ..Fake::default() });
        let remote = Arc::new(bridge::Remote::new(setup.remote.clone()));
        let bridged = Arc::new(Bridged::on(setup, remote, Arc::<Fake>::clone(&fake) as Arc<dyn Upstream>));
        Self { bridged, fake }
    }

    async fn call(&self, offered: &Arc<Offered>, arguments: Value) -> Outcome {
        self.call_by(offered, arguments, None, caller(false)).await
    }

    async fn call_by(
        &self,
        offered: &Arc<Offered>,
        arguments: Value,
        answered: Option<Answered>,
        caller: Caller,
    ) -> Outcome {
        let tool = offered.tool.name.clone();
        let call = Call { tool, arguments: map(arguments), answered, caller };
        match self.bridged.carry_out(Arc::clone(offered), call).await {
            Ok(outcome) => outcome,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// The params of all requests so far.
    fn sent(&self) -> Vec<Value> {
        self.fake.seen.lock().unwrap().iter().map(|request| Value::Object(request.params.clone())).collect()
    }

    async fn history(&self) -> Vec<Intent> {
        self.bridged.setup.journal.flush().await;
        self.bridged.setup.journal.history(Filter::default()).await.unwrap()
    }
}

fn caller(can_ask: bool) -> Caller {
    Caller {
        name: "test".to_owned(),
        can_ask,
        elicitation: can_ask.then(|| json!({"form": {}})),
        cancelled: CancellationToken::new(),
        progress: None,
        until: Some(Instant::now() + Duration::from_secs(50)),
    }
}

fn offered(name: &str, effect: Effect, asks: Option<&str>) -> Arc<Offered> {
    let mut definitions = Definitions::default();
    definitions.tools.push(json!({ "name": name }));
    let terms = Terms {
        account: "billbot",
        service: "url",
        host: "billbot.io",
        reads: &[],
        level: Level::Destructive,
        lean: false,
    };
    let mut offered = tools::offered(&definitions, &terms).pop().unwrap();
    offered.effect = effect;
    offered.asks = asks.map(str::to_owned);
    Arc::new(offered)
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("no object"),
    }
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn failed(words: &str) -> Value {
    json!({"content": [{"type": "text", "text": words}], "isError": true})
}

fn broken() -> BridgeError {
    Trouble::Broken { host: "billbot.io".into() }.into()
}

fn passed(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Passed(passed) => {
            if let Some(receipt) = passed.receipt {
                receipt.hand_in();
            }
            Value::Object(passed.result)
        }
        other => panic!("{}", words(other)),
    }
}

fn done(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Done(done) => {
            assert!(
                done.text.ends_with(&Value::Object(done.structured.clone()).to_string()),
                "{}",
                done.text
            );
            if let Some(receipt) = done.receipt {
                receipt.hand_in();
            }
            Value::Object(done.structured)
        }
        other => panic!("{}", words(other)),
    }
}

fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{}", words(other)),
    }
}

fn words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done(done) => format!("done: {}", done.text),
        Outcome::Passed(passed) => format!("passed: {}", Value::Object(passed.result)),
        Outcome::Rejected(rejected) => format!("rejected: {} {}", rejected.code, rejected.message),
        Outcome::Failed(failure) => format!("failed: {}", failure.text()),
        Outcome::Ask(question) => format!("asks: {}", question.message),
    }
}
