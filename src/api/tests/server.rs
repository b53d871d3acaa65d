//! A server that plays one script per request, byte for byte, and keeps what it was sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::credentials::Origin;

/// What happens to one request.
#[derive(Clone)]
pub enum Play {
    /// Answers and keeps the connection.
    Say(Vec<u8>),
    /// Answers and closes.
    SayAndClose(Vec<u8>),
    /// Answers and resets the connection.
    SayAndReset(Vec<u8>),
    /// Resets before reading.
    ResetUnread,
    /// Reads and says nothing.
    Silence,
    /// Says this, and then this again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// Says this, and then a byte at a time.
    Drip(Vec<u8>, Duration),
}

#[derive(Clone)]
pub struct Server {
    pub origin: Origin,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<u32>>,
}

impl Server {
    /// The n-th request meets the n-th play, those after the last meet the last.
    pub async fn start(plays: Vec<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self {
            origin: Origin::parse(&format!("http://{address}")).unwrap(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let task = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *task.connections.lock().unwrap() += 1;
                tokio::spawn(task.clone().serve(stream, plays.clone()));
            }
        });
        server
    }

    pub async fn say(answers: &[&str]) -> Self {
        Self::start(answers.iter().map(|answer| Play::Say(answer.as_bytes().to_vec())).collect()).await
    }

    /// An address at which nobody listens.
    pub async fn nobody() -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
    }

    /// Every request that was read, as it came.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> u32 {
        *self.connections.lock().unwrap()
    }

    fn play(&self, plays: &[Play], request: Option<String>) -> Play {
        let mut requests = self.requests.lock().unwrap();
        let index = requests.len().min(plays.len() - 1);
        if let Some(request) = request {
            requests.push(request);
        }
        plays[index].clone()
    }

    async fn serve(self, mut stream: TcpStream, plays: Vec<Play>) {
        if let Play::ResetUnread = self.play(&plays, None) {
            self.requests.lock().unwrap().push(String::new());
            stream.set_zero_linger().unwrap();
            return;
        }
        let mut received = Vec::new();
        while let Some(request) = next_request(&mut stream, &mut received).await {
            match self.play(&plays, Some(request)) {
                Play::Say(bytes) => drop(stream.write_all(&bytes).await),
                Play::SayAndClose(bytes) => return drop(stream.write_all(&bytes).await),
                Play::SayAndReset(bytes) => {
                    drop(stream.write_all(&bytes).await);
                    // The answer has to be out before the reset throws the rest away.
                    tokio::task::yield_now().await;
                    return stream.set_zero_linger().unwrap();
                }
                Play::ResetUnread => return stream.set_zero_linger().unwrap(),
                Play::Silence => std::future::pending().await,
                Play::Endless(first, then) => {
                    let mut result = stream.write_all(&first).await;
                    while result.is_ok() {
                        result = stream.write_all(&then).await;
                    }
                    return;
                }
                Play::Drip(first, pause) => {
                    let mut result = stream.write_all(&first).await;
                    while result.is_ok() {
                        tokio::time::sleep(pause).await;
                        result = stream.write_all(b" ").await;
                    }
                    return;
                }
            }
        }
    }
}

/// One request with its body; `None` at the end of the connection.
async fn next_request(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(head) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |length| length.trim().parse().unwrap());
            if received.len() >= head + 4 + length {
                let rest = received.split_off(head + 4 + length);
                let request = std::mem::replace(received, rest);
                return Some(String::from_utf8_lossy(&request).into_owned());
            }
        }
        if stream.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}

/// A complete answer with a JSON body.
pub fn json(status: &str, body: &str) -> String {
    with("content-type: application/json\r\n", status, body)
}

/// A complete answer with these header lines.
pub fn with(headers: &str, status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}
