//! Turns what a person would say into what the API takes: names and numbers into ids, days into dates,
//! periods into from and to; and reads the current record of what is to be changed.

mod names;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Gateway, Work, described};
use crate::catalogue::{self, Effect};
use crate::failure::{Exit, Failure, Sent};
use crate::rules::{money, period, vat};

impl Gateway {
    /// Names, dates and periods; afterwards the arguments are what the request is built from.
    pub(super) async fn resolve(&self, work: &mut Work) -> Result<(), Failure> {
        if work.endpoint.is_extra() {
            // Its arguments are in the words of its description: whatever their names are, they mean nothing here.
            work.given = described::content(work);
            work.current = self.current(work).await?;
            return Ok(());
        }
        if work.endpoint.tool == "get_profile" {
            let id = work.arguments.get("id").map(shown).unwrap_or_default();
            work.connection.profiles.refuse_other(&id)?;
        }
        self.resolve_names(work).await?;
        work.given.clone_from(&work.arguments);
        let today = work.now().date();
        resolve_dates(work, today)?;
        // A workflow's rates are looked at where they are sent, or are its own question.
        if !work.endpoint.path.is_empty() {
            note_unknown_rates(work, today);
        }
        if matches!(work.endpoint.effect, Effect::Updates | Effect::Deletes | Effect::Acts) {
            work.current = self.current(work).await?;
        }
        Ok(())
    }

    /// The record that is to be changed, read just now. A record that is gone is an answer, not a guess.
    pub(super) async fn current(&self, work: &mut Work) -> Result<Option<Value>, Failure> {
        if work.endpoint.is_extra() {
            return Ok(if work.endpoint.writes() { self.described_record(work).await } else { None });
        }
        let Some(end) = work.endpoint.path.find("{id}") else { return Ok(None) };
        let path = work.endpoint.path.get(..end + "{id}".len()).unwrap_or_default();
        let Some(id) = work.arguments.get("id").or_else(|| work.arguments.get("bank_account_id")).map(shown)
        else {
            return Ok(None);
        };
        let path = path.replace("{id}", &catalogue::request::segment(&id));
        let reply = self
            .read(work, path, Vec::new())
            .await
            .map_err(|failure| not_sent(work.tool(), "reading the record", failure))?;
        work.seen.read(reply.etag);
        Ok(Some(crate::api::pages::record(reply.body)))
    }
}

/// The read before a write failed: the write itself was not sent.
pub(super) fn not_sent(tool: &str, step: &str, mut failure: Failure) -> Failure {
    failure.message = format!("`{tool}` was not sent, since {step} first failed: {}", failure.message);
    failure.sent = Sent::Nothing;
    failure
}

fn resolve_dates(work: &mut Work, today: Date) -> Result<(), Failure> {
    if let Some(text) = work.arguments.shift_remove("period") {
        let (from, to) = period::parse(&shown(&text), today)?;
        for (name, date) in [("from", from), ("to", to), ("as_of", to)] {
            if work.endpoint.argument(name).is_some() {
                work.arguments.insert(name.to_owned(), json!(date.to_string()));
            }
        }
    }
    refuse_backwards(work)?;
    if let Some(days) = work.arguments.shift_remove("due_days") {
        let issue = work
            .arguments
            .get("issue_date")
            .and_then(Value::as_str)
            .and_then(|date| date.parse().ok())
            .unwrap_or(today);
        let due = days.as_i64().and_then(|days| issue.checked_add(days.days()).ok());
        let Some(due) = due else {
            return Err(Failure::new(
                "bad_arguments",
                Exit::Refused,
                "`due_days` leads to no date; nothing was sent",
            ));
        };
        work.arguments.insert("due_date".into(), json!(due.to_string()));
    }
    if work.endpoint.tool == "create_expense" && !work.arguments.contains_key("date") {
        work.arguments.insert("date".into(), json!(today.to_string()));
        work.notes.push(format!("no date was given: {today} was taken"));
    }
    Ok(())
}

/// No record lies between two days the wrong way round, and an empty list would pass for an answer.
fn refuse_backwards(work: &Work) -> Result<(), Failure> {
    let day = |name: &str| work.arguments.get(name)?.as_str()?.parse::<Date>().ok();
    match (day("from"), day("to")) {
        (Some(from), Some(to)) if from > to => {
            let message = format!("`from` ({from}) is after `to` ({to}); nothing was sent");
            Err(Failure::new("bad_arguments", Exit::Refused, message).hint("give the earlier day as `from`"))
        }
        _ => Ok(()),
    }
}

/// A VAT rate that no known country has on the day of supply is passed on, and said: the tax shown is owed.
fn note_unknown_rates(work: &mut Work, today: Date) {
    let arguments = work.arguments.get("changes").and_then(Value::as_object).unwrap_or(&work.arguments);
    let lines = arguments.get("lines").and_then(Value::as_array).into_iter().flatten();
    let rates = lines.map(|line| line.get("tax_rate")).chain([arguments.get("tax_rate")]);
    let date = ["service_from", "issue_date", "date"]
        .iter()
        .find_map(|name| arguments.get(*name)?.as_str()?.parse().ok());
    let day = date.unwrap_or(today);
    let unknown: Vec<_> =
        rates.flatten().filter_map(money::decimal).filter(|rate| !vat::is_known(*rate, day)).collect();
    let notes = unknown
        .iter()
        .map(|rate| format!("{rate} % is no VAT rate in force on {day} in CH, LI, DE or AT: please check"));
    work.notes.extend(notes.collect::<std::collections::BTreeSet<_>>());
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
