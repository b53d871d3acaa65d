//! Finds tools by words: their names, descriptions, topics and arguments, and what people call these things.

use crate::catalogue::{Endpoint, Kind, Param};

/// What people and models say, and the words that the tools use for it. Word stems: `rechnung` stands for
/// `Rechnungen` too.
const SYNONYMS: &[(&[&str], &[&str])] = &[
    (&["bill", "rechnung", "facture", "fattura"], &["invoice"]),
    (&["quote", "estimate", "proposal", "offerte", "angebot", "devis"], &["offer"]),
    (&["customer", "debtor", "kunde", "buyer"], &["client"]),
    (&["supplier", "creditor", "lieferant"], &["vendor"]),
    (&["cost", "receipt", "purchase", "spending", "spent", "spesen", "ausgabe", "beleg"], &["expense"]),
    (&["product", "service", "article", "artikel"], &["catalog", "item"]),
    (&["subscription", "retainer", "repeat", "series", "abo"], &["recurring"]),
    (&["tax", "mwst", "mehrwertsteuer", "tva", "iva", "ust"], &["vat"]),
    (&["turnover", "sale", "earning", "income", "umsatz"], &["revenue"]),
    (&["profit", "loss", "pnl", "erfolgsrechnung", "gewinn", "margin"], &["profit", "loss"]),
    (&["bilanz", "asset", "liability", "equity"], &["balance", "sheet"]),
    (
        &[
            "owe",
            "late",
            "remind",
            "reminder",
            "dunning",
            "chase",
            "mahnung",
            "mahnen",
            "outstanding",
            "open",
        ],
        &["overdue", "unpaid"],
    ),
    (&["aging", "statistic", "kpi", "summary", "dso"], &["stats"]),
    (&["mark", "settle"], &["reconcile"]),
    (&["payment", "paid", "zahlung"], &["reconcile", "transaction", "status"]),
    (&["match", "abgleich"], &["reconcile"]),
    (&["statement", "camt", "kontoauszug"], &["import", "transaction", "camt"]),
    (&["ledger", "booking", "posting", "buchung"], &["journal", "entry"]),
    (&["konto", "kontenplan", "chart"], &["account"]),
    (&["year", "abschluss"], &["fiscal"]),
    (&["company", "firma", "business"], &["profile", "company"]),
    (&["history", "audit", "log", "did"], &["recent", "change"]),
    (&["copy", "clone", "again"], &["duplicate", "previous"]),
    (&["turn"], &["convert"]),
    (&["age", "ageing"], &["aging"]),
    (&["csv", "download", "excel"], &["export"]),
    (&["qrr", "esr", "scor"], &["reference"]),
    (&["add", "new", "make", "write", "record", "register"], &["create"]),
    (&["edit", "modify", "rename", "correct", "pause", "resume"], &["update"]),
    (&["remove", "erase"], &["delete"]),
    (&["show", "see", "view", "read", "open", "lookup"], &["get"]),
    (&["find", "search", "all", "browse"], &["list"]),
    (&["verify", "check", "correct"], &["validate", "check", "verify"]),
    (&["sum", "total", "add"], &["totals", "compute"]),
];

/// Words that say nothing of a tool.
const EMPTY: &[&str] = &[
    "a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from", "get", "has", "have",
    "how", "i", "in", "into", "is", "it", "last", "me", "my", "of", "on", "our", "please", "that", "the",
    "their", "this", "to", "tool", "us", "want", "we", "what", "which", "who", "with", "you",
];

