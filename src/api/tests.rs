//! Tests of the API client against a server that plays exact bytes.

mod answers;
mod pages;
mod refusals;
mod sending;
mod server;
mod tls;

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::client::LIMITS;
use super::{ApiError, Body, Client, Method, Reply, Request, Safety, Trust, Watch};
use crate::credentials::{BoxFuture, Key, Keys, Origin, Secret};
use crate::failure::{Exit, Failure};

const KEY: &str = "lmb_planted_0123456789abcdef";

/// Hands out one key, and after a refusal another, if it has one.
struct Store {
    key: Option<Key>,
    second: Option<Key>,
    rereads: Mutex<u32>,
}

impl Store {
    fn with(origin: &Origin, text: &str) -> Self {
        let key = Some(Key::new(Secret::new(text.to_owned()), origin.clone()));
        Self { key, second: None, rereads: Mutex::new(0) }
    }
}

impl Keys for Store {
    fn key(&self) -> BoxFuture<'_, Result<Key, Failure>> {
        let missing = || {
            Failure::new("not_logged_in", Exit::NotLoggedIn, "no key is stored")
                .because("the keyring has no item `lumabill`")
                .hint("run `lumabill login`")
        };
        Box::pin(async move { self.key.clone().ok_or_else(missing) })
    }

    fn reread<'a>(&'a self, refused: &'a Key) -> BoxFuture<'a, Option<Key>> {
        *self.rereads.lock().unwrap() += 1;
        Box::pin(async move { self.second.clone().filter(|key| !key.same_as(refused)) })
    }
}

fn client(origin: &Origin) -> Client {
    Client::new(origin.clone(), Trust::default(), "lumabill/0.1.0")
}

/// Like [`client`], with times a tenth as long.
fn hurried(origin: &Origin) -> Client {
    let mut limits = LIMITS;
    for limit in [
        &mut limits.first_read,
        &mut limits.first_reads,
        &mut limits.read,
        &mut limits.rest,
        &mut limits.write,
        &mut limits.total,
    ] {
        *limit /= 10;
    }
    client(origin).with_limits(limits)
}

fn read() -> Request {
    Request {
        tool: "list_invoices".into(),
        method: Method::GET,
        path: "/v1/invoices".into(),
        query: vec![("search".into(), "Müller & Söhne".into())],
        body: Body::None,
        profile: Some("7f0c".into()),
        idempotency_key: None,
        if_match: None,
        patience: None,
        safety: Safety::Read,
        verbatim: None,
    }
}

fn write() -> Request {
    Request {
        tool: "create_invoice".into(),
        method: Method::POST,
        query: Vec::new(),
        body: Body::Json(json!({"client_id": "c1", "lines": [{"price": 49.9}]})),
        idempotency_key: Some("intent-1".into()),
        if_match: None,
        patience: None,
        safety: Safety::Write,
        verbatim: None,
        ..read()
    }
}

async fn send(client: &Client, request: &Request, keys: &Store) -> Result<Reply, ApiError> {
    let watch = Watch { cancelled: CancellationToken::new(), waiting: &|_, _| {}, permits: None };
    client.send(request, keys, &watch).await
}

/// Sends with a fresh hurried client and the planted key.
async fn once(origin: &Origin, request: &Request) -> Result<Reply, ApiError> {
    send(&hurried(origin), request, &Store::with(origin, KEY)).await
}

fn failure(result: Result<Reply, ApiError>) -> Failure {
    let failure = Failure::from(result.expect_err("a failure was expected"));
    let all = format!("{failure:?}{}{}", failure.text(), failure.json());
    assert!(!all.contains(KEY), "the key is in {all}");
    failure
}

#[test]
fn times_are_those_of_the_design() {
    let seconds = [LIMITS.first_read, LIMITS.read, LIMITS.rest, LIMITS.write, LIMITS.total];
    assert_eq!(seconds.map(|time| time.as_secs()), [8, 20, 30, 25, 45]);
    assert!(LIMITS.first_reads < Duration::from_secs(10));
}
