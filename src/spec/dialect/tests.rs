//! Requests and answers in other words, and back.

use serde_json::{Map, Value, json};

use super::names::Back;
use super::{Asking, Dialect, Shape, Unspoken};
use crate::api::pages::{Next, Page};
use crate::spec::Verb;

#[expect(clippy::needless_pass_by_value, reason = "made in place by each test")]
fn dialect(spoken: Value) -> Dialect {
    let dialect: Dialect = serde_json::from_value(json!({ "spoken": spoken })).unwrap();
    dialect.check().unwrap();
    dialect
}

fn asking(verb: Verb, path: &str) -> Asking<'_> {
    Asking { verb, path, query: &[], body: None, changes: None }
}

/// The path that a GET goes to.
fn path(dialect: &Dialect, ours: &str) -> String {
    dialect.outgoing(&asking(Verb::Get, ours)).unwrap().unwrap().path
}

/// The query of a list of invoices.
fn query(dialect: &Dialect, ours: &[(&str, &str)]) -> String {
    let query: Vec<_> = ours.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let asking = Asking { query: &query, ..asking(Verb::Get, "/v1/invoices") };
    let sent = dialect.outgoing(&asking).unwrap().unwrap().query;
    sent.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// An API that lists invoices; `list` is its envelope and paging.
#[expect(clippy::needless_pass_by_value, reason = "made in place by each test")]
fn listing(list: Value) -> Dialect {
    dialect(json!({ "list_invoices": { "verb": "GET", "path": "/bills", "list": list,
        "query": { "status": { "name": "State", "values": { "sent": "OPEN" } }, "client_id": { "name": "Customer" },
            "number": { "name": "" }, "sort": { "name": "" } },
        "answers": { "fields": { "id": { "name": "Id" }, "number": { "name": "No" } } } } }))
}

/// What is read of an answer to a list that was asked for with `ours`.
fn page(dialect: &Dialect, ours: &[(&str, &str)], answer: Value, link: Option<&str>) -> Page {
    let query: Vec<_> = ours.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let asking = Asking { query: &query, ..asking(Verb::Get, "/v1/invoices") };
    let reading = dialect.outgoing(&asking).unwrap().unwrap().reading;
    let link = link.map(|link| reading.link(link));
    Page::read(reading.answer(answer), link.as_deref(), "invoices")
}

fn rows(count: usize) -> Value {
    (0..count).map(|n| json!({ "Id": n.to_string(), "No": "B" })).collect()
}

#[test]
fn a_path_keeps_its_arguments_as_they_are_and_its_form() {
    let other = dialect(json!({
        "get_invoice": { "verb": "GET", "path": "/v2/bills({BillId})/full.json" },
        "get_vat_report": { "verb": "GET", "path": "/v2/vat" },
    }));
    assert_eq!(path(&other, "/v1/invoices/a%2Fb%3Fc"), "/v2/bills(a%2Fb%3Fc)/full.json");
    assert_eq!(path(&other, "/v1/invoices/%7Bx%7D"), "/v2/bills(%7Bx%7D)/full.json");
    // The row with words of its own is the nearer one.
    assert_eq!(path(&other, "/v1/reports/vat"), "/v2/vat");
    let missing = other.outgoing(&asking(Verb::Get, "/v1/invoices")).unwrap_err();
    assert_eq!(missing, Unspoken::Operation("list_invoices"));
    // What is no row of the catalogue is in the API's own words.
    assert!(other.outgoing(&asking(Verb::Post, "/v1/invoices/1/send")).unwrap().is_none());
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for (path, sound) in [
        ("/v2/bills/{id}", true),
        ("/v2/bills/{id}/", true),
        ("/", false),
        ("//evil.example/{id}", false),
        ("https://evil.example/{id}", false),
        ("/v2/../{id}", false),
        ("/v2/{id}?x=1", false),
        ("/v2/{id}#x", false),
        ("/v2\\{id}", false),
        ("/v2/{id} x", false),
        ("/v2/bills", false),
        ("/v2/{a}/{b}", false),
    ] {
        let dialect: Dialect =
            serde_json::from_value(json!({ "spoken": { "get_invoice": { "verb": "GET", "path": path } } }))
                .unwrap();
        assert_eq!(dialect.check().is_ok(), sound, "{path}");
    }
}

#[test]
fn methods_that_do_something_else_are_refused() {
    for (tool, path, sound) in [
        ("get_invoice", "/bills/{id}", &["GET"][..]),
        ("list_invoices", "/bills", &["GET"]),
        ("create_invoice", "/bills", &["POST"]),
        ("update_client", "/c/{id}", &["POST", "PUT", "PATCH"]),
        ("delete_client", "/c/{id}", &["DELETE"]),
    ] {
        for verb in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let dialect: Dialect =
                serde_json::from_value(json!({ "spoken": { tool: { "verb": verb, "path": path } } }))
                    .unwrap();
            assert_eq!(dialect.check().is_ok(), sound.contains(&verb), "{verb} {tool}");
        }
    }
    for row in crate::catalogue::all().filter(|row| !row.path.is_empty()) {
        let verb = super::route::verb_of(row.method);
        assert!(super::does(row.effect, verb), "{} is refused as the catalogue has it", row.tool);
    }
}

