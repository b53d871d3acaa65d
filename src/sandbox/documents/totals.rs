//! The arithmetic of a document: lines, VAT by rate, rounding of the payable total.

use rust_decimal::Decimal;

use crate::sandbox::Rounding;
use crate::sandbox::money::{cents, five_rappen, percent};

/// The figures of a line as they were given. The OpenAPI file's limits keep every product within 28 digits.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub quantity: Decimal,
    pub price: Decimal,
    /// In percent.
    pub discount: Decimal,
    /// VAT in percent.
    pub rate: Decimal,
}

/// How a document is added up.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub rounding: Rounding,
    pub prices_include_tax: bool,
    /// Round the payable total to 0.05.
    pub five_rappen: bool,
}

/// What a line comes to, to the cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    pub net: Decimal,
    pub tax: Decimal,
    pub gross: Decimal,
}

/// One rate of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// VAT in percent.
    pub percent: Decimal,
    pub base: Decimal,
    pub tax: Decimal,
}

/// What a document comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    pub lines: Vec<Amounts>,
    /// The highest rate first.
    pub rates: Vec<Rate>,
    pub subtotal: Decimal,
    pub tax_total: Decimal,
    /// What the rounding to 0.05 added.
    pub rounding: Decimal,
    pub total: Decimal,
}

/// Adds a document up.
pub fn of(items: &[Item], terms: Terms) -> Totals {
    let lines: Vec<Amounts> = items.iter().map(|item| line(item, terms)).collect();
    let mut order: Vec<Decimal> = items.iter().map(|item| item.rate).collect();
    order.sort_by(|a, b| b.cmp(a));
    order.dedup();
    let rates: Vec<Rate> = order
        .into_iter()
        .map(|rate| {
            let of_rate =
                items.iter().zip(&lines).filter(|(item, _)| item.rate == rate).map(|(_, line)| line);
            sum(rate, &of_rate.copied().collect::<Vec<_>>(), terms)
        })
        .collect();
    let subtotal: Decimal = rates.iter().map(|rate| rate.base).sum();
    let tax_total: Decimal = rates.iter().map(|rate| rate.tax).sum();
    let exact = subtotal + tax_total;
    let total = if terms.five_rappen { five_rappen(exact) } else { exact };
    Totals { lines, rates, subtotal, tax_total, rounding: total - exact, total }
}

fn line(item: &Item, terms: Terms) -> Amounts {
    let rest = Decimal::ONE_HUNDRED - item.discount;
    let amount = cents(percent(item.quantity * item.price, rest));
    if terms.prices_include_tax {
        let tax = included(amount, item.rate);
        Amounts { net: amount - tax, tax, gross: amount }
    } else {
        let tax = cents(percent(amount, item.rate));
        Amounts { net: amount, tax, gross: amount + tax }
    }
}

fn sum(rate: Decimal, lines: &[Amounts], terms: Terms) -> Rate {
    let net: Decimal = lines.iter().map(|line| line.net).sum();
    let tax: Decimal = lines.iter().map(|line| line.tax).sum();
    match (terms.rounding, terms.prices_include_tax) {
        (Rounding::Line, _) => Rate { percent: rate, base: net, tax },
        (Rounding::Document, false) => Rate { percent: rate, base: net, tax: cents(percent(net, rate)) },
        (Rounding::Document, true) => {
            let gross = net + tax;
            let tax = included(gross, rate);
            Rate { percent: rate, base: gross - tax, tax }
        }
    }
}

/// The VAT inside a gross amount.
fn included(gross: Decimal, rate: Decimal) -> Decimal {
    cents(gross * rate / (Decimal::ONE_HUNDRED + rate))
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{Item, Terms, of};
    use crate::sandbox::Rounding;
    use crate::sandbox::money::parse;

    const NET: Terms = Terms { rounding: Rounding::Document, prices_include_tax: false, five_rappen: false };

    fn d(text: &str) -> Decimal {
        parse(text).unwrap()
    }

    fn item(quantity: &str, price: &str, rate: &str) -> Item {
        Item { quantity: d(quantity), price: d(price), discount: Decimal::ZERO, rate: d(rate) }
    }

    #[test]
    fn three_hours_at_180() {
        let items = [item("3", "180", "8.1")];
        let exact = of(&items, NET);
        assert_eq!((exact.subtotal, exact.tax_total, exact.total), (d("540"), d("43.74"), d("583.74")));
        let rounded = of(&items, Terms { five_rappen: true, ..NET });
        assert_eq!((rounded.total, rounded.rounding), (d("583.75"), d("0.01")));
    }

    #[test]
    fn two_times_150_is_already_a_multiple_of_five_rappen() {
        let totals = of(&[item("2", "150", "8.1")], Terms { five_rappen: true, ..NET });
        assert_eq!((totals.total, totals.rounding), (d("324.30"), Decimal::ZERO));
    }

    #[test]
    fn lines_and_documents_round_differently() {
        let items = [item("1", "0.06", "8.1"), item("1", "0.06", "8.1"), item("1", "0.06", "8.1")];
        assert_eq!(of(&items, NET).tax_total, d("0.01"));
        let items = [item("1", "0.07", "8.1"), item("1", "0.07", "8.1"), item("1", "0.07", "8.1")];
        assert_eq!(of(&items, NET).tax_total, d("0.02"));
        assert_eq!(of(&items, Terms { rounding: Rounding::Line, ..NET }).tax_total, d("0.03"));
    }

    #[test]
    fn included_tax_is_taken_out_of_the_sum() {
        let totals = of(&[item("1", "49.90", "8.1")], Terms { prices_include_tax: true, ..NET });
        assert_eq!((totals.subtotal, totals.tax_total, totals.total), (d("46.16"), d("3.74"), d("49.90")));
    }

    #[test]
    fn rates_are_kept_apart_and_discounts_come_before_tax() {
        let discounted = Item { discount: d("10"), ..item("1", "99.99", "2.6") };
        let totals = of(&[item("1", "100", "8.1"), discounted, item("2", "1.005", "0")], NET);
        let rates: Vec<_> = totals.rates.iter().map(|r| (r.percent, r.base, r.tax)).collect();
        assert_eq!(
            rates,
            [(d("8.1"), d("100"), d("8.10")), (d("2.6"), d("89.99"), d("2.34")), (d("0"), d("2.01"), d("0"))]
        );
    }

    #[test]
    fn the_largest_figures_fit() {
        let largest = item("1000000000", "1000000000000", "100");
        let totals = of(&vec![largest; 1000], Terms { five_rappen: true, ..NET });
        assert_eq!(totals.total, d("2000000000000000000000000"));
    }
}
