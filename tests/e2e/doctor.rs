//! `lumabill doctor` over the built program: all well in the environment and in a real keyring, each thing that
//! can be wrong on this machine, and that looking changes nothing.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::keyring::Desktop;
use crate::ledger::{Fate, Ledger};
use crate::scripted_books::id;
use crate::support::{
    Ended, Era, Home, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer, json as json_answer,
};

/// What `doctor --json` said.
pub struct Checks {
    pub ended: Ended,
    pub checks: Vec<Value>,
}

impl Checks {
    /// Runs it; the exit code and `ok` must agree with the rows, and no row may show a key.
    #[track_caller]
    pub fn of(run: Lumabill) -> Self {
        let ended = run.run();
        let said = ended.json();
        let checks = said["checks"].as_array().unwrap_or_else(|| panic!("no checks in {said}")).clone();
        let failed = checks.iter().any(|row| row["state"] == "failed");
        assert_eq!((ended.code, &said["ok"]), (Some(i32::from(failed)), &json!(!failed)), "{said:#}");
        for row in &checks {
            assert!(
                row["id"].as_str().unwrap().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{row}"
            );
            assert!(["ok", "warning", "failed"].contains(&row["state"].as_str().unwrap()), "{row}");
            assert_eq!(row["next"].is_null(), row["state"] == "ok", "{row}");
        }
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(PLANTED_KEY), "{text}");
        }
        Self { ended, checks }
    }

    /// The first row of this id.
    #[track_caller]
    pub fn row(&self, id: &str) -> &Value {
        let found = self.checks.iter().find(|row| row["id"] == id);
        found.unwrap_or_else(|| panic!("no row `{id}` in {:#}", json!(self.checks)))
    }

    #[track_caller]
    pub fn is(&self, id: &str, state: &str, seen: &str, next: &str) {
        let row = self.row(id);
        assert_eq!(row["state"], state, "{row:#}");
        assert!(row["seen"].as_str().unwrap().contains(seen), "no `{seen}` in {row:#}");
        assert!(row["next"].as_str().unwrap_or_default().contains(next), "no `{next}` in {row:#}");
    }

    pub fn has(&self, id: &str) -> bool {
        self.checks.iter().any(|row| row["id"] == id)
    }

    /// The ids of the rows in this state.
    pub fn in_state(&self, state: &str) -> Vec<&str> {
        self.checks
            .iter()
            .filter(|row| row["state"] == state)
            .map(|row| row["id"].as_str().unwrap())
            .collect()
    }
}

/// A home whose folders are private, as ours are.
pub fn home() -> Arc<Home> {
    let home = Arc::new(Home::new());
    private(&home);
    home
}

fn private(home: &Home) {
    for folder in ["config", "state"] {
        fs::set_permissions(home.path().join(folder), Permissions::from_mode(0o700)).unwrap();
    }
}

