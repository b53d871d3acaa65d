//! Faults over real HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Client, with_faults};
use crate::sandbox::keys;

fn create(client: &Client) -> Option<super::Reply> {
    let body = json!({ "name": "Fault AG" }).to_string();
    client.exchange("POST", "/v1/clients", Some(("application/json", body.as_bytes())))
}

/// How many clients of that name there are.
fn made(client: &Client) -> Value {
    client.get("/v1/clients?search=fault%20ag")["pagination"]["total"].clone()
}

#[test]
fn before_means_nothing_happened_and_after_means_it_did() {
    for (fault, status, count) in [
        ("500-before:1@create_client", Some(500), 0),
        ("503-before:1@create_client", Some(503), 0),
        ("500-after:1@create_client", Some(500), 1),
        ("reset-before:1@create_client", None, 0),
        ("reset-after:1@create_client", None, 1),
        ("cut:1@POST /v1/clients", None, 1),
        ("429=7:1@create_client", Some(429), 0),
        ("html:1@create_client", Some(200), 0),
    ] {
        let client = with_faults(&[fault]);
        let reply = create(&client);
        assert_eq!(reply.as_ref().map(|reply| reply.status), status, "{fault}");
        assert_eq!(made(&client), count, "{fault}");
        if status == Some(429) {
            assert_eq!(reply.unwrap().header("retry-after"), Some("7"));
        }
        assert_eq!(create(&client).map(|reply| reply.status), Some(201), "{fault} the second time");
    }
}

#[test]
fn a_reset_is_a_reset() {
    for fault in ["reset-before", "reset-after"] {
        let client = with_faults(&[fault]);
        let end = request(&client, "/v1/vendors").read(&mut [0; 1]).unwrap_err();
        assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset, "{fault}");
    }
}

#[test]
fn half_a_json_has_the_length_it_says() {
    let client = with_faults(&["half-json"]);
    let reply = client.exchange("GET", "/v1/clients", None).unwrap();
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_slice::<Value>(&reply.bytes).is_err());
}

#[test]
fn latency_delays_and_silence_lasts() {
    let client = with_faults(&["latency=80@get_company_info", "silent@list_vendors"]);
    let began = Instant::now();
    client.get("/v1/company");
    assert!(began.elapsed() >= Duration::from_millis(80));
    let mut stream = request(&client, "/v1/vendors");
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let silence = stream.read(&mut [0; 1]).unwrap_err();
    assert!(
        matches!(silence.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        "{silence}"
    );
}

fn request(client: &Client, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(client.sandbox.url().trim_start_matches("http://")).unwrap();
    let key = keys::READ_WRITE_KEY;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer {key}\r\n\r\n").unwrap();
    stream
}

#[test]
fn a_huge_body_goes_on_and_on() {
    let client = with_faults(&["huge"]);
    let mut stream = request(&client, "/v1/vendors");
    let mut bytes = vec![0; 8 * 1024 * 1024];
    stream.read_exact(&mut bytes).unwrap();
    drop(stream);
    assert!(bytes.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn filters_and_pages_can_be_ignored() {
    let client = with_faults(&["ignore-filters@list_invoices", "repeat-page@list_clients"]);
    assert_eq!(client.get("/v1/invoices?status=draft")["pagination"]["total"], 29);
    let page = |number: u8| client.get(&format!("/v1/clients?limit=3&page={number}"))["data"].clone();
    assert_eq!(page(1), page(2));
}

#[test]
fn lists_come_in_other_envelopes() {
    let rows = |body: &Value, pointer: &str| body.pointer(pointer).unwrap().as_array().unwrap().len();
    for (name, pointer, proof) in [
        ("bare", "", ""),
        ("link", "", ""),
        ("items", "/items", "/total"),
        ("results", "/results", "/next"),
        ("resource", "/recurring_invoices", "/meta/total"),
        ("nested", "/data/recurring_invoices", "/data/pagination/total"),
        ("cursor", "/data", "/next_cursor"),
        ("offset", "/data", "/offset"),
        ("none", "/data", ""),
    ] {
        let client = with_faults(&[&format!("envelope={name}")]);
        let reply = client.send("GET", "/v1/recurring-invoices?limit=2", None);
        let body = reply.json();
        assert_eq!(rows(&body, pointer), 2, "{name}");
        assert!(body.pointer(proof).is_some_and(|value| !value.is_null()), "{name}");
        assert_eq!(reply.header("link").is_some(), name == "link");
        let id = client.get("/v1/company")["id"].clone();
        assert_eq!(id, keys::MAIN_PROFILE_ID, "{name} leaves records alone");
    }
}

#[test]
fn cursors_and_offsets_lead_to_the_end() {
    for (name, parameter) in [("cursor", "cursor"), ("offset", "offset")] {
        let client = with_faults(&[&format!("envelope={name}")]);
        let mut ids = Vec::new();
        let mut next = String::new();
        loop {
            let body = client.get(&format!("/v1/clients?limit=4{next}"));
            let rows = body["data"].as_array().unwrap();
            ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            if rows.len() < 4 {
                break;
            }
            let from =
                if name == "cursor" { body["next_cursor"].clone() } else { json!(ids.len().to_string()) };
            let Some(from) = from.as_str() else { break };
            next = format!("&{parameter}={from}");
        }
        assert_eq!(ids.len(), 10, "{name}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 10, "{name}");
    }
}

#[test]
fn errors_come_in_other_shapes() {
    for (name, pointer, media) in [
        ("message", "/message", "application/json"),
        ("string", "/error", "application/json"),
        ("status", "/message/0", "application/json"),
        ("problem", "/detail", "application/problem+json"),
        ("list", "/errors/0/message", "application/json"),
    ] {
        let client = with_faults(&[&format!("errors={name}")]);
        let reply = client.send("POST", "/v1/clients", Some(&json!({})));
        assert_eq!((reply.status, reply.header("content-type")), (422, Some(media)), "{name}");
        assert!(reply.json().pointer(pointer).is_some_and(Value::is_string), "{name}: {}", reply.json());
    }
    let client = with_faults(&["errors=html", "500-before@list_vendors"]);
    for (path, status) in [("/v1/invoices/7", 404), ("/v1/vendors", 500)] {
        let reply = client.send("GET", path, None);
        assert_eq!((reply.status, reply.header("content-type")), (status, Some("text/html")));
    }
}
