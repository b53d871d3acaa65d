//! Signing in with OAuth: the binary against an authorization server, with the test as the browser; and long secrets in a
//! real keyring.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::at_a_terminal::Terminal;
use crate::keyring::Desktop;
use crate::remote::browser::SigningIn;
use crate::remote::plain;
use crate::remote::sign_in::SignIn;
use crate::remote::wire::{HttpAnswer, Received, Wire};
use crate::remote::{Exchange, Remote, Reply, Service, Speaks, text_result};
use crate::support::{Ended, Era, Home, Lumabill, McpSession};

const ITEM: &str = "lumabill@https://api.lumabill.ch";

/// A server with one tool, for people who have signed in. Protected resource metadata names its issuer.
#[derive(Default)]
struct Guarded {
    sign_in: SignIn,
    base: Mutex<String>,
    /// In place of its own issuer.
    issuer: Mutex<Option<String>>,
    /// The token endpoint answers this in place of tokens.
    token_status: Mutex<Option<u16>>,
    /// A key that is let in too.
    key: Mutex<Option<&'static str>>,
    /// How often a browser was sent to the page where people agree.
    pages: Mutex<usize>,
}

impl Guarded {
    fn start() -> (Remote, Arc<Self>) {
        let guarded = Arc::new(Self::default());
        let server = Remote::start(Speaks::sessions("/mcp"), Arc::clone(&guarded));
        *guarded.base.lock().unwrap() = server.base();
        (server, guarded)
    }

    fn pages(&self) -> usize {
        *self.pages.lock().unwrap()
    }
}

impl Service for Guarded {
    fn info(&self) -> Value {
        json!({ "name": "guarded", "version": "1" })
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        let key = self.key.lock().unwrap().map(|key| format!("Bearer {key}"));
        if self.sign_in.admits(request)
            || (key.is_some() && request.header("authorization") == key.as_deref())
        {
            return Ok(());
        }
        let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", self.base.lock().unwrap());
        let challenge =
            format!("Bearer error=\"invalid_token\", resource_metadata=\"{metadata}\", scope=\"books\"");
        Err(HttpAnswer::json(401, &json!({ "error": "invalid_token" })).header("www-authenticate", challenge))
    }

    fn elsewhere(&self, request: &Received) -> Option<HttpAnswer> {
        let base = self.base.lock().unwrap().clone();
        match request.path() {
            "/.well-known/oauth-protected-resource/mcp" => {
                let issuer = self.issuer.lock().unwrap().clone().unwrap_or_else(|| base.clone());
                let document =
                    json!({ "resource": format!("{base}/mcp"), "authorization_servers": [issuer] });
                Some(HttpAnswer::json(200, &document))
            }
            "/oauth/token" if self.token_status.lock().unwrap().is_some() => {
                let status = self.token_status.lock().unwrap().unwrap_or_default();
                Some(HttpAnswer::json(status, &json!({})))
            }
            path => {
                *self.pages.lock().unwrap() += usize::from(path == "/oauth/authorize");
                self.sign_in.answer(path, &base, request)
            }
        }
    }

    fn tools(&self, _request: &Received) -> Vec<Value> {
        let schema = json!({ "type": "object" });
        vec![json!({ "name": "look", "inputSchema": schema, "annotations": { "readOnlyHint": true } })]
    }

    fn call(&self, _tool: &str, _arguments: &Value, _exchange: &mut Exchange) -> Reply {
        text_result("seen", false)
    }
}

/// A login whose browser is the test, with the sign-in in a file.
fn login(home: &Arc<Home>, server: &Remote) -> SigningIn {
    let url = server.url();
    let arguments = ["login", "--service", &url, "--account", "own", "--insecure-storage", "--no-browser"];
    SigningIn::start(&Lumabill::at(home, &arguments))
}

/// The same to its end; then the one tool reads.
fn signed_in(home: &Arc<Home>, server: &Remote) {
    let mut signing_in = login(home, server);
    let page = signing_in.agree();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You can close this window"), "{}", page.body);
    let (code, said) = signing_in.ended();
    assert_eq!(code, Some(0), "{said}");
    run(home, &["config", "--account", "own", "reads", "look"]).exits(0);
}

