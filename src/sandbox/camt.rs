//! Bank statements: camt.053 (statements with balances) and camt.054 (details of collective credits) as
//! booked movements. Versions are told by namespace, elements are found by local name, so one reader
//! serves `.04` and `.08`. Pure: bytes in, movements out; document type declarations are refused.

mod entry;

use jiff::civil::Date;
use roxmltree::{Document, Node};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;

/// Why a file is refused: a code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    pub message: String,
}

impl Problem {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct File {
    pub message_id: String,
    /// As the namespace spells it, e.g. `camt.053.001.08`.
    pub format: String,
    pub statements: Vec<Statement>,
}

/// One statement or notification of one account.
#[derive(Debug)]
pub struct Statement {
    pub id: String,
    pub iban: String,
    /// Absent when neither the account nor an entry names a currency.
    pub currency: Option<String>,
    /// Closing balance with its date; camt.054 has none.
    pub closing: Option<(Date, Decimal)>,
    pub movements: Vec<Movement>,
}

/// One booked movement: a single entry, or one payment of a collective entry.
#[derive(Debug, Clone)]
pub struct Movement {
    /// Signed: credits positive.
    pub amount: Decimal,
    pub currency: String,
    pub booking_date: Date,
    pub value_date: Date,
    pub reference: Option<String>,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub remittance: Option<String>,
    pub bank_reference: Option<String>,
    /// Whether the bank takes an earlier booking back.
    pub reversal: bool,
    /// The entry, the same in every file that carries it.
    pub entry_key: String,
    /// Position among the payments of a collective entry, from 1; 0 when the entry was not split.
    pub position: usize,
}

impl Movement {
    /// What recognises the movement in any other file.
    pub fn key(&self) -> String {
        format!("{}|{}", self.entry_key, self.position.max(1))
    }
}

/// Reads a file.
///
/// # Errors
/// `file_too_large`, `invalid_xml`, `unsupported_format`, `invalid_statement`, `balance_mismatch`.
pub fn read(bytes: &[u8]) -> Result<File, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::new("file_too_large", "the file is larger than 20 MB"));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::new("invalid_xml", "the file is not XML in UTF-8"))?
        .trim_start_matches('\u{feff}');
    let document = Document::parse(text)
        .map_err(|error| Problem::new("invalid_xml", format!("the file is not well-formed XML: {error}")))?;
    let root = document.root_element();
    let format = root
        .tag_name()
        .namespace()
        .and_then(|space| space.strip_prefix("urn:iso:std:iso:20022:tech:xsd:"))
        .unwrap_or_default()
        .to_owned();
    let (message, item) = match format.get(..8) {
        Some("camt.053") => ("BkToCstmrStmt", "Stmt"),
        Some("camt.054") => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        _ => {
            return Err(Problem::new(
                "unsupported_format",
                "the file is neither camt.053 nor camt.054 (the namespace says which)",
            ));
        }
    };
    let body = child(root, message)
        .ok_or_else(|| Problem::new("invalid_statement", format!("the file has no `{message}` element")))?;
    let statements =
        children(body, item).map(|node| statement(node, item == "Stmt")).collect::<Result<Vec<_>, _>>()?;
    if statements.is_empty() {
        return Err(Problem::new("invalid_statement", format!("the file has no `{item}` element")));
    }
    let message_id = text_at(body, &["GrpHdr", "MsgId"]).unwrap_or_default();
    Ok(File { message_id, format, statements })
}

fn statement(node: Node<'_, '_>, has_balances: bool) -> Result<Statement, Problem> {
    let id = text_at(node, &["Id"]).unwrap_or_default();
    let iban = text_at(node, &["Acct", "Id", "IBAN"])
        .ok_or_else(|| Problem::new("invalid_statement", format!("statement `{id}` names no IBAN")))?;
    let mut seen = HashMap::new();
    let mut movements = Vec::new();
    let mut sum = Decimal::ZERO;
    for node in children(node, "Ntry") {
        let Some(entry) = entry::read(node)? else { continue };
        sum = entry.amount.checked_add(sum).ok_or_else(|| too_large(&id))?;
        let base = format!("{iban}|{}", entry.identity());
        // Banks may leave references out; then the same amount on the same day is told apart by its order.
        let count = seen.entry(base.clone()).or_insert(0_usize);
        *count += 1;
        let key = if *count == 1 { base } else { format!("{base}|{count}") };
        movements.extend(entry.movements(&key));
    }
    let closing = if has_balances { checked_balance(node, &id, sum)? } else { None };
    let currency = text_at(node, &["Acct", "Ccy"]).or_else(|| movements.first().map(|m| m.currency.clone()));
    Ok(Statement { id, iban, currency, closing, movements })
}

/// Opening balance plus booked entries has to be the closing balance; a statement without either is taken as it is.
fn checked_balance(node: Node<'_, '_>, id: &str, sum: Decimal) -> Result<Option<(Date, Decimal)>, Problem> {
    let opening = match balance(node, "OPBD")? {
        Some(found) => Some(found),
        None => balance(node, "PRCD")?,
    };
    let closing = balance(node, "CLBD")?;
    if let (Some((_, opening)), Some((_, closing))) = (opening, closing) {
        let reached = opening.checked_add(sum).ok_or_else(|| too_large(id))?;
        if reached != closing {
            return Err(Problem::new(
                "balance_mismatch",
                format!(
                    "statement `{id}`: opening balance {opening} and booked entries {sum} make {reached}, \
                     but the closing balance is {closing}"
                ),
            ));
        }
    }
    Ok(closing)
}

fn too_large(id: &str) -> Problem {
    Problem::new("invalid_statement", format!("statement `{id}`: the amounts are too large to add"))
}

fn balance(node: Node<'_, '_>, code: &str) -> Result<Option<(Date, Decimal)>, Problem> {
    let Some(found) = children(node, "Bal")
        .find(|bal| text_at(*bal, &["Tp", "CdOrPrtry", "Cd"]).is_some_and(|found| found == code))
    else {
        return Ok(None);
    };
    let amount = entry::signed_amount(found)?;
    let date = entry::date_at(found, "Dt")?
        .ok_or_else(|| Problem::new("invalid_statement", format!("balance `{code}` has no date")))?;
    Ok(Some((date, amount)))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|node| node.is_element() && node.tag_name().name() == name)
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

fn at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

/// The trimmed text below a path; `None` when there is none.
fn text_at(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    let text = at(node, path)?.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
