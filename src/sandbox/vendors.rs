//! Vendors: the parties that expenses are paid to.

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::records::Shape;
use super::store::Filter;
use super::{fields, list, references};

pub const HANDLERS: Handlers = &[
    ("list_vendors", list_vendors),
    ("get_vendor", get_vendor),
    ("create_vendor", create_vendor),
    ("update_vendor", update_vendor),
    ("delete_vendor", delete_vendor),
];

const VENDOR: Shape = Shape {
    resource: "vendors",
    kind: "vendor",
    writable: &[
        "name",
        "contact_person",
        "email",
        "phone",
        "website",
        "address",
        "vat_number",
        "iban",
        "notes",
    ],
    computed: &["expense_count"],
};

fn expenses(cx: &Context<'_>, id: &str) -> Result<u64, Error> {
    cx.tx.count("expenses", vec![Filter::Is("vendor_id", id.to_owned())])
}

fn shown(cx: &Context<'_>, mut vendor: Record) -> Result<Record, Error> {
    let count = expenses(cx, fields::text(&vendor, "id"))?;
    vendor.insert("expense_count".to_owned(), count.into());
    Ok(vendor)
}

fn show(cx: &Context<'_>, answer: Answer) -> Result<Answer, Error> {
    match answer.body {
        Some(serde_json::Value::Object(vendor)) => {
            Ok(Answer { body: Some(shown(cx, vendor)?.into()), ..answer })
        }
        _ => Ok(answer),
    }
}

fn checked(body: &Record) -> Result<Record, Error> {
    let mut body = body.clone();
    if let Some(iban) = fields::said(&body, "iban") {
        let account = references::check_iban(iban).ok_or_else(|| Error::field("iban", "is no valid IBAN"))?;
        body.insert("iban".to_owned(), account.iban.into());
    }
    Ok(body)
}

fn list_vendors(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let (rows, total) = list::page(cx, &input.query, VENDOR.resource, "name", Vec::new())?;
    let rows = rows.into_iter().map(|vendor| shown(cx, vendor)).collect::<Result<_, _>>()?;
    Ok(list::answer(&input.query, rows, total))
}

fn get_vendor(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    shown(cx, VENDOR.find(cx, &input.id)?).map(Answer::ok)
}

/// Stores a new vendor and answers with it.
pub fn create_vendor(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    show(cx, VENDOR.create(cx, &checked(&input.body)?)?)
}

fn update_vendor(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    VENDOR.find(cx, &input.id)?;
    show(cx, VENDOR.replace(cx, input, &checked(&input.body)?)?)
}

fn delete_vendor(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let count = expenses(cx, &input.id)?;
    if count > 0 {
        return Err(Error::conflict(
            "vendor_in_use",
            format!("the vendor cannot be deleted: {count} expenses are linked to it"),
        ));
    }
    VENDOR.remove(cx, &input.id)
}
