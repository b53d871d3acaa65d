//! Invoices of the same client that may bill the same thing.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::subject::Subject;
use super::{Findings, amounts};
use crate::gateway::calls::{Calls, quoted};
use crate::rules::{invoice, money};
use crate::workflows::copying::{self, is_undone, text};

/// Days between two invoices over the same amount within which they may be the same.
const NEAR: i32 = 60;
/// Those that are named.
const NAMED: usize = 5;
/// Rounding to 0.05 makes no other amount.
const TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

pub async fn check(calls: &dyn Calls, subject: &Subject, totals: Option<&Value>, findings: &mut Findings) {
    let (Some(client), Some(total)) =
        (copying::client_of(&subject.document), totals.and_then(amounts::payable))
    else {
        return;
    };
    let filters = Map::from_iter([("client_id".to_owned(), client)]);
    let mut like = Vec::new();
    let mut take = |rows: Vec<Value>| {
        like.extend(rows.iter().filter(|row| is_like(subject, total, row)).map(words));
    };
    let walked = calls.walk("list_invoices", filters, &mut take).await;
    if !like.is_empty() {
        let more = like.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        like.truncate(NAMED);
        let what = format!("the same client and total within {NEAR} days: {}{more}", like.join(", "));
        findings.warning("duplicate", what);
    }
    let unsure = match walked {
        Ok(walked) if walked.complete => return,
        Ok(walked) => {
            walked.note.unwrap_or_else(|| format!("{} invoices were read, and there are more", walked.n))
        }
        Err(failure) => failure.message,
    };
    findings.note("duplicate", format!("not looked for in the whole list of the client: {unsure}"));
}

fn is_like(subject: &Subject, total: Decimal, row: &Value) -> bool {
    let itself = row.get("id").is_some_and(|id| subject.is_record && Some(id) == subject.document.get("id"));
    let currency = text(row, "currency").to_uppercase();
    let other = subject.currency().is_some_and(|own| !currency.is_empty() && own != currency);
    let amount = |name: &str| row.get(name).and_then(money::decimal);
    let same = amount("total")
        .or_else(|| amount("subtotal"))
        .and_then(|amount| amount.checked_sub(total))
        .is_some_and(|apart| apart.abs() <= TOLERANCE);
    let near = |issued: Date| issued.until(subject.issued()).is_ok_and(|span| span.get_days().abs() <= NEAR);
    !itself && !other && same && !is_undone(row) && invoice::day(row, "issue_date").is_none_or(near)
}

fn words(row: &Value) -> String {
    let number = invoice::name(row);
    format!("`{}` of {}", quoted(&number), quoted(text(row, "issue_date")))
}
