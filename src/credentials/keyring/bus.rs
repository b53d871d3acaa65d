//! [`Bus`]: a connection to the session bus that asks and waits, without a runtime or a thread of its own.
//! It has no time limits: [`super::Keyring`] gives each call a thread and a limit. Dropped, it is closed.

pub mod wire;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use super::KeyringError;
use crate::settings::SessionBus;
use wire::{Body, ERROR, Message, REPLY, SIGNAL, Target};

/// The bus itself.
pub const DAEMON: Target<'static> = Target {
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
};

/// No line of the greeting is longer.
const LONGEST_LINE: u64 = 4096;

/// Characters of it that an error shows.
const MOST_SHOWN: usize = 200;

/// Signals that are kept while an answer is awaited.
const MOST_SIGNALS: usize = 256;

/// A connection under a name of its own.
#[derive(Debug)]
pub struct Bus {
    stream: BufReader<UnixStream>,
    serial: u32,
    /// Signals that came while an answer was awaited, in their order.
    signals: VecDeque<Message>,
}

impl Bus {
    /// The bus of this session: the first of its addresses at which something listens.
    pub fn session() -> Result<Self, KeyringError> {
        let stream = match SessionBus::of_this_process() {
            SessionBus::Socket(path) => UnixStream::connect(path).map_err(|error| unreachable(&error))?,
            SessionBus::Addresses(addresses) => connect(&addresses)?,
        };
        Self::over(stream)
    }

    /// The bus at the other end of `stream`.
    pub fn over(stream: UnixStream) -> Result<Self, KeyringError> {
        let mut bus = Self { stream: BufReader::new(stream), serial: 0, signals: VecDeque::new() };
        bus.authenticate().map_err(|error| lost(&error))?;
        bus.call(DAEMON, "Hello", Body::default())?;
        Ok(bus)
    }

    /// Says who we are, which the bus checks by the socket. One line at a time: a sandbox's proxy of the
    /// bus takes no more.
    fn authenticate(&mut self) -> io::Result<()> {
        let user = rustix::process::geteuid().as_raw().to_string();
        // Decimal digits, each in hexadecimal: `3` and itself.
        let hex: String = user.chars().flat_map(|digit| ['3', digit]).collect();
        self.stream.get_mut().write_all(format!("\0AUTH EXTERNAL {hex}\r\n").as_bytes())?;
        let mut line = String::new();
        (&mut self.stream).take(LONGEST_LINE).read_line(&mut line)?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !line.starts_with("OK") {
            let line: String = line.trim_end().chars().take(MOST_SHOWN).collect();
            let says = format!("the session bus did not let this user in: {line}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, says));
        }
        self.stream.get_mut().write_all(b"BEGIN\r\n")
    }

    /// Calls `member` at `target` and waits for the answer, however long it takes.
    pub fn call(&mut self, target: Target<'_>, member: &str, body: Body) -> Result<Message, KeyringError> {
        self.serial += 1;
        let bytes = body.call(self.serial, target, member);
        self.stream.get_mut().write_all(&bytes).map_err(|error| lost(&error))?;
        loop {
            let message = self.receive()?;
            match message.kind {
                // Nobody waits for so many, and the thread may outlive the patience of its caller.
                SIGNAL if self.signals.len() >= MOST_SIGNALS => {
                    return Err(KeyringError::Failed("the session bus is flooded with signals".to_owned()));
                }
                SIGNAL => self.signals.push_back(message),
                REPLY if message.answers == Some(self.serial) => return Ok(message),
                ERROR if message.answers == Some(self.serial) => {
                    return Err(KeyringError::of_bus(&message.error, message.text()));
                }
                _ => {}
            }
        }
    }

    /// Asks the bus for the signals that match `rule`.
    pub fn listen(&mut self, rule: &str) -> Result<(), KeyringError> {
        self.call(DAEMON, "AddMatch", Body::new("s").text(rule)).map(drop)
    }

    /// The next signal, however long it takes to come.
    pub fn next_signal(&mut self) -> Result<Message, KeyringError> {
        if let Some(signal) = self.signals.pop_front() {
            return Ok(signal);
        }
        loop {
            let message = self.receive()?;
            if message.kind == SIGNAL {
                return Ok(message);
            }
        }
    }

    fn receive(&mut self) -> Result<Message, KeyringError> {
        Message::read(&mut self.stream).map_err(|error| lost(&error))
    }
}

/// Nothing listens at an address, or it may not be opened.
fn unreachable(error: &io::Error) -> KeyringError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => KeyringError::NoBus,
        _ => KeyringError::Unopened(format!("the session bus cannot be opened: {error}")),
    }
}

