//! Invoices, offers, series and the records around them.

use serde_json::{Value, json};

use super::{Client, options, start};
use crate::sandbox::{Options, Rounding, keys};

fn path(resource: &str, record: &Value) -> String {
    format!("/v1/{resource}/{}", record["id"].as_str().unwrap())
}

fn sent(client: &Client, invoice: &Value) -> Value {
    let mut body = invoice.clone();
    body["status"] = json!("sent");
    client.put(&path("invoices", invoice), &body)
}

#[test]
fn the_minimal_example_gets_every_default() {
    let client = start(options());
    let invoice =
        client.draft("Muster AG", json!([{ "description": "Consulting", "quantity": 2, "price": 150 }]));
    for (field, value) in [
        ("number", json!("IV-010")),
        ("status", json!("draft")),
        ("issue_date", json!("2026-11-21")),
        ("due_date", json!("2026-12-21")),
        ("currency", json!("CHF")),
        ("tax_rate", json!(8.1)),
        ("subtotal", json!(300)),
        ("tax_total", json!(24.3)),
        ("rounding", json!(0)),
        ("total", json!(324.3)),
        ("amount_due", json!(324.3)),
        ("iban", json!("CH6930999000000000001")),
        ("payment_reference_type", json!("QRR")),
        ("client", json!({ "id": client.client("Muster AG"), "name": "Muster AG" })),
    ] {
        assert_eq!(invoice[field], value, "{field}");
    }
    assert_eq!(invoice["sender"]["company_name"], "Muster Consulting GmbH");
    assert_eq!(invoice["payment_reference"].as_str().unwrap().len(), 27);
    assert_eq!(client.get("/v1/company")["next_invoice_number"], "IV-011");
}

#[test]
fn three_hours_at_180_are_rounded_to_five_rappen() {
    let client = start(options());
    let line = json!([{ "description": "Consulting", "quantity": 3, "price": 180 }]);
    let invoice = client.draft("Muster AG", line.clone());
    assert_eq!((&invoice["total"], &invoice["rounding"]), (&json!(583.75), &json!(0.01)));
    let exact =
        json!({ "client_id": client.client("Muster AG"), "lines": line, "round_to_five_rappen": false });
    assert_eq!(client.create("/v1/invoices", &exact)["total"], json!(583.74));
}

#[test]
fn digits_come_back_as_they_were_sent() {
    let client = start(options());
    for digits in ["49.90", "0.1", "1234567.89", "1234567.890123456789012"] {
        let body = format!(
            r#"{{"client_id":"{}","lines":[{{"description":"x","quantity":1,"price":{digits}}}]}}"#,
            client.client("Muster AG")
        );
        let reply = client.send_bytes("POST", "/v1/invoices", Some(("application/json", body.as_bytes())));
        assert_eq!(reply.json()["lines"][0]["price"].to_string(), digits);
        let again = client.get(&path("invoices", &reply.json()));
        assert_eq!(again["lines"][0]["price"].to_string(), digits);
    }
}

#[test]
fn the_rounding_of_vat_is_a_choice() {
    let lines = json!([1, 2, 3].map(|_| json!({ "description": "x", "quantity": 1, "price": 0.07 })));
    assert_eq!(start(options()).draft("Muster AG", lines.clone())["tax_total"], json!(0.02));
    let by_line = start(Options { rounding: Rounding::Line, ..options() });
    assert_eq!(by_line.draft("Muster AG", lines)["tax_total"], json!(0.03));
}

#[test]
fn the_day_of_supply_decides_the_rate_and_the_client_the_deadline() {
    let client = start(options());
    let lines = json!([{ "description": "x", "quantity": 1, "price": 100 }]);
    let invoice = client.create(
        "/v1/invoices",
        &json!({ "client_id": client.client("Meier & Söhne AG"), "lines": lines, "service_date_from": "2023-12-01" }),
    );
    assert_eq!((&invoice["tax_rate"], &invoice["lines"][0]["tax_rate"]), (&json!(7.7), &json!(7.7)));
    assert_eq!(invoice["due_date"], "2026-12-11");
}

#[test]
fn a_profile_without_vat_charges_none_and_refers_by_creditor_reference() {
    let mut client = start(options());
    client.profile = Some(keys::SECOND_PROFILE_ID);
    let line = json!({ "description": "x", "quantity": 1, "price": 100.01 });
    let invoice = client.draft("Lena Huber", json!([line]));
    assert_eq!((&invoice["total"], &invoice["currency"]), (&json!(100.01), &json!("EUR")));
    assert_eq!((&invoice["number"], &invoice["due_date"]), (&json!("BS-006"), &json!("2026-12-05")));
    assert!(invoice["payment_reference"].as_str().unwrap().starts_with("RF"));
    let mut taxed = line;
    taxed["tax_rate"] = json!(8.1);
    let body = json!({ "client_id": client.client("Lena Huber"), "lines": [taxed] });
    assert_eq!(client.send("POST", "/v1/invoices", Some(&body)).fields(), ["lines[0].tax_rate"]);
}

