//! One entry (`Ntry`) of a statement: booked or not, its sign, and its payments when it is collective.

use super::{Movement, Problem, at, child, children, text_at};
use jiff::civil::Date;
use roxmltree::Node;
use rust_decimal::Decimal;

/// A booked entry.
pub struct Entry {
    /// Signed: credits positive.
    pub amount: Decimal,
    currency: String,
    booking_date: Date,
    value_date: Date,
    reversal: bool,
    bank_reference: Option<String>,
    number: Option<String>,
    text: Option<String>,
    payments: Vec<Payment>,
}

/// One payment (`TxDtls`) of an entry.
#[derive(Default)]
struct Payment {
    /// Signed; absent when the details give no amount in the entry's currency.
    amount: Option<Decimal>,
    reference: Option<String>,
    counterparty_name: Option<String>,
    counterparty_iban: Option<String>,
    remittance: Option<String>,
}

/// Reads an entry; `None` when it is not booked (pending, information only).
pub fn read(node: Node<'_, '_>) -> Result<Option<Entry>, Problem> {
    let status = text_at(node, &["Sts", "Cd"]).or_else(|| text_at(node, &["Sts"]));
    if status.as_deref() != Some("BOOK") {
        return Ok(None);
    }
    let amount = signed_amount(node)?;
    let currency = currency_of(node).ok_or_else(|| invalid("an entry names no currency"))?;
    let booking_date =
        date_at(node, "BookgDt")?.ok_or_else(|| invalid("a booked entry has no booking date"))?;
    let payments = children(node, "NtryDtls")
        .flat_map(|details| children(details, "TxDtls"))
        .map(|details| payment(details, amount, &currency))
        .collect::<Result<_, _>>()?;
    Ok(Some(Entry {
        amount,
        currency,
        booking_date,
        value_date: date_at(node, "ValDt")?.unwrap_or(booking_date),
        reversal: text_at(node, &["RvslInd"]).is_some_and(|text| text == "true" || text == "1"),
        bank_reference: text_at(node, &["AcctSvcrRef"]),
        number: text_at(node, &["NtryRef"]),
        text: text_at(node, &["AddtlNtryInf"]),
        payments,
    }))
}

impl Entry {
    /// What the bank knows the entry by; without its own reference, what a reader can see of it.
    pub fn identity(&self) -> String {
        self.bank_reference.clone().unwrap_or_else(|| {
            let reference = self.number.as_deref().unwrap_or_default();
            format!("{reference}|{}|{}|{}", self.amount.normalize(), self.booking_date, self.value_date)
        })
    }

    /// The movements of the entry: its payments where they add up to it, else the entry as one.
    pub fn movements(self, entry_key: &str) -> Vec<Movement> {
        let total = self.payments.iter().try_fold(Decimal::ZERO, |sum, payment| {
            payment.amount.and_then(|amount| sum.checked_add(amount))
        });
        if self.payments.len() > 1 && total == Some(self.amount) {
            let payments = self.payments.iter().enumerate();
            payments.map(|(index, payment)| self.movement(entry_key, index + 1, payment)).collect()
        } else if let [only] = self.payments.as_slice() {
            vec![self.movement(entry_key, 0, only)]
        } else {
            vec![self.movement(entry_key, 0, &Payment::default())]
        }
    }

    fn movement(&self, entry_key: &str, position: usize, payment: &Payment) -> Movement {
        Movement {
            // A single payment may be given before charges; what was booked counts.
            amount: payment.amount.filter(|_| position > 0).unwrap_or(self.amount),
            currency: self.currency.clone(),
            booking_date: self.booking_date,
            value_date: self.value_date,
            reference: payment.reference.clone(),
            counterparty_name: payment.counterparty_name.clone(),
            counterparty_iban: payment.counterparty_iban.clone(),
            remittance: payment.remittance.clone().or_else(|| self.text.clone()),
            bank_reference: self.bank_reference.clone(),
            reversal: self.reversal,
            entry_key: entry_key.to_owned(),
            position,
        }
    }
}

fn payment(node: Node<'_, '_>, entry: Decimal, currency: &str) -> Result<Payment, Problem> {
    let amount_node = child(node, "Amt").or_else(|| at(node, &["AmtDtls", "TxAmt", "Amt"]));
    let is_credit = match text_at(node, &["CdtDbtInd"]).as_deref() {
        Some(indicator) => indicator == "CRDT",
        None => entry.is_sign_positive(),
    };
    let amount = match amount_node {
        Some(amount) if amount.attribute("Ccy").is_none_or(|found| found == currency) => {
            Some(sign(decimal(amount)?, is_credit))
        }
        _ => None,
    };
    let side = if is_credit { ["Dbtr", "DbtrAcct"] } else { ["Cdtr", "CdtrAcct"] };
    let parties = child(node, "RltdPties");
    let name = parties.and_then(|parties| {
        let [party, _] = side;
        text_at(parties, &[party, "Nm"]).or_else(|| text_at(parties, &[party, "Pty", "Nm"]))
    });
    let iban = parties.and_then(|parties| {
        let [_, account] = side;
        text_at(parties, &[account, "Id", "IBAN"])
    });
    let information = child(node, "RmtInf");
    let reference = information.and_then(|information| {
        children(information, "Strd").find_map(|strd| text_at(strd, &["CdtrRefInf", "Ref"]))
    });
    let lines: Vec<_> = information
        .into_iter()
        .flat_map(|information| children(information, "Ustrd"))
        .filter_map(|line| line.text().map(str::trim))
        .filter(|line| !line.is_empty())
        .collect();
    let remittance = if lines.is_empty() { text_at(node, &["AddtlTxInf"]) } else { Some(lines.join(" ")) };
    Ok(Payment { amount, reference, counterparty_name: name, counterparty_iban: iban, remittance })
}

/// The amount of an entry or balance, negative for debits.
pub fn signed_amount(node: Node<'_, '_>) -> Result<Decimal, Problem> {
    let amount = child(node, "Amt").ok_or_else(|| invalid("an entry or balance has no amount"))?;
    let is_credit = match text_at(node, &["CdtDbtInd"]).as_deref() {
        Some("CRDT") => true,
        Some("DBIT") => false,
        _ => return Err(invalid("an entry or balance does not say credit or debit")),
    };
    Ok(sign(decimal(amount)?, is_credit))
}

/// The date below `name`, given as a date or a date with time.
pub fn date_at(node: Node<'_, '_>, name: &str) -> Result<Option<Date>, Problem> {
    let Some(text) = text_at(node, &[name, "Dt"]).or_else(|| text_at(node, &[name, "DtTm"])) else {
        return Ok(None);
    };
    let day = text.get(..10).unwrap_or_default();
    let date = day.parse().map_err(|_| invalid(format!("`{text}` is no date")))?;
    Ok(Some(date))
}

fn currency_of(node: Node<'_, '_>) -> Option<String> {
    child(node, "Amt")?.attribute("Ccy").map(str::to_owned)
}

fn decimal(node: Node<'_, '_>) -> Result<Decimal, Problem> {
    let text = node.text().unwrap_or_default().trim();
    Decimal::from_str_exact(text)
        .ok()
        .filter(|amount| !amount.is_sign_negative())
        .ok_or_else(|| invalid(format!("`{text}` is no amount")))
}

fn sign(amount: Decimal, is_credit: bool) -> Decimal {
    if is_credit { amount } else { -amount }
}

fn invalid(message: impl Into<String>) -> Problem {
    Problem::new("invalid_statement", message)
}