#[test]
fn a_read_that_needs_a_yes_is_not_there() {
    let with = |confirms: bool| {
        dialect(json!({ "get_client": { "verb": "GET", "path": "/c/{id}", "confirms": confirms },
            "update_client": { "verb": "PUT", "path": "/c/{id}", "confirms": confirms } }))
    };
    let row = |tool: &str| crate::catalogue::find(tool).unwrap();
    let (asks, plain) = (with(true), with(false));
    for tool in ["get_client", "update_client"] {
        assert_eq!(asks.lacking(row(tool)), Some("get_client"), "{tool}");
        assert_eq!(plain.lacking(row(tool)), None, "{tool}");
    }
    let read = asking(Verb::Get, "/v1/clients/1");
    assert_eq!(asks.outgoing(&read).unwrap_err(), Unspoken::Operation("get_client"));
    assert!(plain.outgoing(&read).unwrap().is_some());
}

#[test]
fn parameters_are_renamed_left_out_and_never_given_twice() {
    let other =
        listing(json!({ "records": ["Data"], "asks": { "page": ["Page", 0], "limit": ["Size", 33] } }));
    assert_eq!(
        query(&other, &[("status", "sent"), ("number", "B-1"), ("page", "1"), ("limit", "100")]),
        "State=OPEN&Page=0&Size=30"
    );
    assert_eq!(query(&other, &[("offset", "60"), ("limit", "20")]), "Page=3&Size=20");
    // What a link of theirs says goes before what we would say again.
    assert_eq!(
        query(&other, &[("client_id", "c"), ("Customer", "c"), ("tag", "a"), ("tag", "b")]),
        "Customer=c&tag=a&tag=b"
    );
    let asked = [("sort".to_owned(), "-total".to_owned())];
    let refused = other.outgoing(&Asking { query: &asked, ..asking(Verb::Get, "/v1/invoices") });
    assert_eq!(refused.unwrap_err(), Unspoken::Parameter("list_invoices", "sort".to_owned()));
    let offsets = listing(json!({ "records": [], "asks": { "offset": "skip", "limit": ["take", null] } }));
    assert_eq!(query(&offsets, &[("page", "1"), ("limit", "100")]), "take=100");
    assert_eq!(query(&offsets, &[("page", "3"), ("limit", "100")]), "skip=200&take=100");
    let cursors = listing(json!({ "records": [], "asks": { "cursor": "after" } }));
    assert_eq!(query(&cursors, &[("page", "1"), ("limit", "100")]), "");
    assert_eq!(query(&cursors, &[("cursor", "c=="), ("limit", "100")]), "after=c==");
    // Nothing is described of pages: ours are as good as any.
    let untold = listing(json!({ "records": ["Data"] }));
    assert_eq!(query(&untold, &[("page", "1"), ("limit", "100")]), "page=1&limit=100");
}

