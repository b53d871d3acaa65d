//! Turns what a person would say into what the API takes: names and numbers into ids, days into dates,
//! periods into from and to; and reads the current record of what is to be changed.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::redaction::quoted;
use super::{Gateway, Work};
use crate::catalogue::{self, Effect};
use crate::failure::{Exit, Failure, Sent};
use crate::rules::{money, period, vat};

/// An argument that names a record in words, and where the record is looked up.
struct Lookup {
    argument: &'static str,
    /// The id argument that it stands for.
    becomes: &'static str,
    list: &'static str,
    filter: &'static str,
    field: &'static str,
}

const CLIENT: Lookup = Lookup {
    argument: "client_name",
    becomes: "client_id",
    list: "list_clients",
    filter: "search",
    field: "name",
};
const VENDOR: Lookup = Lookup {
    argument: "vendor_name",
    becomes: "vendor_id",
    list: "list_vendors",
    filter: "search",
    field: "name",
};

/// Candidates that are named when a name is ambiguous.
const CANDIDATES: usize = 10;

impl Gateway {
    /// Names, dates and periods; afterwards the arguments are what the request is built from.
    pub(super) async fn resolve(&self, work: &mut Work) -> Result<(), Failure> {
        for lookup in [&CLIENT, &VENDOR] {
            self.resolve_name(work, lookup).await?;
        }
        self.resolve_number(work).await?;
        work.given.clone_from(&work.arguments);
        let today = super::answer::today();
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

    async fn resolve_name(&self, work: &mut Work, lookup: &Lookup) -> Result<(), Failure> {
        let Some(name) = work.arguments.shift_remove(lookup.argument) else { return Ok(()) };
        let name = plain(name.as_str().unwrap_or_default());
        let id = self.find_one(work, lookup, &name).await?;
        // Of the record itself, or of one that it belongs to.
        let becomes = work.endpoint.argument(lookup.becomes).map_or("id", |param| param.name);
        work.arguments.insert(becomes.to_owned(), id);
        Ok(())
    }

    /// `number` in place of `id` where the row takes either.
    async fn resolve_number(&self, work: &mut Work) -> Result<(), Failure> {
        let either = work.endpoint.argument("id").is_some_and(|id| id.or == Some("number"));
        let by_number = either && !work.arguments.contains_key("id");
        let Some(number) = work.arguments.get("number").filter(|_| by_number).map(shown) else {
            return Ok(());
        };
        work.arguments.shift_remove("number");
        let list = if work.endpoint.tool.contains("offer") { "list_offers" } else { "list_invoices" };
        let filter = if catalogue::find(list)
            .is_some_and(|row| row.params.iter().any(|param| param.name == "number"))
        {
            "number"
        } else {
            "search"
        };
        let lookup = Lookup { argument: "number", becomes: "id", list, filter, field: "number" };
        let id = self.find_one(work, &lookup, &number).await?;
        work.arguments.insert("id".to_owned(), id);
        Ok(())
    }

    /// The id of the one record that is called exactly `name`; otherwise the candidates are named.
    async fn find_one(&self, work: &Work, lookup: &Lookup, name: &str) -> Result<Value, Failure> {
        let Some(endpoint) = catalogue::find(lookup.list) else {
            return Err(Failure::new(
                "defect",
                Exit::Defect,
                format!("the catalogue has no `{}`", lookup.list),
            ));
        };
        let filters = Map::from_iter([(lookup.filter.to_owned(), json!(name))]);
        let (rows, walk) = self.records(work, endpoint, filters).await?;
        let complete = walk.holds_all();
        let called = |row: &&Value| row.get(lookup.field).is_some_and(|field| same_name(&shown(field), name));
        let hits: Vec<_> = rows.iter().filter(called).collect();
        match (hits.as_slice(), complete) {
            ([only], true) => only.get("id").cloned().ok_or_else(|| without_id(lookup.list)),
            (_, true) => {
                Err(not_one(lookup, name, if hits.is_empty() { rows.iter().collect() } else { hits }))
            }
            (_, false) => {
                let message = format!(
                    "`{}` is one of too many records to be sure that it is the only one; nothing was sent",
                    quoted(name)
                );
                Err(Failure::new("ambiguous", Exit::Refused, message)
                    .hint(format!("find it with `{}` and give `{}`", lookup.list, lookup.becomes)))
            }
        }
    }

    /// The record that is to be changed, read just now. A record that is gone is an answer, not a guess.
    pub(super) async fn current(&self, work: &mut Work) -> Result<Option<Value>, Failure> {
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

/// One space between words and none around them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Equal but for case and spaces.
fn same_name(left: &str, right: &str) -> bool {
    plain(left).to_lowercase() == plain(right).to_lowercase()
}

fn not_one(lookup: &Lookup, name: &str, candidates: Vec<&Value>) -> Failure {
    let exact = candidates
        .iter()
        .filter(|row| row.get(lookup.field).is_some_and(|field| same_name(&shown(field), name)))
        .count();
    let (code, what) =
        if exact > 1 { ("ambiguous", "several records are") } else { ("not_found", "no record is") };
    let message =
        format!("{what} called exactly `{}` (`{}`); nothing was sent", quoted(name), lookup.argument);
    let listed: Vec<_> = candidates
        .into_iter()
        .take(CANDIDATES)
        .map(|row| json!({ "id": row.get("id"), lookup.field: row.get(lookup.field).map(|field| quoted(&shown(field))) }))
        .collect();
    let hint = match listed.as_slice() {
        [] => format!("look with `{}`, or create it first", lookup.list),
        some => {
            let names: Vec<_> = some
                .iter()
                .map(|row| {
                    format!(
                        "{} = {}",
                        shown(row.get(lookup.field).unwrap_or(&Value::Null)),
                        shown(row.get("id").unwrap_or(&Value::Null))
                    )
                })
                .collect();
            format!("ask the person which one is meant and give `{}`: {}", lookup.becomes, names.join("; "))
        }
    };
    Failure::new(code, Exit::Refused, message).hint(hint).fact("candidates", Value::Array(listed))
}

fn without_id(list: &str) -> Failure {
    Failure::new(
        "bad_answer",
        Exit::Unavailable,
        format!("the API's answer to `{list}` has a record without `id`; nothing was sent"),
    )
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
