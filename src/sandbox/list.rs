//! The list answer: a page of rows under `data`, and `pagination`.

use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::context::{Context, Query};
use super::store::{Filter, Order, Selection};

/// Reads a page of a resource: the request's `search`, `sort`, `page` and `limit`, and the given filters.
/// `default_sort` is a field name, with a leading minus for descending. Gives the rows and their total.
pub fn page(
    cx: &Context<'_>,
    query: &Query,
    resource: &str,
    default_sort: &str,
    filters: Vec<Filter>,
) -> Result<(Vec<Record>, u64), Error> {
    let all = selection(query, resource, default_sort, filters)?;
    let selected = cx.tx.select(&Selection { offset: query.offset(), limit: Some(query.limit()), ..all })?;
    Ok((selected.rows, selected.total))
}

/// The same without paging, for rows that are filtered further before [`cut`].
pub fn all(
    cx: &Context<'_>,
    query: &Query,
    resource: &str,
    default_sort: &str,
    filters: Vec<Filter>,
) -> Result<Vec<Record>, Error> {
    Ok(cx.tx.select(&selection(query, resource, default_sort, filters)?)?.rows)
}

fn selection<'a>(
    query: &'a Query,
    resource: &'a str,
    default_sort: &str,
    filters: Vec<Filter>,
) -> Result<Selection<'a>, Error> {
    let sort = query.text("sort").unwrap_or(default_sort);
    let (field, descending) = sort.strip_prefix('-').map_or((sort, false), |field| (field, true));
    if !field.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(Error::field("sort", "is no field name"));
    }
    let search = query.text("search").filter(|text| !text.trim().is_empty());
    let order = Some(Order { field: field.to_owned(), descending });
    Ok(Selection { filters, search, order, ..Selection::of(resource) })
}

/// The answer for one page of `total` rows.
pub fn answer(query: &Query, rows: Vec<Record>, total: u64) -> Answer {
    let limit = query.limit();
    let pagination = json!({
        "page": query.page(), "limit": limit, "total": total, "total_pages": total.div_ceil(limit).max(1),
    });
    let rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
    Answer { status: 200, body: Some(json!({ "data": rows, "pagination": pagination })) }
}

/// The answer for rows that are computed and not stored: cuts the page out of all of them.
pub fn cut(query: &Query, rows: Vec<Record>) -> Answer {
    let total = rows.len() as u64;
    let skip = usize::try_from(query.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(query.limit()).unwrap_or(usize::MAX);
    answer(query, rows.into_iter().skip(skip).take(take).collect(), total)
}
