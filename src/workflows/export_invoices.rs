//! `export_invoices`: a whole list of invoices as CSV, returned or written as a new file into a folder that the user
//! allowed. It reads the books and changes nothing in them; a file is never overwritten, and never half written.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::unproven::Unproven;
use super::{Workflow, incomplete};
use crate::catalogue::params::{CLIENT_NAME, PERIOD, choice, date, id, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::calls::{Calls, Stop, visible};
use crate::rules::csv::Csv;
use crate::rules::invoice;

const TOOL: &str = "export_invoices";
/// Bytes of CSV that an answer carries: about 150 invoices, some 10,000 tokens.
const LARGEST_ANSWER: usize = 24_000;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: TOOL,
        toolset: Toolset::Invoicing,
        default: true,
        about: "Export invoices as CSV, returned or into a new file in an allowed folder.",
        params: &[
            choice("status", &["draft", "sent", "partially_paid", "paid", "overdue", "cancelled", "unpaid"])
                .gateway(),
            id("client_id").gateway().or("client_name"),
            CLIENT_NAME,
            date("from").gateway().or("period"),
            date("to").gateway().or("period"),
            PERIOD,
            text("file").gateway().about("name.csv or path"),
        ],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

/// A column and what stands in it.
struct Column {
    name: &'static str,
    holds: Holds,
}

enum Holds {
    Text(&'static str),
    Client,
    Amount(&'static str),
}

const fn words(name: &'static str) -> Column {
    Column { name, holds: Holds::Text(name) }
}

const fn money(name: &'static str, field: &'static str) -> Column {
    Column { name, holds: Holds::Amount(field) }
}

const COLUMNS: [Column; 13] = [
    words("id"),
    words("number"),
    Column { name: "client", holds: Holds::Client },
    words("status"),
    words("issue_date"),
    words("due_date"),
    words("paid_at"),
    words("currency"),
    money("net", "subtotal"),
    money("tax", "tax_total"),
    money("total", "total"),
    money("amount_paid", "amount_paid"),
    money("amount_due", "amount_due"),
];

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let file = calls.arguments().get("file").and_then(Value::as_str);
    if let Some(path) = file {
        if Path::new(path).extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("csv")) {
            return Err(no_csv().into());
        }
        calls.find_place(path)?;
    }
    let filters = super::given(calls, &["status", "client_id", "from", "to"]);
    // What an answer cannot carry is counted on, and not kept.
    let most = if file.is_some() || calls.in_terminal() { usize::MAX } else { LARGEST_ANSWER };
    let mut csv = Csv::default();
    for column in &COLUMNS {
        csv.text(column.name);
    }
    csv.end_line();
    let mut unproven = Unproven::new(&filters);
    let mut take = |page: Vec<Value>| {
        unproven.look(&page);
        for record in &page {
            if csv.len() <= most {
                line(&mut csv, record);
            }
        }
    };
    let walked = calls.walk("list_invoices", filters.clone(), &mut take).await?;
    if !walked.complete {
        let undone = if file.is_some() { "no file was written" } else { "nothing was exported" };
        return Err(incomplete::refusal(TOOL, undone, walked).into());
    }
    if csv.len() > most {
        return Err(too_long(walked.n).into());
    }
    let mut facts = Map::new();
    facts.insert("n".into(), json!(walked.n));
    facts.insert("of".into(), json!(walked.of.unwrap_or(walked.n)));
    facts.insert("complete".into(), json!(true));
    facts.extend(filters);
    let notes: Vec<String> = unproven.notes().collect();
    if !notes.is_empty() {
        facts.insert("notes".into(), json!(notes));
    }
    match file {
        Some(path) => {
            facts.insert("bytes".into(), json!(csv.len()));
            facts.insert("file".into(), json!(calls.write_file(path, csv.into_text().as_bytes())?));
        }
        None => drop(facts.insert("csv".into(), json!(csv.into_text()))),
    }
    Ok(facts)
}

fn line(csv: &mut Csv, record: &Value) {
    for column in &COLUMNS {
        let text = match column.holds {
            Holds::Text(field) => record.get(field).and_then(shown),
            Holds::Client => {
                let (id, name) = invoice::client(record);
                name.or(id)
            }
            Holds::Amount(field) => match invoice::amount(record, field) {
                Ok(Some(amount)) => {
                    csv.amount(amount);
                    continue;
                }
                Ok(None) => None,
                // Passed on as it is, as text: nothing is added up here.
                Err(_) => record.get(field).and_then(shown),
            },
        };
        csv.text(&visible(&text.unwrap_or_default()));
    }
    csv.end_line();
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn no_csv() -> Failure {
    Failure::new("bad_arguments", Exit::Refused, "`file` has to end in `.csv`; nothing was sent")
        .hint("give a name such as `invoices-2026.csv`")
}

fn too_long(n: u64) -> Failure {
    let message = format!("the {n} invoices are more than an answer carries as CSV; nothing was exported");
    Failure::new("too_long", Exit::Refused, message)
        .sent(Sent::Read)
        .fact("n", n)
        .hint(
            "give `file` (a new name ending in `.csv`) if the person allowed a folder, or a shorter `period`; or a \
             person runs `lumabill call export_invoices > invoices.csv`",
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{COLUMNS, Csv, line};

    #[test]
    fn a_line_holds_what_the_record_says() {
        let mut csv = Csv::default();
        line(
            &mut csv,
            &json!({
                "id": "A", "number": "-7", "client": { "name": "=cmd(\"x\")\u{202e}" }, "status": "sent",
                "issue_date": "2026-01-01", "due_date": null, "currency": "CHF", "subtotal": -540, "tax_total": "-43.74",
                "total": -583.74, "amount_due": "=5+5",
            }),
        );
        let wanted =
            "A,'-7,\"'=cmd(\"\"x\"\")\\u{202e}\",sent,2026-01-01,,,CHF,-540.00,-43.74,-583.74,,'=5+5\r\n";
        assert_eq!(csv.into_text(), wanted);
        assert_eq!(COLUMNS[0].name, "id");
    }
}
