//! Names and types inside one operation.

use serde_json::{Value, json};

use super::{compared, document, list, object, operation};

fn invoices(body: &Value) -> super::Comparison {
    compared(&document(vec![(
        "post",
        "/v1/invoices",
        operation("createInvoice", "", body.clone(), body.clone()),
    )]))
}

#[test]
fn spellings_do_not_matter() {
    for name in [
        "client_id",
        "clientId",
        "ClientID",
        "client-id",
        "customerId",
        "customer",
        "CUSTOMER_ID",
        "contact_id",
    ] {
        let compared = invoices(&object(&format!("{name}:uuid! number:text total:number")));
        let expected = if name == "client_id" { "" } else { name };
        assert_eq!(compared.sends("create_invoice", "client_id"), expected);
    }
}

#[test]
fn a_name_of_ours_keeps_its_meaning() {
    let compared =
        invoices(&object("date:date issue_date:date due_date:date payment_due:date notes:text memo:text"));
    let fields = &compared.spoken("create_invoice").sends.fields;
    assert!(fields.is_empty(), "{fields:?}");
}

#[test]
fn money_is_not_guessed() {
    let two = invoices(&object(
        "id:uuid number:text client_id:uuid totalAmount:number grossAmount:number netAmount:number",
    ));
    assert_eq!(two.reads("create_invoice", "total"), "");
    assert!(
        two.row("create_invoice")
            .notes
            .iter()
            .any(|note| note.contains("total") && note.contains("not translated"))
    );
    let one = invoices(&object("id:uuid number:text client_id:uuid grossAmount:number netAmount:number"));
    assert_eq!(
        (one.reads("create_invoice", "total"), one.reads("create_invoice", "subtotal")),
        ("grossAmount", "netAmount")
    );
    let lines =
        invoices(&object("client_id:uuid lines:[ description:text netPrice:number! grossPrice:number ]"));
    let notes = &lines.row("create_invoice").notes;
    let line = lines.spoken("create_invoice").sends.fields["lines"].inner.clone().unwrap();
    assert!(line.fields.is_empty() && line.only.is_some(), "{notes:?}");
    assert!(
        notes.iter().any(|note| note.starts_with("REQUIRED") && note.contains("lines.netPrice")),
        "{notes:?}"
    );
}

#[test]
fn net_beside_gross_is_pointed_at() {
    let record = object("id:uuid amount:number amountGross:number date:date vendor_id:uuid category:text");
    let theirs =
        document(vec![("post", "/v1/expenses", operation("createExpense", "", record.clone(), record))]);
    let compared = compared(&theirs);
    let notes = &compared.row("create_expense").notes;
    assert!(notes.iter().any(|note| note.contains("amountGross") && note.contains("net")), "{notes:?}");
}

#[test]
fn the_users_word_for_a_field_wins() {
    let mut body = object("client_id:uuid partner:uuid number:text");
    body["properties"]["partner"]["x-lumabill-field"] = "client_id".into();
    assert_eq!(invoices(&body).sends("create_invoice", "client_id"), "partner");
}

#[test]
fn values_are_translated_one_for_one() {
    let record = object(
        "id:uuid interval:WEEK|MONTH|QUARTER|HALF_YEARLY|YEARLY status:running|onHold|finished client_id:uuid start_date:date",
    );
    let theirs = document(vec![
        ("post", "/v1/recurring-invoices", operation("", "", record.clone(), record.clone())),
        (
            "get",
            "/v1/invoices",
            operation(
                "",
                "status:Draft|Issued|PARTIAL|paid|past_due|void",
                Value::Null,
                list(&object("id:uuid")),
            ),
        ),
    ]);
    let compared = compared(&theirs);
    let interval = &compared.spoken("create_recurring_invoice").sends.fields["interval"].values;
    let pairs: Vec<(&str, &str)> =
        interval.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("annually", "YEARLY"),
            ("monthly", "MONTH"),
            ("quarterly", "QUARTER"),
            ("semi_annually", "HALF_YEARLY"),
            ("weekly", "WEEK")
        ]
    );
    let status = &compared.spoken("list_invoices").query["status"].values;
    let pairs: Vec<(&str, &str)> =
        status.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("cancelled", "void"),
            ("draft", "Draft"),
            ("overdue", "past_due"),
            ("partially_paid", "PARTIAL"),
            ("sent", "Issued")
        ]
    );
}

