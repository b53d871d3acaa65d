//! Invoices: draft, sent, partially paid, paid, cancelled; overdue is derived from the due date when read.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input, Query};
use super::dispatch::Handlers;
use super::documents::{self, Kind};
use super::fiscal_years::Years;
use super::records::Shape;
use super::store::Filter;
use super::{fields, ids, list, money, references};

pub const HANDLERS: Handlers = &[
    ("list_invoices", list_invoices),
    ("get_invoice", get_invoice),
    ("create_invoice", create_invoice),
    ("update_invoice", update_invoice),
    ("delete_invoice", delete_invoice),
];

const INVOICE: Kind = Kind {
    shape: Shape {
        resource: "invoices",
        kind: "invoice",
        writable: &[
            "number",
            "client_id",
            "issue_date",
            "due_date",
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
            "amount_paid",
            "amount_due",
            "payment_reference",
            "payment_reference_type",
            "iban",
            "sender",
            "sent_at",
            "paid_at",
            "offer_id",
            "recurring_invoice_id",
        ],
    },
    prefix: "invoice_prefix",
    last_day: "due_date",
};

/// The record as the API shows it: what is sent and not paid in time is `overdue`.
pub fn shown(mut invoice: Record, today: Date) -> Record {
    let open = ["sent", "partially_paid"].contains(&fields::text(&invoice, "status"));
    if open && fields::date(&invoice, "due_date").is_some_and(|due| due < today) {
        invoice.insert("status".to_owned(), "overdue".into());
    }
    invoice
}

fn list_invoices(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let (rows, total) =
        list::page(cx, &input.query, INVOICE.shape.resource, "-issue_date", filters(&input.query, cx.today))?;
    let rows = rows.into_iter().map(|invoice| shown(invoice, cx.today)).collect();
    Ok(list::answer(&input.query, rows, total))
}

fn filters(query: &Query, today: Date) -> Vec<Filter> {
    let mut filters = Vec::new();
    let open = |status: &str| Filter::Is("status", status.to_owned());
    match query.text("status") {
        Some("overdue") => {
            filters.push(Filter::Any(vec![open("sent"), open("partially_paid")]));
            filters.push(Filter::Before("due_date", today));
        }
        Some(status @ ("sent" | "partially_paid")) => {
            filters.push(open(status));
            filters.push(Filter::From("due_date", today));
        }
        Some(status) => filters.push(open(status)),
        None => {}
    }
    filters.extend(query.text("client_id").map(|id| Filter::Is("client_id", id.to_ascii_lowercase())));
    filters.extend(query.date("from").map(|day| Filter::From("issue_date", day)));
    filters.extend(query.date("to").map(|day| Filter::To("issue_date", day)));
    filters.extend(query.date("due_before").map(|day| Filter::Before("due_date", day)));
    filters.extend(query.date("due_after").map(|day| Filter::After("due_date", day)));
    filters.extend(query.text("currency").map(|code| Filter::Is("currency", code.to_ascii_uppercase())));
    filters.extend(query.decimal("min_total").map(Filter::AmountFrom));
    filters.extend(query.decimal("max_total").map(Filter::AmountTo));
    filters.extend(query.text("number").map(|number| Filter::Is("number", number.to_owned())));
    filters
}

fn get_invoice(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(shown(INVOICE.shape.find(cx, &input.id)?, cx.today)))
}

/// Stores a new draft and answers with it.
pub fn create_invoice(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let mut invoice = documents::build(cx, &INVOICE, &input.body, None)?;
    let account = references::check_iban(cx.profile_text("iban"));
    let is_qr = account.as_ref().is_some_and(|account| account.is_qr);
    let (kind, reference) = payment_reference(cx, &invoice, account.is_some(), is_qr)?;
    let sender = json!({
        "company_name": cx.profile.get("company_name"), "address": cx.profile.get("address"),
        "vat_number": cx.profile.get("vat_number"),
    });
    for (name, value) in [
        ("status", "draft".into()),
        ("amount_paid", money::json(Decimal::ZERO)),
        ("amount_due", invoice.get("total").cloned().unwrap_or_default()),
        ("payment_reference", reference.map_or(Value::Null, Value::String)),
        ("payment_reference_type", kind.into()),
        ("iban", cx.profile.get("iban").cloned().unwrap_or_default()),
        ("sender", sender),
    ] {
        invoice.insert(name.to_owned(), value);
    }
    cx.tx.put(INVOICE.shape.resource, &invoice)?;
    Ok(Answer::created(shown(invoice, cx.today)))
}

/// A QR-IBAN needs a QR reference, another IBAN takes a creditor reference; the slip knows CHF and EUR only.
fn payment_reference(
    cx: &Context<'_>,
    invoice: &Record,
    has_account: bool,
    is_qr: bool,
) -> Result<(&'static str, Option<String>), Error> {
    if !has_account || !["CHF", "EUR"].contains(&fields::text(invoice, "currency")) {
        return Ok(("NON", None));
    }
    let running = cx.tx.next("payment_reference")?;
    if is_qr {
        return Ok(("QRR", references::qr_reference(&format!("21{running:024}"))));
    }
    let reference = references::creditor_reference(fields::text(invoice, "number"))
        .or_else(|| references::creditor_reference(&running.to_string()));
    Ok(("SCOR", reference))
}

