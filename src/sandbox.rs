//! The embedded billing API: loopback HTTP on SQLite, following its own `openapi.yaml` with its own
//! arithmetic. It imports nothing of ours, so that it can contradict the client.

mod answer;
mod bank_accounts;
mod bank_transactions;
mod body;
mod books_seed;
mod camt;
mod catalog;
mod chart;
mod clients;
mod clock;
mod context;
mod dispatch;
mod documents;
mod exchange;
mod expenses;
mod faults;
mod fields;
mod fiscal_years;
mod formats;
mod ids;
mod invoices;
mod journal;
pub mod keys;
mod limits;
mod list;
mod matching;
mod money;
mod offers;
mod postings;
mod profiles;
mod reconcile;
mod records;
mod recurring;
mod references;
mod reply;
mod reports;
mod requests;
mod revenue;
mod schema;
mod seed;
mod server;
mod spec;
mod store;
mod vendors;
mod wire;

use std::cell::RefCell;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use jiff::civil::Date;
use tokio::sync::oneshot;

pub use faults::{FaultError, Faults};
pub use store::OpenError;

use server::Server;

/// Where VAT is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// On every line.
    Line,
    /// On the sum of each rate.
    #[default]
    Document,
}

/// Where the records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A file that several sandboxes may share.
    File(PathBuf),
    /// Gone with the sandbox.
    Memory,
}

/// How a sandbox is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    pub data: Data,
    /// Empty the data file and seed it anew.
    pub reset: bool,
    pub rounding: Rounding,
    /// Reads and writes a minute and key; no limits without.
    pub limits: Option<(u32, u32)>,
    /// Holds the clock on a day.
    pub today: Option<Date>,
    pub faults: Faults,
    /// One line a request on stderr.
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            data: Data::Memory,
            reset: false,
            rounding: Rounding::default(),
            limits: Some((60, 20)),
            today: None,
            faults: Faults::default(),
            trace: false,
        }
    }
}

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the sandbox cannot listen on port {port} of 127.0.0.1")]
    Listen { port: u16, source: std::io::Error },
    #[error("the sandbox cannot use its data{}", .file.as_ref().map(|file| format!(" file `{}`", file.display())).unwrap_or_default())]
    Data { file: Option<PathBuf>, source: OpenError },
    #[error("the sandbox cannot start its thread")]
    Thread(#[from] std::io::Error),
}

/// A running sandbox on a thread of its own; dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    profiles: Vec<(String, String)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Opens the data, listens, and serves from a thread of its own.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let port = options.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|source| StartError::Listen { port, source })?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let clock = clock::Clock::new(options.today);
        let file: Option<&Path> = match &options.data {
            Data::File(file) => Some(file),
            Data::Memory => None,
        };
        let mut store =
            store::Store::open(file, options.reset, |tx| seed::fill(tx, &clock, options.rounding))
                .map_err(|source| StartError::Data { file: file.map(Path::to_path_buf), source })?;
        let profiles = store
            .transact(false, profiles::names)
            .map_err(|error| StartError::Data { file: file.map(Path::to_path_buf), source: error.into() })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            let state = requests::State {
                store: RefCell::new(store),
                limits: options.limits.map(|limits| RefCell::new(limits::Limits::new(limits))),
                rounding: options.rounding,
                clock,
            };
            let server = Server { state, faults: options.faults, trace: options.trace };
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    server.run(listener, async { drop(stopped.await) }).await;
                }
            });
        })?;
        Ok(Self { url, profiles, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Id and company name of every profile, the default first.
    pub fn profiles(&self) -> &[(String, String)] {
        &self.profiles
    }

    /// Serves for ever.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests;
