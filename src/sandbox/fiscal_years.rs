//! Fiscal years: one chain without gaps or overlaps, open or closed. A closed year is read-only. Years are
//! closed from the first on; only the last closed one can be opened again.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde_json::json;

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input, Query};
use super::dispatch::Handlers;
use super::store::Filter;
use super::{fields, ids, list};

pub const RESOURCE: &str = "fiscal-years";

pub const HANDLERS: Handlers = &[
    ("list_fiscal_years", list_years),
    ("get_fiscal_year", get),
    ("create_fiscal_year", create),
    ("update_fiscal_year", update),
];

/// The longest a fiscal year may last: a first or changed one may be extra long.
const LONGEST_MONTHS: i64 = 23;

/// A fiscal year as it is compared.
#[derive(Debug, Clone)]
pub struct Year {
    pub id: String,
    pub name: String,
    pub start: Date,
    pub end: Date,
    pub closed: bool,
}

impl Year {
    fn read(record: &Record) -> Option<Self> {
        Some(Self {
            id: fields::text(record, "id").to_owned(),
            name: fields::text(record, "name").to_owned(),
            start: fields::date(record, "start_date")?,
            end: fields::date(record, "end_date")?,
            closed: fields::text(record, "status") == "closed",
        })
    }

    fn contains(&self, date: Date) -> bool {
        self.start <= date && date <= self.end
    }
}

/// The chain of a profile, earliest first.
pub struct Years(Vec<Year>);

impl Years {
    pub fn read(cx: &Context<'_>) -> Result<Self, Error> {
        let mut years: Vec<Year> = cx.tx.all(RESOURCE)?.iter().filter_map(Year::read).collect();
        years.sort_by_key(|year| year.start);
        Ok(Self(years))
    }

    pub fn containing(&self, date: Date) -> Option<&Year> {
        self.0.iter().find(|year| year.contains(date))
    }

    pub fn find(&self, id: &str) -> Option<&Year> {
        self.0.iter().find(|year| year.id.eq_ignore_ascii_case(id))
    }

    pub fn is_closed(&self, date: Date) -> bool {
        self.containing(date).is_some_and(|year| year.closed)
    }

    /// The first day of the fiscal year of a date; of the calendar year where none was made.
    pub fn start_of(&self, date: Date) -> Date {
        self.containing(date).map_or_else(|| date.first_of_year(), |year| year.start)
    }

