//! Lists in whatever envelope they come, and the way to the next page: pure. What cannot be told is
//! [`Next::Unknown`], never the end.

mod links;

use serde_json::{Map, Value};

use links::{from_header, href, query_of};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub records: Vec<Value>,
    /// Records in the whole list, where the API says so.
    pub total: Option<u64>,
    pub next: Next,
    /// False where no list was found: then `records` holds the answer itself, if there was one.
    pub listed: bool,
    /// What else stood beside the records.
    pub envelope: Map<String, Value>,
}

/// How to ask for the next page: what to change in the query of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// `page=n`
    Page(u64),
    /// `offset=n`
    Offset(u64),
    /// Parameter and value, as the API gave it.
    Cursor(String, String),
    /// The whole query of a link to the next page; its host and path are dropped.
    LinkQuery(Vec<(String, String)>),
    /// This was the last page.
    End,
    /// The API does not say whether there is more.
    Unknown,
}

const LISTS: &[&str] = &["data", "items", "results", "records", "rows", "entries", "content", "list"];
const INFO: &[&str] = &[
    "pagination",
    "paging",
    "page",
    "page_info",
    "pageInfo",
    "meta",
    "metadata",
    "cursor",
    "response_metadata",
];
/// Lists that are never the records.
const ASIDE: &[&str] = &["errors", "warnings", "links", "_links", "included", "messages"];
const TOTALS: &[&str] = &[
    "total",
    "total_count",
    "totalCount",
    "total_items",
    "totalItems",
    "total_records",
    "totalRecords",
    "total_results",
    "totalResults",
    "total_elements",
    "totalElements",
];
const PAGES: &[&str] =
    &["total_pages", "totalPages", "last_page", "lastPage", "page_count", "pageCount", "pages"];
const NUMBERS: &[&str] = &["page", "current_page", "currentPage", "page_number", "pageNumber"];
const SIZES: &[&str] = &["limit", "per_page", "perPage", "page_size", "pageSize", "size"];
const OFFSETS: &[&str] = &["offset", "skip"];
const MORE: &[&str] = &["has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage", "more"];
/// Where a cursor stands, and the parameter that takes it.
const CURSORS: &[(&str, &str)] = &[
    ("next_cursor", "cursor"),
    ("nextCursor", "cursor"),
    ("end_cursor", "after"),
    ("endCursor", "after"),
    ("next_page_token", "page_token"),
    ("nextPageToken", "pageToken"),
    ("next_token", "next_token"),
    ("nextToken", "nextToken"),
    ("continuation_token", "continuation_token"),
];

impl Page {
    /// Reads the body of a list call. `link` is the `Link` header, `resource` the key under which some
    /// APIs put the records.
    pub fn read(body: Value, link: Option<&str>, resource: &str) -> Self {
        let mut envelope = Map::new();
        let (records, listed) = match body {
            Value::Array(records) => (records, true),
            Value::Null => (Vec::new(), true),
            Value::Object(object) => match split(object, resource, &mut envelope, 0) {
                Ok(records) => (records, true),
                Err(single) => (vec![record(Value::Object(single))], false),
            },
            other => (vec![other], false),
        };
        let info = Info::of(&envelope, records.len(), listed.then(|| records.last()).flatten());
        let next = if listed { info.next(link) } else { Next::Unknown };
        Self { total: info.total(), records, next, listed, envelope }
    }
}

