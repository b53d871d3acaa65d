//! What is around records and lists in answers and requests, and how the pages of a list are asked for: as the schema
//! says it, and as the server does it.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::style::Case;

/// Around a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListShape {
    /// `{data, pagination: {page, limit, total, total_pages}}`
    Ours,
    /// `{data, meta: {total, …}}`
    Meta,
    /// `{items, total_count}`
    Items,
    /// `{clients: […], total}`
    Named,
    /// `{_embedded: {clients: […]}, page: {size, totalElements, …}, _links}`
    Hal,
    /// `{payload: {items: […], total}}`
    Payload,
    /// `{count, next, previous, results}`
    Results,
    /// `{data, has_more, next_cursor}`
    Cursor,
    /// The array itself.
    Bare,
}

/// Around a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordShape {
    Bare,
    Data,
    /// `{client: {…}}`
    Named,
    Payload,
    /// `{payload: {client: {…}}}`
    PayloadNamed,
}

/// All envelopes of a variant.
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    pub list: ListShape,
    pub answer: RecordShape,
    pub request: RecordShape,
}

impl Envelope {
    pub fn ours() -> Self {
        Self { list: ListShape::Ours, answer: RecordShape::Bare, request: RecordShape::Bare }
    }

    pub fn chosen(seed: u64) -> Self {
        use ListShape::{Bare, Cursor, Hal, Items, Meta, Named, Ours, Payload, Results};
        use RecordShape::{Data, Named as Record, PayloadNamed};
        let mut dice = Dice::of(seed, "envelope");
        let list = dice.pick(&[Ours, Meta, Items, Named, Hal, Payload, Results, Cursor, Bare]);
        let answer = dice.pick(&[
            RecordShape::Bare,
            RecordShape::Bare,
            Data,
            Record,
            RecordShape::Payload,
            PayloadNamed,
        ]);
        let request = dice.pick(&[RecordShape::Bare, RecordShape::Bare, RecordShape::Bare, Data, Record]);
        Self { list, answer, request }
    }
}

impl RecordShape {
    /// The keys around a record, outermost first.
    pub fn keys(self, one: &str, case: Case) -> Vec<String> {
        let named = case.of(one);
        match self {
            Self::Bare => Vec::new(),
            Self::Data => vec![case.of("data")],
            Self::Named => vec![named],
            Self::Payload => vec![case.of("payload")],
            Self::PayloadNamed => vec![case.of("payload"), named],
        }
    }
}

/// A value below these keys.
pub fn wrap(keys: &[String], value: Value) -> Value {
    keys.iter().rev().fold(value, |inner, key| json!({ key: inner }))
}

/// A schema below these keys.
pub fn wrap_schema(keys: &[String], schema: Value) -> Value {
    keys.iter().rev().fold(
        schema,
        |inner, key| json!({ "type": "object", "required": [key], "properties": { key: inner } }),
    )
}

/// How pages are asked for.
#[derive(Clone, Debug)]
pub enum Paging {
    /// Number of the page, of the first page, and size.
    Page {
        page: String,
        first: u64,
        limit: String,
    },
    Offset {
        offset: String,
        limit: String,
    },
    /// What `next_cursor` said.
    Cursor {
        cursor: String,
        limit: String,
    },
}

impl Paging {
    pub fn ours() -> Self {
        Self::Page { page: "page".to_owned(), first: 1, limit: "limit".to_owned() }
    }

    pub fn chosen(seed: u64, case: Case) -> Self {
        if Envelope::chosen(seed).list == ListShape::Cursor {
            let mut dice = Dice::of(seed, "cursor");
            let cursor = dice.pick(&["cursor", "starting_after", "page_token", "after"]);
            return Self::Cursor {
                cursor: case.of(cursor),
                limit: case.of(dice.pick(&["limit", "page_size"])),
            };
        }
        let mut dice = Dice::of(seed, "paging");
        let limit = case.of(dice.pick(&["limit", "per_page", "page_size", "size", "count"]));
        match dice.below(4) {
            0 => Self::Page { page: case.of(dice.pick(&["page", "page_number"])), first: 1, limit },
            1 => Self::Page { page: case.of(dice.pick(&["page", "page_index"])), first: 0, limit },
            2 => Self::Offset { offset: case.of(dice.pick(&["offset", "skip", "start"])), limit },
            _ => Self::Page { page: "page[number]".to_owned(), first: 1, limit: "page[size]".to_owned() },
        }
    }

    /// The most records of a page, and how many without being asked.
    pub fn bounds() -> (usize, usize) {
        (100, 25)
    }

