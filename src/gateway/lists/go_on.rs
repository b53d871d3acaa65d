//! How to go on where a list was not read to its end: why it was not, the command that finishes it in a
//! terminal, and narrower periods that fit into one call.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::text;
use crate::failure::Failure;

/// Periods that are named one by one.
const MOST_PERIODS: usize = 12;

/// Why a walk stopped before the end.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The caller waits no longer.
    Time,
    /// One call reads no more pages.
    Pages,
    /// A filter that the API ignores was applied here for as many pages as a call spends unasked.
    Ignored,
    /// A page was refused or lost.
    Failed(Failure),
}

impl Stop {
    /// In words that fit after a colon.
    pub fn why(&self, pages: usize) -> String {
        match self {
            Self::Time => "the time of one call was up".to_owned(),
            Self::Pages => format!("{pages} pages are the most that one call reads"),
            Self::Ignored => format!(
                "the API does not apply the filter itself, and {pages} pages are the most that are searched unasked \
                 (all: true searches all)"
            ),
            Self::Failed(failure) => {
                let (_, why) =
                    failure.message.split_once(" was not sent: ").unwrap_or(("", &failure.message));
                [why]
                    .into_iter()
                    .chain(failure.causes.iter().map(String::as_str))
                    .collect::<Vec<_>>()
                    .join(": ")
            }
        }
    }
}

/// What a caller can do who wants the rest.
pub struct Way {
    /// The command for a terminal, which waits as long as it takes.
    pub command: String,
    /// Records that one call reads.
    pub fits: u64,
    /// The tool takes a `period`.
    pub periods: bool,
}

/// What is known of a list that was cut off.
pub struct Part {
    /// The records that there are, where the API says so.
    pub of: Option<u64>,
    pub seen: u64,
    /// The days that were asked for.
    pub asked: (Option<Date>, Option<Date>),
    /// First and last day among the records seen.
    pub days: Option<(Date, Date)>,
    /// The oldest come first.
    pub rising: bool,
}

impl Way {
    /// Values for `period` that cut the list into parts that fit; whether they are all there are, or a sample.
    pub fn narrower(&self, part: &Part, today: Date) -> Option<(Vec<String>, bool)> {
        let (first_seen, last_seen) = part.days.filter(|_| self.periods)?;
        let seen_days = days(first_seen, last_seen);
        let (from, mut to) = match part.asked {
            (Some(from), to) => (from, to.unwrap_or_else(|| today.max(last_seen))),
            (None, to) if part.rising => (first_seen, to.unwrap_or_else(|| today.max(last_seen))),
            (None, to) => {
                // The rest is as dense as what was seen, and as old.
                let scale = part.of.unwrap_or(part.seen).div_ceil(part.seen.max(1)).clamp(1, 40);
                let back = i64::try_from(seen_days.saturating_mul(scale)).ok()?;
                let to = to.unwrap_or(last_seen);
                (to.checked_sub(back.days()).ok()?.min(first_seen), to)
            }
        };
        let (records, over) = match part.of {
            Some(of) => (of, days(from, to)),
            None => (part.seen, seen_days),
        };
        // A fifth is left for parts that are denser than the whole.
        let fit = self.fits.saturating_mul(over).saturating_mul(4) / records.max(1).saturating_mul(5);
        let fit = fit.min(days(from, to).div_ceil(2));
        if part.asked.1.is_none() {
            to = end_of(to, fit)?;
        }
        let mut parts = Vec::new();
        let mut end = to;
        while end >= from && parts.len() <= MOST_PERIODS {
            let start = start_of(end, fit)?.max(from);
            parts.push(name(start, end));
            end = start.yesterday().ok()?;
        }
        let all = part.asked.0.is_some() && parts.len() <= MOST_PERIODS;
        parts.truncate(if all { MOST_PERIODS } else { 4 });
        Some((parts, all))
    }
}

fn days(from: Date, to: Date) -> u64 {
    let between = from.until(to).map(|span| span.get_days()).unwrap_or_default();
    u64::try_from(between).unwrap_or_default() + 1
}

/// Months of the longest stretch of the calendar that is no longer than `fit` days, give or take one.
fn months(fit: u64) -> Option<i8> {
    match fit {
        365.. => Some(12),
        181.. => Some(6),
        90.. => Some(3),
        28.. => Some(1),
        _ => None,
    }
}

/// The first day of the stretch that `end` lies in.
fn start_of(end: Date, fit: u64) -> Option<Date> {
    match months(fit) {
        Some(length) => Date::new(end.year(), end.month() - (end.month() - 1) % length, 1).ok(),
        None => end.checked_sub((i64::try_from(fit.max(1)).ok()? - 1).days()).ok(),
    }
}

/// The last day of the stretch that `day` lies in.
fn end_of(day: Date, fit: u64) -> Option<Date> {
    let Some(length) = months(fit) else { return Some(day) };
    let last = start_of(day, fit)?.checked_add(i32::from(length - 1).months()).ok()?;
    Some(last.last_of_month())
}

