//! What is told unasked: that other things are served, and that a resource of a remote server changed. Clients of the
//! older era are told whatever there is to tell, modern ones on their subscriptions only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::RoleServer;
use rmcp::model::{
    ErrorData, NotificationMetaObject, ResourceUpdatedNotification, ResourceUpdatedNotificationParam,
    ServerNotification,
};
use rmcp::service::{Peer, RequestContext, SubscriptionContext};
use serde_json::{Map, Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::asking::Client;
use super::provider::ToolProvider;
use super::reply::Reply;
use super::server::Server;
use super::session::Ticket;
use crate::gateway::{Caller, Notice, Outcome, Passing};

const SUBSCRIBE: &str = "resources/subscribe";
const UNSUBSCRIBE: &str = "resources/unsubscribe";

/// How many open subscriptions there are to each resource of a remote server.
#[derive(Default)]
pub(super) struct Subscriptions(Mutex<HashMap<String, usize>>);

impl Subscriptions {
    /// True for the first one.
    fn add(&self, uri: &str) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(uri.to_owned()).or_default();
        *count += 1;
        *count == 1
    }

    /// True for the last one.
    fn remove(&self, uri: &str) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = open.get_mut(uri) else { return false };
        *count = count.saturating_sub(1);
        let last = *count == 0;
        if last {
            open.remove(uri);
        }
        last
    }
}

/// Tells a client of the older era.
pub(super) async fn tell_all(
    mut changes: watch::Receiver<u64>,
    mut notices: broadcast::Receiver<Notice>,
    peer: Peer<RoleServer>,
) {
    loop {
        let told = tokio::select! {
            () = next_change(&mut changes) => peer.peer_info().is_none()
                // Prompts and resources follow the tools.
                || peer.notify_tool_list_changed().await.is_ok()
                    && peer.notify_prompt_list_changed().await.is_ok()
                    && peer.notify_resource_list_changed().await.is_ok(),
            uri = next_update(&mut notices) => peer.peer_info().is_none()
                || peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await.is_ok(),
        };
        if !told {
            return;
        }
    }
}

impl<P: ToolProvider> Server<P> {
    /// `resources/subscribe` and `resources/unsubscribe` of the older era.
    pub async fn subscribe(
        &self,
        method: &'static str,
        params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
        let Some(uri) = params.get("uri").and_then(Value::as_str).map(str::to_owned) else {
            let message = format!("{method} needs `uri`, the address of a resource as a string");
            return Err(ErrorData::invalid_params(message, None));
        };
        let passed = self.pass(method, &uri, params, context).await?;
        passed.ok_or_else(|| {
            let message = format!("nothing tells of changes of `{}`", crate::text::in_line(&uri, 200));
            ErrorData::invalid_params(message, Some(json!({ "uri": uri })))
        })
    }

    /// Tells a modern client what it wants to hear, until it cancels that or all ends.
    pub async fn tell(&self, context: SubscriptionContext) {
        let ticket = context.request_context().extensions.get::<Arc<Ticket>>().cloned();
        let cancelled = ticket.map(|ticket| ticket.cancelled.clone()).unwrap_or_default();
        let (mut changes, mut notices) = (self.provider().tools_changed(), self.provider().notices());
        let accepted = context.accepted();
        let wanted =
            [accepted.tools_list_changed, accepted.prompts_list_changed, accepted.resources_list_changed];
        let [tools, prompts, resources] = wanted.map(|wanted| wanted == Some(true));
        let followed = accepted.resource_subscriptions.clone().unwrap_or_default();
        let follows = self.follow(SUBSCRIBE, followed.clone(), cancelled.clone(), &context);
        let follows = tokio::spawn(follows);
        let sink = context.sink();
        loop {
            tokio::select! {
                () = cancelled.cancelled() => break,
                () = self.session().closing.cancelled() => return,
                () = next_change(&mut changes), if tools || prompts || resources => {
                    let told = (!tools || sink.notify_tool_list_changed().await.is_ok())
                        && (!prompts || sink.notify_prompt_list_changed().await.is_ok())
                        && (!resources || sink.notify_resource_list_changed().await.is_ok());
                    if !told {
                        tracing::info!("a change of what is served could not be told");
                    }
                }
                uri = next_update(&mut notices), if !followed.is_empty() => {
                    if followed.iter().any(|followed| is_within(&uri, followed)) {
                        tell_of(uri, &context).await;
                    }
                }
            }
        }
        drop(follows.await);
        self.follow(UNSUBSCRIBE, followed, CancellationToken::new(), &context).await;
    }

    /// Has the remote servers tell of these resources, or stop it: each of them once, whoever else listens.
    fn follow(
        &self,
        method: &'static str,
        uris: Vec<String>,
        cancelled: CancellationToken,
        context: &SubscriptionContext,
    ) -> impl Future<Output = ()> + Send + 'static {
        let uris = uris.into_iter().filter(|uri| match method {
            SUBSCRIBE => self.subscriptions().add(uri),
            _ => self.subscriptions().remove(uri),
        });
        let uris: Vec<_> = uris.collect();
        let (provider, name) = (Arc::clone(self.provider()), Client::of(context.request_context()).name);
        let limit = self.session().limits.call;
        async move {
            for uri in uris {
                let until = Instant::now() + limit;
                let caller = Caller {
                    name: name.clone(),
                    can_ask: false,
                    elicitation: None,
                    cancelled: cancelled.clone(),
                    progress: None,
                    until: Some(until),
                };
                let params = Map::from_iter([("uri".to_owned(), Value::String(uri))]);
                let passed = provider.pass(Passing { method, params, answered: None, caller });
                let taken = tokio::select! {
                    passed = timeout_at(until, passed) => matches!(passed, Ok(Some(Outcome::Passed(_)))),
                    () = cancelled.cancelled() => return,
                };
                if !taken {
                    tracing::info!(method, "a remote server did not take it");
                }
            }
        }
    }
}

/// What changed is what was asked for, or lies below it.
fn is_within(uri: &str, followed: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || followed.ends_with('/') || rest.starts_with(['/', '?', '#']);
    uri.strip_prefix(followed).is_some_and(below)
}

/// As the SDK's sink does it, which knows exact addresses only.
async fn tell_of(uri: String, context: &SubscriptionContext) {
    let mut meta = NotificationMetaObject::new();
    meta.set_subscription_id(context.sink().id().clone());
    let mut update = ResourceUpdatedNotification::new(ResourceUpdatedNotificationParam::new(uri));
    update.extensions.insert(meta);
    let peer = &context.request_context().peer;
    let update = ServerNotification::ResourceUpdatedNotification(update);
    if peer.send_notification(update).await.is_err() {
        tracing::info!("a change of a resource could not be told");
    }
}

/// Returns at the next change; never where no more can come.
async fn next_change(changes: &mut watch::Receiver<u64>) {
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The address of the next resource that changed; never one where no more can come.
async fn next_update(notices: &mut broadcast::Receiver<Notice>) -> String {
    loop {
        match notices.recv().await {
            Ok(Notice::ResourceUpdated(uri)) => return uri,
            // Lists are told of as the tools change.
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
