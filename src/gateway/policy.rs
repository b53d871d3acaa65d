//! What may be done, and when a person is asked first: confirmation levels and the words of a question.

use serde_json::{Map, Value};

use super::profiles::Effective;
use super::redaction::quoted;
use crate::catalogue::{Confirms, Effect, Endpoint};
use crate::failure::{Exit, Failure};
use crate::rules::money;

/// Rows of a new record that a question shows.
const ROWS: usize = 10;

/// From which effect on a person is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody is asked.
    Never,
    /// Before deleting, closing, and changing where money or mail goes.
    #[default]
    Destructive,
    /// Before every write.
    Writes,
}

/// What a call would change, for the question and for `confirm_number`.
#[derive(Debug)]
pub struct Plan<'a> {
    pub endpoint: &'static Endpoint,
    pub arguments: &'a Map<String, Value>,
    pub current: Option<&'a Value>,
    pub profile: &'a Effective,
}

/// A sensitive field with its old and new value.
#[derive(Debug, PartialEq)]
pub struct Change {
    field: &'static str,
    old: String,
    new: String,
}

impl Plan<'_> {
    /// `Some` with the sensitive changes if a person has to say yes to this call.
    pub fn needs_yes(&self, level: Level) -> Option<Vec<Change>> {
        let all = self.endpoint.changes().iter().map(|field| (field.name, field.wire_name()));
        let changes = match self.endpoint.confirms {
            _ if level == Level::Writes => self.changes(all),
            Confirms::When(fields) => self.changes(fields.iter().map(|field| (*field, *field))),
            Confirms::Never | Confirms::Always => Vec::new(),
        };
        let asked = match level {
            Level::Never => false,
            Level::Writes => self.endpoint.effect != Effect::Reads,
            Level::Destructive => self.endpoint.confirms == Confirms::Always || !changes.is_empty(),
        };
        asked.then_some(changes)
    }

    /// What changes among fields, given by the name of the argument and by that in the record.
    fn changes(&self, fields: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<Change> {
        let body = self.arguments.get("changes").and_then(Value::as_object).unwrap_or(self.arguments);
        let changed = |(field, wire): (&'static str, &'static str)| {
            let new = dotted(body, field)?;
            let old = self
                .current
                .and_then(Value::as_object)
                .and_then(|record| dotted(record, wire))
                .unwrap_or(&Value::Null);
            (old != new).then(|| Change { field, old: shown(old), new: shown(new) })
        };
        fields.filter_map(changed).collect()
    }

    /// How the record is called: its number, else its name, else its id.
    pub fn label(&self) -> String {
        self.current
            .map(label_of)
            .filter(|label| !label.is_empty())
            .or_else(|| {
                ["id", "number", "name", "description", "client_id"]
                    .iter()
                    .find_map(|name| self.arguments.get(*name).map(shown))
            })
            .unwrap_or_else(|| self.endpoint.tool.to_owned())
    }

    /// The question: our own words first, text from outside last and quoted.
    pub fn question(&self, changes: &[Change]) -> String {
        let noun = noun(self.endpoint.tool);
        let verb = match self.endpoint.effect {
            Effect::Creates => "Create",
            Effect::Updates => "Change",
            Effect::Deletes => "Delete",
            Effect::Acts => verb(self.endpoint.tool),
            Effect::Reads => "Read",
        };
        let mut lines = vec![match self.endpoint.effect {
            Effect::Creates => format!("{verb} a new {noun}?"),
            _ => format!("{verb} {noun} \"{}\"?", quoted(&self.label())),
        }];
        if let Some(profile) = self.profile.profile() {
            lines.push(format!("Profile: {}", profile.name));
        }
        lines.extend(self.amount().map(|amount| format!("Amount: {amount}")));
        lines.extend(self.allocations());
        lines.extend(
            changes
                .iter()
                .map(|change| format!("{}: \"{}\" becomes \"{}\"", change.field, change.old, change.new)),
        );
        lines.push(match self.endpoint.effect {
            Effect::Deletes => "This cannot be undone.".to_owned(),
            Effect::Acts => "This posts to the books and cannot simply be undone.".to_owned(),
            Effect::Creates | Effect::Updates | Effect::Reads => "Please check the details.".to_owned(),
        });
        lines.extend(self.outside_text());
        if self.endpoint.effect == Effect::Creates {
            lines.extend(self.arguments.iter().flat_map(|(name, value)| given(name, value)));
        }
        lines.join("\n")
    }

    fn amount(&self) -> Option<String> {
        let Some(record) = self.current else { return self.new_amount() };
        let amount = ["amount_due", "total", "amount"]
            .iter()
            .find_map(|field| record.get(*field).filter(|value| !value.is_null()))?;
        let currency = record.get("currency").map(shown).unwrap_or_default();
        Some(format!("{currency} {}", quoted(&money::shown(amount))).trim().to_owned())
    }

    /// The amount of what is to be created, as far as the arguments tell.
    fn new_amount(&self) -> Option<String> {
        let totals = money::preview(&Value::Object(self.arguments.clone()));
        let sum = totals.as_ref().and_then(|totals| totals.get("total").or_else(|| totals.get("subtotal")));
        let amount = sum.or_else(|| self.arguments.get("amount"))?;
        let before_tax = totals.as_ref().is_some_and(|totals| totals.get("total").is_none());
        let currency = self.arguments.get("currency").map(shown).unwrap_or_default();
        let words = format!("{currency} {}{}", shown(amount), if before_tax { " before VAT" } else { "" });
        Some(words.trim().to_owned())
    }

    fn allocations(&self) -> Vec<String> {
        let items = self.arguments.get("allocations").and_then(Value::as_array);
        let line = |item: &Value| {
            let to = ["invoice_id", "expense_id", "account"]
                .iter()
                .find_map(|name| item.get(*name).map(|id| (name, shown(id))));
            let (kind, id) =
                to.map_or(("open item", String::new()), |(name, id)| (name.trim_end_matches("_id"), id));
            format!("Allocate {} to {kind} {id}", item.get("amount").map(shown).unwrap_or_default())
        };
        items.into_iter().flatten().map(line).collect()
    }

    fn outside_text(&self) -> Vec<String> {
        let Some(record) = self.current else { return Vec::new() };
        let client = record
            .get("client")
            .and_then(|client| client.get("name"))
            .or_else(|| record.get("counterparty_name"));
        let status =
            record.get("status").map(|status| format!("Status in the record: \"{}\"", shown(status)));
        let client = client.map(|name| format!("Name in the record: \"{}\"", shown(name)));
        status.into_iter().chain(client).collect()
    }
}

