//! Imported bank transactions. Whether one has a suggestion is found out on every read, since an invoice may
//! have been paid or cancelled since the import.

pub mod import;

use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::matching::OpenItems;
use super::store::{Filter, Order, Selection};
use super::{fields, list, reconcile};

pub const RESOURCE: &str = "bank-transactions";

pub const HANDLERS: Handlers = &[
    ("import_bank_transactions", import::import),
    ("list_bank_transactions", list_transactions),
    ("get_bank_transaction", get),
    ("reconcile_transaction", reconcile::reconcile),
];

fn list_transactions(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let query = &input.query;
    let mut filters = Vec::new();
    if let Some(id) = query.text("bank_account_id") {
        filters.push(Filter::Is("bank_account_id", id.to_ascii_lowercase()));
    }
    filters.extend(query.date("from").map(|from| Filter::From("booking_date", from)));
    filters.extend(query.date("to").map(|to| Filter::To("booking_date", to)));
    let sort = query.text("sort").unwrap_or("-booking_date");
    let (field, descending) = sort.strip_prefix('-').map_or((sort, false), |field| (field, true));
    if !field.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(Error::field("sort", "is no field name"));
    }
    let selected = cx.tx.select(&Selection {
        filters,
        search: query.text("search").filter(|text| !text.trim().is_empty()),
        order: Some(Order { field: field.to_owned(), descending }),
        ..Selection::of(RESOURCE)
    })?;
    let open = OpenItems::read(cx)?;
    let rows = selected.rows.into_iter().map(|row| shown(row, &open));
    let rows = match query.text("status") {
        Some(status) => rows.filter(|row| fields::text(row, "status") == status).collect(),
        None => rows.collect(),
    };
    Ok(list::cut(query, rows))
}

fn get(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let record = stored(cx, &input.id)?;
    Ok(Answer::ok(shown(record, &OpenItems::read(cx)?)))
}

/// One transaction of this profile as it is stored.
pub fn stored(cx: &Context<'_>, id: &str) -> Result<Record, Error> {
    cx.tx.get(RESOURCE, id)?.ok_or_else(|| Error::not_found("bank transaction", id))
}

/// A transaction as the API shows it: with today's suggestions, without what only the import needs.
pub fn shown(mut record: Record, open: &OpenItems) -> Record {
    if fields::text(&record, "status") == "unmatched" {
        let suggestions = open.suggestions(&record);
        let status = if suggestions.is_empty() { "unmatched" } else { "suggested" };
        record.insert("status".to_owned(), json!(status));
        record.insert("suggestions".to_owned(), Value::Array(suggestions));
    } else {
        record.insert("suggestions".to_owned(), json!([]));
    }
    for name in ["entry_key", "position"] {
        record.remove(name);
    }
    record
}
