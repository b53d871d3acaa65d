//! Old files under this program, and newer files under it: what moves forward, what is refused, and what a server that
//! runs on under its client says. The old journal is one that version 1 wrote; a newer file is one whose version was
//! raised, since the program cannot be made older.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::doctor::{Checks, home};
use crate::ledger::{Fate, Ledger};
use crate::scripted_books::id;
use crate::support::{Era, Gate, Home, Lumabill, McpSession, PATIENCE, PLANTED_KEY};

/// What `tests/data/upgrades` holds of version 1, and how it was made.
const FIRST: &str = include_str!("../data/upgrades/journal-v1.sql");
/// The version of the journal that this program writes.
const NOW: i64 = 2;

fn journal_file(home: &Home) -> PathBuf {
    home.path().join("state/journal.db")
}

fn open(home: &Home) -> Connection {
    let connection = Connection::open(journal_file(home)).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    connection
}

/// Puts the journal of version 1 into the home, with its key.
fn with_first_journal(home: &Home) {
    Connection::open(journal_file(home)).unwrap().execute_batch(FIRST).unwrap();
    let key = FIRST.lines().find_map(|line| line.strip_prefix("-- key ")).unwrap();
    let bytes = (0..key.len()).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap());
    fs::write(home.path().join("state/journal.key"), bytes.collect::<Vec<u8>>()).unwrap();
}

fn version(home: &Home) -> i64 {
    open(home).query_row("pragma user_version", [], |row| row.get(0)).unwrap()
}

/// A newer program has moved the journal forward.
fn raise(home: &Home) {
    let file = open(home);
    file.execute_batch(&format!(
        "begin immediate; alter table intent add column theirs text default 'x';
         insert into upgrade values ({}, '9.8.7', 0); pragma user_version = {0}; commit;",
        NOW + 1
    ))
    .unwrap();
}

/// The rows of the journal of version 1, in every column that it has.
fn old_rows(home: &Home) -> Vec<String> {
    let file = open(home);
    let mut rows = file.prepare("select * from intent where number <= 4 order by number").unwrap();
    let columns = 27;
    let row = |row: &rusqlite::Row| {
        let values = (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap()));
        Ok(values.collect::<Vec<_>>().join(" "))
    };
    rows.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn sound(home: &Home) {
    let said: String = open(home).query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
}

fn run(home: &Arc<Home>, ledger: &Ledger, arguments: &[&str]) -> Lumabill {
    Lumabill::at(home, arguments).with_api(&ledger.server.url(), PLANTED_KEY)
}

fn bill(words: &str) -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": words, "quantity": 3, "price": 180 }] })
}

/// A session of a client that calls itself so.
fn session_of(client: &str, run: &Lumabill) -> McpSession {
    let mut session = McpSession::unopened(run, Era::Legacy);
    let client = json!({ "name": client, "version": "1" });
    session.ask(
        "initialize",
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client }),
    );
    session.notify("notifications/initialized", json!({}));
    session
}

