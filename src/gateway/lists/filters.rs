//! Whether a row is one of those asked for: servers ignore filters that they do not know.

use jiff::civil::Date;
use serde_json::Value;

use super::text;
use crate::catalogue::{Check, Kind};
use crate::rules::invoice::{self, Standing};
use crate::rules::money;

/// Drafts, paid and cancelled invoices are not unpaid; every other state is, known or not.
pub(super) fn is_unpaid(row: &Value) -> bool {
    invoice::standing(&invoice::state(row)) == Standing::Unpaid
}

/// False only where the row itself shows that the filter was not applied.
pub(super) fn honours(check: Check, kind: Kind, wanted: &Value, row: &Value, today: Date) -> bool {
    let ordering = |field: &str| {
        let found = row.get(field)?;
        match kind {
            Kind::Decimal | Kind::Integer => Some(money::decimal(found)?.cmp(&money::decimal(wanted)?)),
            // The day is the first ten characters of a date and of a date with a time. One that is written in
            // another way shows nothing.
            _ => {
                let day = |text: &str| text.trim().get(..10)?.parse::<Date>().ok();
                Some(day(found.as_str()?)?.cmp(&day(wanted.as_str()?)?))
            }
        }
    };
    match check {
        Check::None => true,
        // Overdue is a matter of dates: an API may filter by it and still call the record `sent`.
        Check::Equals("status") if text(wanted) == "overdue" && is_unpaid(row) => {
            let late = |due: &str| due.get(..10).is_some_and(|day| *day < *today.to_string());
            row.get("status").is_some_and(|found| text(found).eq_ignore_ascii_case("overdue"))
                || row.get("due_date").and_then(Value::as_str).is_none_or(late)
        }
        Check::Equals(field) => {
            // Some lists show `client: { id }` only.
            let within = || row.get(field.strip_suffix("_id")?)?.get("id");
            let found = row.get(field).or_else(within);
            found.is_none_or(|found| text(found).eq_ignore_ascii_case(&text(wanted)))
        }
        Check::AtLeast(field) => ordering(field).is_none_or(std::cmp::Ordering::is_ge),
        Check::AtMost(field) => ordering(field).is_none_or(std::cmp::Ordering::is_le),
        Check::Contains => contains(row, &text(wanted).to_lowercase()),
    }
}

/// Whether the row has the field that an exact filter goes by.
pub(super) fn shows(check: Check, row: &Value) -> bool {
    let Check::Equals(field) = check else { return true };
    let within = || row.get(field.strip_suffix("_id")?)?.get("id");
    row.get(field).or_else(within).is_some()
}

/// Whether the row has the field that a filter goes by, whatever kind of filter: without it, only the API could tell.
pub(super) fn tells(check: Check, row: &Value) -> bool {
    match check {
        Check::AtLeast(field) | Check::AtMost(field) => row.get(field).is_some_and(|value| !value.is_null()),
        _ => shows(check, row),
    }
}

fn contains(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| contains(item, wanted)),
        Value::Object(fields) => fields.values().any(|field| contains(field, wanted)),
        Value::Null => false,
        other => text(other).to_lowercase().contains(wanted),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::{honours, is_unpaid};
    use crate::catalogue::{Check, Kind};

    #[test]
    fn unpaid_is_what_the_workflows_call_unpaid() {
        for (status, unpaid) in [("sent", true), ("viewed", true), (" Paid ", false), ("reversed", false)] {
            assert_eq!(is_unpaid(&json!({ "status": status })), unpaid, "{status}");
        }
    }

    #[test]
    fn only_a_day_that_can_be_read_shows_that_a_filter_was_ignored() {
        let asked = |found: &str| {
            let row = json!({ "issue_date": found });
            honours(Check::AtMost("issue_date"), Kind::Date, &json!("2026-03-31"), &row, date(2026, 11, 21))
        };
        assert!(asked("2026-03-31T23:59:59Z") && asked("31.03.2026") && asked(""));
        assert!(!asked("2026-04-01") && !asked(" 2026-04-01"));
    }
}
