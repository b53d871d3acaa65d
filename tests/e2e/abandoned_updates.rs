//! Updates whose process died before their answer came: the history tells later what the record shows.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::changing_record::{ALL, Record, books, writes};
use crate::scripted_books::id;
use crate::support::{Answer, Era, Gate, Home, Lumabill, McpSession, PATIENCE, PLANTED_KEY};

/// The update's row in the history, after its process was killed while it was under way and others came later.
fn told(before: Value, changes: Value, carried_out: bool) -> Value {
    let (record, gate) = (Record::new(before), Gate::default());
    let (read, held) = (record.clone(), gate.clone());
    let server = books(
        move |_| read.shown(),
        move |request, nth| {
            if nth > 0 || carried_out {
                record.store(request);
            }
            if nth > 0 {
                return record.shown();
            }
            Answer::Held(held.clone(), Box::new(Answer::Reset))
        },
    );
    let home = Arc::new(Home::new());
    let serve = Lumabill::at(&home, &ALL).with_api(&server.url(), PLANTED_KEY);
    let mut session = McpSession::start(&serve, Era::Modern);
    session.send_call("update_invoice", json!({ "id": id(1), "changes": changes }));
    // Profiles, the record, the update.
    server.wait_for(3);
    session.signal("KILL");
    session.gone_within(Duration::from_secs(5));
    gate.open();
    // The first to come sees that it is abandoned; once its settling time has passed the next looks it up.
    for (title, passed) in [("A", true), ("B", false)] {
        let mut other = McpSession::start(&serve, Era::Modern);
        other.call("update_invoice", json!({ "id": id(1), "changes": { "title": title } })).done();
        other.close_input();
        other.gone_within(PATIENCE);
        if passed {
            let journal = Connection::open(home.path().join("state/journal.db")).unwrap();
            let open = "update intent set settles_at = claimed_at where number = 1 and state = 'unknown'";
            assert_eq!(journal.execute(open, []).unwrap(), 1);
        }
    }
    assert_eq!(writes(&server).len(), 3);
    let history = Lumabill::at(&home, &["history", "--json"]).run().exits(0).json();
    let rows = history["changes"].as_array().unwrap();
    rows.iter().find(|row| row["number"] == 1).unwrap_or_else(|| panic!("{history}")).clone()
}

#[test]
fn an_update_that_took_effect_is_told_as_such_under_every_name() {
    for changes in [
        json!({ "notes": null }),
        json!({ "notes": "", "service_from": "2026-11-01" }),
        json!({ "service_from": "2026-11-01", "service_to": "2026-11-30" }),
        json!({ "lines": [{ "description": "Work", "quantity": "3.0", "price": 180 }] }),
    ] {
        let row = told(json!({ "lines": [] }), changes.clone(), true);
        assert_eq!(row["outcome"], "updated", "{changes}: {row}");
    }
}

#[test]
fn an_update_that_did_nothing_is_never_told_as_one_that_did() {
    let line = json!({ "description": "Work", "quantity": 3, "price": 180 });
    for changes in [
        json!({ "notes": null }),
        json!({ "notes": "" }),
        json!({ "service_from": "2026-11-01" }),
        json!({ "lines": [line] }),
    ] {
        let row = told(json!({ "lines": [line, line] }), changes.clone(), false);
        assert_eq!((&row["outcome"], row.get("open")), (&json!("not_created"), None), "{changes}: {row}");
    }
}
