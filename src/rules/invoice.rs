//! What the record of an invoice says, read exactly and whatever its shape: state, days, amounts. What it does
//! not say stays unsaid.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::money;

/// What a state means for the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not billed yet.
    Draft,
    /// Billed and taken back.
    Cancelled,
    Paid,
    /// Every other state, known or not.
    Unpaid,
}

/// The state in small letters; empty where the record names none.
pub fn state(record: &Value) -> String {
    record.get("status").and_then(Value::as_str).unwrap_or_default().trim().to_lowercase()
}

pub fn standing(state: &str) -> Standing {
    match state {
        "draft" => Standing::Draft,
        "paid" => Standing::Paid,
        "cancelled" | "canceled" | "void" | "voided" | "deleted" | "reversed" => Standing::Cancelled,
        _ => Standing::Unpaid,
    }
}

/// The day in a field: as in the filters of lists the first ten characters, with or without a time behind.
pub fn day(record: &Value, field: &str) -> Option<Date> {
    let text = record.get(field)?.as_str()?.trim();
    text.get(..10)?.parse().ok()
}

/// A text that is there and not empty; a number as its digits.
pub fn text(record: &Value, field: &str) -> Option<String> {
    match record.get(field)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whom it bills: the client's id and name, as far as the record shows them.
pub fn client(record: &Value) -> (Option<String>, Option<String>) {
    let client = record.get("client").unwrap_or(&Value::Null);
    let id = text(record, "client_id").or_else(|| text(client, "id"));
    let name =
        text(client, "name").or_else(|| text(record, "client_name")).or_else(|| text(record, "client"));
    (id, name)
}

/// ISO 4217 in capitals.
pub fn currency(record: &Value) -> Option<String> {
    text(record, "currency").map(|code| code.trim().to_uppercase())
}

/// An amount that is there and no number that can be read exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub field: &'static str,
}

/// An amount, from a number or its text; `None` where it is left out.
pub fn amount(record: &Value, field: &'static str) -> Result<Option<Decimal>, Unreadable> {
    match record.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => read(&Value::from(text.trim()), field).map(Some),
        Some(found) => read(found, field).map(Some),
    }
}

fn read(found: &Value, field: &'static str) -> Result<Decimal, Unreadable> {
    money::decimal(found).ok_or(Unreadable { field })
}

/// The amounts of an invoice, each `None` where the record leaves it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub total: Option<Decimal>,
    pub paid: Option<Decimal>,
    pub open: Option<Decimal>,
    /// The record shows neither what is paid nor what is due: the whole total counts as open.
    pub assumed: bool,
}

/// `open` is `amount_due`, else total − `amount_paid`; where an unpaid record shows neither, the total, unless
/// its state says that part of it is paid. `paid` is `amount_paid`, else total − open.
pub fn amounts(record: &Value) -> Result<Amounts, Unreadable> {
    let (total, paid, due) =
        (amount(record, "total")?, amount(record, "amount_paid")?, amount(record, "amount_due")?);
    let less = |part: Option<Decimal>| match (total, part) {
        (Some(total), Some(part)) => {
            total.checked_sub(part).map(Some).ok_or(Unreadable { field: "amount_paid" })
        }
        _ => Ok(None),
    };
    let state = state(record);
    let open = match (due, standing(&state)) {
        (Some(due), _) => Some(due),
        (None, Standing::Paid) => Some(Decimal::ZERO),
        (None, Standing::Draft | Standing::Cancelled) => None,
        (None, Standing::Unpaid) if paid.is_some() => less(paid)?,
        (None, Standing::Unpaid) => total.filter(|_| !state.contains("partial")),
    };
    let assumed = due.is_none() && paid.is_none() && standing(&state) == Standing::Unpaid && open.is_some();
    let paid = if paid.is_some() { paid } else { less(open)? };
    Ok(Amounts { total, paid, open, assumed })
}

/// How a record is called in a sentence: its number, else its id.
pub fn name(record: &Value) -> String {
    text(record, "number").or_else(|| text(record, "id")).unwrap_or_else(|| "one without number or id".into())
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::{Value, json};

    use super::{Amounts, Standing, Unreadable, amounts, client, currency, day, standing, state};

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn known(total: &str, paid: &str, open: &str) -> Amounts {
        Amounts { total: Some(dec(total)), paid: Some(dec(paid)), open: Some(dec(open)), assumed: false }
    }

    #[test]
    fn amounts_are_what_the_record_says() {
        let record = json!({ "status": "sent", "total": 100.10, "amount_paid": 0, "amount_due": 100.10 });
        assert_eq!(amounts(&record), Ok(known("100.10", "0", "100.10")));
        let texts = json!({ "status": "PARTIALLY_PAID", "total": " 100.10 ", "amount_paid": "40.05" });
        assert_eq!(amounts(&texts), Ok(known("100.10", "40.05", "60.05")));
        let due = json!({ "status": "sent", "total": "1e2", "amount_due": "-0.01" });
        assert_eq!(amounts(&due), Ok(known("100", "100.01", "-0.01")));
        let paid = json!({ "status": "Paid", "total": 0.1 });
        assert_eq!(amounts(&paid), Ok(known("0.1", "0.1", "0")));
        let only = json!({ "status": "sent", "total": 7 });
        assert_eq!(amounts(&only), Ok(Amounts { assumed: true, ..known("7", "0", "7") }));
    }

    #[test]
    fn what_the_record_leaves_open_stays_open() {
        let part = json!({ "status": "partially_paid", "total": 7 });
        assert_eq!(amounts(&part), Ok(Amounts { total: Some(dec("7")), ..Amounts::default() }));
        assert_eq!(
            amounts(&json!({ "status": "sent", "total": null, "amount_due": "" })),
            Ok(Amounts::default())
        );
        let draft = json!({ "status": "draft", "total": 7 });
        assert_eq!(amounts(&draft).unwrap().open, None);
    }

    #[test]
    fn what_is_no_exact_number_is_named() {
        for wrong in [json!("CHF 5"), json!([5]), json!(true), json!("1,000.00"), json!("9".repeat(40))] {
            let record = json!({ "status": "sent", "total": 5, "amount_due": wrong });
            assert_eq!(amounts(&record), Err(Unreadable { field: "amount_due" }), "{wrong}");
        }
    }

    #[test]
    fn states_days_and_clients_come_in_many_shapes() {
        for (text, wanted) in [
            ("Draft", Standing::Draft),
            (" VOID ", Standing::Cancelled),
            ("PAID", Standing::Paid),
            ("viewed", Standing::Unpaid),
            ("", Standing::Unpaid),
        ] {
            assert_eq!(standing(&state(&json!({ "status": text }))), wanted, "{text}");
        }
        let record =
            json!({ "a": "2026-02-28T23:00:00Z", "b": "2026-02-30", "c": "28.02.2026", "d": 20_260_228 });
        let days = ["a", "b", "c", "d", "e"].map(|field| day(&record, field).map(|day| day.to_string()));
        assert_eq!(days, [Some("2026-02-28".to_owned()), None, None, None, None]);
        let name = |record: &Value| client(record);
        let both = (Some("7".to_owned()), Some("Muster AG".to_owned()));
        assert_eq!(name(&json!({ "client_id": 7, "client": { "name": "Muster AG" } })), both);
        assert_eq!(name(&json!({ "client": { "id": "7" }, "client_name": "Muster AG" })), both);
        assert_eq!(name(&json!({ "client": "Muster AG" })), (None, both.1));
        assert_eq!(currency(&json!({ "currency": " chf " })), Some("CHF".to_owned()));
    }
}
