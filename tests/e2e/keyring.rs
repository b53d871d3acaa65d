//! A real Secret Service: login, status, serve and logout against gnome-keyring on a bus of its own, and
//! each way in which a keyring can fail to answer.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{
    Answer, Ended, Era, Home, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, html, json as json_answer,
};

/// What `serve`, `status` and `call` may wait for a keyring, and a second to start and end.
const LIMIT: Duration = Duration::from_secs(5);

const ITEM: &str = "lumabill@https://api.lumabill.ch";

/// A session bus with the keyring that `tests/with-keyring.sh` starts; both end when it is dropped.
pub struct Desktop {
    pub home: Arc<Home>,
    environment: Vec<(String, String)>,
    child: Child,
    open: Option<ChildStdin>,
}

impl Desktop {
    /// `keyring` is empty for an unlocked one, or what `KEYRING` takes.
    pub fn start(keyring: &str) -> Self {
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/with-keyring.sh"))
            .args(["sh", "-c", "env; echo ready; exec cat >/dev/null"])
            .env("KEYRING", keyring)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let wanted = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "PATH"];
        let environment: Vec<_> = lines
            .take_while(|line| line != "ready")
            .filter_map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
            .filter(|(name, _)| wanted.contains(&name.as_str()))
            .collect();
        assert!(
            environment.iter().any(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS"),
            "no session bus: `tests/install-tools.sh` installs dbus, gnome-keyring and libsecret-tools"
        );
        let open = child.stdin.take();
        Self { home: Arc::new(Home::new()), environment, child, open }
    }

