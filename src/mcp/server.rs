//! The SDK's handler: identity and capabilities, and the way of each request to what serves it, in both eras.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CacheScope, CustomRequest, CustomResult, DiscoverResult, ErrorData, Implementation,
    InitializeRequestParams, InitializeResult, ProtocolVersion, ServerCapabilities, ServerConfig,
    SubscriptionFilter,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::asking::Client;
use super::provider::ToolProvider;
use super::reply::Reply;
use super::rounds;
use super::session::{Prepared, Session};
use super::subscribing::Subscriptions;

/// How long a client may keep a list or a description: short, since not all heed its change.
pub(super) const FRESH_MS: u64 = 60_000;

pub(super) struct Server<P> {
    provider: Arc<P>,
    session: Arc<Session>,
    changes: watch::Receiver<u64>,
    /// For the older era and for the modern one.
    listed: [Mutex<Option<(u64, Prepared)>>; 2],
    identity: Map<String, Value>,
    subscriptions: Subscriptions,
}

impl<P: ToolProvider> Server<P> {
    pub fn new(provider: Arc<P>, session: Arc<Session>) -> Self {
        let Implementation { name, title, version, .. } = implementation();
        let known = json!({ "name": name, "title": title, "version": version });
        let identity = Map::from_iter([("io.modelcontextprotocol/serverInfo".to_owned(), known)]);
        let changes = provider.tools_changed();
        let (listed, subscriptions) = (Default::default(), Subscriptions::default());
        Self { provider, session, changes, listed, identity, subscriptions }
    }

    /// Made once, until the tools change.
    pub fn listed(
        &self,
        modern: bool,
        make: impl FnOnce(&P) -> Result<Prepared, ErrorData>,
    ) -> Result<Prepared, ErrorData> {
        // Read before the tools: a change in between only means making it once more.
        let version = *self.changes.borrow();
        let [older, newer] = &self.listed;
        let kept = if modern { newer } else { older };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((known, list)) if *known == version => Ok(list.clone()),
            _ => {
                let list = make(&self.provider)?;
                *kept = Some((version, list.clone()));
                Ok(list)
            }
        }
    }

    pub fn provider(&self) -> &Arc<P> {
        &self.provider
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Who we are, as every result of the modern era says it in its `_meta`.
    pub fn identity(&self) -> &Map<String, Value> {
        &self.identity
    }

    pub fn meta(&self, modern: bool) -> Option<Map<String, Value>> {
        modern.then(|| self.identity.clone())
    }

    async fn serve(
        &self,
        request: CustomRequest,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
        let CustomRequest { method, params, .. } = request;
        let params = match params {
            Some(Value::Object(params)) => params,
            _ => Map::new(),
        };
        match method.as_str() {
            "tools/list" => self.list_tools(&params, Client::of(context).modern),
            "tools/call" => {
                self.session.meet(|| Client::of(context).name);
                self.call_tool(params, context).await
            }
            method => self.beside_tools(method, params, context).await,
        }
    }
}

pub(super) fn implementation() -> Implementation {
    Implementation::new("lumabill", env!("CARGO_PKG_VERSION")).with_title("Lumabill")
}

impl<P: ToolProvider> ServerHandler for Server<P> {
    fn get_info(&self) -> ServerConfig {
        let mut served = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        if let Some(resources) = &mut served.resources {
            resources.subscribe = self.provider.subscribable().then_some(true);
        }
        let mut info = ServerConfig::new(served)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
            .with_server_info(implementation());
        let instructions = self.provider.instructions();
        info.instructions = Some(instructions).filter(|text| !text.is_empty());
        info
    }

    async fn initialize(
        &self,
        mut request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let answer = self.negotiate_initialize(&request)?;
        request.protocol_version = answer.protocol_version.clone();
        context.peer.set_peer_info(request);
        Ok(answer)
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(FRESH_MS)
            .with_cache_scope(CacheScope::Private))
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = SubscriptionFilter::new();
        accepted.tools_list_changed = requested.tools_list_changed;
        accepted.prompts_list_changed = requested.prompts_list_changed;
        accepted.resources_list_changed = requested.resources_list_changed;
        // What is our own changes by calls only.
        let addresses = requested.resource_subscriptions.iter().flatten();
        let others = addresses.filter(|uri| self.provider.resource(uri).is_none()).cloned();
        accepted.resource_subscriptions = requested.resource_subscriptions.as_ref().map(|_| others.collect());
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        Box::pin(self.tell(context)).await;
        Ok(())
    }

    /// All that is served but the handshake; and all that is not served ends there, logging among it.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // Large, and moved by the SDK on its way.
        match Box::pin(self.serve(request, &context)).await? {
            Reply::Result(result) => Ok(CustomResult(result)),
            Reply::Prepared(prepared) => {
                rounds::ticket(&context)?.prepare(prepared);
                Ok(CustomResult(Value::Null))
            }
        }
    }
}
