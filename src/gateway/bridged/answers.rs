//! The words of calls that were not sent again, whose answer was lost, or that only show what would be sent.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::Done;
use super::super::answer::local_time;
use super::super::redaction::{self, quoted};
use super::super::writing::answers::{name_of, same, same_as};
use super::Bridged;
use super::records::{currency_in, net_total};
use super::work::{Work, may_be_meant_twice};
use crate::catalogue::Effect;
use crate::failure::{Exit, Failure, Sent, here};
use crate::journal::{Intent, Likeness};
use crate::rules::money;

impl Bridged {
    /// A result of ours: whose it is first, and the same facts in both parts.
    pub(super) fn done(&self, facts: Map<String, Value>, first: Option<&str>) -> Done {
        let mut structured = Map::new();
        structured.insert("account".into(), json!(self.setup.account));
        structured.extend(facts);
        let mut value = Value::Object(structured);
        redaction::apply(&mut value);
        let text = match first {
            Some(first) => format!("{}\n{value}", redaction::visible(first)),
            None => value.to_string(),
        };
        let structured = match value {
            Value::Object(structured) => structured,
            _ => Map::new(),
        };
        Done { structured, text, receipt: None }
    }

    /// `dry_run`: the exact request.
    pub(super) fn preview(&self, work: &Work) -> Done {
        let mut facts = Map::new();
        facts.insert("dry_run".into(), json!(true));
        facts.insert("sent".into(), json!("nothing was sent"));
        let params = json!({"name": work.remote_name(), "arguments": shortened(&work.offered.for_remote(work.arguments().clone()))});
        facts.insert(
            "request".into(),
            json!({"server": self.host(), "method": "tools/call", "params": params}),
        );
        if let Some(total) = net_total(&work.given) {
            let mut totals = Map::new();
            totals.insert("subtotal".into(), money::number(money::cents(total)));
            if let Some(currency) = currency_in(&work.given) {
                totals.insert("currency".into(), json!(currency));
            }
            facts.insert("totals".into(), Value::Object(totals));
        }
        self.done(facts, None)
    }

    /// The tool of this account that shows what became of a write, where one is offered.
    pub(super) fn shows(&self, tool: &str) -> Option<String> {
        let noun =
            ["invoice", "offer", "client", "customer", "product_bundle", "product", "webhook", "expense"]
                .into_iter()
                .find(|noun| tool.contains(noun))?;
        [format!("list_{noun}s"), format!("get_{noun}_status"), format!("get_{noun}")]
            .into_iter()
            .find(|name| self.find(name).is_ok())
    }
}

impl Bridged {
    /// The answer was lost, and the record is there.
    pub(super) fn found(&self, record: Value) -> Done {
        let mut facts = Map::new();
        facts.insert("created".into(), json!(true));
        facts.insert("recovered".into(), json!(true));
        facts.insert(
            "message".into(),
            json!("the server's answer was lost; it took effect, as its list shows"),
        );
        facts.insert("record".into(), record);
        self.done(facts, None)
    }
}

/// It was looked up: it did not take effect.
pub(super) fn absent(bridged: &Bridged, work: &Work) -> Failure {
    let message = format!(
        "`{}` was sent to {} and got no clear answer; it was looked up: nothing was created",
        work.tool,
        bridged.host()
    );
    Failure::new("not_created", Exit::Unavailable, message)
        .sent(Sent::WithoutEffect)
        .hint("call it again with the same arguments")
        .fact("retryable", true)
}

/// Long texts (files) by their length.
fn shortened(arguments: &Map<String, Value>) -> Map<String, Value> {
    let short = |value: &Value| match value {
        Value::String(text) if text.len() > 10_000 => json!(format!("({} characters)", text.len())),
        other => other.clone(),
    };
    arguments.iter().map(|(name, value)| (name.clone(), short(value))).collect()
}