/// A stretch as people write it.
fn name(from: Date, to: Date) -> String {
    let (year, month) = (from.year(), from.month());
    let ends = |months: i8| {
        from.day() == 1
            && (month - 1) % months == 0
            && to.year() == year
            && to.month() == month + months - 1
            && to == to.last_of_month()
    };
    match () {
        () if ends(12) => format!("{year}"),
        () if ends(6) => format!("{year}-H{}", (month + 5) / 6),
        () if ends(3) => format!("{year}-Q{}", (month + 2) / 3),
        () if ends(1) => format!("{year}-{month:02}"),
        () if from == to => from.to_string(),
        () => format!("{from}..{to}"),
    }
}

/// The call as it is written in a terminal.
pub fn command(tool: &str, options: &[(&str, &str)], arguments: &Map<String, Value>) -> String {
    let options = options.iter().map(|(name, value)| {
        if value.is_empty() { (*name).to_owned() } else { format!("{name} {}", word(value)) }
    });
    let arguments = arguments.iter().map(|(name, value)| word(&format!("{name}={}", text(value))));
    let words: Vec<_> = ["lumabill call".to_owned()]
        .into_iter()
        .chain(options)
        .chain([tool.to_owned()])
        .chain(arguments)
        .collect();
    crate::failure::here(&format!("`{}`", words.join(" ")))
}

/// A word that a shell leaves as it is.
fn word(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "=_-.:,/@+".contains(letter);
    match word {
        _ if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        _ if cfg!(windows) => format!("\"{}\"", word.replace('"', "\\\"")),
        _ => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// What a cut-off answer says of the way on.
pub fn say(
    answer: &mut Map<String, Value>,
    tool: &str,
    stop: &Stop,
    way: &Way,
    narrower: Option<(Vec<String>, bool)>,
) {
    if let Stop::Failed(failure) = stop
        && let Some(seconds) = failure.facts.get("retry_after_s")
    {
        answer.insert("retry_after_s".into(), seconds.clone());
    }
    let cursor =
        answer.contains_key("next_cursor").then(|| format!("more: call {tool} with cursor = next_cursor"));
    let words: Vec<_> = cursor.into_iter().chain([rest(way, narrower)]).collect();
    answer.insert("go_on".into(), json!(words.join("; ")));
}

/// The ways to the rest of a list, beside a cursor.
pub fn rest(way: &Way, narrower: Option<(Vec<String>, bool)>) -> String {
    let command = format!("all of it in a terminal: {}", way.command);
    match narrower {
        Some((periods, true)) => format!("{command}; or by period, one call each: {}", periods.join(", ")),
        Some((periods, false)) if !periods.is_empty() => {
            format!("{command}; or by period, one call each: {} and so on", periods.join(", "))
        }
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Map, json};

    use super::{Part, Way, command};

    fn narrower(fits: u64, of: Option<u64>, asked: Option<(i16, i16)>) -> (Vec<String>, bool) {
        let way = Way { command: String::new(), fits, periods: true };
        let asked =
            asked.map_or((None, None), |(first, last)| (Some(date(first, 1, 1)), Some(date(last, 12, 31))));
        let part = Part {
            of,
            seen: 1_000,
            asked,
            days: Some((date(2026, 7, 1), date(2026, 12, 31))),
            rising: false,
        };
        way.narrower(&part, date(2026, 12, 31)).unwrap()
    }

    #[test]
    fn parts_of_the_asked_period_fit_into_a_call_and_leave_no_day_out() {
        assert_eq!(
            narrower(1_000, Some(3_000), Some((2026, 2026))),
            (["2026-Q4", "2026-Q3", "2026-Q2", "2026-Q1"].map(String::from).to_vec(), true)
        );
        assert_eq!(narrower(5_000, Some(10_000), Some((2023, 2026))).0, ["2026", "2025", "2024", "2023"]);
        let (months, all) = narrower(1_000, Some(8_000), Some((2026, 2026)));
        assert_eq!((months.len(), all, months[11].as_str()), (12, true, "2026-01"));
        let (days, all) = narrower(100, Some(100_000), Some((2026, 2026)));
        assert_eq!((days[0].as_str(), all), ("2026-12-31", false));
    }

    #[test]
    fn without_an_asked_period_a_few_are_named_from_the_newest_on() {
        let (periods, all) = narrower(1_000, Some(10_000), None);
        assert_eq!((periods[0].as_str(), periods.len(), all), ("2026-Q4", 4, false));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_is_quoted_for_the_shell() {
        let arguments = json!({ "status": "paid", "client_name": "Meier's & Co", "all": true });
        let arguments: Map<_, _> = arguments.as_object().unwrap().clone();
        let words = command("list_invoices", &[("--sandbox", ""), ("--account", "a b")], &arguments);
        assert_eq!(
            words,
            r"`lumabill call --sandbox --account 'a b' list_invoices status=paid 'client_name=Meier'\''s & Co' all=true`"
        );
    }
}