fn update_invoice(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let old = INVOICE.shape.find(cx, &input.id)?;
    let status = fields::text(&old, "status");
    let next = next_status(&old, fields::said(&input.body, "status"), cx.today)?;
    let mut body = input.body.clone();
    body.remove("status");
    let mut invoice = documents::build(cx, &INVOICE, &body, Some(&old))?;
    if status != "draft"
        && let Some(field) = documents::frozen_difference(&old, &invoice)
    {
        return Err(Error {
            details: vec![super::answer::Issue { field: field.to_owned(), issue: "is frozen".to_owned() }],
            ..Error::conflict("invoice_frozen", format!("{field} cannot be changed: the invoice is {status}"))
        });
    }
    // What books or unbooks an invoice changes its fiscal year.
    if next != status
        && let Some(day) = fields::date(&invoice, "issue_date")
    {
        Years::read(cx)?.refuse_closed(day, "invoice")?;
    }
    invoice.insert("status".to_owned(), next.into());
    let due = match next {
        "cancelled" => Decimal::ZERO,
        _ => amount(&invoice, "total") - amount(&invoice, "amount_paid"),
    };
    invoice.insert("amount_due".to_owned(), money::json(due));
    if next == "sent" && status == "draft" {
        invoice.insert("sent_at".to_owned(), cx.now.into());
    }
    cx.tx.put(INVOICE.shape.resource, &invoice)?;
    Ok(Answer::ok(shown(invoice, cx.today)))
}

/// The status after an update: only sending a draft and cancelling what is sent are allowed by hand.
fn next_status(old: &Record, wanted: Option<&str>, today: Date) -> Result<&'static str, Error> {
    const STATES: [&str; 5] = ["draft", "sent", "partially_paid", "paid", "cancelled"];
    let stored = fields::text(old, "status");
    let seen = shown(old.clone(), today);
    let seen = fields::text(&seen, "status");
    let wanted = match wanted {
        Some(wanted) if wanted != seen => wanted,
        _ => stored,
    };
    let allowed = wanted == stored || matches!((stored, wanted), ("draft", "sent") | ("sent", "cancelled"));
    STATES.into_iter().find(|state| allowed && *state == wanted).ok_or_else(|| {
        Error::conflict(
            "status_not_allowed",
            format!("an invoice cannot go from {seen} to {wanted} by an update"),
        )
    })
}

fn delete_invoice(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let invoice = INVOICE.shape.find(cx, &input.id)?;
    let status = fields::text(&invoice, "status");
    if status != "draft" {
        return Err(Error::conflict(
            "invoice_not_draft",
            format!("only a draft can be deleted: {} is {status}", fields::text(&invoice, "number")),
        ));
    }
    INVOICE.shape.remove(cx, &input.id)
}

fn amount(record: &Record, name: &str) -> Decimal {
    money::field(record, name).unwrap_or_default()
}

/// Books a payment on a sent invoice: stores it under `payments`, and answers the stored invoice (not as shown)
/// with its new amounts and state. 409 where the invoice takes no payment or the amount is more than is due.
pub fn pay(
    cx: &Context<'_>,
    invoice_id: &str,
    paid: Decimal,
    day: Date,
    bank_transaction_id: Option<&str>,
) -> Result<Record, Error> {
    let mut invoice = INVOICE.shape.find(cx, invoice_id)?;
    let status = fields::text(&invoice, "status");
    let number = fields::text(&invoice, "number");
    if !["sent", "partially_paid"].contains(&status) {
        return Err(Error::conflict(
            "invoice_not_open",
            format!("{number} takes no payment: it is {status}"),
        ));
    }
    let due = amount(&invoice, "amount_due");
    if paid <= Decimal::ZERO || paid > due {
        return Err(Error::conflict("amount_not_due", format!("{number} has {due} due, not {paid}")));
    }
    let payment = json!({
        "id": ids::new(), "invoice_id": invoice_id, "date": day.to_string(), "amount": money::json(paid),
        "currency": fields::text(&invoice, "currency"), "bank_transaction_id": bank_transaction_id,
        "created_at": cx.now,
    });
    cx.tx.put("payments", payment.as_object().unwrap_or(&Record::new()))?;
    let rest = due - paid;
    let (status, paid_at) =
        if rest.is_zero() { ("paid", Value::from(day.to_string())) } else { ("partially_paid", Value::Null) };
    for (name, value) in [
        ("amount_paid", money::json(amount(&invoice, "amount_paid") + paid)),
        ("amount_due", money::json(rest)),
        ("status", status.into()),
        ("paid_at", paid_at),
        ("updated_at", cx.now.into()),
    ] {
        invoice.insert(name.to_owned(), value);
    }
    cx.tx.put(INVOICE.shape.resource, &invoice)?;
    Ok(invoice)
}
