//! The SDK's handler: identity, the list of tools, calls and subscriptions, in both eras.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, DiscoverResult,
    ErrorData, Implementation, InitializeRequestParams, InitializeResult, ListToolsResult, MetaObject,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, SubscriptionFilter, Tool,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;
use tokio::sync::watch;

use super::asking::{self, Client};
use super::calling::{self, Steps};
use super::provider::ToolProvider;
use super::reply;
use super::session::{Session, Ticket};
use crate::failure::{Exit, Failure};
use crate::gateway::{Call, Caller, Outcome};

/// How long a client may keep a list or a description: short, since not all heed its change.
pub(super) const FRESH_MS: u64 = 60_000;
/// A call asks once; this only ends a dispute that goes on and on.
const ROUNDS: usize = 3;

pub(super) struct Server<P> {
    provider: Arc<P>,
    session: Arc<Session>,
    changes: watch::Receiver<u64>,
    listed: Mutex<Option<(u64, Arc<Vec<Tool>>)>>,
    identity: MetaObject,
}

impl<P: ToolProvider> Server<P> {
    pub fn new(provider: Arc<P>, session: Arc<Session>) -> Self {
        let mut identity = MetaObject::new();
        let Implementation { name, title, version, .. } = implementation();
        let known = json!({ "name": name, "title": title, "version": version });
        identity.insert("io.modelcontextprotocol/serverInfo".to_owned(), known);
        Self { changes: provider.tools_changed(), provider, session, listed: Mutex::new(None), identity }
    }

    /// Converted once, until the tools change.
    fn listed(&self) -> Arc<Vec<Tool>> {
        // Read before the tools: a change in between only means one conversion more.
        let version = *self.changes.borrow();
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        match &*listed {
            Some((known, tools)) if *known == version => Arc::clone(tools),
            _ => {
                let tools = reply::listed(&self.provider.tools());
                *listed = Some((version, Arc::clone(&tools)));
                tools
            }
        }
    }

