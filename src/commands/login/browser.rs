//! How a person gets to an address.

/// How the person gets to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// It is opened, where there is one.
    Opened,
    /// The person goes there: `--no-browser`.
    ByHand,
}
