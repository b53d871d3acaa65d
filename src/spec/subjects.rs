//! What the tools are about, and what others call it: the names of resources in the references of other invoicing
//! products and in German and French, in the words that [`super::words`] makes of names.

use std::collections::HashMap;

use super::words::{canonical, is_noise, key, names, split};

/// A resource, or one thing that is done or read besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Ours, singular: also what is left of a tool's name without its verb.
    pub name: &'static str,
    /// Names that mean nothing else.
    pub sure: &'static str,
    /// Names that mean something else elsewhere: they need the record's fields beside them.
    pub maybe: &'static str,
}

const fn subject(name: &'static str, sure: &'static str, maybe: &'static str) -> Subject {
    Subject { name, sure, maybe }
}

pub const SUBJECTS: &[Subject] = &[
    subject(
        "invoice",
        "invoice, sales invoice, sale invoice, client invoice, outgoing invoice, accounts \
         receivable invoice",
        "bill, sales bill, receivable, document invoice, invoice document",
    ),
    subject("offer", "offer, sales offer, client offer, price offer", "document offer, offer document"),
    subject(
        "recurring invoice",
        "recurring invoice, invoice subscription, recurring sales invoice, subscription invoice, \
         invoice schedule, invoice recurring profile, recurring invoice profile",
        "subscription, recurring, invoice plan, recurring bill, abo, abos, recurring profile, \
         invoice template recurring",
    ),
    subject("client", "client, client contact", "contact, business partner, kontakt, kontakte, partner"),
    subject("vendor", "vendor, vendor contact", "payee"),
    subject(
        "expense",
        "expense, business expense, expense entry, expense claim",
        "purchase, cost, receipt, kosten, beleg, belege, spending",
    ),
    subject("revenue", "revenue, revenue entry, revenue record", "sales, earning"),
    subject(
        "catalog item",
        "catalog item, catalog, catalogue, catalogue item, product, product catalog, catalog \
         product, product service, catalog entry, product item",
        "item, service, dienstleistung, leistung, leistungen, material, price list item",
    ),
    subject(
        "journal entry",
        "journal entry, journal, manual journal, ledger entry, general ledger entry, accounting \
         entry, manual entry, manual journal entry, bookkeeping entry, journal posting, gl entry",
        "booking, posting, entry, voucher, accounting voucher",
    ),
    subject(
        "account",
        "chart account, chart of account, ledger account, general ledger account, gl account, \
         accounting account, bookkeeping account, nominal account",
        "account",
    ),
    subject(
        "fiscal year",
        "fiscal year, accounting year, business year, bookkeeping year",
        "accounting period, fiscal period, period",
    ),
    subject("bank account", "bank account, company bank account", "payment account, iban"),
    subject(
        "bank transaction",
        "bank transaction, bank account transaction, bank statement line, statement line, bank \
         line, bank payment, bank entry, bank movement",
        "transaction, payment, account transaction, bank feed",
    ),
    subject(
        "transaction reconcile",
        "bank transaction reconcile, transaction reconcile, bank account transaction reconcile, \
         statement line reconcile, bank statement line reconcile, bank line reconcile, bank payment \
         reconcile, bank reconcile transaction, bank entry reconcile, bank movement reconcile",
        "payment reconcile, bank reconcile, reconcile",
    ),
    subject(
        "bank transaction import",
        "bank account camt import, bank account camt, bank account import, bank account statement \
         import, bank account statement, bank account transaction import, bank account bank \
         statement, bank account camt statement, bank account camt file, bank transaction import, \
         bank statement import, bank account camt statement import, camt import, camt statement \
         import, bank account bank statement import, camt statement, statement import",
        "account statement, account import, account camt",
    ),
    subject("report", "report, accounting report, fiscal report", "analytic, analysis"),
    subject(
        "profit loss",
        "profit loss, profit and loss, revenue statement, profit loss statement, profit and loss \
         statement, statement profit loss",
        "",
    ),
    subject("balance sheet", "balance sheet, statement fiscal position, balance report", ""),
    subject("vat report", "tax report, tax return, tax statement, tax declaration, tax summary", "tax"),
    subject(
        "profile",
        "profile, company profile, business profile, organization profile",
        "company, organization, workspace, business, tenant, mandant, mandanten, legal entity",
    ),
    subject(
        "company info",
        "company info, company information, company detail, company data, company setting, \
         organization info",
        "company, organization, business, company profile, business info, workspace, organization \
         profile, business profile",
    ),
];