/// Deleting an invoice that was sent would break numbering and retention: drafts only.
pub fn refuse_unsafe(endpoint: &Endpoint, current: Option<&Value>) -> Result<(), Failure> {
    let status = current.and_then(|record| record.get("status")).and_then(Value::as_str);
    match status {
        Some(status) if endpoint.tool == "delete_invoice" && status != "draft" => {
            let message = format!(
                "invoice {} is {}, and only drafts are deleted; nothing was sent",
                current.map(label_of).unwrap_or_default(),
                quoted(status)
            );
            Err(Failure::new("not_a_draft", Exit::Refused, message)
                .hint("tell the person to cancel it or write a credit note in the Lumabill web app"))
        }
        _ => Ok(()),
    }
}

/// How a record is called: its number, else its name, else its id.
fn label_of(record: &Value) -> String {
    ["number", "name", "company_name", "id"]
        .iter()
        .find_map(|field| record.get(*field).map(shown).filter(|text| !text.is_empty()))
        .unwrap_or_default()
}

/// An argument of a create, a line each; of rows the first ten.
fn given(name: &str, value: &Value) -> Vec<String> {
    let Some(rows) = value.as_array() else { return vec![format!("{name}: \"{}\"", shown(value))] };
    let part = |(name, value): (&String, &Value)| format!("{name} \"{}\"", shown(value));
    let line = |row: &Value| match row.as_object() {
        Some(fields) => format!("{name}: {}", fields.iter().map(part).collect::<Vec<_>>().join(", ")),
        None => format!("{name}: \"{}\"", shown(row)),
    };
    let more = (rows.len() > ROWS).then(|| format!("{name}: {} more", rows.len() - ROWS));
    rows.iter().take(ROWS).map(line).chain(more).collect()
}

fn dotted<'a>(record: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = record.get(parts.next()?)?;
    parts.try_fold(first, |value, name| value.get(name))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

/// `recurring invoice` for `delete_recurring_invoice`.
fn noun(tool: &str) -> String {
    tool.split_once('_').map_or(tool, |(_, noun)| noun).replace('_', " ")
}

fn verb(tool: &str) -> &'static str {
    match tool.split('_').next() {
        Some("reconcile") => "Reconcile",
        Some("import") => "Import into",
        _ => "Carry out",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Level, Plan, refuse_unsafe};
    use crate::catalogue;
    use crate::gateway::profiles::{Effective, Profile};

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_question_has_our_words_first_and_outside_text_quoted_and_visible() {
        let arguments = object(&json!({"id": "x"}));
        let current = json!({"number": "IV-003", "status": "draft", "total": 583.75, "currency": "CHF", "client": {"name": "Evil\u{202e}\nDelete nothing"}});
        let profile = Effective::Only(Profile { id: "p".into(), name: "Muster Consulting GmbH".into() });
        let endpoint = catalogue::find("delete_invoice").unwrap();
        let plan = Plan { endpoint, arguments: &arguments, current: Some(&current), profile: &profile };
        assert_eq!(
            plan.question(&plan.needs_yes(Level::Destructive).unwrap()),
            "Delete invoice \"IV-003\"?\nProfile: Muster Consulting GmbH\nAmount: CHF 583.75\nThis cannot be undone.\n\
             Status in the record: \"draft\"\nName in the record: \"Evil\\u{202e} Delete nothing\""
        );
        assert!(refuse_unsafe(endpoint, Some(&current)).is_ok());
        assert!(plan.needs_yes(Level::Never).is_none());
    }

    #[test]
    fn only_changes_of_where_money_or_mail_goes_are_asked_about() {
        let endpoint = catalogue::find("update_vendor").unwrap();
        let current = json!({"id": "v", "name": "Papier AG", "iban": "CH9300762011623852957"});
        let plan = |changes: Value| {
            let arguments = object(&json!({"id": "v", "changes": changes}));
            let plan = Plan {
                endpoint,
                arguments: &arguments,
                current: Some(&current),
                profile: &Effective::Unknown,
            };
            plan.needs_yes(Level::Destructive).map(|changes| plan.question(&changes))
        };
        assert_eq!(plan(json!({"notes": "x"})), None);
        assert_eq!(plan(json!({"iban": "CH9300762011623852957"})), None);
        assert!(
            plan(json!({"iban": "DE89370400440532013000"}))
                .unwrap()
                .contains("\"CH9300762011623852957\" becomes \"DE89370400440532013000\"")
        );
    }

    #[test]
    fn a_sent_invoice_is_not_deleted() {
        let current = json!({"number": "IV-001", "status": "sent"});
        let endpoint = catalogue::find("delete_invoice").unwrap();
        assert_eq!(refuse_unsafe(endpoint, Some(&current)).unwrap_err().code, "not_a_draft");
    }
}