#[test]
fn the_next_page_is_told_in_our_words() {
    let other = listing(json!({ "records": ["Data"], "total": ["Meta", "Total"],
        "asks": { "page": ["Page", 0], "limit": ["Size", null] } }));
    let asked = |page| [("page", page), ("limit", "20")];
    let answer =
        |count, total: u64| json!({ "Data": rows(count), "Meta": { "Total": total, "Page": 7 }, "page": 0 });
    let first = page(&other, &asked("1"), answer(20, 41), None);
    assert_eq!((first.total, first.next, first.records.len()), (Some(41), Next::Page(2), 20));
    assert_eq!(first.records[3], json!({ "id": "3", "number": "B" }));
    // The last page, unless those before held fewer than were asked for.
    assert_eq!(page(&other, &asked("3"), answer(1, 41), None).next, Next::Unknown);
    assert_eq!(page(&other, &asked("3"), answer(10, 50), None).next, Next::Unknown);
    assert_eq!(page(&other, &asked("4"), answer(0, 41), None).next, Next::End);
    // Fewer than were asked for, and not the last.
    assert_eq!(page(&other, &asked("1"), answer(10, 41), None).next, Next::Page(2));
    assert_eq!(page(&other, &asked("2"), answer(10, 20), None).next, Next::End);

    let offsets = listing(json!({ "records": [], "asks": { "offset": "skip", "limit": ["take", null] } }));
    let bare = |count| page(&offsets, &[("page", "1"), ("limit", "20")], rows(count), None);
    assert_eq!(bare(20).records.len(), 20);
    let told = listing(json!({ "records": ["v"], "total": ["count"], "asks": { "offset": "skip" } }));
    let read = page(&told, &[("offset", "10"), ("limit", "20")], json!({ "v": rows(5), "count": 30 }), None);
    assert_eq!(read.next, Next::Offset(15));

    let cursors =
        listing(json!({ "records": ["d", "items"], "cursor": ["d", "next"], "asks": { "cursor": "after" } }));
    let read =
        |next: Value| page(&cursors, &[], json!({ "d": { "items": rows(2), "next": next } }), None).next;
    assert_eq!(read(json!("abc")), Next::Cursor("cursor".into(), "abc".into()));
    assert_eq!(read(Value::Null), Next::End);
    let more = listing(json!({ "records": ["Data"], "more": ["HasMore"], "asks": { "page": ["Page", 1] } }));
    let read =
        |yes: Value| page(&more, &[("page", "1")], json!({ "Data": rows(2), "HasMore": yes }), None).next;
    assert_eq!(read(json!(true)), Next::Page(2));
    assert_eq!(read(json!(false)), Next::End);
    assert_eq!(page(&more, &[], json!({ "Data": rows(2) }), None).next, Next::Unknown);
}

/// All that is read of an API with `all` records that is asked by offsets, and gives 50 of them at most.
fn walked(dialect: &Dialect, all: usize, enveloped: bool) -> Vec<String> {
    let (mut ids, mut step) = (Vec::new(), ("page", "1".to_owned()));
    for _ in 0..9 {
        let asked = [(step.0, step.1.as_str()), ("limit", "100")];
        let query = query(dialect, &asked);
        let skip = query.split('&').find_map(|part| part.strip_prefix("skip="));
        let skip = skip.map_or(0, |skip| skip.parse::<usize>().unwrap());
        let rows: Value =
            (skip..all.min(skip + 50).max(skip)).map(|n| json!({ "Id": n.to_string() })).collect();
        let answer = if enveloped { json!({ "Data": rows, "page": 1, "has_more": true }) } else { rows };
        let read = page(dialect, &asked, answer, None);
        ids.extend(read.records.iter().map(|record| record["id"].as_str().unwrap().to_owned()));
        match read.next {
            Next::Offset(offset) => step = ("offset", offset.to_string()),
            next => {
                assert_eq!((next, read.records.len()), (Next::End, 0), "only an empty page is the end");
                return ids;
            }
        }
    }
    panic!("the walk has no end: {ids:?}");
}

