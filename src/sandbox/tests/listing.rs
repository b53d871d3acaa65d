//! Pages, filters, search and order of lists, and what the seed holds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Client, options, start};

fn numbers(client: &Client, query: &str) -> Vec<String> {
    let rows = client.get(&format!("/v1/invoices?limit=100&{query}"))["data"].clone();
    rows.as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_seed_holds_every_state() {
    let client = start(options());
    let rows = client.get("/v1/invoices?limit=100")["data"].clone();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() >= 25);
    let states: BTreeSet<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    let all = BTreeSet::from(["cancelled", "draft", "overdue", "paid", "partially_paid", "sent"]);
    assert_eq!(states, all);
    let late =
        |row: &Value| row["paid_at"].as_str().is_some_and(|paid| paid > row["due_date"].as_str().unwrap());
    assert_eq!(rows.iter().filter(|row| late(row)).filter(|row| row["number"] == "RE-1005").count(), 1);
    assert!(rows.iter().any(|row| row["currency"] == "EUR" && row["status"] == "paid"));
    assert!(rows.iter().any(|row| row["tax_rate"] == serde_json::json!(7.7)));
    for status in all {
        let listed = numbers(&client, &format!("status={status}"));
        let shown: Vec<&str> = rows
            .iter()
            .filter(|row| row["status"] == status)
            .map(|row| row["number"].as_str().unwrap())
            .collect();
        assert_eq!(listed, shown, "{status}");
    }
    let accepted = &client.get("/v1/offers?status=accepted")["data"][0];
    let invoice = client.get(&format!("/v1/invoices/{}", accepted["invoice_id"].as_str().unwrap()));
    assert_eq!((&invoice["offer_id"], &invoice["total"]), (&accepted["id"], &accepted["total"]));
}

#[test]
fn the_seed_is_the_same_every_time() {
    let read = || start(options()).get("/v1/invoices?limit=100");
    assert_eq!(read(), read());
}

#[test]
fn pages_join_to_the_whole() {
    let client = start(options());
    let all = numbers(&client, "");
    let mut joined = Vec::new();
    for page in 1..=5 {
        let body = client.get(&format!("/v1/invoices?limit=7&page={page}"));
        let pagination = &body["pagination"];
        assert_eq!((&pagination["page"], &pagination["total_pages"]), (&page.into(), &5.into()));
        assert_eq!(pagination["total"], all.len());
        joined.extend(
            body["data"].as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(joined, all);
    assert_eq!(client.get("/v1/invoices?page=9")["data"].as_array().unwrap().len(), 0);
}

#[test]
fn filters_hold_alone_and_together() {
    let client = start(options());
    let muster = client.client("Muster AG");
    assert_eq!(
        numbers(&client, &format!("client_id={}", muster.to_uppercase())),
        ["IV-005", "IV-001", "RE-1015", "RE-1012", "RE-1007", "RE-1001"]
    );
    assert_eq!(numbers(&client, "from=2026-10-07&to=2026-10-18"), ["IV-006", "IV-005"]);
    assert_eq!(numbers(&client, "due_before=2026-11-06&due_after=2026-10-10"), ["IV-004"]);
    assert_eq!(numbers(&client, "min_total=2140.40&max_total=2162"), ["IV-005", "RE-1008"]);
    assert_eq!(numbers(&client, "currency=eur&status=draft"), ["IV-009"]);
    assert_eq!(numbers(&client, "number=iv-009"), Vec::<String>::new());
    assert_eq!(numbers(&client, "sort=total&currency=EUR"), ["IV-009", "RE-1018"]);
    assert_eq!(numbers(&client, "sort=-due_date").first().map(String::as_str), Some("IV-009"));
}

#[test]
fn search_finds_names_and_texts_whatever_their_case() {
    let client = start(options());
    let names = |search: &str| -> Vec<String> {
        let rows = client.get(&format!("/v1/clients?search={search}"))["data"].clone();
        rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("Meier%20GmbH"), ["Meier GmbH"]);
    assert_eq!(names("meier"), ["Meier & Söhne AG", "Meier GmbH", "Meierhans Treuhand"]);
    assert_eq!(names("S%C3%96HNE"), ["Meier & Söhne AG"]);
    assert_eq!(numbers(&client, "search=greenleaf"), ["IV-002", "RE-1014", "RE-1004"]);
    assert_eq!(numbers(&client, "search=datenrettung"), ["IV-004"]);
    assert_eq!(client.get("/v1/catalog?active=false")["data"][0]["name"], "Faxversand");
}
