//! Update protection: what somebody else changed between our read and our write is shown, not overwritten;
//! what is frozen is refused; and the answer says what was changed.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::difference::{self, Difference, at};
use super::redaction::quoted;
use super::resolve::not_sent;
use super::{Gateway, Work, totals};
use crate::api::{self, Moment};
use crate::catalogue::{CHANGES, Effect, Endpoint, ISSUED, Param};
use crate::failure::{Exit, Failure, Sent};
use crate::journal::Confirmed;

/// What was read longer ago than this is read again before it is written over.
const FRESH: Duration = Duration::from_secs(1);

/// What a call has seen of the record that it writes to, and when.
#[derive(Debug)]
pub(super) struct Seen {
    /// When the call began.
    pub started: Moment,
    read: Option<Moment>,
    /// A strong `ETag` of the record as it was read.
    etag: Option<String>,
    /// The answer to the write was lost, and the record shows what became of it.
    pub recovered: bool,
}

impl Seen {
    pub fn nothing() -> Self {
        Self { started: Moment::now(), read: None, etag: None, recovered: false }
    }

    /// The record has just been read.
    pub fn read(&mut self, etag: Option<String>) {
        self.read = Some(Moment::now());
        self.etag = etag.filter(|tag| is_strong(tag));
    }

    /// The API does not honour the tag that it gave.
    pub fn distrust_etag(&mut self) {
        self.etag = None;
    }

    /// `If-Match` of a write to the record that was read.
    pub fn if_match(&self, endpoint: &Endpoint) -> Option<String> {
        let same_path = matches!(endpoint.effect, Effect::Updates | Effect::Deletes);
        self.etag.clone().filter(|_| same_path)
    }

    /// How long the write may wait before what it was made from is read again.
    pub fn patience(&self, endpoint: &Endpoint) -> Option<Duration> {
        let repeatable = matches!(endpoint.effect, Effect::Updates | Effect::Deletes);
        (repeatable && self.etag.is_none()).then_some(FRESH)
    }

    fn is_fresh(&self) -> bool {
        self.read.is_some_and(|at| at.elapsed() <= FRESH)
    }
}

/// Weak tags match what is merely alike, and no server may compare them for `If-Match`.
fn is_strong(tag: &str) -> bool {
    let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains('"'))
}

impl Gateway {
    /// To be called last before an update, delete or act is sent, and the request to be built after it: what
    /// was read some time ago and has no `ETag` is read again. What others changed since is taken over where
    /// we leave it alone, and refused as `changed_meanwhile` where we would overwrite it.
    pub(super) async fn protect(&self, work: &mut Work) -> Result<(), Failure> {
        if work.seen.if_match(work.endpoint).is_some() || work.seen.is_fresh() {
            return Ok(());
        }
        let Some(before) = work.current.take() else { return Ok(()) };
        let read = self.current(work).await;
        let now = read.map_err(|failure| not_sent(work.tool(), "reading the record again", failure))?;
        let now = work.current.insert(now.unwrap_or_default());
        let differences = difference::differences(work.endpoint, &before, now);
        let moved_on = !differences.is_empty() || difference::moved_on(&before, now);
        if !moved_on {
            return Ok(());
        }
        let asked = work.confirmed != Confirmed::NotAsked;
        if work.endpoint.effect != Effect::Updates || asked || in_our_way(work, &differences) {
            return Err(changed_meanwhile(work, &differences, Sent::Nothing));
        }
        work.notes.extend(differences.iter().map(|other| {
            let (from, to) = (shown(&other.from), shown(&other.to));
            format!(
                "somebody else changed `{}` from `{from}` to `{to}` just before; that was kept",
                other.field
            )
        }));
        Ok(())
    }
}

/// True where we would overwrite what somebody else changed, or the record is in another state by now.
fn in_our_way(work: &Work, differences: &[Difference]) -> bool {
    differences.iter().any(|other| match given(work, other.field) {
        Some(_) => !is_ours(work, other),
        None => other.field == "status",
    })
}

/// A field that the call changes, and its new value.
fn given<'a>(work: &'a Work, name: &str) -> Option<(&'static Param, &'a Value)> {
    let field = work.endpoint.changes().iter().find(|field| field.name == name)?;
    Some((field, work.arguments.get(CHANGES)?.get(name)?))
}

/// All fields that the call changes, with their new values.
fn all_given(work: &Work) -> impl Iterator<Item = (&'static Param, &Value)> {
    work.endpoint.changes().iter().filter_map(|field| given(work, field.name))
}

/// True where the record shows everything that the update sets.
pub(super) fn took_effect(work: &Work, record: &Value) -> bool {
    all_given(work).all(|(field, ours)| difference::holds(field.kind, at(record, field.wire_name()), ours))
}

/// True where a field was changed to what the call sets.
pub(super) fn is_ours(work: &Work, change: &Difference) -> bool {
    given(work, change.field).is_some_and(|(field, ours)| difference::holds(field.kind, &change.to, ours))
}

/// The state of the record that a yes is bound to.
pub(super) fn version_of(current: &Value, endpoint: &Endpoint) -> String {
    difference::version_of(current, endpoint)
}

/// What a confirmation is bound to beside its call: what the person was shown, and the record's state.
pub(super) fn bound_to(work: &Work, shown: &str) -> String {
    let version = work.current.as_ref().map(|current| version_of(current, work.endpoint));
    format!("{shown}\n{}", version.unwrap_or_default())
}

