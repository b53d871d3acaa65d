//! `get_invoice_status`: where one invoice stands, in a few facts, and what of it nobody here can know.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{ID_OR_NUMBER, NUMBER_FOR_ID};
use crate::catalogue::{Endpoint, Toolset};
use crate::gateway::calls::{Calls, Stop};
use crate::rules::invoice::{self, Standing};
use crate::rules::money;

const DELIVERY: &str = "whether the client received or opened it is not known to this API";

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "get_invoice_status",
        toolset: Toolset::Invoicing,
        about: "Whether an invoice is paid, open or overdue. Not whether it was delivered.",
        params: &[ID_OR_NUMBER, NUMBER_FOR_ID],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let id = calls.arguments().get("id").and_then(Value::as_str).unwrap_or_default();
    let record = calls.record("get_invoice", id).await?;
    Ok(facts(&record, calls.today()))
}

fn facts(record: &Value, today: Date) -> Map<String, Value> {
    let mut facts = Map::new();
    for name in ["id", "number", "status"] {
        facts.insert(name.to_owned(), record.get(name).cloned().unwrap_or(Value::Null));
    }
    let (client_id, client) = invoice::client(record);
    facts.insert("client".into(), json!(client.or(client_id)));
    for name in ["issue_date", "due_date"] {
        facts.insert(name.to_owned(), record.get(name).cloned().unwrap_or(Value::Null));
    }
    let standing = invoice::standing(&invoice::state(record));
    if let (Some(due), Standing::Unpaid) = (invoice::day(record, "due_date"), standing) {
        let days = i64::from((today - due).get_days());
        let (name, days) = if days > 0 { ("days_overdue", days) } else { ("days_until_due", -days) };
        facts.insert(name.to_owned(), json!(days));
    }
    match invoice::amounts(record) {
        Ok(amounts) => {
            for (name, amount) in [("total", amounts.total), ("paid", amounts.paid), ("open", amounts.open)] {
                facts.insert(
                    name.to_owned(),
                    amount.map_or(Value::Null, |amount| money::number(money::cents(amount))),
                );
            }
            if amounts.assumed {
                let note = "it shows neither `amount_due` nor `amount_paid`: its total is taken to be open";
                facts.insert("notes".into(), json!([note]));
            }
        }
        Err(wrong) => {
            for name in ["total", "amount_paid", "amount_due"] {
                facts.insert(name.to_owned(), record.get(name).cloned().unwrap_or(Value::Null));
            }
            let note = format!("its `{}` is no number, so what is open cannot be told", wrong.field);
            facts.insert("notes".into(), json!([note]));
        }
    }
    for name in ["currency", "sent_at", "paid_at"] {
        facts.insert(name.to_owned(), record.get(name).cloned().unwrap_or(Value::Null));
    }
    facts.insert("delivery".into(), json!(DELIVERY));
    facts.retain(|_, value| !value.is_null());
    facts
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::{DELIVERY, facts};

    fn amount(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn of(record: &Value) -> Value {
        Value::Object(facts(record, date(2026, 11, 21)))
    }

    #[test]
    fn a_status_is_told_in_a_few_facts() {
        let record = json!({
            "id": "A", "number": "IV-1", "status": "partially_paid", "client": { "id": "C", "name": "Muster AG" },
            "issue_date": "2026-10-01", "due_date": "2026-10-31", "currency": "CHF", "total": 100.10,
            "amount_paid": 40, "amount_due": 60.10, "sent_at": "2026-10-01T09:00:00Z", "paid_at": null, "lines": [],
        });
        assert_eq!(
            of(&record),
            json!({
                "id": "A", "number": "IV-1", "status": "partially_paid", "client": "Muster AG", "issue_date": "2026-10-01",
                "due_date": "2026-10-31", "days_overdue": 21, "total": amount("100.10"), "paid": amount("40.00"), "open": amount("60.10"),
                "currency": "CHF", "sent_at": "2026-10-01T09:00:00Z", "delivery": DELIVERY,
            })
        );
    }

    #[test]
    fn days_are_told_of_unpaid_ones_only() {
        let due = |status: &str, day: &str| of(&json!({ "status": status, "due_date": day }));
        assert_eq!(due("sent", "2026-11-21")["days_until_due"], 0);
        assert_eq!(due("SENT", "2026-11-20T00:00:00Z")["days_overdue"], 1);
        assert_eq!(due("viewed", "2026-12-01")["days_until_due"], 10);
        for other in ["draft", "paid", "cancelled"] {
            let told = due(other, "2026-01-01");
            assert!(told.get("days_overdue").is_none() && told.get("days_until_due").is_none(), "{told}");
        }
    }

    #[test]
    fn an_unreadable_amount_is_passed_on_and_said() {
        let told = of(&json!({ "status": "sent", "total": "CHF 5", "amount_due": 5 }));
        assert_eq!((&told["total"], &told["amount_due"]), (&json!("CHF 5"), &json!(5)));
        assert!(
            told.get("open").is_none() && told["notes"][0].as_str().unwrap().contains("`total`"),
            "{told}"
        );
    }
}
