//! The seed: two profiles and what fourteen months of business left behind, dated back from today. It goes
//! through the same handlers as requests do, each on the day it happened.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::clock::Clock;
use super::context::{Context, Handler, Input};
use super::invoices::{self, create_invoice};
use super::store::{Filter, Tx};
use super::{Rounding, books_seed, catalog, clients, fields, ids, keys, money, offers, recurring, vendors};

const DATA: &str = include_str!("seed/data.json");

/// Fills an empty store.
pub fn fill(tx: Tx<'_>, clock: &Clock, rounding: Rounding) -> Result<(), Error> {
    let today = clock.now().date();
    let companies: Vec<Record> = serde_json::from_str(DATA)?;
    for company in &companies {
        let mut profile = company.get("profile").and_then(Value::as_object).cloned().unwrap_or_default();
        let began = moment(back(today, 500));
        profile.insert("created_at".to_owned(), began.clone().into());
        profile.insert("updated_at".to_owned(), began.into());
        let id = fields::text(&profile, "id").to_owned();
        let tx = tx.of_profile(&id);
        tx.put("profiles", &profile)?;
        Seed { tx, profile: &profile, today, rounding }.company(company)?;
    }
    settle_ids(tx)
}

pub fn back(today: Date, days: i64) -> Date {
    today.saturating_sub(days.days())
}

fn moment(day: Date) -> String {
    format!("{day}T09:00:00.000Z")
}

/// One company being seeded.
pub struct Seed<'a> {
    pub tx: Tx<'a>,
    pub profile: &'a Record,
    pub today: Date,
    rounding: Rounding,
}

impl Seed<'_> {
    fn company(&self, company: &Record) -> Result<(), Error> {
        let first = back(self.today, 480);
        let creates: [(&str, Handler); 3] = [
            ("clients", clients::create_client),
            ("vendors", vendors::create_vendor),
            ("catalog", catalog::create_item),
        ];
        for (name, create) in creates {
            for body in fields::objects(company, name) {
                self.on(first, |cx| create(cx, &input(body.clone())))?;
            }
        }
        let mut offered = Vec::new();
        for sample in fields::objects(company, "offers") {
            offered.push(self.offer(sample)?);
        }
        for sample in fields::objects(company, "invoices") {
            self.invoice(sample, &offered)?;
        }
        for sample in fields::objects(company, "recurring") {
            self.series(sample)?;
        }
        books_seed::fill(self)
    }

    /// Runs `work` as on a day.
    pub fn on<T>(&self, day: Date, work: impl FnOnce(&Context<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let now = moment(day);
        work(&Context {
            tx: self.tx,
            profile: self.profile,
            profiles: std::slice::from_ref(self.profile),
            today: day,
            now: &now,
            rounding: self.rounding,
        })
    }

    /// The body of a sample: its client by name, and without what only the seed knows.
    fn body(&self, sample: &Record) -> Result<Record, Error> {
        let client =
            self.tx.find("clients", vec![Filter::Is("name", fields::text(sample, "client").to_owned())])?;
        let mut body = sample.clone();
        body.retain(|name, _| !["ago", "client", "state", "after", "part", "offer"].contains(&name.as_str()));
        body.insert(
            "client_id".to_owned(),
            client.first().and_then(|client| client.get("id")).cloned().unwrap_or_default(),
        );
        Ok(body)
    }

    fn offer(&self, sample: &Record) -> Result<Record, Error> {
        let day = back(self.today, number(sample, "ago"));
        let body = self.body(sample)?;
        let mut offer = record(self.on(day, |cx| offers::create_offer(cx, &input(body)))?);
        offer.insert("status".to_owned(), fields::text(sample, "state").into());
        self.tx.put("offers", &offer)?;
        Ok(offer)
    }

    fn invoice(&self, sample: &Record, offered: &[Record]) -> Result<(), Error> {
        let day = back(self.today, number(sample, "ago"));
        let state = fields::text(sample, "state");
        let body = self.body(sample)?;
        let mut invoice = record(self.on(day, |cx| create_invoice(cx, &input(body)))?);
        if state == "draft" {
            return Ok(());
        }
        if fields::flag(sample, "offer")
            && let Some(offer) = offered.iter().find(|offer| fields::text(offer, "status") == "accepted")
        {
            let mut offer = offer.clone();
            offer.insert("invoice_id".to_owned(), invoice.get("id").cloned().unwrap_or_default());
            self.tx.put("offers", &offer)?;
            invoice.insert("offer_id".to_owned(), offer.get("id").cloned().unwrap_or_default());
        }
        invoice.insert("status".to_owned(), "sent".into());
        invoice.insert("sent_at".to_owned(), moment(day).into());
        if state == "cancelled" {
            invoice.insert("status".to_owned(), state.into());
            invoice.insert("amount_due".to_owned(), money::json(Decimal::ZERO));
        }
        self.tx.put("invoices", &invoice)?;
        if ["paid", "partial"].contains(&state) {
            let paid_on = day.saturating_add(number(sample, "after").days());
            let total = money::field(&invoice, "total").unwrap_or_default();
            let amount = money::field(sample, "part").unwrap_or(total);
            self.on(paid_on, |cx| invoices::pay(cx, fields::text(&invoice, "id"), amount, paid_on, None))?;
        }
        Ok(())
    }

    fn series(&self, sample: &Record) -> Result<(), Error> {
        let start = back(self.today, number(sample, "ago"));
        let mut body = self.body(sample)?;
        body.insert("start_date".to_owned(), start.to_string().into());
        let mut series = record(self.on(start, |cx| recurring::create_series(cx, &input(body)))?);
        let (last, count) = recurring::past_runs(start, fields::text(sample, "interval"), self.today);
        series.insert("status".to_owned(), fields::text(sample, "state").into());
        series.insert("last_run".to_owned(), last.map_or(Value::Null, |day| day.to_string().into()));
        series.insert("invoice_count".to_owned(), json!(count));
        self.tx.put("recurring-invoices", &series)
    }
}

fn number(sample: &Record, name: &str) -> i64 {
    sample.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn input(body: Record) -> Input {
    Input { body, ..Input::default() }
}

fn record(answer: Answer) -> Record {
    match answer.body {
        Some(Value::Object(record)) => record,
        _ => Record::new(),
    }
}

/// Gives every record that was made with a random id one that is the same on every machine.
fn settle_ids(tx: Tx<'_>) -> Result<(), Error> {
    let mut known = HashMap::new();
    tx.rewrite(|value| settle(value, &mut known))
}

fn settle(value: &mut Value, known: &mut HashMap<String, String>) {
    match value {
        Value::String(text) => {
            let random = text.len() == 36
                && ![keys::MAIN_PROFILE_ID, keys::SECOND_PROFILE_ID].contains(&text.as_str())
                && uuid::Uuid::try_parse(text).is_ok_and(|id| id.get_version_num() == 4);
            if random {
                let next = known.len().to_string();
                let settled = known.entry(text.clone()).or_insert_with(|| ids::seed(&[&next]));
                text.clone_from(settled);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, known)),
        Value::Object(fields) => fields.values_mut().for_each(|field| settle(field, known)),
        _ => {}
    }
}
