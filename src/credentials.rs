//! Where a key comes from and where it may go: [`Secret`] with one door, [`Origin`] to which a key
//! belongs, and [`Credentials`], which asks the sources in order (environment, keyring, file).
//! Only this area touches the keyring.

pub mod origin;
pub mod secret;

pub use origin::Origin;
pub use secret::{BoxFuture, Key, Keys, NotSigned, Secret};
