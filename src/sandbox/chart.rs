//! The chart of accounts: the Swiss SME chart as far as the embedded API books to it, one row per account,
//! and which side of the books a number belongs to.

mod accounts;

pub use accounts::HANDLERS;

/// The side of the books an account is on; spelled as the API spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Asset,
    Liability,
    Equity,
    Revenue,
    Expense,
    Closing,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Revenue => "revenue",
            Self::Expense => "expense",
            Self::Closing => "closing",
        }
    }

    /// Whether the account starts every fiscal year at zero.
    pub const fn is_result(self) -> bool {
        matches!(self, Self::Revenue | Self::Expense)
    }

    /// Whether a balance is shown positive when debits outweigh credits.
    pub const fn is_debit(self) -> bool {
        matches!(self, Self::Asset | Self::Expense | Self::Closing)
    }
}

/// One account: number, name and side.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub number: &'static str,
    pub name: &'static str,
    pub kind: Kind,
}

pub const BANK: &str = "1020";
pub const RECEIVABLES: &str = "1100";
pub const INPUT_TAX_MATERIAL: &str = "1170";
pub const INPUT_TAX_OTHER: &str = "1171";
pub const PAYABLES: &str = "2000";
pub const VAT_OWED: &str = "2200";
pub const VAT_SETTLEMENT: &str = "2201";
pub const CARRIED_FORWARD: &str = "2970";
pub const RESULT: &str = "2979";
pub const SERVICES: &str = "3400";
pub const ROUNDING: &str = "3890";
pub const OTHER_EXPENSE: &str = "6700";

const fn row(number: &'static str, name: &'static str, kind: Kind) -> Account {
    Account { number, name, kind }
}

/// Every account, by number.
pub const ACCOUNTS: &[Account] = &[
    row("1000", "Cash", Kind::Asset),
    row(BANK, "Bank", Kind::Asset),
    row("1021", "Bank, second account", Kind::Asset),
    row("1025", "Bank, foreign currency", Kind::Asset),
    row(RECEIVABLES, "Trade receivables", Kind::Asset),
    row("1109", "Allowance for doubtful receivables", Kind::Asset),
    row(INPUT_TAX_MATERIAL, "Input VAT on material and services", Kind::Asset),
    row(INPUT_TAX_OTHER, "Input VAT on investments and other operating expenses", Kind::Asset),
    row("1176", "Withholding tax", Kind::Asset),
    row("1200", "Goods in stock", Kind::Asset),
    row("1300", "Prepaid expenses and accrued income", Kind::Asset),
    row("1510", "Furniture and fixtures", Kind::Asset),
    row("1519", "Accumulated depreciation on furniture", Kind::Asset),
    row("1520", "Office machines and IT", Kind::Asset),
    row("1529", "Accumulated depreciation on office machines and IT", Kind::Asset),
    row("1530", "Vehicles", Kind::Asset),
    row("1539", "Accumulated depreciation on vehicles", Kind::Asset),
    row(PAYABLES, "Trade payables", Kind::Liability),
    row("2030", "Prepayments received", Kind::Liability),
    row(VAT_OWED, "VAT owed", Kind::Liability),
    row(VAT_SETTLEMENT, "VAT settlement", Kind::Liability),
    row("2270", "Social insurance owed", Kind::Liability),
    row("2300", "Accrued expenses and deferred income", Kind::Liability),
    row("2400", "Long-term bank debt", Kind::Liability),
    row("2800", "Share capital", Kind::Equity),
    row("2850", "Private account", Kind::Equity),
    row(CARRIED_FORWARD, "Profit or loss carried forward", Kind::Equity),
    row(RESULT, "Profit or loss of the year", Kind::Equity),
    row("3000", "Revenue from products made", Kind::Revenue),
    row("3200", "Revenue from goods", Kind::Revenue),
    row(SERVICES, "Revenue from services", Kind::Revenue),
    row("3600", "Other revenue", Kind::Revenue),
    row("3800", "Discounts and deductions", Kind::Revenue),
    row("3805", "Losses on receivables", Kind::Revenue),
    row(ROUNDING, "Rounding differences", Kind::Revenue),
    row("4000", "Material", Kind::Expense),
    row("4200", "Goods for resale", Kind::Expense),
    row("4400", "Services bought", Kind::Expense),
    row("5000", "Wages", Kind::Expense),
    row("5700", "Social insurance", Kind::Expense),
    row("5800", "Other staff expenses", Kind::Expense),
    row("6000", "Rent", Kind::Expense),
    row("6100", "Maintenance and repairs", Kind::Expense),
    row("6200", "Vehicles", Kind::Expense),
    row("6300", "Insurance", Kind::Expense),
    row("6400", "Energy and disposal", Kind::Expense),
    row("6500", "Office supplies", Kind::Expense),
    row("6510", "Telephone and internet", Kind::Expense),
    row("6530", "Accounting and advice", Kind::Expense),
    row("6570", "IT and software", Kind::Expense),
    row("6600", "Advertising", Kind::Expense),
    row("6640", "Travel and entertainment", Kind::Expense),
    row(OTHER_EXPENSE, "Other operating expenses", Kind::Expense),
    row("6800", "Depreciation", Kind::Expense),
    row("6900", "Interest expense", Kind::Expense),
    row("6940", "Bank fees", Kind::Expense),
    row("6950", "Financial income", Kind::Revenue),
    row("7500", "Income from property", Kind::Revenue),
    row("7510", "Expense on property", Kind::Expense),
    row("8500", "Extraordinary expense", Kind::Expense),
    row("8510", "Extraordinary income", Kind::Revenue),
    row("8900", "Direct taxes", Kind::Expense),
    row("9100", "Opening balance", Kind::Closing),
];

