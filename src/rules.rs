//! Pure rules of billing: invoices, money, periods, IBANs, UIDs, payment references, VAT rates, CSV. No I/O, no clock.

pub mod camt;
pub mod csv;
pub mod iban;
pub mod invoice;
pub mod money;
pub mod period;
pub mod reference;
pub mod uid;
pub mod vat;