/// The connection broke.
pub fn lost(error: &io::Error) -> KeyringError {
    KeyringError::Failed(match error.kind() {
        io::ErrorKind::UnexpectedEof => "the session bus closed the connection".to_owned(),
        _ => error.to_string(),
    })
}

/// Tries addresses as they stand in `DBUS_SESSION_BUS_ADDRESS`, in their order.
fn connect(addresses: &str) -> Result<UnixStream, KeyringError> {
    let mut failure = KeyringError::NoBus;
    for address in addresses.split(';').filter(|address| !address.is_empty()) {
        match Place::of(address) {
            Some(place) => match place.connect() {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = unreachable(&error),
            },
            None => {
                failure = KeyringError::Unopened(format!(
                    "the session bus is at `{address}`, and only `unix:path=` and `unix:abstract=` can be opened"
                ));
            }
        }
    }
    Err(failure)
}

/// Where a bus listens.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    /// A name without a file; Linux only.
    Abstract(Vec<u8>),
}

impl Place {
    /// `unix:path=/run/user/1000/bus,guid=…`; `None` for what is no socket of this machine.
    fn of(address: &str) -> Option<Self> {
        let pairs = address.strip_prefix("unix:")?;
        pairs.split(',').filter_map(|pair| pair.split_once('=')).find_map(|(name, value)| match name {
            "path" => Some(Self::File(OsString::from_vec(unescaped(value)?).into())),
            "abstract" => unescaped(value).map(Self::Abstract),
            _ => None,
        })
    }

    fn connect(&self) -> io::Result<UnixStream> {
        match self {
            Self::File(path) => UnixStream::connect(path),
            #[cfg(target_os = "linux")]
            Self::Abstract(name) => {
                use std::os::linux::net::SocketAddrExt;
                use std::os::unix::net::SocketAddr;
                UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?)
            }
            #[cfg(not(target_os = "linux"))]
            Self::Abstract(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// Addresses write odd bytes as `%` and two hexadecimal digits.
fn unescaped(value: &str) -> Option<Vec<u8>> {
    let mut parts = value.split('%');
    let mut bytes = parts.next()?.as_bytes().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{KeyringError, Place, connect};

    #[test]
    fn addresses_are_read_as_the_bus_writes_them() {
        let file = |path: &str| Some(Place::File(path.into()));
        assert_eq!(Place::of("unix:path=/run/user/1000/bus"), file("/run/user/1000/bus"));
        assert_eq!(Place::of("unix:guid=0a,path=/tmp/a%20b%2c"), file("/tmp/a b,"));
        assert_eq!(
            Place::of("unix:abstract=/tmp/dbus-x,guid=1"),
            Some(Place::Abstract(b"/tmp/dbus-x".into()))
        );
        for other in
            ["tcp:host=localhost,port=1", "unixexec:path=ssh", "unix:runtime=yes", "unix:path=%z1", ""]
        {
            assert_eq!(Place::of(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_address_is_tried_and_the_last_failure_told() {
        let socket = std::env::temp_dir().join(format!("lumabill-bus-{}", uuid::Uuid::new_v4()));
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let there = format!("unix:path={}", socket.display());
        assert!(connect(&format!("unix:path=/nowhere;{there}")).is_ok());
        drop(listener);
        assert_eq!(connect(&there).unwrap_err(), KeyringError::NoBus);
        std::fs::remove_file(socket).unwrap();
        assert_eq!(connect("unix:path=/nowhere").unwrap_err(), KeyringError::NoBus);
        assert!(
            matches!(connect("tcp:port=1"), Err(KeyringError::Unopened(text)) if text.contains("tcp:port=1"))
        );
    }
}
