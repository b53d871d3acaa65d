//! Learning from refusals that a key only reads: one harmless probe after a 403, then the writing tools
//! disappear.

use serde_json::Value;

use super::{Gateway, Work};
use crate::api;
use crate::catalogue::Effect;
use crate::failure::Failure;

/// A write that cannot succeed: no record has this id.
const NOWHERE: &str = "/v1/clients/00000000-0000-0000-0000-000000000000";

impl Gateway {
    /// After a 403 on a write: a second 403 on a write that cannot succeed means that the key only reads;
    /// any other answer means that only this call was refused.
    pub(super) async fn notice_read_only_key(&self, work: &Work, failure: &Failure) {
        if work.endpoint.effect == Effect::Reads
            || failure.facts.get("http_status") != Some(&Value::from(403))
            // A plan that lapsed refuses everything: that says nothing about the key.
            || failure.code == "plan_lapsed"
        {
            return;
        }
        let probe = api::Request {
            tool: work.endpoint.tool.to_owned(),
            method: api::Method::DELETE,
            path: NOWHERE.to_owned(),
            query: Vec::new(),
            body: api::Body::None,
            profile: work.profile.header(),
            idempotency_key: None,
            if_match: None,
            patience: None,
            safety: api::Safety::Write,
            verbatim: None,
        };
        // Without a permit the next refusal asks again.
        let Ok(_permit) = self.admit(work, probe.safety).await else { return };
        let answer = self.transmit(work, &probe).await;
        let forbidden = answer
            .is_err_and(|error| Failure::from(error).facts.get("http_status") == Some(&Value::from(403)));
        if forbidden {
            self.becomes_read_only();
        }
    }
}
