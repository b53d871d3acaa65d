//! Bank statements (camt.053) and notifications (camt.054) of ISO 20022, as they stand in the file: accounts,
//! balances, entries and the payments in them. The namespace says which version it is; elements are found by
//! their local name, so that one reader serves `.001.04` and `.001.08`.

mod entry;
mod tags;

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};
use rust_decimal::Decimal;

use crate::failure::{Exit, Explain};
pub use entry::{Detail, Entry, Found, Party};

/// The largest file, in bytes: 20 MB.
pub const LARGEST: usize = 20_000_000;
/// Elements and texts in one file: a full 20 MB of real statements has about half of them, and each takes memory.
const MOST_NODES: u32 = 2_000_000;
/// Characters that are kept of a name or an id, and of a free text.
const LINE: usize = 140;
const TEXT: usize = 500;

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CamtError {
    #[error("the statement is larger than 20 MB, or has more elements or attributes than any bank writes")]
    TooLarge,
    #[error(
        "the statement holds a document type declaration, which no bank writes and which may hide an attack"
    )]
    Dtd,
    #[error("the statement is no well-formed XML: {0}")]
    NotXml(String),
    #[error("the file is no camt.053 and no camt.054, but `{0}`")]
    NotCamt(String),
    #[error("the file holds no statement: the element `{0}` is missing")]
    Missing(&'static str),
    #[error("the statement `{statement}` cannot be read: {what}")]
    Broken { statement: String, what: String },
}

impl Explain for CamtError {
    fn code(&self) -> &'static str {
        "bad_statement"
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooLarge => "ask the bank for shorter periods, one file each".to_owned(),
            Self::Dtd => "download the statement again from the bank itself".to_owned(),
            _ => "give a camt.053 or camt.054 file as the bank's e-banking offers it, in UTF-8".to_owned(),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Statements with balances: camt.053.
    Statement,
    /// Details of collective entries, without balances: camt.054.
    Notification,
}

/// A file as it was read.
#[derive(Debug)]
pub struct File {
    pub kind: Kind,
    /// As the namespace spells it: `camt.053.001.08`.
    pub format: String,
    pub message_id: Option<String>,
    /// Other files belong to the same message and come after this one.
    pub more_pages: bool,
    pub statements: Vec<Statement>,
}

/// One statement or notification of one account.
#[derive(Debug)]
pub struct Statement {
    pub id: String,
    /// The bank's running number.
    pub sequence: Option<String>,
    pub iban: Option<String>,
    pub currency: Option<String>,
    /// The bank calls it a copy or a duplicate.
    pub is_copy: bool,
    pub opening: Option<Balance>,
    pub closing: Option<Balance>,
    pub entries: Vec<Entry>,
}

/// What stood on the account; below zero where it was overdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub amount: Decimal,
    pub currency: String,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// Sums of booked entries in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub entries: u64,
    pub credits: Decimal,
    /// Below zero.
    pub debits: Decimal,
}

impl File {
    /// Booked entries of all statements by currency; `None` where they are too large to be added.
    pub fn sums(&self) -> Option<BTreeMap<&str, Sums>> {
        let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
        for entry in
            self.statements.iter().flat_map(|statement| &statement.entries).filter(|entry| entry.is_booked())
        {
            let sum = sums.entry(&entry.currency).or_default();
            sum.entries += 1;
            let side = if entry.amount.is_sign_negative() { &mut sum.debits } else { &mut sum.credits };
            *side = side.checked_add(entry.amount)?;
        }
        Some(sums)
    }
}

impl Statement {
    /// The opening balance and all booked entries; `None` where that cannot be said.
    pub fn reached(&self) -> Option<Decimal> {
        let opening = self.opening.as_ref()?;
        let mut booked = self.entries.iter().filter(|entry| entry.is_booked());
        booked.try_fold(opening.amount, |sum, entry| {
            (entry.currency == opening.currency).then(|| sum.checked_add(entry.amount)).flatten()
        })
    }

