//! `suggest_invoice_number`: what number the next invoice would have, by the profile's counter where it shows one,
//! else by the numbers there are. A guess that binds nobody: the server assigns numbers.

mod pattern;

use serde_json::{Map, Value, json};

use super::Workflow;
use super::copying::{is_empty, text};
use super::own_profile;
use crate::catalogue::params::text as text_param;
use crate::catalogue::{Endpoint, Toolset};
use crate::gateway::calls::{Calls, Stop};
use pattern::Patterns;

const ADVISORY: &str = "advisory: leave `number` out and the server assigns it";
/// By documentation numbers look like `IV-010`.
const WIDTH: usize = 3;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "suggest_invoice_number",
        toolset: Toolset::Invoicing,
        about: "The next invoice number, as advice: left out, the server assigns it.",
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[text_param("number")],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let mut facts = Map::new();
    let (profile, unread) = match own_profile::read(calls).await {
        Ok(profile) => (Some(profile), None),
        Err(failure) => (None, Some(failure.message)),
    };
    if let Some((number, field)) = profile.as_ref().and_then(counter) {
        facts.insert("number".into(), json!(number));
        facts.insert("basis".into(), json!(format!("the profile's `{field}`")));
        facts.insert("complete".into(), json!(true));
    } else {
        let mut patterns = Patterns::default();
        let mut take = |rows: Vec<Value>| rows.iter().for_each(|row| patterns.take(row));
        let walked = calls.walk("list_invoices", Map::new(), &mut take).await?;
        let of = walked.of.map_or_else(|| "an unknown number".to_owned(), |of| of.to_string());
        let read = format!("{} of {of} invoices", walked.n);
        let prefix = profile.as_ref().map(|profile| text(profile, "invoice_prefix")).unwrap_or_default();
        let basis = match patterns.next(calls.today().year(), prefix) {
            Some((number, shape)) => {
                facts.insert("number".into(), json!(number));
                format!("the pattern `{shape}` in {read}")
            }
            None => format!("none: no number ends in digits in {read}"),
        };
        facts.insert("basis".into(), json!(basis));
        facts.insert("complete".into(), json!(walked.complete));
        if !walked.complete {
            let more = "a higher number may be among the invoices that were not read";
            facts.insert(
                "warning".into(),
                json!(walked.note.map_or_else(|| more.to_owned(), |note| format!("{more}: {note}"))),
            );
        }
    }
    facts.insert("advice".into(), json!(ADVISORY));
    if let Some(unread) = unread {
        facts.insert("notes".into(), json!([format!("the profile's counter was not read: {unread}")]));
    }
    Ok(facts)
}

/// The next number as the profile tells it, and the field that does.
fn counter(profile: &Value) -> Option<(String, &str)> {
    let is_counter = |name: &str| name.contains("next") && name.contains("number") && !name.contains("offer");
    let (name, value) =
        profile.as_object()?.iter().find(|(name, value)| is_counter(name) && !is_empty(value))?;
    match value {
        Value::String(number) => Some((number.trim().to_owned(), name)),
        Value::Number(number) => {
            let prefix = text(profile, "invoice_prefix");
            number.as_u64().map(|number| (format!("{prefix}{number:0WIDTH$}"), name.as_str()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::counter;

    #[test]
    fn the_profile_s_own_counter_is_found() {
        let told = |profile| counter(&profile).map(|(number, field)| (number, field.to_owned()));
        let said = |number: &str, field: &str| Some((number.to_owned(), field.to_owned()));
        assert_eq!(told(json!({ "next_invoice_number": "IV-010" })), said("IV-010", "next_invoice_number"));
        let counted = json!({ "next_offer_number": 3, "next_number": 12, "invoice_prefix": "IV-" });
        assert_eq!(told(counted), said("IV-012", "next_number"));
        assert_eq!(told(json!({ "invoice_prefix": "IV-", "next_invoice_number": null })), None);
    }
}