/// Around a resource in a path or a tag; they say nothing of their own.
const AROUND: &str = "accounting, bookkeeping, billing, invoicing, finance, fiscal, crm, bank, buchhaltung, \
     business, erp, core, commerce, report, reporting, master, data, sales, purchasing, ledger, \
     contact, stammdaten, settings, setting, management, analytic";

/// Beside an otherwise sure name these make another thing of it: what they stand at is never one of ours.
const OTHER: &str = "admin, archive, archived, deleted, trash, trashed, template, reminder, attachment, history, \
     event, log, audit, statistic, stat, summary, export, batch, bulk, legacy, internal, webhook, \
     credit, preview, permission, user, role, team, portal, old, test, draft, token, oauth, count, \
     tag, group, file, pdf, link, share, beta, demo, sample, purchase, vendor, incoming";

/// The same beside any name, as far as the operation's own name goes.
const STATES: &str = "archive, archived, deleted, trash, trashed, draft, template, export, batch, bulk, preview, \
     count, pdf, summary, statistic, stat, admin";

/// A subject that a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Place in [`SUBJECTS`].
    pub subject: usize,
    pub sure: bool,
}

/// All names with what they mean.
pub struct Names {
    by_key: HashMap<String, Vec<Meaning>>,
}

impl Names {
    pub fn new() -> Self {
        let mut by_key: HashMap<String, Vec<Meaning>> = HashMap::new();
        for (subject, row) in SUBJECTS.iter().enumerate() {
            let sure = names(row.sure).map(|name| (name, true));
            for (name, sure) in sure.chain(names(row.maybe).map(|name| (name, false))) {
                let mut words = canonical(name);
                words.retain(|word| !is_noise(word));
                let meanings = by_key.entry(key(&words)).or_default();
                if meanings.iter().all(|known| known.subject != subject) {
                    meanings.push(Meaning { subject, sure });
                }
            }
        }
        Self { by_key }
    }

    /// What the words mean; without the words around a resource where they mean nothing with them.
    pub fn meant(&self, words: &[String]) -> &[Meaning] {
        if let Some(found) = self.by_key.get(&key(words)) {
            return found;
        }
        let inner: Vec<&String> =
            words.iter().filter(|word| names(AROUND).all(|around| around != *word)).collect();
        if inner.is_empty() || inner.len() == words.len() {
            return &[];
        }
        self.by_key.get(&key(&inner)).map_or(&[], Vec::as_slice)
    }
}

/// Words that make another thing of what they stand beside.
pub fn is_other(words: &[String]) -> bool {
    words.iter().any(|word| names(OTHER).any(|other| other == word))
}

/// Words for a part of the records, or for something made of them.
pub fn is_a_part(words: &[String]) -> bool {
    words.iter().any(|word| names(STATES).any(|state| state == word))
}

/// The subject of a tool of ours, by its name.
pub fn of_tool(tool: &str) -> Option<usize> {
    let name = match tool {
        "import_bank_transactions" => "bank transaction import",
        "reconcile_transaction" => "transaction reconcile",
        "get_profit_and_loss" => "profit loss",
        "get_report" => "report",
        _ => "",
    };
    if !name.is_empty() {
        return SUBJECTS.iter().position(|subject| subject.name == name);
    }
    let words = split(tool);
    let (_, rest) = words.split_first()?;
    let wanted = key(&canonical(&rest.join(" ")));
    SUBJECTS.iter().position(|subject| key(&canonical(subject.name)) == wanted)
}

#[cfg(test)]
mod tests {
    use super::{Names, SUBJECTS, of_tool};
    use crate::spec::words::canonical;

    fn meant(name: &str) -> Vec<(&'static str, bool)> {
        let names = Names::new();
        names.meant(&canonical(name)).iter().map(|one| (SUBJECTS[one.subject].name, one.sure)).collect()
    }

    #[test]
    fn every_tool_has_a_subject() {
        for endpoint in crate::catalogue::all() {
            assert!(of_tool(endpoint.tool).is_some(), "{}", endpoint.tool);
        }
    }

    #[test]
    fn names_mean_what_they_mean_elsewhere() {
        assert_eq!(meant("Kunden"), [("client", true)]);
        assert_eq!(meant("accounting/journal-entries"), [("journal entry", true)]);
        assert_eq!(meant("banking accounts"), [("bank account", true)]);
        assert_eq!(meant("reports income-statement"), [("profit loss", true)]);
        assert_eq!(meant("bills"), [("invoice", false)]);
        assert_eq!(meant("credit-notes"), []);
        assert_eq!(meant("invoice payments"), []);
    }
}
