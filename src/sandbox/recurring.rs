//! Recurring invoices: series whose runs are counted from the start date. The sandbox shows the next run; it
//! makes no drafts by itself.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::documents::totals::{self, Terms};
use super::documents::{self, vat};
use super::records::{self, Shape};
use super::store::Filter;
use super::{fields, list, money};

pub const HANDLERS: Handlers = &[
    ("list_recurring_invoices", list_series),
    ("get_recurring_invoice", get_series),
    ("create_recurring_invoice", create_series),
    ("update_recurring_invoice", update_series),
    ("delete_recurring_invoice", delete_series),
];

const SERIES: Shape = Shape {
    resource: "recurring-invoices",
    kind: "recurring invoice",
    writable: &[
        "status",
        "client_id",
        "interval",
        "start_date",
        "end_date",
        "lines",
        "currency",
        "title",
        "notes",
    ],
    computed: &["client", "subtotal", "tax_total", "total", "next_run", "last_run", "invoice_count"],
};

/// The first run of a series on `today` or later and after its last run; none when it is over.
fn next_run(start: Date, interval: &str, today: Date, last: Option<Date>, end: Option<Date>) -> Option<Date> {
    let not_before = last.and_then(|last| last.tomorrow().ok()).map_or(today, |day| day.max(today));
    let run = match months(interval) {
        None => {
            let days = (not_before - start).get_days().max(0);
            start.checked_add(((days + 6) / 7 * 7).days()).ok()?
        }
        Some(step) => {
            let passed = (i32::from(not_before.year()) - i32::from(start.year())) * 12
                + i32::from(not_before.month())
                - i32::from(start.month());
            let first = (passed / step).max(0);
            (first..first + 2)
                .filter_map(|n| start.checked_add((n * step).months()).ok())
                .find(|run| *run >= not_before)?
        }
    };
    end.is_none_or(|end| run <= end).then_some(run)
}

/// The last run before `today` of a series that began at `start`, and how many there were.
pub fn past_runs(start: Date, interval: &str, today: Date) -> (Option<Date>, u32) {
    let mut last = None;
    let mut count = 0;
    while let Some(run) = next_run(start, interval, start, last, today.yesterday().ok()) {
        last = Some(run);
        count += 1;
    }
    (last, count)
}

/// The months of an interval; none for weekly.
fn months(interval: &str) -> Option<i32> {
    match interval {
        "weekly" => None,
        "quarterly" => Some(3),
        "semi_annually" => Some(6),
        "annually" => Some(12),
        _ => Some(1),
    }
}

/// The record as the API shows it: with its next run, and `ended` when no run is left.
fn shown(mut series: Record, today: Date) -> Record {
    let day = |name: &str| fields::date(&series, name);
    let next = day("start_date").and_then(|start| {
        next_run(start, fields::text(&series, "interval"), today, day("last_run"), day("end_date"))
    });
    let status = match (fields::text(&series, "status"), next) {
        ("ended", _) | (_, None) => "ended",
        ("paused", _) => "paused",
        _ => "active",
    };
    let next = next.filter(|_| status == "active");
    series.insert("status".to_owned(), status.into());
    series.insert("next_run".to_owned(), next.map_or(Value::Null, |day| day.to_string().into()));
    series
}

fn list_series(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let query = &input.query;
    let mut filters = Vec::new();
    filters.extend(query.text("client_id").map(|id| Filter::Is("client_id", id.to_ascii_lowercase())));
    // The status depends on today, so every series is read before the page is cut; nobody has many.
    let rows = list::all(cx, query, SERIES.resource, "start_date", filters)?;
    let wanted = query.text("status");
    let rows = rows
        .into_iter()
        .map(|series| shown(series, cx.today))
        .filter(|series| wanted.is_none_or(|wanted| fields::text(series, "status") == wanted))
        .collect();
    Ok(list::cut(query, rows))
}

fn get_series(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(shown(SERIES.find(cx, &input.id)?, cx.today)))
}

