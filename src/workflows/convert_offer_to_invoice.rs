//! `convert_offer_to_invoice`: a new draft invoice with what an offer says. Only an accepted offer is billed without
//! a person's yes, and none is billed twice unseen. The API has no call for this that is known: the offer keeps its
//! state, and the two records do not name each other.

mod earlier;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::Workflow;
use super::copying::{self, Copy, PAYMENT_INFO, named, text};
use crate::catalogue::params::{ID_OR_NUMBER, NUMBER_FOR_ID, SERVICE_FROM, SERVICE_TO, date, integer};
use crate::catalogue::{Confirms, Effect, Endpoint, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Create, Proposal, Stop, quoted};
use crate::rules::{invoice, money};
use earlier::Earlier;

const TOOL: &str = "convert_offer_to_invoice";
/// What an invoice starts anew. The days of service stay: the offer was made for them.
const ANEW: &[&str] = &["number", "issue_date", PAYMENT_INFO];
/// Lines that a question shows.
const SHOWN: usize = 10;
const UNLINKED: &str = "the offer keeps its state, and no link between offer and invoice is set: no call of the API for that is known";

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: TOOL,
        toolset: Toolset::Invoicing,
        default: true,
        about: "Bill an offer: a draft invoice with its lines. Asks unless accepted. The offer stays as it is.",
        effect: Effect::Creates,
        confirms: Confirms::Always,
        params: &[
            ID_OR_NUMBER,
            NUMBER_FOR_ID,
            date("issue_date"),
            date("due_date").or("due_days"),
            integer("due_days").gateway(),
            SERVICE_FROM,
            SERVICE_TO,
        ],
        ..Endpoint::COMPOSED
    },
    creates: Some(copying::CREATE),
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let id = calls.arguments().get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let unread = |failure| copying::unread(TOOL, "reading the offer", failure);
    let offer = calls.record("get_offer", &id).await.map_err(unread)?;
    let copy = Copy::of(&offer, calls.arguments(), ANEW);
    let dropped = json!(copy.missed("offer"));
    let arguments = copy.arguments;
    if !arguments.contains_key("lines") {
        return Err(copying::without_lines("offer", &offer, &id).into());
    }
    let id = copying::id_of(&offer).unwrap_or(id);
    let unread = |failure| copying::unread(TOOL, "looking for an earlier invoice of the offer", failure);
    let Earlier { found, note } = earlier::look(calls, &offer).await.map_err(unread)?;
    let refusal = if calls.allow_duplicate() { None } else { already(&offer, &found) };
    let state = state_of(&offer, calls.today());
    let asks = state.is_some() || !found.is_empty() || note.is_some();
    let mut yes = None;
    // What is refused, or only shown, needs nobody's yes.
    if asks && refusal.is_none() && !calls.dry_run() {
        yes = Some(calls.agree(&proposal(&offer, state.as_deref(), &arguments, &found, note.as_deref()))?);
    }
    let create = Create { arguments, named: Some(id), source: None, yes, refusal };
    let mut facts = calls.create(create).await?;
    let mut of = named(&offer);
    if let Some(of) = of.as_object_mut() {
        of.insert("status".into(), offer.get("status").cloned().unwrap_or_default());
    }
    facts.insert("offer".into(), of);
    if facts.get("created") == Some(&Value::Bool(false)) {
        return Ok(facts);
    }
    facts.insert("dropped".into(), dropped);
    if asks && calls.dry_run() {
        copying::note(
            &mut facts,
            "a person is asked first: the offer is not accepted, or was or may have been billed before",
        );
    }
    copying::note(&mut facts, UNLINKED);
    if let Some(note) = note {
        copying::note(&mut facts, note);
    }
    if let Some(note) = facts.get("record").and_then(|record| copying::other_payment_info(&offer, record)) {
        copying::note(&mut facts, note);
    }
    Ok(facts)
}

