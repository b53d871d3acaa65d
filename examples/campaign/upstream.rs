//! The billing API of the campaign: loopback HTTP/1.1 on a thread of its own, with faults at random.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::books::{self, Books, Clock};
use super::events::Events;
use super::faults::{Fault, Faults};
use super::http::{self, Request};
use super::options::Options;
use super::tasks;
use super::windows::Windows;

/// How late a record may come after a reset or a 5xx, and after the client gave up waiting: shorter than the
/// times after which the product may take a record for absent (10 s and 90 s).
const LATE: (u64, u64) = (500, 8_000);
const LATE_AFTER_SILENCE: (u64, u64) = (1_000, 85_000);

/// How long it listens, and then refuses new connections, in milliseconds.
const UP: (u64, u64) = (1_000, 6_000);
const DOWN: (u64, u64) = (50, 500);

/// What all connections share.
pub struct Upstream {
    pub url: String,
    pub events: Arc<Events>,
    clock: Clock,
    own_profiles: bool,
    silence: Duration,
    books: Mutex<Books>,
    faults: Mutex<Faults>,
    windows: Mutex<Windows>,
    /// Faults happen.
    faulty: AtomicBool,
    /// Records that are still to be made after their request was given up.
    late: AtomicUsize,
    requests: AtomicUsize,
    /// Times in which new connections were refused.
    pub refused: AtomicUsize,
}

/// What is done with a connection after an answer.
enum Then {
    Keep,
    Close,
}

