//! The limits of a key hold for all processes of a user together, as the API sees it: measured there.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    Answer, Era, Home, Lumabill, McpSession, PLANTED_KEY, Recorded, ScriptedServer, http, json as json_answer,
};

const CLIENT: &str = "6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01";
const PROFILES: &str =
    r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster GmbH"}],"total":1}"#;
const RECORD: &str = r#"{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","name":"Muster AG"}"#;

/// Answers everything at once.
fn api() -> ScriptedServer {
    ScriptedServer::start(|request| Answer::Bytes(good(request)))
}

fn good(request: &Recorded) -> Vec<u8> {
    let body = if request.target.starts_with("/v1/profiles") { PROFILES } else { RECORD };
    json_answer(if request.method == "POST" { 201 } else { 200 }, body)
}

/// A server with the service's own limits, in a home that others use too.
fn serve(home: &Arc<Home>, url: &str) -> Lumabill {
    Lumabill::at(home, &["serve"]).env("LUMABILL_API_KEY", PLANTED_KEY).env("LUMABILL_API_URL", url)
}

fn read(session: &mut McpSession) -> Value {
    session.send_call("get_client", json!({ "id": CLIENT }))
}

/// When requests of one class arrived, in order.
fn arrivals(server: &ScriptedServer, writes: bool) -> Vec<Instant> {
    let mut times: Vec<_> =
        server.requests().iter().filter(|one| (one.method != "GET") == writes).map(|one| one.at).collect();
    times.sort();
    times
}

/// The most that arrived within any 60 s.
fn most_a_minute(times: &[Instant]) -> usize {
    let within = |first: &Instant| {
        times.iter().filter(|time| *time >= first && **time - *first < Duration::from_secs(60)).count()
    };
    times.iter().map(within).max().unwrap_or(0)
}

/// One kind of work of one process: called again as soon as it is done, or when it was told to.
struct Work {
    tool: &'static str,
    asked: Option<Value>,
    next: Instant,
    done: usize,
}

impl Work {
    fn new(tool: &'static str) -> Self {
        Self { tool, asked: None, next: Instant::now(), done: 0 }
    }

    fn go_on(&mut self, session: &mut McpSession, name: &str) {
        let Some(id) = &self.asked else {
            if Instant::now() >= self.next {
                let arguments = match self.tool {
                    "get_client" => json!({ "id": CLIENT }),
                    _ => json!({ "name": format!("{name} {}", self.done) }),
                };
                self.asked = Some(session.send_call(self.tool, arguments));
            }
            return;
        };
        let Some(answer) = session.answered(id) else { return };
        self.asked = None;
        let result = &answer["result"];
        if result["isError"] != true {
            self.done += 1;
            return;
        }
        let error = &result["structuredContent"]["error"];
        assert_eq!(error["code"], "rate_limited", "{answer}");
        assert_eq!((&error["sent"], &error["retryable"]), (&json!("nothing_sent"), &json!(true)), "{answer}");
        self.next = Instant::now() + Duration::from_secs(error["retry_after_s"].as_u64().unwrap());
    }
}

/// Works until it is stopped; gives the reads and the writes that were done.
fn busy(run: &Lumabill, name: &str, stop: &AtomicBool) -> [usize; 2] {
    let mut session = McpSession::start(run, Era::Modern);
    let mut work = [Work::new("get_client"), Work::new("create_client")];
    while !stop.load(Ordering::Relaxed) {
        for one in &mut work {
            one.go_on(&mut session, name);
        }
        session.listen(Duration::from_millis(20));
    }
    work.map(|one| one.done)
}

