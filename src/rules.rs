//! Pure billing rules: money, periods, payment references, VAT rates. No I/O, no clock.

pub mod camt;
pub mod iban;
pub mod money;
pub mod period;
pub mod reference;
pub mod uid;
pub mod vat;
