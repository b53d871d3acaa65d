//! Where a search ends that the API says nothing about.

use serde_json::{Map, Value, json};

use super::Walk;
use crate::api::pages::Page;
use crate::catalogue;
use crate::gateway::lists::Way;

/// Walks through bare arrays with so many rows from such a one on; gives the rows it has and whether it
/// takes them for all.
fn searched(pages: &[(usize, usize)]) -> (usize, bool) {
    let endpoint = catalogue::find("list_invoices").unwrap();
    let mut walk = Walk::through(endpoint, Map::new(), "").unwrap();
    for (from, count) in pages {
        assert!(walk.next_query().is_some(), "the walk ended before {from}");
        let rows = (*from..from + count).map(|n| json!({ "id": n.to_string() })).collect();
        walk.take(Page::read(Value::Array(rows), None, "invoices"));
    }
    assert!(walk.next_query().is_none(), "the walk goes on");
    (walk.given, walk.holds_all())
}

#[test]
fn a_search_goes_on_until_a_page_is_empty_or_comes_again() {
    assert_eq!(searched(&[(0, 24), (24, 24), (48, 3), (0, 0)]), (51, true));
    // An API that ignores pages: a round number may be its own limit.
    assert_eq!(searched(&[(0, 24), (0, 24)]), (24, true));
    assert_eq!(searched(&[(0, 25), (0, 25)]), (25, false));
}

#[test]
fn rows_that_were_handed_over_do_not_come_again_where_a_filter_turns_out_to_be_ignored() {
    let endpoint = catalogue::find("list_invoices").unwrap();
    let filters = Map::from_iter([("from".to_owned(), json!("2026-06-01"))]);
    let mut walk = Walk::through(endpoint, filters, "").unwrap();
    let mut handed = 0;
    // Pages of a link that carry no `limit` of ours; the second one shows that `from` is ignored.
    for (month, link) in [(12, Some(r#"</v1/invoices?page=2&per_page=50>; rel="next""#)), (1, None)] {
        assert!(walk.next_query().is_some());
        let row =
            |n: usize| json!({ "id": format!("{month}-{n}"), "issue_date": format!("2026-{month:02}-05") });
        let rows = (0..50).map(row).collect();
        walk.take(Page::read(
            json!({ "data": Value::Array(rows), "has_more": link.is_some() }),
            link,
            "invoices",
        ));
        handed += walk.drain().len();
    }
    assert!(walk.next_query().is_none(), "the walk began anew");
    assert_eq!((handed, walk.given, walk.holds_all()), (50, 50, true));
}

#[test]
fn rows_that_do_not_show_what_they_were_filtered_by_are_told_of() {
    let note = |row: Value| {
        let endpoint = catalogue::find("list_invoices").unwrap();
        let filters = Map::from_iter([("client_id".to_owned(), json!("c9"))]);
        let mut walk = Walk::start(endpoint, filters, "").unwrap();
        assert!(walk.next_query().is_some());
        walk.take(Page::read(json!({ "data": [row], "total": 1 }), None, "invoices"));
        let way = Way { command: String::new(), fits: 1, periods: true };
        walk.answer(&way).get("note").map(Value::to_string).unwrap_or_default()
    };
    assert!(note(json!({ "id": "1" })).contains("1 rows do not show what they were filtered by"));
    assert_eq!(note(json!({ "id": "1", "client": { "id": "c9" } })), "");
}
