//! Why there was no connection, or no answer over one.

/// `host` is for the words only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The roots of trust could not be read; nothing was sent.
    #[error("no encrypted connection can be made: {why}")]
    NoTrust { why: String },
    /// No connection came about; nothing was sent.
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: Unreachable },
    /// What came back is no HTTP.
    #[error("{host} answered with something that is not HTTP")]
    NotHttp { host: String },
    #[error("the connection to {host} broke before the answer was complete")]
    Broken { host: String },
}

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    #[error("the connection was refused")]
    Refused,
    #[error("its name is not known")]
    Name,
    #[error("no connection within {0} s")]
    Slow(u64),
    #[error("its certificate is not trusted ({0})")]
    Certificate(String),
    #[error("no encrypted connection ({0})")]
    Tls(String),
    #[error("the proxy did not open a way there")]
    Proxy,
    #[error("{0}")]
    Other(String),
}

impl Unreachable {
    /// True where another attempt would end the same way.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Certificate(_) | Self::Tls(_))
    }
}
