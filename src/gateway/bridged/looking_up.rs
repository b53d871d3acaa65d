//! What became of a lost create that a list of the server's shows by a number of the caller's own: faktoora's invoices,
//! whose `invoiceNumber` is unique in the account.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant, sleep_until, timeout_at};

use super::super::held::Held;
use super::super::recovery::{Settling, Verdict};
use super::outcome::{Fate, failed};
use super::records::{named, number_in, texts};
use super::sending::{Running, ended};
use super::work::Work;
use super::{Bridged, Offered};
use crate::bridge::Request;
use crate::failure::Failure;
use crate::https::Safety;
use crate::journal::{End, Intent, State};

/// The list, and the field by which it is known.
const LIST: &str = "list_invoices";
/// Fields of its rows.
const ROWS: &[&str] = &["items", "invoices", "data", "results", "rows", "list"];
/// Spent on looking up.
const LOOKING_UP: Duration = Duration::from_secs(20);
/// Between two looks, in seconds.
const PAUSES: [u64; 5] = [1, 2, 3, 4, 5];
/// A record this much older than its request was not made by it: clocks differ, and days are longer.
const OLDER: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

impl Bridged {
    /// The list that shows what a lost create came to, where there is one.
    pub(super) fn list_for(&self, tool: &str) -> Option<std::sync::Arc<Offered>> {
        let known = self.setup.service == "faktoora" && tool.starts_with("create_invoice");
        self.find(LIST).ok().filter(|_| known)
    }

    /// Looks until it is told or `until` comes; settles what is told, gives back what is not.
    pub(super) async fn look_up(
        &self,
        work: &Work,
        list: &Offered,
        mut held: Held,
        until: Instant,
    ) -> Result<Verdict, Failure> {
        let until = until.min(Instant::now() + LOOKING_UP);
        let mut settling = Settling::from(None);
        let mut pauses = PAUSES.into_iter();
        let verdict = loop {
            let Some(intent) = self.setup.journal.look(held.number).await? else {
                break Verdict::unknown("its intent is gone from the journal");
            };
            settling.take_in(&intent);
            let settled = settling.left().is_zero();
            let verdict = self.look_once(work, list, &intent, until).await;
            if settled || matches!(verdict, Verdict::TookEffect(_)) {
                break verdict;
            }
            let next = Instant::now() + Duration::from_secs(pauses.next().unwrap_or(5));
            if next >= until {
                break match verdict {
                    Verdict::Absent => Verdict::unknown(settling.not_yet()),
                    other => other,
                };
            }
            work.tell("waiting: the answer was lost, looking for what became of it");
            sleep_until(next).await;
        };
        match &verdict {
            Verdict::TookEffect(record) => {
                let record = record.as_object().cloned().unwrap_or_default();
                held.settle(ended(work.kind(), named(&record))).await;
            }
            Verdict::Absent => {
                held.settle(End::of(State::Absent)).await;
            }
            Verdict::Unknown { .. } => {
                if let Err(error) = held.release().await {
                    tracing::warn!("the journal could not be written: {error}");
                }
            }
        }
        Ok(verdict)
    }

