//! Kept connections that are dead when a write comes: their bytes vanish, or the server has ended them. The write
//! takes another connection, and what became of it is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::scripted_books::{answer, id, profiles, run};
use crate::support::{Answer, Era, Gate, McpSession, Recorded, ScriptedServer, json as json_answer};

/// Creates are answered with a record whose number counts them.
fn created(n: usize) -> Vec<u8> {
    json_answer(201, &json!({ "id": id(n), "name": format!("Neu {n} AG") }).to_string())
}

fn is_create(request: &Recorded) -> bool {
    request.method == "POST"
}

fn creates(server: &ScriptedServer) -> Vec<Recorded> {
    server.requests().into_iter().filter(is_create).collect()
}

/// Creates one client; it must be created, at once, by a single request on this connection or another.
#[track_caller]
fn create(session: &mut McpSession, server: &ScriptedServer, name: &str) -> usize {
    let before = creates(server).len();
    let began = Instant::now();
    let result = session.call("create_client", json!({ "name": name })).done();
    assert_eq!(result.structured["created"], true, "{}", result.text);
    assert!(began.elapsed() < Duration::from_secs(5), "{name} took {:?}", began.elapsed());
    let creates = creates(server);
    assert_eq!(creates.len(), before + 1, "{name} was sent once");
    creates[before].connection
}

/// The last bytes on every connection that is open now vanish; new ones work.
#[test]
fn a_connection_that_went_dead_while_asleep_takes_no_write_and_holds_up_no_read() {
    let (dead, newest) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (limit, seen) = (Arc::clone(&dead), Arc::clone(&newest));
    let server = ScriptedServer::start(move |request| {
        seen.fetch_max(request.connection + 1, Ordering::SeqCst);
        match request {
            dead if dead.connection < limit.load(Ordering::SeqCst) => Answer::Silence,
            create if is_create(create) => Answer::Bytes(created(1)),
            read if read.target.starts_with("/v1/profiles") => profiles(),
            _ => answer(200, &json!({ "id": id(1), "name": "Neu 1 AG" })),
        }
    });
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let first = create(&mut session, &server, "before");
    session.call("get_client", json!({ "id": id(1) })).done();
    dead.store(newest.load(Ordering::SeqCst), Ordering::SeqCst);
    session.signal("STOP");
    // The time itself is what is tested: connections are kept for up to 18 s.
    thread::sleep(Duration::from_millis(20_500));
    session.signal("CONT");
    let second = create(&mut session, &server, "after");
    assert!(second > first, "a new connection, not {second} after {first}");
    let began = Instant::now();
    session.call("get_client", json!({ "id": id(1) })).done();
    assert!(began.elapsed() < Duration::from_secs(5), "a read took {:?}", began.elapsed());
}

/// Awake, but the network changed under it: two seconds are enough.
#[test]
fn a_connection_that_went_dead_while_idle_takes_no_write() {
    let dead = Arc::new(AtomicBool::new(false));
    let is_dead = Arc::clone(&dead);
    let server = ScriptedServer::start(move |request| match request {
        create if is_create(create) && create.connection > 1 => Answer::Bytes(created(2)),
        _ if is_dead.load(Ordering::SeqCst) => Answer::Silence,
        create if is_create(create) => Answer::Bytes(created(1)),
        _ => profiles(),
    });
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let first = create(&mut session, &server, "before");
    dead.store(true, Ordering::SeqCst);
    thread::sleep(Duration::from_secs(2));
    assert!(create(&mut session, &server, "after") > first);
}

/// Creates follow each other quickly enough for the connection to be kept, and each answer ends it.
#[test]
fn a_connection_that_the_server_ended_takes_no_write() {
    for reset in [false, true] {
        for idle in [20, 300, 2_000] {
            let gate = Gate::default();
            let ends = gate.clone();
            let server = ScriptedServer::start(move |request| match request {
                create if is_create(create) => Answer::Until { bytes: created(1), gate: ends.clone(), reset },
                _ => profiles(),
            });
            gate.open();
            let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
            for n in 0..3 {
                create(&mut session, &server, &format!("{n}, {idle} ms after the last, reset: {reset}"));
                thread::sleep(Duration::from_millis(idle));
            }
        }
    }
}

/// The end of the connection and the next call lie ready at the same moment when the process wakes up.
#[test]
fn a_connection_that_ended_while_stopped_takes_no_write() {
    for reset in [false, true] {
        let gates: Arc<Vec<Gate>> = Arc::new((0..12).map(|_| Gate::default()).collect());
        let (own, count) = (Arc::clone(&gates), AtomicUsize::new(0));
        let server = ScriptedServer::start(move |request| match request {
            create if is_create(create) => {
                let n = count.fetch_add(1, Ordering::SeqCst);
                Answer::Until { bytes: created(n), gate: own[n].clone(), reset }
            }
            _ => profiles(),
        });
        let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
        for (n, gate) in gates.iter().enumerate() {
            let result = if n == 0 {
                session.call("create_client", json!({ "name": "first" }))
            } else {
                session.signal("STOP");
                gates[n - 1].open();
                let call = session.send_call("create_client", json!({ "name": format!("next {n}") }));
                // Until both have arrived; nobody tells when.
                thread::sleep(Duration::from_millis(100));
                session.signal("CONT");
                let answer = session.answer(&call);
                assert_eq!(answer["result"]["structuredContent"]["created"], true, "{n}: {answer}");
                assert_eq!(creates(&server).len(), n + 1, "sent once");
                continue;
            };
            assert_eq!(result.done().structured["created"], true);
            drop(gate.clone());
        }
    }
}
