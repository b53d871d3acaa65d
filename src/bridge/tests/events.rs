//! Streams of events, in whatever form and pieces.

use std::time::Duration;

use crate::bridge::sse::{Event, Parser, TooLarge};

fn event(name: &str, data: &str) -> Event {
    Event { name: name.as_bytes().to_vec(), data: data.as_bytes().to_vec() }
}

/// All events of a text that comes in pieces of this many bytes.
fn events(text: &str, size: usize) -> (Vec<Event>, Parser) {
    let mut parser = Parser::new(1 << 20);
    let mut found = Vec::new();
    for piece in text.as_bytes().chunks(size) {
        let mut left = piece;
        while let Some(event) = parser.next(&mut left).unwrap() {
            found.push(event);
        }
        assert!(left.is_empty(), "a piece is taken whole");
    }
    (found, parser)
}

#[test]
fn fields_are_read_as_the_standard_says_however_the_bytes_come() {
    let text = "\u{feff}: a comment\n\ndata: one\ndata:two\ndata:  three\n\n\
                event: endpoint\ndata: /m?s=1\n\n\
                id: 7\nretry: 250\nunknown: x\neventful: y\ndata\n\n\
                data: Zürich: 8001\nid: 8\n\nid: 9\n\ndata: cut off";
    let expected = [
        event("", "one\ntwo\n three"),
        event("endpoint", "/m?s=1"),
        event("", ""),
        event("", "Zürich: 8001"),
    ];
    for ends in ["\n", "\r\n", "\r"] {
        let text = text.replace('\n', ends);
        for size in [1, 2, 3, 7, 64, 4096] {
            let (found, parser) = events(&text, size);
            assert_eq!(found, expected, "{ends:?} in pieces of {size}");
            assert_eq!(parser.last_id.as_deref(), Some(b"9".as_slice()));
            assert_eq!(parser.retry, Some(Duration::from_millis(250)));
        }
    }
}

#[test]
fn an_event_without_data_is_none_and_an_event_name_lasts_for_one_event() {
    let (found, parser) = events("event: ping\n\ndata: x\n\nretry: soon\nid: a\0b\n\n", 5);
    assert_eq!(found, [event("", "x")]);
    assert_eq!((parser.last_id, parser.retry), (None, None));
}

#[test]
fn an_event_that_grows_without_end_is_refused_and_other_fields_cost_nothing() {
    let mut parser = Parser::new(1000);
    let mut input = b"id: ".as_slice();
    assert_eq!(parser.next(&mut input), Ok(None));
    for _ in 0..1000 {
        assert_eq!(parser.next(&mut [b'x'; 1000].as_slice()), Ok(None));
    }
    assert_eq!(parser.next(&mut b"\ndata: ".as_slice()), Ok(None));
    assert_eq!(parser.next(&mut [b'x'; 1000].as_slice()), Ok(None));
    assert_eq!(parser.next(&mut b"x".as_slice()), Err(TooLarge));
}
