//! `verify_invoice_number`: whether an invoice has a number. Not found is never called free: the web app and
//! recurring runs take numbers too.

use serde_json::{Map, Value, json};

use super::Workflow;
use super::copying::text;
use crate::catalogue::params::{boolean, text as text_param};
use crate::catalogue::{Endpoint, Toolset};
use crate::gateway::calls::{Calls, Stop};

/// Near misses that are named.
const MOST: usize = 10;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "verify_invoice_number",
        toolset: Toolset::Invoicing,
        about: "Look for a number, and near misses, among all invoices.",
        params: &[text_param("number").required()],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[boolean("found")],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let number =
        calls.arguments().get("number").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let wanted = bare(&number);
    let (mut found, mut near, mut left_out) = (Vec::new(), Vec::new(), 0_usize);
    let mut take = |rows: Vec<Value>| {
        for row in &rows {
            let theirs = text(row, "number");
            if theirs == number {
                found.push(shown(row));
            } else if bare(theirs) == wanted {
                if near.len() < MOST { near.push(shown(row)) } else { left_out += 1 }
            }
        }
    };
    let walked = calls.walk("list_invoices", Map::new(), &mut take).await?;
    let of = walked.of.map_or_else(|| "an unknown number".to_owned(), |of| of.to_string());
    let mut facts = Map::new();
    facts.insert("number".into(), json!(number));
    facts.insert("found".into(), json!(!found.is_empty()));
    if found.is_empty() {
        facts.insert("answer".into(), json!(format!("not found among {} of {of}", walked.n)));
    } else {
        facts.insert("invoices".into(), Value::Array(found));
    }
    if !near.is_empty() {
        facts.insert("near".into(), Value::Array(near));
    }
    if left_out > 0 {
        facts.insert("near_left_out".into(), json!(left_out));
    }
    facts.insert("n".into(), json!(walked.n));
    facts.insert("of".into(), walked.of.map_or(Value::Null, Value::from));
    facts.insert("complete".into(), json!(walked.complete));
    if let Some(note) = walked.note {
        facts.insert("note".into(), json!(note));
    }
    Ok(facts)
}

/// A number without what people write in different ways: case, spaces and other signs, leading zeros.
fn bare(number: &str) -> String {
    let mut bare = String::new();
    let mut in_digits = false;
    let mut letters = number.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_digit = letters.peek().is_some_and(char::is_ascii_digit);
        if letter == '0' && !in_digits && next_is_digit {
            continue;
        }
        in_digits = letter.is_ascii_digit();
        if letter.is_alphanumeric() {
            bare.extend(letter.to_lowercase());
        }
    }
    bare
}

fn shown(row: &Value) -> Value {
    let client = row.get("client").and_then(|client| client.get("name")).or_else(|| row.get("client_id"));
    json!({ "id": row.get("id"), "number": row.get("number"), "status": row.get("status"), "client": client })
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn zeros_case_and_signs_do_not_matter() {
        for same in ["IV-010", "iv 10", "IV 0010", " Iv-10", "IV/010"] {
            assert_eq!(bare(same), "iv10", "{same}");
        }
        for other in ["IV-011", "IV-100", "RE-010", "IV-1O", "IV-10-2"] {
            assert_ne!(bare(other), "iv10", "{other}");
        }
        assert_eq!((bare("0"), bare("00"), bare("-")), ("0".into(), "0".into(), String::new()));
        assert_eq!(bare("2026-001"), "20261");
    }
}
