//! Connections as all of ours are made: to a checked address, with the platform's roots of trust, kept as long as
//! that is safe, and with a clock that counts time asleep. What is sent over them is said in `api`, `bridge` and the OAuth part
//! of `credentials`.

mod clock;
mod connect;
mod origin;
mod roots;
mod trouble;

pub use clock::{Moment, within};
pub use connect::{CONNECT, Connector, broken, failed};
pub use origin::Origin;
pub use roots::Trust;
pub use trouble::{Trouble, Unreachable};

/// What may be repeated after an answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Changes nothing: repeated on connect failure, reset, 429, 502 to 504.
    Read,
    /// Anything else: repeated on connect failure and 429 only.
    Write,
}
