//! Requests beside tools, passed on to the server that lists their name or address. All of them read: nothing is
//! journalled, nobody is asked.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::Bridged;
use super::offers::Offers;
use super::rows::Fit;
use crate::bridge::{BridgeError, Request, Watch};
use crate::failure::{Failure, Sent};
use crate::gateway::{Outcome, Passed, Passing, Rejected, redaction};
use crate::https::Safety;

/// For the whole request.
const PATIENCE: Duration = Duration::from_secs(45);
/// Somebody is typing.
const TYPING: Duration = Duration::from_secs(5);
/// Marks of the server's own era.
const MARKS: [&str; 3] = ["resultType", "ttlMs", "cacheScope"];
/// What is passed on of a request; the rest is between a client and us.
const PASSED_ON: [&str; 6] = ["name", "arguments", "uri", "ref", "argument", "context"];

impl Offers {
    /// The params as the server knows them, and how surely they are for it; `None` where it lists nothing of the kind.
    pub fn claim(&self, method: &str, given: &Map<String, Value>) -> Option<(Fit, Map<String, Value>)> {
        let rows = &self.seen().rows;
        let mut params: Map<String, Value> = given
            .iter()
            .filter(|(name, _)| PASSED_ON.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let text = |name: &str| given.get(name).and_then(Value::as_str);
        let fit = match method {
            "prompts/get" => {
                let there = rows.prompt(text("name")?)?;
                params.insert("name".into(), json!(there));
                Fit::Listed
            }
            "completion/complete" => {
                let of = given.get("ref")?;
                if let Some(name) = of.get("name").and_then(Value::as_str) {
                    let there = rows.prompt(name)?.to_owned();
                    params.get_mut("ref")?.as_object_mut()?.insert("name".into(), json!(there));
                } else if !rows.has_template(of.get("uri")?.as_str()?) {
                    return None;
                }
                Fit::Listed
            }
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => rows.fit(text("uri")?)?,
            _ => return None,
        };
        Some((fit, params))
    }
}

impl Bridged {
    /// Passes a request beside tools on; `None` where nothing of this name or address is listed.
    pub async fn pass(&self, passing: Passing) -> Option<Outcome> {
        let (_, params) = self.offers().claim(passing.method, &passing.params)?;
        let outcome = self.hand_over(&passing, params).await;
        Some(outcome.unwrap_or_else(|failure| Outcome::Failed(redaction::failure(failure))))
    }

    async fn hand_over(&self, passing: &Passing, params: Map<String, Value>) -> Result<Outcome, Failure> {
        let offers = self.offers();
        offers.admit(1).await?;
        let caller = &passing.caller;
        let patience = if passing.method == "completion/complete" { TYPING } else { PATIENCE };
        let latest = Instant::now() + patience;
        let until = caller.until.map_or(latest, |until| until.min(latest));
        let request = Request { method: passing.method.to_owned(), params, safety: Safety::Read, until };
        let watch = Watch {
            cancelled: caller.cancelled.clone(),
            progress: caller.progress.clone(),
            ..Watch::default()
        };
        match offers.remote.request(request, &watch).await {
            Ok(result) => {
                offers.reached();
                Ok(Outcome::Passed(Passed { result: shown(result), receipt: None }))
            }
            Err(BridgeError::Rpc { code, message, data }) => {
                offers.reached();
                let data = data.map(|mut data| {
                    redaction::apply(&mut data);
                    data
                });
                Ok(Outcome::Rejected(Rejected { code, message: redaction::visible(&message), data }))
            }
            Err(error) => Err(Failure::from(error).sent(Sent::Read)),
        }
    }
}

/// A result as it is handed on.
fn shown(mut result: Map<String, Value>) -> Map<String, Value> {
    for mark in MARKS {
        result.shift_remove(mark);
    }
    result.values_mut().for_each(redaction::apply);
    result
}
