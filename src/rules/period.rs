//! Periods as people say them, as first and last day. What "today" is, the caller says.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::failure::{Exit, Explain};

/// A text that names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("`{0}` is no period; nothing was sent")]
    Unknown(String),
    #[error("the period `{0}` ends before it begins; nothing was sent")]
    Backwards(String),
}

impl Explain for PeriodError {
    fn code(&self) -> &'static str {
        "bad_arguments"
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        Some(
            "write `2026`, `2026-H1`, `2026-Q1`, `2026-03`, `2026-01-01..2026-03-31`, or this or last year, \
             quarter or month such as `last_month`"
                .to_owned(),
        )
    }
}

/// First and last day of a period: `2026`, `2026-H1`, `2026-Q1`, `2026-03`, `2026-03-31`,
/// `2026-01-01..2026-03-31`, `this_…` and `last_…` `year`, `quarter` or `month`. `today` is the day where
/// the books are kept.
pub fn parse(text: &str, today: Date) -> Result<(Date, Date), PeriodError> {
    let spelled = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let unknown = || PeriodError::Unknown(text.trim().chars().take(40).collect());
    if let Some((which, length)) = spelled.split_once('_')
        && (which == "this" || which == "last")
    {
        let months = months_of(length).ok_or_else(unknown)?;
        let first = start(today, months).ok_or_else(unknown)?;
        let back = if which == "last" { i32::from(months) } else { 0 };
        let first = first.checked_sub(back.months()).map_err(|_| unknown())?;
        return span(first, months).ok_or_else(unknown);
    }
    if let Some((from, to)) = text.split_once("..") {
        let (from, to) = (day(from).ok_or_else(unknown)?, day(to).ok_or_else(unknown)?);
        return if from <= to { Ok((from, to)) } else { Err(PeriodError::Backwards(text.trim().to_owned())) };
    }
    if let Some(day) = day(text) {
        return Ok((day, day));
    }
    fixed(&spelled).ok_or_else(unknown)
}

fn months_of(length: &str) -> Option<i8> {
    match length {
        "month" => Some(1),
        "quarter" => Some(3),
        "half_year" => Some(6),
        "year" => Some(12),
        _ => None,
    }
}

/// The first day of the stretch of `months` that `today` lies in.
fn start(today: Date, months: i8) -> Option<Date> {
    Date::new(today.year(), today.month() - (today.month() - 1) % months, 1).ok()
}

fn span(first: Date, months: i8) -> Option<(Date, Date)> {
    let last = first.checked_add(i32::from(months - 1).months()).ok()?;
    Some((first, last.last_of_month()))
}

/// `2026`, `2026_h1`, `2026_q1`, `q1_2026`, `2026_03`.
fn fixed(spelled: &str) -> Option<(Date, Date)> {
    let (left, right) = spelled.split_once('_').unwrap_or((spelled, ""));
    let (year, part) = if left.starts_with(['q', 'h']) { (right, left) } else { (left, right) };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !digits(year) {
        return None;
    }
    let (months, index): (i8, &str) = match part.split_at_checked(1) {
        None => (12, "1"),
        Some(("q", index)) if index.len() == 1 => (3, index),
        Some(("h", index)) if index.len() == 1 => (6, index),
        Some(_) if part.len() == 2 => (1, part),
        Some(_) => return None,
    };
    let index: i8 = index
        .parse()
        .ok()
        .filter(|index| digits(part.trim_start_matches(['q', 'h'])) && (1..=12 / months).contains(index))?;
    span(Date::new(year.parse().ok()?, (index - 1) * months + 1, 1).ok()?, months)
}

fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{PeriodError, parse};

    #[test]
    fn periods_begin_and_end_where_people_expect() {
        let today = date(2026, 3, 31);
        for (text, from, to) in [
            ("2026-Q1", "2026-01-01", "2026-03-31"),
            ("q4 2025", "2025-10-01", "2025-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2026", "2026-01-01", "2026-12-31"),
            ("2026-H2", "2026-07-01", "2026-12-31"),
            ("last_month", "2026-02-01", "2026-02-28"),
            ("last month", "2026-02-01", "2026-02-28"),
            ("this_month", "2026-03-01", "2026-03-31"),
            ("this_quarter", "2026-01-01", "2026-03-31"),
            ("last_quarter", "2025-10-01", "2025-12-31"),
            ("this_year", "2026-01-01", "2026-12-31"),
            ("last_year", "2025-01-01", "2025-12-31"),
            ("2026-01-01..2026-03-31", "2026-01-01", "2026-03-31"),
            ("2026-02-28 .. 2026-02-28", "2026-02-28", "2026-02-28"),
            ("2026-02-28", "2026-02-28", "2026-02-28"),
        ] {
            let (first, last) = parse(text, today).unwrap();
            assert_eq!((first.to_string(), last.to_string()), (from.to_owned(), to.to_owned()), "{text}");
        }
        assert_eq!(parse("last_month", date(2026, 1, 1)).unwrap().0, date(2025, 12, 1));
    }

    #[test]
    fn what_names_no_period_is_refused() {
        for text in [
            "",
            "2026-Q5",
            "2026-13",
            "2026-00",
            "20260101",
            "Q1",
            "2026-3",
            "next_month",
            "2026-02-30",
            "+026",
            "2026-Q+1",
            "2026-+1",
            "9999999",
            "é",
            "2026-é",
            "this_",
            "..",
            "2026-01-01..",
        ] {
            assert_eq!(parse(text, date(2026, 3, 31)), Err(PeriodError::Unknown(text.to_owned())), "{text}");
        }
        let backwards = parse("2026-03-31..2026-01-01", date(2026, 3, 31));
        assert!(matches!(backwards, Err(PeriodError::Backwards(_))));
    }

    #[test]
    fn the_edge_of_the_calendar_is_no_panic() {
        assert_eq!(parse("9999", date(2026, 3, 31)).unwrap().1, date(9999, 12, 31));
        assert!(parse("last_year", date(-9999, 1, 1)).is_err());
    }
}