#[test]
fn three_processes_keep_within_the_limits_and_use_them() {
    const MEASURED: Duration = Duration::from_secs(120);
    let server = api();
    let home = Arc::new(Home::new());
    let (run, stop) = (serve(&home, &server.url()), AtomicBool::new(false));
    let began = Instant::now();
    let done = thread::scope(|scope| {
        let busy = ["A", "B", "C"].map(|name| {
            let (run, stop) = (&run, &stop);
            scope.spawn(move || busy(run, name, stop))
        });
        // Real minutes, since the limits are: two bursts and the beginning of a third.
        thread::sleep((MEASURED + Duration::from_secs(12)).saturating_sub(began.elapsed()));
        stop.store(true, Ordering::Relaxed);
        busy.map(|process| process.join().unwrap())
    });
    for (class, (writes, limit)) in [("reads", (false, 60)), ("writes", (true, 20))] {
        let times = arrivals(&server, writes);
        let most = most_a_minute(&times);
        let used = times.iter().filter(|time| **time - times[0] < MEASURED).count();
        let possible = 2 * limit;
        let shares = done.map(|done| done[usize::from(writes)]);
        println!("{class}: at most {most} in 60 s, {used} of {possible} in 120 s, processes {shares:?}");
        assert!(most <= limit, "{class}: {most} within a minute");
        assert!(used * 10 >= possible * 9, "{class}: only {used} of {possible}");
        assert!(shares.iter().all(|share| *share > 0), "{class}: {shares:?}");
    }
}

#[test]
fn killed_and_stopped_processes_neither_take_nor_give_too_much() {
    let server = api();
    let home = Arc::new(Home::new());
    let run = serve(&home, &server.url()).env("LUMABILL_RATE_LIMIT", "300/100");
    let mut sessions = [(); 3].map(|()| McpSession::start(&run, Era::Modern));
    for session in &mut sessions {
        for _ in 0..40 {
            read(session);
        }
    }
    server.wait_for(60);
    sessions[1].signal("STOP");
    sessions[0].signal("KILL");
    let mut last = Value::Null;
    for _ in 0..400 {
        last = read(&mut sessions[2]);
    }
    sessions[2].answer(&last);
    sessions[1].signal("CONT");
    for _ in 0..400 {
        last = read(&mut sessions[1]);
    }
    sessions[1].answer(&last);
    // One more process comes where another one was killed.
    let mut late = McpSession::start(&run, Era::Modern);
    for _ in 0..400 {
        last = read(&mut late);
    }
    late.answer(&last);
    let count = server.requests().len();
    assert!((150..=300).contains(&count), "{count} of 300 within a few seconds");
}

