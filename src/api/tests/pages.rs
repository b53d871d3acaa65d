//! Envelopes and ways of paging, as APIs write them.

use serde_json::{Value, json};

use crate::api::pages::{Next, Page, record};

fn page(body: Value) -> Page {
    Page::read(body, None, "invoices")
}

fn cursor(parameter: &str, value: &str) -> Next {
    Next::Cursor(parameter.into(), value.into())
}

fn query(pairs: &[(&str, &str)]) -> Next {
    Next::LinkQuery(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
}

#[test]
fn records_are_found_in_every_envelope() {
    let records = json!([{"id": "a"}, {"id": "b"}]);
    for body in [
        records.clone(),
        json!({"data": records}),
        json!({"items": records, "errors": []}),
        json!({"results": records}),
        json!({"invoices": records, "warnings": []}),
        json!({"rechnungen": records, "total": 2}),
        json!({"data": {"items": records, "page": 1}}),
        json!({"data": {"invoices": records}}),
        json!({"success": true, "response": {"data": {"items": records}}}),
        json!({"_embedded": {"invoices": records}, "_links": {}}),
    ] {
        let page = page(body.clone());
        assert_eq!(Value::Array(page.records), records, "{body}");
        assert!(page.listed, "{body}");
    }
}

#[test]
fn empty_lists_end_and_other_answers_are_no_lists() {
    for body in
        [json!([]), json!(null), json!({"data": []}), json!({"data": null}), json!({"items": [], "total": 0})]
    {
        let page = page(body.clone());
        assert_eq!((page.records.len(), page.next, page.listed), (0, Next::End, true), "{body}");
    }
    let single = page(json!({"data": {"id": "a", "lines": [1, 2]}}));
    assert_eq!(single.records, [json!({"id": "a", "lines": [1, 2]})]);
    assert_eq!((single.next, single.listed, single.total), (Next::Unknown, false, None));
    assert!(!page(json!({"message": "hello"})).listed);
    assert!(!page(json!("hello")).listed);
}

#[test]
fn the_envelope_keeps_what_stands_beside_the_records() {
    let page = page(json!({"data": {"items": [1], "sum": "5.00"}, "currency": "CHF"}));
    assert_eq!(Value::Object(page.envelope), json!({"sum": "5.00", "currency": "CHF"}));
}

#[test]
fn totals_are_taken_where_they_are_meant() {
    for (body, total) in [
        (json!({"data": [1], "pagination": {"total": 40}}), Some(40)),
        (json!({"data": [1], "meta": {"pagination": {"totalCount": "40"}}}), Some(40)),
        (json!({"content": [1], "totalElements": 40}), Some(40)),
        (json!({"results": [1], "count": 40, "next": null}), Some(40)),
        (json!({"results": [1], "count": 1, "next": null}), Some(1)),
        (json!({"items": [1], "count": 1, "limit": 1}), None),
        (json!({"items": [1], "count": 40}), Some(40)),
        (json!({"items": [1]}), None),
        (json!([1]), None),
    ] {
        assert_eq!(page(body.clone()).total, total, "{body}");
    }
}

#[test]
fn page_numbers_and_offsets_are_counted_on() {
    for (body, next) in [
        (
            json!({"data": [1, 2], "pagination": {"page": 1, "limit": 2, "total": 5, "total_pages": 3}}),
            Next::Page(2),
        ),
        (
            json!({"data": [1], "pagination": {"page": 3, "limit": 2, "total": 5, "total_pages": 3}}),
            Next::End,
        ),
        (json!({"data": [1, 2], "meta": {"current_page": 1, "per_page": 2, "total": 5}}), Next::Page(2)),
        (json!({"data": [1], "meta": {"current_page": 3, "per_page": 2, "total": 5}}), Next::End),
        (json!({"data": [1], "meta": {"current_page": 1, "last_page": 2}}), Next::Page(2)),
        (json!({"content": [1], "number": 0, "size": 1, "totalPages": 2}), Next::Page(1)),
        (json!({"content": [1], "page": {"number": 1, "totalPages": 2}}), Next::End),
        (json!({"data": [1], "page": "2", "has_more": true}), Next::Page(3)),
        (json!({"data": [1], "next_page": 4}), Next::Page(4)),
        (json!({"data": [1], "next_page": null}), Next::End),
        (json!({"data": [1], "page": 1}), Next::Unknown),
        (json!({"items": [1, 2], "offset": 4, "limit": 2, "total": 9}), Next::Offset(6)),
        (json!({"items": [1], "offset": 8, "limit": 2, "total": 9}), Next::End),
        (json!({"items": [1, 2], "skip": 0, "hasMore": true}), Next::Offset(2)),
        (json!({"items": [1, 2], "offset": 0, "limit": 2, "count": 9}), Next::Offset(2)),
        (json!({"items": [1, 2], "offset": 0, "limit": 2, "count": 2}), Next::Unknown),
    ] {
        assert_eq!(page(body.clone()).next, next, "{body}");
    }
}

#[test]
fn cursors_are_found_in_every_spelling() {
    for (body, next) in [
        (json!({"data": [1], "has_more": true, "next_cursor": "abc"}), cursor("cursor", "abc")),
        (json!({"data": [1], "has_more": false, "next_cursor": "abc"}), Next::End),
        (json!({"data": [1], "next_cursor": null}), Next::End),
        (json!({"data": [1], "meta": {"next_cursor": ""}}), Next::End),
        (json!({"data": [1], "response_metadata": {"next_cursor": "x"}}), cursor("cursor", "x")),
        (json!({"items": [1], "nextPageToken": "t"}), cursor("pageToken", "t")),
        (json!({"data": [1], "pageInfo": {"hasNextPage": true, "endCursor": "e"}}), cursor("after", "e")),
        (json!({"data": [1], "pageInfo": {"hasNextPage": false, "endCursor": "e"}}), Next::End),
        (
            json!({"results": [1], "paging": {"next": {"after": "7", "link": "https://x/?after=7"}}}),
            cursor("after", "7"),
        ),
        (json!({"data": [1], "paging": {"cursors": {"after": "q"}}}), cursor("after", "q")),
        (
            json!({"object": "list", "data": [{"id": "in_9"}], "has_more": true}),
            cursor("starting_after", "in_9"),
        ),
        (json!({"data": [{"id": "in_9"}], "has_more": true}), Next::Unknown),
    ] {
        assert_eq!(page(body.clone()).next, next, "{body}");
    }
}

#[test]
fn links_are_found_in_every_spelling() {
    for (body, next) in [
        (
            json!({"results": [1], "next": "https://other.example/v9?page=2&search=M%C3%BCller+AG"}),
            query(&[("page", "2"), ("search", "Müller AG")]),
        ),
        (json!({"results": [1], "next": null}), Next::End),
        (
            json!({"data": [1], "links": {"next": "/v1/invoices?page%5Bnumber%5D=2"}}),
            query(&[("page[number]", "2")]),
        ),
        (json!({"data": [1], "links": {"next": null, "prev": "/v1?page=1"}}), Next::End),
        (json!({"data": [1], "links": {"prev": "/v1?page=1"}}), Next::End),
        (json!({"data": [1], "_links": {"next": {"href": "?cursor=z#here"}}}), query(&[("cursor", "z")])),
        (
            json!({"data": [1], "links": [{"rel": "self", "href": "?a=1"}, {"rel": "next", "href": "?a=2"}]}),
            query(&[("a", "2")]),
        ),
        (
            json!({"data": [1], "meta": {"pagination": {"links": {"next": "https://x/?page=3"}}}}),
            query(&[("page", "3")]),
        ),
        (json!({"data": [1], "next": "https://x/v1/invoices/2"}), Next::Unknown),
    ] {
        assert_eq!(page(body.clone()).next, next, "{body}");
    }
}

#[test]
fn totals_alone_say_little() {
    for (body, next) in [
        (json!({"data": [1, 2], "total": 2}), Next::End),
        (json!({"data": [1, 2], "total": 3}), Next::Unknown),
        (json!({"data": [1, 2]}), Next::Unknown),
        (json!([1, 2]), Next::Unknown),
    ] {
        assert_eq!(page(body.clone()).next, next, "{body}");
    }
}

#[test]
fn of_a_link_header_only_the_query_counts() {
    let read = |header: &str| Page::read(json!([1]), Some(header), "invoices").next;
    let next = query(&[("page", "2")]);
    assert_eq!(read("<https://evil.example/steal?page=2>; rel=\"next\", </v1?page=9>; rel=\"last\""), next);
    assert_eq!(read("</v1?page=1>; rel=prev, </v1?page=2>; rel=next"), next);
    assert_eq!(read("</v1?page=2>; title=\"a,b\"; rel=\"up next\""), next);
    assert_eq!(read("</v1?page=1>; rel=\"first\", </v1?page=1>; rel=\"prev\""), Next::End);
    assert_eq!(read("</style.css>; rel=preload"), Next::Unknown);
    assert_eq!(read("garbage <<>;=,rel"), Next::Unknown);
}

#[test]
fn one_record_is_taken_out_of_its_envelope() {
    let invoice = json!({"id": "i1", "client": {"id": "c1"}});
    for body in [
        invoice.clone(),
        json!({"data": invoice}),
        json!({"invoice": invoice}),
        json!({"success": true, "message": "created", "data": {"invoice": invoice}}),
        json!({"data": [invoice], "meta": {}}),
    ] {
        assert_eq!(record(body.clone()), invoice, "{body}");
    }
    for plain in [
        json!({"number": "IV-1", "client": {"id": "c1"}, "total": 5}),
        json!({"name": "Muster AG", "address": {"city": "Zürich"}}),
        json!([1]),
        json!(null),
        json!({}),
    ] {
        assert_eq!(record(plain.clone()), plain);
    }
}

#[test]
fn numbers_as_large_as_they_get_lead_to_the_end_and_to_no_overflow() {
    let most = u64::MAX;
    for paging in [
        json!({ "page": most, "limit": 100, "total": 500 }),
        json!({ "page": most, "total_pages": most }),
        json!({ "page": most, "limit": most, "total": most }),
        json!({ "number": most, "total_pages": most }),
        json!({ "offset": most, "total": most }),
    ] {
        let body = json!({ "data": [{ "id": 1 }], "pagination": paging });
        assert_eq!(page(body.clone()).next, Next::End, "{body}");
    }
}
