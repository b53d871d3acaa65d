//! The HTTP reply: status, headers, and a body that can also be cut off or never end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// A reply before it is sent.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub media: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, media: &'static str, body: Vec<u8>) -> Self {
        Self { status, media, headers: Vec::new(), body }
    }

    /// The reply for hyper; `ending` says how its body ends.
    pub fn into_response(self, ending: Ending) -> Response<Payload> {
        let mut response = Response::new(Payload::new(self.body, ending));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if self.status != 204 {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Whole,
    /// After half of it the connection is dropped.
    Cut,
    /// Never.
    Endless,
}

/// A response body.
#[derive(Debug)]
pub struct Payload {
    rest: Option<Bytes>,
    /// What `Content-Length` says.
    length: u64,
    ending: Ending,
    paused: bool,
}

impl Payload {
    fn new(mut body: Vec<u8>, ending: Ending) -> Self {
        let length = body.len() as u64;
        match ending {
            Ending::Whole => {}
            Ending::Cut => body.truncate(body.len() / 2),
            Ending::Endless => body = br#"{"data":["#.to_vec(),
        }
        let rest = (!body.is_empty()).then(|| Bytes::from(body));
        Self { rest, length, ending, paused: false }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.ending {
            Ending::Whole => Poll::Ready(None),
            Ending::Endless => {
                let row = br#"{"id":"00000000-0000-4000-8000-000000000000","name":"one more"},"#;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from(row.repeat(256))))))
            }
            // Pausing once lets the first half leave before the connection breaks.
            Ending::Cut if !self.paused => {
                self.paused = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ending::Cut => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ending == Ending::Whole && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.ending {
            Ending::Whole => SizeHint::with_exact(self.rest.as_ref().map_or(0, |rest| rest.len() as u64)),
            Ending::Cut => SizeHint::with_exact(self.length),
            Ending::Endless => SizeHint::default(),
        }
    }
}
