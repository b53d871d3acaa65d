//! What the conformance suite asks for by name (`test_simple_text` and the like), served by the very `src/mcp`
//! of the product: line reader, eras, asking, progress, lists and changes are the product's, only the gateway
//! behind them is a stand-in. `tests/conformance/run` runs the suite against it too.

#[path = "../../src"]
mod product {
    #[expect(dead_code, reason = "what only the product uses")]
    pub mod failure;
    pub mod mcp;
    #[expect(dead_code, reason = "what only the product uses")]
    pub mod text;
}
mod gateway;

use product::{failure, mcp, text};

/// Serves on stdin and stdout, like `lumabill serve`.
fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(mcp::serve(gateway::Accounts::new(), |_: &str| ()));
    // A blocked read of standard input must not keep the process alive.
    std::process::exit(i32::from(served.is_err()))
}
