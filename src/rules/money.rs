//! Exact arithmetic of invoices and offers: line amounts, VAT per rate, totals. Rounding is half away from
//! zero to two places; only the payable total in CHF may be rounded to 0.05.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value, json};

/// One line of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub quantity: Decimal,
    /// Per unit.
    pub price: Decimal,
    /// 10 means a tenth off.
    pub discount_percent: Decimal,
    /// VAT in per cent; `None` takes the document's.
    pub tax_rate: Option<Decimal>,
}

/// What holds for the whole document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms<'a> {
    /// VAT in per cent of lines that have no rate of their own.
    pub default_rate: Decimal,
    /// ISO 4217; the total in steps of 0.05 is given in CHF only.
    pub currency: &'a str,
    /// Prices are gross.
    pub prices_include_tax: bool,
}

/// VAT of one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tax {
    pub rate: Decimal,
    /// Net amount of the lines with this rate.
    pub base: Decimal,
    pub amount: Decimal,
}

/// Amounts of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Quantity × price − discount of each line, as priced (gross where prices include VAT).
    pub lines: Vec<Decimal>,
    pub net: Decimal,
    /// In the order in which the rates come up.
    pub taxes: Vec<Tax>,
    pub tax: Decimal,
    /// Net and VAT, to 0.01.
    pub total: Decimal,
    /// The total in steps of 0.05: a custom of cash payments in CHF, `None` in other currencies.
    pub five_rappen: Option<Decimal>,
}

/// Adds up a document; `None` where a number is too large to stay exact.
pub fn compute(lines: &[Line], terms: &Terms) -> Option<Totals> {
    let mut amounts = Vec::with_capacity(lines.len());
    let mut sums: Vec<(Decimal, Decimal)> = Vec::new();
    for line in lines {
        let amount = line_amount(line)?;
        let rate = line.tax_rate.unwrap_or(terms.default_rate);
        match sums.iter_mut().find(|(other, _)| *other == rate) {
            Some((_, sum)) => *sum = sum.checked_add(amount)?,
            None => sums.push((rate, amount)),
        }
        amounts.push(amount);
    }
    let (mut net, mut tax, mut taxes) = (Decimal::ZERO, Decimal::ZERO, Vec::with_capacity(sums.len()));
    for (rate, sum) in sums {
        let part = tax_of(sum, rate, terms.prices_include_tax)?;
        net = net.checked_add(part.base)?;
        tax = tax.checked_add(part.amount)?;
        taxes.push(part);
    }
    let total = net.checked_add(tax)?;
    let five_rappen = if terms.currency == "CHF" { Some(to_five_rappen(total)?) } else { None };
    Some(Totals { lines: amounts, net, taxes, tax, total, five_rappen })
}

fn line_amount(line: &Line) -> Option<Decimal> {
    let share = Decimal::ONE_HUNDRED.checked_sub(line.discount_percent)?.checked_div(Decimal::ONE_HUNDRED)?;
    line.quantity.checked_mul(line.price)?.checked_mul(share).map(to_cent)
}

fn tax_of(sum: Decimal, rate: Decimal, included: bool) -> Option<Tax> {
    if included {
        let whole = Decimal::ONE_HUNDRED.checked_add(rate)?;
        let tax = to_cent(sum.checked_mul(rate)?.checked_div(whole)?);
        return Some(Tax { rate, base: sum.checked_sub(tax)?, amount: tax });
    }
    let tax = to_cent(sum.checked_mul(rate)?.checked_div(Decimal::ONE_HUNDRED)?);
    Some(Tax { rate, base: sum, amount: tax })
}

/// Two places, half away from zero.
pub fn to_cent(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// The amount itself, unrounded: two decimals, and more only where they say something.
pub fn cents(amount: Decimal) -> Decimal {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount
}

/// Steps of 0.05, half away from zero; `None` where the amount is too large.
pub fn to_five_rappen(amount: Decimal) -> Option<Decimal> {
    let steps = amount.checked_mul(Decimal::from(20))?;
    let steps = steps.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    steps.checked_div(Decimal::from(20)).map(to_cent)
}

/// A number from its own text, exactly; from its text in quotes as well.
pub fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// An amount as people read it: its own digits, two decimals at least. What is no number stays as it is.
pub fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.split_once('.') {
        _ if !value.is_number() || text.contains(['e', 'E']) => text,
        None => format!("{text}.00"),
        Some((_, decimals)) if decimals.len() == 1 => format!("{text}0"),
        Some(_) => text,
    }
}

/// A number with the digits of the decimal.
pub fn number(amount: Decimal) -> Value {
    amount.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

/// The amounts of an invoice or offer as it would be sent, in the words of the API's records. Without
/// `lines` that have prices, or where a number is too large, `None`. Lines without a VAT rate take the
/// document's; where that is left out too, it comes from the profile, and only the sum of the lines is told.
pub fn preview(body: &Value) -> Option<Value> {
    let lines: Vec<Line> = body.get("lines")?.as_array()?.iter().map(line).collect::<Option<_>>()?;
    let default_rate = body.get("tax_rate").and_then(decimal);
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let terms = Terms {
        default_rate: default_rate.unwrap_or_default(),
        currency: body.get("currency").and_then(Value::as_str).unwrap_or_default(),
        prices_include_tax: flag("prices_include_tax"),
    };
    let totals = compute(&lines, &terms)?;
    let mut preview = Map::new();
    preview.insert("line_amounts".into(), totals.lines.iter().copied().map(number).collect());
    if default_rate.is_none() && lines.iter().any(|line| line.tax_rate.is_none()) {
        let sum = totals.lines.iter().try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(*amount))?;
        let name = if terms.prices_include_tax { "total" } else { "subtotal" };
        preview.insert(name.into(), number(sum));
        preview.insert("tax_total".into(), json!("by the profile's VAT rate, which the server adds"));
        return Some(Value::Object(preview));
    }
    let breakdown = |part: &Tax| json!({ "rate": number(part.rate), "base": number(part.base), "tax": number(part.amount) });
    preview.insert("subtotal".into(), number(totals.net));
    preview.insert("tax_breakdown".into(), totals.taxes.iter().map(breakdown).collect());
    preview.insert("tax_total".into(), number(totals.tax));
    match totals.five_rappen {
        Some(payable) if flag("round_to_five_rappen") => {
            preview.insert("rounding".into(), number(payable.checked_sub(totals.total)?));
            preview.insert("total".into(), number(payable));
        }
        payable => {
            preview.insert("total".into(), number(totals.total));
            if let Some(payable) = payable.filter(|payable| *payable != totals.total) {
                preview.insert("total_if_rounded_to_five_rappen".into(), number(payable));
            }
        }
    }
    Some(Value::Object(preview))
}

fn line(value: &Value) -> Option<Line> {
    let optional = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(given) => decimal(given).map(Some),
    };
    Some(Line {
        quantity: decimal(value.get("quantity")?)?,
        price: decimal(value.get("price")?)?,
        discount_percent: optional("discount_percent")?.unwrap_or_default(),
        tax_rate: optional("tax_rate")?,
    })
}

#[cfg(test)]
mod tests;
