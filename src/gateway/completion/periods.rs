//! Periods as they are offered to somebody who types: pure.

use jiff::civil::Date;

const SPOKEN: [&str; 6] =
    ["this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"];

/// The spoken ones, then those of this year and the last one, newest first, as far as they have begun; and of
/// the year that is typed.
pub(super) fn offered(typed: &str, today: Date) -> Vec<String> {
    let this = today.year();
    let typed = typed.trim().get(..4).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let typed = typed.and_then(|text| text.parse().ok()).filter(|year| *year != this && *year != this - 1);
    let mut periods: Vec<_> = SPOKEN.map(str::to_owned).into();
    for year in [Some(this), Some(this - 1), typed].into_iter().flatten() {
        let last = if year == this { today.month() } else { 12 };
        periods.push(format!("{year:04}"));
        periods.extend((1..=(last + 2) / 3).rev().map(|quarter| format!("{year:04}-Q{quarter}")));
        periods.extend((1..=(last + 5) / 6).rev().map(|half| format!("{year:04}-H{half}")));
        periods.extend((1..=last).rev().map(|month| format!("{year:04}-{month:02}")));
    }
    periods
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::offered;
    use crate::rules::period;

    #[test]
    fn every_period_that_is_offered_is_one() {
        let today = date(2026, 11, 21);
        let all = offered("2019-", today);
        assert!(all.len() < 100, "{}", all.len());
        for text in &all {
            assert!(period::parse(text, today).is_ok(), "{text}");
        }
        for text in ["last_month", "2026-Q4", "2026-11", "2025-Q1", "2019-Q3", "2019-02"] {
            assert!(all.iter().any(|offered| offered == text), "{text}");
        }
        assert!(!all.iter().any(|offered| offered == "2026-12"), "it has not begun");
        assert_eq!(offered("", date(2026, 1, 1)).iter().filter(|text| text.starts_with("2026")).count(), 4);
    }
}
