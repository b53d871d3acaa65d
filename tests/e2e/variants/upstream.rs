//! Requests to the sandbox behind a front, with the headers of the request before it that count.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::Recorded;

/// What the sandbox said.
pub struct Reply {
    pub status: u16,
    pub head: String,
    /// `null` where it is no JSON.
    pub json: Value,
}

/// One request of the front's, for the one that it was asked.
pub fn send(upstream: &str, original: &Recorded, method: &str, target: &str, body: Option<Vec<u8>>) -> Reply {
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for name in ["authorization", "x-profile-id", "content-type"] {
        if let Some(value) = original.header(name) {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    exchange(upstream, &head, body)
}

/// One request on a connection of its own; `head` ends with a line end.
pub fn exchange(url: &str, head: &str, body: Option<Vec<u8>>) -> Reply {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let body = body.unwrap_or_default();
    let head = format!("{head}host: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    let answer = whole(&mut stream);
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_else(|| panic!("no status in {head}")),
        head: head.to_owned(),
        json: serde_json::from_str(body).unwrap_or_default(),
    }
}

/// An answer as long as its head says; servers of tests keep the connection open.
fn whole(stream: &mut TcpStream) -> Vec<u8> {
    let (mut answer, mut part) = (Vec::new(), [0; 16384]);
    loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if length.is_some_and(|length| answer.len() >= end + 4 + length) {
                return answer;
            }
        }
        match stream.read(&mut part).unwrap() {
            0 => return answer,
            count => answer.extend_from_slice(&part[..count]),
        }
    }
}
