//! A server under measurement: started as a client starts it, spoken to over its pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::upstream::Upstream;

const INITIALIZE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"#,
    r#""clientInfo":{"name":"bench","version":"1"}}}"#
);

/// How a server is started and which call it is given.
#[derive(Clone)]
pub struct Kind {
    pub program: PathBuf,
    arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// `params` of the call that is measured.
    call: String,
}

impl Kind {
    pub fn bare(directory: &Path, upstream: &Upstream) -> Self {
        Self {
            program: directory.join("examples/bare"),
            arguments: vec![upstream.record()],
            environment: Vec::new(),
            call: r#"{"name":"get","arguments":{}}"#.to_owned(),
        }
    }

    /// The product as clients run it; `None` where it is not built.
    pub fn lumabill(directory: &Path, upstream: &Upstream) -> Option<Self> {
        let program = directory.join("lumabill");
        program.exists().then(|| Self {
            program,
            arguments: vec!["serve".to_owned()],
            environment: environment(upstream),
            call: r#"{"name":"get_client","arguments":{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01"}}"#
                .to_owned(),
        })
    }

    /// The bridge that understands nothing, to a remote server.
    pub fn byte_bridge(directory: &Path, url: &str) -> Self {
        Self {
            program: directory.join("examples/byte_bridge"),
            arguments: vec![url.to_owned()],
            environment: Vec::new(),
            call: r#"{"name":"get","arguments":{}}"#.to_owned(),
        }
    }

    /// The product with this account, which is logged in to a remote server; `None` where it is not built.
    pub fn bridged(directory: &Path, account: &str) -> Option<Self> {
        let program = directory.join("lumabill");
        program.exists().then(|| Self {
            program,
            arguments: ["serve", "--account", account].map(str::to_owned).to_vec(),
            environment: folders("bridged"),
            call: r#"{"name":"get","arguments":{}}"#.to_owned(),
        })
    }

    /// Where it keeps its settings.
    pub fn config_file(&self) -> PathBuf {
        let folder = self.environment.iter().find(|(name, _)| name == "LUMABILL_CONFIG_DIR");
        PathBuf::from(folder.map_or("", |(_, folder)| folder)).join("config.toml")
    }

    /// The same server with another call.
    pub fn calling(&self, call: &str) -> Self {
        Self { call: call.to_owned(), ..self.clone() }
    }

    /// The same server without rate limits, for more calls a minute than the highest one.
    pub fn unlimited(&self) -> Self {
        let mut kind = self.clone();
        kind.environment.push(("LUMABILL_RATE_LIMIT".to_owned(), "off".to_owned()));
        kind
    }

    /// The same server with other arguments and another call.
    pub fn with(mut self, arguments: &[&str], call: &str) -> Self {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        call.clone_into(&mut self.call);
        self
    }
}

/// A key by environment, folders of its own, and limits that are asked for every call and never reached.
fn environment(upstream: &Upstream) -> Vec<(String, String)> {
    let own = [
        ("LUMABILL_API_KEY", "lmb_made_up_for_the_benchmark".to_owned()),
        ("LUMABILL_API_URL", upstream.url.clone()),
        ("LUMABILL_RATE_LIMIT", "100000/100000".to_owned()),
    ];
    own.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(folders("api")).collect()
}

/// Folders that nobody else uses.
fn folders(name: &str) -> Vec<(String, String)> {
    let folder = std::env::temp_dir().join(format!("lumabill-bench-{}-{name}", std::process::id()));
    let folder = folder.display();
    [
        ("LUMABILL_CONFIG_DIR", format!("{folder}/config")),
        ("LUMABILL_STATE_DIR", format!("{folder}/state")),
        ("HOME", format!("{folder}/home")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    line: Vec<u8>,
    next: u64,
    call: String,
}

impl Peer {
    /// Spawns it; the time runs until `initialize` is answered.
    pub fn start(kind: &Kind) -> (Self, Duration) {
        let began = Instant::now();
        let mut child = Command::new(&kind.program)
            .args(&kind.arguments)
            .env_clear()
            .envs(kind.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take();
        let output = BufReader::with_capacity(1 << 16, child.stdout.take().expect("its output is a pipe"));
        let mut peer = Self { child, input, output, line: Vec::new(), next: 0, call: kind.call.clone() };
        peer.write(INITIALIZE);
        peer.read();
        let started = began.elapsed();
        assert!(contains(&peer.line, b"protocolVersion"), "{}", String::from_utf8_lossy(&peer.line));
        peer.write(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        (peer, started)
    }

    /// One call, from the request written to its answer read.
    pub fn call(&mut self) -> Duration {
        let began = Instant::now();
        self.send();
        self.read();
        let elapsed = began.elapsed();
        self.check();
        elapsed
    }

    /// `calls` calls with `in_flight` of them under way.
    pub fn flood(&mut self, calls: usize, in_flight: usize) {
        for _ in 0..in_flight {
            self.send();
        }
        for _ in in_flight..calls {
            self.receive();
            self.send();
        }
        for _ in 0..in_flight {
            self.receive();
        }
    }

    /// One request and the line that answers it.
    pub fn ask(&mut self, method: &str, params: &str) -> &[u8] {
        self.next += 1;
        let line = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"{method}","params":{params}}}"#, self.next);
        self.write(&line);
        self.read();
        &self.line
    }

    /// The answer to one call of the kind's own.
    pub fn answer(&mut self) -> Vec<u8> {
        let call = self.call.clone();
        self.ask("tools/call", &call).to_vec()
    }

    /// Time spent on the CPU since the start, user and system.
    pub fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // After the name, which ends with the last parenthesis: state is field 3, utime and stime 14 and 15.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 10)
    }

    /// A line of `/proc/PID/status` in MB.
    pub fn memory_mb(&self, name: &str) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with(name)).expect("the kernel tells");
        let kilobytes: f64 =
            line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number");
        kilobytes * 1024.0 / 1e6
    }

    /// Ends the input; the time runs until the process is gone.
    pub fn end(mut self) -> Duration {
        let began = Instant::now();
        drop(self.input.take());
        self.child.wait().expect("it ends");
        began.elapsed()
    }

    fn send(&mut self) {
        self.next += 1;
        let line =
            format!(r#"{{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{}}}"#, self.next, self.call);
        self.write(&line);
    }

    fn receive(&mut self) {
        self.read();
        self.check();
    }

    fn check(&self) {
        let good = contains(&self.line, b"Muster AG") && !contains(&self.line, br#""isError":true"#);
        assert!(good, "{}", String::from_utf8_lossy(&self.line));
    }

    fn write(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is open");
        input.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }

    fn read(&mut self) {
        self.line.clear();
        let count = self.output.read_until(b'\n', &mut self.line).expect("it writes");
        assert!(count > 0, "the server is gone");
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("the process lives")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
