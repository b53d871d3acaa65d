//! Tests of the bridge against a server that plays exact bytes.

mod answers;
mod eras;
mod events;
mod older;
mod refusals;
mod server;
mod sessions;
mod streams;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{BridgeError, Remote, Request, Setup, Transport, Watch};
use crate::credentials::{BoxFuture, Key, Keys, Origin, Secret};
use crate::failure::Failure;
use crate::https::{Safety, Trust};

const KEY: &str = "bb_planted_0123456789abcdef";

/// Hands out one key, and after a refusal another, if it has one.
struct Store {
    key: Key,
    second: Option<Key>,
    rereads: Mutex<u32>,
}

impl Keys for Store {
    fn key(&self) -> BoxFuture<'_, Result<Key, Failure>> {
        Box::pin(async move { Ok(self.key.clone()) })
    }

    fn reread<'a>(&'a self, refused: &'a Key) -> BoxFuture<'a, Option<Key>> {
        *self.rereads.lock().unwrap() += 1;
        Box::pin(async move { self.second.clone().filter(|key| !key.same_as(refused)) })
    }
}

fn store(origin: &Origin, second: Option<&str>) -> Arc<Store> {
    let key = |text: &str| Key::new(Secret::new(text.to_owned()), origin.clone());
    Arc::new(Store { key: key(KEY), second: second.map(key), rereads: Mutex::new(0) })
}

fn setup(origin: &Origin) -> Setup {
    Setup {
        origin: origin.clone(),
        trust: Trust::default(),
        user_agent: "lumabill/0.1.0",
        keys: store(origin, None),
        transport: Transport::Streamable,
        headers: Vec::new(),
    }
}

fn remote(origin: &Origin) -> Remote {
    Remote::new(setup(origin))
}

/// A call of the tool `list_invoices`.
fn read() -> Request {
    let Value::Object(params) = json!({"name": "list_invoices", "arguments": {"page": 2}}) else {
        unreachable!("an object")
    };
    let until = Instant::now() + Duration::from_secs(10);
    Request { method: "tools/call".into(), params, safety: Safety::Read, until }
}

fn write() -> Request {
    let mut request = read();
    request.safety = Safety::Write;
    request.params.insert("name".into(), "send_invoice".into());
    request
}

async fn ask(remote: &Remote, request: Request) -> Result<Map<String, Value>, BridgeError> {
    remote.request(request, &Watch::default()).await
}

fn failure(result: Result<Map<String, Value>, BridgeError>) -> Failure {
    let error = result.expect_err("a failure was expected");
    let shown = format!("{error:?}");
    let failure = Failure::from(error);
    let all = format!("{shown}{failure:?}{}{}", failure.text(), failure.json());
    assert!(!all.contains(KEY), "the key is in {all}");
    failure
}

/// Sends from a task of its own.
fn spawn(
    remote: &Arc<Remote>,
    request: Request,
    watch: Watch,
) -> tokio::task::JoinHandle<Result<Map<String, Value>, BridgeError>> {
    let remote = Arc::clone(remote);
    tokio::spawn(async move { remote.request(request, &watch).await })
}
