//! Answers as streams: progress, questions, breaks in the middle, cancellation.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::server::{
    Heard, Server, Step, Steps, accepted, end, event, event_with_id, legacy, message, piece, result, stream,
    with,
};
use super::{ask, failure, read, remote, spawn, write};
use crate::bridge::Watch;
use crate::failure::Sent;

fn progress(token: &Value, done: f64) -> Value {
    let params = json!({"progressToken": token, "progress": done, "total": 3, "message": "page"});
    json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
}

/// Done, of, words.
type Told = (f64, Option<f64>, String);

#[tokio::test]
async fn progress_goes_to_who_asked_and_to_nobody_else() {
    let server = Server::start(|heard| {
        legacy(heard, None).unwrap_or_else(|| {
            let token = &heard.json["params"]["_meta"]["progressToken"];
            let steps = vec![stream(), event(&progress(token, 1.0)), event(&progress(&json!(999), 2.0))];
            let more =
                vec![event(&progress(token, 2.5)), event(&message(heard, &json!({"content": []}))), end()];
            [steps, more].concat()
        })
    })
    .await;
    let seen: Arc<Mutex<Vec<Told>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let watch = Watch {
        progress: Some(Arc::new(move |done, of, words: &str| {
            sink.lock().unwrap().push((done, of, words.to_owned()));
        })),
        ..Watch::default()
    };
    let remote = remote(&server.origin);
    remote.request(write(), &watch).await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [(1.0, Some(3.0), "page".to_owned()), (2.5, Some(3.0), "page".to_owned())]
    );
    ask(&remote, read()).await.unwrap();
    let calls: Vec<Heard> = server.heard().into_iter().filter(|heard| heard.what() == "tools/call").collect();
    assert!(calls[1].json["params"]["_meta"].is_null(), "nobody wants progress, nothing is asked for");
}

/// A server that asks for an amount before it answers, on the stream of the call.
fn asking(go: Arc<Notify>) -> impl Fn(&Heard) -> Steps + Send + Sync + 'static {
    move |heard| {
        if heard.json["id"] == "q-1" {
            go.notify_one();
            return accepted();
        }
        legacy(heard, Some("s")).unwrap_or_else(|| {
            let question = json!({"jsonrpc": "2.0", "id": "q-1", "method": "elicitation/create",
                                  "params": {"message": "How much?", "requestedSchema": {}}});
            let rest = [event(&message(heard, &json!({"content": []}))), end()];
            [vec![stream(), event(&question), Step::Wait(Arc::clone(&go))], rest.to_vec()].concat()
        })
    }
}

#[tokio::test]
async fn a_question_in_the_middle_is_put_and_its_answer_is_sent() {
    let server = Server::start(asking(Arc::default())).await;
    let (questions, mut asked) = mpsc::channel(1);
    let watch =
        Watch { questions: Some(questions), elicitation: Some(json!({"form": {}})), ..Watch::default() };
    let remote = Arc::new(remote(&server.origin));
    let call = spawn(&remote, write(), watch);
    let question = asked.recv().await.unwrap();
    assert_eq!(question.params["message"], "How much?");
    question.answer.send(json!({"action": "accept", "content": {"amount": 5}})).unwrap();
    call.await.unwrap().unwrap();
    let answer = server.hears(|heard| heard.json["id"] == "q-1").await;
    assert_eq!(
        answer.json,
        json!({"jsonrpc": "2.0", "id": "q-1", "result": {"action": "accept", "content": {"amount": 5}}})
    );
    assert_eq!(answer.header("mcp-session-id"), Some("s"));
}

#[tokio::test]
async fn a_question_that_nobody_can_be_asked_or_that_is_dropped_is_cancelled() {
    for drops in [false, true] {
        let server = Server::start(asking(Arc::default())).await;
        let (questions, mut asked) = mpsc::channel(1);
        let questions = drops.then_some(questions);
        tokio::spawn(async move { drop(asked.recv().await) });
        let watch = Watch { questions, ..Watch::default() };
        remote(&server.origin).request(write(), &watch).await.unwrap();
        let answer = server.hears(|heard| heard.json["id"] == "q-1").await;
        assert_eq!(answer.json["result"], json!({"action": "cancel"}));
    }
}