#[test]
fn the_catalog_fills_what_a_line_leaves_out() {
    let client = start(options());
    let catalog = client.get("/v1/catalog?search=consulting")["data"][0].clone();
    let line = json!({ "quantity": 3, "catalog_item_id": catalog["id"] });
    let filled = &client.draft("Muster AG", json!([line]))["lines"][0];
    assert_eq!((&filled["price"], &filled["unit"]), (&json!(180), &json!("h")));
    assert_eq!(filled["description"], "Beratung nach Aufwand");
    let body = json!({ "client_id": client.client("Muster AG"), "lines": [
        { "quantity": 1 }, { "description": "x", "quantity": 1, "price": 1, "catalog_item_id": "00000000-0000-0000-0000-000000000000" }
    ] });
    assert_eq!(
        client.send("POST", "/v1/invoices", Some(&body)).fields(),
        ["lines[0].description", "lines[0].price", "lines[1].catalog_item_id"]
    );
}

#[test]
fn fields_nobody_knows_are_kept_and_computed_ones_ignored() {
    let client = start(options());
    let mut body = json!({ "client_id": client.client("Muster AG"), "project": { "code": "P-7" }, "status": "paid",
        "total": 1, "id": "x", "lines": [{ "description": "x", "quantity": 1, "price": 10, "cost_centre": 40 }] });
    let invoice = client.create("/v1/invoices", &body);
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("draft"), &json!(10.8)));
    assert_eq!(
        (&invoice["project"]["code"], &invoice["lines"][0]["cost_centre"]),
        (&json!("P-7"), &json!(40))
    );
    body["client_id"] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(client.send("POST", "/v1/invoices", Some(&body)).fields(), ["client_id"]);
}

#[test]
fn put_replaces_and_a_whole_document_survives_it() {
    let client = start(options());
    let body = json!({ "client_id": client.client("Muster AG"), "notes": "Danke", "tax_rate": 2.6, "extra": 1,
        "lines": [{ "description": "x", "quantity": 1, "price": 10 }] });
    let invoice = client.create("/v1/invoices", &body);
    let whole = client.put(&path("invoices", &invoice), &invoice);
    let mut expected = invoice.clone();
    expected["updated_at"] = whole["updated_at"].clone();
    assert_eq!(whole, expected);
    let bare = json!({ "client_id": invoice["client_id"], "lines": [{ "description": "y", "quantity": 1, "price": 20 }] });
    let replaced = client.put(&path("invoices", &invoice), &bare);
    assert_eq!(
        (&replaced["notes"], &replaced["tax_rate"], &replaced["extra"]),
        (&Value::Null, &json!(8.1), &Value::Null)
    );
    assert_eq!((&replaced["number"], &replaced["created_at"]), (&invoice["number"], &invoice["created_at"]));
    assert_eq!(replaced["amount_due"], json!(21.6));
}

#[test]
fn what_was_sent_keeps_its_figures() {
    let client = start(options());
    let draft = client.draft("Muster AG", json!([{ "description": "x", "quantity": 1, "price": 10 }]));
    let invoice = sent(&client, &draft);
    assert_eq!(invoice["status"], "sent");
    assert!(invoice["sent_at"].is_string());
    let place = path("invoices", &invoice);
    for (field, value) in [
        ("lines", json!([{ "description": "x", "quantity": 1, "price": 11 }])),
        ("currency", json!("EUR")),
        ("number", json!("IV-999")),
        ("status", json!("paid")),
        ("status", json!("draft")),
    ] {
        let mut body = invoice.clone();
        body[field] = value;
        assert_eq!(client.send("PUT", &place, Some(&body)).status, 409, "{field}");
    }
    let mut body = invoice.clone();
    body["notes"] = json!("zweite Kopie");
    assert_eq!(client.put(&place, &body)["notes"], "zweite Kopie");
    assert_eq!(client.send("DELETE", &place, None).refusal(), (409, "invoice_not_draft".into()));
    body["status"] = json!("cancelled");
    let cancelled = client.put(&place, &body);
    assert_eq!((&cancelled["status"], &cancelled["amount_due"]), (&json!("cancelled"), &json!(0)));
}

#[test]
fn an_overdue_invoice_can_be_sent_back_as_it_was_read() {
    let client = start(options());
    let overdue = client.get("/v1/invoices?number=IV-004")["data"][0].clone();
    assert_eq!(overdue["status"], "overdue");
    let again = client.put(&path("invoices", &overdue), &overdue);
    assert_eq!(again["status"], "overdue");
    let mut body = overdue.clone();
    body["status"] = json!("cancelled");
    assert_eq!(client.put(&path("invoices", &overdue), &body)["status"], "cancelled");
}

#[test]
fn closed_years_take_no_invoices_and_give_none_back() {
    let client = start(options());
    let body = json!({ "client_id": client.client("Muster AG"), "issue_date": "2025-12-30",
        "lines": [{ "description": "x", "quantity": 1, "price": 10 }] });
    let mut late = client.create("/v1/invoices", &body);
    late["status"] = json!("sent");
    let place = path("invoices", &late);
    assert_eq!(client.send("PUT", &place, Some(&late)).refusal(), (409, "fiscal_year_closed".into()));
    late["issue_date"] = json!("2026-01-05");
    assert_eq!(client.put(&place, &late)["status"], "overdue");
}