    /// Schemas of the parameters.
    pub fn parameters(&self) -> Vec<Value> {
        let (most, usual) = Self::bounds();
        let size = |name: &str| {
            let schema = json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual });
            json!({ "name": name, "in": "query", "schema": schema })
        };
        match self {
            Self::Page { page, first, limit } => {
                let schema = json!({ "type": "integer", "minimum": first, "default": first });
                vec![json!({ "name": page, "in": "query", "schema": schema }), size(limit)]
            }
            Self::Offset { offset, limit } => {
                let schema = json!({ "type": "integer", "minimum": 0, "default": 0 });
                vec![json!({ "name": offset, "in": "query", "schema": schema }), size(limit)]
            }
            Self::Cursor { cursor, limit } => {
                vec![json!({ "name": cursor, "in": "query", "schema": { "type": "string" } }), size(limit)]
            }
        }
    }

    /// From which record on and how many of them a query asks for; what is not valid is refused with a reason.
    pub fn window(&self, query: &[(String, String)]) -> Result<(usize, usize), String> {
        let (most, usual) = Self::bounds();
        let number = |name: &str, usual: usize| match query.iter().find(|(key, _)| key == name) {
            Some((_, text)) => text.parse::<usize>().map_err(|_| format!("`{name}` is no number: `{text}`")),
            None => Ok(usual),
        };
        let size = |name: &str| match number(name, usual)? {
            size if size == 0 || size > most => Err(format!("`{name}` is not within 1 and {most}: {size}")),
            size => Ok(size),
        };
        match self {
            Self::Page { page, first, limit } => {
                let (first, size) = (usize::try_from(*first).unwrap(), size(limit)?);
                let page = number(page, first)?
                    .checked_sub(first)
                    .ok_or_else(|| format!("`{page}` is below {first}"))?;
                Ok((page * size, size))
            }
            Self::Offset { offset, limit } => Ok((number(offset, 0)?, size(limit)?)),
            Self::Cursor { cursor, limit } => {
                let start = match query.iter().find(|(key, _)| key == cursor) {
                    Some((_, text)) => text
                        .strip_prefix("cur_")
                        .and_then(|text| text.parse().ok())
                        .ok_or("unknown cursor")?,
                    None => 0,
                };
                Ok((start, size(limit)?))
            }
        }
    }
}

/// One page with what the envelope tells about it.
pub struct Page {
    pub records: Vec<Value>,
    pub start: usize,
    pub size: usize,
    pub total: usize,
    /// The address of the next page, where the envelope has one.
    pub next: Option<String>,
}

impl ListShape {
    /// The body of an answer.
    pub fn body(self, page: Page, many: &str, case: Case) -> Value {
        let Page { records, start, size, total, next } = page;
        let number = start / size;
        let pages = total.div_ceil(size);
        let key = |name: &str| case.of(name);
        match self {
            Self::Ours => json!({ key("data"): records, key("pagination"): {
                key("page"): number + 1, key("limit"): size, key("total"): total, key("total_pages"): pages } }),
            Self::Meta => json!({ key("data"): records, key("meta"): {
                key("total"): total, key("per_page"): size, key("current_page"): number + 1, key("last_page"): pages } }),
            Self::Items => json!({ key("items"): records, key("total_count"): total }),
            Self::Named => json!({ case.of(many): records, key("total"): total, key("count"): size }),
            Self::Hal => {
                let mut links = Map::new();
                if let Some(next) = next {
                    links.insert("next".to_owned(), json!({ "href": next }));
                }
                json!({ "_embedded": { case.of(many): records }, "_links": links, "page": {
                    key("size"): size, key("total_elements"): total, key("total_pages"): pages, key("number"): number } })
            }
            Self::Payload => json!({ key("payload"): { key("items"): records, key("total"): total } }),
            Self::Results => json!({ "count": total, "next": next, "previous": null, "results": records }),
            Self::Cursor => {
                let more = start + records.len() < total;
                let cursor = more.then(|| format!("cur_{}", start + records.len()));
                json!({ key("data"): records, key("has_more"): more, key("next_cursor"): cursor })
            }
            Self::Bare => Value::Array(records),
        }
    }

    /// The schema of an answer.
    pub fn schema(self, record: Value, many: &str, case: Case, or_null: Value) -> Value {
        let records = json!({ "type": "array", "items": record });
        let number = || json!({ "type": "integer" });
        let key = |name: &str| case.of(name);
        let object = |properties: Value| json!({ "type": "object", "properties": properties });
        let numbers = |names: &[&str]| {
            object(Value::Object(names.iter().map(|name| (case.of(name), number())).collect()))
        };
        match self {
            Self::Ours => object(json!({ key("data"): records,
                key("pagination"): numbers(&["page", "limit", "total", "total_pages"]) })),
            Self::Meta => object(json!({ key("data"): records,
                key("meta"): numbers(&["total", "per_page", "current_page", "last_page"]) })),
            Self::Items => object(json!({ key("items"): records, key("total_count"): number() })),
            Self::Named => {
                object(json!({ case.of(many): records, key("total"): number(), key("count"): number() }))
            }
            Self::Hal => object(json!({ "_embedded": object(json!({ case.of(many): records })),
                "_links": object(json!({ "next": object(json!({ "href": { "type": "string" } })) })),
                "page": numbers(&["size", "total_elements", "total_pages", "number"]) })),
            Self::Payload => object(
                json!({ key("payload"): object(json!({ key("items"): records, key("total"): number() })) }),
            ),
            Self::Results => object(
                json!({ "count": number(), "next": or_null.clone(), "previous": or_null, "results": records }),
            ),
            Self::Cursor => object(json!({ key("data"): records, key("has_more"): { "type": "boolean" },
                key("next_cursor"): or_null })),
            Self::Bare => records,
        }
    }
}
