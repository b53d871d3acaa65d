//! Offers: draft, sent, accepted, declined.

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::documents::{self, Kind};
use super::records::Shape;
use super::store::Filter;
use super::{fields, list};

pub const HANDLERS: Handlers = &[
    ("list_offers", list_offers),
    ("get_offer", get_offer),
    ("create_offer", create_offer),
    ("update_offer", update_offer),
    ("delete_offer", delete_offer),
];

const OFFER: Kind = Kind {
    shape: Shape {
        resource: "offers",
        kind: "offer",
        writable: &[
            "number",
            "client_id",
            "issue_date",
            "valid_until",
            "service_date_from",
            "service_date_to",
            "currency",
            "tax_rate",
            "lines",
            "title",
            "intro_text",
            "notes",
            "reference",
            "language",
            "payment_info",
            "prices_include_tax",
            "round_to_five_rappen",
        ],
        computed: &[
            "status",
            "client",
            "subtotal",
            "tax_total",
            "rounding",
            "total",
            "tax_breakdown",
            "invoice_id",
        ],
    },
    prefix: "offer_prefix",
    last_day: "valid_until",
};

fn list_offers(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let query = &input.query;
    let mut filters = Vec::new();
    filters.extend(query.text("status").map(|status| Filter::Is("status", status.to_owned())));
    filters.extend(query.text("client_id").map(|id| Filter::Is("client_id", id.to_ascii_lowercase())));
    filters.extend(query.date("from").map(|day| Filter::From("issue_date", day)));
    filters.extend(query.date("to").map(|day| Filter::To("issue_date", day)));
    let (rows, total) = list::page(cx, query, OFFER.shape.resource, "-issue_date", filters)?;
    Ok(list::answer(query, rows, total))
}

fn get_offer(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    OFFER.shape.find(cx, &input.id).map(Answer::ok)
}

/// Stores a new draft and answers with it.
pub fn create_offer(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let mut offer = documents::build(cx, &OFFER, &input.body, None)?;
    offer.insert("status".to_owned(), "draft".into());
    cx.tx.put(OFFER.shape.resource, &offer)?;
    Ok(Answer::created(offer))
}

fn update_offer(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let old = OFFER.shape.find(cx, &input.id)?;
    let status = fields::text(&old, "status").to_owned();
    let wanted = fields::said(&input.body, "status").unwrap_or(&status).to_owned();
    let allowed = wanted == status
        || matches!(
            (status.as_str(), wanted.as_str()),
            ("draft", "sent") | ("sent", "draft" | "accepted" | "declined")
        );
    if !allowed {
        return Err(Error::conflict(
            "status_not_allowed",
            format!("an offer cannot go from {status} to {wanted} by an update"),
        ));
    }
    let mut body: Record = input.body.clone();
    body.remove("status");
    let mut offer = documents::build(cx, &OFFER, &body, Some(&old))?;
    if ["accepted", "declined"].contains(&status.as_str())
        && let Some(field) = documents::frozen_difference(&old, &offer)
    {
        return Err(Error::conflict(
            "offer_frozen",
            format!("{field} cannot be changed: the offer is {status}"),
        ));
    }
    offer.insert("status".to_owned(), wanted.into());
    cx.tx.put(OFFER.shape.resource, &offer)?;
    Ok(Answer::ok(offer))
}

fn delete_offer(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let offer = OFFER.shape.find(cx, &input.id)?;
    if fields::text(&offer, "status") == "accepted" {
        return Err(Error::conflict("offer_accepted", "an accepted offer cannot be deleted"));
    }
    OFFER.shape.remove(cx, &input.id)
}
