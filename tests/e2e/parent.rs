//! The process that started us is gone: so are we, though another one still holds our input open. What only
//! looks like it (a thread of that process ends, a terminal that is not ours closes) changes nothing.

use std::fs;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    Answer, Era, Lumabill, McpSession, PATIENCE, PLANTED_KEY, ScriptedServer, json as json_answer,
};

const CLIENT: &str = r#"{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","name":"Muster AG"}"#;
const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;

/// A server that was started by a process in between; we hold the other ends of its pipes.
pub struct Grandchild {
    pub run: Lumabill,
    pub between: Child,
    input: Option<PipeWriter>,
    /// Ends when neither the server nor the process in between lives.
    lines: Receiver<String>,
}

impl Grandchild {
    /// `script` is run by the shell that stands in between, with the command to serve as its `$@`.
    pub fn start(run: Lumabill, script: &str) -> Self {
        let (reader, input) = std::io::pipe().unwrap();
        let (output, writer) = std::io::pipe().unwrap();
        let between = Self::shell(&run, script, reader, writer);
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                drop(send.send(line));
            }
        });
        let mut grandchild = Self { run, between, input: Some(input), lines };
        let client = json!({ "name": "e2e", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        grandchild.request(0, "initialize", &params);
        assert!(grandchild.answer(0)["result"].is_object());
        grandchild
    }

    fn shell(run: &Lumabill, script: &str, input: PipeReader, output: PipeWriter) -> Child {
        let served = run.command();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script, "sh"]).arg(served.get_program()).args(served.get_args()).env_clear();
        shell.envs(served.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PATH", "/usr/bin:/bin").current_dir(run.home.path());
        shell.stdin(input).stdout(output).stderr(Stdio::null()).spawn().unwrap()
    }

    pub fn request(&mut self, id: u64, method: &str, params: &Value) {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.input.as_mut().unwrap().write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    #[track_caller]
    pub fn answer(&self, id: u64) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["id"], id, "{message}");
        message
    }

    fn kill_between(&mut self) {
        self.between.kill().unwrap();
        self.between.wait().unwrap();
    }

    /// The server's output ends in this time: it is gone, since nobody else holds it.
    #[track_caller]
    pub fn gone_within(&self, limit: Duration) {
        let began = Instant::now();
        let left = self.lines.recv_timeout(limit);
        assert_eq!(left, Err(mpsc::RecvTimeoutError::Disconnected), "after {:?}", began.elapsed());
    }
}

/// Starts the server and stays; its input is not the shell's `/dev/null` for what runs in the background.
const STAYS: &str = r#"exec 3<&0; "$@" <&3 3<&- & exec 1>&- 3<&-; wait"#;

fn serve(upstream: &ScriptedServer) -> Lumabill {
    Lumabill::new(&["serve"]).with_api(&upstream.url(), PLANTED_KEY)
}

fn upstream() -> ScriptedServer {
    ScriptedServer::start(|request| match request.method.as_str() {
        "POST" => Answer::After(Duration::from_secs(2), Answer::Bytes(json_answer(201, CLIENT)).into()),
        _ if request.target.starts_with("/v1/profiles") => Answer::Bytes(json_answer(200, PROFILES)),
        _ => Answer::Bytes(json_answer(200, r#"{"data":[],"total":0}"#)),
    })
}

#[test]
fn a_client_that_is_killed_takes_the_server_with_it_though_its_input_stays_open() {
    let upstream = upstream();
    let mut server = Grandchild::start(serve(&upstream), STAYS);
    server.kill_between();
    server.gone_within(Duration::from_secs(1));
    assert_eq!(server.run.home.files(), [], "it served nothing and leaves nothing");
}

#[test]
fn a_client_that_ends_by_itself_does_too() {
    let upstream = upstream();
    let script = r#"exec 3<&0; "$@" <&3 3<&- & read -r _ <"$HOME/go""#;
    let run = serve(&upstream);
    let go = run.home.path().join("home/go");
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
    let mut server = Grandchild::start(run, script);
    fs::write(&go, "on\n").unwrap();
    assert!(server.between.wait().unwrap().success());
    server.gone_within(Duration::from_secs(1));
}

#[test]
fn a_write_that_is_being_sent_is_answered_before_the_server_goes_after_its_client() {
    let upstream = upstream();
    let mut server = Grandchild::start(serve(&upstream), STAYS);
    server.request(
        1,
        "tools/call",
        &json!({ "name": "create_client", "arguments": { "name": "Muster AG" } }),
    );
    loop {
        let seen = upstream.requests();
        if seen.iter().any(|request| request.method == "POST") {
            break;
        }
        upstream.wait_for(seen.len() + 1);
    }
    server.kill_between();
    let answer = server.answer(1);
    assert!(answer["result"].to_string().contains("Muster AG"), "{answer}");
    server.gone_within(Duration::from_secs(1));
}

/// Clients start servers on threads that they end soon after; the signal at a parent's death would come then.
#[test]
fn a_thread_that_started_the_server_may_end() {
    let upstream = upstream();
    let run = serve(&upstream);
    let (mut session, thread) = thread::spawn(move || {
        let own = fs::read_link("/proc/thread-self").unwrap();
        (McpSession::start(&run, Era::Legacy), Path::new("/proc").join(own))
    })
    .join()
    .unwrap();
    let began = Instant::now();
    while thread.exists() && began.elapsed() < PATIENCE {
        thread::yield_now();
    }
    assert!(!thread.exists(), "{} lives on", thread.display());
    for _ in 0..3 {
        session.lives();
    }
    session.close_input();
    let (status, _) = session.gone_within(Duration::from_secs(1));
    assert_eq!(status.code(), Some(0), "{}", session.stderr());
}

#[test]
fn a_terminal_that_closes_ends_the_server_as_any_signal_does() {
    let mut session = McpSession::start(&serve(&upstream()), Era::Modern);
    session.lives();
    session.signal("HUP");
    let (status, _) = session.gone_within(Duration::from_millis(200));
    assert_eq!(status.code(), Some(0), "{}", session.stderr());
}

#[test]
fn under_nohup_a_terminal_may_close() {
    let upstream = upstream();
    // In place of the shell, so that it is the child of this process.
    let mut server = Grandchild::start(serve(&upstream), r#"trap "" HUP; exec "$@""#);
    let pid = server.between.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    server.request(1, "tools/list", &json!({}));
    assert!(server.answer(1)["result"]["tools"].is_array());
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    server.gone_within(Duration::from_secs(1));
    assert_eq!(server.between.wait().unwrap().code(), Some(0));
}

/// How often all threads of a process were woken since they began.
fn wakings(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let status = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("status")).unwrap());
    let switches = status.map(|status| {
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    });
    switches.sum()
}

#[test]
fn waiting_for_the_end_of_the_client_costs_nothing() {
    let mut session = McpSession::start(&serve(&upstream()), Era::Legacy);
    session.lives();
    // What the answer set in motion comes to rest.
    let mut before = wakings(session.pid());
    loop {
        thread::sleep(Duration::from_millis(50));
        let now = wakings(session.pid());
        if now == before {
            break;
        }
        before = now;
    }
    // The time itself is what is tested.
    thread::sleep(Duration::from_secs(2));
    assert_eq!(wakings(session.pid()) - before, 0, "wakings of an idle server in two seconds");
}
