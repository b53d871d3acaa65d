//! Invoices added up page by page: per currency the figures, and per state, client, month and age their sums.
//! No record is kept.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::gateway::calls::quoted;
use crate::rules::invoice::{self, Standing};

/// An amount over several invoices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    amount: Decimal,
    /// Invoices that leave it out.
    pub unsaid: u64,
}

impl Sum {
    fn add(&mut self, amount: Option<Decimal>) -> Result<(), &'static str> {
        match amount {
            None => self.unsaid += 1,
            Some(amount) => {
                self.amount = self.amount.checked_add(amount).ok_or("too large to be added up exactly")?;
            }
        }
        Ok(())
    }

    /// `None` where an invoice leaves it out.
    pub fn known(&self) -> Option<Decimal> {
        (self.unsaid == 0).then_some(self.amount)
    }

    pub fn and(mut self, other: Self) -> Option<Self> {
        self.amount = self.amount.checked_add(other.amount)?;
        self.unsaid += other.unsaid;
        Some(self)
    }
}

/// Several invoices of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub n: u64,
    pub total: Sum,
    pub paid: Sum,
    pub open: Sum,
}

impl Group {
    fn add(&mut self, bill: &Bill) -> Result<(), &'static str> {
        self.n += 1;
        self.total.add(bill.amounts.total)?;
        self.paid.add(bill.amounts.paid)?;
        self.open.add(bill.open())
    }

    pub fn and(mut self, other: &Self) -> Option<Self> {
        self.n += other.n;
        self.total = self.total.and(other.total)?;
        self.paid = self.paid.and(other.paid)?;
        self.open = self.open.and(other.open)?;
        Some(self)
    }
}

/// Bounds of the ages of what is open, in days past due.
pub const AGES: [(&str, i32); 5] =
    [("not due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90), ("over 90", i32::MAX)];

/// All invoices of one currency.
#[derive(Debug, Default)]
pub struct Books {
    /// Drafts and cancelled ones are not among them.
    pub invoiced: Group,
    pub by_status: BTreeMap<String, Group>,
    /// By id, else by name: the name and the group.
    pub by_client: BTreeMap<String, (Option<String>, Group)>,
    /// Years and months of the issue date; `None` where there is none.
    pub by_month: BTreeMap<Option<(i16, i8)>, Group>,
    /// What is open, by [`AGES`]; the last one has no due date.
    pub aging: [Group; AGES.len() + 1],
    pub days_to_pay: Days,
    /// Records that show neither what is paid nor what is due.
    pub assumed: u64,
}

/// Days from issue to payment.
#[derive(Debug, Default)]
pub struct Days {
    counts: BTreeMap<i32, u64>,
    pub n: u64,
    /// Paid invoices, with or without the two days.
    pub of: u64,
}

impl Days {
    fn add(&mut self, days: Option<i32>) {
        self.of += 1;
        if let Some(days) = days {
            self.n += 1;
            *self.counts.entry(days).or_default() += 1;
        }
    }

    /// To a tenth.
    pub fn average(&self) -> Option<Decimal> {
        let sum: i128 = self.counts.iter().map(|(days, count)| i128::from(*days) * i128::from(*count)).sum();
        let average = Decimal::try_from_i128_with_scale(sum, 0).ok()?.checked_div(Decimal::from(self.n))?;
        Some(
            average
                .round_dp_with_strategy(1, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
                .normalize(),
        )
    }

    pub fn median(&self) -> Option<Decimal> {
        let nth = |nth: u64| {
            let mut passed = 0;
            self.counts.iter().find_map(|(days, count)| {
                passed += count;
                (passed > nth).then_some(*days)
            })
        };
        let (low, high) = (nth(self.n.checked_sub(1)? / 2)?, nth(self.n / 2)?);
        Some((Decimal::from(low) + Decimal::from(high)).checked_div(Decimal::TWO)?.normalize())
    }
}

/// One invoice, as far as it counts.
struct Bill {
    standing: Standing,
    amounts: invoice::Amounts,
}

impl Bill {
    fn open(&self) -> Option<Decimal> {
        if self.standing == Standing::Unpaid { self.amounts.open } else { Some(Decimal::ZERO) }
    }
}

/// Everything that was read.
#[derive(Debug)]
pub struct Fold {
    today: Date,
    /// By currency; those that show none under `""`.
    pub currencies: BTreeMap<String, Books>,
    pub n: u64,
    /// The first record that cannot be added up, and why.
    pub wrong: Option<(String, String)>,
}

impl Fold {
    pub fn new(today: Date) -> Self {
        Self { today, currencies: BTreeMap::new(), n: 0, wrong: None }
    }

    /// Takes in one page.
    pub fn take(&mut self, records: &[Value]) {
        for record in records {
            self.n += 1;
            if self.wrong.is_none()
                && let Err(why) = self.add(record)
            {
                self.wrong = Some((quoted(&invoice::name(record)), why));
            }
        }
    }

    fn add(&mut self, record: &Value) -> Result<(), String> {
        let state = invoice::state(record);
        let standing = invoice::standing(&state);
        let amounts =
            invoice::amounts(record).map_err(|wrong| format!("its `{}` is no number", wrong.field))?;
        let bill = Bill { standing, amounts };
        let books =
            self.currencies.entry(quoted(&invoice::currency(record).unwrap_or_default())).or_default();
        let issued = invoice::day(record, "issue_date");
        let late = invoice::day(record, "due_date").map(|due| (self.today - due).get_days());
        let add = |books: &mut Books| -> Result<(), &'static str> {
            books.by_status.entry(quoted(&state)).or_default().add(&bill)?;
            if matches!(standing, Standing::Draft | Standing::Cancelled) {
                return Ok(());
            }
            books.invoiced.add(&bill)?;
            books.assumed += u64::from(amounts.assumed);
            let (id, name) = invoice::client(record);
            let name = name.map(|name| quoted(&name));
            let key = id.map(|id| quoted(&id)).or_else(|| name.clone()).unwrap_or_default();
            let (known, group) = books.by_client.entry(key).or_default();
            if name.is_some() {
                *known = name;
            }
            group.add(&bill)?;
            let month = issued.map(|day| (day.year(), day.month()));
            books.by_month.entry(month).or_default().add(&bill)?;
            if standing == Standing::Paid {
                let paid = invoice::day(record, "paid_at");
                books.days_to_pay.add(issued.zip(paid).map(|(issued, paid)| (paid - issued).get_days()));
                return Ok(());
            }
            let age = late.map_or(AGES.len(), |late| {
                AGES.iter().position(|(_, last)| late <= *last).unwrap_or(AGES.len())
            });
            books.aging.get_mut(age).map_or(Ok(()), |group| group.add(&bill))
        };
        add(books).map_err(|why| format!("its amounts are {why}"))
    }
}

#[cfg(test)]
mod tests;