/// A server whose first stream of a call ends like this, and that can be resumed where `resumable`.
fn breaking(first: Steps, resumable: bool) -> impl Fn(&Heard) -> Steps + Send + Sync + 'static {
    let call: Mutex<Option<Heard>> = Mutex::default();
    move |heard| {
        if heard.what() == "GET" && heard.header("last-event-id").is_some() {
            let call = call.lock().unwrap().clone().unwrap();
            if !resumable {
                return with("", "404 Not Found", "");
            }
            return vec![stream(), event_with_id("e-9", &message(&call, &json!({"content": []}))), end()];
        }
        legacy(heard, Some("s")).unwrap_or_else(|| {
            let mut call = call.lock().unwrap();
            if call.replace(heard.clone()).is_some() {
                return result(heard, &json!({"again": true}));
            }
            first.clone()
        })
    }
}

#[tokio::test]
async fn a_stream_that_breaks_is_taken_up_where_it_broke() {
    let primed = || vec![stream(), piece("id: e-1\nretry: 60\ndata:\n\n")];
    for rest in [vec![end()], vec![Step::Close], vec![piece("id: e-2\ndata: {\"half\""), Step::Reset]] {
        let server = Server::start(breaking([primed(), rest].concat(), true)).await;
        let answer = ask(&remote(&server.origin), write()).await.unwrap();
        assert!(answer.contains_key("content"));
        let again = server.hears(|heard| heard.header("last-event-id").is_some()).await;
        assert_eq!(again.header("last-event-id"), Some("e-1"), "of the last event that was complete");
        let calls = server.asked().iter().filter(|what| *what == "tools/call").count();
        assert_eq!(calls, 1, "the write was sent once");
    }
}

#[tokio::test]
async fn without_a_way_back_a_read_is_repeated_and_a_write_is_lost() {
    let with_id = vec![stream(), piece("id: e-1\nretry: 60\ndata:\n\n"), Step::Close];
    let without = vec![stream(), piece(": keep\n\n"), Step::Close];
    let half = with_length("{\"jsonrpc\":\"2.0\",\"id\":3,\"resu");
    for (first, resumable) in [(with_id, false), (without, true), (half, true), (vec![Step::Reset], true)] {
        let server = Server::start(breaking(first.clone(), resumable)).await;
        let answer = ask(&remote(&server.origin), read()).await.unwrap();
        assert_eq!(answer["again"], true);
        let server = Server::start(breaking(first, resumable)).await;
        let failure = failure(ask(&remote(&server.origin), write()).await);
        assert_eq!((failure.code, failure.sent), ("answer_cut", Sent::Unknown));
        let calls = server.asked().iter().filter(|what| *what == "tools/call").count();
        assert_eq!(calls, 1, "a write is never sent again");
    }
}

/// An answer that promises more than it holds, and ends.
fn with_length(body: &str) -> Steps {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n";
    vec![Step::Say(format!("{head}{body}").into_bytes()), Step::Close]
}

#[tokio::test]
async fn a_read_that_is_cancelled_ends_at_once_and_the_server_is_told() {
    let server = Server::start(|heard| {
        legacy(heard, Some("s")).unwrap_or_else(|| vec![stream(), piece(": keep\n\n"), Step::Hold])
    })
    .await;
    let watch = Watch::default();
    let remote = Arc::new(remote(&server.origin));
    let call = spawn(&remote, read(), watch.clone());
    let heard = server.hears(|heard| heard.what() == "tools/call").await;
    watch.cancelled.cancel();
    let failure = failure(tokio::time::timeout(Duration::from_secs(1), call).await.unwrap().unwrap());
    assert_eq!((failure.code, failure.sent), ("cancelled", Sent::Nothing));
    let told = server.hears(|heard| heard.what() == "notifications/cancelled").await;
    assert_eq!(told.json["params"]["requestId"], heard.json["id"]);
}

