//! The addresses of both parties: QR slips take structured ones only, and invoices have to show them.

use serde_json::Value;

use super::Findings;
use super::subject::{Subject, country_of};
use crate::workflows::copying::{is_empty, text};

/// Parts of an address, how many letters a QR slip has for each, and whether it needs the part.
const PARTS: &[(&str, usize, bool)] =
    &[("street", 70, false), ("house_number", 16, false), ("postal_code", 16, true), ("city", 35, true)];
const LONGEST_NAME: usize = 70;

pub fn check(subject: &Subject, findings: &mut Findings) {
    // What the record froze is what is printed.
    let frozen = subject.document.get("sender").filter(|sender| sender.get("address").is_some());
    if let Some(sender) = frozen.or(subject.sender.as_ref()) {
        party("sender", sender, &["company_name", "name"], findings);
    }
    if let Some(client) = &subject.client {
        party("client", client, &["name", "company_name"], findings);
    }
}

/// Without the sender's address there is no slip; without the client's it has no payer.
fn party(who: &str, record: &Value, names: &[&str], findings: &mut Findings) {
    let mut say = |field: String, what: String, wrong: bool| {
        if wrong && who == "sender" { findings.error(field, what) } else { findings.warning(field, what) }
    };
    let name = names.iter().map(|name| text(record, name)).find(|name| !name.is_empty()).unwrap_or_default();
    if name.is_empty() {
        say(format!("{who}.name"), "missing".to_owned(), true);
    } else if name.chars().count() > LONGEST_NAME {
        say(format!("{who}.name"), format!("longer than the {LONGEST_NAME} letters of a QR slip"), false);
    }
    let Some(address) = record.get("address").filter(|address| !is_empty(address)) else {
        return say(format!("{who}.address"), "missing".to_owned(), true);
    };
    if !address.is_object() {
        let what =
            "not in separate parts (street, postal_code, city, country): QR slips take no other".to_owned();
        return say(format!("{who}.address"), what, true);
    }
    for (part, longest, needed) in PARTS {
        let said = text(address, part);
        let field = format!("{who}.address.{part}");
        if said.is_empty() && *part != "house_number" {
            say(field, "missing".to_owned(), *needed);
        } else if said.chars().count() > *longest {
            say(field, format!("longer than the {longest} letters of a QR slip"), false);
        }
    }
    if country_of(record).is_none() {
        let what = match text(address, "country") {
            "" => "missing",
            _ => "not a code of two letters such as CH",
        };
        say(format!("{who}.address.country"), what.to_owned(), true);
    }
}
