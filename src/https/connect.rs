//! Makes the connections: what they trust, how long they are kept, and why one did not come about.

use std::error::Error;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Moment;
use super::roots::{self, Roots, Trust};
use super::trouble::{Trouble, Unreachable};
use super::{Origin, Safety};
use crate::text::in_line;

/// For the name, the connection and the handshake together.
pub const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept for reads, which may be repeated where it turns out to be dead.
const IDLE: Duration = Duration::from_secs(18);
/// The same for writes, whose fate would be unknown: on a connection that was idle for longer, a write may cross
/// the server's own end of it (the shortest default in wide use is 2 s), or vanish in a network that is gone.
/// A new connection costs a write 0.1 ms on loopback and two round trips elsewhere, a lost answer ten seconds of
/// looking it up.
const IDLE_BEFORE_WRITE: Duration = Duration::from_secs(1);
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
    idle: Idle,
    pools: Mutex<Option<Pools>>,
}

/// How long connections are kept.
#[derive(Clone, Copy)]
struct Idle {
    read: Duration,
    write: Duration,
}

/// The kept connections. Reads and writes have their own, since a pool has one idle time for all.
struct Pools {
    made: Moment,
    roots: Option<Roots>,
    read: Option<reqwest::Client>,
    write: Option<reqwest::Client>,
}

impl Connector {
    pub fn new(origin: Origin, trust: Trust, user_agent: String) -> Self {
        let idle = Idle { read: IDLE, write: IDLE_BEFORE_WRITE };
        Self { origin, trust, user_agent, idle, pools: Mutex::new(None) }
    }

    /// With other idle times, for tests.
    #[cfg(test)]
    pub fn keep_for(&mut self, read: Duration, write: Duration) {
        self.idle = Idle { read, write };
    }

    /// As if the machine had slept since the connections were made.
    #[cfg(test)]
    pub fn sleep(&self, time: Duration) {
        if let Some(pools) = self.pools.lock().unwrap().as_mut() {
            pools.made = pools.made.slept(time);
        }
    }

    /// The client with the kept connections that are good enough for such a request.
    pub fn client(&self, safety: Safety) -> Result<reqwest::Client, Trouble> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match &mut *pools {
            Some(known) if known.made.drift() < SLEPT => known,
            outdated => {
                let roots = self.roots()?;
                outdated.insert(Pools { made: Moment::now(), roots, read: None, write: None })
            }
        };
        let (client, idle) = match safety {
            Safety::Read => (&mut known.read, self.idle.read),
            Safety::Write => (&mut known.write, self.idle.write),
        };
        if let Some(client) = client {
            return Ok(client.clone());
        }
        let made = self.build(known.roots.as_ref(), idle)?;
        Ok(client.insert(made).clone())
    }

    /// Host and port of the proxy that a connection goes through, by variables or the system's settings.
    pub fn proxy(&self) -> Option<String> {
        if self.origin.is_loopback() {
            return None;
        }
        let there = self.origin.to_string().parse().ok()?;
        // What the HTTP client asks too. Its address may hold a password before the host.
        let proxy = hyper_util::client::proxy::matcher::Matcher::from_system().intercept(&there)?;
        let port = proxy.uri().port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}{port}", proxy.uri().host()?))
    }

    /// `None` without encryption: no handshake will take place, so no roots are read.
    fn roots(&self) -> Result<Option<Roots>, Trouble> {
        if !self.origin.is_encrypted() {
            return Ok(None);
        }
        roots::read(&self.trust).map(Some).map_err(|why| Trouble::NoTrust { why })
    }

    fn build(&self, roots: Option<&Roots>, idle: Duration) -> Result<reqwest::Client, Trouble> {
        let mut builder = builder()
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .https_only(roots.is_some())
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(idle);
        if self.origin.is_loopback() {
            builder = builder.no_proxy();
        }
        builder = match roots {
            Some(roots) => roots.apply(builder),
            None => roots::none(builder).map_err(|why| Trouble::NoTrust { why })?,
        };
        builder.build().map_err(|error| Trouble::NoTrust { why: innermost(&error.without_url()) })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where all clients are built")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

/// Why an attempt got no answer.
pub fn failed(error: &reqwest::Error, host: &str) -> Trouble {
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
    Trouble::Unreachable { host: host_name, why }
}

/// Why an answer stopped.
pub fn broken(error: &reqwest::Error, host: &str) -> Trouble {
    let host = host.to_owned();
    let no_http = chain(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|cause| cause.is_parse() && !cause.is_incomplete_message());
    if no_http {
        return Trouble::NotHttp { host };
    }
    Trouble::Broken { host }
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