/// Why an offer is not simply billed; `None` where the client accepted it.
fn state_of(offer: &Value, today: Date) -> Option<String> {
    let status = text(offer, "status");
    if status.eq_ignore_ascii_case("accepted") {
        return None;
    }
    let status = if status.is_empty() { "of an unknown state".to_owned() } else { in_quotes(status) };
    Some(match invoice::day(offer, "valid_until") {
        Some(last) if last < today => format!("{status}, expired on {last}"),
        _ => status,
    })
}

/// The question, bound to the offer as it is now and to all that is sent.
fn proposal(
    offer: &Value,
    state: Option<&str>,
    arguments: &Map<String, Value>,
    found: &[earlier::Found],
    unseen: Option<&str>,
) -> Proposal {
    let label = invoice::name(offer);
    let body = Value::Object(arguments.clone());
    let what = match state {
        Some(state) => format!("Bill offer {}, which is not accepted but {state}?", in_quotes(&label)),
        None if found.is_empty() => format!("Bill offer {}, which is accepted?", in_quotes(&label)),
        None => format!("Bill offer {}, which is accepted, once more?", in_quotes(&label)),
    };
    let amount = offer.get("total").and_then(|total| money::decimal(total).map(|_| money::shown(total)));
    let is_code = |code: &String| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let currency = invoice::currency(offer).map(|code| if is_code(&code) { code } else { in_quotes(&code) });
    let amount = amount.map(|amount| format!("Amount: {} {amount}.", currency.unwrap_or_default()));
    let again = found.iter().map(|found| format!("Already billed: {}.", found.words()));
    let unseen = unseen.map(|why| format!("Take care: {why}."));
    let what: Vec<String> = [what].into_iter().chain(amount).chain(again).chain(unseen).collect();
    let client = offer.get("client").map(|client| text(client, "name")).unwrap_or_default();
    let client = (!client.is_empty()).then(|| format!("Client in the record: {}", in_quotes(client)));
    let lines = offer.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let more = (lines.len() > SHOWN).then(|| format!("… and {} more lines", lines.len() - SHOWN));
    Proposal {
        what: what.join(" "),
        effect: "A draft invoice is created; nothing is sent to the client.",
        lines: client.into_iter().chain(lines.iter().take(SHOWN).map(line)).chain(more).collect(),
        exactly: format!("{}\n{body}", state.unwrap_or_default()),
        facts: Map::from_iter([
            ("offer".to_owned(), named(offer)),
            ("offer_state".to_owned(), json!(state)),
            ("total".to_owned(), offer.get("total").cloned().unwrap_or_default()),
            ("currency".to_owned(), offer.get("currency").cloned().unwrap_or_default()),
        ]),
        label,
    }
}

fn line(line: &Value) -> String {
    let number = |name: &str| line.get(name).map(money::shown).unwrap_or_default();
    let quantity = line.get("quantity").map(ToString::to_string).unwrap_or_default();
    format!(
        "Line: {} × {}, {}",
        quoted(&quantity),
        quoted(&number("price")),
        in_quotes(text(line, "description"))
    )
}

/// In quotes that the text cannot leave.
fn in_quotes(text: &str) -> String {
    format!("\"{}\"", quoted(text).replace('"', "'"))
}

/// The refusal of a second invoice for one offer.
fn already(offer: &Value, found: &[earlier::Found]) -> Option<Failure> {
    let first = found.first()?;
    let message = format!(
        "offer `{}` was not billed again: {}; nothing was sent",
        quoted(text(offer, "number")),
        first.words()
    );
    let candidates: Vec<Value> = found.iter().map(earlier::Found::json).collect();
    Some(
        Failure::new("already_converted", Exit::Refused, message)
            .hint("look at it with `get_invoice`; where a second invoice is meant, ask the person and give `allow_duplicate`: true")
            .fact("invoices", Value::Array(candidates)),
    )
}

#[cfg(test)]
mod tests;
