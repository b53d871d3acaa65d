//! The running sandbox over real HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{Options, Sandbox, keys};

struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

#[test]
fn it_runs() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let mut stream = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET /v1/invoices?limit=2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\r\n", keys::READ_WRITE_KEY).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    println!("{}", String::from_utf8_lossy(&all));
    assert!(all.starts_with(b"HTTP/1.1 200"));
}