fn run(home: &Arc<Home>, arguments: &[&str]) -> Ended {
    Lumabill::at(home, arguments).run()
}

fn serve(home: &Arc<Home>, era: Era) -> McpSession {
    McpSession::start(&Lumabill::at(home, &["serve", "--account", "own"]), era)
}

#[test]
fn a_sign_in_serves_calls_is_renewed_after_a_401_and_says_once_and_clearly_when_it_is_over() {
    for era in Era::BOTH {
        let (server, guarded) = Guarded::start();
        let home = Arc::new(Home::new());
        signed_in(&home, &server);
        assert_eq!(guarded.sign_in.resources(), [Some(server.url())]);
        let mut session = serve(&home, era);
        assert_eq!(session.call("look", json!({})).done().text, "seen");
        guarded.sign_in.expire();
        assert_eq!(session.call("look", json!({})).done().text, "seen");
        assert_eq!(guarded.sign_in.refreshes(), 1);

        guarded.sign_in.revoke();
        let asked = |server: &Remote| {
            server.requests().iter().filter(|request| request.path() == "/oauth/token").count()
        };
        let first = session.call("look", json!({})).refused();
        assert!(first.text.contains("login --account own"), "{}", first.text);
        let before = asked(&server);
        for _ in 0..3 {
            let again = session.call("look", json!({})).refused();
            assert!(
                again.text.contains("has expired") && again.text.contains("login --account own"),
                "{}",
                again.text
            );
        }
        assert_eq!(asked(&server), before, "a sign-in that is over was renewed again");
        assert_eq!(guarded.pages(), 1, "serving sent somebody to a browser");
        // After another login the same process goes on.
        signed_in(&home, &server);
        assert_eq!(session.call("look", json!({})).done().text, "seen");
        for secret in guarded.sign_in.tokens() {
            assert!(!first.text.contains(&secret) && !session.stderr().contains(&secret));
        }
    }
}

#[test]
fn several_servers_of_one_account_spend_a_refresh_token_once() {
    let (server, guarded) = Guarded::start();
    let home = Arc::new(Home::new());
    signed_in(&home, &server);
    let mut sessions = [Era::Legacy, Era::Modern, Era::Legacy, Era::Modern].map(|era| serve(&home, era));
    for session in &mut sessions {
        session.call("look", json!({})).done();
    }
    for round in 1..=2 {
        guarded.sign_in.expire();
        let asked: Vec<_> = sessions.iter_mut().map(|session| session.send_call("look", json!({}))).collect();
        for (session, asked) in sessions.iter_mut().zip(asked) {
            let answer = session.answer(&asked);
            assert_eq!(answer["result"]["content"][0]["text"], "seen", "{answer}");
        }
        assert_eq!(guarded.sign_in.refreshes(), round);
    }
}

#[test]
fn a_token_endpoint_that_is_away_asks_for_no_login() {
    let (server, guarded) = Guarded::start();
    let home = Arc::new(Home::new());
    signed_in(&home, &server);
    let mut session = serve(&home, Era::Modern);
    session.call("look", json!({})).done();
    guarded.sign_in.expire();
    *guarded.token_status.lock().unwrap() = Some(503);
    let told = session.call("look", json!({})).refused();
    assert!(
        told.text.contains("could not be renewed") && told.text.contains("no new login"),
        "{}",
        told.text
    );
    *guarded.token_status.lock().unwrap() = None;
    session.call("look", json!({})).done();
}