    /// The variables by which programs of this session find its bus.
    pub fn session(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    pub fn lumabill(&self, arguments: &[&str]) -> Lumabill {
        let run = Lumabill::at(&self.home, arguments);
        self.environment.iter().fold(run, |run, (name, value)| run.env(name, value))
    }

    pub fn login(&self, more: &[&str]) -> Ended {
        let arguments = [&["login", "--with-token"], more].concat();
        self.lumabill(&arguments).input(format!("{PLANTED_KEY}\n")).run()
    }

    /// Another program on the same bus; its stdout.
    pub fn other(&self, program: &str, arguments: &[&str]) -> String {
        let environment = self.environment.iter().cloned();
        let output = Command::new(program).args(arguments).envs(environment).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn lookup(&self, item: &str) -> String {
        self.other("secret-tool", &["lookup", "service", "lumabill", "username", item])
    }

    pub fn lock(&self) {
        let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
        let (path, method) = ("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock");
        let to = "--dest=org.freedesktop.secrets";
        let reply = self.other("dbus-send", &["--session", "--print-reply", to, path, method, collection]);
        assert!(reply.contains("collection/login"), "{reply}");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        drop(self.open.take());
        drop(self.child.wait());
    }
}

/// The failure names its cause and the three ways out, and came in time.
#[track_caller]
fn clear(ended: Ended, cause: &str) {
    let ended = ended.exits(3);
    assert!(ended.stderr.contains(cause), "{}", ended.stderr);
    for way in ["LUMABILL_API_KEY", "login --insecure-storage", "hint: "] {
        assert!(ended.stderr.contains(way), "no `{way}` in {}", ended.stderr);
    }
    assert!(ended.took < LIMIT, "it took {:?}", ended.took);
    assert!(!ended.stderr.contains(PLANTED_KEY));
}

#[track_caller]
fn no_key_in(home: &Home) {
    for (path, bytes) in home.files() {
        let found = bytes.windows(PLANTED_KEY.len()).any(|part| part == PLANTED_KEY.as_bytes());
        assert!(!found, "the key is in {}", path.display());
    }
}

#[test]
fn a_key_goes_into_the_keyring_and_out_of_it() {
    let desktop = Desktop::start("");
    let login = desktop.login(&["--no-verify"]).exits(0);
    assert!(login.stdout.contains("claude mcp add -s user lumabill -- "), "{}", login.stdout);
    assert_eq!(desktop.lookup(ITEM), PLANTED_KEY);

    let status = desktop.lumabill(&["status", "--json"]).run().exits(0);
    let account = &status.json()["accounts"][0];
    assert_eq!(account["account"], "lumabill");
    assert_eq!(account["stored_in"], "keyring");
    assert_eq!(account["origin"], "https://api.lumabill.ch");
    assert_eq!(account["key"], format!("lmb_…{}", &PLANTED_KEY[PLANTED_KEY.len() - 4..]));
    for text in [&login.stdout, &login.stderr, &status.stdout, &status.stderr] {
        assert!(!text.contains(PLANTED_KEY), "{text}");
    }
    no_key_in(&desktop.home);

    let logout = desktop.lumabill(&["logout"]).run().exits(0);
    assert!(logout.stdout.contains("until you revoke it"), "{}", logout.stdout);
    assert_eq!(desktop.lookup(ITEM), "");
    desktop.lumabill(&["status"]).run().exits(3);
}

#[test]
fn a_key_is_checked_before_it_is_stored() {
    let desktop = Desktop::start("");
    let profiles =
        r#"{"data":[{"id":"a","company_name":"Muster AG"},{"id":"b","company_name":"Meier GmbH"}]}"#;
    let api = ScriptedServer::start(move |request| {
        Answer::Bytes(match (request.method.as_str(), request.header("authorization")) {
            ("GET", Some(key)) if key.ends_with(PLANTED_KEY) => json_answer(200, profiles),
            ("DELETE", Some(_)) => json_answer(403, r#"{"error":{"code":"forbidden"}}"#),
            _ => json_answer(401, r#"{"error":{"code":"unauthorized"}}"#),
        })
    });
    let url = api.url();
    let item = format!("lumabill@{url}");
    let wrong = desktop.lumabill(&["login", "--with-token", "--api-url", &url]).input("lmb_wrong_0123456789");
    let wrong = wrong.run().exits(3);
    assert!(wrong.stderr.contains("refused the key"), "{}", wrong.stderr);
    assert_eq!(desktop.lookup(&item), "");

    let page = ScriptedServer::always(html(200));
    let elsewhere = desktop.login(&["--api-url", &page.url()]).exits(4);
    assert!(elsewhere.stderr.contains("not judged"), "{}", elsewhere.stderr);
    assert!(elsewhere.stderr.contains("lumabill-hosted"), "{}", elsewhere.stderr);
    assert_eq!(desktop.lookup(&format!("lumabill@{}", page.url())), "");

    let login = desktop.login(&["--api-url", &url]).exits(0);
    assert!(login.stdout.contains("read only"), "{}", login.stdout);
    assert!(login.stdout.contains("nothing is written until"), "{}", login.stdout);
    assert_eq!(desktop.lookup(&item), PLANTED_KEY);
    let account = &desktop.lumabill(&["status", "--json"]).run().exits(0).json()["accounts"][0];
    assert_eq!(account["mode"], "read_only");
    assert_eq!(account["profile"], json!(null));

    desktop.lumabill(&["config", "profile", "meier gmbh"]).run().exits(0);
    let account = &desktop.lumabill(&["status", "--json"]).run().exits(0).json()["accounts"][0];
    assert_eq!(account["profile"], "b");

    // The same account at another address: the older item does not stay behind.
    desktop.login(&["--no-verify"]).exits(0);
    assert_eq!((desktop.lookup(&item), desktop.lookup(ITEM)), (String::new(), PLANTED_KEY.to_owned()));
}

#[test]
fn a_login_in_another_terminal_is_found_by_the_next_call() {
    let desktop = Desktop::start("");
    let api = ScriptedServer::always(json_answer(200, r#"{"data":[]}"#));
    let url = api.url();
    for era in Era::BOTH {
        let mut session = McpSession::start(&desktop.lumabill(&["serve"]), era);
        let refused = session.call("list_clients", json!({})).refused();
        assert!(refused.text.contains("login"), "{}", refused.text);
        assert!(!refused.text.contains("restart your"), "{}", refused.text);
        desktop.login(&["--no-verify", "--api-url", &url]).exits(0);
        session.call("list_clients", json!({})).done();
        desktop.lumabill(&["logout"]).run().exits(0);
    }
    let sent = api.requests();
    assert_eq!(sent[0].header("authorization"), Some(format!("Bearer {PLANTED_KEY}").as_str()));
    no_key_in(&desktop.home);
}

#[test]
fn a_key_that_waits_on_standard_input_is_in_no_command_line() {
    let desktop = Desktop::start("");
    let mut child = desktop.lumabill(&["login", "--with-token", "--no-verify"]).command().spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(PLANTED_KEY.as_bytes()).unwrap();
    for file in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(PLANTED_KEY), "{file}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());

    let argument = desktop.lumabill(&["login", PLANTED_KEY]).run().exits(2);
    assert!(!argument.stderr.contains(PLANTED_KEY), "{}", argument.stderr);
    let nobody = desktop.lumabill(&["login"]).run().exits(2);
    assert!(nobody.stderr.contains("--with-token"), "{}", nobody.stderr);
}

#[test]
fn without_a_bus_the_way_out_is_named() {
    let home = Arc::new(Home::new());
    let login = ["login", "--with-token", "--no-verify"];
    let ended = Lumabill::at(&home, &login).input(PLANTED_KEY).run();
    clear(ended, "no D-Bus session bus");
    assert!(home.files().is_empty(), "{:?}", home.files());
    clear(Lumabill::at(&home, &["call", "list_clients"]).run(), "no D-Bus session bus");
}

#[test]
fn without_a_provider_the_way_out_is_named_and_no_weaker_store_is_taken() {
    let desktop = Desktop::start("none");
    clear(desktop.login(&["--no-verify"]), "no OS keyring here");
    assert!(desktop.home.files().is_empty(), "{:?}", desktop.home.files());

    let login = desktop.login(&["--no-verify", "--insecure-storage"]).exits(0);
    assert!(login.stdout.contains("not encrypted"), "{}", login.stdout);
    let account = &desktop.lumabill(&["status", "--json"]).run().exits(0).json()["accounts"][0];
    assert_eq!(account["stored_in"], "file");
    desktop.lumabill(&["logout"]).run().exits(0);
    no_key_in(&desktop.home);
}

#[test]
fn without_a_default_collection_the_way_out_is_named() {
    let desktop = Desktop::start("empty");
    clear(desktop.login(&["--no-verify"]), "no default collection");
}

#[test]
fn a_locked_keyring_is_an_error_and_status_does_not_unlock_it() {
    let desktop = Desktop::start("");
    desktop.login(&["--no-verify"]).exits(0);
    desktop.lock();
    let status = desktop.lumabill(&["status", "--json"]).run().exits(0);
    let account = &status.json()["accounts"][0];
    assert_eq!(account["key"], json!(null));
    assert_eq!(account["problem"]["code"], "keyring_locked");
    clear(desktop.lumabill(&["call", "list_clients"]).run(), "locked");
    clear(desktop.login(&["--no-verify"]), "locked");
    let logout = desktop.lumabill(&["logout"]).run().exits(1);
    assert!(logout.stderr.contains("could not be removed"), "{}", logout.stderr);
}

#[test]
fn a_prompt_that_nobody_answers_ends_within_its_limit() {
    let mut screen = Command::new("Xvfb")
        .args(["-displayfd", "1", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("`tests/install-tools.sh` installs xvfb");
    let mut number = String::new();
    BufReader::new(screen.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let display = format!("DISPLAY=:{}", number.trim());
    let desktop = Desktop::start("");
    desktop.login(&["--no-verify"]).exits(0);
    desktop.other("dbus-update-activation-environment", &[&display]);
    desktop.lock();
    clear(desktop.lumabill(&["call", "list_clients"]).run(), "did not answer within 3 s");
    clear(desktop.login(&["--no-verify"]), "did not answer within 3 s");

    // The server lives on with the prompt open, and ends at once when its client goes away.
    let mut session = McpSession::start(&desktop.lumabill(&["serve"]), Era::Legacy);
    let refused = session.call("list_clients", json!({})).refused();
    assert!(refused.text.contains("did not answer within 3 s"), "{}", refused.text);
    session.lives();
    session.close_input();
    session.gone_within(Duration::from_secs(1));
    drop(desktop);
    screen.kill().unwrap();
    screen.wait().unwrap();
}

#[test]
fn a_bus_that_says_nothing_ends_within_the_limit() {
    let home = Arc::new(Home::new());
    let socket = home.path().join("silent");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        // Takes what comes and never answers.
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || drop(stream.read_to_end(&mut Vec::new())));
        }
    });
    let address = format!("unix:path={}", socket.display());
    let login = ["login", "--with-token", "--no-verify"];
    let run = |arguments: &[&str]| Lumabill::at(&home, arguments).env("DBUS_SESSION_BUS_ADDRESS", &address);
    clear(run(&login).input(PLANTED_KEY).run(), "did not answer within 3 s");
    clear(run(&["call", "list_clients"]).run(), "did not answer within 3 s");
}
