//! Words for resources, as the public documents of real billing APIs have them (Stripe, Xero, bexio, `QuickBooks`,
//! `FreshBooks`, lexoffice, Zoho, `sevDesk`, Harvest, Odoo, `FreeAgent`). Written for the tests alone: the program's own lists
//! are not looked at, so that the two can disagree.

use std::collections::BTreeMap;

use super::dice::Dice;

/// One of it and many of it, in snake case.
pub type Noun = (&'static str, &'static str);

/// Our resource with what others call it; the first is ours.
const RESOURCES: &[(&str, &[Noun])] = &[
    ("client", &[("client", "clients"), ("customer", "customers"), ("contact", "contacts")]),
    ("vendor", &[("vendor", "vendors"), ("supplier", "suppliers"), ("creditor", "creditors")]),
    (
        "invoice",
        &[
            ("invoice", "invoices"),
            ("sales_invoice", "sales_invoices"),
            ("customer_invoice", "customer_invoices"),
        ],
    ),
    (
        "offer",
        &[("offer", "offers"), ("quote", "quotes"), ("estimate", "estimates"), ("quotation", "quotations")],
    ),
    (
        "recurring_invoice",
        &[
            ("recurring_invoice", "recurring_invoices"),
            ("repeating_invoice", "repeating_invoices"),
            ("recurring_profile", "recurring_profiles"),
            ("invoice_schedule", "invoice_schedules"),
        ],
    ),
    ("expense", &[("expense", "expenses"), ("purchase", "purchases"), ("expenditure", "expenditures")]),
    (
        "revenue",
        &[
            ("revenue", "revenue"),
            ("income", "incomes"),
            ("revenue_entry", "revenues"),
            ("turnover", "turnover"),
        ],
    ),
    (
        "catalog_item",
        &[
            ("catalog_item", "catalog"),
            ("product", "products"),
            ("item", "items"),
            ("article", "articles"),
            ("catalog_item", "catalog_items"),
        ],
    ),
    (
        "journal_entry",
        &[
            ("journal_entry", "journal_entries"),
            ("manual_journal", "manual_journals"),
            ("manual_entry", "manual_entries"),
            ("ledger_entry", "ledger_entries"),
            ("journal", "journals"),
        ],
    ),
    (
        "account",
        &[
            ("account", "accounts"),
            ("ledger_account", "ledger_accounts"),
            ("account", "chart_of_accounts"),
            ("gl_account", "gl_accounts"),
        ],
    ),
    (
        "fiscal_year",
        &[
            ("fiscal_year", "fiscal_years"),
            ("financial_year", "financial_years"),
            ("business_year", "business_years"),
            ("accounting_period", "accounting_periods"),
        ],
    ),
    ("bank_account", &[("bank_account", "bank_accounts"), ("banking_account", "banking_accounts")]),
    (
        "bank_transaction",
        &[
            ("bank_transaction", "bank_transactions"),
            ("transaction", "transactions"),
            ("bank_movement", "bank_movements"),
            ("statement_line", "statement_lines"),
        ],
    ),
    ("report", &[("report", "reports")]),
    (
        "profile",
        &[
            ("profile", "profiles"),
            ("organization", "organizations"),
            ("business", "businesses"),
            ("company_profile", "company_profiles"),
        ],
    ),
    (
        "company",
        &[
            ("company", "company"),
            ("company_info", "company_info"),
            ("company_information", "company_information"),
        ],
    ),
    // Not resources of their own: last segments of paths.
    (
        "profit_loss",
        &[
            ("profit_loss", "profit_loss"),
            ("profit_and_loss", "profit_and_loss"),
            ("income_statement", "income_statement"),
            ("pnl", "pnl"),
        ],
    ),
    (
        "balance_sheet",
        &[
            ("balance_sheet", "balance_sheet"),
            ("balance", "balance"),
            ("statement_of_financial_position", "financial_position"),
        ],
    ),
    (
        "vat",
        &[("vat", "vat"), ("vat_return", "vat_return"), ("tax_report", "tax"), ("vat_report", "vat_report")],
    ),
    (
        "camt_import",
        &[
            ("camt_import", "camt_imports"),
            ("statement_import", "statement_imports"),
            ("import", "imports"),
            ("statement", "statements"),
        ],
    ),
    (
        "reconcile",
        &[
            ("reconcile", "reconcile"),
            ("match", "match"),
            ("reconciliation", "reconciliation"),
            ("allocate", "allocate"),
        ],
    ),
];

