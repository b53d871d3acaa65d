//! Journal entries: written by hand here, shown together with those that documents and payments make.

use rust_decimal::Decimal;
use serde_json::json;

use super::answer::{Answer, Error, Issue, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::fiscal_years::Years;
use super::postings::{Entry, EntryOrder, Ledger, Line, Source};
use super::{chart, expenses, fields, ids, list, money};

pub const RESOURCE: &str = "journal-entries";

pub const HANDLERS: Handlers = &[
    ("list_journal_entries", list_entries),
    ("get_journal_entry", get),
    ("create_journal_entry", create),
    ("update_journal_entry", update),
    ("delete_journal_entry", delete),
];

/// Refuses (409) what makes no sense for a profile that keeps income and expenses only.
pub fn require_double_entry(cx: &Context<'_>) -> Result<(), Error> {
    if cx.profile_text("bookkeeping_mode") == "double_entry" {
        return Ok(());
    }
    Err(Error::conflict(
        "double_entry_required",
        format!(
            "profile {} keeps simple income and expense books; this needs double-entry bookkeeping",
            cx.profile_text("company_name")
        ),
    ))
}

fn list_entries(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    require_double_entry(cx)?;
    let query = &input.query;
    let years = Years::read(cx)?;
    let year = query.text("fiscal_year_id").map(|id| years.find(id));
    let (from, to) = (query.date("from"), query.date("to"));
    let wanted = query.text("search").map(|text| text.trim().to_lowercase()).unwrap_or_default();
    let mut entries = Ledger::read(cx)?.entries;
    entries.retain(|entry| {
        from.is_none_or(|from| from <= entry.date)
            && to.is_none_or(|to| entry.date <= to)
            && year.is_none_or(|year| {
                year.is_some_and(|year| year.start <= entry.date && entry.date <= year.end)
            })
            && query.text("account").is_none_or(|account| entry.touches(account.trim()))
            && mentions(entry, &wanted)
    });
    sort(&mut entries, query.text("sort").unwrap_or("-date"));
    Ok(list::cut(query, entries.iter().map(|entry| shown(cx, entry, &years)).collect()))
}

fn mentions(entry: &Entry, wanted: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(wanted);
    holds(&entry.description)
        || holds(&entry.number)
        || entry.reference.as_deref().is_some_and(holds)
        || entry.lines.iter().any(|line| line.description.as_deref().is_some_and(holds))
}

/// By one of the fields that the OpenAPI file allows, `date` where it is another.
fn sort(entries: &mut [Entry], order: &str) {
    let (field, descending) = order.strip_prefix('-').map_or((order, false), |field| (field, true));
    let order: EntryOrder = match field {
        "number" => |a, b| a.number.cmp(&b.number),
        "created_at" => |a, b| a.created_at.cmp(&b.created_at),
        "updated_at" => |a, b| a.updated_at.cmp(&b.updated_at),
        _ => Entry::by_date,
    };
    entries.sort_by(order);
    if descending {
        entries.reverse();
    }
}

fn get(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    require_double_entry(cx)?;
    Ok(Answer::ok(shown(cx, &found(cx, &input.id)?, &Years::read(cx)?)))
}

fn found(cx: &Context<'_>, id: &str) -> Result<Entry, Error> {
    let entries = Ledger::read(cx)?.entries;
    entries.into_iter().find(|entry| entry.id == id).ok_or_else(|| Error::not_found("journal entry", id))
}

fn shown(cx: &Context<'_>, entry: &Entry, years: &Years) -> Record {
    let mut record = entry.record(cx.currency());
    if let Some(year) = years.containing(entry.date) {
        record.insert("fiscal_year_id".to_owned(), json!(year.id));
    }
    record
}

fn create(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    require_double_entry(cx)?;
    let years = Years::read(cx)?;
    let entry = Entry { number: number(cx)?, ..written(cx, &input.body, &years)? };
    cx.tx.put(RESOURCE, &entry.record(cx.currency()))?;
    Ok(Answer::created(shown(cx, &entry, &years)))
}

fn update(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    require_double_entry(cx)?;
    let years = Years::read(cx)?;
    let before = editable(cx, &input.id, &years)?;
    let entry = Entry {
        id: before.id,
        number: before.number,
        created_at: before.created_at,
        ..written(cx, &input.body, &years)?
    };
    cx.tx.put(RESOURCE, &entry.record(cx.currency()))?;
    Ok(Answer::ok(shown(cx, &entry, &years)))
}

fn delete(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    require_double_entry(cx)?;
    editable(cx, &input.id, &Years::read(cx)?)?;
    cx.tx.delete(RESOURCE, &input.id)?;
    Ok(Answer::deleted())
}

/// An entry that may be changed by hand: manual, and of no closed year.
fn editable(cx: &Context<'_>, id: &str, years: &Years) -> Result<Entry, Error> {
    let entry = found(cx, id)?;
    if entry.source != Source::Manual {
        return Err(Error::conflict(
            "entry_not_manual",
            format!(
                "journal entry {} was made from a record of kind `{}`; change that record, or write a reversing entry",
                entry.number,
                entry.source.as_str()
            ),
        ));
    }
    years.refuse_closed(entry.date, "journal entry")?;
    Ok(entry)
}

/// A manual entry out of a body, without a number yet, or what is wrong with it.
pub fn written(cx: &Context<'_>, body: &Record, years: &Years) -> Result<Entry, Error> {
    let mut issues = Vec::new();
    let mut issue =
        |field: &str, issue: &str| issues.push(Issue { field: field.to_owned(), issue: issue.to_owned() });
    let date = fields::date(body, "date");
    if date.is_none() {
        issue("date", "must be a date (YYYY-MM-DD)");
    }
    let description = fields::said(body, "description");
    if description.is_none() {
        issue("description", "must not be empty");
    }
    if fields::said(body, "currency").is_some_and(|currency| currency != cx.currency()) {
        issue("currency", &format!("the books are kept in {}", cx.currency()));
    }
    let lines = lines(body, &mut issues);
    let (Some(date), Some(description), true) = (date, description, issues.is_empty()) else {
        return Err(Error::invalid(issues));
    };
    years.open_year(date, "journal entry")?;
    Ok(Entry {
        id: ids::new(),
        number: String::new(),
        date,
        description: description.to_owned(),
        reference: fields::said(body, "reference").map(str::to_owned),
        source: Source::Manual,
        source_id: None,
        lines,
        created_at: cx.now.to_owned(),
        updated_at: cx.now.to_owned(),
    })
}

/// The next number of entries that are stored.
pub fn number(cx: &Context<'_>) -> Result<String, Error> {
    Ok(format!("JE-{:04}", cx.tx.next("journal-entry")?))
}

fn lines(body: &Record, issues: &mut Vec<Issue>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, record) in fields::objects(body, "lines").enumerate() {
        let account = fields::text(record, "account");
        let mut issue = |field: &str, issue: &str| {
            issues.push(Issue { field: format!("lines[{index}]{field}"), issue: issue.to_owned() });
        };
        if chart::find(account).is_none() {
            issue(".account", &format!("`{account}` is no account of the chart"));
        }
        let side = |name| money::field(record, name).unwrap_or_default();
        let (debit, credit) = (side("debit"), side("credit"));
        if debit.is_zero() == credit.is_zero() || debit < Decimal::ZERO || credit < Decimal::ZERO {
            issue("", "needs either a debit or a credit above 0");
        }
        let amount = debit - credit;
        if amount.abs() > expenses::LARGEST || money::cents(amount) != amount {
            issue("", "the amount needs at most two decimals and at most 1000000000000");
        }
        lines.push(Line {
            account: account.to_owned(),
            amount,
            description: fields::said(record, "description").map(str::to_owned),
            tax_code: fields::said(record, "tax_code").map(str::to_owned),
        });
    }
    check_sum(&lines, issues);
    lines
}

fn check_sum(lines: &[Line], issues: &mut Vec<Issue>) {
    let mut issue = |issue: String| issues.push(Issue { field: "lines".to_owned(), issue });
    if lines.len() < 2 {
        issue("needs at least two lines".to_owned());
        return;
    }
    if lines.iter().any(|line| line.amount.abs() > expenses::LARGEST) {
        return;
    }
    let debits: Decimal = lines.iter().map(|line| line.amount.max(Decimal::ZERO)).sum();
    let difference: Decimal = lines.iter().map(|line| line.amount).sum();
    if !difference.is_zero() {
        let credits = debits - difference;
        issue(format!("debits {debits:.2} and credits {credits:.2} differ by {:.2}", difference.abs()));
    }
}
