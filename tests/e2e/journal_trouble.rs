//! A journal that cannot be used: reads go on, writes are refused with the reason and a way out, and what is
//! there is left as it is.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::ledger::{Fate, Ledger, invoice_of};
use crate::scripted_books::{answer, id};
use crate::support::{Era, Gate, Home, Lumabill, McpSession, PLANTED_KEY};

fn serve(home: &Arc<Home>, ledger: &Ledger) -> Lumabill {
    Lumabill::at(home, &["serve", "--toolsets", "all"]).with_api(&ledger.server.url(), PLANTED_KEY)
}

fn bill(words: &str) -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": words, "quantity": 3, "price": 180 }] })
}

/// Reads work, a create is refused with this code before anything is sent, in both eras.
#[track_caller]
fn refuses(home: &Arc<Home>, ledger: &Ledger, code: &str) {
    for era in Era::BOTH {
        let mut session = McpSession::start(&serve(home, ledger), era);
        session.call("list_invoices", json!({})).done();
        let refused = session.call("create_invoice", bill("Consulting")).refused();
        let error = &refused.structured["error"];
        assert_eq!(
            (&error["code"], &error["sent"]),
            (&json!(code), &json!("nothing_sent")),
            "{}",
            refused.text
        );
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{}", refused.text);
        session.call("list_invoices", json!({})).done();
    }
    assert!(ledger.posts().is_empty());
}

#[test]
fn a_state_folder_that_is_none_refuses_writes_and_nothing_else() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    fs::remove_dir_all(home.path().join("state")).unwrap();
    fs::write(home.path().join("state"), "a file").unwrap();
    refuses(&home, &ledger, "journal_unusable");

    let home = Arc::new(Home::new());
    fs::create_dir_all(home.path().join("state/journal.db")).unwrap();
    refuses(&home, &ledger, "journal_unusable");
}

#[test]
fn a_damaged_a_foreign_and_a_newer_file_are_left_as_they_are() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    let file = home.path().join("state/journal.db");
    let garbage = b"this is no database, and somebody may still want it".repeat(100);
    fs::write(&file, &garbage).unwrap();
    refuses(&home, &ledger, "journal_corrupt");
    assert_eq!(fs::read(&file).unwrap(), garbage);

    fs::remove_file(&file).unwrap();
    Connection::open(&file)
        .unwrap()
        .execute_batch("create table theirs (x); insert into theirs values (1)")
        .unwrap();
    refuses(&home, &ledger, "journal_corrupt");

    let home = Arc::new(Home::new());
    let file = home.path().join("state/journal.db");
    McpSession::start(&serve(&home, &ledger), Era::Modern).call("create_invoice", bill("a")).done();
    let posts = ledger.posts().len();
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let mut session = McpSession::start(&serve(&home, &ledger), Era::Modern);
    let refused = session.call("create_invoice", bill("b")).refused();
    assert_eq!(refused.structured["error"]["code"], "journal_newer", "{}", refused.text);
    assert_eq!(ledger.posts().len(), posts);
    // A person mends it, and the same server goes on.
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 1).unwrap();
    session.call("create_invoice", bill("b")).done();
}

#[test]
fn a_key_that_is_lost_is_not_made_anew_where_rows_depend_on_it() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    McpSession::start(&serve(&home, &ledger), Era::Modern).call("create_invoice", bill("a")).done();
    let key = home.path().join("state/journal.key");
    let bytes = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let mut session = McpSession::start(&serve(&home, &ledger), Era::Modern);
    let refused = session.call("create_invoice", bill("a")).refused();
    assert_eq!(refused.structured["error"]["code"], "journal_key_lost", "{}", refused.text);
    fs::write(&key, bytes).unwrap();
    let again = session.call("create_invoice", bill("a")).done();
    assert_eq!(again.structured["created"], false, "{}", again.text);
    assert_eq!(ledger.posts().len(), 1);
}