/// Fields that name a resource, with what follows its word.
const NAMING: &[(&str, &str, &str)] = &[
    ("client", "client", ""),
    ("client_id", "client", "_id"),
    ("client_name", "client", "_name"),
    ("vendor_id", "vendor", "_id"),
    ("invoice_id", "invoice", "_id"),
    ("invoice_count", "invoice", "_count"),
    ("offer_id", "offer", "_id"),
    ("offer_prefix", "offer", "_prefix"),
    ("recurring_invoice_id", "recurring_invoice", "_id"),
    ("expense_id", "expense", "_id"),
    ("expense_count", "expense", "_count"),
    ("catalog_item_id", "catalog_item", "_id"),
    ("journal_entry_id", "journal_entry", "_id"),
    ("fiscal_year_id", "fiscal_year", "_id"),
    ("bank_account_id", "bank_account", "_id"),
    ("bank_transaction_id", "bank_transaction", "_id"),
    ("profile_id", "profile", "_id"),
];

/// Words under which vendors group resources.
const GROUPS: &[(&str, &str)] = &[
    ("invoice", "sales"),
    ("offer", "sales"),
    ("recurring_invoice", "sales"),
    ("client", "contacts"),
    ("vendor", "purchasing"),
    ("expense", "purchasing"),
    ("journal_entry", "accounting"),
    ("account", "accounting"),
    ("fiscal_year", "accounting"),
    ("revenue", "accounting"),
    ("bank_account", "banking"),
    ("bank_transaction", "banking"),
    ("catalog_item", "inventory"),
];

/// What a variant calls the resources.
#[derive(Clone, Debug)]
pub struct Resources(BTreeMap<&'static str, Noun>);

impl Resources {
    /// Ours, or where `synonyms` is said a choice for each.
    pub fn chosen(seed: u64, synonyms: bool) -> Self {
        let chosen = RESOURCES.iter().map(|(ours, nouns)| {
            let mut dice = Dice::of(seed, &format!("resource {ours}"));
            let noun = if synonyms { dice.pick(nouns) } else { nouns[0] };
            (*ours, noun)
        });
        Self(chosen.collect())
    }

    pub fn has(&self, ours: &str) -> bool {
        self.0.contains_key(ours)
    }

    pub fn one(&self, ours: &str) -> &'static str {
        self.0.get(ours).unwrap_or_else(|| panic!("no resource `{ours}`")).0
    }

    pub fn many(&self, ours: &str) -> &'static str {
        self.0.get(ours).unwrap_or_else(|| panic!("no resource `{ours}`")).1
    }

    /// A field that names a resource of ours (`client_id`, `invoice_count`), in their words.
    pub fn in_field(&self, field: &str) -> Option<String> {
        let (_, resource, ending) = NAMING.iter().find(|(name, ..)| *name == field)?;
        Some(format!("{}{ending}", self.one(resource)))
    }
}

/// The group of a resource.
pub fn group(ours: &str) -> Option<&'static str> {
    GROUPS.iter().find_map(|(name, group)| (*name == ours).then_some(*group))
}

/// Which resource a segment of our paths is about.
pub fn of_segment(segment: &str) -> &'static str {
    let snake = segment.replace('-', "_");
    if snake == "catalog" {
        return "catalog_item";
    }
    RESOURCES
        .iter()
        .find(|(ours, nouns)| *ours == snake || nouns[0].1 == snake)
        .unwrap_or_else(|| panic!("no resource for `{segment}`"))
        .0
}
