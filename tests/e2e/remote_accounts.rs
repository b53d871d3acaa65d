//! Accounts of remote servers at the terminal: login and what it checks, several accounts at once, tools that change and
//! are accepted, results as a person reads them, and what is left after logout.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::at_a_terminal::Terminal;
use crate::keyring::Desktop;
use crate::remote::wire::{HttpAnswer, Received};
use crate::remote::{Exchange, Remote, Reply, Service, Speaks, billbot, faktoora, text_result};
use crate::support::{Ended, Era, Home, Lumabill, McpSession, SandboxProcess, ScriptedServer};

/// Somebody's own server: what it offers and whether it wants a key is the test's.
#[derive(Default)]
struct Own {
    tools: Mutex<Vec<Value>>,
    /// A header and the value that it has to have.
    key: Mutex<Option<(String, String)>>,
}

impl Service for Own {
    fn info(&self) -> Value {
        json!({ "name": "own", "version": "1" })
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        match &*self.key.lock().unwrap() {
            Some((name, value)) if request.header(name) != Some(value.as_str()) => {
                let answer = HttpAnswer::json(401, &json!({ "error": "who are you" }));
                Err(answer.header("www-authenticate", "Bearer realm=\"own\""))
            }
            _ => Ok(()),
        }
    }

    fn tools(&self, _: &Received) -> Vec<Value> {
        self.tools.lock().unwrap().clone()
    }

    fn call(&self, tool: &str, _: &Value, _: &mut Exchange) -> Reply {
        match tool {
            "fail" => text_result("no such record", true),
            "refuse" => {
                Reply::Error(-32602, "client_id is missing".to_owned(), json!({ "field": "client_id" }))
            }
            "picture" => Reply::Result(json!({ "content": [
                { "type": "text", "text": "a logo" },
                { "type": "image", "data": "A".repeat(16_000), "mimeType": "image/png" },
            ] })),
            "facts" => {
                let facts = json!({ "number": "IV-1", "total": 8000.5 });
                Reply::Result(json!({
                    "content": [{ "type": "text", "text": facts.to_string() }],
                    "structuredContent": facts,
                }))
            }
            other => text_result(&format!("did {other}"), false),
        }
    }
}

fn tool(name: &str, about: &str) -> Value {
    json!({ "name": name, "description": about, "inputSchema": { "type": "object", "properties": { "id": { "type": "string" } } } })
}

fn own(names: &[&str]) -> (Remote, Arc<Own>) {
    let own = Arc::new(Own::default());
    *own.tools.lock().unwrap() = names.iter().map(|name| tool(name, &format!("Does {name}."))).collect();
    (Remote::start(Speaks::sessions("/mcp"), Arc::clone(&own)), own)
}

/// Logs in; a key lies in a file, so that no keyring is needed.
#[track_caller]
fn login(home: &Arc<Home>, more: &[&str], key: &str) -> Ended {
    let arguments = [&["login", "--insecure-storage"], more].concat();
    Lumabill::at(home, &arguments).input(format!("{key}\n")).run()
}

fn login_billbot(home: &Arc<Home>, server: &Remote) {
    let url = server.url();
    login(home, &["--service", "billbot", "--api-url", &url, "--with-token"], billbot::KEY).exits(0);
}

fn run(home: &Arc<Home>, arguments: &[&str]) -> Ended {
    Lumabill::at(home, arguments).run()
}