#[test]
fn numbers_are_unique_and_drafts_can_go() {
    let client = start(options());
    let line = json!([{ "description": "x", "quantity": 1, "price": 10 }]);
    let mut body = json!({ "client_id": client.client("Muster AG"), "lines": line, "number": "IV-010" });
    let own = client.create("/v1/invoices", &body);
    assert_eq!(client.send("POST", "/v1/invoices", Some(&body)).refusal(), (409, "number_taken".into()));
    assert_eq!(client.draft("Muster AG", line)["number"], "IV-011");
    assert_eq!(client.send("DELETE", &path("invoices", &own), None).status, 204);
    assert_eq!(client.send("GET", &path("invoices", &own), None).status, 404);
    body["number"] = json!("2026/7");
    assert_eq!(client.create("/v1/invoices", &body)["number"], "2026/7");
}

#[test]
fn offers_have_numbers_and_states_of_their_own() {
    let client = start(options());
    let offer = client.create(
        "/v1/offers",
        &json!({ "client_id": client.client("Muster AG"), "lines": [{ "description": "x", "quantity": 1, "price": 100 }] }),
    );
    assert_eq!((&offer["number"], &offer["status"]), (&json!("OF-005"), &json!("draft")));
    assert_eq!((&offer["valid_until"], &offer["total"]), (&json!("2026-12-21"), &json!(108.1)));
    let place = path("offers", &offer);
    let to = |status: &str| {
        let mut body = offer.clone();
        body["status"] = json!(status);
        client.send("PUT", &place, Some(&body)).status
    };
    assert_eq!([to("accepted"), to("sent"), to("accepted"), to("draft")], [409, 200, 200, 409]);
    assert_eq!(client.send("DELETE", &place, None).refusal(), (409, "offer_accepted".into()));
    let states: Vec<Value> = client.get("/v1/offers?to=2026-11-20&sort=issue_date")["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| offer["status"].clone())
        .collect();
    assert_eq!(states, ["accepted", "declined", "sent", "draft"]);
}

#[test]
fn series_show_their_next_run() {
    let client = start(options());
    let mut body = json!({ "client_id": client.client("Muster AG"), "interval": "monthly", "start_date": "2027-01-31",
        "lines": [{ "description": "Hosting", "quantity": 1, "price": 49.90 }] });
    let series = client.create("/v1/recurring-invoices", &body);
    assert_eq!((&series["status"], &series["next_run"]), (&json!("active"), &json!("2027-01-31")));
    assert_eq!(series["lines"][0]["price"].to_string(), "49.9");
    let place = path("recurring-invoices", &series);
    body["status"] = json!("paused");
    assert_eq!(client.put(&place, &body)["next_run"], Value::Null);
    body["status"] = json!("active");
    body["end_date"] = json!("2027-01-30");
    assert_eq!(client.send("PUT", &place, Some(&body)).fields(), ["end_date"]);
    let list = client.get("/v1/recurring-invoices");
    let seeded: Vec<(&Value, &Value)> =
        list["data"].as_array().unwrap().iter().map(|s| (&s["status"], &s["title"])).take(3).collect();
    assert_eq!(
        seeded,
        [
            (&json!("active"), &json!("Hosting")),
            (&json!("paused"), &json!("Wartung")),
            (&json!("active"), &json!("Support-Pauschale"))
        ]
    );
    assert_eq!(client.get("/v1/recurring-invoices?status=paused")["pagination"]["total"], 2);
    assert_eq!(client.send("DELETE", &place, None).status, 204);
}

#[test]
fn what_is_referred_to_cannot_be_deleted() {
    let client = start(options());
    let muster = format!("/v1/clients/{}", client.client("Muster AG"));
    assert_eq!(client.send("DELETE", &muster, None).refusal(), (409, "client_in_use".into()));
    let vendors = client.get("/v1/vendors?limit=100")["data"].clone();
    let of = |free: bool| {
        let vendor = vendors.as_array().unwrap().iter().find(|v| (v["expense_count"] == 0) == free).unwrap();
        client.send("DELETE", &path("vendors", vendor), None).status
    };
    assert_eq!((of(false), of(true)), (409, 204));
    let new = client
        .create("/v1/clients", &json!({ "name": "Kurz AG", "phone": null, "address": { "city": "Chur" } }));
    assert_eq!((&new["type"], &new["address"]), (&json!("company"), &json!({ "city": "Chur" })));
    assert_eq!(client.send("DELETE", &path("clients", &new), None).status, 204);
}

#[test]
fn a_new_name_shows_on_old_documents() {
    let client = start(options());
    let place = format!("/v1/clients/{}", client.client("Anna Keller"));
    client.put(&place, &json!({ "name": "Anna Keller-Frei" }));
    assert_eq!(client.get(&place)["email"], Value::Null);
    assert_eq!(client.get("/v1/invoices?search=keller-frei")["pagination"]["total"], 2);
}
