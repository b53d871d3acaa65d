//! What counts, and how exactly.

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Fold, Group};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn folded(pages: &[Value]) -> Fold {
    let mut fold = Fold::new(date(2026, 11, 21));
    for page in pages {
        fold.take(page.as_array().unwrap());
    }
    fold
}

/// n, total, paid, open.
fn figures(group: &Group) -> (u64, Option<Decimal>, Option<Decimal>, Option<Decimal>) {
    (group.n, group.total.known(), group.paid.known(), group.open.known())
}

fn known(
    n: u64,
    total: &str,
    paid: &str,
    open: &str,
) -> (u64, Option<Decimal>, Option<Decimal>, Option<Decimal>) {
    (n, Some(dec(total)), Some(dec(paid)), Some(dec(open)))
}

#[test]
fn every_invoice_counts_once_in_its_own_currency() {
    let fold = folded(&[
        json!([
            { "status": "sent", "currency": "CHF", "client_id": "A", "client": { "name": "Muster AG" },
                "issue_date": "2026-10-01", "due_date": "2026-10-31", "total": 0.1, "amount_paid": 0, "amount_due": 0.1 },
            { "status": "PAID", "currency": "chf", "client_id": "B", "client": { "name": "Meier GmbH" },
                "issue_date": "2026-10-31T10:00:00Z", "paid_at": "2026-11-03T08:00:00Z", "total": "0.2", "amount_paid": "0.2",
                "amount_due": "0" },
        ]),
        json!([
            { "status": "partially_paid", "currency": "CHF", "client_id": "A", "issue_date": "2026-11-01",
                "due_date": "2026-12-01", "total": 300, "amount_paid": 100.05, "amount_due": 199.95 },
            { "status": "draft", "currency": "CHF", "client_id": "A", "issue_date": "2026-11-01", "total": 1000 },
            { "status": "cancelled", "currency": "CHF", "client_id": "A", "issue_date": "2026-11-01", "total": 2000 },
            { "status": "in_dispute", "currency": "EUR", "client_id": "A", "issue_date": "2026-11-01",
                "due_date": "2026-01-01", "total": -5, "amount_paid": 0, "amount_due": -5 },
        ]),
    ]);
    assert_eq!((fold.n, &fold.wrong), (6, &None));
    let (francs, euros) = (&fold.currencies["CHF"], &fold.currencies["EUR"]);
    assert_eq!(figures(&francs.invoiced), known(3, "300.3", "100.25", "200.05"));
    assert_eq!(figures(&euros.invoiced), known(1, "-5", "0", "-5"));
    assert_eq!(francs.by_status["draft"].total.known(), Some(dec("1000")));
    assert_eq!(francs.by_status["cancelled"].n, 1);
    assert_eq!(euros.by_status["in_dispute"].n, 1);
    assert_eq!(francs.by_client["A"].0.as_deref(), Some("Muster AG"));
    assert_eq!(figures(&francs.by_client["A"].1), known(2, "300.1", "100.05", "200.05"));
    assert_eq!(figures(&francs.by_month[&Some((2026, 10))]), known(2, "0.3", "0.2", "0.1"));
    let ages: Vec<_> = francs.aging.iter().map(|group| (group.n, group.open.known().unwrap())).collect();
    let none = (0, dec("0"));
    assert_eq!(ages, [(1, dec("199.95")), (1, dec("0.1")), none, none, none, none]);
    assert_eq!(euros.aging[4].n, 1);
    assert_eq!((francs.days_to_pay.n, francs.days_to_pay.average()), (1, Some(dec("3"))));
}

#[test]
fn ages_begin_on_the_day_after_the_due_date() {
    for (due, age) in [
        ("2026-11-22", 0),
        ("2026-11-21", 0),
        ("2026-11-20", 1),
        ("2026-10-22", 1),
        ("2026-10-21", 2),
        ("2026-09-22", 2),
        ("2026-09-21", 3),
        ("2026-08-23", 3),
        ("2026-08-22", 4),
        ("1999-12-31", 4),
        ("soon", 5),
    ] {
        let fold = folded(&[
            json!([{ "status": "sent", "currency": "CHF", "total": 1, "amount_due": 1, "due_date": due }]),
        ]);
        let found = fold.currencies["CHF"].aging.iter().position(|group| group.n == 1);
        assert_eq!(found, Some(age), "{due}");
    }
}

#[test]
fn days_to_pay_are_exact() {
    let paid = |days: &[i8]| {
        let rows: Vec<_> = days
            .iter()
            .map(|day| {
                json!({ "status": "paid", "currency": "CHF", "total": 1, "issue_date": "2026-01-01",
                "paid_at": date(2026, 1, 1).saturating_add(jiff::Span::new().days(*day)).to_string() })
            })
            .collect();
        let fold = folded(&[json!(rows)]);
        let days = &fold.currencies["CHF"].days_to_pay;
        (days.average().unwrap().to_string(), days.median().unwrap().to_string())
    };
    assert_eq!(paid(&[10]), ("10".to_owned(), "10".to_owned()));
    assert_eq!(paid(&[10, 21]), ("15.5".to_owned(), "15.5".to_owned()));
    assert_eq!(paid(&[1, 1, 30]), ("10.7".to_owned(), "1".to_owned()));
    assert_eq!(paid(&[0, 0, 1, 60]), ("15.3".to_owned(), "0.5".to_owned()));
    assert_eq!(paid(&[-3, 3]), ("0".to_owned(), "0".to_owned()));
    let unknown = folded(&[json!([{ "status": "paid", "currency": "CHF", "total": 1 }])]);
    let days = &unknown.currencies["CHF"].days_to_pay;
    assert_eq!((days.n, days.of, days.average(), days.median()), (0, 1, None, None));
}

#[test]
fn what_is_left_out_makes_no_sum_and_what_is_wrong_is_named() {
    let fold = folded(&[json!([
        { "status": "sent", "currency": "CHF", "total": 5, "amount_due": 5 },
        { "status": "sent", "currency": "CHF" },
        { "status": "sent", "total": 7 },
    ])]);
    let francs = &fold.currencies["CHF"];
    assert_eq!((francs.invoiced.total.known(), francs.invoiced.total.unsaid), (None, 1));
    assert_eq!(fold.currencies[""].invoiced.n, 1);
    let wrong = folded(&[json!([
        { "number": "IV-1\u{202e}", "currency": "CHF", "total": "about 5" },
        { "number": "IV-2", "currency": "CHF", "total": "7'000" },
    ])]);
    let (name, why) = wrong.wrong.unwrap();
    assert_eq!((name.as_str(), why.as_str()), ("IV-1\\u{202e}", "its `total` is no number"));
    let huge = json!({ "id": "H", "currency": "CHF", "total": "79228162514264337593543950335" });
    let fold = folded(&[json!([huge, huge])]);
    assert_eq!(
        fold.wrong.unwrap(),
        ("H".to_owned(), "its amounts are too large to be added up exactly".to_owned())
    );
}