fn names(session: &mut McpSession) -> Vec<String> {
    let listed = session.ask("tools/list", json!({}));
    let listed = listed["tools"].as_array().unwrap().iter();
    listed.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_key_is_checked_at_its_server_before_it_is_stored() {
    let desktop = Desktop::start("");
    let (server, _) = billbot::start(Speaks::sessions(billbot::PATH));
    let url = server.url();
    let item = format!("billbot@{url}");
    let login = |key: &str| {
        let arguments = ["login", "--service", "billbot", "--api-url", url.as_str(), "--with-token"];
        desktop.lumabill(&arguments).input(format!("{key}\n")).run()
    };
    let other = login("lmb_live_0123456789abcdef").exits(1);
    assert!(
        other.stderr.contains("is a key of Lumabill") && other.stderr.contains("nothing was sent"),
        "{}",
        other.stderr
    );
    let neither = login("0123456789abcdef").exits(1);
    assert!(neither.stderr.contains("`bb_`") && neither.stderr.contains("billbot.io"), "{}", neither.stderr);
    assert!(server.requests().is_empty());

    let wrong = login("bb_sk_wrong0123456789").exits(3);
    assert!(wrong.stderr.contains("nothing was stored"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("Settings > API Keys at billbot.io"), "{}", wrong.stderr);
    assert_eq!(desktop.lookup(&item), "");
    desktop.lumabill(&["status"]).run().exits(3);

    let right = login(billbot::KEY).exits(0);
    for words in [
        "account `billbot`",
        "10: 6 read, 4 write",
        "send_invoice: This sends",
        "install --account billbot",
        "serve --account billbot",
    ] {
        assert!(right.stdout.contains(words), "{words}: {}", right.stdout);
    }
    assert_eq!(desktop.lookup(&item), billbot::KEY);
    let status = desktop.lumabill(&["status", "--json"]).run().exits(0);
    let account = &status.json()["accounts"][0];
    assert_eq!((&account["service"], &account["origin"]), (&json!("billbot"), &json!(url)));
    assert_eq!((&account["auth"], &account["key"]), (&json!("bearer"), &json!("bb_sk_…4Tn6")));
    for (path, bytes) in desktop.home.files() {
        let held = bytes.windows(billbot::KEY.len()).any(|part| part == billbot::KEY.as_bytes());
        assert!(!held, "the key is in {}", path.display());
    }
    for text in [&right.stdout, &right.stderr, &status.stdout, &wrong.stderr] {
        assert!(!text.contains(billbot::KEY), "{text}");
    }

    let kept = desktop.home.path().join("state/remote/billbot.json");
    assert!(kept.exists());
    let logout = desktop.lumabill(&["logout", "--account", "billbot"]).run().exits(0);
    assert!(logout.stdout.contains("billbot.io"), "{}", logout.stdout);
    assert_eq!(desktop.lookup(&item), "");
    assert!(!kept.exists());
}

#[test]
fn a_server_that_is_not_there_stores_nothing_unless_nobody_asks_it() {
    let home = Arc::new(Home::new());
    let gone = format!("{}/api/mcp", ScriptedServer::refusing());
    let flags = ["--service", "billbot", "--api-url", &gone, "--with-token"];
    let refused = login(&home, &flags, billbot::KEY).exits(4);
    assert!(
        refused.stderr.contains("nothing was stored") && refused.stderr.contains("--no-verify"),
        "{}",
        refused.stderr
    );
    run(&home, &["status"]).exits(3);
    let stored = login(&home, &[&flags[..], &["--no-verify"]].concat(), billbot::KEY).exits(0);
    assert!(stored.stdout.contains("not asked for"), "{}", stored.stdout);
    let status = run(&home, &["status"]).exits(0);
    assert!(status.stdout.contains("none kept yet"), "{}", status.stdout);
}

#[test]
fn an_address_as_the_service_is_an_account_after_its_host() {
    let home = Arc::new(Home::new());
    let (server, own) = own(&["find", "wipe"]);
    let url = server.url();
    let port = url.rsplit(':').next().unwrap().trim_end_matches("/mcp").to_owned();
    let name = format!("h127-0-0-1-{port}");
    // It wants nothing.
    let open = run(&home, &["login", "--service", &url, "--insecure-storage"]).exits(0);
    assert!(open.stdout.contains(&format!("account `{name}`")), "{}", open.stdout);
    assert!(open.stdout.contains("the server wants none"), "{}", open.stdout);
    // Nobody knows what its tools do.
    assert!(open.stdout.contains("find, wipe: nothing is known here"), "{}", open.stdout);
    // By now it wants a key in a header.
    *own.key.lock().unwrap() = Some(("x-own-key".to_owned(), "secret-0123456789".to_owned()));
    let header = ["--service", &url, "--header", "X-Own-Key", "--with-token"];
    login(&home, &header, "another-0123456789").exits(3);
    let again = login(&home, &header, "secret-0123456789").exits(0);
    assert!(again.stdout.contains(&format!("account `{name}`")), "{}", again.stdout);
    let accounts = run(&home, &["status", "--json"]).exits(0).json();
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(accounts["accounts"][0]["auth"], "header:x-own-key");
    // Another key for the same goes the same way.
    *own.key.lock().unwrap() = Some(("x-own-key".to_owned(), "rotated-0123456789".to_owned()));
    login(&home, &["--account", &name, "--with-token"], "rotated-0123456789").exits(0);
    let said = run(&home, &["call", "find", "--account", &name]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    // The person says that one of them only reads.
    let unknown = run(&home, &["config", "reads", "find,nothing", "--account", &name]).exits(2);
    assert!(
        unknown.stderr.contains("no tool `nothing`") && unknown.stderr.contains("wipe"),
        "{}",
        unknown.stderr
    );
    run(&home, &["config", "reads", "find", "--account", &name]).exits(0);
    let listed = run(&home, &["config", "--account", &name]).exits(0);
    assert!(
        listed.stdout.lines().any(|line| line.starts_with("reads") && line.contains("find")),
        "{}",
        listed.stdout
    );
    let said = run(&home, &["call", "find", "--account", &name]).exits(0);
    assert_eq!(said.stdout, "did find\n");
    // A service that we know needs no such word, and gets none.
    let (billbot, _) = billbot::start(Speaks::sessions(billbot::PATH));
    login_billbot(&home, &billbot);
    run(&home, &["config", "reads", "send_invoice", "--account", "billbot"]).exits(2);
    run(&home, &["config", "profile", "x", "--account", "billbot"]).exits(2);
}

#[test]
fn an_address_that_holds_a_key_is_refused_and_not_shown() {
    let home = Arc::new(Home::new());
    let secret = "lmb_planted_in_an_address";
    let hosted = format!("https://mcp.lumabill.ch/mcp?key={secret}");
    let other = format!("https://user:{secret}@mcp.example.com/mcp");
    for (flags, words) in [
        (["--service", hosted.as_str()], "--service lumabill-hosted"),
        (["--service", other.as_str()], "user name"),
        (["--api-url", hosted.as_str()], "--service lumabill-hosted"),
        (["--service", secret], "there is no service of that name"),
        (["--header", secret], "servers by address"),
    ] {
        let refused = run(&home, &[&["login"], &flags[..]].concat()).exits(2);
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
        assert!(!refused.stderr.contains("planted"), "{}", refused.stderr);
    }
    for (flags, words) in [
        (["--service", "billbot", "--profile-id", "x"], "Lumabill's own API"),
        (["--service", "billbot", "--tenant", "42"], "faktoora"),
        (["--service", "billbot", "--header", "x-key"], "servers by address"),
        (["--service", "url", "--header", "x-key"], "by its address"),
    ] {
        let refused = run(&home, &[&["login"], &flags[..]].concat()).exits(2);
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    assert!(home.files().is_empty(), "{:?}", home.files());
}

#[test]
fn several_accounts_are_served_at_once_and_one_that_is_missing_takes_none_with_it() {
    let home = Arc::new(Home::new());
    let sandbox = SandboxProcess::start(&[]);
    login(&home, &["--with-token", "--api-url", &sandbox.url], &sandbox.key()).exits(0);
    let (server, _) = billbot::start(Speaks::sessions(billbot::PATH));
    login_billbot(&home, &server);
    let all = ["--account", "lumabill", "--account", "billbot", "--account", "faktoora"];
    for era in Era::BOTH {
        let mut session = McpSession::start(&Lumabill::at(&home, &[&["serve"], &all[..]].concat()), era);
        let listed = names(&mut session);
        for name in ["lumabill__list_clients", "billbot__list_clients", "faktoora__why_not_available"] {
            assert!(listed.iter().any(|listed| listed == name), "{name}: {listed:?}");
        }
        let theirs = session.call("billbot__list_clients", json!({})).done();
        assert!(theirs.text.contains("GreenLeaf Organic"), "{}", theirs.text);
        session.call("lumabill__list_clients", json!({})).done();
        let why = session.call("faktoora__why_not_available", json!({})).refused();
        assert!(why.text.contains("login --service faktoora"), "{}", why.text);
        // A login in another terminal is found by the next call.
        let (faktoora, _) = faktoora::start();
        let url = faktoora.url();
        login(
            &home,
            &["--service", "faktoora", "--api-url", &url, "--tenant", "42", "--with-token"],
            faktoora::KEY,
        )
        .exits(0);
        session.call("faktoora__list_customers", json!({})).done();
        assert!(names(&mut session).iter().any(|name| name == "faktoora__list_invoices"));
        let sent = faktoora.requests();
        assert!(sent.iter().all(|request| request.header("x-account-id") == Some("42")));
        run(&home, &["logout", "--account", "faktoora"]).exits(0);
    }
    // The key of the environment is that of its own account, and of no other.
    let wrong = Lumabill::at(
        &home,
        &["call", "billbot__list_clients", "--account", "lumabill", "--account", "billbot"],
    );
    wrong.env("LUMABILL_API_KEY", "bb_not_ours_0123456789").run().exits(0);

    for (flags, words) in [
        (vec!["--account", "billbot", "--account", "billbot"], "named twice"),
        (
            vec!["--account", "billbot", "--account", "lumabill", "--tools", "nothing"],
            "no account here has a tool",
        ),
        (vec!["--account", "billbot", "--profile-id", "x"], "own API"),
        (vec!["--account", "billbot", "--toolsets", "nothing"], "no toolset"),
    ] {
        let refused = run(&home, &[&["serve"], flags.as_slice()].concat()).exits(2);
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
}

#[test]
fn a_server_starts_before_anybody_is_logged_in() {
    let home = Arc::new(Home::new());
    let (server, _) = billbot::start(Speaks::sessions(billbot::PATH));
    let mut session =
        McpSession::start(&Lumabill::at(&home, &["serve", "--account", "billbot"]), Era::Legacy);
    assert_eq!(names(&mut session), ["why_not_available"]);
    let why = session.call("why_not_available", json!({})).refused();
    assert!(why.text.contains("login --service billbot"), "{}", why.text);
    login_billbot(&home, &server);
    session.call("list_clients", json!({})).done();
    assert_eq!(names(&mut session).len(), 10);
    // At the terminal there is nobody to wait for.
    let other = Arc::new(Home::new());
    let missing = run(&other, &["call", "list_clients", "--account", "billbot"]).exits(3);
    assert!(missing.stderr.contains("login --service billbot"), "{}", missing.stderr);
}

#[test]
fn what_changed_in_a_server_is_shown_and_accepted_by_the_person() {
    let home = Arc::new(Home::new());
    let (server, own) = own(&["find", "keep"]);
    let url = server.url();
    let named = ["--account", "own"];
    run(&home, &[&["login", "--service", &url, "--insecure-storage"], &named[..]].concat()).exits(0);
    let accept = |more: &[&str]| run(&home, &[&["tools"], &named[..], &["--accept"], more].concat());
    assert!(accept(&[]).exits(0).stdout.contains("as you accepted them"));

    *own.tools.lock().unwrap() =
        vec![tool("find", "Deletes everything."), tool("keep", "Does keep."), tool("more", "New.")];
    // Nobody can be asked here.
    let shown = accept(&[]).exits(2);
    for words in ["changed  find", "was: Does find.", "is:  Deletes everything.", "new      more"] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    assert!(!shown.stdout.contains("keep") && shown.stderr.contains("--accept --all"), "{}", shown.stderr);
    let listed = run(&home, &[&["tools", "--toolsets", "all"], &named[..]].concat()).exits(0);
    assert!(listed.stdout.contains("! find") && listed.stdout.contains("! more"), "{}", listed.stdout);
    let doctor = run(&home, &["doctor", "--json"]);
    assert!(doctor.stdout.contains("`find`, `more`"), "{}", doctor.stdout);
    accept(&["nothing"]).exits(2);
    assert!(accept(&["more"]).exits(0).stdout.contains("accepted: more"));
    let listed = run(&home, &[&["tools", "--toolsets", "all"], &named[..]].concat()).exits(0);
    assert!(listed.stdout.contains("! find") && !listed.stdout.contains("! more"), "{}", listed.stdout);
    assert!(accept(&["--all"]).exits(0).stdout.contains("accepted: find"));

    // A login accepts too, and says what.
    *own.tools.lock().unwrap() = vec![tool("keep", "Keeps.")];
    let again = run(&home, &[&["login", "--insecure-storage"], &named[..]].concat()).exits(0);
    for words in ["changed  keep", "gone     find", "gone     more"] {
        assert!(again.stdout.contains(words), "{words}: {}", again.stdout);
    }
}

#[test]
fn results_of_a_remote_server_are_read_by_a_person_or_a_program() {
    let home = Arc::new(Home::new());
    let names = ["picture", "facts", "fail", "refuse", "act"];
    let (server, _) = own(&names);
    let url = server.url();
    run(&home, &["login", "--service", &url, "--account", "own", "--insecure-storage"]).exits(0);
    run(&home, &["config", "reads", "picture,facts,fail,refuse", "--account", "own"]).exits(0);
    let call = |tool: &str, more: &[&str]| run(&home, &[&["call", tool, "--account", "own"], more].concat());
    assert_eq!(call("picture", &[]).exits(0).stdout, "a logo\n\nimage/png, 12 kB (not shown)\n");
    let facts = call("facts", &[]).exits(0).stdout;
    assert_eq!(facts.matches("IV-1").count(), 1, "{facts}");
    let raw = call("facts", &["--json"]).exits(0).json();
    assert_eq!(raw["structuredContent"]["total"].to_string(), "8000.5");
    assert!(raw["content"][0]["text"].as_str().unwrap().contains("IV-1"));
    let failed = call("fail", &[]).exits(1);
    assert!(failed.stderr.contains("no such record") && failed.stdout.is_empty(), "{}", failed.stderr);
    assert_eq!(call("fail", &["--json"]).exits(1).json()["isError"], true);
    let refused = call("refuse", &[]).exits(1);
    assert!(refused.stderr.contains("client_id is missing"), "{}", refused.stderr);
    let unknown = call("nothing", &[]).exits(2);
    assert!(unknown.stderr.contains("nothing was sent"), "{}", unknown.stderr);
    // What may do anything is asked about, and here nobody is.
    let asked = call("act", &[]).exits(1);
    assert!(asked.stderr.contains("act"), "{}", asked.stderr);
    assert!(server.calls("act").is_empty());
}

#[test]
fn a_person_is_asked_for_the_right_key_and_before_an_act() {
    let desktop = Desktop::start("");
    let (server, billbot) = billbot::start(Speaks::sessions(billbot::PATH));
    let url = server.url();
    let mut terminal =
        Terminal::of(&desktop.lumabill(&["login", "--service", "billbot", "--api-url", &url]).command());
    terminal.until("Key of billbot, from Settings > API Keys at billbot.io (it is not shown): ");
    terminal.types(&format!("{}\n", billbot::KEY)).until("logged in: account `billbot`");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains(billbot::KEY), "{seen}");

    let create = [
        "call",
        "create_invoice",
        "--account",
        "billbot",
        "client_id=cl_abc123",
        "line_items=[{\"description\":\"Design\",\"quantity\":1,\"unit_price\":5}]",
    ];
    desktop.lumabill(&create).run().exits(0);
    let send = ["call", "send_invoice", "--account", "billbot", "invoice_id=inv_15"];
    let mut terminal = Terminal::of(&desktop.lumabill(&send).command());
    terminal.until("e-mail").until("Go on? [y/N]").types("n\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 1, "{seen}");
    assert!(billbot.books.lock().unwrap().mails.is_empty());
    let mut terminal = Terminal::of(&desktop.lumabill(&send).command());
    terminal.until("Go on? [y/N]").types("y\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(billbot.books.lock().unwrap().mails.len(), 1);
    let history = desktop.lumabill(&["history"]).run().exits(0);
    for words in ["account billbot", "sent invoice INV-2026-0015", "created invoice INV-2026-0015"] {
        assert!(history.stdout.contains(words), "{words}: {}", history.stdout);
    }
}

#[test]
fn an_entry_for_a_remote_account_says_whose_it_is() {
    let home = Arc::new(Home::new());
    let (server, _) = billbot::start(Speaks::sessions(billbot::PATH));
    login_billbot(&home, &server);
    let printed = run(&home, &["install", "cursor", "--print", "--account", "billbot"]).exits(0).stdout;
    assert!(printed.contains("\"lumabill\"") && printed.contains("\"billbot\""), "{printed}");
    let (other, _) = own(&["find"]);
    run(&home, &["login", "--service", &other.url(), "--account", "own", "--insecure-storage"]).exits(0);
    let printed = run(&home, &["install", "cursor", "--print", "--account", "own"]).exits(0).stdout;
    assert!(printed.contains("\"lumabill-own\""), "{printed}");
    let both = ["install", "cursor", "--print", "--account", "own", "--account", "billbot"];
    let printed = run(&home, &both).exits(0).stdout;
    assert!(
        printed.contains("\"lumabill\"") && printed.contains("own") && printed.contains("billbot"),
        "{printed}"
    );
    run(&home, &["install", "cursor", "--print", "--account", "own", "--account", "own"]).exits(2);
    // The account's file is its owner's alone.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let kept = fs::metadata(home.path().join("state/remote/own.json")).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    }
}
