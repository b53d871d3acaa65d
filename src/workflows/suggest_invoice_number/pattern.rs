//! The series that numbers belong to: what stands before and after the running digits, and whether a year is in it.

use std::collections::HashMap;

use serde_json::Value;

use crate::workflows::copying::text;

/// Digits that a counter may have.
const MOST_DIGITS: usize = 15;
const YEAR: &str = "{year}";

/// The series among the invoices that were taken in. One entry a series, however long the list.
#[derive(Default)]
pub struct Patterns {
    series: HashMap<Series, Seen>,
}

/// What all numbers of a series have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Series {
    /// With [`YEAR`] where the year of issue stands.
    prefix: String,
    suffix: String,
}

struct Seen {
    /// Day of issue and time of making of its newest invoice.
    newest: (String, String),
    /// The highest counter in the latest year, and how many digits it was written with.
    year: i16,
    highest: u64,
    width: usize,
}

impl Patterns {
    pub fn take(&mut self, invoice: &Value) {
        let newest = (text(invoice, "issue_date").to_owned(), text(invoice, "created_at").to_owned());
        let issued = newest.0.get(..4).and_then(|year| year.parse().ok());
        let Some((series, year, counter, width)) = split(text(invoice, "number"), issued) else { return };
        let seen = Seen { newest, year, highest: counter, width };
        match self.series.get_mut(&series) {
            None => drop(self.series.insert(series, seen)),
            Some(known) => {
                if (seen.year, seen.highest) > (known.year, known.highest) {
                    (known.year, known.highest, known.width) = (seen.year, seen.highest, seen.width);
                }
                if seen.newest > known.newest {
                    known.newest = seen.newest;
                }
            }
        }
    }

    /// The next number and the shape of its series: of the one with the profile's prefix, else of the one with the
    /// newest invoice. A series with a year in it begins anew each year.
    pub fn next(&self, this_year: i16, prefix: &str) -> Option<(String, String)> {
        let preferred = |series: &Series| !prefix.is_empty() && series.prefix == prefix;
        let (series, seen) = self.series.iter().max_by_key(|(series, seen)| {
            (preferred(series), &seen.newest, seen.year, seen.highest, &series.prefix)
        })?;
        let yearly = series.prefix.contains(YEAR);
        let begins = yearly && seen.year < this_year;
        let counter = if begins { 1 } else { seen.highest.checked_add(1)? };
        let year = if begins { this_year } else { seen.year };
        let before = series.prefix.replace(YEAR, &year.to_string());
        let number = format!("{before}{counter:0width$}{}", series.suffix, width = seen.width);
        let shape = format!("{}{}{}", series.prefix, "0".repeat(seen.width), series.suffix);
        Some((number, shape))
    }
}

/// Series, year, counter and its digits: the last digits of a number are its counter. The year is 0 where the number
/// has none.
fn split(number: &str, issued: Option<i16>) -> Option<(Series, i16, u64, usize)> {
    let digit = |letter: char| letter.is_ascii_digit();
    let end = number.rfind(digit)? + 1;
    let (head, suffix) = number.split_at_checked(end)?;
    let start =
        head.rfind(|letter| !digit(letter)).map_or(0, |at| at + head.get(at..).map_or(1, first_length));
    let (prefix, counter) = head.split_at_checked(start)?;
    if counter.len() > MOST_DIGITS {
        return None;
    }
    let year = issued.filter(|year| has_year(prefix, &year.to_string()));
    let prefix = match year {
        Some(year) => prefix.replacen(&year.to_string(), YEAR, 1),
        None => prefix.to_owned(),
    };
    let series = Series { prefix, suffix: suffix.to_owned() };
    Some((series, year.unwrap_or_default(), counter.parse().ok()?, counter.len()))
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

/// The year stands by itself, and is no part of a longer number.
fn has_year(prefix: &str, year: &str) -> bool {
    prefix.split(|letter: char| !letter.is_ascii_digit()).any(|digits| digits == year)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Patterns;

    fn next(numbers: &[(&str, &str)], prefix: &str) -> Option<(String, String)> {
        let mut patterns = Patterns::default();
        for (number, day) in numbers {
            patterns.take(&json!({ "number": number, "issue_date": day }));
        }
        patterns.next(2026, prefix)
    }

    #[track_caller]
    fn is(found: Option<(String, String)>, number: &str, shape: &str) {
        let (said, pattern) = found.unwrap();
        assert_eq!((&*said, &*pattern), (number, shape));
    }

    #[test]
    fn the_highest_counter_of_the_series_goes_on() {
        let numbers = [("IV-009", "2026-10-01"), ("IV-011", "2026-11-01"), ("IV-010", "2026-11-02")];
        is(next(&numbers, ""), "IV-012", "IV-000");
        is(next(&[("IV-999", "2026-10-01")], ""), "IV-1000", "IV-000");
        is(next(&[("17", "2026-10-01")], ""), "18", "00");
        is(next(&[("R 7/B", "2026-10-01")], ""), "R 8/B", "R 0/B");
        is(next(&[("№5", "2026-10-01"), ("", "2026-11-01"), ("Entwurf", "2026-11-01")], ""), "№6", "№0");
        assert_eq!(next(&[("Entwurf", "2026-11-01"), ("9999999999999999", "2026-11-01")], ""), None);
    }

    #[test]
    fn a_series_with_the_year_begins_anew() {
        let last = [("2025-041", "2025-12-30"), ("2025-042", "2025-12-31")];
        is(next(&last, ""), "2026-001", "{year}-000");
        let this = [("RE-2025-042", "2025-12-31"), ("RE-2026-0007", "2026-02-01")];
        is(next(&this, ""), "RE-2026-0008", "RE-{year}-0000");
        // A year that is not that of the issue is a part of the name.
        is(next(&[("2020-5", "2026-02-01")], ""), "2020-6", "2020-0");
    }

    #[test]
    fn the_profile_s_prefix_decides_else_the_newest_invoice() {
        let numbers = [("IV-003", "2026-08-01"), ("RE-1020", "2026-09-01")];
        is(next(&numbers, ""), "RE-1021", "RE-0000");
        is(next(&numbers, "IV-"), "IV-004", "IV-000");
        is(next(&numbers, "XX-"), "RE-1021", "RE-0000");
        assert_eq!(next(&[], "IV-"), None);
    }
}