/// An issuer on another host of this machine, whose tokens are good at `guarded`.
fn issuer_elsewhere(guarded: &Arc<Guarded>) -> String {
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    *guarded.issuer.lock().unwrap() = Some(issuer.clone());
    let (guarded, own) = (Arc::clone(guarded), issuer.clone());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (guarded, own) = (Arc::clone(&guarded), own.clone());
            thread::spawn(move || {
                let mut wire = Wire::new(stream, 0);
                while let Some(request) = wire.read() {
                    *guarded.pages.lock().unwrap() += usize::from(request.path() == "/oauth/authorize");
                    let answer = guarded.sign_in.answer(request.path(), &own, &request);
                    wire.whole(&answer.unwrap_or_else(|| HttpAnswer::empty(404))).unwrap();
                }
            });
        }
    });
    issuer
}

#[test]
fn an_issuer_on_another_host_is_agreed_to_by_a_person_or_not_used() {
    let (server, guarded) = Guarded::start();
    let issuer = issuer_elsewhere(&guarded);
    let home = Arc::new(Home::new());
    let (code, said) = login(&home, &server).ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&issuer) && said.contains("nobody can be asked"), "{said}");
    assert_eq!((guarded.pages(), guarded.sign_in.registered()), (0, 0));

    let url = server.url();
    let arguments = ["login", "--service", &url, "--account", "own", "--insecure-storage", "--no-browser"];
    for yes in [false, true] {
        let mut terminal = Terminal::of(&Lumabill::at(&home, &arguments).command());
        terminal.until("Sign in with the browser").types("\n").until("Do you want to sign in there?");
        assert!(
            terminal.seen().contains(&format!("{issuer} is another host than 127.0.0.1")),
            "{}",
            terminal.seen()
        );
        terminal.types(if yes { "y\n" } else { "\n" });
        if yes {
            terminal.until("waiting for you to sign in");
            let address = terminal.seen().split_whitespace().find(|word| word.contains("state=")).unwrap();
            assert!(address.starts_with(&issuer), "{address}");
            assert_eq!(plain::browse(address).status, 200);
        }
        let (seen, code) = terminal.ends();
        assert_eq!((code, guarded.pages()), if yes { (0, 1) } else { (1, 0) }, "{seen}");
    }
    // What was agreed to is what tokens are renewed at.
    run(&home, &["config", "--account", "own", "reads", "look"]).exits(0);
    *guarded.issuer.lock().unwrap() = Some("http://127.0.0.3:1".to_owned());
    guarded.sign_in.expire();
    serve(&home, Era::Modern).call("look", json!({})).done();
    assert_eq!(guarded.sign_in.refreshes(), 1);
}

#[test]
fn an_answer_that_does_not_belong_to_the_sign_in_stores_nothing() {
    let (server, guarded) = Guarded::start();
    let home = Arc::new(Home::new());
    let mut signing_in = login(&home, &server);
    let address = url::Url::parse(&signing_in.address()).unwrap();
    let redirect = address.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    let (root, _) = redirect.rsplit_once('/').unwrap();
    assert_eq!(plain::ask("GET", &format!("{root}/?code=x&state=y"), &[], "").status, 404);
    let told = plain::ask("GET", &format!("{redirect}?code=stolen&state=guessed"), &[], "");
    assert!(told.body.contains("does not belong to this sign-in"), "{}", told.body);
    let (code, said) = signing_in.ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("another `state`"), "{said}");
    assert!(guarded.sign_in.tokens().is_empty());
    run(&home, &["status"]).exits(3);
}

#[test]
fn a_refused_fixed_key_starts_no_sign_in() {
    let (server, guarded) = Guarded::start();
    let home = Arc::new(Home::new());
    let url = server.url();
    *guarded.key.lock().unwrap() = Some("fixed-key-0123456789");
    let arguments = ["login", "--service", &url, "--account", "own", "--with-token", "--insecure-storage"];
    Lumabill::at(&home, &arguments).input("fixed-key-0123456789\n").run().exits(0);
    run(&home, &["config", "--account", "own", "reads", "look"]).exits(0);
    let mut session = serve(&home, Era::Legacy);
    session.call("look", json!({})).done();
    *guarded.key.lock().unwrap() = None;
    let told = session.call("look", json!({})).refused();
    assert!(told.text.contains("login"), "{}", told.text);
    let paths: Vec<_> = server.requests().iter().map(|request| request.path().to_owned()).collect();
    assert!(paths.iter().all(|path| path == "/mcp"), "{paths:?}");
    assert_eq!((guarded.pages(), guarded.sign_in.registered()), (0, 0));
}

