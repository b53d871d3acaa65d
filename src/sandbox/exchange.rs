//! Fixed exchange rates, so that books kept in one currency can hold documents in another. A real service
//! takes the day's rate; here the same file gives the same books on every day.

use rust_decimal::Decimal;

use super::money;

/// Francs for one unit of a currency; one for a currency without a rate.
fn francs(currency: &str) -> Decimal {
    match currency {
        "EUR" => Decimal::new(94, 2),
        "USD" => Decimal::new(80, 2),
        "GBP" => Decimal::new(108, 2),
        _ => Decimal::ONE,
    }
}

/// An amount in another currency, to two places; unchanged within one currency.
pub fn convert(amount: Decimal, from: &str, to: &str) -> Decimal {
    if from == to { amount } else { money::cents(amount * francs(from) / francs(to)) }
}

#[cfg(test)]
mod tests {
    use super::convert;
    use rust_decimal::Decimal;

    #[test]
    fn converts_over_francs_and_leaves_the_own_currency_alone() {
        let amount: Decimal = "100.005".parse().unwrap();
        assert_eq!(convert(amount, "CHF", "CHF"), amount);
        assert_eq!(convert(amount, "EUR", "CHF"), Decimal::from(94));
        assert_eq!(convert(Decimal::from(94), "CHF", "EUR"), Decimal::from(100));
    }
}
