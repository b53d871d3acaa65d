//! As much of HTTP/1.1 as a billing API needs on loopback: requests with a length, connections that are kept.

use std::time::{Instant, SystemTime};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// One request as it came.
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// The bearer's key.
    pub key: String,
    pub idempotency: String,
    pub body: Vec<u8>,
    /// When its head was there.
    pub arrived: Instant,
}

impl Request {
    /// The value of a query parameter.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The next request of a connection, or `None` at its end.
pub async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, buffer).await?;
    };
    let arrived = Instant::now();
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end);
    let header = |name: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    let body = buffer.drain(..length).collect();
    let mut words = head.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request {
        method,
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        key: header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned(),
        idempotency: header("idempotency-key").unwrap_or_default(),
        body,
        arrived,
    })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    stream.read_buf(buffer).await.ok().filter(|count| *count > 0).map(drop)
}

/// Waits until the client has given the connection up.
pub async fn until_closed(stream: &mut TcpStream) {
    let mut rest = [0; 1024];
    while matches!(stream.read(&mut rest).await, Ok(count) if count > 0) {}
}

/// A whole answer; `headers` are whole lines with their ends.
pub fn answer(status: u16, headers: &str, body: &str, date: SystemTime) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} Campaign\r\ndate: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        httpdate::fmt_http_date(date),
        body.len()
    )
    .into_bytes()
}