#[test]
fn an_old_journal_moves_forward_with_the_next_write_and_keeps_every_row() {
    let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
    with_first_journal(&home);
    let before = old_rows(&home);
    // Who only reads leaves it as it is, a person too.
    let history = Lumabill::at(&home, &["history", "--since", "2020-01-01", "--json"]).run().exits(0).json();
    let outcomes: Vec<_> =
        history["changes"].as_array().unwrap().iter().map(|change| change["outcome"].clone()).collect();
    assert_eq!(outcomes, ["sending", "not_sent", "created", "created"], "{history}");
    let doctor = Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    doctor.is("journal", "ok", "older version, which the next write moves forward", "");
    run(&home, &ledger, &["call", "list_invoices", "--json"]).run().exits(0);
    assert_eq!(version(&home), 1);

    run(&home, &ledger, &["call", "create_client", "name=Neu", "--json"]).run().exits(0);
    assert_eq!((version(&home), old_rows(&home)), (NOW, before));
    sound(&home);
    let by: (i64, String) = open(&home)
        .query_row("select version, program from upgrade", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(by, (NOW, env!("CARGO_PKG_VERSION").to_owned()));
    let doctor = Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    assert!(!doctor.row("journal")["seen"].as_str().unwrap().contains("older"));
}

/// As it was before: what version 2 added is taken away again, which leaves the shape that version 1 wrote.
#[test]
fn what_was_made_under_the_old_version_is_known_under_the_new_one() {
    let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
    let mut session = McpSession::start(&run(&home, &ledger, &["serve"]), Era::Modern);
    session.call("create_invoice", bill("a")).done();
    session.close_input();
    session.gone_within(PATIENCE);
    open(&home).execute_batch("drop table upgrade; pragma user_version = 1").unwrap();
    let shape = |file: &Connection| -> Vec<String> {
        let mut rows = file.prepare("select name from sqlite_schema order by name").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let first = Connection::open_in_memory().unwrap();
    first.execute_batch(FIRST).unwrap();
    assert_eq!(shape(&open(&home)), shape(&first));

    let mut session = McpSession::start(&run(&home, &ledger, &["serve"]), Era::Modern);
    let again = session.call("create_invoice", bill("a")).done();
    assert_eq!((&again.structured["created"], ledger.posts().len()), (&json!(false), 1), "{}", again.text);
    assert_eq!(version(&home), NOW);
}

#[test]
fn several_that_move_it_forward_at_once_do_it_once() {
    let ledger = Ledger::start(|_| Fate::Commit);
    for _ in 0..3 {
        let home = home();
        with_first_journal(&home);
        let before = old_rows(&home);
        let all: Vec<_> = (0..4)
            .map(|number| {
                let name = format!("name=Neu {number}");
                let run = run(&home, &ledger, &["call", "create_client", &name, "--json"]);
                thread::spawn(move || run.run())
            })
            .collect();
        for one in all {
            one.join().unwrap().exits(0);
        }
        assert_eq!((version(&home), old_rows(&home)), (NOW, before));
        let upgrades: i64 =
            open(&home).query_row("select count(*) from upgrade", [], |row| row.get(0)).unwrap();
        let rows: i64 = open(&home).query_row("select count(*) from intent", [], |row| row.get(0)).unwrap();
        assert_eq!((upgrades, rows), (1, 8));
        sound(&home);
    }
}

#[test]
fn whoever_is_killed_while_it_moves_forward_leaves_it_old_or_new_and_whole() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let mut seen = Vec::new();
    for round in 0..12_u32 {
        let home = home();
        with_first_journal(&home);
        let before = old_rows(&home);
        let name = format!("name=Neu {round}");
        let call = run(&home, &ledger, &["call", "create_client", &name, "--json"]);
        let mut child =
            call.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The log beside the file appears just before the first change; each round is killed a little later.
        let (log, began) = (home.path().join("state/journal.db-wal"), Instant::now());
        while !log.exists() && began.elapsed() < PATIENCE {
            thread::yield_now();
        }
        let appeared = Instant::now();
        while appeared.elapsed() < Duration::from_micros(400) * round {
            thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        seen.push(version(&home));
        assert!([1, NOW].contains(seen.last().unwrap()), "{seen:?}");
        assert_eq!(old_rows(&home), before);
        sound(&home);
        run(&home, &ledger, &["call", "create_client", "name=After", "--json"]).run().exits(0);
        assert_eq!((version(&home), old_rows(&home)), (NOW, before));
    }
    assert!(seen.contains(&1), "none was killed before it was through: {seen:?}");
}

#[test]
fn a_server_that_runs_on_under_its_client_refuses_writes_once_the_journal_is_newer() {
    for (client, called) in [
        ("claude-ai", "restart Claude Desktop,"),
        ("cursor-vscode", "restart Cursor,"),
        ("mine", "restart `mine`,"),
    ] {
        let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
        let mut wrote = session_of(client, &run(&home, &ledger, &["serve", "--toolsets", "all"]));
        let mut never_wrote = session_of(client, &run(&home, &ledger, &["serve", "--toolsets", "all"]));
        wrote.call("create_invoice", bill("a")).done();
        let (posts, records) = (ledger.posts().len(), ledger.records().len());
        raise(&home);
        let bytes = |home: &Home| {
            let rows: i64 =
                open(home).query_row("select count(*) from intent", [], |row| row.get(0)).unwrap();
            rows
        };
        let rows = bytes(&home);
        for session in [&mut wrote, &mut never_wrote] {
            for (tool, arguments) in [
                ("create_invoice", bill("b")),
                ("create_client", json!({ "name": "Neu" })),
                ("update_client", json!({ "id": id(7), "changes": { "city": "Bern" } })),
            ] {
                let refused = session.call(tool, arguments).refused();
                let error = &refused.structured["error"];
                if tool == "update_client" && error["code"] != "journal_newer" {
                    // The scripted books have no such client to change; that is found out first.
                    assert_eq!(error["sent"], "nothing_sent", "{}", refused.text);
                    continue;
                }
                assert_eq!(
                    (&error["code"], &error["sent"]),
                    (&json!("journal_newer"), &json!("nothing_sent")),
                    "{}",
                    refused.text
                );
                let (message, hint) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
                assert!(hint.starts_with(called), "{hint}");
                for word in ["lumabill 9.8.7", "version 3", "lumabill 0.1.0", "nothing was sent"] {
                    assert!(message.contains(word), "no `{word}` in {message}");
                }
            }
            session.call("list_invoices", json!({})).done();
        }
        assert_eq!((ledger.posts().len(), ledger.records().len()), (posts, records));
        assert_eq!((bytes(&home), version(&home)), (rows, NOW + 1));
    }
}

#[test]
fn what_was_being_sent_when_the_journal_moved_forward_is_told_and_written_down() {
    let gate = Gate::default();
    let held = gate.clone();
    let ledger = Ledger::start(move |_| Fate::CommitAndHold(held.clone()));
    let home = home();
    let mut session = McpSession::start(&run(&home, &ledger, &["serve"]), Era::Modern);
    let call = session.send_call("create_invoice", bill("a"));
    ledger.wait_for_posts(1);
    raise(&home);
    gate.open();
    let said = session.answer(&call);
    let told = &said["result"]["structuredContent"];
    assert_eq!((&told["created"], &told["journal"]), (&json!(true), &Value::Null), "{said}");
    session.call("create_invoice", bill("b")).refused();
    session.close_input();
    session.gone_within(PATIENCE);
    let (state, answered): (String, bool) = open(&home)
        .query_row("select state, answered from intent", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((state.as_str(), answered, ledger.posts().len()), ("created", true, 1));
}

/// The same where the answer is lost: what became of it is looked up, and written down, as ever.
#[test]
fn what_was_lost_when_the_journal_moved_forward_is_looked_up_and_written_down() {
    let gate = Gate::default();
    let held = gate.clone();
    let ledger = Ledger::start(move |_| Fate::HoldAndLose(held.clone(), || crate::support::Answer::Reset));
    let home = home();
    let mut session = McpSession::start(&run(&home, &ledger, &["serve"]), Era::Modern);
    let call = session.send_call("create_invoice", bill("a"));
    ledger.wait_for_posts(1);
    raise(&home);
    gate.open();
    let said = session.answer_within(&call, Duration::from_secs(60));
    assert_eq!(said["result"]["structuredContent"]["error"]["sent"], "sent_without_effect", "{said}");
    let state: String = open(&home).query_row("select state from intent", [], |row| row.get(0)).unwrap();
    assert_eq!((state.as_str(), ledger.posts().len()), ("not_created", 1));
}

#[test]
fn every_command_meets_a_newer_journal() {
    let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
    run(&home, &ledger, &["call", "create_client", "name=Neu"]).run().exits(0);
    raise(&home);
    let before = (ledger.posts().len(), fs::read(journal_file(&home)).unwrap());
    let refused = |arguments: &[&str]| {
        let ended = run(&home, &ledger, arguments).run().exits(1);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        for word in ["lumabill 9.8.7", "version 3", "update this one"] {
            assert!(said.contains(word), "no `{word}` of {arguments:?} in {said}");
        }
    };
    refused(&["call", "create_client", "name=Other", "--json"]);
    refused(&["history", "--json"]);
    refused(&["history", "settle", "1", "--not-created"]);
    refused(&["history", "--forget", "7d"]);
    refused(&["doctor", "--json"]);
    for fine in [["call", "list_invoices"], ["status", "--json"], ["config", "confirm"], ["tools", "--json"]]
    {
        run(&home, &ledger, &fine).run().exits(0);
    }
    let url = ledger.server.url();
    let login = ["login", "--with-token", "--insecure-storage", "--no-verify", "--api-url", &url];
    Lumabill::at(&home, &login).input(PLANTED_KEY).run().exits(0);
    assert_eq!((ledger.posts().len(), fs::read(journal_file(&home)).unwrap()), before);
}

#[test]
fn every_command_meets_a_newer_config_file() {
    let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
    let file = home.path().join("config/config.toml");
    let text = "# mine\nversion = 2\nnew_floor = \"all\" # of a later version\n";
    fs::write(&file, text).unwrap();
    let url = ledger.server.url();
    for arguments in [
        &["call", "list_invoices", "--json"][..],
        &["call", "create_client", "name=Neu", "--json"],
        &["history", "--json"],
        &["config", "read_only", "true"],
        &["config"],
        &["status", "--json"],
        &["login", "--with-token", "--insecure-storage", "--no-verify", "--api-url", &url],
        &["logout"],
    ] {
        let ended = run(&home, &ledger, arguments).input(PLANTED_KEY).run().exits(1);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        for word in ["version 2", "0.1.0", "update this one"] {
            assert!(said.contains(word), "no `{word}` of {arguments:?} in {said}");
        }
    }
    Checks::of(Lumabill::at(&home, &["doctor", "--json"])).is(
        "config_file",
        "failed",
        "version 2",
        "update this one",
    );
    // A server starts, says so in both eras, and serves nothing: floors may be set that it does not know.
    for era in Era::BOTH {
        let mut session = McpSession::start(&run(&home, &ledger, &["serve"]), era);
        let tools = session.ask("tools/list", json!({}));
        assert_eq!(tools["tools"].as_array().unwrap().len(), 1, "{tools}");
        for tool in ["why_not_available", "list_invoices", "create_client"] {
            let refused = session.call(tool, json!({})).refused();
            assert_eq!(refused.structured["error"]["code"], "config_newer", "{}", refused.text);
        }
    }
    assert!(ledger.server.requests().is_empty());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_server_with_a_damaged_config_file_starts_says_so_and_works_once_it_is_mended() {
    let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
    let file = home.path().join("config/config.toml");
    for (era, arguments) in [
        (Era::Legacy, &["serve"][..]),
        (Era::Modern, &["serve"]),
        (Era::Legacy, &["serve", "--account", "lumabill"]),
    ] {
        fs::write(&file, "version = 1\nread_only = maybe\n").unwrap();
        let mut session = McpSession::start(&run(&home, &ledger, arguments), era);
        let tools = session.ask("tools/list", json!({}));
        assert_eq!(tools["tools"][0]["name"], "why_not_available", "{tools}");
        let refused = session.call("why_not_available", json!({})).refused();
        for word in ["config.toml", "line 2", "hint"] {
            assert!(refused.text.contains(word), "no `{word}` in {}", refused.text);
        }
        // Another thing is wrong by now.
        fs::write(&file, "version = 1\n\n\nread_onyl = true\n").unwrap();
        let refused = session.call("why_not_available", json!({})).refused();
        assert!(refused.text.contains("line 4"), "{}", refused.text);
        fs::write(&file, "version = 1\nread_only = true\n").unwrap();
        session.call("list_invoices", json!({})).done();
        session.call("create_client", json!({ "name": "Neu" })).refused();
        let tools = session.ask("tools/list", json!({}));
        assert!(tools["tools"].as_array().unwrap().len() > 5, "{tools}");
    }
    assert!(ledger.posts().is_empty());
    // The practice API is started when the file is mended.
    fs::write(&file, "version = 1\nread_only = maybe\n").unwrap();
    let mut practice = McpSession::start(&Lumabill::at(&home, &["serve", "--sandbox"]), Era::Modern);
    practice.call("list_invoices", json!({})).refused();
    fs::write(&file, "").unwrap();
    practice.call("list_invoices", json!({})).done();
}

#[test]
fn a_config_file_of_a_person_keeps_comments_and_unknown_keys_and_gets_its_version() {
    let home = home();
    let file = home.path().join("config/config.toml");
    let text = "# mine\nconfirm = \"writes\" # always\n\n[accounts.acme] # the company\nservice = \"lumabill\"\n\
                origin = \"https://acme.example\"\nstored_in = \"keyring\"\nsomething = \"of mine\"\n";
    fs::write(&file, text).unwrap();
    let ledger = Ledger::start(|_| Fate::Commit);
    // A server writes it for nobody.
    let mut session = McpSession::start(&run(&home, &ledger, &["serve"]), Era::Modern);
    session.call("list_invoices", json!({})).done();
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    Lumabill::at(&home, &["config", "duplicate_window", "2d"]).run().exits(0);
    let written = fs::read_to_string(&file).unwrap();
    for line in text.lines().chain(["version = 1", "duplicate_window = \"2d\""]) {
        assert!(written.contains(line), "`{line}` is not in\n{written}");
    }
}

#[test]
fn doctor_lists_the_servers_that_run_with_version_and_client() {
    let (home, ledger) = (home(), Ledger::start(|_| Fate::Commit));
    let doctor = || Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    doctor().is("servers", "ok", "no client has called", "");
    let mut desktop = session_of("claude-ai", &run(&home, &ledger, &["serve"]));
    let mut editor = session_of("cursor-vscode", &run(&home, &ledger, &["serve"]));
    // Who only looks around touches nothing.
    assert!(!home.path().join("state/running").exists());
    for session in [&mut desktop, &mut editor] {
        session.call("list_invoices", json!({})).done();
    }
    assert_eq!(said(&home, 2).len(), 2);
    let rows = |checks: &Checks| -> Vec<Value> {
        checks.checks.iter().filter(|row| row["id"] == "servers").cloned().collect()
    };
    let both = rows(&doctor());
    for (client, called, pid) in
        [("claude-ai", "Claude Desktop", desktop.pid()), ("cursor-vscode", "Cursor", editor.pid())]
    {
        let row = both.iter().find(|row| row["about"] == client).unwrap_or_else(|| panic!("{both:?}"));
        let seen = row["seen"].as_str().unwrap();
        for word in [called, "version 0.1.0", &format!("process {pid},"), "since 20"] {
            assert!(seen.contains(word), "no `{word}` in {seen}");
        }
        assert_eq!(row["state"], "ok", "{row}");
    }
    assert_eq!(both.len(), 2);

    // What they would have said as other versions.
    for (file, version) in files(&home).iter().zip(["0.0.9", "0.2.0"]) {
        let mut running: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        running["version"] = json!(version);
        running["client"] = json!("claude-ai");
        fs::write(file, running.to_string()).unwrap();
    }
    let others = rows(&doctor());
    let next = |version: &str| {
        let row = others.iter().find(|row| row["seen"].as_str().unwrap().contains(version)).unwrap();
        (row["state"].as_str().unwrap().to_owned(), row["next"].as_str().unwrap().to_owned())
    };
    assert_eq!(next("0.0.9").0, "warning");
    assert!(next("0.0.9").1.starts_with("restart Claude Desktop"), "{others:?}");
    assert!(next("0.2.0").1.contains("update this one"), "{others:?}");

    // One that was killed runs no more, and the next one clears up after it; one that ends does that itself.
    desktop.signal("KILL");
    desktop.gone_within(PATIENCE);
    assert_eq!(rows(&doctor()).len(), 1);
    let mut third = session_of("zed", &run(&home, &ledger, &["serve"]));
    third.call("list_invoices", json!({})).done();
    let began = Instant::now();
    while !rows(&doctor()).iter().any(|row| row["about"] == "zed") && began.elapsed() < PATIENCE {}
    assert_eq!(said(&home, 2).len(), 2);
    for session in [&mut editor, &mut third] {
        session.close_input();
        session.gone_within(PATIENCE);
    }
    assert!(files(&home).is_empty());
    doctor().is("servers", "ok", "no client has called", "");
}

/// The same once there are so many.
fn said(home: &Home, count: usize) -> Vec<PathBuf> {
    let began = Instant::now();
    loop {
        let files = files(home);
        if files.len() == count || began.elapsed() > PATIENCE {
            return files;
        }
        thread::yield_now();
    }
}

/// Where the servers that run say what they are.
fn files(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.path().join("state/running")).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

/// A program that lasts, and an entry that starts it by a path that does not.
#[test]
fn an_entry_whose_path_will_not_last_is_told_and_mended() {
    let home = home();
    let root = home.path().canonicalize().unwrap();
    let put = |at: &str| {
        let file = root.join(at);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        if fs::hard_link(env!("CARGO_BIN_EXE_lumabill"), &file).is_err() {
            fs::copy(env!("CARGO_BIN_EXE_lumabill"), &file).unwrap();
        }
        file
    };
    let cellar = put("home/brew/Cellar/lumabill/0.1.0/bin/lumabill");
    let cached = put("home/.npm/_npx/a1b2/node_modules/lumabill/bin/lumabill");
    let stable = root.join("home/brew/bin/lumabill");
    fs::create_dir_all(stable.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&cellar, &stable).unwrap();
    let entries = root.join("home/.cursor/mcp.json");
    fs::create_dir_all(entries.parent().unwrap()).unwrap();
    let starts = |program: &Path| {
        let entry = json!({ "command": program, "args": ["serve", "--read-only"] });
        let before = json!({ "mcpServers": { "theirs": { "command": "x" }, "lumabill": entry } });
        fs::write(&entries, format!("{before:#}")).unwrap();
    };
    let run = |arguments: &[&str]| {
        let run = Lumabill::at(&home, arguments);
        let mut command = Command::new(&stable);
        command.args(arguments).env_clear().envs(home.environment()).current_dir(home.path());
        run.run_as(command)
    };
    let row = || {
        let checks = run(&["doctor", "--json"]).json()["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|row| row["id"] == "client_entry").unwrap()
    };
    for (program, why) in [(&cellar, "folder of one version"), (&cached, "cache of a package manager")] {
        starts(program);
        let told = row();
        assert_eq!(told["state"], "warning", "{told}");
        assert!(told["seen"].as_str().unwrap().contains(why), "{told}");
        let next = told["next"].as_str().unwrap();
        assert!(next.contains("install cursor --read-only"), "{told}");
        // The row's own command mends it, and keeps what stands beside it.
        run(&["install", "cursor", "--read-only"]).exits(0);
        let mended: Value = serde_json::from_str(&fs::read_to_string(&entries).unwrap()).unwrap();
        assert_eq!(mended["mcpServers"]["lumabill"]["command"], stable.to_str().unwrap(), "{mended}");
        assert_eq!(mended["mcpServers"]["theirs"]["command"], "x");
        assert_eq!(row()["state"], "ok", "{}", row());
    }
    let copies = fs::read_dir(root.join("state/backups")).unwrap().count();
    assert!(copies > 0, "no copy of what was there before");
}

#[test]
fn what_install_keeps_of_a_newer_program_is_left_alone() {
    let home = home();
    let file = home.path().join("state/installed.json");
    let text = "{\"version\":2,\"files\":{\"other\":true}}";
    fs::write(&file, text).unwrap();
    fs::create_dir_all(home.path().join("home/.cursor")).unwrap();
    let program = home.path().join("home/.local/bin/lumabill");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_lumabill"), &program).unwrap();
    for word in ["install", "uninstall"] {
        let mut command = Command::new(&program);
        command.args([word, "cursor"]).env_clear().envs(home.environment()).current_dir(home.path());
        let ended = Lumabill::at(&home, &[]).run_as(command).exits(1);
        assert!(ended.stderr.contains("newer"), "{}", ended.stderr);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert!(!home.path().join("home/.cursor/mcp.json").exists());
}
