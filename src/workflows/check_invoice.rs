//! `check_invoice`: what is wrong, or looks wrong, with a draft or with the arguments of one: amounts, VAT, dates,
//! addresses, what a QR slip needs, and invoices that may be the same. Sends nothing but reads.

mod amounts;
mod dates;
mod parties;
mod payment;
mod subject;
mod suspects;
mod vat;

use serde_json::{Map, Value, json};

use super::Workflow;
use super::copying::named;
use crate::catalogue::params::{
    CLIENT_NAME, CURRENCY, NUMBER_FOR_ID, SERVICE_FROM, SERVICE_TO, TAX_RATE, boolean, date, decimal, id,
    integer, objects, text,
};
use crate::catalogue::{Endpoint, Param, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Stop};
use subject::Subject;

/// As `create_invoice` takes them; what is missing is a finding here.
const LINE: &[Param] = &[
    text("description"),
    decimal("quantity"),
    decimal("price"),
    text("unit"),
    TAX_RATE,
    decimal("discount_percent"),
    id("catalog_item_id"),
];

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "check_invoice",
        toolset: Toolset::Invoicing,
        default: true,
        about: "Check a draft, or lines and client of a new one: totals, VAT, dates, addresses, QR data, duplicates.",
        params: &[
            id("id").or("number"),
            NUMBER_FOR_ID,
            id("client_id").or("client_name"),
            CLIENT_NAME,
            objects("lines", LINE),
            date("issue_date"),
            date("due_date").or("due_days"),
            integer("due_days").gateway(),
            SERVICE_FROM,
            SERVICE_TO,
            CURRENCY,
            TAX_RATE,
            boolean("prices_include_tax"),
            boolean("round_to_five_rappen"),
        ],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[boolean("ok")],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let arguments = calls.arguments();
    if arguments.contains_key("id") {
        if let Some(other) = arguments.keys().find(|name| *name != "id") {
            return Err(beside_a_record(other).into());
        }
    } else if !arguments.contains_key("lines") && !arguments.contains_key("client_id") {
        return Err(nothing_to_check().into());
    }
    let mut findings = Findings::default();
    let subject = Subject::read(calls, &mut findings).await?;
    let totals = amounts::check(&subject, &mut findings);
    vat::check(&subject, &mut findings);
    dates::check(&subject, &mut findings);
    payment::check(&subject, totals.as_ref(), &mut findings);
    parties::check(&subject, &mut findings);
    suspects::check(calls, &subject, totals.as_ref(), &mut findings).await;
    Ok(facts(&subject, totals, findings))
}

fn facts(subject: &Subject, totals: Option<Value>, findings: Findings) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("ok".into(), json!(!findings.0.iter().any(|finding| finding.severity != Severity::Note)));
    if subject.is_record {
        let mut checked = named(&subject.document);
        if let (Some(checked), Some(status)) = (checked.as_object_mut(), subject.document.get("status")) {
            checked.insert("status".into(), status.clone());
        }
        facts.insert("invoice".into(), checked);
    }
    facts.insert("findings".into(), findings.sorted());
    facts.insert("supply_date".into(), json!(subject.supply().1.to_string()));
    if let Some(currency) = subject.currency() {
        facts.insert("currency".into(), json!(currency));
    }
    if let Some(totals) = totals {
        facts.insert("totals".into(), totals);
    }
    facts
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    /// Wrong, or refused by the bank or the law.
    Error,
    /// A person should look at it before it is sent.
    Warning,
    Note,
}

#[derive(Debug)]
struct Finding {
    severity: Severity,
    field: String,
    what: String,
}

/// What was found, in the order in which it was looked for.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, field: impl Into<String>, what: impl Into<String>) {
        self.add(Severity::Error, field.into(), what.into());
    }

    fn warning(&mut self, field: impl Into<String>, what: impl Into<String>) {
        self.add(Severity::Warning, field.into(), what.into());
    }

    fn note(&mut self, field: impl Into<String>, what: impl Into<String>) {
        self.add(Severity::Note, field.into(), what.into());
    }

    fn add(&mut self, severity: Severity, field: String, what: String) {
        self.0.push(Finding { severity, field, what });
    }

    /// Errors first.
    fn sorted(mut self) -> Value {
        self.0.sort_by_key(|finding| finding.severity);
        let row = |finding: Finding| {
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            json!({ "severity": severity, "field": finding.field, "what": finding.what })
        };
        self.0.into_iter().map(row).collect()
    }
}

fn beside_a_record(other: &str) -> Failure {
    let message =
        format!("`check_invoice` takes `{other}` or the `id` of a draft, not both; nothing was sent");
    Failure::new("bad_arguments", Exit::Refused, message)
        .hint("give `id` or `number` alone, or client and lines as for `create_invoice`")
}

fn nothing_to_check() -> Failure {
    let message = "`check_invoice` was given nothing to check; nothing was sent";
    Failure::new("missing_argument", Exit::Refused, message)
        .hint("give `id` or `number` of a draft, or client and `lines` as for `create_invoice`")
}

#[cfg(test)]
mod tests;