#[test]
fn offsets_follow_the_rows_that_came_where_no_total_is_told() {
    let sized = json!({ "offset": "skip", "limit": ["take", null] });
    for asks in [sized, json!({ "offset": "skip" })] {
        for (records, enveloped) in [(json!([]), false), (json!(["Data"]), true)] {
            let other = listing(json!({ "records": records, "asks": asks }));
            for all in [0, 7, 50, 100, 130] {
                let whole: Vec<String> = (0..all).map(|n| n.to_string()).collect();
                assert_eq!(walked(&other, all, enveloped), whole, "{asks} {records}");
            }
        }
    }
}

#[test]
fn a_cursor_that_is_not_where_it_was_described_leaves_the_envelope_to_speak() {
    let cursors = listing(json!({ "records": ["d", "items"], "cursor": ["d", "next"],
        "asks": { "cursor": "cursor", "limit": ["n", null] } }));
    let read = |answer: Value| page(&cursors, &[("page", "1"), ("limit", "20")], answer, None).next;
    let more = json!({ "d": { "items": rows(10) }, "meta": { "next_cursor": "abc" } });
    assert_eq!(read(more), Next::Cursor("cursor".into(), "abc".into()));
    let within = json!({ "d": { "items": rows(10), "next_cursor": "abc" } });
    assert_eq!(read(within), Next::Cursor("cursor".into(), "abc".into()));
    assert_eq!(read(json!({ "d": { "items": rows(10) } })), Next::Unknown);
    assert_eq!(read(json!({ "d": { "items": rows(10), "has_more": false } })), Next::End);
    assert_eq!(read(json!({ "d": { "items": rows(10), "next": null } })), Next::End);
}

#[test]
fn links_come_back_as_they_were() {
    let other =
        listing(json!({ "records": ["Data"], "asks": { "page": ["Page", 0], "limit": ["Size", null] } }));
    let link = r#"<https://evil.example/x?Page=1&Size=20&State=OPEN&status=7&limit=9&tag=a>; rel="next""#;
    let read = page(&other, &[("page", "1")], json!({ "Data": rows(2) }), Some(link));
    let Next::LinkQuery(ours) = read.next else { panic!("{:?}", read.next) };
    let find = |name: &str| ours.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    assert_eq!((find("page"), find("limit"), find("status")), (Some("2"), Some("20"), Some("sent")));
    let ours: Vec<_> = ours.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(query(&other, &ours), "State=OPEN&status=7&limit=9&tag=a&Page=1&Size=20");
}

#[test]
fn an_envelope_that_is_not_as_described_is_read_all_the_same() {
    let other = listing(json!({ "records": ["Data"], "total": ["Total"], "asks": { "page": ["Page", 0] } }));
    for answer in [rows(3), json!({ "Rows": rows(3) }), json!({ "result": { "list": rows(3) }, "note": "x" })]
    {
        let read = page(&other, &[("page", "1")], answer, None);
        assert_eq!(read.records.len(), 3);
        assert_eq!(read.records[0]["id"], "0");
    }
    // Pages that are counted from nought, where nothing of them is described.
    let read = page(&other, &[("page", "2")], json!({ "Data": rows(3), "page": 1, "total_pages": 3 }), None);
    assert_eq!(read.next, Next::Page(3));
}

#[test]
fn a_list_that_stands_aside_is_never_the_records() {
    let described =
        listing(json!({ "records": ["Rows"], "total": ["Total"], "asks": { "page": ["Page", 0] } }));
    let untold = dialect(json!({ "list_invoices": { "verb": "GET", "path": "/bills",
        "answers": { "fields": { "id": { "name": "Id" } } } } }));
    for other in [described, untold] {
        for answer in [
            json!({ "success": true, "errors": [], "data": rows(3) }),
            json!({ "Errors": [], "warnings": [], "Items": rows(3) }),
            json!({ "messages": [], "result": { "errors": [], "Bills": rows(3) } }),
            json!({ "tags": ["x"], "links": [], "invoices": rows(3) }),
            json!({ "_links": [], "bills": rows(3), "included": [{}] }),
        ] {
            let read = page(&other, &[("page", "1")], answer.clone(), None);
            assert_eq!((read.records.len(), read.listed), (3, true), "{answer}");
            assert_eq!(read.records[2]["id"], "2", "{answer}");
        }
        // No list, or several that are as likely: nothing that looks like an empty list.
        for answer in [
            json!({ "success": true, "errors": [] }),
            json!({ "success": true, "errors": [], "message": "x" }),
            json!({ "bills": rows(3), "credits": rows(2) }),
            json!({ "id": "1", "lines": [] }),
        ] {
            let read = page(&other, &[("page", "1")], answer.clone(), None);
            assert_eq!((read.listed, read.next), (false, Next::Unknown), "{answer}");
        }
    }
}

