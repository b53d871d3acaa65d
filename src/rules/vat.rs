//! VAT rates by country and date, as data. The day of supply picks the rate, not the date of the invoice.
//! Rates that are announced but not law are not in the table.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// A rate and the days on which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// ISO 3166.
    pub country: &'static str,
    pub kind: Kind,
    /// Tenths of a per cent: 81 is 8.1 %.
    tenths: i64,
    /// `None`: longer than this table goes back.
    from: Option<Date>,
    /// The last day; `None`: until further notice.
    until: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Standard,
    Reduced,
    Lodging,
    /// Austria's rate between the standard and the reduced one.
    SecondReduced,
    /// Listed basic foods in Austria.
    Food,
    /// Certain supplies of photovoltaics in Germany.
    Zero,
}

impl Kind {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Reduced => "reduced",
            Self::Lodging => "lodging",
            Self::SecondReduced => "second reduced",
            Self::Food => "listed basic foods",
            Self::Zero => "certain photovoltaic supplies",
        }
    }
}

impl Rate {
    /// The first day, where the table goes back as far.
    pub fn from(&self) -> Option<Date> {
        self.from
    }

    /// The last day, where there is one.
    pub fn until(&self) -> Option<Date> {
        self.until
    }

    /// In per cent.
    pub fn percent(&self) -> Decimal {
        Decimal::new(self.tenths, 1).normalize()
    }

    fn holds(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }
}

const fn rate(
    country: &'static str,
    kind: Kind,
    tenths: i64,
    from: Option<Date>,
    until: Option<Date>,
) -> Rate {
    Rate { country, kind, tenths, from, until }
}

const Y2018: Option<Date> = Some(date(2018, 1, 1));
const Y2023: Option<Date> = Some(date(2023, 12, 31));
const Y2024: Option<Date> = Some(date(2024, 1, 1));

const RATES: &[Rate] = &[
    rate("CH", Kind::Standard, 77, Y2018, Y2023),
    rate("CH", Kind::Reduced, 25, Y2018, Y2023),
    rate("CH", Kind::Lodging, 37, Y2018, Y2023),
    rate("CH", Kind::Standard, 81, Y2024, None),
    rate("CH", Kind::Reduced, 26, Y2024, None),
    rate("CH", Kind::Lodging, 38, Y2024, None),
    rate("DE", Kind::Standard, 190, None, None),
    rate("DE", Kind::Reduced, 70, None, None),
    rate("DE", Kind::Zero, 0, None, None),
    rate("AT", Kind::Standard, 200, None, None),
    rate("AT", Kind::SecondReduced, 130, None, None),
    rate("AT", Kind::Reduced, 100, None, None),
    rate("AT", Kind::Food, 49, Some(date(2026, 7, 1)), None),
];

/// The whole table; what holds for CH holds for LI.
pub fn all() -> impl Iterator<Item = &'static Rate> {
    RATES.iter()
}

/// The rates of a country on a day; Liechtenstein has Switzerland's. Empty where the table knows none.
pub fn in_force(country: &str, on: Date) -> impl Iterator<Item = Rate> {
    let country = if country == "LI" { "CH" } else { country }.to_owned();
    RATES.iter().copied().filter(move |rate| rate.country == country && rate.holds(on))
}

/// True where some country of the table has this rate on that day. 0 % always may be right: exports and
/// exempt supplies carry it everywhere.
pub fn is_known(percent: Decimal, on: Date) -> bool {
    let countries = ["CH", "DE", "AT"];
    percent.is_zero()
        || countries.iter().any(|country| in_force(country, on).any(|rate| rate.percent() == percent))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_rate_of_the_past_is_not_known_today() {
        let (old, new) = (date(2023, 12, 31), date(2024, 1, 1));
        let percent = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(is_known(percent("7.7"), old) && !is_known(percent("7.7"), new));
        assert!(is_known(percent("8.10"), new) && is_known(percent("0"), new));
        assert!(!is_known(percent("8"), new));
    }

    use jiff::civil::{Date, date};

    use rust_decimal::Decimal;

    use super::{in_force, is_known};

    fn rates(country: &str, on: Date) -> Vec<String> {
        in_force(country, on).map(|rate| rate.percent().to_string()).collect()
    }

    #[test]
    fn the_day_of_supply_picks_the_rate() {
        assert_eq!(rates("CH", date(2023, 12, 31)), ["7.7", "2.5", "3.7"]);
        assert_eq!(rates("CH", date(2024, 1, 1)), ["8.1", "2.6", "3.8"]);
        assert_eq!(rates("LI", date(2026, 11, 21)), ["8.1", "2.6", "3.8"]);
        assert_eq!(rates("AT", date(2026, 6, 30)), ["20", "13", "10"]);
        assert_eq!(rates("AT", date(2026, 7, 1)), ["20", "13", "10", "4.9"]);
        assert_eq!(rates("DE", date(2026, 1, 1)), ["19", "7", "0"]);
        assert!(rates("FR", date(2026, 1, 1)).is_empty());
    }
}
