//! A `lumabill serve` under fire: started as a client starts it, spoken to over its pipes, killed and stopped.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, oneshot};

use super::events::Events;
use super::options::Options;

/// The answer to a request and when it was read; the channel closes without one where the process is gone.
pub type Answer = oneshot::Receiver<(Instant, Value)>;

/// How processes are started.
pub struct Program {
    pub file: PathBuf,
    pub url: String,
    pub limit: (usize, usize),
    /// Folders of its own: config, state, logs.
    pub folder: PathBuf,
}

impl Program {
    pub fn new(options: &Options, url: &str, name: &str) -> Self {
        let folder = options.folder.join(format!("lumabill-campaign-{}", std::process::id())).join(name);
        // What a killed run of a process with the same number left behind.
        drop(std::fs::remove_dir_all(&folder));
        for part in ["home", "config", "state"] {
            std::fs::create_dir_all(folder.join(part)).expect("the temporary folder can be written");
        }
        Self { file: options.lumabill.clone(), url: url.to_owned(), limit: options.limit, folder }
    }

    /// The program with a key of its own and nothing else from this environment.
    pub fn command(&self, key: &str) -> Command {
        let mut command = Command::new(&self.file);
        command
            .env_clear()
            .env("HOME", self.folder.join("home"))
            .env("LUMABILL_CONFIG_DIR", self.folder.join("config"))
            .env("LUMABILL_STATE_DIR", self.folder.join("state"))
            .env("LUMABILL_API_KEY", key)
            .env("LUMABILL_API_URL", &self.url)
            .env("LUMABILL_RATE_LIMIT", format!("{}/{}", self.limit.0, self.limit.1))
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Removes its folders.
    pub fn clean(&self) {
        drop(std::fs::remove_dir_all(&self.folder));
        drop(self.folder.parent().map(std::fs::remove_dir));
    }
}

/// One place in which a process runs, again and again.
pub struct Server {
    pub number: usize,
    pub key: String,
    pub profile: usize,
    /// Calls that may be in flight.
    pub slots: Semaphore,
    program: Arc<Program>,
    events: Arc<Events>,
    live: Mutex<Option<Live>>,
    pub kills: AtomicUsize,
    pub stops: AtomicUsize,
}

/// A running process.
struct Live {
    child: Child,
    input: mpsc::Sender<String>,
    waiting: Arc<Mutex<Waiting>>,
    next: u64,
    /// Speaks 2026-07-28, the others 2025-11-25.
    modern: bool,
}

/// The requests that are not answered yet.
#[derive(Default)]
struct Waiting {
    ended: bool,
    requests: HashMap<u64, oneshot::Sender<(Instant, Value)>>,
}

impl Server {
    pub fn new(number: usize, options: &Options, program: &Arc<Program>, events: &Arc<Events>) -> Self {
        let key = number % 2;
        Self {
            number,
            key: format!("lmb_campaign_key_{key}"),
            profile: if options.own_profiles { key } else { 0 },
            slots: Semaphore::new(options.in_flight),
            program: Arc::clone(program),
            events: Arc::clone(events),
            live: Mutex::new(None),
            kills: AtomicUsize::new(0),
            stops: AtomicUsize::new(0),
        }
    }

    /// Starts the process and opens a session.
    pub async fn start(&self) {
        let mut child = self.program.command(&self.key).arg("serve").spawn().expect("lumabill starts");
        let log = log_file(&self.program.folder, self.number);
        let (mut errors, mut output) = (child.stderr.take().expect("a pipe"), log);
        std::thread::spawn(move || std::io::copy(&mut errors, &mut output));
        let mut pipe = child.stdin.take().expect("a pipe");
        let (input, lines) = mpsc::channel::<String>();
        std::thread::spawn(move || {
            while let Ok(line) = lines.recv() {
                if pipe.write_all(line.as_bytes()).is_err() {
                    return;
                }
            }
        });
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let (stdout, shared) = (child.stdout.take().expect("a pipe"), Arc::clone(&waiting));
        std::thread::spawn(move || drain(stdout, &shared));
        self.events.process(format!("process {}: started as {}", self.number, child.id()));
        let mut live = Live { child, input, waiting, next: 0, modern: self.number % 3 == 2 };
        if !live.modern {
            let (_, opened) = live.send(
                "initialize",
                json!({
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "clientInfo": { "name": "campaign", "version": "1" },
                }),
            );
            // Killed before it could answer: nothing to wait for.
            drop(opened.await);
            live.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        }
        *self.lock() = Some(live);
    }

    /// Sends a call; `None` while no process runs here.
    pub fn call(&self, tool: &str, arguments: &Map<String, Value>) -> Option<(u64, Answer)> {
        let mut live = self.lock();
        let live = live.as_mut()?;
        Some(live.send("tools/call", json!({ "name": tool, "arguments": arguments })))
    }

    /// Tells the process that nobody waits for this call any more.
    pub fn cancel(&self, call: u64) {
        if let Some(live) = self.lock().as_mut() {
            live.write(&json!({
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": { "requestId": call, "reason": "the person pressed a key" },
            }));
        }
    }

    /// SIGKILL. What it wrote before is still read.
    pub fn kill(&self) {
        self.events.process(format!("process {}: SIGKILL", self.number));
        self.kills.fetch_add(1, Ordering::SeqCst);
        if let Some(mut live) = self.lock().take() {
            drop(live.child.kill());
            drop(live.child.wait());
        }
    }

    /// `STOP` or `CONT`.
    pub fn signal(&self, name: &str) {
        let Some(pid) = self.lock().as_ref().map(|live| live.child.id()) else { return };
        self.events.process(format!("process {}: SIG{name}", self.number));
        if name == "STOP" {
            self.stops.fetch_add(1, Ordering::SeqCst);
        }
        let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} cannot be sent");
    }

    /// Ends its input and waits until it is gone.
    pub fn end(&self) {
        if let Some(mut live) = self.lock().take() {
            // The thread that writes drops the pipe with the last sender.
            live.input = mpsc::channel().0;
            drop(live.child.wait());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Live>> {
        self.live.lock().expect("no thread panicked")
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Live {
    fn send(&mut self, method: &str, mut params: Value) -> (u64, Answer) {
        self.next += 1;
        if self.modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "campaign", "version": "1" },
            });
        }
        let (answered, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock().expect("no thread panicked");
        if !waiting.ended {
            waiting.requests.insert(self.next, answered);
        }
        drop(waiting);
        self.write(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        (self.next, answer)
    }

    fn write(&mut self, message: &Value) {
        // The process may be gone: then its output has ended, and nobody waits.
        drop(self.input.send(format!("{message}\n")));
    }
}

/// Hands out what the process writes, to its last whole line.
fn drain(output: ChildStdout, waiting: &Mutex<Waiting>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let read = Instant::now();
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        let id = message.get("id").and_then(Value::as_u64);
        let waiting = id.and_then(|id| waiting.lock().expect("no thread panicked").requests.remove(&id));
        if let Some(waiting) = waiting {
            drop(waiting.send((read, message)));
        }
    }
    let mut waiting = waiting.lock().expect("no thread panicked");
    waiting.ended = true;
    waiting.requests.clear();
}

fn log_file(folder: &Path, number: usize) -> File {
    let file = folder.join(format!("serve-{number}.log"));
    OpenOptions::new().create(true).append(true).open(file).expect("the temporary folder can be written")
}
