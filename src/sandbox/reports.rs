//! The reports: profit and loss, balance sheet and VAT return, all derived from postings.

mod balance_sheet;
mod profit_loss;
mod statement;

#[cfg(test)]
mod tests;
