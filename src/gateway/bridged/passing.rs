//! Requests beside tools, passed on to the server that lists their name or address. All of them read: nothing is
//! journalled, nobody is asked.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::Bridged;
use super::offers::Offers;
use super::permitting::unasked;
use super::rows::Fit;
use super::work::Work;
use crate::failure::Failure;
use crate::gateway::confirmation::is_passed_on;
use crate::gateway::{Outcome, Passing, redaction};
use crate::https::Safety;

/// Somebody is typing.
const TYPING: Duration = Duration::from_secs(5);
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
        let outcome = self.hand_over(passing, params).await.unwrap_or_else(Outcome::Failed);
        if matches!(outcome, Outcome::Passed(_) | Outcome::Rejected(_)) {
            self.offers().reached();
        }
        Some(match outcome {
            Outcome::Failed(failure) => Outcome::Failed(redaction::failure(failure)),
            outcome => outcome,
        })
    }

    /// The way of a call that reads, what the server asks meanwhile included.
    async fn hand_over(&self, passing: Passing, params: Map<String, Value>) -> Result<Outcome, Failure> {
        let Passing { method, answered, caller, .. } = passing;
        let mut work = Work::beside(method, params, caller)?;
        if method == "completion/complete" {
            work.ends = work.ends.min(Instant::now() + TYPING);
        }
        if let Some(answered) = answered.as_ref().filter(|answered| is_passed_on(&answered.state)) {
            return self.take_up(work, answered).await;
        }
        unasked(&work, answered.as_ref())?;
        self.admit(&work, Safety::Read).await.map(drop)?;
        let running = self.send(&work, None, Map::new());
        self.attend(work, running).await
    }
}
