//! The words of a question: ours first, text from outside last and in quotes, so that no name of a client can
//! pass for a sentence of ours.

use serde_json::Value;

use super::{Change, Plan, is_redirecting, shown, whole};
use crate::catalogue::{Effect, Endpoint};
use crate::gateway::redaction::quoted;
use crate::rules::money;

/// Rows of a new record that a question shows.
const ROWS: usize = 10;
/// Bytes of all arguments together that a question about an operation of the user's description shows.
const SHOWN: usize = 6_000;

impl Plan<'_> {
    /// Record, effect, amount, profile, what changes, and what the record says.
    pub fn question(&self, changes: &[Change]) -> String {
        if self.endpoint.is_extra() {
            return self.described();
        }
        let mut lines = vec![self.subject(), self.effect(changes).to_owned()];
        lines.extend(self.amount());
        lines.push(self.profile());
        if self.endpoint.effect == Effect::Creates {
            lines.extend(self.given());
            return lines.join("\n");
        }
        lines.extend(self.allocations());
        lines.extend(changes.iter().map(|change| {
            format!("{}: {} becomes {}", change.field, in_quotes(&change.old), in_quotes(&change.new))
        }));
        if self.endpoint.effect == Effect::Acts {
            lines.extend(self.given());
        }
        lines.extend(self.outside_text());
        lines.join("\n")
    }

    /// The same for an operation of which nobody here knows what it does.
    fn described(&self) -> String {
        let Endpoint { tool, method, path, about, .. } = self.endpoint;
        let method = format!("{method:?}").to_uppercase();
        let mut lines = vec![
            format!("Carry out {tool} for {}?", in_quotes(&self.label())),
            format!("Request: {method} {path}"),
            "It comes from your API description: what it does is not known here. It may send, charge, change or delete something, \
             and cannot be undone here."
                .to_owned(),
        ];
        lines.extend(self.amount().filter(|_| self.current.is_some()));
        lines.push(self.profile());
        let mut left = SHOWN;
        for (name, value) in self.arguments {
            let line = format!("{name}: {}", values(value));
            let Some(rest) = left.checked_sub(line.len()) else {
                lines.push(format!("{name}: {} characters that are not shown here", line.len()));
                continue;
            };
            left = rest;
            lines.push(line);
        }
        lines.extend(self.outside_text());
        lines.push(format!("The description says: {}", in_quotes(&quoted(about))));
        lines.join("\n")
    }

    fn profile(&self) -> String {
        match self.profile.profile() {
            Some(profile) => format!("Profile: {}", in_quotes(&profile.name)),
            None => "Profile: the one that the key belongs to".to_owned(),
        }
    }

    fn subject(&self) -> String {
        let noun = self.endpoint.tool.split_once('_').map_or(self.endpoint.tool, |(_, noun)| noun);
        let noun = noun.replace('_', " ");
        let label = in_quotes(&self.label());
        match self.endpoint.effect {
            Effect::Creates => format!("Create a new {noun}?"),
            Effect::Updates => format!("Change {noun} {label}?"),
            Effect::Deletes => format!("Delete {noun} {label}?"),
            Effect::Acts if self.imports() => format!("Import a statement into bank account {label}?"),
            Effect::Acts if self.endpoint.tool.starts_with("reconcile") => {
                format!("Reconcile {noun} {label}?")
            }
            Effect::Acts | Effect::Reads => format!("Carry out {} for {label}?", self.endpoint.tool),
        }
    }

    fn imports(&self) -> bool {
        self.endpoint.tool.starts_with("import")
    }

    fn effect(&self, changes: &[Change]) -> &'static str {
        match self.endpoint.effect {
            Effect::Deletes => "This cannot be undone.",
            Effect::Acts if self.imports() => "This adds transactions and cannot be undone here.",
            Effect::Acts => "This posts to the books and cannot simply be undone.",
            _ if changes.iter().any(Change::redirects) => {
                "This decides where money or mail goes: please compare every character."
            }
            Effect::Updates if changes.iter().any(|change| change.field == "status") => {
                "This changes what may still be done with it: please check the state."
            }
            Effect::Creates | Effect::Updates | Effect::Reads => "Please check the details.",
        }
    }

    fn amount(&self) -> Option<String> {
        let (amount, currency, before_tax) = match self.current {
            Some(record) => {
                let given = |field: &&str| record.get(*field).filter(|value| !value.is_null());
                let amount = ["amount_due", "total", "amount"].iter().find_map(given)?;
                (amount.clone(), record.get("currency"), false)
            }
            None => self.new_amount()?,
        };
        // What is no number stays in quotes, and so does what is no code of a currency.
        let number = match money::decimal(&amount) {
            Some(_) => money::shown(&amount),
            None => in_quotes(&shown(&amount)),
        };
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let currency = match currency.filter(|value| !value.is_null()) {
            Some(Value::String(code)) if is_code(code) => format!("{code} "),
            Some(other) => format!("{} ", in_quotes(&shown(other))),
            None => String::new(),
        };
        let before = if self.endpoint.effect == Effect::Updates { " before the change" } else { "" };
        let after = if before_tax { " before VAT" } else { "" };
        Some(format!("Amount{before}: {currency}{number}{after}"))
    }

    /// The amount of what is to be created, as far as the arguments tell.
    fn new_amount(&self) -> Option<(Value, Option<&Value>, bool)> {
        let totals = money::preview(&Value::Object(self.arguments.clone()));
        let sum = totals.as_ref().and_then(|totals| totals.get("total").or_else(|| totals.get("subtotal")));
        let amount = sum.or_else(|| self.arguments.get("amount"))?;
        let before_tax = totals.as_ref().is_some_and(|totals| totals.get("total").is_none());
        Some((amount.clone(), self.arguments.get("currency"), before_tax))
    }

    fn allocations(&self) -> Vec<String> {
        let items = self.arguments.get("allocations").and_then(Value::as_array);
        let line = |item: &Value| {
            let to = ["invoice_id", "expense_id", "account"]
                .iter()
                .find_map(|name| item.get(*name).map(|id| (name, in_quotes(&shown(id)))));
            let (kind, id) =
                to.map_or(("open item", String::new()), |(name, id)| (name.trim_end_matches("_id"), id));
            format!("Allocate {} to {kind} {id}", item.get("amount").map(shown).unwrap_or_default())
        };
        items.into_iter().flatten().map(line).collect()
    }

    /// What the record says of itself.
    fn outside_text(&self) -> Vec<String> {
        let Some(record) = self.current else { return Vec::new() };
        let client = record.get("client").and_then(|client| client.get("name"));
        let mut said = vec![
            ("Status", record.get("status")),
            ("Name", client.or_else(|| record.get("counterparty_name"))),
        ];
        if self.endpoint.effect == Effect::Acts {
            said.extend(["booking_date", "reference", "description"].map(|name| (name, record.get(name))));
        }
        said.into_iter()
            .filter_map(|(what, value)| {
                let value = value.filter(|value| !value.is_null())?;
                Some(format!("{what} in the record: {}", in_quotes(&shown(value))))
            })
            .collect()
    }

    /// The arguments that are not said yet: first those that decide where money or mail goes.
    fn given(&self) -> Vec<String> {
        let said = |name: &str| matches!(name, "id" | "allocations") && self.endpoint.effect == Effect::Acts;
        let arguments = self.arguments.iter().filter(|(name, _)| !said(name));
        let (first, rest): (Vec<_>, Vec<_>) = arguments.partition(|(name, _)| is_redirecting(name));
        first.into_iter().chain(rest).flat_map(|(name, value)| argument(name, value)).collect()
    }
}

/// An argument, a line each; of rows the first ten.
fn argument(name: &str, value: &Value) -> Vec<String> {
    let Some(rows) = value.as_array() else {
        let words = if is_redirecting(name) { whole } else { shown };
        return vec![format!("{name}: {}", in_quotes(&words(value)))];
    };
    let part = |(name, value): (&String, &Value)| format!("{name} {}", in_quotes(&shown(value)));
    let line = |row: &Value| match row.as_object() {
        Some(fields) => format!("{name}: {}", fields.iter().map(part).collect::<Vec<_>>().join(", ")),
        None => format!("{name}: {}", in_quotes(&shown(row))),
    };
    let more = (rows.len() > ROWS).then(|| format!("{name}: {} more", rows.len() - ROWS));
    rows.iter().take(ROWS).map(line).chain(more).collect()
}

/// A value whole; of a list each of its own.
fn values(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(|item| in_quotes(&whole(item))).collect::<Vec<_>>().join(", ")
        }
        other => in_quotes(&whole(other)),
    }
}

/// In quotes that the text cannot leave.
fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}
