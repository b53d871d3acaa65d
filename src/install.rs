//! Adding this program to the configuration of an MCP client, and taking it out again: text in, text out.
//! Knows every client's files, format and shape of an entry, and the billing keys that people paste into
//! them. Opens no file and starts no program: `commands` does.

pub mod clients;
pub mod edit;
pub mod keys;
pub mod undo;

pub use clients::{Client, Entry};
