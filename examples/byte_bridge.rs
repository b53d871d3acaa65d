//! The reference of the bridge's rows in `just bench`: a line of stdin is the body of a POST to the address in the
//! first argument, its answer's body is a line of stdout. It understands nothing of either: no key, no checks.

use std::sync::Arc;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: byte_bridge URL")?;
    // No roots, as in examples/bare.rs.
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "the reference stands outside of the product")]
    let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?;
    let (mut lines, mut out) = (BufReader::new(stdin()).lines(), stdout());
    while let Some(line) = lines.next_line().await? {
        let request = http
            .post(&url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .body(line);
        let body = request.send().await?.bytes().await?;
        // A notification has no answer.
        if !body.is_empty() {
            out.write_all(&body).await?;
            out.write_all(b"\n").await?;
            out.flush().await?;
        }
    }
    Ok(())
}
