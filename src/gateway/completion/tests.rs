//! What is offered to somebody who types.

use serde_json::{Value, json};

use std::time::Duration;

use tokio::time::Instant;

use super::{Completion, READS, State, among, is_whole};
use crate::api::pages::Page;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_begins_so_comes_before_what_contains_it() {
    let all = names(&["Neue Muster AG", "muster & Söhne", "Alpen GmbH", "Muster AG", "Muster AG"]);
    let found = among(&mut all.clone().into_iter(), "MUS", true);
    assert_eq!(found.values, ["muster & Söhne", "Muster AG", "Neue Muster AG"]);
    assert_eq!((found.total, found.more), (Some(3), false));
    assert_eq!(among(&mut all.clone().into_iter(), "", true).values.len(), 4);
    assert_eq!(
        among(&mut all.into_iter(), "x", true),
        Completion { values: vec![], total: Some(0), more: false }
    );
}

#[test]
fn a_hundred_at_most_and_more_is_said() {
    let all: Vec<_> = (0..130).map(|n| format!("IV-{n:03}")).collect();
    let found = among(&mut all.clone().into_iter(), "iv", true);
    assert_eq!((found.values.len(), found.total, found.more), (100, Some(130), true));
    let found = among(&mut all[..20].iter().cloned(), "iv-00", false);
    assert_eq!((found.values.len(), found.total, found.more), (10, None, true));
}

#[test]
fn a_page_is_whole_only_where_it_says_so_or_cannot_be_a_limit() {
    let rows = |n: usize| Value::Array((0..n).map(|n| json!({ "name": n.to_string() })).collect());
    let whole = |body: Value| is_whole(&Page::read(body, None, "clients"));
    assert!(whole(rows(3)) && whole(rows(0)));
    assert!(!whole(rows(100)) && !whole(rows(25)), "a round number may be the API's own limit");
    assert!(whole(json!({ "data": rows(25), "total": 25 })));
    assert!(!whole(json!({ "data": rows(25), "total": 26 })));
    assert!(!whole(json!({ "error": "no list" })));
}

#[test]
fn a_fast_typist_makes_so_many_requests_a_minute_and_no_more() {
    let mut state = State::default();
    let now = Instant::now();
    let granted = (0..40).filter(|n| state.may_read(now + Duration::from_millis(100 * n))).count();
    assert_eq!(granted, READS);
    assert!(!state.may_read(now + Duration::from_secs(59)));
    assert!(state.may_read(now + Duration::from_secs(60)));
}
