//! What comes before and after the story of a call: tools that nothing is known of yet are asked for first, and the first
//! call that reaches the server has the lists refreshed behind it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::Bridged;
use super::offers::Offers;
use super::tools::WHY_NOT;
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::{Call, Caller, Done, Outcome, redaction};

/// For a server's lists, before the call itself.
const PATIENCE: Duration = Duration::from_secs(20);

impl Bridged {
    /// A call, from wherever it comes.
    pub async fn enter(&self, call: Call) -> Outcome {
        let offers = self.offers();
        let entered = async {
            if call.tool == WHY_NOT {
                return offers.explained(&call.caller).await.map(ControlFlow::Break);
            }
            if offers.seen().nothing {
                offers.asked_first(&call.caller).await?;
            }
            offers.unwrapped(call)
        };
        let outcome = match entered.await {
            Ok(ControlFlow::Continue(call)) => self.call(call).await,
            Ok(ControlFlow::Break(done)) => return Outcome::Done(done),
            Err(failure) => return Outcome::Failed(redaction::failure(failure)),
        };
        if matches!(outcome, Outcome::Passed(_) | Outcome::Rejected(_)) {
            offers.reached();
        }
        outcome
    }
}

impl Offers {
    /// Asks for the lists while a caller waits.
    async fn asked_first(self: &Arc<Self>, caller: &Caller) -> Result<usize, Failure> {
        let latest = Instant::now() + PATIENCE;
        let until = caller.until.map_or(latest, |until| until.min(latest));
        let account = &self.setup.account;
        let asked = caller.cancelled.run_until_cancelled(timeout_at(until, self.refresh())).await;
        let failure = match asked {
            Some(Ok(Ok(tools))) => return Ok(tools),
            Some(Ok(Err(failure))) => failure,
            Some(Err(_)) => {
                let host = self.setup.remote.origin.host();
                let message = format!(
                    "the tools of account `{account}` could not be had: {host} did not answer in time"
                );
                Failure::new("remote_silent", Exit::Unavailable, message)
            }
            None => {
                let message = format!("nothing was sent to account `{account}`: the call was cancelled");
                Failure::new("cancelled", Exit::Refused, message)
            }
        };
        // Nothing but lists was asked for.
        Err(Failure { sent: Sent::Nothing, ..failure })
    }

    /// Why nothing is known of the account's tools: the reason is found by asking for them.
    async fn explained(self: &Arc<Self>, caller: &Caller) -> Result<Done, Failure> {
        let tools = self.asked_first(caller).await?;
        let account = &self.setup.account;
        let said = format!("the tools of `{account}` are available now: list the tools again");
        let facts = json!({ "account": account, "available": true, "tools": tools, "note": said });
        let structured: Map<String, Value> = facts.as_object().cloned().unwrap_or_default();
        Ok(Done { text: facts.to_string(), structured, receipt: None })
    }
}
