//! Pure billing rules: money, periods, VAT rates. No I/O, no clock.

pub mod money;
pub mod period;
pub mod vat;
