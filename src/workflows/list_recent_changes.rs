//! `list_recent_changes`: what was written through this machine, from its journal. Sends nothing.

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{integer, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Stop};

/// Entries in one answer where `limit` is not given, and at the most.
const DEFAULT_LIMIT: usize = 25;
const LARGEST_LIMIT: usize = 200;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "list_recent_changes",
        toolset: Toolset::Settings,
        default: true,
        about: "What was written through this machine, newest first, and what became of it (unknown outcomes lead).",
        params: &[text("since").gateway().about("today, 7d or a date"), integer("limit").gateway()],
        ..Endpoint::COMPOSED
    },
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let arguments = calls.arguments();
    let since = arguments.get("since").and_then(Value::as_str);
    let since = since.map(|text| day(text, calls.today())).transpose()?;
    let limit = arguments.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, LARGEST_LIMIT));
    // One more shows whether there are more.
    let mut entries = calls.recent_changes(since, limit + 1).await?;
    let complete = entries.len() <= limit;
    entries.truncate(limit);
    let mut facts = Map::new();
    facts.insert("n".into(), json!(entries.len()));
    facts.insert("of".into(), if complete { json!(entries.len()) } else { Value::Null });
    facts.insert("complete".into(), json!(complete));
    facts.insert("items".into(), Value::Array(entries));
    if !complete {
        let go_on = format!(
            "more: give a larger `limit` (at most {LARGEST_LIMIT}), or all in the terminal: lumabill history"
        );
        facts.insert("go_on".into(), json!(go_on));
    }
    Ok(facts)
}

/// The first day that is meant by `today`, `7d` or a date.
fn day(text: &str, today: Date) -> Result<Date, Failure> {
    let text = text.trim();
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok());
    let first = match days {
        _ if text == "today" => Some(today),
        Some(days) => today.checked_sub(i64::from(days).days()).ok(),
        None => text.parse().ok(),
    };
    first.ok_or_else(|| {
        let given: String = text.chars().take(40).collect();
        Failure::new("bad_arguments", Exit::Refused, format!("`since` is no day: `{given}`"))
            .hint("write `today`, `7d` for the last seven days, or a date such as `2026-11-01`")
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::day;

    #[test]
    fn days_are_said_as_people_say_them() {
        let today = date(2026, 11, 21);
        for (text, wanted) in [
            ("today", today),
            ("0d", today),
            ("7d", date(2026, 11, 14)),
            ("2026-11-01", date(2026, 11, 1)),
        ] {
            assert_eq!(day(text, today).unwrap(), wanted, "{text}");
        }
        for wrong in ["", "d", "-1d", "99999999d", "7 days", "2026-13-01"] {
            assert_eq!(day(wrong, today).unwrap_err().code, "bad_arguments", "{wrong}");
        }
    }
}
