//! Clients: the parties that are billed.

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::records::{self, Shape};
use super::store::Filter;
use super::{fields, list};

pub const HANDLERS: Handlers = &[
    ("list_clients", list_clients),
    ("get_client", get_client),
    ("create_client", create_client),
    ("update_client", update_client),
    ("delete_client", delete_client),
];

const CLIENT: Shape = Shape {
    resource: "clients",
    kind: "client",
    writable: &[
        "name",
        "type",
        "contact_person",
        "email",
        "phone",
        "website",
        "address",
        "vat_number",
        "customer_number",
        "currency",
        "language",
        "payment_deadline_days",
        "notes",
    ],
    computed: &[],
};

/// What refers to a client and keeps it from being deleted.
const LINKED: &[(&str, &str)] =
    &[("invoices", "invoices"), ("offers", "offers"), ("recurring-invoices", "recurring invoices")];

fn list_clients(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let (rows, total) = list::page(cx, &input.query, CLIENT.resource, "name", Vec::new())?;
    Ok(list::answer(&input.query, rows, total))
}

fn get_client(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    CLIENT.find(cx, &input.id).map(Answer::ok)
}

fn with_defaults(body: &Record) -> Record {
    let mut body = body.clone();
    records::default(&mut body, "type", "company");
    body
}

/// Stores a new client and answers with it.
pub fn create_client(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    CLIENT.create(cx, &with_defaults(&input.body))
}

fn update_client(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let before = CLIENT.find(cx, &input.id)?;
    let answer = CLIENT.replace(cx, input, &with_defaults(&input.body))?;
    let name = fields::text(&input.body, "name");
    if fields::text(&before, "name") != name {
        for (resource, _) in LINKED {
            for mut document in cx.tx.find(resource, vec![Filter::Is("client_id", input.id.clone())])? {
                if let Some(client) = document.get_mut("client").and_then(|client| client.as_object_mut()) {
                    client.insert("name".to_owned(), name.into());
                    cx.tx.put(resource, &document)?;
                }
            }
        }
    }
    Ok(answer)
}

fn delete_client(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    CLIENT.find(cx, &input.id)?;
    for (resource, word) in LINKED {
        let count = cx.tx.count(resource, vec![Filter::Is("client_id", input.id.clone())])?;
        if count > 0 {
            return Err(Error::conflict(
                "client_in_use",
                format!("the client cannot be deleted: {count} {word} refer to it"),
            ));
        }
    }
    CLIENT.remove(cx, &input.id)
}
