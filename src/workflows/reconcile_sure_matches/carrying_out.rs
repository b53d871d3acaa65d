//! One reconcile after the other, as far as time and limits go, and an honest account of it: what is done,
//! what was left out and why, what remains, and how to go on.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::sure::Match;
use super::{row, sums};
use crate::failure::{Failure, Sent};
use crate::gateway::calls::{CHANGED_MEANWHILE, Calls, Write, Yes};
use crate::rules::money;

/// A write is begun only where this much time is left for it.
const RESERVE: Duration = Duration::from_secs(10);

/// A kept yes holds for each match and for its transaction, so that a changed one can be named.
pub const PARTS: usize = 2;

/// What is to be done, and the yes to it.
pub struct Order {
    pub yes: Yes,
    /// How many the yes was still good for.
    pub of: usize,
    pub matches: Vec<Match>,
    /// Said yes to, and no longer as it was then.
    pub left_out: Vec<Value>,
}

/// What a kept yes calls a transaction.
pub fn transaction_part(id: &str) -> String {
    format!("transaction {id}")
}

/// How it went so far.
struct Account {
    done: Vec<Match>,
    left_out: Vec<Value>,
    /// Its answer was lost: whether it took effect is not known.
    unknown: Option<Match>,
    remaining: Vec<Match>,
    stopped: Option<Stopped>,
}

/// Why not all was done.
enum Stopped {
    OutOfTime,
    Failed(Failure),
}

/// What came of one match.
enum Step {
    Done,
    LeftOut(String),
    Unknown(Failure),
    Stop(Stopped),
}

pub async fn carry_out(calls: &dyn Calls, order: Order) -> Result<Map<String, Value>, Failure> {
    let Order { yes, of, matches, left_out } = order;
    let mut account =
        Account { done: Vec::new(), left_out, unknown: None, remaining: Vec::new(), stopped: None };
    let mut matches = matches.into_iter();
    for found in matches.by_ref() {
        calls.progress(&format!("reconciling {} of {of}", account.done.len() + 1));
        match reconcile(calls, &yes, &found).await {
            Step::Done => account.done.push(found),
            Step::LeftOut(why) => {
                let mut entry = row(&found);
                if let Some(entry) = entry.as_object_mut() {
                    entry.insert("why".to_owned(), json!(why));
                }
                account.left_out.push(entry);
            }
            Step::Unknown(failure) => {
                account.unknown = Some(found);
                account.stopped = Some(Stopped::Failed(failure));
            }
            Step::Stop(why) => {
                account.remaining.push(found);
                account.stopped = Some(why);
            }
        }
        if account.stopped.is_some() {
            break;
        }
    }
    account.remaining.extend(matches);
    let resume = if account.remaining.is_empty() {
        None
    } else {
        let parts = account
            .remaining
            .iter()
            .flat_map(|found| [found.exactly(), transaction_part(&found.transaction_id)]);
        Some(calls.keep(&yes, &parts.collect::<Vec<_>>()))
    };
    account.tell(of, resume)
}

async fn reconcile(calls: &dyn Calls, yes: &Yes, found: &Match) -> Step {
    if calls.time_left() < RESERVE {
        return Step::Stop(Stopped::OutOfTime);
    }
    match calls.record("get_invoice", &found.invoice_id).await {
        Ok(invoice) if found.pays(&invoice) => {}
        Ok(_) => return Step::LeftOut("the invoice was paid or changed meanwhile".to_owned()),
        Err(failure) if failure.facts.get("http_status") == Some(&json!(404)) => {
            return Step::LeftOut("the invoice is gone".to_owned());
        }
        Err(failure) => return Step::Stop(Stopped::Failed(failure)),
    }
    let allocation = json!({ "invoice_id": found.invoice_id, "amount": money::number(found.amount) });
    let arguments = Map::from_iter([
        ("id".to_owned(), json!(found.transaction_id)),
        ("allocations".to_owned(), json!([allocation])),
    ]);
    let unchanged = |transaction: &Value| found.is_of(transaction);
    let write = Write { tool: "reconcile_transaction", arguments, unchanged: &unchanged };
    match calls.write(yes, write).await {
        // The journal knows it as done, and the record is not as it was before that.
        Ok(done) if done.structured.get("done") == Some(&json!(false)) => {
            let message = done.structured.get("message").and_then(Value::as_str);
            Step::LeftOut(message.unwrap_or("it was done before").to_owned())
        }
        Ok(_) => Step::Done,
        Err(failure) if failure.code == CHANGED_MEANWHILE => {
            Step::LeftOut("the transaction was matched or changed meanwhile".to_owned())
        }
        Err(failure) if failure.sent == Sent::Unknown => Step::Unknown(failure),
        Err(failure) if failure.sent == Sent::Refused && is_about_the_record(&failure) => {
            Step::LeftOut(failure.message)
        }
        Err(failure) => Step::Stop(Stopped::Failed(failure)),
    }
}

/// True for refusals of this one write; the others (no right, too many, no such API) meet the next one too.
fn is_about_the_record(failure: &Failure) -> bool {
    failure
        .facts
        .get("http_status")
        .and_then(Value::as_u64)
        .is_some_and(|status| matches!(status, 400 | 404 | 409 | 410 | 412 | 422))
}

impl Account {
    /// An answer, or the failure that let nothing be done, with the same facts.
    fn tell(
        mut self,
        of: usize,
        resume: Option<Result<String, Failure>>,
    ) -> Result<Map<String, Value>, Failure> {
        match self.stopped.take() {
            Some(Stopped::Failed(mut failure)) if self.done.is_empty() => {
                failure.facts.extend(self.facts(of, resume));
                Err(failure)
            }
            stopped => {
                self.stopped = stopped;
                Ok(self.facts(of, resume))
            }
        }
    }

    fn facts(self, of: usize, resume: Option<Result<String, Failure>>) -> Map<String, Value> {
        let mut facts = Map::new();
        let all = self.remaining.is_empty() && self.unknown.is_none() && self.left_out.is_empty();
        facts.insert("done".into(), json!(all));
        facts.insert("n".into(), json!(self.done.len()));
        facts.insert("of".into(), json!(of));
        facts.insert("complete".into(), json!(all));
        facts.insert("items".into(), self.done.iter().map(row).collect());
        facts.insert("sums".into(), sums(&self.done));
        if !self.left_out.is_empty() {
            facts.insert("left_out".into(), Value::Array(self.left_out));
        }
        if let Some(unknown) = &self.unknown {
            facts.insert("unknown".into(), row(unknown));
        }
        match self.stopped {
            Some(Stopped::Failed(failure)) => {
                facts.insert("stopped".into(), failure.json().get("error").cloned().unwrap_or_default());
            }
            Some(Stopped::OutOfTime) => {
                facts.insert("stopped".into(), json!("the time of one call is up"));
            }
            None => {}
        }
        if !self.remaining.is_empty() {
            facts.insert("remaining".into(), self.remaining.iter().map(row).collect());
        }
        match resume {
            Some(Ok(token)) => {
                let how = "call again with the same arguments and `resume` within an hour of the yes: nobody is asked again";
                facts.insert("go_on".into(), json!(how));
                facts.insert("resume".into(), json!(token));
            }
            Some(Err(failure)) => {
                let how = format!("call again without `resume`, to be asked anew: {}", failure.message);
                facts.insert("go_on".into(), json!(how));
            }
            None => {}
        }
        facts
    }
}

#[cfg(test)]
mod tests;