#[test]
fn a_429_slows_all_processes_down() {
    let first = AtomicBool::new(true);
    let server = ScriptedServer::start(move |request| {
        if first.swap(false, Ordering::Relaxed) {
            let headers = ["content-type: application/json", "retry-after: 4"];
            return Answer::Bytes(http(429, &headers, r#"{"error":"rate limit"}"#));
        }
        Answer::Bytes(good(request))
    });
    let home = Arc::new(Home::new());
    let run = serve(&home, &server.url());
    let mut one = McpSession::start(&run, Era::Legacy);
    let mut two = McpSession::start(&run, Era::Legacy);
    let waiting = read(&mut one);
    server.wait_for(1);
    // The second process knows of it as soon as the first has taken the answer in.
    one.listen(Duration::from_millis(300));
    let params = json!({
        "name": "create_client", "arguments": { "name": "Neu" }, "_meta": { "progressToken": "p" }
    });
    let created = two.request("tools/call", params);
    let told = two.notified("notifications/progress");
    let message = told["params"]["message"].as_str().unwrap();
    assert!(message.starts_with("waiting ") && message.contains("429"), "{told}");
    assert_ne!(two.answer(&created)["result"]["isError"], true);
    assert_ne!(one.answer(&waiting)["result"]["isError"], true);
    let requests = server.requests();
    let turned_away = requests[0].at;
    for request in &requests[1..] {
        let after = request.at - turned_away;
        assert!(
            after >= Duration::from_millis(3900),
            "{} {} after {after:?}",
            request.method,
            request.target
        );
    }
}

/// A call in the terminal says that it waits, and what for; a signal ends it.
#[track_caller]
fn waits(run: &Lumabill, words: &str) {
    let mut child = run.command().stdin(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("waiting ") && line.contains(words), "{line}");
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success() && !child.wait().unwrap().success());
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert!(printed.is_empty(), "{printed}");
}

#[test]
fn a_short_wait_is_part_of_the_call_and_a_long_one_is_an_error() {
    let server = api();
    let home = Arc::new(Home::new());
    let run = serve(&home, &server.url()).env("LUMABILL_RATE_LIMIT", "2/1");
    let mut session = McpSession::start(&run, Era::Modern);
    for _ in 0..2 {
        session.call("get_client", json!({ "id": CLIENT })).done();
    }
    let asked = Instant::now();
    let refused = session.call("get_client", json!({ "id": CLIENT })).refused();
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let error = &refused.structured["error"];
    let wait = error["retry_after_s"].as_u64().unwrap();
    assert!((50..=61).contains(&wait), "{error}");
    assert_eq!((&error["code"], &error["sent"]), (&json!("rate_limited"), &json!("nothing_sent")));
    for words in ["2 reads a minute", "all programs on this machine", &format!("call again in {wait} s")] {
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
    }
    assert_eq!(server.requests().len(), 2, "nothing more was sent");
    // The terminal is one of those programs.
    waits(&run.clone().with_arguments(&["call", "get_client", &format!("id={CLIENT}")]), "2 reads a minute");
    assert_eq!(server.requests().len(), 2);

    thread::sleep(Duration::from_secs(wait - 4).saturating_sub(asked.elapsed()));
    let params = json!({
        "name": "get_client", "arguments": { "id": CLIENT }, "_meta": { "progressToken": "p" }
    });
    let waiting = session.request("tools/call", params);
    let told = session.notified("notifications/progress");
    let message = told["params"]["message"].as_str().unwrap();
    assert!(message.starts_with("waiting ") && message.contains("2 reads a minute"), "{told}");
    assert_eq!(server.requests().len(), 2);
    assert_ne!(session.answer(&waiting)["result"]["isError"], true);
    let times = arrivals(&server, false);
    assert!(times[2] - times[0] >= Duration::from_secs(60), "{:?}", times[2] - times[0]);
}

#[test]
fn an_unusable_folder_still_limits() {
    let server = api();
    let home = Arc::new(Home::new());
    fs::write(home.path().join("state/limits"), "no folder").unwrap();
    let run = serve(&home, &server.url()).env("LUMABILL_RATE_LIMIT", "8/4");
    let mut session = McpSession::start(&run, Era::Modern);
    for _ in 0..2 {
        session.call("get_client", json!({ "id": CLIENT })).done();
    }
    for _ in 0..3 {
        let refused = session.call("get_client", json!({ "id": CLIENT })).refused();
        assert_eq!(refused.structured["error"]["code"], "rate_limited", "{}", refused.text);
    }
    assert_eq!(server.requests().len(), 2, "a quarter of 8");
    let stderr = session.stderr();
    assert_eq!(stderr.matches("rate limits cannot be shared").count(), 1, "{stderr}");
}

#[test]
fn each_key_has_limits_of_its_own_and_is_named_nowhere() {
    let server = api();
    let home = Arc::new(Home::new());
    let call = |key: &str| {
        Lumabill::at(&home, &["call", "get_client", &format!("id={CLIENT}")])
            .with_api(&server.url(), key)
            .env("LUMABILL_RATE_LIMIT", "1/1")
    };
    call(PLANTED_KEY).run().exits(0);
    waits(&call(PLANTED_KEY), "1 reads a minute");
    call("lmb_another_Zk4Vq8Tn2Xw6Rb9Yc3Hd7Jf5Ls").run().exits(0);
    let files = home.files();
    let limits: Vec<_> =
        files.iter().filter(|(path, _)| path.starts_with(home.path().join("state/limits"))).collect();
    assert_eq!(limits.len(), 2, "{limits:?}");
    for (path, bytes) in files {
        assert!(!path.display().to_string().contains("lmb_"), "{}", path.display());
        assert!(!String::from_utf8_lossy(&bytes).contains("lmb_"), "{}", path.display());
    }
}

#[test]
fn what_a_login_asks_counts_too() {
    let server = api();
    let home = Arc::new(Home::new());
    let run = |arguments: &[&str]| Lumabill::at(&home, arguments).env("LUMABILL_RATE_LIMIT", "1/1");
    let login = ["login", "--with-token", "--insecure-storage", "--api-url", &server.url()];
    run(&login).input(format!("{PLANTED_KEY}\n")).run().exits(0);
    let asked = server.requests().len();
    assert_eq!(asked, 2, "the profiles, and whether the key may write");
    waits(&run(&["call", "get_client", &format!("id={CLIENT}")]), "1 reads a minute");
    assert_eq!(server.requests().len(), asked);
}