#[test]
fn what_they_require_and_nobody_sends_is_said_loudly() {
    let compared = invoices(&object("client_id:uuid! branch_code:text! lines:[ description:text ]"));
    let notes = &compared.row("create_invoice").notes;
    assert!(
        notes.iter().any(|note| note.starts_with("REQUIRED") && note.contains("branch_code")),
        "{notes:?}"
    );
}

#[test]
fn what_a_request_lists_bounds_what_is_sent_at_every_level_unless_it_takes_anything() {
    let mut body = object("client_id:uuid number:text lines:[ description:text quantity:number ]");
    let only = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let line = |body: &Value| {
        let sends = invoices(body).spoken("create_invoice").sends.clone();
        (sends.only, sends.fields.get("lines").and_then(|lines| lines.inner.clone()?.only))
    };
    let all = only(&["client_id", "number", "lines"]);
    assert_eq!(line(&body), (all.clone(), only(&["description", "quantity"])));
    body["properties"]["lines"]["items"]["additionalProperties"] = true.into();
    assert_eq!(line(&body), (all, None));
    body["additionalProperties"] = json!({});
    assert_eq!(line(&body).0, None);
}

#[test]
fn only_what_the_server_sets_is_not_sent() {
    let mut body = object("customerNo:text client_id:uuid number:text");
    body["properties"]["number"]["readOnly"] = true.into();
    body["additionalProperties"] = false.into();
    let only = invoices(&body).spoken("create_invoice").sends.only.clone().unwrap();
    assert_eq!(only, ["customerNo", "client_id"]);
}

#[test]
fn a_parameter_that_they_lack_is_left_out() {
    let theirs = document(vec![(
        "get",
        "/v1/invoices",
        operation(
            "",
            "customer_id:uuid updated_since:date offset:integer pageSize:integer",
            Value::Null,
            json!({"type": "array", "items": object("id:uuid")}),
        ),
    )]);
    let compared = compared(&theirs);
    let spoken = compared.spoken("list_invoices");
    assert_eq!(spoken.query["client_id"].name, "customer_id");
    for left_out in ["from", "to", "status", "search", "min_total", "sort"] {
        assert_eq!(spoken.query[left_out].name, "", "{left_out}");
    }
    let listing = spoken.list.clone().unwrap();
    assert!(listing.records.is_empty());
    assert_eq!(
        (listing.asks.offset.unwrap(), listing.asks.limit.unwrap().0),
        ("offset".into(), "pageSize".into())
    );
}

#[test]
fn a_value_date_is_no_currency() {
    let record = object(
        "id:uuid date:date Valuta:date amount:number CurrencyIso:text ReferenceNumber:text Payment_Status:text",
    );
    let theirs =
        document(vec![("get", "/v1/bank-transactions/{id}", operation("", "", Value::Null, record))]);
    let compared = compared(&theirs);
    for (ours, theirs) in [
        ("value_date", "Valuta"),
        ("currency", "CurrencyIso"),
        ("booking_date", "date"),
        ("reference", "ReferenceNumber"),
    ] {
        assert_eq!(compared.reads("get_bank_transaction", ours), theirs);
    }
}

#[test]
fn a_rate_is_a_price_only_beside_that_of_the_tax() {
    let both = invoices(&object(
        "client_id:uuid lines:[ description:text quantity:number rate:number tax_rate:number ]",
    ));
    let line = both.spoken("create_invoice").sends.fields["lines"].inner.clone().unwrap();
    assert_eq!(line.fields["price"].name, "rate");
    let alone = invoices(&object("client_id:uuid lines:[ description:text quantity:number rate:number ]"));
    let line = alone.spoken("create_invoice").sends.fields["lines"].inner.clone().unwrap();
    assert!(line.fields.is_empty());
}

#[test]
fn an_id_is_not_taken_for_a_name() {
    let named = invoices(&object("customer:text number:text lines:[ description:text product:text ]"));
    assert_eq!(named.sends("create_invoice", "client_id"), "");
    let lines = named.spoken("create_invoice").sends.fields["lines"].inner.clone().unwrap();
    assert!(!lines.fields.contains_key("catalog_item_id"), "{lines:?}");
    let notes = &named.row("create_invoice").notes;
    assert!(notes.iter().any(|note| note == "client_id: could be `customer`; not translated"), "{notes:?}");
    for sure in ["customer:uuid", "customer:integer", "contact_id:text customer:text"] {
        let (name, _) = sure.split_once(':').unwrap();
        assert_eq!(invoices(&object(sure)).sends("create_invoice", "client_id"), name);
    }
}