#[tokio::test]
async fn a_write_that_left_runs_to_its_end_and_one_that_did_not_is_not_sent() {
    let go: Arc<Notify> = Arc::default();
    let wait = Arc::clone(&go);
    let server = Server::start(move |heard| {
        legacy(heard, Some("s")).unwrap_or_else(|| {
            [vec![Step::Wait(Arc::clone(&wait))], result(heard, &json!({"sent": true}))].concat()
        })
    })
    .await;
    let watch = Watch::default();
    let remote = Arc::new(remote(&server.origin));
    let call = spawn(&remote, write(), watch.clone());
    server.hears(|heard| heard.what() == "tools/call").await;
    watch.cancelled.cancel();
    go.notify_one();
    assert_eq!(call.await.unwrap().unwrap()["sent"], true);
    let failure = failure(remote.request(write(), &watch).await);
    assert_eq!((failure.code, failure.sent), ("cancelled", Sent::Nothing));
    assert_eq!(server.asked().iter().filter(|what| *what == "tools/call").count(), 1);
}

#[tokio::test]
async fn silence_ends_when_the_time_is_over() {
    let server = Server::start(|heard| {
        legacy(heard, Some("s")).unwrap_or_else(|| vec![stream(), piece(": keep\n\n"), Step::Hold])
    })
    .await;
    for (mut request, sent) in [(read(), Sent::Unknown), (write(), Sent::Unknown)] {
        request.until = Instant::now() + Duration::from_millis(600);
        let begun = Instant::now();
        let failure = failure(ask(&remote(&server.origin), request).await);
        assert_eq!((failure.code, failure.sent), ("no_answer", sent));
        assert!(begun.elapsed() < Duration::from_millis(1200));
    }
}

#[tokio::test]
async fn the_connection_of_a_stream_is_kept_though_its_end_comes_late() {
    let server = Server::start(|heard| {
        legacy(heard, None).unwrap_or_else(|| {
            let pause = Step::Pause(Duration::from_millis(30));
            vec![stream(), event(&message(heard, &json!({}))), pause, end()]
        })
    })
    .await;
    let remote = remote(&server.origin);
    let mut connections = std::collections::BTreeSet::new();
    for _ in 0..4 {
        ask(&remote, read()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    connections.extend(
        server.heard().iter().filter(|heard| heard.what() == "tools/call").map(|heard| heard.connection),
    );
    assert_eq!(connections.len(), 1, "{connections:?}");
}

#[tokio::test]
async fn a_stream_that_floods_without_an_answer_is_given_up() {
    let noise = piece(&format!(": {}\n", "x".repeat(1024 * 1024)));
    let server = Server::start(move |heard| {
        legacy(heard, None).unwrap_or_else(|| {
            let mut steps = vec![stream()];
            steps.extend(std::iter::repeat_n(noise.clone(), 66));
            steps.push(Step::Hold);
            steps
        })
    })
    .await;
    let failure = failure(ask(&remote(&server.origin), write()).await);
    assert!(failure.message.contains("larger than"), "{}", failure.message);
    assert_eq!(failure.sent, Sent::Unknown, "it was sent");
}

#[tokio::test]
async fn a_server_that_floods_with_requests_is_not_answered_without_end() {
    let server = Server::start(|heard| {
        if heard.what() == "POST" {
            return vec![Step::Hold];
        }
        legacy(heard, None).unwrap_or_else(|| {
            let ping = |id| event(&json!({"jsonrpc": "2.0", "id": id, "method": "ping"}));
            let mut steps = vec![stream()];
            steps.extend((0..100).map(ping));
            steps.extend([event(&message(heard, &json!({"content": []}))), end()]);
            steps
        })
    })
    .await;
    let remote = remote(&server.origin);
    ask(&remote, read()).await.unwrap();
    let answers = || server.asked().iter().filter(|what| *what == "POST").count();
    server.hears(|_| answers() == 32).await;
    ask(&remote, read()).await.unwrap();
    assert_eq!(answers(), 32);
}