#[test]
fn records_keep_what_is_not_known_and_nothing_is_written_over() {
    let other = dialect(json!({ "get_invoice": { "verb": "GET", "path": "/bills/{id}", "answers": {
        "inside": ["data", "attributes"], "fields": {
            "status": { "name": "state", "values": { "sent": "OPEN", "overdue": "OPEN", "draft": "1", "paid": "DONE" } },
            "lines": { "name": "rows", "inner": { "fields": { "price": { "name": "amount" } } } } } } } }));
    let reading = other.outgoing(&asking(Verb::Get, "/v1/invoices/1")).unwrap().unwrap().reading;
    let read = |attributes: Value| reading.answer(json!({ "data": { "id": "7", "attributes": attributes } }));
    let record =
        read(json!({ "state": "DONE", "status": 200, "rows": [{ "amount": 1.10, "x": [1] }], "new": null }));
    let expected = json!({ "id": "7", "status": "paid", "status_theirs": 200,
        "lines": [{ "price": 1.10, "x": [1] }], "new": null });
    assert_eq!(record, expected);
    // A number that stands for a word, and a word that stands for several.
    assert_eq!(read(json!({ "state": 1 }))["status"], "draft");
    assert_eq!(read(json!({ "state": "OPEN" }))["status"], "OPEN");
    // Without the envelope.
    assert_eq!(reading.answer(json!({ "id": "7", "state": "DONE" })), json!({ "id": "7", "status": "paid" }));
    assert_eq!(reading.answer(Value::Null), Value::Null);
    let field = |theirs| reading.field(theirs);
    assert_eq!(field("rows"), None, "nothing is sent by a read");
}

#[test]
fn an_update_sends_back_what_it_read_and_no_more_than_is_taken() {
    let record = json!({ "fields": { "name": { "name": "Title" }, "email": { "name": "Mail" },
        "address": { "name": "Place", "inner": { "fields": { "city": { "name": "Town" } } } } } });
    let with = |verb: &str, sends: Value| {
        dialect(json!({
            "get_client": { "verb": "GET", "path": "/c/{id}", "answers": record },
            "update_client": { "verb": verb, "path": "/c/{id}", "sends": sends },
        }))
    };
    let answer = json!({ "id": "1", "Title": "A", "name": "theirs", "Place": { "Town": "Bern", "Zip": "1" }, "Own": [1] });
    let bounded = json!({ "fields": { "name": { "name": "Title" }, "notes": { "name": "" } },
        "only": ["Title", "Place"], "inside": ["c"] });
    let changes = Map::from_iter([("name".to_owned(), json!("B"))]);
    let sent = |dialect: &Dialect| {
        let reading = dialect.outgoing(&asking(Verb::Get, "/v1/clients/1")).unwrap().unwrap().reading;
        let mut ours = reading.answer(answer.clone());
        ours["name"] = json!("B");
        let asking =
            Asking { body: Some(&ours), changes: Some(&changes), ..asking(Verb::Put, "/v1/clients/1") };
        let sent = dialect.outgoing(&asking).unwrap().unwrap();
        (sent.verb, sent.body.unwrap(), dialect.sent(&asking).unwrap())
    };
    let whole = json!({ "id": "1", "Title": "B", "name": "theirs", "Place": { "Town": "Bern", "Zip": "1" }, "Own": [1] });
    assert_eq!(sent(&with("PUT", json!({ "fields": { "name": { "name": "Title" } } }))).1, whole);
    let (_, body, shown) = sent(&with("PUT", bounded.clone()));
    assert_eq!(body, json!({ "c": { "Title": "B", "Place": { "Town": "Bern", "Zip": "1" } } }));
    assert_eq!(shown, json!({ "name": "B", "address": { "city": "Bern", "Zip": "1" } }));
    let patch = with("PATCH", bounded);
    assert_eq!(sent(&patch), (Verb::Patch, json!({ "c": { "Title": "B" } }), json!({ "name": "B" })));
    // What the call itself sets and the API has no place for is neither left out nor sent under our name.
    let given = json!({ "name": "B", "notes": "x", "phone": "1" });
    let changes = given.as_object();
    let asking = Asking { body: Some(&given), changes, ..asking(Verb::Put, "/v1/clients/1") };
    let refused = Unspoken::Fields("update_client", vec!["notes".to_owned(), "phone".to_owned()]);
    assert_eq!(patch.outgoing(&asking).unwrap_err(), refused);
}

