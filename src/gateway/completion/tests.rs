//! What is offered to somebody who types.

use serde_json::{Value, json};

use super::{Completion, among, is_whole};
use crate::api::pages::Page;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_begins_so_comes_before_what_contains_it() {
    let all = names(&["Neue Muster AG", "muster & Söhne", "Alpen GmbH", "Muster AG", "Muster AG"]);
    let found = among(all.clone(), "MUS", true);
    assert_eq!(found.values, ["muster & Söhne", "Muster AG", "Neue Muster AG"]);
    assert_eq!((found.total, found.more), (Some(3), false));
    assert_eq!(among(all.clone(), "", true).values.len(), 4);
    assert_eq!(among(all, "x", true), Completion { values: vec![], total: Some(0), more: false });
}

#[test]
fn a_hundred_at_most_and_more_is_said() {
    let all: Vec<_> = (0..130).map(|n| format!("IV-{n:03}")).collect();
    let found = among(all.clone(), "iv", true);
    assert_eq!((found.values.len(), found.total, found.more), (100, Some(130), true));
    let found = among(all[..20].to_vec(), "iv-00", false);
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