    /// Whether opening balance and booked entries make the closing balance; `None` where that cannot be said.
    pub fn adds_up(&self) -> Option<bool> {
        let closing = self.closing.as_ref()?;
        let comparable = self.opening.as_ref()?.currency == closing.currency;
        if comparable { Some(self.reached()? == closing.amount) } else { None }
    }
}

/// Reads a file.
pub fn read(xml: &str) -> Result<File, CamtError> {
    if xml.len() > LARGEST || !tags::are_modest(xml) {
        return Err(CamtError::TooLarge);
    }
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml.trim_start_matches('\u{feff}').trim_start(), options)
        .map_err(not_xml)?;
    let root = document.root_element();
    let space = root.tag_name().namespace().unwrap_or_default();
    let format = space.rsplit(':').next().unwrap_or_default();
    let (kind, message, item) = match format.get(..13) {
        Some("camt.053.001.") => (Kind::Statement, "BkToCstmrStmt", "Stmt"),
        Some("camt.054.001.") => (Kind::Notification, "BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        _ => {
            let found = if space.is_empty() { root.tag_name().name() } else { space };
            return Err(CamtError::NotCamt(cut(found, LINE)));
        }
    };
    let body = child(root, message).ok_or(CamtError::Missing(message))?;
    let statements = children(body, item).map(statement).collect::<Result<Vec<_>, _>>()?;
    if statements.is_empty() {
        return Err(CamtError::Missing(item));
    }
    Ok(File {
        kind,
        format: cut(format, LINE),
        message_id: line_at(body, &["GrpHdr", "MsgId"]),
        more_pages: text_at(body, &["GrpHdr", "MsgPgntn", "LastPgInd"]).is_some_and(|last| !is_true(&last)),
        statements,
    })
}

fn not_xml(error: roxmltree::Error) -> CamtError {
    match error {
        roxmltree::Error::DtdDetected => CamtError::Dtd,
        roxmltree::Error::NodesLimitReached => CamtError::TooLarge,
        // It may quote names out of the file, of any length.
        other => CamtError::NotXml(cut(&other.to_string(), LINE)),
    }
}

fn statement(node: Node<'_, '_>) -> Result<Statement, CamtError> {
    let id = line_at(node, &["Id"]).unwrap_or_default();
    let broken = |what: String| CamtError::Broken { statement: id.clone(), what };
    let mut entries = Vec::new();
    for (at, entry) in children(node, "Ntry").enumerate() {
        entries.push(entry::read(entry).map_err(|what| broken(format!("entry {}: {what}", at + 1)))?);
    }
    let balance_of = |codes| balance(node, codes).map_err(|what| broken(format!("balance: {what}")));
    Ok(Statement {
        // A statement that follows its forerunner may begin with that one's closing balance.
        opening: balance_of(&["OPBD", "PRCD"])?,
        closing: balance_of(&["CLBD"])?,
        sequence: line_at(node, &["ElctrncSeqNb"]),
        iban: line_at(node, &["Acct", "Id", "IBAN"]),
        currency: line_at(node, &["Acct", "Ccy"]),
        is_copy: child(node, "CpyDplctInd").is_some(),
        entries,
        id,
    })
}

/// The balance of the first of these codes that there is.
fn balance(node: Node<'_, '_>, codes: &[&str]) -> Result<Option<Balance>, String> {
    let code = |node| text_at(node, &["Tp", "CdOrPrtry", "Cd"]);
    let of = |wanted: &&str| children(node, "Bal").find(|bal| code(*bal).as_deref() == Some(wanted));
    let Some(found) = codes.iter().find_map(of) else { return Ok(None) };
    let (amount, currency) = entry::amount(found)?.ok_or("`Amt` is missing")?;
    let amount = entry::signed(found, amount)?;
    Ok(Some(Balance { amount, currency, date: entry::date(found, "Dt")? }))
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

/// The whole text of an element, trimmed, comments between its parts left out; `None` where it is empty.
fn text_of(node: Node<'_, '_>) -> Option<String> {
    let text: String =
        node.children().filter_map(|part| part.is_text().then(|| part.text()).flatten()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn text_at(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    text_of(at(node, path)?)
}

/// The same for a name or an id.
fn line_at(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    text_at(node, path).map(|text| cut(&text, LINE))
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