/// Takes the records out of an envelope; what else it holds goes to `rest`. Without a list, the object
/// comes back.
fn split(
    mut object: Map<String, Value>,
    resource: &str,
    rest: &mut Map<String, Value>,
    depth: u8,
) -> Result<Vec<Value>, Map<String, Value>> {
    let names = || LISTS.iter().copied().chain([resource]);
    let found = names().find(|name| object.get(*name).is_some_and(Value::is_array)).map(str::to_owned);
    if let Some(Value::Array(records)) = found.and_then(|name| object.shift_remove(&name)) {
        rest.extend(object);
        return Ok(records);
    }
    // A level further down: `{data: {items: [], page: 1}}`, `{_embedded: {invoices: []}}`.
    for name in names().chain(["_embedded", "response", "result", "payload"]) {
        let Some(Value::Object(inner)) = object.get_mut(name).filter(|_| depth < 3) else { continue };
        match split(std::mem::take(inner), resource, rest, depth + 1) {
            Ok(records) => {
                object.shift_remove(name);
                rest.extend(object);
                return Ok(records);
            }
            Err(back) => *inner = back,
        }
    }
    // A key that we do not know, if only one holds a list, and no record stands around it.
    let lists: Vec<String> = object
        .iter()
        .filter(|(name, value)| value.is_array() && !ASIDE.contains(&name.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    if let [only] = lists.as_slice()
        && !object.contains_key("id")
        && let Some(Value::Array(records)) = object.shift_remove(only)
    {
        rest.extend(object);
        return Ok(records);
    }
    // `{"data": null, "total": 0}`
    let empty = names().find(|name| object.get(*name).is_some_and(Value::is_null)).map(str::to_owned);
    if let Some(name) = empty.filter(|_| !object.contains_key("id")) {
        object.shift_remove(&name);
        rest.extend(object);
        return Ok(Vec::new());
    }
    Err(object)
}

/// What an envelope says about paging: its own fields and those of its known parts.
struct Info<'a> {
    maps: Vec<&'a Map<String, Value>>,
    links: Vec<&'a Value>,
    count: u64,
    last: Option<&'a Value>,
}

impl<'a> Info<'a> {
    fn of(envelope: &'a Map<String, Value>, count: usize, last: Option<&'a Value>) -> Self {
        let mut maps = vec![envelope];
        let mut index = 0;
        while let Some(map) = maps.get(index).copied() {
            maps.extend(INFO.iter().filter_map(|name| map.get(*name).and_then(Value::as_object)));
            index += 1;
        }
        let links = maps
            .iter()
            .flat_map(|map| ["links", "_links"].iter().filter_map(|name| map.get(*name)))
            .collect();
        Self { maps, links, count: count as u64, last }
    }

    fn first(&self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| self.maps.iter().find_map(|map| map.get(*name)))
    }

    fn number(&self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| self.maps.iter().find_map(|map| map.get(*name).and_then(number)))
    }

    fn total(&self) -> Option<u64> {
        self.number(TOTALS).or_else(|| {
            // `count` counts the page for some and the list for others: beside `next` it is the list
            // (Django), and so it is where it is more than this page holds.
            let count = self.number(&["count"])?;
            (self.first(&["next"]).is_some() || count > self.count).then_some(count)
        })
    }

    fn next(&self, link: Option<&str>) -> Next {
        let more = self.more();
        if more == Some(false) {
            return Next::End;
        }
        if let Some(next) = self.linked(link).or_else(|| self.cursor()) {
            return next;
        }
        if let Some(next) = self.counted(more) {
            return next;
        }
        match (more, self.last_id()) {
            (Some(true), Some(id)) if self.first(&["object"]).and_then(Value::as_str) == Some("list") => {
                Next::Cursor("starting_after".to_owned(), id)
            }
            (Some(true), _) => Next::Unknown,
            _ if self.count == 0 => Next::End,
            _ => Next::Unknown,
        }
    }

    fn more(&self) -> Option<bool> {
        let last = self.first(&["is_last", "isLast", "last"]).and_then(Value::as_bool).map(|last| !last);
        MORE.iter()
            .find_map(|name| self.maps.iter().find_map(|map| map.get(*name).and_then(Value::as_bool)))
            .or(last)
    }

    /// A link to the next page, in the header or in the body.
    fn linked(&self, header: Option<&str>) -> Option<Next> {
        if let Some(next) = header.and_then(from_header) {
            return Some(next);
        }
        for links in &self.links {
            match links {
                Value::Object(links) => match links.get("next") {
                    Some(Value::Null) => return Some(Next::End),
                    Some(next) => return href(next).map(query_of),
                    // A set of links that knows its neighbours, but no next one.
                    None if ["first", "last", "prev", "previous"]
                        .iter()
                        .any(|rel| links.contains_key(*rel)) =>
                    {
                        return Some(Next::End);
                    }
                    None => {}
                },
                Value::Array(links) => {
                    let next =
                        links.iter().find(|link| link.get("rel").and_then(Value::as_str) == Some("next"));
                    if let Some(next) = next {
                        return href(next).map(query_of);
                    }
                }
                _ => {}
            }
        }
        match self.first(&[
            "next",
            "next_url",
            "nextUrl",
            "next_page_url",
            "nextPageUrl",
            "next_link",
            "nextLink",
            "@odata.nextLink",
        ])? {
            Value::Null => Some(Next::End),
            Value::String(text) if text.is_empty() => Some(Next::End),
            Value::String(text) if text.contains(['?', '/']) => Some(query_of(text)),
            Value::String(text) => Some(Next::Cursor("cursor".to_owned(), text.clone())),
            Value::Object(next) => {
                match next.get("after").or_else(|| next.get("cursor")).and_then(Value::as_str) {
                    Some(after) if next.contains_key("after") => {
                        Some(Next::Cursor("after".to_owned(), after.to_owned()))
                    }
                    Some(cursor) => Some(Next::Cursor("cursor".to_owned(), cursor.to_owned())),
                    None => href(next.get("href").or_else(|| next.get("url"))?).map(query_of),
                }
            }
            other => number(other).map(Next::Page),
        }
    }

    fn cursor(&self) -> Option<Next> {
        for (name, parameter) in CURSORS {
            match self.first(&[name]) {
                Some(Value::String(text)) if !text.is_empty() => {
                    return Some(Next::Cursor((*parameter).to_owned(), text.clone()));
                }
                Some(Value::Number(digits)) => {
                    return Some(Next::Cursor((*parameter).to_owned(), digits.to_string()));
                }
                Some(Value::Null | Value::String(_)) => return Some(Next::End),
                _ => {}
            }
        }
        let after = self.first(&["cursors"]).and_then(|cursors| cursors.get("after")).and_then(Value::as_str);
        if let Some(after) = after {
            return Some(Next::Cursor("after".to_owned(), after.to_owned()));
        }
        match self.first(&["next_page", "nextPage"])? {
            Value::String(text) if text.contains(['?', '/']) => Some(query_of(text)),
            Value::Null | Value::Bool(false) => Some(Next::End),
            other => number(other).map(Next::Page),
        }
    }

    /// From page numbers, offsets and totals.
    fn counted(&self, more: Option<bool>) -> Option<Next> {
        let total = self.total();
        // Spring counts from nought, under a name of its own.
        let page = self.number(NUMBERS).map(|page| (page, 1)).or_else(|| {
            self.number(&["number"]).filter(|_| self.number(PAGES).is_some()).map(|page| (page, 0))
        });
        if let Some((page, first)) = page {
            let after = Next::Page(page.saturating_add(1));
            if let Some(pages) = self.number(PAGES) {
                return Some(if page.saturating_add(1 - first) < pages { after } else { Next::End });
            }
            if let (Some(size), Some(total)) = (self.number(SIZES).filter(|size| *size > 0), total) {
                let seen = page.saturating_add(1 - first).saturating_mul(size);
                return Some(if seen < total && self.count > 0 { after } else { Next::End });
            }
            if more == Some(true) {
                return Some(after);
            }
        }
        if let Some(offset) = self.number(OFFSETS) {
            let seen = offset.saturating_add(self.count);
            return match (total, more) {
                (Some(total), _) if seen < total && self.count > 0 => Some(Next::Offset(seen)),
                (Some(_), _) => Some(Next::End),
                (None, Some(true)) => Some(Next::Offset(seen)),
                (None, _) => None,
            };
        }
        (page.is_none() && total == Some(self.count)).then_some(Next::End)
    }

    fn last_id(&self) -> Option<String> {
        match self.last?.get("id")? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Takes one record out of an envelope: `{data: {…}}`, `{invoice: {…}}`, `{success: true, data: {…}}`.
/// What is no envelope comes back as it is.
pub fn record(body: Value) -> Value {
    const BESIDE: &[&str] = &[
        "success",
        "status",
        "message",
        "meta",
        "metadata",
        "links",
        "_links",
        "error",
        "errors",
        "code",
        "ok",
        "request_id",
        "requestId",
        "warnings",
        "included",
        "timestamp",
        "jsonapi",
        "version",
    ];
    let Value::Object(object) = &body else { return body };
    if object.contains_key("id") {
        return body;
    }
    let mut inner = object.iter().filter(|(name, _)| !BESIDE.contains(&name.as_str()));
    match (inner.next(), inner.next()) {
        (Some((_, value @ Value::Object(_))), None) => record(value.clone()),
        (Some((name, Value::Array(items))), None) if LISTS.contains(&name.as_str()) && items.len() == 1 => {
            items.first().cloned().unwrap_or(body)
        }
        _ => body,
    }
}