/// An API that accepts every key and knows one company.
pub fn api() -> ScriptedServer {
    let profiles = r#"{"data":[{"id":"a","company_name":"Muster AG"}],"total":1}"#;
    ScriptedServer::start(move |request| {
        crate::support::Answer::Bytes(match request.method.as_str() {
            "GET" => json_answer(200, profiles),
            _ => json_answer(404, r#"{"error":{"code":"not_found"}}"#),
        })
    })
}

/// A doctor with the key in the environment; its limiter is on.
pub fn doctor(home: &Arc<Home>, url: &str) -> Lumabill {
    Lumabill::at(home, &["doctor", "--json"])
        .env("LUMABILL_API_KEY", PLANTED_KEY)
        .env("LUMABILL_API_URL", url)
}

#[test]
fn all_is_well_with_a_key_in_the_environment() {
    let (sandbox, home) = (SandboxProcess::today(), home());
    let run = Lumabill::at(&home, &["doctor", "--json"])
        .env("LUMABILL_API_KEY", &sandbox.key())
        .env("LUMABILL_API_URL", &sandbox.url);
    let checks = Checks::of(run);
    assert!(checks.in_state("failed").is_empty(), "{:#}", json!(checks.checks));
    checks.is("key_store", "ok", "LUMABILL_API_KEY", "");
    checks.is("api_reachable", "ok", "answers in", "");
    checks.is("key_accepted", "ok", "read and write", "");
    checks.is("profiles", "ok", "Muster Consulting GmbH", "");
    checks.is("clock", "ok", "agrees", "");
    checks.is("rate_budget", "ok", "59 of 60 reads and 19 of 20 writes", "");
    checks.is("variables", "warning", "LUMABILL_API_KEY", "login");
    assert_eq!(checks.row("key_store")["about"], "lumabill");
    assert!(!checks.ended.stdout.contains(&sandbox.key()));
    let reading = Lumabill::at(&home, &["doctor", "--json"])
        .env("LUMABILL_API_KEY", &sandbox.read_only_key())
        .env("LUMABILL_API_URL", &sandbox.url);
    Checks::of(reading).is("key_accepted", "ok", "only read", "");
}

#[test]
fn all_is_well_with_a_key_in_the_keyring_and_what_is_shown_fits_into_80_columns() {
    let desktop = Desktop::start("");
    private(&desktop.home);
    let api = api();
    desktop.login(&["--api-url", &api.url()]).exits(0);
    let asked = api.requests().len();
    let checks = Checks::of(desktop.lumabill(&["doctor", "--json"]));
    assert!(checks.in_state("failed").is_empty(), "{:#}", json!(checks.checks));
    checks.is("keyring", "ok", "unlocked", "");
    checks.is("key_store", "ok", "keyring", "");
    checks.is("key_accepted", "ok", "read and write", "");
    // What login has seen of the key is known: one request.
    assert_eq!(api.requests().len(), asked + 1);
    let shown = desktop.lumabill(&["doctor"]).run().exits(0);
    assert!(shown.stdout.ends_with("warning\n") || shown.stdout.ends_with("warnings\n"), "{}", shown.stdout);
    assert!(!shown.stdout.contains('\u{1b}'), "{}", shown.stdout);
    let wide: Vec<&str> =
        shown.stdout.lines().filter(|line| line.chars().count() > 80 && !line.contains('`')).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

/// Rights, time of the last change and bytes, by path.
type Everything = BTreeMap<PathBuf, (u32, Option<SystemTime>, Vec<u8>)>;

/// Says what differs, by name: the bytes are many, and may be a key.
#[track_caller]
fn same(home: &Home, running: bool, before: &Everything) {
    let now = everything(home, running);
    let names = now.keys().chain(before.keys());
    let differing: Vec<_> = names.filter(|name| now.get(*name) != before.get(*name)).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

/// Every file and folder below the home with its bytes and rights, but for the limiter's own.
fn everything(home: &Home, running: bool) -> Everything {
    let (mut found, mut folders) = (BTreeMap::new(), vec![home.path().to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if path.ends_with("state/limits") {
                continue;
            }
            let (changed, bytes) = if meta.is_dir() {
                folders.push(path.clone());
                (None, Vec::new())
            } else if path.ends_with("state/journal.db-shm")
                || running && path.ends_with("state/journal.db-wal")
            {
                // Memory that SQLite's processes share, where a reader leaves a mark; and what the server notes
                // after it has answered.
                (None, Vec::new())
            } else {
                (meta.modified().ok(), fs::read(&path).unwrap())
            };
            found.insert(path, (meta.permissions().mode(), changed, bytes));
        }
    }
    found
}

#[test]
fn looking_changes_nothing_whether_a_server_runs_or_not() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    let url = ledger.server.url();
    let login = ["login", "--with-token", "--insecure-storage", "--no-verify", "--api-url", &url];
    Lumabill::at(&home, &login).input(PLANTED_KEY).run().exits(0);
    for (file, text) in [
        (
            "home/.cursor/mcp.json",
            r#"{"mcpServers":{"lumabill":{"command":"/gone/lumabill","args":["serve"]}}}"#,
        ),
        (
            "home/.codex/config.toml",
            "[mcp_servers.x]\nurl = \"https://x/mcp?key=lmb_0123456789abcdef0123\"\n",
        ),
        ("state/old.0123.new", "half"),
    ] {
        let file = home.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let before = everything(&home, false);
    let look = || Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    look();
    same(&home, false, &before);
    // Without a terminal nobody can be asked, so that nothing is mended either.
    let fix = Lumabill::at(&home, &["doctor", "--fix", "--json"]);
    let fixed = Checks::of(fix);
    assert!(fixed.ended.stderr.contains("needs a terminal"), "{}", fixed.ended.stderr);
    same(&home, false, &before);

    let create = json!({ "client_id": id(7), "lines": [{ "description": "a", "quantity": 1, "price": 1 }] });
    let mut session = McpSession::start(&Lumabill::at(&home, &["serve"]), Era::Modern);
    session.call("create_invoice", create).done();
    let before = everything(&home, true);
    let running = look();
    running.is("journal", "ok", "1 write", "");
    same(&home, true, &before);
    session.lives();
    session.close_input();
    session.gone_within(Duration::from_secs(5));
    let before = everything(&home, false);
    look().is("journal", "ok", "1 write", "");
    same(&home, false, &before);
}

#[test]
fn each_trouble_of_a_keyring_is_told_with_its_way_out_and_in_time() {
    let began = |desktop: &Desktop| Checks::of(desktop.lumabill(&["doctor", "--json"]));
    let no_bus = Checks::of(Lumabill::at(&home(), &["doctor", "--json"]));
    no_bus.is("keyring", "failed", "no D-Bus session bus", "--insecure-storage");
    no_bus.is("accounts", "failed", "nobody is logged in", "login");

    began(&Desktop::start("none")).is("keyring", "failed", "no OS keyring here", "gnome-keyring");
    began(&Desktop::start("empty")).is("keyring", "failed", "no default collection", "default keyring");

    let desktop = Desktop::start("");
    desktop.login(&["--no-verify"]).exits(0);
    desktop.lock();
    let locked = began(&desktop);
    locked.is("keyring", "failed", "locked", "unlock");
    locked.is("key_store", "failed", "locked", "keyring first");
    assert!(!locked.has("api_reachable"), "{:#}", json!(locked.checks));
    // It was not unlocked by that.
    began(&desktop).is("keyring", "failed", "locked", "unlock");
}

#[test]
fn a_silent_keyring_is_waited_for_once() {
    let home = home();
    Lumabill::at(&home, &["config", "confirm", "writes"]).run().exits(0);
    let file = home.path().join("config/config.toml");
    let mut config = fs::read_to_string(&file).unwrap();
    for name in ["one", "two", "three"] {
        let table = format!("\n[accounts.{name}]\nservice = \"lumabill\"\norigin = \"http://127.0.0.1:9\"\n");
        config.push_str(&table);
        config.push_str("stored_in = \"keyring\"\n");
    }
    fs::write(&file, config).unwrap();
    let socket = home.path().join("silent");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || drop(stream.read_to_end(&mut Vec::new())));
        }
    });
    let address = format!("unix:path={}", socket.display());
    let run = Lumabill::at(&home, &["doctor", "--json"]).env("DBUS_SESSION_BUS_ADDRESS", &address);
    let checks = Checks::of(run);
    checks.is("keyring", "failed", "did not answer within 3 s", "keyring");
    checks.is("default_account", "warning", "several accounts", "default_account");
    assert!(checks.ended.took < Duration::from_secs(6), "{:?}", checks.ended.took);
}