/// The rows that fit the words, best first; rows that fit far less than the best are left out.
pub(super) fn best(rows: &[&'static Endpoint], query: &str) -> Vec<&'static Endpoint> {
    let texts: Vec<Text> = rows.iter().map(|row| Text::of(row)).collect();
    ranked(&texts, query).into_iter().filter_map(|at| rows.get(at).copied()).collect()
}

/// The same for texts of any tools: where the ones that fit stand, best first.
pub fn ranked(texts: &[Text], query: &str) -> Vec<usize> {
    let asked: Vec<String> = words(query).collect();
    let said: Vec<&String> = asked.iter().filter(|word| !EMPTY.contains(&word.as_str())).collect();
    // A query of empty words only may still be the name of a tool.
    let said = if said.is_empty() { asked.iter().collect() } else { said };
    let mut scores = vec![0; texts.len()];
    for word in said {
        let fits: Vec<u32> = texts.iter().map(|text| text.fits(word)).collect();
        let hits = fits.iter().filter(|fit| **fit > 0).count().max(1);
        // What fits few tools says more than what fits many.
        let rarity = 1 + (texts.len() / hits).checked_ilog2().unwrap_or(0);
        for (score, fit) in scores.iter_mut().zip(fits) {
            *score += fit * rarity;
        }
    }
    let exact = query.trim().to_lowercase();
    for (score, text) in scores.iter_mut().zip(texts) {
        if text.tool == exact {
            *score += 10_000;
        }
    }
    let top = scores.iter().copied().max().unwrap_or(0);
    let mut found: Vec<_> = scores
        .into_iter()
        .enumerate()
        .filter(|(_, score)| *score > 0 && *score * 4 >= top.min(400))
        .collect();
    // Stable: equals stay in the order in which tools are listed.
    found.sort_by_key(|(_, score)| std::cmp::Reverse(*score));
    found.into_iter().map(|(at, _)| at).collect()
}

/// The words of a tool, by how much they say.
pub struct Text {
    tool: String,
    name: Vec<String>,
    about: Vec<String>,
    arguments: Vec<String>,
}

impl Text {
    fn of(row: &Endpoint) -> Self {
        let mut arguments = Vec::new();
        gather(row.arguments(), &mut arguments);
        Self {
            tool: row.tool.to_owned(),
            name: words(row.tool).collect(),
            about: words(row.about).chain(words(row.toolset.name())).collect(),
            arguments,
        }
    }

    /// Of a tool that is no row of ours: its name, what is said of it, its topic and its arguments.
    pub fn new<'a>(tool: &str, about: &str, topic: &str, arguments: impl Iterator<Item = &'a str>) -> Self {
        Self {
            tool: tool.to_lowercase(),
            name: words(tool).collect(),
            about: words(about).chain(words(topic)).collect(),
            arguments: arguments.flat_map(words).collect(),
        }
    }

    /// 0 where the word and its synonyms fit nowhere.
    fn fits(&self, word: &str) -> u32 {
        let own = self.fits_itself(word) * 2;
        let other = SYNONYMS
            .iter()
            .filter(|(said, _)| said.iter().any(|stem| alike(word, stem) > 0))
            .flat_map(|(_, ours)| ours.iter())
            .map(|ours| self.fits_itself(ours))
            .max();
        own.max(other.unwrap_or(0))
    }

    fn fits_itself(&self, word: &str) -> u32 {
        let best = |words: &[String]| words.iter().map(|own| alike(word, own)).max().unwrap_or(0);
        (best(&self.name) * 6).max(best(&self.about) * 3).max(best(&self.arguments) * 2)
    }
}

/// Names of arguments, whole and in parts, nested ones too.
fn gather<'a>(params: impl Iterator<Item = &'a Param>, into: &mut Vec<String>) {
    for param in params {
        into.extend(words(param.name));
        if let Kind::Object(fields) | Kind::Objects(fields) = param.kind {
            gather(fields.iter(), into);
        }
        if let Kind::Choice(values) = param.kind {
            into.extend(values.iter().flat_map(|value| words(value)));
        }
    }
}

/// 2 for the same word, 1 where one begins with the other.
fn alike(left: &str, right: &str) -> u32 {
    let prefix = |long: &str, short: &str| short.len() >= 4 && long.starts_with(short);
    if left == right { 2 } else { u32::from(prefix(left, right) || prefix(right, left)) }
}

/// In small letters and the singular.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        let word = word.to_lowercase();
        if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
            return format!("{stem}y");
        }
        match word.strip_suffix('s') {
            Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem.to_owned(),
            _ => word,
        }
    })
}