/// What the caller gets in place of a second one.
pub(super) fn not_again(bridged: &Bridged, work: &Work, earlier: &Intent, likeness: Likeness) -> Done {
    let creates = work.offered.effect == Effect::Creates;
    let words = if creates { "NOT CREATED AGAIN" } else { "NOT DONE AGAIN" };
    let of = match likeness {
        Likeness::Same => "same as",
        Likeness::Twin => "in other words the same as",
    };
    let name = name_of(earlier, &Value::Null);
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
    let look =
        bridged.shows(work.remote_name()).map(|tool| format!("`{tool}` shows it; ")).unwrap_or_default();
    let mut hint =
        format!("{look}if the person wants another one on purpose, call again with `allow_duplicate`: true");
    if bridged.setup.service == "url" && work.offered.effect == Effect::Acts {
        // Whoever only looked something up has to learn why that was taken for an act.
        let account = &bridged.setup.account;
        hint = format!(
            "{hint}; a tool that only reads is named once by the person: `lumabill config --account {account} reads TOOL,TOOL`"
        );
    }
    facts.insert("hint".into(), json!(here(&hint)));
    bridged.done(facts, Some(&first))
}

/// The same call is under way elsewhere and takes long.
pub(super) fn under_way(work: &Work, earlier: &Intent, likeness: Likeness) -> Failure {
    super::super::writing::answers::under_way(&work.tool, earlier, likeness)
}

/// This very call takes longer than its caller waits.
pub(super) fn takes_long(bridged: &Bridged, work: &Work) -> Failure {
    if !work.writes() {
        let message =
            format!("{} has not answered `{}` in the time that clients wait", bridged.host(), work.tool);
        return Failure::new("remote_silent", Exit::Unavailable, message)
            .sent(Sent::Read)
            .hint("call it again, or ask for less at once")
            .fact("retryable", true);
    }
    let message = format!(
        "{} has not answered `{}` yet: it was sent, and may still take effect",
        bridged.host(),
        work.tool
    );
    let failure = Failure::new("under_way", Exit::Unavailable, message).sent(Sent::Unknown);
    if !may_be_meant_twice(work.offered.effect) {
        // Nothing holds the same change back a second time.
        return with_way_on(bridged, work, failure, None);
    }
    failure
        .hint("call again with the same arguments: it is answered with what became of it, and not sent twice")
        .fact("retryable", true)
        .fact("retry_after_s", 5)
}

/// The answer was lost, and cannot be looked up here.
pub(super) fn lost(bridged: &Bridged, work: &Work, why: &str, number: Option<i64>) -> Failure {
    let message = format!(
        "`{}` was sent to {}, but no clear answer came back: {}",
        work.tool,
        bridged.host(),
        may(work)
    );
    let failure =
        Failure::new("outcome_unknown", Exit::Unavailable, message).sent(Sent::Unknown).because(why);
    with_way_on(bridged, work, failure, number)
}

/// The same was called before, and what became of that is not known.
pub(super) fn still_unknown(bridged: &Bridged, work: &Work, earlier: &Intent, likeness: Likeness) -> Failure {
    let message = format!(
        "`{}` was not sent: {} call of {} may have been carried out, and it is not known whether it was",
        work.tool,
        same(likeness),
        local_time(earlier.claimed_at)
    );
    let failure = Failure::new("outcome_unknown", Exit::Unavailable, message).sent(Sent::Unknown);
    let failure = with_way_on(bridged, work, failure, Some(earlier.number));
    if likeness == Likeness::Twin && earlier.is_long_open(Timestamp::now().as_millisecond()) {
        let hint = failure.hint.clone().unwrap_or_default();
        return failure.hint(format!(
            "{hint}; it is open for more than a day: if the person has looked and wants this one all the same, call again with `allow_duplicate`: true"
        ));
    }
    failure
}

fn with_way_on(bridged: &Bridged, work: &Work, failure: Failure, number: Option<i64>) -> Failure {
    let mut failure = failure.fact("retryable", false);
    let look = match bridged.shows(work.remote_name()) {
        Some(tool) => format!("look with `{tool}` whether it took effect"),
        None => format!("look in {} whether it took effect", bridged.host()),
    };
    let settle = number.map(|number| {
        failure.facts.insert("history".into(), json!(number));
        format!("; a person who has looked runs `lumabill history settle {number} --created ID` or `--not-created`")
    });
    failure.hint(format!("do not call it anew in other words: {look}{}", settle.unwrap_or_default()))
}

fn may(work: &Work) -> &'static str {
    match work.offered.effect {
        Effect::Creates | Effect::Acts | Effect::Reads => "it may have been carried out",
        Effect::Updates => "the record may have changed",
        Effect::Deletes => "the record may be gone",
    }
}

/// What a server says that answered, in words for a cause.
pub(super) fn said(bridged: &Bridged, text: &str) -> String {
    format!("{} says: {}", bridged.host(), quoted(text))
}
