//! One entry of a statement, and the payments in it.

use jiff::civil::Date;
use roxmltree::Node;
use rust_decimal::Decimal;

use super::{LINE, TEXT, at, child, children, cut, is_true, line_at, text_at, text_of};
use crate::rules::reference;

/// One movement on the account. A collective entry has several payments in its details.
#[derive(Debug, Default)]
pub struct Entry {
    /// `YYYY-MM-DD`.
    pub booked: Option<String>,
    pub valued: Option<String>,
    /// Credits above zero, debits below.
    pub amount: Decimal,
    pub currency: String,
    /// `BOOK`, `PDNG`, `INFO`, …
    pub status: String,
    /// It takes back an earlier one. Its sign is that of the money's way, as everywhere.
    pub reversal: bool,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    pub text: Option<String>,
    pub charges: Option<Decimal>,
    /// Payments in the entry, where the bank says so.
    pub announced: Option<u64>,
    pub details: Vec<Detail>,
}

/// One payment within an entry.
#[derive(Debug, Default)]
pub struct Detail {
    /// With the sign of the payment; `None` where only the entry has an amount.
    pub amount: Option<Decimal>,
    pub currency: Option<String>,
    pub references: Vec<Found>,
    pub text: Option<String>,
    pub debtor: Party,
    pub creditor: Party,
    pub bank_reference: Option<String>,
    pub charges: Option<Decimal>,
}

#[derive(Debug, Default)]
pub struct Party {
    pub name: Option<String>,
    pub iban: Option<String>,
}

/// A reference in a payment.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub text: String,
    /// What it is by its form.
    pub kind: Option<reference::Kind>,
    /// Why it is not right.
    pub wrong: Option<String>,
}

impl Entry {
    /// It has happened: nothing else moves the balance.
    pub fn is_booked(&self) -> bool {
        self.status == "BOOK"
    }

    /// It stands for several payments.
    pub fn is_collective(&self) -> bool {
        self.details.len() > 1 || self.announced.is_some_and(|count| count > 1)
    }

    /// What its payments come to, where every one says it in the entry's currency.
    pub fn paid(&self) -> Option<Decimal> {
        let same =
            |detail: &Detail| detail.currency.as_ref().is_none_or(|currency| *currency == self.currency);
        let amounts = self.details.iter().map(|detail| detail.amount.filter(|_| same(detail)));
        let mut amounts = amounts.peekable();
        amounts.peek()?;
        amounts.try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?))
    }
}

pub fn read(node: Node<'_, '_>) -> Result<Entry, String> {
    let (plain, currency) = amount(node)?.ok_or("`Amt` is missing")?;
    let is_debit = direction(node)?.ok_or("`CdtDbtInd` is missing")?;
    // A code in an element of its own since `.001.08`.
    let status = line_at(node, &["Sts", "Cd"]).or_else(|| line_at(node, &["Sts", "Prtry"]));
    let status = status.or_else(|| line_at(node, &["Sts"])).ok_or("`Sts` is missing")?;
    let mut entry = Entry {
        booked: date(node, "BookgDt")?,
        valued: date(node, "ValDt")?,
        amount: if is_debit { -plain } else { plain },
        currency,
        status,
        reversal: text_at(node, &["RvslInd"]).is_some_and(|text| is_true(&text)),
        bank_reference: line_at(node, &["AcctSvcrRef"]).or_else(|| line_at(node, &["NtryRef"])),
        text: text_at(node, &["AddtlNtryInf"]).map(|text| cut(&text, TEXT)),
        charges: charges(node)?,
        ..Entry::default()
    };
    if entry.is_booked() && entry.booked.is_none() {
        return Err("`BookgDt` is missing".to_owned());
    }
    for details in children(node, "NtryDtls") {
        let count = text_at(details, &["Btch", "NbOfTxs"]).and_then(|count| count.parse::<u64>().ok());
        entry.announced =
            count.map(|count| count.saturating_add(entry.announced.unwrap_or(0))).or(entry.announced);
        for (at, payment) in children(details, "TxDtls").enumerate() {
            let read = detail(payment, is_debit);
            entry.details.push(read.map_err(|what| format!("payment {}: {what}", at + 1))?);
        }
    }
    Ok(entry)
}

