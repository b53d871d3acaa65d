//! One part of a payment: the invoice, expense or account it goes to, and what it changes there.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;
use serde_json::json;

use super::{Payment, issue};
use crate::sandbox::answer::{Error, Issue, Record};
use crate::sandbox::context::Context;
use crate::sandbox::fiscal_years::Years;
use crate::sandbox::matching::open_amount;
use crate::sandbox::{chart, expenses, fields, invoices, journal, money};

/// Where a part goes. An invoice is as this part leaves it.
#[derive(Debug)]
pub enum Target {
    Invoice(Record),
    Expense(Record),
    Account(String),
}

#[derive(Debug)]
pub struct Allocation {
    pub target: Target,
    pub amount: Decimal,
}

/// Reads and checks the allocations of a body; records in them carry what was allocated.
pub fn read(
    cx: &Context<'_>,
    payment: &Payment,
    body: &Record,
    years: &Years,
) -> Result<Vec<Allocation>, Error> {
    let mut issues = Vec::new();
    let mut allocations = Vec::new();
    let mut reader = Reader { cx, payment, years, invoices: HashMap::new(), expenses: HashSet::new() };
    for (index, part) in fields::objects(body, "allocations").enumerate() {
        match reader.part(index, part)? {
            Ok(allocation) => allocations.push(allocation),
            Err(issue) => issues.push(issue),
        }
    }
    if allocations.is_empty() && issues.is_empty() {
        return Err(Error::field("allocations", "needs at least one invoice, expense or account"));
    }
    if issues.is_empty() { Ok(allocations) } else { Err(Error::invalid(issues)) }
}

struct Reader<'a> {
    cx: &'a Context<'a>,
    payment: &'a Payment,
    years: &'a Years,
    /// Invoices that an earlier part of this payment has changed.
    invoices: HashMap<String, Record>,
    expenses: HashSet<String>,
}

