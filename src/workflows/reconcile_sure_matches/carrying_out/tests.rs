//! Carrying out against a gateway that has little time, or keeps no yes.

use std::sync::Mutex;
use std::time::Duration;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::sure::Match;
use super::{Order, carry_out, transaction_part};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::Done;
use crate::gateway::calls::{
    Calls, Create, Kept, Pending, Profile, Proposal, Rows, Stop, Walked, Write, Yes,
};

/// Time for so many writes, what the n-th write comes to, and what was kept.
struct Scripted {
    writes: Mutex<usize>,
    time_for: usize,
    fails: fn(usize) -> Option<Failure>,
    keeps: bool,
    kept: Mutex<Vec<String>>,
    nothing: Map<String, Value>,
}

impl Scripted {
    fn new(time_for: usize, fails: fn(usize) -> Option<Failure>) -> Self {
        let (writes, kept) = (Mutex::new(0), Mutex::default());
        Self { writes, time_for, fails, keeps: true, kept, nothing: Map::new() }
    }
}

impl Calls for Scripted {
    fn arguments(&self) -> &Map<String, Value> {
        &self.nothing
    }

    fn dry_run(&self) -> bool {
        false
    }

    fn allow_duplicate(&self) -> bool {
        false
    }

    fn profile(&self) -> Option<&Profile> {
        None
    }

    fn record<'a>(&'a self, _: &'static str, id: &'a str) -> Pending<'a, Value> {
        let open = json!({ "id": id, "status": "sent", "currency": "CHF", "amount_due": 10 });
        Box::pin(async move { Ok(open) })
    }

    fn rows<'a>(&'a self, _: &'static str, _: Map<String, Value>) -> Pending<'a, Rows> {
        unreachable!("no list is read")
    }

    fn walk<'a>(
        &'a self,
        _: &'static str,
        _: Map<String, Value>,
        _: &'a mut (dyn FnMut(Vec<Value>) + Send),
    ) -> Pending<'a, Walked> {
        unreachable!("no list is read")
    }

    fn today(&self) -> Date {
        unreachable!("no day is asked for")
    }

    fn read_file(&self, _: &str) -> Result<String, Failure> {
        unreachable!("no file is read")
    }

    fn find_place(&self, _: &str) -> Result<(), Failure> {
        unreachable!("no file is written")
    }

    fn write_file(&self, _: &str, _: &[u8]) -> Result<String, Failure> {
        unreachable!("no file is written")
    }

    fn agree(&self, _: &Proposal) -> Result<Yes, Stop> {
        unreachable!("nobody is asked")
    }

    fn create(&self, _: Create) -> Pending<'_, Map<String, Value>, Stop> {
        unreachable!("nothing is created")
    }

    fn write<'a>(&'a self, _: &'a Yes, _: Write<'a>) -> Pending<'a, Done> {
        Box::pin(async move {
            let mut writes = self.writes.lock().unwrap();
            *writes += 1;
            let done = Done { structured: Map::new(), text: String::new(), receipt: None };
            (self.fails)(*writes).map_or(Ok(done), Err)
        })
    }

    fn keep(&self, _: &Yes, parts: &[String]) -> Result<String, Failure> {
        if !self.keeps {
            return Err(Failure::new("state_unusable", Exit::Refused, "no room"));
        }
        *self.kept.lock().unwrap() = parts.to_vec();
        Ok("token".to_owned())
    }

    fn recall(&self, _: &str) -> Result<(Yes, Kept), Failure> {
        unreachable!("nothing is resumed")
    }

    fn in_terminal(&self) -> bool {
        false
    }

    fn progress(&self, _: &str) {}

    fn time_left(&self) -> Duration {
        let left = *self.writes.lock().unwrap() < self.time_for;
        Duration::from_secs(if left { 45 } else { 9 })
    }

    fn recent_changes<'a>(&'a self, _: Option<&'a str>, _: usize) -> Pending<'a, Vec<Value>> {
        unreachable!("no history is read")
    }
}

fn found(n: usize) -> Match {
    Match {
        transaction_id: format!("t{n}"),
        date: "2026-11-20".to_owned(),
        amount: Decimal::TEN,
        currency: "CHF".to_owned(),
        payer: String::new(),
        invoice_id: format!("i{n}"),
        invoice_number: format!("IV-{n}"),
    }
}

fn carried_out(calls: &Scripted) -> Result<Map<String, Value>, Failure> {
    let matches = (1..=3).map(found).collect();
    let order = Order { yes: Yes::of_a_person(), of: 3, matches, left_out: Vec::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(carry_out(calls, order))
}

fn ids(rows: Option<&Value>) -> Vec<&str> {
    let rows = rows.and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(|row| row["transaction_id"].as_str()).collect()
}

#[test]
fn no_write_begins_where_the_time_is_nearly_up() {
    let calls = Scripted::new(2, |_| None);
    let facts = carried_out(&calls).unwrap();
    assert_eq!(*calls.writes.lock().unwrap(), 2);
    assert_eq!((&facts["n"], &facts["of"], &facts["done"]), (&json!(2), &json!(3), &json!(false)));
    assert_eq!(ids(facts.get("items")), ["t1", "t2"]);
    assert_eq!(ids(facts.get("remaining")), ["t3"]);
    assert_eq!(facts["resume"], "token");
    // The yes is kept for what remains, and for nothing else.
    assert_eq!(*calls.kept.lock().unwrap(), [found(3).exactly(), transaction_part("t3")]);
}

#[test]
fn an_unknown_one_is_named_and_never_kept() {
    let lost = |n| (n == 2).then(|| Failure::new("lost", Exit::Unavailable, "lost").sent(Sent::Unknown));
    let calls = Scripted::new(9, lost);
    let facts = carried_out(&calls).unwrap();
    assert_eq!(facts["unknown"]["transaction_id"], "t2");
    assert_eq!(facts["stopped"]["sent"], "unknown");
    assert_eq!(*calls.kept.lock().unwrap(), [found(3).exactly(), transaction_part("t3")]);
}

#[test]
fn where_nothing_could_be_done_the_failure_says_how_to_go_on() {
    let calls = Scripted::new(9, |_| Some(Failure::new("rate_limited", Exit::Unavailable, "used up")));
    let failure = carried_out(&calls).unwrap_err();
    assert_eq!((failure.code, &failure.facts["resume"]), ("rate_limited", &json!("token")));
    assert_eq!(calls.kept.lock().unwrap().len(), 6);
}

#[test]
fn a_yes_that_cannot_be_kept_is_asked_for_again() {
    let calls = Scripted { keeps: false, ..Scripted::new(1, |_| None) };
    let facts = carried_out(&calls).unwrap();
    assert!(!facts.contains_key("resume"), "{facts:?}");
    assert!(facts["go_on"].as_str().unwrap().contains("asked anew: no room"), "{facts:?}");
}
