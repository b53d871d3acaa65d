//! What a workflow says where a list could not be read to its end: how far it came, and the ways to a whole one.
//! Figures over a part are worse than none.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::failure::{Exit, Failure, Sent};
use crate::gateway::calls::{Calls, Walked};
use crate::rules::period;

/// Periods that are named, the newest first.
const NAMED: i64 = 4;

/// The refusal; `undone` says what was not done (`nothing was summed`).
pub fn refusal(calls: &dyn Calls, tool: &str, undone: &str, walked: &Walked) -> Failure {
    let of = walked.of.map_or_else(|| "more".to_owned(), |of| of.to_string());
    let message = format!(
        "`{tool}` read {} of {of} invoices and cannot be sure of having them all, so {undone}",
        walked.n
    );
    let arguments = calls.arguments();
    let day = |name: &str| arguments.get(name).and_then(Value::as_str).and_then(|day| day.parse().ok());
    let span = Span { from: day("from"), to: day("to"), today: calls.today() };
    let periods: Vec<String> =
        span.parts(walked.n, walked.of).iter().map(|name| format!("`{name}`")).collect();
    let mut ways = Vec::new();
    if arguments.get("from").is_none() || !periods.is_empty() {
        ways.push(format!("ask for a shorter `period`: {}", periods.join(", then ")));
    }
    // The walk's own words may name it already.
    if !walked.note.as_ref().is_some_and(|note| note.contains("lumabill call")) {
        ways.push(format!("or let a terminal wait for all: `{}`", command(tool, arguments)));
    }
    let mut failure = Failure::new("incomplete", Exit::Refused, message)
        .sent(Sent::Read)
        .fact("n", walked.n)
        .fact("of", walked.of)
        .fact("complete", false);
    failure.causes.extend(walked.note.clone());
    if ways.is_empty() { failure } else { failure.hint(ways.join("; ")) }
}

/// The command that does the same in a terminal.
fn command(tool: &str, arguments: &Map<String, Value>) -> String {
    let words = arguments.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/@".contains(letter);
        if value.chars().all(plain) {
            format!(" {name}={value}")
        } else {
            format!(" {name}='{}'", value.replace('\'', r"'\''"))
        }
    });
    format!("lumabill call {tool}{}", words.collect::<String>())
}

/// The days that were asked for.
struct Span {
    from: Option<Date>,
    to: Option<Date>,
    today: Date,
}

impl Span {
    /// Names of shorter periods that lie in it, newest first: of the longest kind that probably fits into what
    /// one call reads, `read` records of `of`. Empty where there is none.
    fn parts(&self, read: u64, of: Option<u64>) -> Vec<String> {
        let end = self.to.map_or(self.today, |to| to.min(self.today));
        // Without a first day a list may go back for years; what is known of most books is that they grow.
        let days = self.from.map_or(3 * 365, |from| i64::from((end - from).get_days()) + 1);
        let fits = of.filter(|of| *of > 0).map_or(days / 2, |of| {
            // Two thirds of the share: months are not alike.
            let share = u128::from(read) * 2 * u128::try_from(days).unwrap_or(0) / (u128::from(of) * 3);
            i64::try_from(share).unwrap_or(days)
        });
        let fits = fits.min(days / 2);
        let months = [12, 3, 1].into_iter().find(|months| i64::from(*months) * 31 <= fits);
        match months {
            Some(months) => self.months(end, months),
            None if days > 31 => self.months(end, 1),
            None if days > 1 => self.days(end, days),
            None => Vec::new(),
        }
    }

    /// Years, quarters or months, from the one that holds `end` on back.
    fn months(&self, end: Date, months: i8) -> Vec<String> {
        let mut names = Vec::new();
        let mut day = end;
        for _ in 0..NAMED {
            let name = match months {
                12 => day.year().to_string(),
                3 => format!("{}-Q{}", day.year(), (day.month() - 1) / 3 + 1),
                _ => format!("{}-{:02}", day.year(), day.month()),
            };
            let Ok((first, _)) = period::parse(&name, end) else { break };
            names.push(name);
            let Ok(before) = first.yesterday() else { break };
            if self.from.is_some_and(|from| before < from) {
                break;
            }
            day = before;
        }
        names
    }

    /// Two halves of a span that is no longer than a month.
    fn days(&self, end: Date, days: i64) -> Vec<String> {
        let Some(from) = self.from else { return Vec::new() };
        let Ok(middle) = from.checked_add(jiff::Span::new().days(days / 2)) else { return Vec::new() };
        let Ok(before) = middle.yesterday() else { return Vec::new() };
        vec![format!("{middle}..{end}"), format!("{from}..{before}")]
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use serde_json::json;

    use super::{Span, command};

    fn parts(from: Option<Date>, to: Option<Date>, read: u64, of: Option<u64>) -> String {
        Span { from, to, today: date(2026, 11, 21) }.parts(read, of).join(" ")
    }

    #[test]
    fn periods_are_as_long_as_probably_fits() {
        assert_eq!(parts(None, None, 5_000, Some(6_000)), "2026 2025 2024 2023");
        assert_eq!(parts(None, None, 5_000, Some(20_000)), "2026-Q4 2026-Q3 2026-Q2 2026-Q1");
        assert_eq!(parts(None, None, 1_000, Some(20_000)), "2026-11 2026-10 2026-09 2026-08");
        assert_eq!(parts(None, None, 5_000, None), "2026 2025 2024 2023");
        let year = (Some(date(2025, 1, 1)), Some(date(2025, 12, 31)));
        assert_eq!(parts(year.0, year.1, 5_000, Some(6_000)), "2025-Q4 2025-Q3 2025-Q2 2025-Q1");
        let this = (Some(date(2026, 10, 1)), Some(date(2026, 12, 31)));
        assert_eq!(parts(this.0, this.1, 500, Some(2_000)), "2026-11 2026-10");
        let month = (Some(date(2026, 9, 1)), Some(date(2026, 9, 30)));
        assert_eq!(parts(month.0, month.1, 10, Some(20)), "2026-09-16..2026-09-30 2026-09-01..2026-09-15");
        let day = Some(date(2026, 9, 1));
        assert_eq!(parts(day, day, 10, Some(20)), "");
        // A span that has not begun, and a list that was read at no time.
        assert_eq!(parts(Some(date(2027, 1, 1)), None, 0, Some(0)), "");
    }

    #[test]
    fn the_command_can_be_pasted() {
        let arguments = json!({ "from": "2026-01-01", "file": "/tmp/a b's.csv", "limit": 5 });
        let wanted = r"lumabill call export_invoices from=2026-01-01 file='/tmp/a b'\''s.csv' limit=5";
        assert_eq!(command("export_invoices", arguments.as_object().unwrap()), wanted);
    }
}
