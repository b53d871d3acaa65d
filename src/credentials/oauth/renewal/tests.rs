//! Renewals against a token endpoint that is written down here, by several processes at once: each has its own lock, and
//! they share nothing but the store.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::super::tests::authority::{Answer, Authority};
use super::super::tokens::{Client, ClientAuth, Tokens, now};
use super::{Renewal, Store, Valid, Whose};
use crate::credentials::{BoxFuture, Key, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::https::Trust;

const SERVER: &str = "http://127.0.0.1:1/mcp";

/// A store that a test looks into.
#[derive(Clone)]
struct Kept {
    secret: Arc<Mutex<Secret>>,
    locked: Arc<AtomicBool>,
}

impl Store for Kept {
    fn read(&self) -> BoxFuture<'_, Result<Secret, Failure>> {
        Box::pin(async { Ok(self.secret.lock().unwrap().clone()) })
    }

    fn write<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async {
            if self.locked.load(Ordering::SeqCst) {
                return Err(Failure::new("keyring_locked", Exit::NotLoggedIn, "the OS keyring is locked"));
            }
            *self.secret.lock().unwrap() = secret.clone();
            Ok(())
        })
    }
}

impl Kept {
    /// A sign-in that was received `ago` seconds ago and is good for `life`.
    fn of(authority: &Authority, ago: u64, life: Option<u64>) -> Self {
        let tokens = Tokens {
            server: SERVER.to_owned(),
            issuer: authority.base.clone(),
            token_endpoint: format!("{}/token", authority.base),
            resource: "the-resource".to_owned(),
            client: Client {
                id: "client-1".to_owned(),
                secret: Some(Secret::new("hush".to_owned())),
                auth: ClientAuth::Post,
            },
            access: Secret::new("access-0".to_owned()),
            refresh: Some(Secret::new("refresh-0".to_owned())),
            scope: "a".to_owned(),
            received_at: now() - ago,
            expires_in: life,
        };
        Self { secret: Arc::new(Mutex::new(tokens.secret())), locked: Arc::default() }
    }

    fn change(&self, change: impl FnOnce(&mut Tokens)) {
        let mut secret = self.secret.lock().unwrap();
        let mut tokens = Tokens::from_secret(&secret).unwrap();
        change(&mut tokens);
        *secret = tokens.secret();
    }

    fn tokens(&self) -> Tokens {
        Tokens::from_secret(&self.secret.lock().unwrap()).unwrap()
    }
}

/// Gives a new pair for each refresh token, which is good once; a second use ends everything.
async fn rotating() -> Authority {
    let (given, spent) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    Authority::start(move |request, _| {
        let form = request.form();
        let known = form["refresh_token"] == format!("refresh-{}", given.load(Ordering::SeqCst));
        if !known || !spent.lock().unwrap().insert(form["refresh_token"].clone()) {
            let body = json!({"error": "invalid_grant", "error_description": "it was spent"});
            return Answer::Json(400, body);
        }
        let number = given.fetch_add(1, Ordering::SeqCst) + 1;
        Answer::Json(
            200,
            json!({"access_token": format!("access-{number}"), "token_type": "Bearer", "expires_in": "3600",
                "refresh_token": format!("refresh-{number}")}),
        )
    })
    .await
}

fn whose() -> Whose {
    Whose {
        account: "billstride".to_owned(),
        origin: Origin::parse(SERVER).unwrap(),
        trust: Trust::default(),
    }
}

fn lock() -> PathBuf {
    std::env::temp_dir().join(format!("lumabill-turn-{}", uuid::Uuid::new_v4())).join("a.lock")
}

async fn valid(renewal: &Renewal, store: &Kept, refused: Option<&Key>) -> Result<Valid, Failure> {
    renewal.valid(&whose(), store, refused).await
}

/// The token that a key would send.
fn sent(valid: &Valid) -> String {
    let signed = valid.key.sign(&Origin::parse(SERVER).unwrap(), "").unwrap();
    signed.header.unwrap().1.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_is_used_while_it_is_good_and_renewed_before_it_ends() {
    let authority = rotating().await;
    for (ago, life, renewed) in [
        (0, Some(3600), false),
        (3530, Some(3600), false),
        (3545, Some(3600), true),
        (4000, Some(3600), true),
        // A short life has a short end.
        (10, Some(20), false),
        (16, Some(20), true),
        (1_000_000, None, false),
    ] {
        let authority = rotating().await;
        let (store, renewal) = (Kept::of(&authority, ago, life), Renewal::new(lock()));
        let valid = valid(&renewal, &store, None).await.unwrap();
        let token = if renewed { "Bearer access-1" } else { "Bearer access-0" };
        assert_eq!(
            (sent(&valid).as_str(), authority.requests().len()),
            (token, usize::from(renewed)),
            "{ago}"
        );
        assert_eq!(valid.until.is_none(), life.is_none());
    }
    let store = Kept::of(&authority, 4000, Some(3600));
    valid(&Renewal::new(lock()), &store, None).await.unwrap();
    let form = authority.requests()[0].form();
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-0"),
        ("resource", "the-resource"),
        ("client_id", "client-1"),
        ("client_secret", "hush"),
    ] {
        assert_eq!(form[name], value, "{name}");
    }
    let kept = store.tokens();
    assert_eq!((kept.access.expose(), kept.refresh.unwrap().expose()), ("access-1", "refresh-1"));
    assert_eq!((kept.issuer, kept.scope.as_str()), (authority.base, "a"));
}