    /// One look. A look that fails tells nothing.
    async fn look_once(&self, work: &Work, list: &Offered, intent: &Intent, until: Instant) -> Verdict {
        let Some(number) = intent.record_number.clone().or_else(|| number_in(&work.given)) else {
            return Verdict::unknown("it has no number by which it could be found");
        };
        let looked = timeout_at(until, async {
            let rows = self.rows(work, list, &number, until).await?;
            Ok::<_, Failure>(self.verdict(intent, &number, rows).await)
        });
        match looked.await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(failure)) => Verdict::unknown(format!("looking it up failed: {}", failure.message)),
            Err(_) => Verdict::unknown("looking it up took too long"),
        }
    }

    async fn verdict(&self, intent: &Intent, number: &str, rows: Option<Rows>) -> Verdict {
        let Some(rows) = rows else { return Verdict::unknown("the list could not be read") };
        let same = |row: &&Map<String, Value>| number_in(row).is_some_and(|other| other == number.trim());
        let found: Vec<&Map<String, Value>> = rows.rows.iter().filter(same).collect();
        let record = match found.as_slice() {
            [] if rows.complete => return Verdict::Absent,
            [] => return Verdict::unknown("the list could not be read whole"),
            [record] => Value::Object((*record).clone()),
            _ => return Verdict::unknown("several records have its number"),
        };
        let unknown = |why: &str, record| Verdict::Unknown { why: why.to_owned(), candidates: vec![record] };
        let id = found.first().and_then(|record| named(record).id);
        let ids = id.into_iter().collect();
        match self.setup.journal.known_records(&intent.scope, ids).await {
            Ok(known) if known.is_empty() => {}
            _ => return unknown("another call made the record with its number", record),
        }
        let older = found
            .first()
            .and_then(|record| made_at(record))
            .zip(intent.sent_at)
            .is_some_and(|(made, sent)| sent.duration_since(made) > OLDER);
        if older {
            unknown("the record with its number is older", record)
        } else {
            Verdict::TookEffect(record)
        }
    }

    /// The rows of the list that may have this number; `None` where there is no such list in the answer.
    async fn rows(
        &self,
        work: &Work,
        list: &Offered,
        number: &str,
        until: Instant,
    ) -> Result<Option<Rows>, Failure> {
        self.admit(work, Safety::Read).await.map(drop)?;
        let filter = filter_of(list);
        let arguments: Map<String, Value> = filter.iter().map(|name| (name.clone(), json!(number))).collect();
        let params = json!({"name": list.remote_name, "arguments": list.for_remote(arguments)});
        let request = Request {
            method: "tools/call".to_owned(),
            params: params.as_object().cloned().unwrap_or_default(),
            safety: Safety::Read,
            until,
        };
        let quiet = super::super::Caller { elicitation: None, progress: None, ..work.caller.clone() };
        let running = Running::start(&self.upstream, request, &quiet, None, &self.under_way);
        let Ok(arrived) = running.task.await else { return Ok(None) };
        let result = arrived.answer.map_err(Failure::from)?;
        if failed(&result) || arrived.fate == Fate::Asks {
            return Ok(None);
        }
        Ok(rows_of(&result, filter.is_some()))
    }
}

/// What a list showed.
struct Rows {
    rows: Vec<Map<String, Value>>,
    complete: bool,
}

/// The argument by which a list is asked for a number.
fn filter_of(list: &Offered) -> Option<String> {
    let properties = list.definition.get("inputSchema")?.get("properties")?.as_object()?;
    let squeezed =
        |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let named = |wanted: &str| properties.keys().find(|name| squeezed(name) == wanted).cloned();
    named("invoicenumber")
        .or_else(|| named("number"))
        .or_else(|| named("keyword"))
        .or_else(|| named("search"))
}

fn rows_of(result: &Map<String, Value>, filtered: bool) -> Option<Rows> {
    let structured = result.get("structuredContent").cloned();
    let parsed = || texts(result).find_map(|text| serde_json::from_str::<Value>(text).ok());
    let body = structured.or_else(parsed)?;
    let rows = match &body {
        Value::Array(rows) => Some(rows),
        Value::Object(fields) => ROWS.iter().find_map(|name| fields.get(*name)?.as_array()),
        _ => None,
    }?;
    let total = ["total", "totalCount", "total_count", "count", "totalElements"]
        .iter()
        .find_map(|name| body.get(*name)?.as_u64());
    let more =
        ["hasMore", "has_more", "hasNext"].iter().any(|name| body.get(*name) == Some(&Value::Bool(true)));
    let whole = total.map_or(filtered, |total| total == rows.len() as u64) && !more;
    let rows = rows.iter().filter_map(Value::as_object).cloned().collect();
    Some(Rows { rows, complete: whole })
}

/// When a record was made, as it says itself, with a time zone.
fn made_at(record: &Map<String, Value>) -> Option<Timestamp> {
    ["createdAt", "created_at", "created", "creationDate"]
        .iter()
        .find_map(|name| record.get(*name)?.as_str()?.parse().ok())
}
