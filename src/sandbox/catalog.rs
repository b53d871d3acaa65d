//! The catalog: goods and services with their prices.

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::records::{self, Shape};
use super::store::Filter;
use super::{documents, list, money};

pub const HANDLERS: Handlers = &[
    ("list_catalog_items", list_items),
    ("get_catalog_item", get_item),
    ("create_catalog_item", create_item),
    ("update_catalog_item", update_item),
    ("delete_catalog_item", delete_item),
];

const ITEM: Shape = Shape {
    resource: "catalog",
    kind: "catalog item",
    writable: &["name", "description", "unit", "price", "currency", "tax_rate", "sku", "active"],
    computed: &[],
};

fn with_defaults(cx: &Context<'_>, body: &Record) -> Record {
    let mut body = body.clone();
    records::default(&mut body, "currency", cx.currency());
    records::default(&mut body, "tax_rate", money::json(documents::vat::default_rate(cx.profile, cx.today)));
    records::default(&mut body, "active", true);
    body
}

fn list_items(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let filters =
        input.query.flag("active").map(|active| Filter::Flag("active", active)).into_iter().collect();
    let (rows, total) = list::page(cx, &input.query, ITEM.resource, "name", filters)?;
    Ok(list::answer(&input.query, rows, total))
}

fn get_item(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    ITEM.find(cx, &input.id).map(Answer::ok)
}

/// Stores a new catalog item and answers with it.
pub fn create_item(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    ITEM.create(cx, &with_defaults(cx, &input.body))
}

fn update_item(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    ITEM.replace(cx, input, &with_defaults(cx, &input.body))
}

fn delete_item(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    ITEM.remove(cx, &input.id)
}