impl Reader<'_> {
    fn part(&mut self, index: usize, part: &Record) -> Result<Result<Allocation, Issue>, Error> {
        let amount = money::field(part, "amount").unwrap_or_default();
        if amount.is_zero() || amount.abs() > expenses::LARGEST || money::cents(amount) != amount {
            return Ok(Err(issue(index, "amount", "must not be 0 and has at most two decimals")));
        }
        let id = |name| fields::said(part, name).map(str::to_ascii_lowercase);
        let (invoice, expense) = (id("invoice_id"), id("expense_id"));
        let account = fields::said(part, "account");
        let target = match (invoice.as_deref(), expense.as_deref(), account) {
            (Some(id), None, None) => self.invoice(index, id, amount)?,
            (None, Some(id), None) => self.expense(index, id, amount)?,
            (None, None, Some(number)) => self.account(index, number)?,
            _ => Err(issue(index, "invoice_id", "name exactly one of invoice_id, expense_id and account")),
        };
        Ok(target.map(|target| Allocation { target, amount }))
    }

    fn invoice(&mut self, index: usize, id: &str, amount: Decimal) -> Result<Result<Target, Issue>, Error> {
        let wrong = |text: String| Ok(Err(issue(index, "invoice_id", text)));
        let known = match self.invoices.get(id) {
            Some(invoice) => Some(invoice.clone()),
            None => self.cx.tx.get("invoices", id)?,
        };
        let Some(mut invoice) = known else {
            return wrong(format!("no invoice with id {id} in this profile"));
        };
        let number = fields::text(&invoice, "number").to_owned();
        let currency = fields::text(&invoice, "currency");
        if self.payment.amount < Decimal::ZERO {
            return wrong(format!(
                "money that went out cannot pay invoice {number}; allocate it to an account"
            ));
        }
        if currency != self.payment.currency {
            return wrong(format!(
                "invoice {number} is in {currency}, the transaction in {}",
                self.payment.currency
            ));
        }
        let Some(open) = open_amount(&invoice) else {
            let status = fields::text(&invoice, "status");
            return wrong(format!("invoice {number} is `{status}`, so its open amount is 0 {currency}"));
        };
        if amount < Decimal::ZERO || amount > open {
            let text = format!("invoice {number} has an open amount of {open:.2} {currency}");
            return Ok(Err(issue(index, "amount", text)));
        }
        let paid = money::field(&invoice, "amount_paid").unwrap_or_default() + amount;
        let rest = open - amount;
        invoice.insert("amount_paid".to_owned(), money::json(paid));
        if rest.is_zero() {
            invoice.insert("status".to_owned(), json!("paid"));
        }
        self.invoices.insert(id.to_owned(), invoice.clone());
        Ok(Ok(Target::Invoice(invoice)))
    }

    fn expense(&mut self, index: usize, id: &str, amount: Decimal) -> Result<Result<Target, Issue>, Error> {
        let wrong = |text: String| Ok(Err(issue(index, "expense_id", text)));
        let Some(mut expense) = self.cx.tx.get(expenses::EXPENSE.resource, id)? else {
            return wrong(format!("no expense with id {id} in this profile"));
        };
        if self.payment.amount > Decimal::ZERO {
            return wrong("money that came in cannot pay an expense; allocate it to an account".to_owned());
        }
        if fields::said(&expense, "bank_transaction_id").is_some() || !self.expenses.insert(id.to_owned()) {
            return wrong(
                "the expense is matched to a bank transaction already, so its open amount is 0".to_owned(),
            );
        }
        let currency = fields::text(&expense, "currency");
        if currency != self.payment.currency {
            return wrong(format!(
                "the expense is in {currency}, the transaction in {}",
                self.payment.currency
            ));
        }
        let open = money::field(&expense, "amount").unwrap_or_default();
        if amount.abs() != open {
            let text = format!("an expense is paid as a whole: its open amount is {open:.2} {currency}");
            return Ok(Err(issue(index, "amount", text)));
        }
        // An expense that was booked as paid moves from the bank to payables, which a closed year forbids.
        if fields::flag(&expense, "paid")
            && let Some(date) = fields::date(&expense, "date")
        {
            self.years.refuse_closed(date, "expense")?;
        }
        expense.insert("paid".to_owned(), json!(true));
        expense.insert("bank_transaction_id".to_owned(), json!(self.payment.id));
        expense.insert("updated_at".to_owned(), json!(self.cx.now));
        Ok(Ok(Target::Expense(expense)))
    }

    fn account(&self, index: usize, number: &str) -> Result<Result<Target, Issue>, Error> {
        journal::require_double_entry(self.cx)?;
        Ok(match chart::find(number) {
            Some(account) => Ok(Target::Account(account.number.to_owned())),
            None => Err(issue(index, "account", format!("`{number}` is no account of the chart"))),
        })
    }
}

impl Allocation {
    /// Stores what the part changes.
    pub fn settle(self, cx: &Context<'_>, payment: &Payment) -> Result<(), Error> {
        match self.target {
            Target::Invoice(invoice) => {
                let id = fields::text(&invoice, "id");
                invoices::pay(cx, id, self.amount, payment.date, Some(&payment.id)).map(drop)
            }
            Target::Expense(expense) => cx.tx.put(expenses::EXPENSE.resource, &expense),
            Target::Account(_) => Ok(()),
        }
    }

    /// What a person calls the target.
    pub fn label(&self) -> String {
        match &self.target {
            Target::Invoice(invoice) => format!("invoice {}", fields::text(invoice, "number")),
            Target::Expense(expense) => format!("expense {}", fields::text(expense, "category")),
            Target::Account(number) => format!("account {number}"),
        }
    }

    /// As the transaction keeps it.
    pub fn record(&self) -> Record {
        let mut record = Record::new();
        let (name, value) = match &self.target {
            Target::Invoice(invoice) => ("invoice_id", fields::text(invoice, "id")),
            Target::Expense(expense) => ("expense_id", fields::text(expense, "id")),
            Target::Account(number) => ("account", number.as_str()),
        };
        record.insert(name.to_owned(), json!(value));
        record.insert("amount".to_owned(), money::json(self.amount));
        record
    }
}
