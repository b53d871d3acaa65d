//! Swiss VAT rates by date of supply.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use crate::sandbox::answer::{Error, Record};
use crate::sandbox::{fields, money};

/// The day of the last change of rates.
const CHANGE: Date = date(2024, 1, 1);
/// Rates before and from that day: standard, reduced, lodging.
const CHANGED: [(Decimal, Decimal); 3] = [
    (Decimal::from_parts(77, 0, 0, false, 1), Decimal::from_parts(81, 0, 0, false, 1)),
    (Decimal::from_parts(25, 0, 0, false, 1), Decimal::from_parts(26, 0, 0, false, 1)),
    (Decimal::from_parts(37, 0, 0, false, 1), Decimal::from_parts(38, 0, 0, false, 1)),
];

/// Why a rate is refused.
pub const UNREGISTERED: &str = "must be 0: the profile is not registered for VAT";

/// The profile's default rate as it was on the day of supply; 0 where the profile owes no VAT.
pub fn default_rate(profile: &Record, supplied: Date) -> Decimal {
    if !fields::flag(profile, "vat_registered") {
        return Decimal::ZERO;
    }
    at(money::field(profile, "default_tax_rate").unwrap_or_default(), supplied)
}

/// Today's rate as it was on the day of supply.
pub fn at(rate: Decimal, supplied: Date) -> Decimal {
    if supplied >= CHANGE {
        return rate;
    }
    CHANGED.iter().find(|(_, now)| *now == rate).map_or(rate, |(before, _)| *before)
}

/// Refuses VAT on documents of a profile that is not registered for it: tax that is shown is owed.
pub fn refuse_unregistered(profile: &Record, rate: Decimal, field: &str) -> Result<(), Error> {
    if rate > Decimal::ZERO && !fields::flag(profile, "vat_registered") {
        return Err(Error::field(field, UNREGISTERED));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::at;
    use crate::sandbox::money::parse;

    #[test]
    fn the_day_of_supply_decides() {
        for (now, before) in [("8.1", "7.7"), ("2.6", "2.5"), ("3.8", "3.7"), ("0", "0"), ("19", "19")] {
            let now = parse(now).unwrap();
            assert_eq!(at(now, date(2024, 1, 1)), now);
            assert_eq!(at(now, date(2023, 12, 31)), parse(before).unwrap());
        }
    }
}