impl Upstream {
    /// Starts it on a free loopback port.
    pub fn start(options: &Options, events: Arc<Events>) -> Arc<Self> {
        let (send, receive) = mpsc::channel();
        let clock = Clock { skew: options.skew };
        let shared = Self {
            url: String::new(),
            events,
            clock,
            own_profiles: options.own_profiles,
            silence: options.silence,
            books: Mutex::new(Books::new(clock, tasks::clients(options))),
            faults: Mutex::new(Faults::new(options.seed)),
            windows: Mutex::new(Windows::new(options.limit)),
            faulty: AtomicBool::new(false),
            late: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        };
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(shared.listen(&send));
        });
        receive.recv().expect("the upstream starts")
    }

    async fn listen(mut self, started: &mpsc::Sender<Arc<Self>>) {
        let mut listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        self.url = format!("http://{address}");
        let shared = Arc::new(self);
        started.send(Arc::clone(&shared)).expect("the campaign waits for it");
        loop {
            let up = shared.millis(UP.0, UP.1);
            if tokio::time::timeout(up, shared.accept(&listener)).await.is_err()
                && shared.faulty.load(Ordering::SeqCst)
            {
                drop(listener);
                shared.refused.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(shared.millis(DOWN.0, DOWN.1)).await;
                listener = TcpListener::bind(address).await.expect("the same port");
            }
        }
    }

    async fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let shared = Arc::clone(self);
            tokio::spawn(async move { shared.serve(stream).await });
        }
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no thread panicked")
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().expect("no thread panicked")
    }

    pub fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().expect("no thread panicked")
    }

    pub fn set_faulty(&self, faulty: bool) {
        self.faulty.store(faulty, Ordering::SeqCst);
    }

    /// Records that are still to come.
    pub fn late(&self) -> usize {
        self.late.load(Ordering::SeqCst)
    }

    /// Requests that came.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub fn today(&self) -> String {
        self.clock.today()
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        drop(stream.set_nodelay(true));
        let mut buffer = Vec::with_capacity(4096);
        while let Some(request) = http::read(&mut stream, &mut buffer).await {
            self.requests.fetch_add(1, Ordering::SeqCst);
            let creates = request.method == "POST";
            self.windows().count(&request.key, creates, request.arrived);
            let silence = self.events.elapsed() < self.silence;
            let fault =
                self.faulty.load(Ordering::SeqCst).then(|| self.faults().choose(creates, silence)).flatten();
            let then = if creates {
                self.create(request, fault, &mut stream).await
            } else {
                self.read(&request, fault, &mut stream).await
            };
            if matches!(then, Then::Close) {
                return;
            }
        }
    }

    async fn read(&self, request: &Request, fault: Option<Fault>, stream: &mut TcpStream) -> Then {
        match fault {
            None | Some(Fault::Hangup) => {}
            Some(Fault::Slow) => tokio::time::sleep(self.millis(200, 3000)).await,
            Some(Fault::Truncated) => return truncated(&self.found(request), stream).await,
            Some(Fault::TooMany) => return self.give(self.too_many(), stream).await,
            Some(Fault::ErrorBefore | Fault::ErrorAfter | Fault::ErrorLate) => {
                return self.give(self.error(), stream).await;
            }
            Some(Fault::SilentBefore | Fault::SilentAfter | Fault::SilentLate) => {
                http::until_closed(stream).await;
                return Then::Close;
            }
            Some(Fault::ResetBefore | Fault::ResetAfter | Fault::ResetLate) => return reset(stream),
        }
        let then = self.give(self.found(request), stream).await;
        if fault.is_some_and(|fault| fault == Fault::Hangup) { Then::Close } else { then }
    }

    async fn create(
        self: &Arc<Self>,
        request: Request,
        fault: Option<Fault>,
        stream: &mut TcpStream,
    ) -> Then {
        self.log(&request, fault.map_or("no fault", Fault::words));
        match fault {
            None => self.give(self.made(&request), stream).await,
            Some(Fault::Hangup) => {
                self.give(self.made(&request), stream).await;
                Then::Close
            }
            Some(Fault::Slow) => {
                let (wait, first) = (self.millis(200, 3000), self.faults().chance().permille(500));
                let early = first.then(|| self.made(&request));
                tokio::time::sleep(wait).await;
                let answer = early.unwrap_or_else(|| self.made(&request));
                self.give(answer, stream).await
            }
            Some(Fault::TooMany) => self.give(self.too_many(), stream).await,
            Some(Fault::Truncated) => truncated(&self.made(&request), stream).await,
            Some(Fault::ResetBefore) => reset(stream),
            Some(Fault::ResetAfter) => {
                self.made(&request);
                reset(stream)
            }
            Some(Fault::ResetLate) => {
                self.make_late(request, LATE);
                reset(stream)
            }
            Some(Fault::ErrorBefore) => self.give(self.error(), stream).await,
            Some(Fault::ErrorAfter) => {
                self.made(&request);
                self.give(self.error(), stream).await
            }
            Some(Fault::ErrorLate) => {
                self.make_late(request, LATE);
                self.give(self.error(), stream).await
            }
            Some(Fault::SilentBefore) => {
                http::until_closed(stream).await;
                Then::Close
            }
            Some(Fault::SilentAfter) => {
                self.made(&request);
                http::until_closed(stream).await;
                Then::Close
            }
            Some(Fault::SilentLate) => {
                self.late.fetch_add(1, Ordering::SeqCst);
                http::until_closed(stream).await;
                self.log(&request, "given up by the client");
                self.make_late(request, LATE_AFTER_SILENCE);
                self.late.fetch_sub(1, Ordering::SeqCst);
                Then::Close
            }
        }
    }

    /// Makes the record, and gives the answer that tells of it.
    fn made(&self, request: &Request) -> Vec<u8> {
        let profile = self.profile(request);
        let mut books = self.books();
        let Some(id) = books.commit(profile, request) else {
            let body = r#"{"error":{"code":"validation_error","message":"not what this API takes"}}"#;
            return http::answer(422, "", body, self.clock.now());
        };
        let answer = http::answer(201, "", books.record(profile, &id).unwrap_or_default(), self.clock.now());
        drop(books);
        self.log(request, &format!("made {id}"));
        answer
    }

    /// Makes the record after a while.
    fn make_late(self: &Arc<Self>, request: Request, (from, to): (u64, u64)) {
        let (shared, wait) = (Arc::clone(self), self.millis(from, to));
        self.late.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            shared.made(&request);
            shared.late.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// The answer to a read.
    fn found(&self, request: &Request) -> Vec<u8> {
        let profile = self.profile(request);
        let (books, path) = (self.books(), request.path.as_str());
        let body = match path {
            "/v1/profiles" => Some(format!(
                r#"{{"data":[{}],"pagination":{{"page":1,"limit":50,"total":1,"total_pages":1}}}}"#,
                books::profile_record(profile)
            )),
            "/v1/invoices" => Some(books.page(profile, request)),
            "/v1/clients" => Some(books.clients(profile, request)),
            _ => path
                .strip_prefix("/v1/invoices/")
                .and_then(|id| books.record(profile, id).map(str::to_owned))
                .or_else(|| books.client(profile, path.strip_prefix("/v1/clients/")?)),
        };
        drop(books);
        let (status, body) = body.map_or_else(
            || (404, r#"{"error":{"code":"not_found","message":"there is no such record"}}"#.to_owned()),
            |body| (200, body),
        );
        http::answer(status, "", &body, self.clock.now())
    }

    /// The only profile that a key reaches.
    fn profile(&self, request: &Request) -> usize {
        if self.own_profiles { usize::from(request.key.ends_with('1')) } else { 0 }
    }

    fn too_many(&self) -> Vec<u8> {
        let seconds = 1 + self.faults().chance().below(2);
        let body = r#"{"error":{"code":"rate_limited","message":"too many requests"}}"#;
        http::answer(429, &format!("retry-after: {seconds}\r\n"), body, self.clock.now())
    }

    fn error(&self) -> Vec<u8> {
        let status = [500, 502, 503][self.faults().chance().below(3)];
        let body = r#"{"error":{"code":"server_error","message":"something went wrong"}}"#;
        http::answer(status, "", body, self.clock.now())
    }

    async fn give(&self, answer: Vec<u8>, stream: &mut TcpStream) -> Then {
        if stream.write_all(&answer).await.is_ok() { Then::Keep } else { Then::Close }
    }

    fn millis(&self, from: u64, to: u64) -> Duration {
        self.faults().chance().millis(from, to)
    }

    fn log(&self, request: &Request, what: &str) {
        let Ok(body) = serde_json::from_slice(&request.body) else { return };
        let Some(task) = self.books().task(&body) else { return };
        let key: String = request.idempotency.chars().take(8).collect();
        self.events.task(task, format!("upstream: {} intent {key}: {what}", request.path));
    }
}

/// Half of an answer, then the end.
async fn truncated(answer: &[u8], stream: &mut TcpStream) -> Then {
    let half = answer.len() - answer.len() / 4;
    drop(stream.write_all(&answer[..half]).await);
    drop(stream.shutdown().await);
    Then::Close
}

/// The connection ends with a reset when it is dropped.
fn reset(stream: &TcpStream) -> Then {
    drop(stream.set_zero_linger());
    Then::Close
}
