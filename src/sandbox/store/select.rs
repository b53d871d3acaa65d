//! Lists: filters, text search, order and page of a list as one SQL statement.

use jiff::civil::Date;
use rusqlite::{params_from_iter, types::Value as Sql};
use rust_decimal::Decimal;
use serde_json::Value;

use super::Tx;
use crate::sandbox::answer::{Error, Record};
use crate::sandbox::money;

/// A condition on a field of the stored record (`client.name` reaches into it).
#[derive(Clone, Debug)]
pub enum Filter {
    Is(&'static str, String),
    Flag(&'static str, bool),
    /// Dates: on that day or later.
    From(&'static str, Date),
    /// Dates: on that day or earlier.
    To(&'static str, Date),
    /// Dates: earlier than that day.
    Before(&'static str, Date),
    /// Dates: later than that day.
    After(&'static str, Date),
    /// The record's `total`, `amount` or `price`.
    AmountFrom(Decimal),
    AmountTo(Decimal),
    Any(Vec<Filter>),
}

/// A field and its direction.
#[derive(Clone, Debug)]
pub struct Order {
    pub field: String,
    pub descending: bool,
}

/// What to read of one resource.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    pub resource: &'a str,
    pub filters: Vec<Filter>,
    /// Text to look for in every text of the record, whatever its case.
    pub search: Option<&'a str>,
    pub order: Option<Order>,
    pub offset: u64,
    pub limit: Option<u64>,
}

impl<'a> Selection<'a> {
    pub fn of(resource: &'a str) -> Self {
        Self { resource, filters: Vec::new(), search: None, order: None, offset: 0, limit: None }
    }
}

/// The rows of a page and the number of rows without paging.
#[derive(Debug)]
pub struct Selected {
    pub rows: Vec<Record>,
    pub total: u64,
}

/// The expression that the indexes are made of.
pub fn extract(field: &str) -> String {
    format!("json_extract(json, '$.{field}')")
}

impl Tx<'_> {
    pub fn select(self, selection: &Selection<'_>) -> Result<Selected, Error> {
        let mut clause = "profile_id = ? and resource = ?".to_owned();
        let mut values = vec![self.profile_id.to_owned().into(), selection.resource.to_owned().into()];
        for filter in &selection.filters {
            clause.push_str(" and ");
            filter.write(&mut clause, &mut values);
        }
        if let Some(text) = selection.search {
            clause.push_str(" and instr(search, ?) > 0");
            values.push(Sql::Text(text.trim().to_lowercase()));
        }
        let total = if selection.limit.is_none() && selection.offset == 0 {
            None
        } else {
            let sql = format!("select count(*) from document where {clause}");
            let total: i64 = self
                .connection
                .prepare_cached(&sql)?
                .query_row(params_from_iter(&values), |row| row.get(0))?;
            Some(total.unsigned_abs())
        };
        let order = match &selection.order {
            Some(Order { field, descending }) => {
                let column = if ["total", "amount", "price"].contains(&field.as_str()) {
                    "amount".to_owned()
                } else {
                    extract(field)
                };
                let direction = if *descending { "desc" } else { "asc" };
                format!("{column} {direction}, seq {direction}")
            }
            None => "seq".to_owned(),
        };
        let sql = format!("select json from document where {clause} order by {order} limit ? offset ?");
        values
            .push(Sql::Integer(selection.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX))));
        values.push(Sql::Integer(i64::try_from(selection.offset).unwrap_or(i64::MAX)));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = statement.query(params_from_iter(&values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(serde_json::from_str(row.get_ref(0)?.as_str().unwrap_or_default())?);
        }
        let total = total.unwrap_or(rows.len() as u64);
        Ok(Selected { rows, total })
    }
}

impl Filter {
    fn write(&self, clause: &mut String, values: &mut Vec<Sql>) {
        let mut compare = |field: &str, operator: &str, value: Sql| {
            clause.push_str(&extract(field));
            clause.push(' ');
            clause.push_str(operator);
            clause.push_str(" ?");
            values.push(value);
        };
        let date = |date: &Date| Sql::Text(date.to_string());
        match self {
            Self::Is(field, text) => compare(field, "=", Sql::Text(text.clone())),
            Self::Flag(field, flag) => compare(field, "=", Sql::Integer(i64::from(*flag))),
            Self::From(field, day) => compare(field, ">=", date(day)),
            Self::To(field, day) => compare(field, "<=", date(day)),
            Self::Before(field, day) => compare(field, "<", date(day)),
            Self::After(field, day) => compare(field, ">", date(day)),
            Self::AmountFrom(amount) | Self::AmountTo(amount) => {
                clause.push_str(if matches!(self, Self::AmountFrom(_)) {
                    "amount >= ?"
                } else {
                    "amount <= ?"
                });
                values.push(Sql::Text(money::sort_key(*amount)));
            }
            Self::Any(filters) => any(filters, clause, values),
        }
    }
}

fn any(filters: &[Filter], clause: &mut String, values: &mut Vec<Sql>) {
    clause.push('(');
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            clause.push_str(" or ");
        }
        filter.write(clause, values);
    }
    clause.push(')');
}

/// Every text of a record that a person would search for, in lower case; ids, dates and codes are left out.
pub fn search_text(record: &Record) -> String {
    let mut text = String::new();
    for (name, value) in record {
        if !name.ends_with("id")
            && !name.ends_with("_at")
            && !["status", "type", "language"].contains(&name.as_str())
        {
            collect(value, &mut text);
        }
    }
    text
}

fn collect(value: &Value, text: &mut String) {
    match value {
        Value::String(words) if words.parse::<Date>().is_err() => {
            text.push_str(&words.replace('\0', " ").to_lowercase());
            text.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name != "id" && !name.ends_with("_id") {
                    collect(value, text);
                }
            }
        }
        _ => {}
    }
}
