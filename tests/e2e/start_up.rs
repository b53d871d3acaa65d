//! Clients start us more often than they use us: twice at once, to look and go, in any folder. Until a tool is
//! called a server leaves nothing behind, changes nothing, holds nothing, and asks neither keyring nor API.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::parent::Grandchild;
use crate::support::{
    Answer, Era, Home, Lumabill, McpSession, PATIENCE, PLANTED_KEY, ScriptedServer, json as json_answer,
};

const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;

/// What can be seen of a file or folder without reading it: anything that was made, written, or put in its place.
#[derive(Debug, PartialEq)]
struct Seen {
    inode: u64,
    mode: u32,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Everything below the home, folders too.
fn seen(home: &Home) -> BTreeMap<PathBuf, Seen> {
    let (mut found, mut paths) = (BTreeMap::new(), vec![home.path().to_owned()]);
    while let Some(path) = paths.pop() {
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let seen = Seen {
            inode: about.ino(),
            mode: about.mode(),
            length: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        };
        found.insert(path, seen);
    }
    found
}

/// A session bus and an API that answer nobody, and keep whoever came in their queue.
struct Doors {
    bus: UnixListener,
    bus_address: String,
    api: TcpListener,
}

impl Doors {
    /// The socket lies outside of every home, so that being asked changes none.
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lumabill-bus-{}-{name}", std::process::id()));
        drop(fs::remove_file(&path));
        let bus = UnixListener::bind(&path).unwrap();
        bus.set_nonblocking(true).unwrap();
        let api = TcpListener::bind("127.0.0.1:0").unwrap();
        api.set_nonblocking(true).unwrap();
        Self { bus, bus_address: format!("unix:path={}", path.display()), api }
    }

    fn api_url(&self) -> String {
        format!("http://{}", self.api.local_addr().unwrap())
    }

    fn came_to_bus(&self) -> bool {
        came(self.bus.accept())
    }

    fn came_to_api(&self) -> bool {
        came(self.api.accept())
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        drop(fs::remove_file(self.bus_address.trim_start_matches("unix:path=")));
    }
}

fn came<T>(accepted: std::io::Result<T>) -> bool {
    match accepted {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    }
}

fn soon(what: &str, mut happened: impl FnMut() -> bool) {
    let began = Instant::now();
    while !happened() {
        assert!(began.elapsed() < PATIENCE, "{what} never came");
        std::thread::yield_now();
    }
}

/// Everything that clients ask before they call a tool.
fn look_around(session: &mut McpSession) {
    session.open();
    for list in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        session.ask(list, json!({}));
    }
}

/// Looks around in both eras, ended by the end of input and by a kill; nothing may differ afterwards.
#[track_caller]
fn leaves_nothing(run: &Lumabill) {
    let before = seen(&run.home);
    for era in Era::BOTH {
        for killed in [false, true] {
            let mut session = McpSession::unopened(run, era);
            look_around(&mut session);
            assert_eq!(seen(&run.home), before, "while {era:?} is served");
            if killed {
                session.signal("KILL");
            } else {
                session.close_input();
            }
            session.gone_within(Duration::from_secs(1));
            assert_eq!(seen(&run.home), before, "after {era:?}, killed: {killed}");
        }
    }
}

#[test]
fn looking_around_in_a_new_home_leaves_nothing_and_asks_nobody() {
    let doors = Doors::new("new");
    let run = Lumabill::new(&["serve"]).env("DBUS_SESSION_BUS_ADDRESS", &doors.bus_address);
    leaves_nothing(&run);
    assert!(!doors.came_to_bus(), "the keyring was asked");
    // A call does ask: the bus is where it looks.
    let mut session = McpSession::start(&run, Era::Legacy);
    session.send_call("list_clients", json!({}));
    soon("a question to the keyring", || doors.came_to_bus());
}

#[test]
fn looking_around_with_a_key_at_hand_asks_no_api() {
    let doors = Doors::new("key");
    let run = Lumabill::new(&["serve"])
        .with_api(&doors.api_url(), PLANTED_KEY)
        .env("DBUS_SESSION_BUS_ADDRESS", &doors.bus_address);
    leaves_nothing(&run);
    assert!(!doors.came_to_api() && !doors.came_to_bus(), "somebody was asked");
    let mut session = McpSession::start(&run, Era::Legacy);
    session.send_call("list_clients", json!({}));
    soon("a request to the API", || doors.came_to_api());
}

