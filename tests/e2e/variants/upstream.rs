//! Requests to the sandbox behind a front, with the headers of the request before it that count.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::Recorded;

/// What the sandbox said.
pub struct Reply {
    pub status: u16,
    /// `null` where it is no JSON.
    pub json: Value,
}

/// One request on a connection of its own.
pub fn send(upstream: &str, original: &Recorded, method: &str, target: &str, body: Option<Vec<u8>>) -> Reply {
    let mut stream = TcpStream::connect(upstream.trim_start_matches("http://")).unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n");
    for name in ["authorization", "x-profile-id", "content-type"] {
        if let Some(value) = original.header(name) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let body = body.unwrap_or_default();
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_else(|| panic!("no status in {head}")),
        json: serde_json::from_str(body).unwrap_or_default(),
    }
}