fn detail(node: Node<'_, '_>, entry_is_debit: bool) -> Result<Detail, String> {
    // Older versions have the amount in `AmtDtls` only.
    let own = match amount(node)? {
        Some(found) => Some(found),
        None => at(node, &["AmtDtls", "TxAmt"]).map(amount).transpose()?.flatten(),
    };
    let is_debit = direction(node)?.unwrap_or(entry_is_debit);
    let (amount, currency) = own.unzip();
    let remittance = child(node, "RmtInf");
    let structured = || remittance.into_iter().flat_map(|node| children(node, "Strd"));
    let free = remittance.into_iter().flat_map(|node| children(node, "Ustrd"));
    let texts: Vec<String> = free
        .chain(structured().flat_map(|node| children(node, "AddtlRmtInf")))
        .chain(children(node, "AddtlTxInf"))
        .filter_map(text_of)
        .collect();
    let references = structured().filter_map(|node| found(&text_at(node, &["CdtrRefInf", "Ref"])?));
    Ok(Detail {
        amount: amount.map(|amount| if is_debit { -amount } else { amount }),
        currency,
        references: references.collect(),
        text: (!texts.is_empty()).then(|| cut(&texts.join(" "), TEXT)),
        debtor: party(node, "Dbtr", "UltmtDbtr"),
        creditor: party(node, "Cdtr", "UltmtCdtr"),
        bank_reference: line_at(node, &["Refs", "AcctSvcrRef"]),
        charges: charges(node)?,
    })
}

fn found(text: &str) -> Option<Found> {
    // A field that was left empty by filling it up.
    if text.bytes().all(|byte| byte == b'0') {
        return None;
    }
    let text = cut(text, LINE);
    Some(match reference::check(&text) {
        Ok(right) => Found { text: right.electronic, kind: Some(right.kind), wrong: None },
        Err((kind, why)) => Found { text, kind, wrong: Some(why) },
    })
}

/// Name and IBAN; the one in whose stead it was paid only where the other has no name.
fn party(node: Node<'_, '_>, role: &str, ultimate: &str) -> Party {
    let Some(parties) = child(node, "RltdPties") else { return Party::default() };
    // A party has an element of its own since `.001.08`.
    let name =
        |role: &str| line_at(parties, &[role, "Pty", "Nm"]).or_else(|| line_at(parties, &[role, "Nm"]));
    let account = match role {
        "Dbtr" => "DbtrAcct",
        _ => "CdtrAcct",
    };
    Party { name: name(role).or_else(|| name(ultimate)), iban: line_at(parties, &[account, "Id", "IBAN"]) }
}

/// The sum, or else the records added up; what the bank gives back is taken off.
fn charges(node: Node<'_, '_>) -> Result<Option<Decimal>, String> {
    let Some(charges) = child(node, "Chrgs") else { return Ok(None) };
    if let Some(sum) = child(charges, "TtlChrgsAndTaxAmt") {
        return number(sum).map(Some);
    }
    let mut total = None;
    for record in children(charges, "Rcrd") {
        let Some((plain, _)) = amount(record)? else { continue };
        let part = if direction(record)? == Some(false) { -plain } else { plain };
        total = Some(total.unwrap_or(Decimal::ZERO).checked_add(part).ok_or("the charges are too large")?);
    }
    Ok(total)
}

/// `Amt` with its currency, without a sign.
pub fn amount(node: Node<'_, '_>) -> Result<Option<(Decimal, String)>, String> {
    let Some(found) = child(node, "Amt") else { return Ok(None) };
    let currency = found.attribute("Ccy").ok_or("`Amt` has no currency")?;
    Ok(Some((number(found)?, cut(currency, 3))))
}

fn number(node: Node<'_, '_>) -> Result<Decimal, String> {
    let text = text_of(node).unwrap_or_default();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = plain.then(|| Decimal::from_str_exact(&text).ok()).flatten();
    number.ok_or_else(|| format!("`{}` is no amount", cut(&text, 30)))
}

/// The amount with the sign of its element.
pub fn signed(node: Node<'_, '_>, amount: Decimal) -> Result<Decimal, String> {
    let is_debit = direction(node)?.ok_or("`CdtDbtInd` is missing")?;
    Ok(if is_debit { -amount } else { amount })
}

/// True for a debit; `None` where nothing is said.
fn direction(node: Node<'_, '_>) -> Result<Option<bool>, String> {
    match text_at(node, &["CdtDbtInd"]).as_deref() {
        None => Ok(None),
        Some("CRDT") => Ok(Some(false)),
        Some("DBIT") => Ok(Some(true)),
        Some(other) => Err(format!("`CdtDbtInd` is `{}`", cut(other, 30))),
    }
}

/// The day of a date or a time.
pub fn date(node: Node<'_, '_>, name: &str) -> Result<Option<String>, String> {
    let given = text_at(node, &[name, "Dt"]).or_else(|| text_at(node, &[name, "DtTm"]));
    let Some(text) = given.or_else(|| text_at(node, &[name])) else { return Ok(None) };
    let day = text.get(..10).unwrap_or(&text);
    let is_day = day.parse::<Date>().is_ok_and(|date| date.to_string() == day);
    if is_day { Ok(Some(day.to_owned())) } else { Err(format!("`{name}` is no day: `{}`", cut(&text, 30))) }
}
