//! Permits on the way of a call: its first one, those of further attempts, and what is said where there is none.

use std::time::Duration;

use super::{Permit, RateLimits, TooLate, Waits, Why};
use crate::api::{ApiError, Permits, Safety};
use crate::credentials::{BoxFuture, Key, Keys};
use crate::failure::{Exit, Failure};
use crate::gateway::{Caller, Gateway, Work};

/// One that needs a permit.
pub(in crate::gateway) struct Wanted<'a> {
    pub tool: &'a str,
    pub keys: &'a dyn Keys,
    /// Which of the two limits it counts for.
    pub class: Safety,
    /// What that limit counts, in a word: `reads`.
    pub counts: &'static str,
    pub waits: &'a Waits,
    pub caller: &'a Caller,
}

impl RateLimits {
    /// The permit of one request: waits for it as long as the call has time, else says when to call again.
    pub(in crate::gateway) async fn permit(&self, wanted: &Wanted<'_>) -> Result<Permit, Failure> {
        let tool = wanted.tool;
        if !wanted.waits.take_permit() {
            let message = format!("`{tool}` was not sent: what it is for has had its requests");
            return Err(Failure::new("rate_limited", Exit::Unavailable, message));
        }
        if self.are_off() {
            return Ok(Permit { slot: None });
        }
        let admitted = wanted.caller.cancelled.run_until_cancelled(async {
            let key = wanted.keys.key().await?;
            self.slot(wanted, &key).await.map_err(|late| too_late(wanted, &late))
        });
        admitted.await.unwrap_or_else(|| Err(ApiError::Cancelled { tool: tool.to_owned() }.into()))
    }

    async fn slot(&self, wanted: &Wanted<'_>, key: &Key) -> Result<Permit, TooLate> {
        let tell = |wait: Duration, why: &Why, limit: u32| {
            if let Some(progress) = &wanted.caller.progress {
                let reason = reason(*why, limit, wanted.counts);
                progress(0.0, None, &format!("waiting {} s: {reason}", seconds(wait)));
            }
        };
        self.admit(key, wanted.class, wanted.waits, &tell).await
    }
}

impl Gateway {
    /// The permit of one request of a call.
    pub(in crate::gateway) async fn admit(&self, work: &Work, safety: Safety) -> Result<Permit, Failure> {
        self.rate_limits.permit(&self.wanted(work, safety)).await
    }

    fn wanted<'a>(&'a self, work: &'a Work, safety: Safety) -> Wanted<'a> {
        Wanted {
            tool: work.endpoint.tool,
            keys: self.keys.as_ref(),
            class: safety,
            counts: requests(safety),
            waits: &work.waits,
            caller: &work.caller,
        }
    }

    /// The permits of a request's further attempts.
    pub(in crate::gateway) fn further<'a>(&'a self, work: &'a Work) -> Further<'a> {
        Further { gateway: self, work }
    }
}

/// Admits the further attempts of one call.
pub struct Further<'a> {
    gateway: &'a Gateway,
    work: &'a Work,
}

impl Permits for Further<'_> {
    fn admit(&self, safety: Safety) -> BoxFuture<'_, Result<(), Duration>> {
        Box::pin(async move {
            if !self.work.waits.take_permit() {
                return Err(Duration::ZERO);
            }
            if self.gateway.rate_limits.are_off() {
                return Ok(());
            }
            // The key may be another one since the API refused the first.
            let key = self.gateway.keys.key().await.map_err(|_| Duration::ZERO)?;
            let wanted = self.gateway.wanted(self.work, safety);
            self.gateway.rate_limits.slot(&wanted, &key).await.map(drop).map_err(|late| late.wait)
        })
    }

    fn blocked(&self, pause: Duration) {
        self.gateway.rate_limits.block(pause);
    }

    fn spend(&self, wait: Duration) -> bool {
        self.work.waits.spend(wait)
    }
}

/// Whole seconds, rounded up: who comes back then is not told to wait again.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn requests(safety: Safety) -> &'static str {
    match safety {
        Safety::Read => "reads",
        Safety::Write => "writes",
    }
}

fn reason(why: Why, limit: u32, kind: &str) -> String {
    match why {
        Why::Limit => format!(
            "the limit of {limit} {kind} a minute, shared by all programs on this machine that use the key, is used up"
        ),
        Why::Share => format!(
            "this program has had its share of the {limit} {kind} a minute; other programs on this machine use the key too"
        ),
        Why::Blocked => "the API asked all requests with this key to pause (HTTP 429)".to_owned(),
    }
}

fn too_late(wanted: &Wanted<'_>, late: &TooLate) -> Failure {
    let (tool, wait) = (wanted.tool, seconds(late.wait).max(1));
    let reason = reason(late.why, late.limit, wanted.counts);
    Failure::new("rate_limited", Exit::Unavailable, format!("`{tool}` was not sent: {reason}"))
        .hint(format!("call again in {wait} s"))
        .fact("retry_after_s", wait)
        .fact("retryable", true)
}