/// Checks a body and puts the series together.
fn build(cx: &Context<'_>, body: &Record, old: Option<&Record>) -> Result<Record, Error> {
    let id = fields::text(body, "client_id").to_ascii_lowercase();
    let client = cx
        .tx
        .get("clients", &id)?
        .ok_or_else(|| Error::field("client_id", "no client with this id in this profile"))?;
    if let (Some(start), Some(end)) = (fields::date(body, "start_date"), fields::date(body, "end_date"))
        && end < start
    {
        return Err(Error::field("end_date", "is before start_date"));
    }
    let mut body = body.clone();
    body.insert("client_id".to_owned(), id.into());
    let currency = fields::said(&client, "currency").unwrap_or(cx.currency()).to_owned();
    records::default(&mut body, "currency", currency);
    let (mut lines, items) = documents::resolve_lines(cx, &body, vat::default_rate(cx.profile, cx.today))?;
    let swiss = fields::text(&body, "currency") == "CHF";
    let terms = Terms {
        rounding: cx.rounding,
        prices_include_tax: false,
        five_rappen: swiss && fields::flag(cx.profile, "round_to_five_rappen"),
    };
    let totals = totals::of(&items, terms);
    documents::write_amounts(&mut lines, &totals);
    body.insert("lines".to_owned(), lines.into_iter().map(Value::Object).collect());
    let mut series = SERIES.assemble(cx, &body, old);
    for (name, amount) in
        [("subtotal", totals.subtotal), ("tax_total", totals.tax_total), ("total", totals.total)]
    {
        series.insert(name.to_owned(), money::json(amount));
    }
    series.insert("client".to_owned(), json!({ "id": client.get("id"), "name": client.get("name") }));
    Ok(series)
}

/// Stores a new, active series and answers with it.
pub fn create_series(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let mut series = build(cx, &input.body, None)?;
    series.insert("status".to_owned(), "active".into());
    series.insert("invoice_count".to_owned(), 0.into());
    cx.tx.put(SERIES.resource, &series)?;
    Ok(Answer::created(shown(series, cx.today)))
}

fn update_series(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let old = SERIES.find(cx, &input.id)?;
    let ended = fields::text(&old, "status") == "ended";
    let wanted =
        fields::said(&input.body, "status").unwrap_or_else(|| fields::text(&old, "status")).to_owned();
    if ended && wanted != "ended" {
        return Err(Error::conflict("series_ended", "an ended series cannot be resumed; create a new one"));
    }
    let mut series = build(cx, &input.body, Some(&old))?;
    series.insert("status".to_owned(), wanted.into());
    cx.tx.put(SERIES.resource, &series)?;
    Ok(Answer::ok(shown(series, cx.today)))
}

fn delete_series(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    SERIES.remove(cx, &input.id)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::next_run;

    #[test]
    fn runs_are_counted_from_the_start_date() {
        let start = date(2026, 1, 31);
        let run = |today| next_run(start, "monthly", today, None, None);
        assert_eq!(run(date(2026, 1, 1)), Some(start));
        assert_eq!(run(date(2026, 2, 1)), Some(date(2026, 2, 28)));
        assert_eq!(run(date(2026, 3, 1)), Some(date(2026, 3, 31)));
        assert_eq!(run(date(2026, 4, 30)), Some(date(2026, 4, 30)));
        assert_eq!(run(date(2026, 5, 1)), Some(date(2026, 5, 31)));
    }

    #[test]
    fn other_intervals_and_ends() {
        let start = date(2026, 1, 15);
        assert_eq!(next_run(start, "weekly", date(2026, 1, 16), None, None), Some(date(2026, 1, 22)));
        assert_eq!(next_run(start, "weekly", date(2026, 1, 22), None, None), Some(date(2026, 1, 22)));
        assert_eq!(next_run(start, "quarterly", date(2026, 4, 16), None, None), Some(date(2026, 7, 15)));
        assert_eq!(
            next_run(start, "annually", date(2026, 1, 15), Some(start), None),
            Some(date(2027, 1, 15))
        );
        assert_eq!(next_run(start, "monthly", date(2026, 3, 1), None, Some(date(2026, 3, 14))), None);
    }
}