#[test]
fn what_a_line_of_theirs_has_no_place_for_refuses_the_create_and_stays_out_of_an_update() {
    let line = json!({ "fields": { "description": { "name": "Text" } }, "only": ["Text", "Qty"] });
    let sends = json!({ "fields": { "lines": { "name": "Rows", "inner": line } }, "only": ["Rows", "Note"] });
    let read = json!({ "fields": { "lines": { "name": "Rows", "inner": { "fields": {
        "description": { "name": "Text" }, "price": { "name": "Net" }, "net_amount": { "name": "Sum" } } } } } });
    let theirs = dialect(json!({
        "get_invoice": { "verb": "GET", "path": "/b/{id}", "answers": read },
        "create_invoice": { "verb": "POST", "path": "/b", "sends": sends },
        "update_invoice": { "verb": "PUT", "path": "/b/{id}", "sends": sends },
    }));
    let unread = json!({ "lines": [{ "description": "Work", "Qty": 2 }] });
    let counted = json!({ "get_invoice": { "verb": "GET", "path": "/b/{id}", "answers": read },
        "update_invoice": { "verb": "PUT", "path": "/b/{id}", "sends": { "only": ["Rows"], "fields": { "lines": {
            "name": "Rows", "inner": { "only": ["Text", "Qty"], "fields": {
                "description": { "name": "Text" }, "quantity": { "name": "Qty" } } } } } } } });
    let changes = Map::new();
    let asking_back =
        Asking { body: Some(&unread), changes: Some(&changes), ..asking(Verb::Put, "/v1/invoices/1") };
    let back = dialect(counted).outgoing(&asking_back).unwrap().unwrap().body;
    assert_eq!(
        back,
        Some(json!({ "Rows": [{ "Text": "Work", "Qty": 2 }] })),
        "what was not recognised stays"
    );
    let lines = json!([{ "description": "Work", "price": 1, "net_amount": 1 }, { "description": "More" }]);
    let body = json!({ "lines": lines, "Note": "x" });
    let create = Asking { body: Some(&body), ..asking(Verb::Post, "/v1/invoices") };
    let places = vec!["lines.price".to_owned(), "lines.net_amount".to_owned()];
    assert_eq!(theirs.outgoing(&create).unwrap_err(), Unspoken::Fields("create_invoice", places.clone()));
    let empty = json!({ "lines": [{ "description": "Work", "price": null }], "title": null });
    let create = Asking { body: Some(&empty), ..asking(Verb::Post, "/v1/invoices") };
    let sent = theirs.outgoing(&create).unwrap().unwrap().body;
    assert_eq!(sent, Some(json!({ "Rows": [{ "Text": "Work" }] })), "nothing is lost with what is empty");
    // An update of something else sends back what it read, as far as that is taken, and loses nothing that we know.
    let put = |body: &Value, changes: &Value| {
        let asking =
            Asking { body: Some(body), changes: changes.as_object(), ..asking(Verb::Put, "/v1/invoices/1") };
        theirs.outgoing(&asking).map(|sent| sent.unwrap().body.unwrap())
    };
    let note = json!({ "Note": "x" });
    let computed = json!({ "lines": [{ "description": "Work", "net_amount": 1 }], "Note": "x" });
    assert_eq!(put(&computed, &note), Ok(json!({ "Rows": [{ "Text": "Work" }], "Note": "x" })));
    assert_eq!(put(&body, &note), Err(Unspoken::Places("update_invoice", vec!["lines.price".to_owned()])));
    assert_eq!(put(&body, &json!({ "lines": lines })), Err(Unspoken::Fields("update_invoice", places)));
}

