//! Books that show records in their own way: other spellings, few fields, no times, no ids, odd pages. A
//! create whose answer was lost is found in them or called unknown, and never made a second time.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ledger::{Fate, Ledger, invoice_of};
use crate::scripted_books::{id, run};
use crate::support::{Answer, Era, McpSession};

const SERVE: [&str; 3] = ["serve", "--toolsets", "all"];

fn bill() -> Value {
    json!({ "client_id": id(7), "lines": [
        { "description": "Consulting", "quantity": 3, "price": 33.333 },
        { "description": "Travel", "quantity": 1, "price": 180 },
    ] })
}

/// The first answer is lost after the commit; the books show it like this.
fn lost(show: Show) -> Ledger {
    let fate = |n| if n == 0 { Fate::CommitThen(|| Answer::Reset) } else { Fate::Commit };
    Ledger::spelling(Vec::new(), fate, move |record, listed| Some(show(record, listed)))
}

/// Called twice, as an assistant does; there is one record afterwards. Gives what the first call came to.
#[track_caller]
fn once(ledger: &Ledger, what: &str) -> Value {
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let mut call = || {
        let id = session.send_call("create_invoice", bill());
        session.answer_within(&id, Duration::from_secs(50))["result"]["structuredContent"].take()
    };
    let (first, second) = (call(), call());
    assert_eq!(ledger.posts().len(), 1, "{what}: {first} then {second}");
    first
}

type Show = fn(Value, bool) -> Value;

fn amounts_in_quotes(mut record: Value, _: bool) -> Value {
    for line in record["lines"].as_array_mut().unwrap() {
        line["price"] = json!(format!("{}", line["price"]));
        line["quantity"] = json!(format!("{}.00", line["quantity"]));
    }
    record
}

fn few_fields_in_lists(record: Value, listed: bool) -> Value {
    if !listed {
        return record;
    }
    let client = json!({ "id": record["client_id"], "name": "Muster AG" });
    json!({ "id": record["id"], "number": record["number"], "client": client, "total": 280 })
}

fn single_spaces(mut record: Value, _: bool) -> Value {
    record["client_id"] = json!(record["client_id"].as_str().unwrap().to_uppercase());
    record["subtotal"] = json!("280.00");
    record
}

fn prices_rounded(mut record: Value, _: bool) -> Value {
    record["lines"][0]["price"] = json!(33.33);
    record["subtotal"] = json!(279.99);
    record
}

fn lines_sorted(mut record: Value, _: bool) -> Value {
    record["lines"].as_array_mut().unwrap().reverse();
    record
}

fn no_times_and_other_words(mut record: Value, _: bool) -> Value {
    record.as_object_mut().unwrap().shift_remove("created_at");
    record["lines"][0]["description"] = json!("CONSULTING");
    record
}

fn no_ids(mut record: Value, _: bool) -> Value {
    let id = record.as_object_mut().unwrap().shift_remove("id").unwrap();
    record["uuid"] = id;
    record
}

#[test]
fn a_record_that_is_only_spelled_otherwise_is_found() {
    let cases: [(&str, Show); 3] = [
        ("amounts in quotes", amounts_in_quotes),
        ("few fields in lists", few_fields_in_lists),
        ("ids in capitals", single_spaces),
    ];
    for (what, show) in cases {
        let first = once(&lost(show), what);
        assert_eq!(first["recovered"], true, "{what}: {first}");
    }
}

#[test]
fn a_record_that_fits_nearly_is_neither_taken_nor_made_again() {
    let cases: [(&str, Show); 4] = [
        ("prices rounded", prices_rounded),
        ("lines sorted", lines_sorted),
        ("no times, other words", no_times_and_other_words),
        ("no ids", no_ids),
    ];
    std::thread::scope(|scope| {
        for (what, show) in cases {
            scope.spawn(move || {
                let first = once(&lost(show), what);
                assert_eq!(first["error"]["code"], "outcome_unknown", "{what}: {first}");
                assert!(first["error"]["candidates"].is_array(), "{what}: {first}");
            });
        }
    });
}

#[test]
fn another_s_record_with_more_in_it_is_not_ours() {
    let ledger = Ledger::start(|n| if n == 0 { Fate::Lose(|| Answer::Reset) } else { Fate::Commit });
    let mut more = bill();
    more["lines"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "description": "Hotel", "quantity": 1, "price": 999 }));
    ledger.edit(|records| records.push(invoice_of(&more, 0, 900)));
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let first = session.call("create_invoice", bill()).refused();
    assert_eq!(first.structured["error"]["code"], "not_created", "{}", first.text);
    session.call("create_invoice", bill()).done();
    assert_eq!(ledger.records().len(), 2);
}

#[test]
fn a_record_that_is_not_found_at_once_is_not_taken_for_gone() {
    // A replica that lags: what was made less than six seconds ago is shown by nothing.
    let ledger = Ledger::spelling(
        Vec::new(),
        |_| Fate::Commit,
        |record, _| {
            let made: Timestamp = record["created_at"].as_str()?.parse().ok()?;
            (Timestamp::now().duration_since(made).as_secs() >= 6).then_some(record)
        },
    );
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Legacy);
    session.call("create_invoice", bill()).done();
    let again = session.call("create_invoice", bill()).done();
    assert_eq!(again.structured["created"], false, "{}", again.text);
    assert_eq!(ledger.posts().len(), 1);
}
