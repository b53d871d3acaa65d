//! The reference of `just bench`: a bare rmcp server of a few lines. Its one tool does one GET per call
//! to the address in its first argument and passes the body on. No keyring, no checks, no limits.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::stdio;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::Map;

struct Bare {
    http: reqwest::Client,
    url: String,
}

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![Tool::new("get", "One GET.", Arc::new(Map::new()))]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let failed = |error: reqwest::Error| ErrorData::internal_error(error.to_string(), None);
        let body = self.http.get(&self.url).send().await.map_err(failed)?.text().await.map_err(failed)?;
        Ok(CallToolResult::success(vec![ContentBlock::text(body)]).into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: bare URL")?;
    // No roots: the reference speaks plain HTTP to loopback, and loading the platform's would cost it its start.
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "the reference stands outside of the product")]
    let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?;
    Bare { http, url }.serve(stdio()).await?.waiting().await?;
    Ok(())
}
