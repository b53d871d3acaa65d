//! The days a report covers: from and to, a fiscal year, or a quarter or half-year by name.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::sandbox::answer::Error;
use crate::sandbox::context::{Context, Query};
use crate::sandbox::fiscal_years::Years;

/// First and last day, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

impl Period {
    fn new(from: Date, to: Date) -> Result<Self, Error> {
        if to < from {
            return Err(Error::field("to", format!("{to} is before {from}")));
        }
        Ok(Self { from, to })
    }

    /// `from` and `to`, else a fiscal year, else the running fiscal year up to today.
    pub fn asked(cx: &Context<'_>, query: &Query, years: &Years) -> Result<Self, Error> {
        let (from, to) = (query.date("from"), query.date("to"));
        if let (None, None, Some(id)) = (from, to, query.text("fiscal_year_id")) {
            return fiscal_year(years, id);
        }
        let to = to.unwrap_or_else(|| cx.today.max(from.unwrap_or(cx.today)));
        Self::new(from.unwrap_or_else(|| years.start_of(to)), to)
    }

    /// A quarter (`2026-Q3`) or half-year (`2026-H1`); `None` for any other text.
    pub fn named(name: &str) -> Option<Self> {
        let (year, part) = name.split_once('-')?;
        let (kind, number) = part.split_at_checked(1)?;
        let number: i8 = number.parse().ok()?;
        let (months, parts) = match kind {
            "Q" => (3, 4),
            "H" => (6, 2),
            _ => return None,
        };
        if !(1..=parts).contains(&number) {
            return None;
        }
        let from = Date::new(year.parse().ok()?, (number - 1) * months + 1, 1).ok()?;
        let to = from.checked_add((months - 1).months()).ok()?.last_of_month();
        Some(Self { from, to })
    }

    /// The quarter of a day.
    pub fn quarter_of(day: Date) -> Option<Self> {
        Self::named(&format!("{:04}-Q{}", day.year(), (day.month() - 1) / 3 + 1))
    }

    /// The period of the same length that ends on the day before: whole months where this one has whole months.
    pub fn previous(self) -> Result<Self, Error> {
        let to = self.from.yesterday().map_err(|_| out_of_range())?;
        let whole_months = self.from.day() == 1 && self.to == self.to.last_of_month();
        let from = if whole_months {
            let years = i64::from(self.to.year()) - i64::from(self.from.year());
            let months = years * 12 + i64::from(self.to.month()) - i64::from(self.from.month()) + 1;
            self.from.checked_sub(months.months())
        } else {
            let days = self.from.until(self.to).map_err(|_| out_of_range())?.get_days();
            to.checked_sub(days.days())
        };
        Self { from: from.map_err(|_| out_of_range())?, to }.inside()
    }

    /// The same days a year before; the last day of February stays the last.
    pub fn year_before(self) -> Result<Self, Error> {
        let back = |date: Date| date.checked_sub(1.year()).map_err(|_| out_of_range());
        let to = back(self.to)?;
        let to = if self.to == self.to.last_of_month() { to.last_of_month() } else { to };
        Self { from: back(self.from)?, to }.inside()
    }

    /// Dates are written with four digits, so a year below zero has no way out.
    fn inside(self) -> Result<Self, Error> {
        if self.from.year() < 0 { Err(out_of_range()) } else { Ok(self) }
    }
}

/// The days of a fiscal year.
pub fn fiscal_year(years: &Years, id: &str) -> Result<Period, Error> {
    let year = years.find(id).ok_or_else(|| {
        Error::field("fiscal_year_id", format!("no fiscal year with id {id} in this profile"))
    })?;
    Ok(Period { from: year.start, to: year.end })
}

fn out_of_range() -> Error {
    Error::field("compare", "the period it is compared with lies outside the calendar")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn quarters_and_half_years_have_their_days() {
        assert_eq!(Period::named("2026-Q1"), Some(period("2026-01-01", "2026-03-31")));
        assert_eq!(Period::named("2028-H1"), Some(period("2028-01-01", "2028-06-30")));
        assert_eq!(Period::named("2026-H2"), Some(period("2026-07-01", "2026-12-31")));
        for wrong in ["2026-Q5", "2026-H0", "2026", "2026-", "2026-É1", "x-Q1"] {
            assert_eq!(Period::named(wrong), None, "{wrong}");
        }
        assert_eq!(Period::quarter_of(Date::constant(2026, 11, 21)), Period::named("2026-Q4"));
    }

    #[test]
    fn the_previous_period_has_the_same_length() {
        let previous = |from, to| period(from, to).previous().unwrap();
        assert_eq!(previous("2026-01-01", "2026-03-31"), period("2025-10-01", "2025-12-31"));
        assert_eq!(previous("2026-03-01", "2026-03-31"), period("2026-02-01", "2026-02-28"));
        assert_eq!(previous("2026-01-11", "2026-01-20"), period("2026-01-01", "2026-01-10"));
        assert_eq!(previous("2026-01-01", "2026-11-21"), period("2025-02-10", "2025-12-31"));
    }

    #[test]
    fn the_year_before_keeps_month_ends() {
        let before = |from, to| period(from, to).year_before().unwrap();
        assert_eq!(before("2025-02-01", "2025-02-28"), period("2024-02-01", "2024-02-29"));
        assert_eq!(before("2026-01-01", "2026-11-21"), period("2025-01-01", "2025-11-21"));
    }
}