#[test]
fn a_config_file_that_does_not_parse_is_shown_and_the_rest_is_checked() {
    let (home, api) = (home(), api());
    let file = home.path().join("config/config.toml");
    fs::write(&file, "version = 1\nread_only = maybe\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    // The server starts all the same, and tells.
    assert!(Lumabill::at(&home, &["serve"]).run().exits(0).stderr.contains("line 2"));
    let checks = Checks::of(doctor(&home, &api.url()));
    assert_eq!(checks.in_state("failed"), ["config_file"], "{:#}", json!(checks.checks));
    checks.is("config_file", "failed", "line 2", "config.toml");
    checks.is("key_accepted", "ok", "accepts", "");
    checks.is("journal", "ok", "", "");

    fs::write(&file, "version = 7\n").unwrap();
    let checks = Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    checks.is("config_file", "failed", "version 7", "update");
    checks.is("accounts", "warning", "not known", "config file");
}

#[test]
fn folders_that_are_none_and_files_that_others_may_read_are_told() {
    let home = home();
    fs::remove_dir_all(home.path().join("state")).unwrap();
    fs::write(home.path().join("state"), "a file").unwrap();
    let checks = Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    checks.is("state_folder", "failed", "no folder", "move");
    checks.is("journal", "failed", "cannot be used", "");

    let home = self::home();
    fs::set_permissions(home.path().join("state"), Permissions::from_mode(0o755)).unwrap();
    fs::write(home.path().join("state/marks"), "x").unwrap();
    let left = home.path().join("state/confirm.0123.new");
    fs::write(&left, "half").unwrap();
    fs::File::open(&left).unwrap().set_modified(SystemTime::now() - Duration::from_secs(600)).unwrap();
    for file in ["marks", "confirm.0123.new"] {
        fs::set_permissions(home.path().join("state").join(file), Permissions::from_mode(0o644)).unwrap();
    }
    let checks = Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    checks.is("private_files", "warning", "and 2 more", "doctor --fix");
    checks.is("leftovers", "warning", "confirm.0123.new", "doctor --fix");
}

#[test]
fn what_the_installer_of_a_release_left_beside_the_settings_is_nothing_to_warn_of() {
    let home = home();
    let config = home.path().join("config");
    fs::create_dir_all(&config).unwrap();
    for file in ["config.toml", "env.fish", "env.sh", "lumabill-receipt.json"] {
        fs::write(config.join(file), "").unwrap();
        let mode = if file == "config.toml" { 0o600 } else { 0o644 };
        fs::set_permissions(config.join(file), Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(&config, Permissions::from_mode(0o755)).unwrap();
    let look = || Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    look().is("private_files", "ok", "", "");
    // Ours has to be private as before.
    fs::set_permissions(config.join("config.toml"), Permissions::from_mode(0o644)).unwrap();
    look().is("private_files", "warning", "and 1 more", "doctor --fix");
}

#[test]
fn a_key_file_is_shown_and_one_that_others_may_read_is_refused() {
    let (home, api) = (home(), api());
    let url = api.url();
    let login = ["login", "--with-token", "--insecure-storage", "--api-url", &url];
    Lumabill::at(&home, &login).input(PLANTED_KEY).run().exits(0);
    let look = || Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    let checks = look();
    checks.is("key_store", "ok", "not encrypted", "");
    // No account needs a keyring.
    checks.is("keyring", "warning", "", "");
    let file = home.path().join("config/lumabill.key");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let checks = look();
    checks.is("key_store", "failed", "other users may read it", "revoke");
    checks.is("private_files", "warning", "lumabill.key", "doctor --fix");
    fs::remove_file(&file).unwrap();
    look().is("key_store", "failed", "gone", "login");
}

#[test]
fn a_journal_that_cannot_be_used_is_told_and_left_as_it_is() {
    let ledger = Ledger::start(|n| match n {
        0 => Fate::Lose(|| crate::support::Answer::Reset),
        _ => Fate::Commit,
    });
    let home = home();
    let bill = |words: &str| json!({ "client_id": id(7), "lines": [{ "description": words, "quantity": 1, "price": 1 }] });
    let serve = Lumabill::at(&home, &["serve"]).with_api(&ledger.server.url(), PLANTED_KEY);
    let mut session = McpSession::start(&serve, Era::Modern);
    session.send_call("create_invoice", bill("a"));
    ledger.wait_for_posts(1);
    let look = || Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    look().is("open_writes", "warning", "1 write", "history");
    session.call("create_invoice", bill("b")).done();
    drop(session);

    let file = home.path().join("state/journal.db");
    let version = |number: i64| {
        Connection::open(&file).unwrap().pragma_update(None, "user_version", number).unwrap();
    };
    version(99);
    look().is("journal", "failed", "newer", "newer");
    version(1);
    let key = home.path().join("state/journal.key");
    let bytes = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    look().is("journal", "failed", "is gone", "journal.key");
    fs::write(&key, [7; 32]).unwrap();
    look().is("journal", "failed", "not the one", "journal.key");
    fs::write(&key, bytes).unwrap();
    look().is("journal", "ok", "sound", "");

    // A page in the middle is overwritten.
    drop(Connection::open(&file).unwrap().query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())));
    for end in ["db-wal", "db-shm"] {
        drop(fs::remove_file(file.with_extension(end)));
    }
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    fs::write(&file, &bytes).unwrap();
    look().is("journal", "failed", "damaged", "move");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    fs::write(&file, "this is no database".repeat(500)).unwrap();
    look().is("journal", "failed", "damaged or no journal", "move");
}

/// Opening a pipe waits for whoever writes into it.
#[test]
fn a_pipe_in_place_of_a_file_holds_nobody_up() {
    let home = home();
    fs::create_dir_all(home.path().join("home")).unwrap();
    for file in ["config/config.toml", "home/.claude.json", "state/journal.db"] {
        assert!(Command::new("mkfifo").arg(home.path().join(file)).status().unwrap().success());
    }
    let began = Instant::now();
    let checks = Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    checks.is("config_file", "failed", "config.toml", "");
    checks.is("client_file", "failed", ".claude.json", "look at");
    checks.is("journal", "failed", "no journal", "");
}

#[test]
fn what_is_wrong_with_a_variable_is_told_once_and_an_address_is_not_shown_with_its_password() {
    let home = home();
    let foreign =
        Checks::of(Lumabill::at(&home, &["doctor", "--json"]).env("LUMABILL_API_KEY", "bb_sk_0123456789"));
    foreign.is("accounts", "failed", "billbot", "");
    assert_eq!(foreign.checks.iter().filter(|row| row["id"] == "accounts").count(), 1);

    for arguments in [&["doctor"][..], &["doctor", "--json"], &["status"], &["status", "--json"]] {
        let run = Lumabill::at(&home, arguments).env("LUMABILL_API_KEY", PLANTED_KEY);
        let ended = run.env("LUMABILL_API_URL", "http://anna:pass-word@127.0.0.1:9").run();
        assert!(ended.stdout.contains("carries a user name"), "{arguments:?}: {}", ended.stdout);
        assert!(
            !format!("{}{}", ended.stdout, ended.stderr).contains("pass-word"),
            "{arguments:?}: {}",
            ended.stdout
        );
    }
}
