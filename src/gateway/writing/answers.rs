//! The words of writes that were not made again, were found again, or whose fate is not known.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::answer::{self, local_time};
use super::super::creating::endpoint_of;
use super::super::recovery::left;
use super::super::redaction::quoted;
use super::{Done, Gateway, Likeness, Work};
use crate::api::ApiError;
use crate::catalogue::Effect;
use crate::failure::{Exit, Failure, Sent};
use crate::journal::Intent;

impl Gateway {
    /// What the caller gets in place of a second one.
    pub(super) fn not_again(
        &self,
        work: &Work,
        earlier: &Intent,
        likeness: Likeness,
        record: &Value,
    ) -> Done {
        let creates = work.endpoint.effect == Effect::Creates;
        let words = if creates { "NOT CREATED AGAIN" } else { "NOT DONE AGAIN" };
        let name = name_of(earlier, record);
        let of = match likeness {
            Likeness::Same => "same as",
            Likeness::Twin => "in other words the same as",
        };
        let mut first = format!("{words}: {of} {name} of {}", local_time(earlier.claimed_at));
        if earlier.lost {
            first.push_str(", whose answer was lost");
        } else if !earlier.answered {
            first.push_str(", whose answer never reached the caller");
        }
        let mut facts = Map::new();
        facts.insert("message".into(), json!(first));
        facts.insert(if creates { "created" } else { "done" }.into(), json!(false));
        facts.insert("same_as".into(), same_as(earlier));
        if !record.is_null() {
            facts.insert("record".into(), record.clone());
        }
        facts.insert(
            "hint".into(),
            json!("if the person wants another one on purpose, call again with `allow_duplicate`: true"),
        );
        self.done(work, facts)
    }

    /// The answer was lost, and the record is there.
    pub(super) fn found(&self, work: &Work, record: Value) -> Done {
        let mut facts = answer::took_effect(work);
        facts.insert("recovered".into(), json!(true));
        facts.insert(
            "message".into(),
            json!("the API's answer was lost; it took effect, as the record shows"),
        );
        facts.insert("record".into(), record);
        self.done(work, facts)
    }
}

/// How the earlier record is called.
pub fn name_of(earlier: &Intent, record: &Value) -> String {
    let number = record.get("number").and_then(Value::as_str).map(quoted);
    let number = number.or_else(|| earlier.record_number.as_deref().map(quoted));
    let name = || record.get("name").and_then(Value::as_str).map(quoted);
    let id = || earlier.record_id.as_deref().map(quoted);
    number.or_else(name).or_else(id).unwrap_or_else(|| format!("entry {} of the history", earlier.number))
}

pub fn same_as(earlier: &Intent) -> Value {
    let mut same = Map::new();
    same.insert("history".into(), json!(earlier.number));
    same.insert("at".into(), json!(earlier.claimed_at.to_string()));
    same.insert("client".into(), json!(quoted(&earlier.client)));
    for (name, value) in [("id", &earlier.record_id), ("number", &earlier.record_number)] {
        if let Some(value) = value {
            same.insert(name.into(), json!(value));
        }
    }
    Value::Object(same)
}

/// The same call is under way elsewhere and takes long.
pub fn under_way(tool: &str, earlier: &Intent, likeness: Likeness) -> Failure {
    let message = format!(
        "{} `{tool}` of {} is still under way; nothing was sent again",
        same(likeness),
        local_time(earlier.claimed_at)
    );
    Failure::new("under_way", Exit::Unavailable, message)
        .because(format!("it was called by {}", quoted(&earlier.client)))
        .hint("call again in a few seconds with the same arguments: it is answered with what became of it")
        .fact("history", earlier.number)
        .fact("retryable", true)
        .fact("retry_after_s", 5)
}

/// It was looked up: it did not take effect.
pub(super) fn absent(work: &Work, lost: ApiError) -> Failure {
    let what = if work.endpoint.effect == Effect::Creates {
        "nothing was created"
    } else {
        "it did not take effect"
    };
    let message = format!("`{}` was sent and got no clear answer; it was looked up: {what}", work.tool());
    let lost = Failure::from(lost).sent(Sent::WithoutEffect);
    let code = if work.endpoint.effect == Effect::Creates { "not_created" } else { "not_done" };
    Failure { code, message, ..lost }.hint("call it again with the same arguments").fact("retryable", true)
}

/// It may have taken effect.
pub(super) fn unknown(lost: ApiError, intent: Option<&Intent>, why: &str, candidates: &[Value]) -> Failure {
    with_candidates(lost.into(), intent, why, candidates)
}

/// The same was called before, and what became of that is not known yet.
pub(super) fn still_unknown(
    work: &Work,
    earlier: &Intent,
    likeness: Likeness,
    why: &str,
    candidates: &[Value],
) -> Failure {
    let same = same(likeness);
    let message = format!(
        "`{}` was not sent: {same} call of {} may have been carried out, and it is not known yet whether it was",
        work.tool(),
        local_time(earlier.claimed_at)
    );
    let failure = Failure::new("outcome_unknown", Exit::Unavailable, message).sent(Sent::Unknown);
    let failure = with_candidates(failure, Some(earlier), why, candidates);
    if likeness == Likeness::Twin && earlier.is_long_open(Timestamp::now().as_millisecond()) {
        let hint = failure.hint.clone().unwrap_or_default();
        return failure.hint(format!(
            "{hint}; it is open for more than a day: if the person has looked and wants this one all the same, call again with `allow_duplicate`: true"
        ));
    }
    failure
}

fn with_candidates(failure: Failure, intent: Option<&Intent>, why: &str, candidates: &[Value]) -> Failure {
    let mut failure = failure.because(why.to_owned()).fact("retryable", false);
    let wait = intent.map(|intent| left(intent).as_secs()).unwrap_or_default();
    let settle = intent.map(|intent| {
        let number = intent.number;
        failure.facts.insert("history".into(), json!(number));
        format!("; a person who has looked can run `lumabill history settle {number} --created ID` or `--not-created`")
    });
    let looked_up = intent.is_none_or(|intent| endpoint_of(&intent.tool).is_some());
    if !looked_up {
        return failure.hint(format!(
            "nothing here can look up what became of it: do not call it again in other words, it is never sent twice; ask the \
             person to look in the Lumabill web app{}",
            settle.unwrap_or_default()
        ));
    }
    let when = if wait > 0 { format!("in {} s", wait + 1) } else { "later".to_owned() };
    if wait > 0 {
        failure.facts.insert("settles_in_s".into(), json!(wait + 1));
    }
    if !candidates.is_empty() {
        let shown: Vec<_> = candidates.iter().take(10).map(candidate).collect();
        failure.facts.insert("candidates".into(), json!(shown));
    }
    failure.hint(format!(
        "do not create it anew in other words: call again {when} with the same arguments, which looks it up first and never sends it twice{}",
        settle.unwrap_or_default()
    ))
}

pub fn same(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Same => "the same",
        Likeness::Twin => "in other words the same",
    }
}

/// Enough of a record to find it.
fn candidate(record: &Value) -> Value {
    let fields =
        ["id", "number", "name", "status", "date", "issue_date", "total", "amount", "currency", "created_at"];
    let shown = fields.iter().filter_map(|name| Some(((*name).to_owned(), record.get(*name)?.clone())));
    Value::Object(shown.collect())
}