#[tokio::test]
async fn a_refresh_token_that_is_not_replaced_stays() {
    let authority = Authority::start(|_, _| {
        Answer::Json(200, json!({"access_token": "access-1", "token_type": "bearer"}))
    })
    .await;
    let store = Kept::of(&authority, 4000, Some(3600));
    let valid = valid(&Renewal::new(lock()), &store, None).await.unwrap();
    assert!(valid.until.is_none());
    assert_eq!(store.tokens().refresh.unwrap().expose(), "refresh-0");
}

#[tokio::test]
async fn many_processes_at_once_spend_a_refresh_token_once() {
    let authority = rotating().await;
    let (store, lock) = (Kept::of(&authority, 4000, Some(3600)), lock());
    let refused = valid(&Renewal::new(lock.clone()), &Kept::of(&authority, 0, None), None).await.unwrap().key;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..24 {
        // Every third process has two calls at once.
        let renewal = Arc::new(Renewal::new(lock.clone()));
        for _ in 0..=usize::from(number % 3 == 0) {
            let (renewal, store) = (Arc::clone(&renewal), store.clone());
            let refused = (number % 2 == 0).then(|| refused.clone());
            all.spawn(async move { sent(&valid(&renewal, &store, refused.as_ref()).await.unwrap()) });
        }
    }
    let tokens: BTreeSet<_> = all.join_all().await.into_iter().collect();
    assert_eq!(tokens, BTreeSet::from(["Bearer access-1".to_owned()]));
    assert_eq!(authority.requests().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_a_server_that_refuses_all_is_not_asked_for_ever() {
    let authority = rotating().await;
    let (store, renewal) = (Kept::of(&authority, 0, Some(3600)), Renewal::new(lock()));
    let first = valid(&renewal, &store, None).await.unwrap();
    let mut last = valid(&renewal, &store, Some(&first.key)).await.unwrap();
    assert_eq!(sent(&last), "Bearer access-1");
    // What was refused late is known as old: nothing is renewed.
    assert_eq!(sent(&valid(&renewal, &store, Some(&first.key)).await.unwrap()), "Bearer access-1");
    assert_eq!(authority.requests().len(), 1);
    for number in 2..=4 {
        last = valid(&renewal, &store, Some(&last.key)).await.unwrap();
        assert_eq!(sent(&last), format!("Bearer access-{number}"));
    }
    let failure = valid(&renewal, &store, Some(&last.key)).await.unwrap_err();
    assert_eq!((failure.code, authority.requests().len()), ("token_refused", 4));
    // Another login is looked at in any case.
    store.change(|tokens| tokens.access = Secret::new("access-new".to_owned()));
    assert_eq!(sent(&valid(&renewal, &store, Some(&last.key)).await.unwrap()), "Bearer access-new");
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_renewed_says_so_once_until_there_is_another() {
    let authority = Authority::start(|_, _| {
        Answer::Json(400, json!({"error": "invalid_grant", "error_description": "re\u{1b}voked"}))
    })
    .await;
    let (store, renewal) = (Kept::of(&authority, 4000, Some(3600)), Renewal::new(lock()));
    for _ in 0..3 {
        let failure = valid(&renewal, &store, None).await.unwrap_err();
        assert_eq!((failure.code, failure.exit), ("sign_in_expired", Exit::NotLoggedIn));
        assert!(failure.message.contains("`invalid_grant` (re\\u{1b}voked)"), "{}", failure.message);
        assert!(failure.hint.unwrap().contains("`lumabill login --account billstride`"));
    }
    assert_eq!(authority.requests().len(), 1);
    store.change(|tokens| tokens.received_at = now());
    assert_eq!(sent(&valid(&renewal, &store, None).await.unwrap()), "Bearer access-0");

    store.change(|tokens| (tokens.refresh, tokens.received_at) = (None, 0));
    let failure = valid(&renewal, &store, None).await.unwrap_err();
    assert_eq!((failure.code, authority.requests().len()), ("sign_in_expired", 1));
}

#[tokio::test]
async fn a_network_in_the_way_asks_for_no_login_and_is_tried_again() {
    let bad = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&bad);
    let authority = Authority::start(move |_, _| {
        if broken.load(Ordering::SeqCst) {
            Answer::Nothing
        } else {
            Answer::Json(200, json!({"access_token": "access-1"}))
        }
    })
    .await;
    let (store, renewal) = (Kept::of(&authority, 4000, Some(3600)), Renewal::new(lock()));
    let failure = valid(&renewal, &store, None).await.unwrap_err();
    assert_eq!((failure.code, failure.exit), ("sign_in_not_renewed", Exit::Unavailable));
    assert!(failure.hint.unwrap().contains("no new login"));
    bad.store(false, Ordering::SeqCst);
    assert_eq!(sent(&valid(&renewal, &store, None).await.unwrap()), "Bearer access-1");

    // Asked early, the old token is still good: the call goes on with it, until its end.
    bad.store(true, Ordering::SeqCst);
    store.change(|tokens| (tokens.received_at, tokens.expires_in) = (now() - 3550, Some(3600)));
    let early = valid(&renewal, &store, None).await.unwrap();
    assert_eq!((sent(&early).as_str(), early.until), ("Bearer access-1", store.tokens().expires()));
}

#[tokio::test]
async fn tokens_that_cannot_be_stored_are_not_used_and_not_lost() {
    let authority = rotating().await;
    let (store, renewal) = (Kept::of(&authority, 4000, Some(3600)), Renewal::new(lock()));
    store.locked.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let failure = valid(&renewal, &store, None).await.unwrap_err();
        assert!(failure.message.contains("could not be stored"), "{}", failure.message);
        assert_eq!(failure.causes[0], "the OS keyring is locked");
    }
    store.locked.store(false, Ordering::SeqCst);
    assert_eq!(sent(&valid(&renewal, &store, None).await.unwrap()), "Bearer access-1");
    assert_eq!((store.tokens().access.expose(), authority.requests().len()), ("access-1", 1));
}

#[tokio::test]
async fn a_sign_in_goes_to_its_own_server_and_token_endpoint_only() {
    let authority = rotating().await;
    let (store, renewal) = (Kept::of(&authority, 0, Some(3600)), Renewal::new(lock()));
    store.change(|tokens| tokens.server = "https://billstride.com/api/mcp/sse".to_owned());
    assert_eq!(valid(&renewal, &store, None).await.unwrap_err().code, "not_logged_in");

    let (store, away) =
        (Kept::of(&authority, 4000, Some(3600)), Origin::parse("https://h.example/mcp").unwrap());
    store.change(|tokens| tokens.server = away.to_string());
    // A server elsewhere has no token endpoint on this machine.
    let failure = renewal.valid(&Whose { origin: away, ..whose() }, &store, None).await.unwrap_err();
    assert_eq!((failure.code, authority.requests().len()), ("sign_in_expired", 0));
}

#[tokio::test]
async fn a_turn_is_waited_for() {
    let authority = rotating().await;
    let (store, lock) = (Kept::of(&authority, 4000, Some(3600)), lock());
    let renewal = Arc::new(Renewal::new(lock.clone()));
    let turn = super::turn::Turn::take(&lock, "a").await.unwrap();
    let waiting = tokio::spawn({
        let (renewal, store) = (Arc::clone(&renewal), store.clone());
        async move { sent(&valid(&renewal, &store, None).await.unwrap()) }
    });
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(authority.requests().len(), 0);
    // The other process has renewed it.
    store.change(|tokens| (tokens.access, tokens.received_at) = (Secret::new("theirs".to_owned()), now()));
    drop(turn);
    assert_eq!((waiting.await.unwrap().as_str(), authority.requests().len()), ("Bearer theirs", 0));
}

#[tokio::test]
async fn a_login_that_ends_during_a_renewal_is_not_written_over() {
    let holder: Arc<Mutex<Option<Kept>>> = Arc::default();
    let held = Arc::clone(&holder);
    let authority = Authority::start(move |_, _| {
        held.lock().unwrap().as_ref().unwrap().change(|tokens| {
            (tokens.access, tokens.received_at) = (Secret::new("of-the-login".to_owned()), now());
        });
        Answer::Json(200, json!({"access_token": "access-1"}))
    })
    .await;
    let store = Kept::of(&authority, 4000, Some(3600));
    *holder.lock().unwrap() = Some(store.clone());
    let valid = valid(&Renewal::new(lock()), &store, None).await.unwrap();
    assert_eq!(
        (sent(&valid).as_str(), store.tokens().access.expose()),
        ("Bearer of-the-login", "of-the-login")
    );
}
