//! Answers what the SDK would leave open: a request whose handler panics. (A panic inside of a call is
//! caught nearer, in `calling`, where it can say what it means for the books.)

use std::borrow::Cow;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use rmcp::model::{
    ClientNotification, ClientRequest, ErrorData, ProtocolVersion, ServerConfig, ServerResult,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{RoleServer, ServerHandler, Service};

/// A handler none of whose panics costs an answer.
pub(super) struct Guarded<H>(pub H);

impl<H: ServerHandler> Service<RoleServer> for Guarded<H> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let mut handling = pin!(self.0.handle_request(request, context));
        // After a panic the future is not polled again, and what it shares has its own locks.
        poll_fn(|task| {
            catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(task))).unwrap_or_else(|_| {
                Poll::Ready(Err(ErrorData::internal_error(
                    "a defect of lumabill; its stderr says where",
                    None,
                )))
            })
        })
        .await
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.0)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ServerHandler::supported_protocol_versions(&self.0)
    }
}
