//! Days that cannot be, or that belong to another period.

use jiff::civil::Date;

use super::Findings;
use super::subject::Subject;
use crate::workflows::copying::text;

pub fn check(subject: &Subject, findings: &mut Findings) {
    let issued = subject.issued();
    match subject.date("due_date") {
        Some(due) if due < issued => {
            findings.error("due_date", format!("{due} is before the issue date {issued}"));
        }
        None if subject.is_record => findings.warning("due_date", "missing"),
        _ => {}
    }
    if issued > subject.today {
        findings.note("issue_date", format!("{issued} is in the future"));
    }
    let (from, to) = (subject.date("service_date_from"), subject.date("service_date_to"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        findings.error("service_to", format!("{to} is before service_from {from}"));
    }
    let field = if to.is_some() { "service_to" } else { "service_from" };
    if let Some(last) = to.or(from) {
        if last > subject.today {
            findings.warning(field, format!("{last} is in the future: billed before it is supplied"));
        } else if quarter(last) != quarter(issued) {
            let what =
                format!("supplied in {}, billed in {}: check the VAT period", quarter(last), quarter(issued));
            findings.note(field, what);
        }
    }
    let status = text(&subject.document, "status");
    if subject.is_record && !status.is_empty() && !status.eq_ignore_ascii_case("draft") {
        findings.note(
            "status",
            "no draft any more: what was billed is frozen, and a mistake takes a new invoice",
        );
    }
}

/// `2026-Q3`.
fn quarter(day: Date) -> String {
    format!("{}-Q{}", day.year(), (day.month() + 2) / 3)
}
