//! Which invoice of a client is the newest: by day of issue, then by when it was made. What was issued goes before
//! drafts, which may be unfinished; what was cancelled and credits are no model for a new invoice.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::gateway::calls::quoted;
use crate::rules::{invoice, money};
use crate::workflows::copying::{is_undone, text};

/// Drafts that are named.
const NAMED: usize = 3;

/// The newest of the invoices that were taken in.
#[derive(Default)]
pub struct Newest {
    issued: Option<Value>,
    /// Newest first; [`NAMED`] and one more at the most.
    drafts: Vec<Value>,
}

impl Newest {
    pub fn take(&mut self, row: Value) {
        let credit = row.get("total").and_then(money::decimal).is_some_and(|total| total < Decimal::ZERO);
        if is_undone(&row) || credit {
            return;
        }
        if text(&row, "status").eq_ignore_ascii_case("draft") {
            let at = self.drafts.iter().position(|other| age(&row) > age(other)).unwrap_or(self.drafts.len());
            self.drafts.insert(at, row);
            self.drafts.truncate(NAMED + 1);
        } else if self.issued.as_ref().is_none_or(|best| age(&row) > age(best)) {
            self.issued = Some(row);
        }
    }

    /// What is to be said about the choice.
    pub fn notes(&self) -> Vec<String> {
        let Some(issued) = &self.issued else {
            let draft = self.drafts.first();
            return draft
                .map(|_| "the client has drafts only: made from the newest of them".to_owned())
                .into_iter()
                .collect();
        };
        let newer: Vec<String> = self
            .drafts
            .iter()
            .filter(|draft| age(draft) > age(issued))
            .take(NAMED)
            .map(|draft| format!("`{}`", quoted(&invoice::name(draft))))
            .collect();
        let said = || format!("newer drafts of the client were left aside: {}", newer.join(", "));
        (!newer.is_empty()).then(said).into_iter().collect()
    }

    pub fn chosen(self) -> Option<Value> {
        self.issued.or_else(|| self.drafts.into_iter().next())
    }
}

/// Texts that sort by time: what says no day is the oldest.
fn age(row: &Value) -> (&str, &str) {
    (text(row, "issue_date"), text(row, "created_at"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Newest;

    fn row(number: &str, status: &str, day: &str, made: &str) -> Value {
        json!({ "id": number, "number": number, "status": status, "issue_date": day, "created_at": made })
    }

    fn of(rows: Vec<Value>) -> (Option<String>, Vec<String>) {
        let mut newest = Newest::default();
        for row in rows {
            newest.take(row);
        }
        let notes = newest.notes();
        (newest.chosen().map(|row| row["number"].as_str().unwrap().to_owned()), notes)
    }

    #[test]
    fn the_newest_issued_one_is_chosen_whatever_the_order_of_the_list() {
        let mut rows = vec![
            row("A", "paid", "2026-09-01", "2026-09-01T08:00:00Z"),
            row("B", "sent", "2026-10-01", "2026-10-01T08:00:00Z"),
            row("C", "overdue", "2026-10-01", "2026-10-01T09:00:00Z"),
            row("D", "Cancelled", "2026-11-01", ""),
            row("E", "draft", "2026-11-02", ""),
            row("F", "draft", "2026-08-02", ""),
        ];
        rows.push(json!({ "number": "G", "status": "sent", "issue_date": "2026-11-05", "total": -10.5 }));
        let note = "newer drafts of the client were left aside: `E`".to_owned();
        let wanted = (Some("C".to_owned()), vec![note]);
        assert_eq!(of(rows.clone()), wanted);
        rows.reverse();
        assert_eq!(of(rows), wanted);
    }

    #[test]
    fn a_draft_is_taken_where_there_is_no_other() {
        let (number, notes) =
            of(vec![row("A", "draft", "2026-09-01", ""), row("B", "draft", "2026-10-01", "")]);
        assert_eq!(number.as_deref(), Some("B"));
        assert!(notes[0].contains("drafts only"), "{notes:?}");
        assert_eq!(of(vec![row("A", "void", "2026-09-01", "")]), (None, vec![]));
    }
}