/// The account of that number.
pub fn find(number: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.number == number)
}

/// Categories of the expense form with the account they are booked to; the first of an account names it.
const CATEGORIES: &[(&str, &str)] = &[
    ("Office Supplies", "6500"),
    ("Travel", "6640"),
    ("Meals & Entertainment", "6640"),
    ("Software & IT", "6570"),
    ("Telecommunication", "6510"),
    ("Insurance", "6300"),
    ("Vehicle Costs", "6200"),
    ("Rent", "6000"),
    ("Energy", "6400"),
    ("Maintenance", "6100"),
    ("Accounting & Legal", "6530"),
    ("Marketing & Advertising", "6600"),
    ("Training", "5800"),
    ("Bank Fees", "6940"),
    ("Material", "4000"),
    ("Goods", "4200"),
    ("Subcontractors", "4400"),
    ("IT Equipment", "1520"),
    ("Furniture", "1510"),
    ("Taxes", "8900"),
    ("Other", OTHER_EXPENSE),
];

/// The account an expense of this category goes to. A category the form does not know goes to other
/// operating expenses: the form takes free text.
pub fn account_of_category(category: &str) -> &'static str {
    let asked = category.trim();
    CATEGORIES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(asked))
        .map_or(OTHER_EXPENSE, |(_, account)| account)
}

/// A category as the form spells it; free text stays as it is.
pub fn category(text: &str) -> String {
    let asked = text.trim();
    CATEGORIES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(asked))
        .map_or_else(|| asked.to_owned(), |(name, _)| (*name).to_owned())
}

/// The category that names an account, for expenses that were given an account only.
pub fn category_of_account(account: &str) -> &'static str {
    CATEGORIES.iter().find(|(_, number)| *number == account).map_or("Other", |(name, _)| name)
}

/// Whether an expense may be booked to the account: costs and fixed assets.
pub fn takes_expenses(account: &Account) -> bool {
    account.kind == Kind::Expense || account.number.starts_with("15")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_kinds_follow_the_class() {
        assert!(ACCOUNTS.is_sorted_by(|a, b| a.number < b.number));
        for account in ACCOUNTS {
            let expected: &[Kind] = match account.number.split_at(1).0 {
                "1" => &[Kind::Asset],
                "2" => &[Kind::Liability, Kind::Equity],
                "3" => &[Kind::Revenue],
                "4" | "5" => &[Kind::Expense],
                "6" | "7" | "8" => &[Kind::Expense, Kind::Revenue],
                _ => &[Kind::Closing],
            };
            assert!(expected.contains(&account.kind), "{}", account.number);
        }
    }

    #[test]
    fn every_category_has_an_account_that_takes_expenses() {
        for (name, number) in CATEGORIES {
            assert!(find(number).is_some_and(takes_expenses), "{name}");
        }
        assert_eq!(account_of_category("office supplies "), "6500");
        assert_eq!(account_of_category("Paperclips"), OTHER_EXPENSE);
        assert_eq!(category_of_account("6640"), "Travel");
    }
}