#[test]
fn a_put_that_would_drop_what_the_record_holds_is_refused() {
    let with = |verb: &str, sends: Value| {
        dialect(json!({ "get_client": { "verb": "GET", "path": "/c/{id}" },
            "update_client": { "verb": verb, "path": "/c/{id}", "sends": sends } }))
    };
    let bounded = json!({ "only": ["name", "email"] });
    let body = json!({ "id": "1", "name": "A", "email": "b@example.com", "phone": "", "notes": null,
        "address": { "city": "Bern", "country": "" }, "own": [1] });
    let changes = Map::from_iter([("email".to_owned(), json!("b@example.com"))]);
    let sent = |dialect: &Dialect, body: &Value| {
        let asking =
            Asking { body: Some(body), changes: Some(&changes), ..asking(Verb::Put, "/v1/clients/1") };
        dialect.outgoing(&asking).map(|sent| sent.unwrap().body.unwrap())
    };
    let lost = |fields: &[&str]| {
        Unspoken::Places("update_client", fields.iter().map(|field| (*field).to_owned()).collect())
    };
    assert_eq!(sent(&with("PUT", bounded.clone()), &body).unwrap_err(), lost(&["address"]));
    let within = json!({ "only": ["name", "email", "address"],
        "fields": { "address": { "name": "address", "inner": { "only": ["street"] } } } });
    assert_eq!(sent(&with("PUT", within), &body).unwrap_err(), lost(&["address.city"]));
    // Changes alone are no replacement, nor is anything lost of a record that holds nothing there.
    assert_eq!(sent(&with("PATCH", bounded.clone()), &body), Ok(json!({ "email": "b@example.com" })));
    let short = json!({ "id": "1", "name": "A", "email": "b@example.com", "address": { "city": "" } });
    assert_eq!(sent(&with("PUT", bounded), &short), Ok(json!({ "name": "A", "email": "b@example.com" })));
}

#[test]
fn a_complaint_names_our_fields() {
    let other = dialect(
        json!({ "create_invoice": { "verb": "POST", "path": "/bills", "sends": { "inside": ["Bill"],
        "fields": { "client_id": { "name": "CustomerId" }, "lines": { "name": "Positions", "inner": { "fields": {
            "price": { "name": "UnitPrice" } } } } } } } }),
    );
    let body = json!({ "client_id": "c", "lines": [{ "price": 1 }] });
    let asking = Asking { body: Some(&body), ..asking(Verb::Post, "/v1/invoices") };
    let sent = other.outgoing(&asking).unwrap().unwrap();
    assert_eq!(sent.body, Some(json!({ "Bill": { "CustomerId": "c", "Positions": [{ "UnitPrice": 1 }] } })));
    for (theirs, ours) in [
        ("CustomerId", Some("client_id")),
        ("customerId", Some("client_id")),
        ("Bill.Positions[2].UnitPrice", Some("lines[2].price")),
        ("Positions.0.UnitPrice", Some("lines.0.price")),
        ("Positions[0].Colour", Some("lines[0].Colour")),
        ("notes", None),
    ] {
        assert_eq!(sent.reading.field(theirs).as_deref(), ours, "{theirs}");
    }
}

#[test]
fn what_they_mean_otherwise_is_no_field_of_ours_and_goes_back_as_it_came() {
    let shape: Shape = serde_json::from_value(json!({"fields": {"total": {"name": ""}}})).unwrap();
    let read = Back::of(&shape).record(json!({"total": 18000, "number": "7"}));
    assert_eq!(read, json!({"total_theirs": 18000, "number": "7"}));
    assert_eq!(shape.spell(&read, None), json!({"total": 18000, "number": "7"}));
    assert_eq!(shape.spell(&json!({"total": 180}), None), json!({}));
}
