//! Makes the connections: what they trust, how long they are kept, and why one did not come about.

use std::error::Error;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Moment;
use super::error::{ApiError, Unreachable};
use super::roots::{self, Trust};
use crate::credentials::Origin;
use crate::text::in_line;

/// For the name, the connection and the handshake together.
pub const CONNECT: Duration = Duration::from_secs(5);
/// With [`SLEPT`] this stays below the 20 s after which a write takes a new connection.
const IDLE: Duration = Duration::from_secs(18);
/// When the two clocks differ by more since the pool was made, the machine slept and every kept
/// connection is suspect, though the steady clock may take it for young.
const SLEPT: Duration = Duration::from_secs(2);

/// Characters of a cause in the words of a library.
const CAUSE: usize = 300;

/// Connections to one origin, made on the first use.
pub struct Connector {
    origin: Origin,
    trust: Trust,
    user_agent: String,
    idle: Duration,
    pool: Mutex<Option<(Moment, reqwest::Client)>>,
}

impl Connector {
    pub fn new(origin: Origin, trust: Trust, user_agent: String) -> Self {
        Self { origin, trust, user_agent, idle: IDLE, pool: Mutex::new(None) }
    }

    /// With another idle time, for tests.
    #[cfg(test)]
    pub fn keep_for(&mut self, idle: Duration) {
        self.idle = idle;
    }

    /// As if the machine had slept since the connections were made.
    #[cfg(test)]
    pub fn sleep(&self, time: Duration) {
        if let Some((made, _)) = self.pool.lock().unwrap().as_mut() {
            *made = made.slept(time);
        }
    }

    /// The client with its kept connections, none of which has been idle for more than 20 s.
    pub fn client(&self) -> Result<reqwest::Client, ApiError> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, client)) = pool.as_ref()
            && made.drift() < SLEPT
        {
            return Ok(client.clone());
        }
        let client = self.build()?;
        *pool = Some((Moment::now(), client.clone()));
        Ok(client)
    }

    fn build(&self) -> Result<reqwest::Client, ApiError> {
        let encrypted = self.origin.is_encrypted();
        let mut builder = builder()
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .https_only(encrypted)
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(self.idle);
        if self.origin.is_loopback() {
            builder = builder.no_proxy();
        }
        builder = if encrypted {
            roots::apply(builder, &self.trust).map_err(|why| ApiError::NoTrust { why })?
        } else {
            // No handshake will take place, so no roots are read.
            roots::none(builder).map_err(|why| ApiError::NoTrust { why })?
        };
        builder.build().map_err(|error| ApiError::NoTrust { why: innermost(&error.without_url()) })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client of `api`")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

/// Why an attempt got no answer.
pub fn failed(error: &reqwest::Error, host: &str) -> ApiError {
    let host_name = host.to_owned();
    if !error.is_connect() {
        return broken(error, host);
    }
    let why = if let Some(tls) = find::<rustls::Error>(error) {
        match tls {
            rustls::Error::InvalidCertificate(why) => Unreachable::Certificate(certificate(why)),
            other => Unreachable::Tls(in_line(&other.to_string(), CAUSE)),
        }
    } else if error.is_dns() {
        Unreachable::Name
    } else if error.is_timeout() {
        Unreachable::Slow(CONNECT.as_secs())
    } else {
        match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Unreachable::Refused,
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                Unreachable::Other("there is no network that leads there".to_owned())
            }
            _ if chain(error).any(|cause| cause.to_string().contains("tunnel")) => Unreachable::Proxy,
            Some(kind) => Unreachable::Other(kind.to_string()),
            None => Unreachable::Other("the connection was not made".to_owned()),
        }
    };
    ApiError::Unreachable { host: host_name, why }
}

/// Why an answer stopped.
pub fn broken(error: &reqwest::Error, host: &str) -> ApiError {
    let host = host.to_owned();
    let no_http = chain(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|cause| cause.is_parse() && !cause.is_incomplete_message());
    if no_http {
        let what = "something that is not HTTP";
        return ApiError::NotTheApi { host, status: None, what };
    }
    ApiError::Broken { host }
}

fn certificate(why: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Why;
    match why {
        Why::UnknownIssuer => "signed by an unknown authority".to_owned(),
        Why::Expired | Why::ExpiredContext { .. } => "expired".to_owned(),
        Why::NotValidYet | Why::NotValidYetContext { .. } => "not valid yet".to_owned(),
        Why::NotValidForName | Why::NotValidForNameContext { .. } => "made for another name".to_owned(),
        Why::Revoked => "revoked".to_owned(),
        other => in_line(&other.to_string(), CAUSE),
    }
}

/// The error and its causes. Some wrap another in an I/O error, whose `source` passes over it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).filter_map(<dyn Error>::downcast_ref::<E>).last()
}

/// The last cause, which names no address.
fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(|cause| in_line(&cause.to_string(), CAUSE)).unwrap_or_default()
}