/// A limit on the size of files stands for a disk that is full: the system refuses the bytes.
#[test]
fn a_full_disk_refuses_writes_before_anything_is_sent() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    let call = |arguments: &[&str]| {
        let run = Lumabill::at(&home, arguments).with_api(&ledger.server.url(), PLANTED_KEY);
        let program = run.command();
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]).arg(program.get_program());
        shell.args(program.get_args()).env_clear().stdin(Stdio::null());
        shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let create = ["call", "create_client", "name=Neu", "--json"];
    let (code, said) = call(&create);
    let error: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!((code, &error["error"]["sent"]), (Some(1), &json!("nothing_sent")), "{said}");
    assert!(error["error"]["code"].as_str().unwrap().starts_with("journal_"), "{said}");
    assert!(ledger.posts().is_empty());
    let (code, said) = call(&["call", "list_invoices", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    // With room again it works.
    Lumabill::at(&home, &create).with_api(&ledger.server.url(), PLANTED_KEY).run().exits(0);
    assert_eq!(ledger.posts().len(), 1);
}

#[test]
fn what_took_effect_while_the_journal_was_held_is_told_and_written_down_later() {
    let gate = Gate::default();
    let held = gate.clone();
    let ledger = Ledger::start(move |_| Fate::CommitAndHold(held.clone()));
    let home = Arc::new(Home::new());
    let mut session = McpSession::start(&serve(&home, &ledger), Era::Modern);
    let call = session.send_call("create_invoice", bill("Consulting"));
    ledger.wait_for_posts(1);
    let lock = Connection::open(home.path().join("state/journal.db")).unwrap();
    lock.execute_batch("begin immediate").unwrap();
    gate.open();
    let answer = session.answer(&call);
    let told = &answer["result"]["structuredContent"];
    assert_eq!(told["created"], true, "{answer}");
    assert!(told["journal"].as_str().is_some_and(|said| said.contains("could not be written")), "{answer}");
    lock.execute_batch("rollback").unwrap();
    // The next use of the journal brings it in: the same create is known.
    let again = session.call("create_invoice", bill("Consulting")).done();
    assert_eq!(again.structured["created"], false, "{}", again.text);
    assert_eq!(ledger.posts().len(), 1);
    session.close_input();
    session.gone_within(Duration::from_secs(5));
    let history = Lumabill::at(&home, &["history", "--json"]).run().exits(0).json();
    assert_eq!(history["changes"][0]["outcome"], "created", "{history}");
}

#[test]
fn what_was_lost_while_the_journal_was_held_is_not_taken_for_absent_too_soon() {
    let gate = Gate::default();
    let held = gate.clone();
    // What waits behind such a gateway may be carried out for another 90 s.
    let ledger = Ledger::start(move |n| match n {
        0 => Fate::HoldAndLose(held.clone(), || answer(504, &json!({ "message": "gateway timeout" }))),
        _ => Fate::Commit,
    });
    let home = Arc::new(Home::new());
    let mut session = McpSession::start(&serve(&home, &ledger), Era::Modern);
    let call = session.send_call("create_invoice", bill("Consulting"));
    ledger.wait_for_posts(1);
    let lock = Connection::open(home.path().join("state/journal.db")).unwrap();
    lock.execute_batch("begin immediate").unwrap();
    gate.open();
    let said = session.answer_within(&call, Duration::from_secs(60));
    let error = &said["result"]["structuredContent"]["error"];
    assert_eq!((&error["code"], &error["sent"]), (&json!("outcome_unknown"), &json!("unknown")), "{said}");
    // Now it comes after all.
    let body = serde_json::from_slice(&ledger.posts()[0].body).unwrap();
    ledger.edit(|records| records.push(invoice_of(&body, 0, 100)));
    lock.execute_batch("rollback").unwrap();
    let again = session.call("create_invoice", bill("Consulting")).done();
    assert_eq!(again.structured["created"], false, "{}", again.text);
    assert_eq!((ledger.posts().len(), ledger.records().len()), (1, 1));
    let history = Lumabill::at(&home, &["history", "--json"]).run().exits(0).json();
    assert_eq!(history["changes"][0]["outcome"], "created", "{history}");
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_this_user_alone_and_holds_no_text() {
    use std::os::unix::fs::PermissionsExt;
    let ledger = Ledger::start(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    let mut session = McpSession::start(&serve(&home, &ledger), Era::Modern);
    session.call("create_invoice", bill("Secret affair of Muster AG")).done();
    let state = home.path().join("state");
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
    let mut seen = 0;
    for (path, bytes) in home.files() {
        if !path.starts_with(&state) {
            continue;
        }
        seen += 1;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        // A process number there may hold any digits.
        let amount = if path.starts_with(state.join("running")) { PLANTED_KEY } else { "540" };
        for text in ["Secret affair", PLANTED_KEY, amount] {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "`{text}` in {}", path.display());
        }
    }
    assert!(seen >= 3, "{seen}");
}