    /// Refuses (409) what is dated in a closed year; `what` is the record in question.
    pub fn refuse_closed(&self, date: Date, what: &str) -> Result<(), Error> {
        match self.containing(date) {
            Some(year) if year.closed => Err(Error::conflict(
                "fiscal_year_closed",
                format!(
                    "the {what} is dated {date}, in fiscal year {} ({} to {}), which is closed; \
                     choose a date in an open year or open that year again",
                    year.name, year.start, year.end
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The open year of a date, which an entry needs.
    pub fn open_year(&self, date: Date, what: &str) -> Result<&Year, Error> {
        self.refuse_closed(date, what)?;
        self.containing(date)
            .ok_or_else(|| Error::field("date", format!("no fiscal year contains {date}; create one first")))
    }
}

fn list_years(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let query = whole(&input.query);
    let (rows, total) = list::page(cx, &query, RESOURCE, "start_date", Vec::new())?;
    Ok(list::answer(&query, rows, total))
}

/// Short lists are given whole where the request does not ask for pages.
pub fn whole(query: &Query) -> Query {
    let mut query = query.clone();
    if query.text("limit").is_none() {
        query.set("limit", "100");
    }
    query
}

fn get(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(stored(cx, &input.id)?))
}

fn stored(cx: &Context<'_>, id: &str) -> Result<Record, Error> {
    cx.tx.get(RESOURCE, id)?.ok_or_else(|| Error::not_found("fiscal year", id))
}

/// Makes the next year of the chain.
pub fn create(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let (start, end) = bounds(&input.body)?;
    let years = Years::read(cx)?;
    check_chain(&years.0, start, end)?;
    let mut record = Record::new();
    record.insert("id".to_owned(), json!(ids::new()));
    let name = fields::said(&input.body, "name").map_or_else(|| name_of(start, end), str::to_owned);
    record.insert("name".to_owned(), json!(name));
    record.insert("start_date".to_owned(), json!(start.to_string()));
    record.insert("end_date".to_owned(), json!(end.to_string()));
    record.insert("status".to_owned(), json!("open"));
    record.insert("created_at".to_owned(), json!(cx.now));
    record.insert("updated_at".to_owned(), json!(cx.now));
    cx.tx.put(RESOURCE, &record)?;
    Ok(Answer::created(record))
}

/// `2026` for a calendar year, else `2026/27`.
pub fn name_of(start: Date, end: Date) -> String {
    if start.year() == end.year() {
        start.year().to_string()
    } else {
        format!("{}/{:02}", start.year(), end.year() % 100)
    }
}

fn update(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let mut record = stored(cx, &input.id)?;
    let years = Years::read(cx)?;
    let Some(current) = years.find(&input.id) else { return Err(Error::not_found("fiscal year", &input.id)) };
    let closes = fields::said(&input.body, "status").map_or(current.closed, |status| status == "closed");
    if closes != current.closed {
        check_order(&years.0, current, closes)?;
    }
    let mut wanted = record.clone();
    for name in ["name", "start_date", "end_date"] {
        if let Some(text) = fields::said(&input.body, name) {
            wanted.insert(name.to_owned(), json!(text));
        }
    }
    if current.closed && closes && wanted != record {
        return Err(Error::conflict(
            "fiscal_year_closed",
            format!(
                "fiscal year {} is closed and cannot be changed; set `status` to `open` first",
                current.name
            ),
        ));
    }
    let (start, end) = bounds(&wanted)?;
    if (start, end) != (current.start, current.end) {
        let others: Vec<Year> = years.0.iter().filter(|year| year.id != current.id).cloned().collect();
        check_moved(&others, current, start, end)?;
        keep_entries(cx, current, start, end)?;
    }
    record = wanted;
    record.insert("status".to_owned(), json!(if closes { "closed" } else { "open" }));
    record.insert("updated_at".to_owned(), json!(cx.now));
    cx.tx.put(RESOURCE, &record)?;
    Ok(Answer::ok(record))
}

fn bounds(record: &Record) -> Result<(Date, Date), Error> {
    let date = |name: &'static str| {
        fields::date(record, name).ok_or_else(|| Error::field(name, "must be a date (YYYY-MM-DD)"))
    };
    let (start, end) = (date("start_date")?, date("end_date")?);
    if end < start {
        return Err(Error::field("end_date", format!("{end} is before the start date {start}")));
    }
    let longest = Span::new().months(LONGEST_MONTHS);
    if start.checked_add(longest).is_ok_and(|limit| end >= limit) {
        return Err(Error::field("end_date", format!("a fiscal year lasts {LONGEST_MONTHS} months at most")));
    }
    Ok((start, end))
}

/// A year has to touch the chain at one of its ends and overlap none of it.
fn check_chain(others: &[Year], start: Date, end: Date) -> Result<(), Error> {
    if let Some(year) = others.iter().find(|year| start <= year.end && year.start <= end) {
        return Err(Error::field(
            "start_date",
            format!("overlaps fiscal year {} ({} to {})", year.name, year.start, year.end),
        ));
    }
    let (Some(first), Some(last)) = (others.first(), others.last()) else { return Ok(()) };
    let after = last.end.checked_add(1.day()).ok();
    let before = first.start.checked_sub(1.day()).ok();
    if Some(start) == after || Some(end) == before {
        return Ok(());
    }
    Err(Error::field(
        "start_date",
        format!(
            "leaves a gap: fiscal years run from {} to {}, so the next one begins on {}",
            first.start,
            last.end,
            after.map_or_else(String::new, |date| date.to_string())
        ),
    ))
}

/// Changed dates must keep touching both neighbours.
fn check_moved(others: &[Year], current: &Year, start: Date, end: Date) -> Result<(), Error> {
    let earlier = others.iter().rfind(|year| year.end < current.start);
    let later = others.iter().find(|year| year.start > current.end);
    if earlier.is_some() && start != current.start {
        return Err(Error::field(
            "start_date",
            "cannot change: an earlier fiscal year ends on the day before",
        ));
    }
    if later.is_some() && end != current.end {
        return Err(Error::field("end_date", "cannot change: a later fiscal year begins on the day after"));
    }
    Ok(())
}

/// Entries need a fiscal year, so a shorter one may not leave any outside.
fn keep_entries(cx: &Context<'_>, current: &Year, start: Date, end: Date) -> Result<(), Error> {
    let within =
        |from, to| cx.tx.count("journal-entries", vec![Filter::From("date", from), Filter::To("date", to)]);
    let before = within(current.start, current.end)?;
    let after = within(current.start.max(start), current.end.min(end))?;
    if after == before {
        return Ok(());
    }
    Err(Error::conflict(
        "fiscal_year_has_entries",
        format!("{} journal entries of fiscal year {} would fall outside it", before - after, current.name),
    ))
}

/// Closing goes forwards through the chain, opening again goes backwards.
fn check_order(years: &[Year], current: &Year, closes: bool) -> Result<(), Error> {
    let other = if closes {
        years.iter().find(|year| year.start < current.start && !year.closed)
    } else {
        years.iter().find(|year| year.start > current.start && year.closed)
    };
    match other {
        None => Ok(()),
        Some(year) if closes => Err(Error::conflict(
            "earlier_fiscal_year_open",
            format!("fiscal year {} is still open; close it before {}", year.name, current.name),
        )),
        Some(year) => Err(Error::conflict(
            "later_fiscal_year_closed",
            format!("fiscal year {} is closed; open it before {}", year.name, current.name),
        )),
    }
}
