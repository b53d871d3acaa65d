//! The one place on this machine to which the browser brings the answer: a free port of 127.0.0.1 and a path that
//! nobody else knows. Whatever else comes there is told that there is nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use url::Url;

use super::OAuthError;

/// A request's head is not read beyond this, in bytes.
const MOST: usize = 16 * 1024;
/// One connection, from its first byte to its last.
const LIMIT: Duration = Duration::from_secs(10);
/// Connections at a time; browsers open some that say nothing.
const CONNECTIONS: usize = 16;

/// Listens until dropped.
pub struct Listener {
    socket: TcpListener,
    path: String,
    port: u16,
}

/// The parameters of an answer, and the browser that waits to be told.
pub struct Arrived {
    parameters: Vec<(String, String)>,
    page: oneshot::Sender<String>,
}

impl Arrived {
    /// The value of a parameter; `None` where it is there twice.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.parameters.iter().filter(|(found, _)| found == name);
        let value = values.next().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty());
        value.filter(|_| values.next().is_none())
    }
}

impl Listener {
    /// Below `path`, which begins with `/`.
    pub async fn open(path: String) -> Result<Self, OAuthError> {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.map_err(OAuthError::NoListener)?;
        let port = socket.local_addr().map_err(OAuthError::NoListener)?.port();
        Ok(Self { socket, path, port })
    }

    /// Where the browser has to come to.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Waits for the first request for our path, and tells its browser what `judge` makes of it.
    pub async fn answer<T>(
        self,
        judge: impl FnOnce(&Arrived) -> Result<T, OAuthError>,
    ) -> Result<T, OAuthError> {
        let (tell, mut told) = mpsc::channel(1);
        let mut open = JoinSet::new();
        let arrived = loop {
            tokio::select! {
                Some(arrived) = told.recv() => break arrived,
                Some(_) = open.join_next(), if !open.is_empty() => {}
                accepted = self.socket.accept(), if open.len() < CONNECTIONS => {
                    let Ok((stream, _)) = accepted else { continue };
                    let serving = serve(stream, self.path.clone(), tell.clone());
                    open.spawn(async { tokio::time::timeout(LIMIT, serving).await.ok() });
                }
            }
        };
        // No second answer is taken.
        drop((self.socket, told));
        let judged = judge(&arrived);
        let words = match &judged {
            Ok(_) => "You are signed in. You can close this window and go back to the terminal.".to_owned(),
            Err(error) => format!("The sign-in failed: {error}. You can close this window."),
        };
        drop(arrived.page.send(page("200 OK", &words)));
        // The browser gets its page, and those that came too late get theirs.
        drop(tell);
        drop(
            tokio::time::timeout(Duration::from_secs(1), async { while open.join_next().await.is_some() {} })
                .await,
        );
        judged
    }
}

/// Reads one request and answers it.
async fn serve(mut stream: TcpStream, path: String, tell: mpsc::Sender<Arrived>) -> Option<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MOST || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let page = match ours(&head, &path) {
        Some(parameters) => {
            let (page, told) = oneshot::channel();
            match tell.send(Arrived { parameters, page }).await {
                Ok(()) => told.await.ok(),
                Err(_) => None,
            }
        }
        None => None,
    };
    let page = page.unwrap_or_else(page_of_nothing);
    stream.write_all(page.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

/// The parameters of a request for our path; `None` for any other.
fn ours(head: &str, path: &str) -> Option<Vec<(String, String)>> {
    let target = head.strip_prefix("GET ")?.split(' ').next()?;
    let url = Url::parse("http://127.0.0.1/").ok()?.join(target).ok()?;
    let pairs = || url.query_pairs().into_owned().collect();
    (target.starts_with('/') && url.path() == path).then(pairs)
}

fn page_of_nothing() -> String {
    page("404 Not Found", "There is nothing here.")
}

/// A page without scripts, which nothing keeps and which loads nothing.
fn page(status: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>lumabill</title></head>\
         <body><h1>lumabill</h1><p>{words}</p></body></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Connection: close\r\n\r\n{html}",
        html.len()
    )
}
