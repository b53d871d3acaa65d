//! From a remote server's answer to the outcome of the call.

use serde_json::{Map, Value, json};

use super::super::receipt::Tells;
use super::super::recovery::Verdict;
use super::super::redaction;
use super::super::{Done, Outcome, Passed, Rejected};
use super::outcome::{Fate, failed, note, passed};
use super::records::texts;
use super::sending::Arrived;
use super::work::Work;
use super::{Bridged, answers, features};
use crate::bridge::BridgeError;
use crate::failure::{Failure, Sent};

const NOT_KEPT: &str = "this could not be written down: look at the list before the same is done again";

impl Bridged {
    /// What the caller gets.
    pub(super) async fn conclude(&self, work: &Work, arrived: Arrived) -> Result<Outcome, Failure> {
        if let Err(BridgeError::Busy(refusal)) = &arrived.answer
            && let Some(pause) = refusal.retry_after
        {
            self.rate_limits.block(pause);
        }
        if let Some(failure) = self.not_enabled(work, &arrived) {
            return Err(failure);
        }
        if !work.writes() {
            return self.read(work, arrived);
        }
        match arrived.fate {
            Fate::Lost(_) => self.lost(work, arrived).await,
            Fate::Done | Fate::Asks => match arrived.answer {
                Ok(mut result) => {
                    // It took effect, whatever becomes of its file.
                    if let Err(failure) = self.save(work, &mut result) {
                        note(&mut result, &failure.message);
                    }
                    if !arrived.kept {
                        note(&mut result, NOT_KEPT);
                    }
                    let receipt = arrived.number.map(|number| self.receipt(Tells::Own(number)));
                    Ok(Outcome::Passed(Passed { result: passed(result), receipt }))
                }
                Err(error) => Err(error.into()),
            },
            Fate::Refused | Fate::NotSent => match arrived.answer {
                Ok(result) => Ok(Outcome::Passed(Passed { result: passed(result), receipt: None })),
                Err(BridgeError::Rpc { code, message, data }) => Ok(rejected(code, &message, data)),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// A read changes nothing, whatever comes back.
    fn read(&self, work: &Work, arrived: Arrived) -> Result<Outcome, Failure> {
        match arrived.answer {
            Ok(mut result) => {
                if !failed(&result) {
                    self.save(work, &mut result)?;
                }
                Ok(Outcome::Passed(Passed { result: passed(result), receipt: None }))
            }
            Err(BridgeError::Rpc { code, message, data }) => Ok(rejected(code, &message, data)),
            Err(error) => {
                let failure = Failure::from(error);
                let sent = if failure.sent == Sent::Nothing { Sent::Nothing } else { Sent::Read };
                Err(failure.sent(sent))
            }
        }
    }

    /// No clear answer came: what became of it is looked up where that can be.
    async fn lost(&self, work: &Work, mut arrived: Arrived) -> Result<Outcome, Failure> {
        let mut causes = Vec::new();
        match (arrived.held.take(), self.list_for(work.remote_name())) {
            (Some(held), Some(list)) => match self.look_up(work, &list, held, work.ends).await {
                Ok(Verdict::TookEffect(record)) => {
                    let receipt = arrived.number.map(|number| self.receipt(Tells::Own(number)));
                    return Ok(Outcome::Done(Done { receipt, ..self.found(record) }));
                }
                Ok(Verdict::Absent) => return Err(answers::absent(self, work)),
                Ok(Verdict::Unknown { why, .. }) => causes.push(why),
                Err(failure) => causes.push(failure.message),
            },
            (Some(held), None) => {
                if let Err(error) = held.release().await {
                    tracing::warn!("the journal could not be written: {error}");
                }
            }
            (None, _) => {}
        }
        let (why, facts) = match arrived.answer {
            Ok(result) => (answers::said(self, texts(&result).next().unwrap_or_default()), Map::new()),
            Err(BridgeError::Rpc { code, message, .. }) => {
                (answers::said(self, &message), Map::from_iter([("rpc_code".to_owned(), json!(code))]))
            }
            Err(error) => {
                let failure = Failure::from(error);
                (failure.message, failure.facts)
            }
        };
        let mut failure = answers::lost(self, work, &why, arrived.number);
        failure.facts.extend(facts);
        failure.causes.extend(causes);
        Err(failure)
    }

    /// The account lacks a feature that the tool needs: said clearly in place of the server's own words.
    fn not_enabled(&self, work: &Work, arrived: &Arrived) -> Option<Failure> {
        let service = self.setup.service;
        match &arrived.answer {
            Ok(result) if failed(result) => {
                let said = texts(result).collect::<Vec<_>>().join("\n");
                features::missing(service, &work.tool, &said)
            }
            Err(BridgeError::Rpc { message, data, .. }) => {
                let data = data.as_ref().map(Value::to_string).unwrap_or_default();
                features::missing(service, &work.tool, &format!("{message}\n{data}"))
            }
            _ => None,
        }
        .filter(|_| !matches!(arrived.fate, Fate::Lost(_)))
    }
}

/// The server's own error, made visible.
fn rejected(code: i64, message: &str, mut data: Option<Value>) -> Outcome {
    if let Some(data) = &mut data {
        redaction::apply(data);
    }
    Outcome::Rejected(Rejected { code, message: redaction::visible(message), data })
}
