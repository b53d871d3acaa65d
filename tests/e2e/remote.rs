//! Remote MCP servers on loopback, for tests: a base that speaks every transport and breaks on demand, the services as
//! their pages print them, and a plain HTTP client that shows what they answer without any code of ours.

pub mod breaks;
pub mod browser;
mod events;
mod exchange;
mod legacy;
mod modern;
pub mod plain;
mod server;
pub mod wire;

mod tests;

pub mod billbot;
pub mod billstride;
pub mod faktoora;
pub mod hosted;
pub mod hostile;
pub mod sign_in;

pub use exchange::Exchange;
pub use server::{Remote, Reply, Service, Speaks, result, text_result};
