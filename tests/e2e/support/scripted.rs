//! An upstream that answers whatever a test wants, byte for byte, on a real socket; it keeps what it was sent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// What the server does with one request.
pub enum Answer {
    /// These bytes; the connection stays open for the next request.
    Bytes(Vec<u8>),
    /// These bytes, then the end of the stream.
    Last(Vec<u8>),
    /// These bytes, and once the gate is open the end of the connection: a reset, or else the end of the stream.
    Until { bytes: Vec<u8>, gate: Gate, reset: bool },
    /// Nothing, until the client goes away.
    Silence,
    /// A reset in place of an answer.
    Reset,
    /// This answer after a while.
    After(Duration, Box<Answer>),
    /// This answer once the gate is open.
    Held(Gate, Box<Answer>),
    /// A head that promises JSON, then spaces without end.
    Endless,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Request line and headers.
    pub head: String,
    pub body: Vec<u8>,
    /// The how-manieth connection it came on, from 0.
    pub connection: usize,
    /// When it had arrived.
    pub at: Instant,
}

impl Recorded {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Closed until a test opens it.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub fn pass(&self) {
        let guard = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(guard, PATIENCE, |open| !*open).unwrap());
    }
}

type Script = dyn Fn(&Recorded) -> Answer + Send + Sync;

struct Shared {
    script: Box<Script>,
    requests: Mutex<Vec<Recorded>>,
    arrived: Condvar,
    stopped: AtomicBool,
}

/// Listens until dropped.
pub struct ScriptedServer {
    address: String,
    shared: Arc<Shared>,
}

impl ScriptedServer {
    /// Asks `script` for the answer to each request.
    pub fn start(script: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: Mutex::default(),
            arrived: Condvar::new(),
            stopped: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                if own.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&own);
                thread::spawn(move || serve(stream, number, &shared));
            }
        });
        Self { address, shared }
    }

    /// The same bytes for every request.
    pub fn always(bytes: Vec<u8>) -> Self {
        Self::start(move |_| Answer::Bytes(bytes.clone()))
    }

    /// An address at which nobody listens.
    pub fn refusing() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that came so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until `count` requests have come.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let guard = self.shared.requests.lock().unwrap();
        let (requests, waited) = self
            .shared
            .arrived
            .wait_timeout_while(guard, PATIENCE, |requests| requests.len() < count)
            .unwrap();
        assert!(!waited.timed_out(), "{} of {count} requests came", requests.len());
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(&self.address));
    }
}

fn serve(mut stream: TcpStream, number: usize, shared: &Shared) {
    drop(stream.set_nodelay(true));
    let mut buffer = Vec::new();
    while let Some(mut request) = read_request(&mut stream, &mut buffer) {
        request.connection = number;
        let answer = (shared.script)(&request);
        shared.requests.lock().unwrap().push(request);
        shared.arrived.notify_all();
        if !give(answer, &mut stream) {
            return;
        }
    }
}

/// Gives the answer; false when the connection is over.
fn give(answer: Answer, stream: &mut TcpStream) -> bool {
    match answer {
        Answer::Bytes(bytes) => stream.write_all(&bytes).is_ok(),
        Answer::Last(bytes) => {
            drop(stream.write_all(&bytes));
            drop(stream.shutdown(Shutdown::Write));
            until_closed(stream);
            false
        }
        Answer::Until { bytes, gate, reset } => {
            drop(stream.write_all(&bytes));
            gate.pass();
            if reset {
                reset_when_closed(stream);
            }
            false
        }
        Answer::Silence => {
            until_closed(stream);
            false
        }
        Answer::Reset => {
            reset_when_closed(stream);
            false
        }
        Answer::After(wait, answer) => {
            thread::sleep(wait);
            give(*answer, stream)
        }
        Answer::Held(gate, answer) => {
            gate.pass();
            give(*answer, stream)
        }
        Answer::Endless => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8589934592\r\n\r\n";
            let spaces = vec![b' '; 1 << 16];
            let mut alive = stream.write_all(head.as_bytes()).is_ok();
            while alive {
                alive = stream.write_all(&spaces).is_ok();
            }
            false
        }
    }
}

/// The standard library cannot set the option, tokio can.
fn reset_when_closed(stream: &TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let same = stream.try_clone().unwrap();
    same.set_nonblocking(true).unwrap();
    tokio::net::TcpStream::from_std(same).unwrap().set_zero_linger().unwrap();
}

fn until_closed(stream: &mut TcpStream) {
    let mut rest = [0; 4096];
    while matches!(stream.read(&mut rest), Ok(count) if count > 0) {}
}

fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Recorded> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, buffer)?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let mut words = head.split(' ');
    let mut request = Recorded {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        head: head.clone(),
        body: Vec::new(),
        connection: 0,
        at: Instant::now(),
    };
    buffer.drain(..end);
    if let Some(length) = request.header("content-length").and_then(|text| text.parse().ok()) {
        while buffer.len() < length {
            more(stream, buffer)?;
        }
        request.body = buffer.drain(..length).collect();
    } else if request.header("transfer-encoding").is_some() {
        while !buffer.ends_with(b"0\r\n\r\n") {
            more(stream, buffer)?;
        }
        request.body = std::mem::take(buffer);
    }
    Some(request)
}

fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut part = [0; 16384];
    let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
    buffer.extend_from_slice(&part[..count]);
    Some(())
}

/// An answer with a body; `headers` are whole lines without line ends.
pub fn http(status: u16, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

pub fn json(status: u16, body: &str) -> Vec<u8> {
    http(status, &["content-type: application/json"], body)
}

pub fn html(status: u16) -> Vec<u8> {
    let page =
        "<!DOCTYPE html><html><title>Sign in to the hotel network</title><body>Room number?</body></html>";
    http(status, &["content-type: text/html; charset=utf-8"], page)
}