#[test]
fn amounts_in_hundredths_are_neither_read_nor_sent_even_by_the_same_name() {
    let mut body =
        object("client_id:uuid total:integer! lines:[ description:text quantity:number price:integer ]");
    body["properties"]["total"]["description"] = "Amount in cents".into();
    body["properties"]["lines"]["items"]["properties"]["price"]["description"] = "In cents".into();
    let compared = invoices(&body);
    let spoken = compared.spoken("create_invoice");
    assert_eq!(spoken.answers.fields["total"].name, "");
    for shape in [&spoken.sends, &spoken.answers] {
        assert_eq!(shape.fields["lines"].inner.as_ref().unwrap().fields["price"].name, "");
    }
    let notes = &compared.row("create_invoice").notes;
    let (grave, rest): (Vec<&String>, Vec<&String>) =
        notes.iter().partition(|note| super::Row::is_grave(note));
    assert!(grave.len() >= 3 && notes.iter().take(grave.len()).eq(grave.iter().copied()), "{notes:?}");
    assert!(grave.iter().any(|note| note.starts_with("lines.price: `price` is in cents")), "{notes:?}");
    let lacking = |note: &&String| note.starts_with("requests: not there") && note.contains("lines.price");
    assert!(rest.iter().any(lacking), "{notes:?}");
    body["properties"]["total"]["x-lumabill-field"] = "total".into();
    assert!(!invoices(&body).spoken("create_invoice").answers.fields.contains_key("total"));
}

#[test]
fn a_discount_is_a_percentage_only_where_it_says_so() {
    let line = |extra: (&str, Value)| {
        let mut body = object("client_id:uuid lines:[ description:text quantity:number discount:number ]");
        body["properties"]["lines"]["items"]["properties"]["discount"][extra.0] = extra.1;
        let compared = invoices(&body);
        let lines = compared.spoken("create_invoice").sends.fields.get("lines").cloned();
        let named = lines.and_then(|lines| lines.inner?.fields.remove("discount_percent"));
        (named.is_some(), compared.row("create_invoice").notes.join("\n"))
    };
    for sure in
        [("maximum", json!(100)), ("description", json!("In percent")), ("description", json!("10 = 10%"))]
    {
        assert!(line(sure).0);
    }
    let (named, notes) = line(("description", json!("What the client saves")));
    assert!(!named && notes.contains("lines.discount_percent: could be `discount`"), "{notes}");
}

#[test]
fn bounds_that_may_leave_the_day_out_are_not_asked_for() {
    let list = |query: &str| {
        let answer = list(&object("id:uuid number:text client_id:uuid issue_date:date"));
        compared(&document(vec![("get", "/v1/invoices", operation("", query, Value::Null, answer))]))
    };
    let outside = list("issued_after:date issued_before:date created_after:date date_before:date");
    for bound in ["from", "to"] {
        assert_eq!(outside.spoken("list_invoices").query[bound].name, "", "{bound}");
    }
    let inside = list("date_from:date date_to:date");
    assert_eq!(inside.spoken("list_invoices").query["from"].name, "date_from");
}

#[test]
fn values_of_the_record_count_where_a_request_lists_none() {
    let record = object(
        "id:uuid number:text client_id:uuid issue_date:date status:Draft|Issued|PARTIAL|paid|past_due|void",
    );
    let body = object("client_id:uuid number:text status:text");
    let theirs = document(vec![
        ("get", "/v1/invoices", operation("", "status:text", Value::Null, list(&record))),
        ("get", "/v1/offers", operation("", "status:text", Value::Null, Value::Null)),
        ("put", "/v1/invoices/{id}", operation("", "", body, record)),
    ]);
    let compared = compared(&theirs);
    let status = &compared.spoken("list_invoices").query["status"];
    assert_eq!((status.name.as_str(), status.values["sent"].as_str()), ("status", "Issued"));
    assert!(!compared.spoken("list_offers").query.contains_key("status"));
}

#[test]
fn contents_that_contradict_and_references_of_a_payment_are_no_match() {
    let theirs =
        invoices(&object("client_id:uuid remarks:uuid qr_reference:text state:low|high currencyCode:date"));
    for ours in ["notes", "reference", "status", "currency"] {
        assert_eq!(theirs.reads("create_invoice", ours), "", "{ours}");
        assert_eq!(theirs.sends("create_invoice", ours), "", "{ours}");
    }
}