/// With a journal, an account and a key file that are there already.
#[test]
fn looking_around_in_a_used_home_changes_nothing() {
    let upstream = ScriptedServer::start(|request| match request.method.as_str() {
        "POST" => Answer::Bytes(json_answer(
            201,
            r#"{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","name":"Neu AG"}"#,
        )),
        _ if request.target.starts_with("/v1/profiles") => Answer::Bytes(json_answer(200, PROFILES)),
        _ => Answer::Bytes(json_answer(200, r#"{"data":[],"total":0}"#)),
    });
    let home = Arc::new(Home::new());
    let login = ["login", "--with-token", "--insecure-storage", "--api-url", &upstream.url()];
    Lumabill::at(&home, &login).input(format!("{PLANTED_KEY}\n")).run().exits(0);
    let run = Lumabill::at(&home, &["serve"]).env("LUMABILL_RATE_LIMIT", "off");
    let mut session = McpSession::start(&run, Era::Legacy);
    session.call("create_client", json!({ "name": "Neu AG" })).done();
    session.close_input();
    session.gone_within(Duration::from_secs(2));
    let made = home.files();
    assert!(made.len() >= 3, "account, key and journal: {made:?}");
    let asked = upstream.requests().len();
    leaves_nothing(&run);
    assert_eq!(upstream.requests().len(), asked, "the API was asked");
}

/// Some clients start a server to look and another one to use it, before the first has ended.
#[test]
fn two_at_once_in_one_home_both_serve_and_end_apart() {
    let upstream = ScriptedServer::start(|request| match request.method.as_str() {
        "POST" => Answer::Bytes(json_answer(
            201,
            r#"{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","name":"Neu AG"}"#,
        )),
        _ if request.target.starts_with("/v1/profiles") => Answer::Bytes(json_answer(200, PROFILES)),
        _ => Answer::Bytes(json_answer(200, r#"{"data":[],"total":0}"#)),
    });
    let run = Lumabill::new(&["serve"]).with_api(&upstream.url(), PLANTED_KEY);
    let [mut one, mut other] = Era::BOTH.map(|era| McpSession::unopened(&run, era));
    look_around(&mut one);
    look_around(&mut other);
    let first = one.send_call("create_client", json!({ "name": "Eins AG" }));
    other.call("create_client", json!({ "name": "Zwei AG" })).done();
    let answer = one.answer(&first);
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    one.signal("KILL");
    one.gone_within(Duration::from_secs(1));
    other.call("list_clients", json!({})).done();
    other.close_input();
    let (status, _) = other.gone_within(Duration::from_secs(1));
    assert_eq!(status.code(), Some(0), "{}", other.stderr());
}

/// Serves a list and a call when started by this script, and leaves no file.
#[track_caller]
fn serves_when(script: &str) {
    let run = Lumabill::new(&["serve", "--tools", "validate_iban"]);
    let mut server = Grandchild::start(run, script);
    server.request(1, "tools/list", &json!({}));
    assert_eq!(server.answer(1)["result"]["tools"][0]["name"], "validate_iban", "{script}");
    let arguments = json!({ "iban": "CH93 0076 2011 6238 5295 7" });
    server.request(2, "tools/call", &json!({ "name": "validate_iban", "arguments": arguments }));
    let answer = server.answer(2);
    assert!(answer["result"]["structuredContent"].is_object(), "{script}: {answer}");
    server.close_input();
    server.gone_within(Duration::from_secs(1));
    assert_eq!(server.between.wait().unwrap().code(), Some(0), "{script}");
    let shut = server.run.home.path().join("shut");
    if shut.exists() {
        fs::set_permissions(shut, fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!(server.run.home.files(), [], "{script}");
}

#[test]
fn any_working_folder_will_do() {
    serves_when(r#"cd / && exec "$@""#);
    serves_when(r#"mkdir gone && cd gone && rmdir ../gone && exec "$@""#);
    // Nobody but root can look into it.
    serves_when(r#"mkdir -m 700 shut && cd shut && chmod 000 . && exec "$@""#);
}

#[test]
fn no_terminal_is_needed() {
    serves_when(r#"exec setsid "$@""#);
}

/// What Codex hands on, and no more.
#[test]
fn neither_xdg_nor_bus_variables_are_needed() {
    let given = r#"exec env -i HOME="$HOME" PATH=/usr/bin:/bin SHELL=/bin/sh USER=me LOGNAME=me LANG=C.UTF-8 \
                   LC_ALL=C.UTF-8 TERM=dumb TMPDIR=/tmp TZ=Europe/Zurich "$@""#;
    serves_when(given);
}
