//! The loopback HTTP server: connections, bodies, and the faults that strike outside of a request's handling.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};

use super::answer::Error;
use super::clock::stamp;
use super::faults::{Faults, Kind};
use super::reply::{Ending, Payload, Reply};
use super::requests::{self, Request, State, Twist};
use super::spec::Spec;
use super::wire::Wire;

/// The largest body that is read.
const LARGEST_BODY: usize = 25 * 1024 * 1024;
/// A body beyond the limit is read on to here, so that the client gets its 413 instead of a broken pipe.
const LARGEST_DRAIN: usize = 4 * LARGEST_BODY;

/// A running server's parts.
pub struct Server {
    pub state: State,
    pub faults: Faults,
    pub trace: bool,
}

/// What becomes of a request.
enum Outcome {
    Answered(Reply, Ending),
    Dropped,
}

impl Server {
    /// Accepts connections until `stop` resolves.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let server = Rc::new(self);
        let local = LocalSet::new();
        let accept = async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    // Out of descriptors, for example: yield to the connections that will free some.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                drop(stream.set_nodelay(true));
                let server = Rc::clone(&server);
                spawn_local(async move {
                    let reset = Rc::new(Cell::new(false));
                    let wire = TokioIo::new(Wire::new(stream, Rc::clone(&reset)));
                    let service =
                        service_fn(move |request| Rc::clone(&server).respond(request, Rc::clone(&reset)));
                    // A connection that ends badly concerns its client only.
                    drop(http1::Builder::new().serve_connection(wire, service).await);
                });
            }
        };
        local
            .run_until(async {
                tokio::select! {
                    () = accept => {}
                    () = stop => {}
                }
            })
            .await;
    }

    async fn respond(
        self: Rc<Self>,
        request: hyper::Request<Incoming>,
        reset: Rc<Cell<bool>>,
    ) -> Result<hyper::Response<Payload>, io::Error> {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let request = Request { parts, body: read(body).await?, id: super::ids::new() };
        let outcome = self.outcome(&request).await;
        self.note(&request, &outcome, began);
        match outcome {
            Outcome::Dropped => {
                reset.set(true);
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Outcome::Answered(mut reply, ending) => {
                let now = self.state.clock.now().timestamp();
                let date = httpdate::fmt_http_date(SystemTime::from(now));
                reply.headers.push(("date", date));
                reply.headers.push(("x-lumabill-sandbox", "1".to_owned()));
                reply.headers.push(("x-request-id", request.id));
                Ok(reply.into_response(ending))
            }
        }
    }

    async fn outcome(&self, request: &Request) -> Outcome {
        let spec = match Spec::built_in() {
            Ok(spec) => spec,
            Err(why) => {
                let error = Error::new(500, "description_damaged", why);
                return Outcome::Answered(requests::refusal(&error, &request.id, None), Ending::Whole);
            }
        };
        let path = request.parts.uri.path();
        if path == "/openapi.json" && request.parts.method == hyper::Method::GET {
            let body = spec.document.to_string().into_bytes();
            return Outcome::Answered(Reply::new(200, "application/json", body), Ending::Whole);
        }
        let routed = requests::route(spec, request);
        let id = routed.as_ref().map_or("", |(operation, _)| &operation.id);
        let faults = self.faults.strike(request.parts.method.as_str(), path, id);
        if let Some(outcome) = self.before(request, &faults).await {
            return outcome;
        }
        let twist = Twist::of(&faults);
        let reply = match routed {
            Ok(routed) => requests::answer(&self.state, spec, request, routed, twist),
            Err(error) => requests::refusal(&error, &request.id, twist.errors),
        };
        after(request, reply, &faults)
    }

    /// The faults that strike before anything is done.
    async fn before(&self, request: &Request, faults: &[Kind]) -> Option<Outcome> {
        let shape = Twist::of(faults).errors;
        let refuse = |error: &Error| {
            Some(Outcome::Answered(requests::refusal(error, &request.id, shape), Ending::Whole))
        };
        for fault in faults {
            match fault {
                Kind::Latency(time) => tokio::time::sleep(*time).await,
                Kind::TooMany(seconds) => {
                    let error = Error::new(429, "rate_limited", "too many requests a minute");
                    return refuse(&Error { retry_after: Some(*seconds), ..error });
                }
                Kind::ErrorBefore => {
                    return refuse(&Error::new(500, "internal_error", "something went wrong"));
                }
                Kind::UnavailableBefore => return refuse(&Error::new(503, "unavailable", "try again later")),
                Kind::ResetBefore => return Some(Outcome::Dropped),
                Kind::Html => {
                    let page = b"<!doctype html><title>Lumabill</title><h1>Please sign in</h1>\n".to_vec();
                    return Some(Outcome::Answered(Reply::new(200, "text/html", page), Ending::Whole));
                }
                Kind::Silent => match std::future::pending::<Infallible>().await {},
                _ => {}
            }
        }
        None
    }

    /// One line a request on stderr: no key, no body.
    fn note(&self, request: &Request, outcome: &Outcome, began: Instant) {
        if self.trace {
            let status = match outcome {
                Outcome::Answered(reply, _) => reply.status.to_string(),
                Outcome::Dropped => "dropped".to_owned(),
            };
            let (method, target) = (&request.parts.method, &request.parts.uri);
            let line = format!(
                "{} {status} {method} {target} {} ms {}\n",
                stamp(&self.state.clock.now()),
                began.elapsed().as_millis(),
                request.id
            );
            drop(io::stderr().lock().write_all(line.as_bytes()));
        }
    }
}

/// The faults that strike when the change is committed.
fn after(request: &Request, mut reply: Reply, faults: &[Kind]) -> Outcome {
    let mut ending = Ending::Whole;
    for fault in faults {
        match fault {
            Kind::ErrorAfter => {
                let error = Error::new(500, "internal_error", "something went wrong");
                reply = requests::refusal(&error, &request.id, Twist::of(faults).errors);
            }
            Kind::ResetAfter => return Outcome::Dropped,
            Kind::Cut => ending = Ending::Cut,
            Kind::HalfJson => reply.body.truncate(reply.body.len() / 2),
            Kind::Huge => ending = Ending::Endless,
            _ => {}
        }
    }
    Outcome::Answered(reply, ending)
}

/// Reads a body; none when it is larger than allowed.
async fn read(mut body: Incoming) -> Result<Option<Vec<u8>>, io::Error> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        length += data.len();
        if length <= LARGEST_BODY {
            bytes.extend_from_slice(&data);
        } else if length > LARGEST_DRAIN {
            break;
        }
    }
    Ok((length <= LARGEST_BODY).then_some(bytes))
}