/// Somebody else changed the record after we read it.
pub(super) fn changed_meanwhile(work: &Work, differences: &[Difference], sent: Sent) -> Failure {
    let before = if sent == Sent::Nothing { "nothing was sent" } else { "nothing was overwritten" };
    let message = format!(
        "`{}` was not carried out: somebody else changed \"{}\" after it was read; {before}",
        work.endpoint.tool,
        quoted(&label(work))
    );
    let mut failure = Failure::new("changed_meanwhile", Exit::Refused, message).sent(sent);
    let mut fields = Map::new();
    for other in differences {
        let ours = given(work, other.field).map(|(_, ours)| ours);
        let mut cause =
            format!("`{}` was `{}` and is now `{}`", other.field, shown(&other.from), shown(&other.to));
        let mut values = json!({ "from": other.from, "to": other.to });
        if let (Some(ours), Some(values)) = (ours, values.as_object_mut()) {
            cause = format!("{cause}; you wanted `{}`", shown(ours));
            values.insert("yours".into(), ours.clone());
        }
        failure = failure.because(cause);
        fields.insert(other.field.to_owned(), values);
    }
    if differences.is_empty() {
        failure =
            failure.because("the API says that it was changed, in fields that this program does not know");
    }
    failure
        .hint("show the person what changed, and call again if the change is still wanted")
        .fact("changed_meanwhile", fields)
}

/// What decides the amounts of an issued invoice stays as it was billed. Unknown states pass: the API decides.
pub(super) fn refuse_frozen(work: &Work) -> Result<(), Failure> {
    let Some(current) = &work.current else { return Ok(()) };
    let status = at(current, "status").as_str().unwrap_or_default();
    let frozen: Vec<_> = all_given(work)
        .filter(|(field, ours)| {
            field.frozen && !difference::holds(field.kind, at(current, field.wire_name()), ours)
        })
        .map(|(field, _)| field.name)
        .collect();
    if frozen.is_empty() || !ISSUED.contains(&status) {
        return Ok(());
    }
    let names = frozen.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "invoice {} is {status}, and what was billed is frozen then: {names} cannot be changed; nothing was sent",
        quoted(&label(work))
    );
    Err(Failure::new("not_a_draft", Exit::Refused, message)
        .hint("tell the person to cancel it or write a credit note in the Lumabill web app, then bill anew with `create_invoice`")
        .fact("frozen", frozen))
}

/// What an answer says beside the API's own: what was changed, that a lost answer was found out, and where the
/// server's totals are not ours. `sent` is the body of the request.
pub(super) fn told(
    work: &mut Work,
    sent: Option<&Value>,
    mut facts: Map<String, Value>,
) -> Map<String, Value> {
    if work.seen.recovered {
        facts.shift_insert(1.min(facts.len()), "recovered".into(), json!(true));
    }
    let record = facts.get("record").unwrap_or(&Value::Null);
    note_totals(work, sent, record);
    if work.endpoint.effect == Effect::Updates {
        let (changed, ignored) = changed(work, record);
        work.notes.extend(ignored);
        facts.shift_insert(1.min(facts.len()), "changed".into(), Value::Object(changed));
    }
    facts
}

/// Says where the server's totals of what was sent are not ours.
pub(super) fn note_totals(work: &mut Work, sent: Option<&Value>, record: &Value) {
    if changes_totals(work) {
        work.notes.extend(sent.and_then(|body| totals::compare(body, record)));
    }
}

/// True for documents that are made, and for updates of what decides a document's totals.
fn changes_totals(work: &Work) -> bool {
    const DECIDING: &[&str] =
        &["lines", "currency", "tax_rate", "prices_include_tax", "round_to_five_rappen"];
    match work.endpoint.effect {
        Effect::Creates => true,
        Effect::Updates => DECIDING.iter().any(|name| given(work, name).is_some()),
        Effect::Reads | Effect::Deletes | Effect::Acts => false,
    }
}

/// Old and new value of each field that the update set to something else, and what the API left as it was.
fn changed(work: &Work, record: &Value) -> (Map<String, Value>, Vec<String>) {
    let (mut changed, mut ignored) = (Map::new(), Vec::new());
    let before = work.current.as_ref().unwrap_or(&Value::Null);
    for (field, ours) in all_given(work) {
        let from = at(before, field.wire_name());
        let to = record.get(field.wire_name()).unwrap_or(ours);
        if !difference::same(field.kind, from, to) {
            changed.insert(field.name.to_owned(), json!({ "from": from, "to": to }));
        } else if !difference::holds(field.kind, to, ours) {
            ignored.push(format!(
                "`{}` was sent as `{}`, but the API's answer still shows `{}`",
                field.name,
                shown(ours),
                shown(to)
            ));
        }
    }
    (changed, ignored)
}

/// How the record is called: its number, else its name, else its id.
fn label(work: &Work) -> String {
    let current = work.current.as_ref().unwrap_or(&Value::Null);
    let named = ["number", "name", "company_name", "id"].iter().map(|field| at(current, field));
    named.map(shown).find(|text| !text.is_empty()).unwrap_or_default()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

/// A write that the API turned away because the record is not as it was when we read it.
pub(super) fn says_changed(error: &api::ApiError) -> bool {
    const WORDS: &[&str] = &[
        "modified",
        "stale",
        "version",
        "precondition",
        "outdated",
        "out of date",
        "concurrent",
        "if-match",
    ];
    let api::ApiError::Refused { refusal, .. } = error else { return false };
    let words = [&refusal.code, &refusal.message].into_iter().flatten().map(|text| text.to_lowercase());
    match refusal.status {
        412 | 428 => true,
        409 => words.into_iter().any(|text| WORDS.iter().any(|word| text.contains(word))),
        _ => false,
    }
}