    pub fn provider(&self) -> &Arc<P> {
        &self.provider
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn meta(&self, modern: bool) -> Option<MetaObject> {
        modern.then(|| self.identity.clone())
    }

    /// Calls, asks and calls again, until there is something to answer.
    async fn conduct(
        &self,
        mut request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
        ticket: &Arc<Ticket>,
    ) -> Result<CallToolResponse, ErrorData> {
        let client = Client::of(context);
        let mut answered = asking::carried(&mut request).filter(|_| client.modern);
        let tool = request.name.into_owned();
        let mut arguments = request.arguments.unwrap_or_default();
        let token = context.meta.get_progress_token();
        let mut steps = token.map(|token| Steps::new(token, context.peer.clone()));
        for _ in 0..ROUNDS {
            // Only a question to be put by ourselves calls for the arguments again.
            let again = (client.can_ask && !client.modern).then(|| arguments.clone());
            let call = Call {
                tool: tool.clone(),
                arguments,
                answered,
                caller: Caller {
                    name: client.name.clone(),
                    can_ask: client.can_ask,
                    elicitation: client.elicitation.clone(),
                    cancelled: ticket.cancelled.clone(),
                    progress: steps.as_ref().map(Steps::sink),
                    until: Some(ticket.deadline),
                },
            };
            let outcome = calling::run(&self.provider, call, ticket, &mut steps, &self.session).await;
            let question = match outcome.ok_or_else(withdrawn)? {
                Outcome::Done(mut done) => {
                    *ticket.receipt.lock().unwrap_or_else(PoisonError::into_inner) = done.receipt.take();
                    return Ok(reply::done(done, self.meta(client.modern)).into());
                }
                Outcome::Failed(failure) => return self.failed(&failure, &tool, client.modern),
                Outcome::Passed(_) | Outcome::Rejected(_) => {
                    return Err(ErrorData::internal_error("not passed on yet", None));
                }
                Outcome::Ask(question) => question,
            };
            if client.modern && client.can_ask {
                return Ok(asking::input_required(question, self.identity.clone()).into());
            }
            let Some(again) = again else { break };
            arguments = again;
            let answer = asking::ask(&context.peer, question, ticket, &self.session).await;
            answered = Some(answer.ok_or_else(withdrawn)?);
        }
        self.failed(&unanswered(&tool), &tool, client.modern)
    }

    fn failed(&self, failure: &Failure, tool: &str, modern: bool) -> Result<CallToolResponse, ErrorData> {
        if failure.code == "unknown_tool" {
            let tools = self.provider.tools();
            // One that runs others is known, whatever it was asked to run.
            if tools.iter().all(|listed| listed.name != tool) {
                return Err(reply::unknown_tool(failure, tool, &tools));
            }
        }
        Ok(reply::failed(failure, self.meta(modern)).into())
    }
}

pub(super) fn implementation() -> Implementation {
    Implementation::new("lumabill", env!("CARGO_PKG_VERSION")).with_title("Lumabill")
}

/// Never seen: the wire drops the answer to a call that was cancelled.
pub(super) fn withdrawn() -> ErrorData {
    ErrorData::internal_error("the call was cancelled", None)
}

fn unanswered(tool: &str) -> Failure {
    let message = format!("`{tool}` needs a yes that this client cannot give; nothing was sent");
    Failure::new("cannot_ask", Exit::Refused, message)
}

impl<P: ToolProvider> ServerHandler for Server<P> {
    fn get_info(&self) -> ServerConfig {
        let served = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
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

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut result = ListToolsResult::with_all_items(self.listed().to_vec());
        if context.protocol_version().is_some_and(|version| !version.has_initialize()) {
            result = result.with_ttl_ms(FRESH_MS).with_cache_scope(CacheScope::Private);
            result.meta = self.meta(true);
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(ticket) = context.extensions.get::<Arc<Ticket>>().cloned() else {
            return Err(ErrorData::internal_error("the call came without a ticket", None));
        };
        if ticket.running.is_none() {
            let modern = Client::of(&context).modern;
            return self.failed(&calling::not_started(&request.name), &request.name, modern);
        }
        // Large, and moved by the SDK on its way.
        Box::pin(self.conduct(request, &context, &ticket)).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = SubscriptionFilter::new();
        accepted.tools_list_changed = requested.tools_list_changed;
        accepted.prompts_list_changed = requested.prompts_list_changed;
        accepted.resources_list_changed = requested.resources_list_changed;
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let ticket = context.request_context().extensions.get::<Arc<Ticket>>().cloned();
        let cancelled = ticket.map(|ticket| ticket.cancelled.clone()).unwrap_or_default();
        let mut changes = self.provider.tools_changed();
        let accepted = context.accepted().clone();
        let [tools, prompts, resources] =
            [accepted.tools_list_changed, accepted.prompts_list_changed, accepted.resources_list_changed]
                .map(|wanted| wanted == Some(true));
        let sink = context.sink();
        loop {
            tokio::select! {
                () = cancelled.cancelled() => return Ok(()),
                () = self.session.closing.cancelled() => return Ok(()),
                () = next_change(&mut changes), if tools || prompts || resources => {
                    let told = (!tools || sink.notify_tool_list_changed().await.is_ok())
                        && (!prompts || sink.notify_prompt_list_changed().await.is_ok())
                        && (!resources || sink.notify_resource_list_changed().await.is_ok());
                    if !told {
                        tracing::debug!("a change of what is served could not be told");
                    }
                }
            }
        }
    }

    /// What is served beside tools; and all that is not served ends there, logging among it.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Box::pin(self.beside_tools(request, &context)).await.map(CustomResult)
    }
}

/// Returns at the next change; never where no more can come.
pub(super) async fn next_change(changes: &mut watch::Receiver<u64>) {
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