#[test]
fn a_sign_in_lies_in_the_keyring_and_leaves_it_whole() {
    let desktop = Desktop::start("");
    let (server, guarded) = Guarded::start();
    let url = server.url();
    let run = desktop.lumabill(&["login", "--service", &url, "--account", "own", "--no-browser"]);
    let mut signing_in = SigningIn::start(&run);
    assert_eq!(signing_in.agree().status, 200);
    let (code, said) = signing_in.ended();
    assert_eq!(code, Some(0), "{said}");
    let item = format!("own@{url}");
    let stored = |desktop: &Desktop| -> Value { serde_json::from_str(&desktop.lookup(&item)).unwrap() };
    let first = stored(&desktop);
    assert_eq!((&first["issuer"], &first["resource"]), (&json!(server.base()), &json!(url)));
    for secret in guarded.sign_in.tokens() {
        assert!(!said.contains(&secret));
        no_secret_in(&desktop.home, &secret);
    }
    desktop.lumabill(&["config", "--account", "own", "reads", "look"]).run().exits(0);
    guarded.sign_in.expire();
    let call = desktop.lumabill(&["call", "--account", "own", "look"]).run().exits(0);
    assert!(call.stdout.contains("seen"), "{}", call.stdout);
    assert_ne!(stored(&desktop)["refresh_token"], first["refresh_token"]);
    desktop.lumabill(&["logout", "--account", "own"]).run().exits(0);
    assert_eq!(desktop.lookup(&item), "");
}

/// The items of ours in the keyring.
fn items(desktop: &Desktop) -> Vec<String> {
    let found = desktop.other("secret-tool", &["search", "--all", "service", "lumabill"]);
    let labels = found.lines().filter_map(|line| line.strip_prefix("label = lumabill ("));
    let mut items: Vec<_> = labels.map(|label| label.trim_end_matches(')').to_owned()).collect();
    items.sort_unstable();
    items
}

fn long(letter: char) -> String {
    format!("lmb_{}", letter.to_string().repeat(4000))
}

#[track_caller]
fn no_secret_in(home: &Home, secret: &str) {
    for (path, bytes) in home.files() {
        let found = bytes.windows(40).any(|part| secret.as_bytes().starts_with(part));
        assert!(!found, "the secret is in {}", path.display());
    }
}

#[test]
fn a_long_secret_lies_in_several_items_which_come_and_go_together() {
    let desktop = Desktop::start("");
    let login = |secret: &str| {
        let run = desktop.lumabill(&["login", "--with-token", "--no-verify"]).input(format!("{secret}\n"));
        run.run().exits(0)
    };
    for letter in ['a', 'b', 'c'] {
        login(&long(letter));
        let items = items(&desktop);
        assert_eq!((items.len(), items[0].as_str()), (4, ITEM), "{items:?}");
        for item in &items {
            let stored = desktop.lookup(item);
            assert!(item == ITEM || item.starts_with(&format!("{ITEM}#")), "{item}");
            assert!(
                stored.len() <= 1200 && stored.contains(&letter.to_string().repeat(100)),
                "{}",
                stored.len()
            );
        }
        let status = desktop.lumabill(&["status", "--json"]).run().exits(0);
        assert_eq!(status.json()["accounts"][0]["key"], format!("lmb_…{}", letter.to_string().repeat(4)));
    }
    no_secret_in(&desktop.home, &long('c'));
    login("lmb_0123456789abcdef");
    assert_eq!(items(&desktop), [ITEM]);
    assert_eq!(desktop.lookup(ITEM), "lmb_0123456789abcdef");
    login(&long('d'));
    let logout = desktop.lumabill(&["logout"]).run().exits(0);
    assert_eq!(items(&desktop), Vec::<String>::new());
    assert!(!logout.stdout.contains('#'), "{}", logout.stdout);
}
